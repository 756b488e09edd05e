//! The review: every experiment behind `simulate MODEL --load 10x`, in the order in which they build on one another.
//!
//! Each part has its share of one budget of events, so that the whole takes seconds and does not depend on the clock.

use super::bench::{Bench, Outcome};
use super::campaign::pairs::Pairs;
use super::campaign::side::Keyed;
use super::campaign::{Drill, Failure};
use super::contain::Containment;
use super::detection::Noise;
use super::detection::propose::{Calmer, Proposal};
use super::guards::Move;
use super::length::{Length, Pace, shown};
use super::limits::{Bottleneck, Capacity};
use super::metastable::Metastable;
use super::options::{ASSUMED, Options, Progress, Tracing, slos};
use super::pictures::Pictures;
use super::remedies::Proof;
use super::scale::ScalePlan;
use super::strike::{Asked, Fallen, pairs, strike};
use super::toll::Toll;
use super::traces::{Traced, trace};
use super::trials::Case;
use crate::faults::Fault;
use crate::graph::{Bound, Graph};
use crate::measure::Measurements;
use crate::model::{Change, Expectation, Limits, Model};
use crate::plan::Plan;
use crate::units::{SimDuration, show_factor};
use rayon::prelude::*;

/// A run that is shown, over all its replications.
#[derive(Clone, Debug)]
pub struct Shown {
    /// `baseline`, `load 10x`, or the scenario's.
    pub name: String,
    /// Multiple of the model's own load.
    pub load: f64,
    /// What went wrong on purpose.
    pub faults: Vec<Fault>,
    /// How long it was, and whether the budget cut it.
    pub length: Length,
    /// What it showed.
    pub outcome: Outcome,
    /// When goodput was back after the last fault, by replication, where that was asked.
    pub recovered: Vec<Option<SimDuration>>,
    /// What each alert of the model said, in a plain experiment.
    pub paged: Vec<Heard>,
}

/// What an alert said in the replications of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// How often it paged, over all of them.
    pub pages: usize,
    /// When it first paged, by replication: after the beginning of the first fault, for that fault; without one, after the
    /// beginning of the measured part.
    pub first: Vec<Option<SimDuration>>,
}

/// A guard that a rule of thumb would ask for, tried where it helps nobody.
#[derive(Clone, Debug)]
pub struct Decoy {
    /// The guard.
    pub guard: Move,
    /// The failure it was tried against, by position.
    pub failure: usize,
    /// What users lost without it, in one replication.
    pub before: Vec<Toll>,
    /// With it.
    pub after: Vec<Toll>,
}

/// What a second replica is worth where there is one: one of two is killed.
#[derive(Clone, Debug)]
pub struct Spare {
    /// The failure in which the only one is killed, by position.
    pub failure: usize,
    /// The second replica.
    pub change: Change,
    /// What users lose then, by replication.
    pub after: Vec<Vec<Toll>>,
}

/// Everything a review found out.
#[derive(Clone, Debug)]
pub struct Review {
    /// The load asked for.
    pub load: f64,
    /// The seed.
    pub seed: u64,
    /// Replications of what is shown.
    pub replications: u32,
    /// What was judged.
    pub slos: Vec<Expectation>,
    /// These are ours, since the model declares none.
    pub assumed: bool,
    /// At 1x, and at the load asked for if that is another.
    pub runs: Vec<Shown>,
    /// Static bounds, tightest first.
    pub bounds: Vec<Bound>,
    /// The highest load that lasts.
    pub capacity: Capacity,
    /// What helps when doubled, best first.
    pub bottlenecks: Vec<Bottleneck>,
    /// How to reach the load asked for.
    pub plan: Option<ScalePlan>,
    /// The lengths of the failure runs.
    pub drill: Drill,
    /// When an answer is late, for each endpoint that users call, in seconds.
    pub patience: Vec<f64>,
    /// All failures at 1x that were tried, those that matter first.
    pub failures: Vec<Failure>,
    /// Faults at 1x that the budget had no room for.
    pub untried: Vec<Fault>,
    /// The same faults at the load asked for, if that is another.
    pub asked: Option<Asked>,
    /// Two faults at once, at 1x.
    pub pairs: Pairs,
    /// What was tried against those that matter.
    pub contained: Vec<Containment>,
    /// Failures that were not over when their runs ended, by position, each examined for longer and over more seeds.
    pub metastable: Vec<(usize, Metastable)>,
    /// Second replicas that were tried.
    pub spares: Vec<Spare>,
    /// Guards that would help nobody.
    pub decoys: Vec<Decoy>,
    /// Remedies that were shown to help.
    pub remedies: Vec<Proof>,
    /// How often alerts page while nothing is wrong.
    pub noise: Vec<Noise>,
    /// Rules that would tell of failures of which nobody is told.
    pub proposals: Vec<Proposal>,
    /// Calmer forms of rules that page while nothing is wrong.
    pub calmer: Vec<Calmer>,
    /// Calls that carry a key where they did not, tried.
    pub keyed: Vec<Keyed>,
    /// What is drawn.
    pub pictures: Pictures,
    /// Single requests of the runs, where they are asked for.
    pub traces: Vec<Traced>,
    /// What the reader must know.
    pub notes: Vec<String>,
}

/// Shares of the budget, per run of each kind.
pub(super) mod share {
    pub const BASELINE: f64 = 0.012;
    pub const ASKED: f64 = 0.017;
    pub const CAPACITY: f64 = 0.008;
    pub const BOTTLENECK: f64 = 0.003;
    pub const PLAN: f64 = 0.006;
    pub const CURVE: f64 = 0.002;
    /// Without the warm-up.
    pub const TRACES: f64 = 0.002;
}

/// Replications of a confirmation.
pub(super) const REPLICATIONS: u32 = 3;

/// Reviews a model.
pub fn review(model: &Model, options: &Options, progress: &dyn Progress) -> Review {
    options.on_threads(|| whole(model, options, progress))
}

/// `baseline` for 1x, else `load 10x`.
pub(super) fn name_of(load: f64) -> String {
    if load == 1.0 { "baseline".into() } else { format!("load {}", show_factor(load)) }
}

fn whole(model: &Model, options: &Options, progress: &dyn Progress) -> Review {
    let (slos, assumed) = slos(model);
    let graph = Graph::new(&model.plan);
    let bounds = graph.bounds();
    let remodel = |changes: &[Change]| model.with(changes).ok().map(|m| m.plan);
    let load = options.loads.last().map_or(1.0, |l| options.factor(&model.plan, *l));
    let pace = Pace::of(&model.plan, options.seed);
    let bench = Bench {
        graph: &graph,
        bounds: &bounds,
        slos: &slos,
        alerts: &model.alerts,
        seed: options.seed,
        pace,
        remodel: &remodel,
    };
    let mut notes = Vec::new();
    if assumed {
        notes.push(format!(
            "the model declares no SLOs, so it is judged by `{ASSUMED}` and by nothing growing without bound"
        ));
    }

    let runs = show(&bench, options, load, progress, &mut notes);
    let asked_holds = runs.last().is_some_and(|r| r.outcome.holds);
    let options = &options.unless_stopped(progress);
    let target = options.plan_to.map_or(load, |l| options.factor(&model.plan, l));
    let scales = !runs.iter().flat_map(|r| &r.outcome.runs).any(Measurements::stood_still);
    let wanted = scales && (options.plan_to.is_some() || load != 1.0 || !asked_holds);
    progress.begin("searching the capacity", 1);
    let (capacity, bottlenecks, plan) = search(&bench, options, &runs, load, wanted.then_some((target, &model.limits)));

    let at = (load != 1.0).then_some((load, asked_holds));
    let options = &options.unless_stopped(progress);
    let fallen = strike(&bench, options, &runs[0], at, progress, &mut notes);
    let withstand = || plan.map(|plan| bench.withstand(options, plan, &model.limits, &fallen, progress));
    let rest = || last(&bench, options, (&capacity, load, &runs), &fallen, progress);
    let (plan, (pictures, traces, pairs)) = side_by_side(progress, withstand, rest);
    Review {
        load,
        seed: options.seed,
        replications: options.replications,
        assumed,
        runs,
        capacity,
        bottlenecks,
        plan,
        drill: fallen.drill,
        patience: fallen.patience,
        failures: fallen.failures,
        untried: fallen.untried,
        asked: fallen.asked,
        pairs,
        contained: fallen.contained,
        metastable: fallen.metastable,
        spares: fallen.spares,
        decoys: fallen.decoys,
        remedies: fallen.remedies,
        noise: fallen.noise,
        proposals: fallen.proposals,
        calmer: fallen.calmer,
        keyed: fallen.keyed,
        pictures,
        traces,
        notes,
        bounds: bounds.clone(),
        slos: slos.clone(),
    }
}

/// Two parts of which neither needs the other; where time is limited one after the other, since the second takes what is left.
fn side_by_side<A: Send, B: Send>(
    progress: &dyn Progress,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    match progress.time_left() {
        None => rayon::join(one, other),
        Some(_) => (one(), other()),
    }
}

/// What is drawn, what is told of single requests, and two faults at once.
fn last(
    bench: &Bench,
    options: &Options,
    known: (&Capacity, f64, &[Shown]),
    fallen: &Fallen,
    progress: &dyn Progress,
) -> (Pictures, Vec<Traced>, Pairs) {
    let pictures = draw(bench, options, known, fallen, progress);
    let traces = singled_out(bench.graph.plan(), options, known.2);
    (pictures, traces, pairs(bench, options, fallen, progress))
}

/// Single requests of the runs, as many as are asked for.
fn singled_out(plan: &Plan, options: &Options, runs: &[Shown]) -> Vec<Traced> {
    match options.traces {
        Tracing::Off => Vec::new(),
        Tracing::Brief => trace(plan, options.seed, runs, share::TRACES * options.budget),
        Tracing::Whole => trace(plan, options.seed, runs, f64::INFINITY),
    }
}

/// What the model bears, what gives out first, and the way to a target within limits.
fn search(
    bench: &Bench,
    options: &Options,
    runs: &[Shown],
    load: f64,
    target: Option<(f64, &Limits)>,
) -> (Capacity, Vec<Bottleneck>, Option<ScalePlan>) {
    let bear = || {
        let mut capacity = bench.capacity(load, share::CAPACITY * options.budget);
        capacity.edges = bench.edges(&capacity, runs, share::CURVE * options.budget);
        let doubled = bench.bottlenecks(&capacity, load, share::BOTTLENECK * options.budget, REPLICATIONS);
        (capacity, doubled)
    };
    let plan = || target.map(|(to, limits)| bench.plan_to(to, share::PLAN * options.budget, limits));
    // Both go step by step, and neither needs the other.
    let ((capacity, bottlenecks), plan) = rayon::join(bear, plan);
    (capacity, bottlenecks, plan)
}

/// What only pictures need, where some are asked for.
fn draw(
    bench: &Bench,
    options: &Options,
    (capacity, load, runs): (&Capacity, f64, &[Shown]),
    fallen: &Fallen,
    progress: &dyn Progress,
) -> Pictures {
    if !options.pictures {
        return Pictures::default();
    }
    progress.begin("drawing", 1);
    Pictures {
        curve: bench.curve(capacity, load, runs, share::CURVE * options.budget),
        courses: bench.courses(&fallen.drill, &fallen.failures),
    }
}

/// The runs that are shown: 1x, and the load asked for.
fn show(bench: &Bench, options: &Options, load: f64, progress: &dyn Progress, notes: &mut Vec<String>) -> Vec<Shown> {
    let plan = bench.graph.plan();
    let mut wanted = vec![(1.0, share::BASELINE)];
    if load != 1.0 {
        wanted.push((load, share::ASKED));
    }
    progress.begin("simulating", wanted.len() as u64 * u64::from(options.replications));
    // How often an alert cries wolf shows in long runs only.
    let together = if bench.alerts.is_empty() { options.replications } else { 1 };
    let lengths: Vec<Length> = wanted
        .iter()
        .map(|(load, share)| {
            let events = share * options.budget;
            options.overrule(shown(plan, bench.slos, *load, SimDuration::ZERO, &bench.pace, (together, events)))
        })
        .collect();
    let jobs: Vec<(usize, u32)> =
        (0..wanted.len()).flat_map(|i| (0..options.replications).map(move |r| (i, r))).collect();
    let mut done: Vec<Measurements> = jobs
        .par_iter()
        .map(|&(i, r)| {
            let schedule = lengths[i].schedule;
            Case { plan, load: wanted[i].0, faults: Vec::new(), schedule, seed: options.seed }.run(r)
        })
        .inspect(|_| progress.advance(1))
        .collect();
    let mut runs = Vec::new();
    for ((load, _), length) in wanted.into_iter().zip(lengths) {
        let rest = done.split_off((options.replications as usize).min(done.len()));
        let outcome = bench.judge(plan, std::mem::replace(&mut done, rest));
        if length.capped {
            let (name, seconds) = (name_of(load), length.schedule.measured);
            notes.push(format!("{name}: {seconds} measured per replication, as many as the budget of events allows"));
        }
        runs.push(Shown {
            name: name_of(load),
            load,
            faults: Vec::new(),
            length,
            outcome,
            recovered: Vec::new(),
            paged: Vec::new(),
        });
    }
    runs
}
