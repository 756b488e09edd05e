//! The review: every experiment behind `simulate MODEL --load 10x`, in the order in which they build on one another.
//!
//! Each part has its share of one budget of events, so that the whole takes seconds and does not depend on the clock.

use super::bench::{Bench, Outcome};
use super::campaign::{self, Drill, Failure, Field};
use super::contain::{Containment, Works};
use super::guards::{Guard, Habit, Move, missing};
use super::length::{Length, Pace, shown};
use super::limits::{Bottleneck, Capacity};
use super::metastable::{Inquiry, Metastable};
use super::options::{ASSUMED, Options, Progress, slos};
use super::scale::ScalePlan;
use super::toll::{Toll, patience, tolls};
use super::trials::Case;
use crate::faults::Fault;
use crate::graph::{Bound, Graph};
use crate::measure::Measurements;
use crate::model::{Change, Expectation, Model};
use crate::plan::{ComponentId, EdgeId, Party, Plan};
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
    /// All failures, those that matter first.
    pub failures: Vec<Failure>,
    /// What was tried against those that matter.
    pub contained: Vec<Containment>,
    /// Failures that were not over when their runs ended, by position, each examined for longer and over more seeds.
    pub metastable: Vec<(usize, Metastable)>,
    /// Second replicas that were tried.
    pub spares: Vec<Spare>,
    /// Guards that would help nobody.
    pub decoys: Vec<Decoy>,
    /// What the reader must know.
    pub notes: Vec<String>,
}

/// Shares of the budget, per run of each kind.
mod share {
    pub const BASELINE: f64 = 0.012;
    pub const ASKED: f64 = 0.015;
    pub const CAPACITY: f64 = 0.008;
    pub const BOTTLENECK: f64 = 0.004;
    pub const PLAN: f64 = 0.006;
    pub const SCREENING: f64 = 0.2;
    pub const CONFIRMING: f64 = 0.2;
    pub const EXAMINING: f64 = 0.05;
}

/// So many failures are confirmed by several replications, whatever the budget.
const LEAST_CONFIRMED: usize = 6;
/// Guards are tried against so many failures.
const MOST_CONTAINED: usize = 8;
/// Replications of a confirmation.
const REPLICATIONS: u32 = 3;
const MOST_DECOYS: usize = 3;
/// Failures that did not heal within their run and are examined.
const MOST_EXAMINED: usize = 3;

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
    let bench = Bench { graph: &graph, bounds: &bounds, slos: &slos, seed: options.seed, pace, remodel: &remodel };
    let mut notes = Vec::new();
    if assumed {
        notes.push(format!(
            "the model declares no SLOs, so it is judged by `{ASSUMED}` and by nothing growing without bound"
        ));
    }

    let runs = show(&bench, options, load, progress, &mut notes);
    let asked_holds = runs.last().is_some_and(|r| r.outcome.holds);
    progress.begin("searching the capacity", 1);
    let capacity = bench.capacity(load, share::CAPACITY * options.budget);
    progress.begin("doubling what gives out", 1);
    let bottlenecks = bench.bottlenecks(&capacity, load, share::BOTTLENECK * options.budget, REPLICATIONS);
    progress.begin("planning the way there", 1);
    let plan = (load != 1.0 || !asked_holds).then(|| bench.plan_to(load, share::PLAN * options.budget));

    let fallen = strike(&bench, options, &runs[0].outcome.runs, progress, &mut notes);
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
        contained: fallen.contained,
        metastable: fallen.metastable,
        spares: fallen.spares,
        decoys: fallen.decoys,
        notes,
        bounds: bounds.clone(),
        slos: slos.clone(),
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
    let lengths: Vec<Length> = wanted
        .iter()
        .map(|(load, share)| {
            let events = share * options.budget;
            options.overrule(shown(plan, bench.slos, *load, SimDuration::ZERO, &bench.pace, events))
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
        runs.push(Shown { name: name_of(load), load, faults: Vec::new(), length, outcome, recovered: Vec::new() });
    }
    runs
}

/// What the failure campaign gave.
struct Fallen {
    drill: Drill,
    patience: Vec<f64>,
    failures: Vec<Failure>,
    contained: Vec<Containment>,
    metastable: Vec<(usize, Metastable)>,
    spares: Vec<Spare>,
    decoys: Vec<Decoy>,
}

fn strike(
    bench: &Bench,
    options: &Options,
    healthy: &[Measurements],
    progress: &dyn Progress,
    notes: &mut Vec<String>,
) -> Fallen {
    let graph = bench.graph;
    let patience = patience(graph, bench.slos, &healthy[0]);
    let drill = drill(bench, graph.plan(), share::SCREENING * options.budget);
    let field = Field { graph, load: 1.0, seed: options.seed, patience: &patience };
    let list = campaign::faults(graph, &drill);
    progress.begin("striking each component", list.len() as u64);
    let mut failures = field.drill(&drill, &list, 1);
    failures.sort_by(|a, b| urgency(b).total_cmp(&urgency(a)));

    let runs = share::CONFIRMING * options.budget / (drill.seconds() * bench.pace.events_per_s);
    let affordable = ((runs / f64::from(REPLICATIONS)) as usize).max(LEAST_CONFIRMED).min(failures.len());
    progress.begin("confirming what matters", affordable as u64);
    let chosen: Vec<(ComponentId, Fault)> =
        failures.iter().take(affordable).map(|f| (f.target, f.fault.clone())).collect();
    let confirmed = field.drill(&drill, &chosen, REPLICATIONS);
    failures.splice(..affordable, confirmed);
    failures.sort_by(|a, b| urgency(b).total_cmp(&urgency(a)));

    let works = Works { field, drill, remodel: bench.remodel, healthy: &healthy[0], replications: REPLICATIONS };
    let mut contained = Vec::new();
    let mattering: Vec<usize> =
        (0..failures.len()).filter(|i| failures[*i].confirmed && failures[*i].matters()).collect();
    if mattering.len() > MOST_CONTAINED {
        let more = mattering.len() - MOST_CONTAINED;
        notes.push(format!("no guards were tried against {more} further failures with avoidable damage"));
    }
    progress.begin("trying guards", mattering.len().min(MOST_CONTAINED) as u64);
    for (index, failure) in mattering.into_iter().take(MOST_CONTAINED).map(|i| (i, &failures[i])) {
        contained.push(works.contain(index, failure));
        progress.advance(1);
    }
    let decoys = decoys(&works, &failures, &contained);
    let spares = spares(&works, &failures);
    let metastable = outlasting(bench, options, &healthy[0], &failures, progress, notes);
    Fallen { drill, patience, failures, contained, metastable, spares, decoys }
}

/// Examines the failures that were not over when their runs ended: whether they heal at all, and what keeps them.
fn outlasting(
    bench: &Bench,
    options: &Options,
    healthy: &Measurements,
    failures: &[Failure],
    progress: &dyn Progress,
    notes: &mut Vec<String>,
) -> Vec<(usize, Metastable)> {
    let open: Vec<usize> = (0..failures.len()).filter(|i| failures[*i].confirmed && !failures[*i].recovers()).collect();
    if open.len() > MOST_EXAMINED {
        let more = open.len() - MOST_EXAMINED;
        notes.push(format!("{more} further failures were not over when their runs ended, and were not examined"));
    }
    progress.begin("waiting for what does not heal", open.len().min(MOST_EXAMINED) as u64);
    let latencies = healthy.sources.iter().filter_map(|s| s.total.latency.quantile(0.99));
    let inquiry = Inquiry {
        graph: bench.graph,
        bounds: bench.bounds,
        seed: options.seed,
        pace: bench.pace,
        p99: latencies.max().unwrap_or_default(),
        events: share::EXAMINING * options.budget,
    };
    let examined = open.into_iter().take(MOST_EXAMINED).filter_map(|index| {
        let found = inquiry.examine(&failures[index].fault, failures[index].load);
        progress.advance(1);
        Some((index, found?))
    });
    examined.collect()
}

/// What does not end comes first, then what was avoidable, then what was lost.
fn urgency(failure: &Failure) -> f64 {
    let stuck = if failure.recovers() { 0.0 } else { 10.0 };
    stuck + failure.avoidable_share().min(2.0) + 0.01 * failure.lost_share().min(2.0)
}

/// The lengths of failure runs: the fault lasts 40 s, four windows of a circuit breaker, the slowest guard that is tried;
/// twice the slowest mechanism, between 20 s and 30 s, is left to recover in. Longer where traffic is thin (300 requests
/// of users), and shortened where the budget asks for it.
fn drill(bench: &Bench, plan: &Plan, events: f64) -> Drill {
    let slowest = plan.slowest_mechanism().seconds();
    let rate = bench.graph.user_rate().max(1e-6);
    let runs = 3.0 * plan.components.len() as f64 + 2.0;
    let thin = (300.0 / rate).min(600.0);
    let (lasting, after) = (thin.max(40.0), thin.max((2.0 * slowest).clamp(20.0, 30.0)));
    let affordable = bench.pace.seconds(events / runs, 1.0) - 10.0;
    let scale = (affordable / (lasting + after)).min(1.0);
    let part = |seconds: f64| SimDuration::from_seconds((seconds * scale).max(10.0).floor());
    Drill {
        at: SimDuration::from_secs(5),
        lasting: part(lasting),
        after: part(after),
        warmup: SimDuration::from_secs(5),
        // Five requests or more in a window, so that four of them tell a change from chance.
        window: SimDuration::from_seconds((5.0 / rate).clamp(0.25, 5.0)),
    }
}

/// A second replica for each service that runs once and whose loss costs users at least a twentieth of their requests.
fn spares(works: &Works, failures: &[Failure]) -> Vec<Spare> {
    let plan = works.field.graph.plan();
    let spare = |(index, failure): (usize, &Failure)| {
        let name = &plan.components[failure.target.index()].name;
        let stations: Vec<_> = plan.stations_of(failure.target).map(|s| &plan.stations[s.index()]).collect();
        let path = stations.first()?.capacity_path.clone();
        let alone = stations.iter().all(|s| s.replicas == 1) && path.ends_with(".replicas");
        if failure.fault.kind.word() != "kill" || !alone || failure.lost_share() < 0.05 {
            return None;
        }
        let change = Change { path, from: Some("1".into()), to: "2".into() };
        let fault = Fault::parse_flag(&format!("kill:{name}:1@{}+{}", works.drill.at, works.drill.lasting)).ok()?;
        let changed = (works.remodel)(std::slice::from_ref(&change))?;
        let graph = Graph::new(&changed);
        let mut case = Field { graph: &graph, ..works.field }.case(&works.drill);
        case.faults.push(fault);
        let runs = case.replicate(failure.harms.len() as u32);
        let after = runs.iter().map(|m| tolls(&graph.user_endpoints(), works.field.patience, m)).collect();
        Some(Spare { failure: index, change, after })
    };
    failures.iter().enumerate().filter(|(_, f)| f.confirmed).filter_map(spare).collect()
}

/// Circuit breakers that a rule of thumb would ask for: on the busiest edges without one, into components whose failure
/// does no avoidable damage, or whose damage it did not spare.
fn decoys(works: &Works, failures: &[Failure], contained: &[Containment]) -> Vec<Decoy> {
    let graph = works.field.graph;
    let plan = graph.plan();
    let recommended: Vec<EdgeId> =
        contained.iter().filter_map(|c| c.proven.as_ref()).flat_map(|p| &p.moves).map(|m| m.edge).collect();
    let mut edges: Vec<EdgeId> = (0..plan.edges.len())
        .map(EdgeId::new)
        .filter(|e| {
            let edge = &plan.edges[e.index()];
            let guarded = matches!(edge.from, Party::Component(_)) && edge.breaker.is_none();
            guarded && !recommended.contains(e) && graph.edge_rate(*e) > 0.0
        })
        .filter(|e| {
            let to = plan.edges[e.index()].to;
            !failures.iter().any(|f| f.target == to && f.matters())
        })
        .collect();
    // A remote API without a breaker is what a rule would point at first; then what is called most.
    let outside = |e: &EdgeId| plan.components[plan.edges[e.index()].to.index()].role == crate::plan::Role::External;
    edges.sort_by(|a, b| outside(b).cmp(&outside(a)).then(graph.edge_rate(*b).total_cmp(&graph.edge_rate(*a))));
    edges.truncate(MOST_DECOYS);
    let decoy = |edge: EdgeId| {
        let to = plan.edges[edge.index()].to;
        let slow = |f: &&(usize, &Failure)| f.1.target == to && f.1.fault.kind.word() == "latency";
        let all: Vec<(usize, &Failure)> = failures.iter().enumerate().collect();
        let (index, failure) = all.iter().find(slow)?;
        let habit = Habit::of(graph, edge, works.healthy)?;
        let guard = missing(graph, edge, &habit).into_iter().find(|m| m.guard == Guard::Breaker)?;
        let after = works.toll(std::slice::from_ref(&guard), failure)?;
        let before = failure.harms.first()?.faulted.clone();
        Some(Decoy { guard, failure: *index, before, after })
    };
    edges.into_par_iter().map(decoy).collect::<Vec<_>>().into_iter().flatten().collect()
}

impl Works<'_, '_> {
    /// What users lose under a failure with these guards, in one replication.
    pub fn toll(&self, moves: &[Move], failure: &Failure) -> Option<Vec<Toll>> {
        self.run(moves, Some(failure), 0)
    }
}
