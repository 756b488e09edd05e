//! One plain experiment, as `simulate run` asks for it: loads, faults, expectations; no advice.

use super::bench::{Bench, Outcome};
use super::cascade::{Pair, recovery};
use super::detection::{pages, spells};
use super::judge::{Judged, Verdict, all_hold, judge_in};
use super::length::{Length, Pace, shown};
use super::options::Tracing;
use super::options::{Options, Progress, slos};
use super::review::{Heard, Shown};
use super::traces::{Traced, trace};
use super::trials::Case;
use crate::faults::Fault;
use crate::graph::Graph;
use crate::measure::{Estimate, Measurements};
use crate::model::{Alert, Expectation, Model, Scenario, What, Window};
use crate::plan::Plan;
use crate::units::SimDuration;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// What a plain experiment showed.
#[derive(Clone, Debug)]
pub struct Plain {
    /// One for each load, in order.
    pub runs: Vec<Shown>,
    /// The expectations by which they were judged.
    pub expectations: Vec<Expectation>,
    /// The expectations are ours, since the model declares none.
    pub assumed: bool,
    /// Single requests of the runs, where they are asked for.
    pub traces: Vec<Traced>,
}

/// Runs the model at each load asked for (a scenario's own, else 1x), with the faults of the options and the scenario.
/// `Err` names a scenario that does not exist.
pub fn run(model: &Model, options: &Options, progress: &dyn Progress) -> Result<Plain, String> {
    let scenario = match &options.scenario {
        Some(name) => Some(model.scenarios.iter().find(|s| s.name == *name).ok_or_else(|| missing(model, name))?),
        None => None,
    };
    Ok(options.on_threads(|| plain(model, scenario, options, progress)))
}

fn missing(model: &Model, name: &str) -> String {
    let names: Vec<&str> = model.scenarios.iter().map(|s| s.name.as_str()).collect();
    match names.is_empty() {
        true => format!("there is no scenario `{name}`; the model has none"),
        false => format!("there is no scenario `{name}`; there are: {}", names.join(", ")),
    }
}

fn plain(model: &Model, scenario: Option<&Scenario>, options: &Options, progress: &dyn Progress) -> Plain {
    let plan = &model.plan;
    let own = scenario.and_then(|s| s.load).map_or(1.0, |load| options.factor(plan, load));
    // A load on the command line multiplies the scenario's own, unless it is an absolute rate.
    let loads: Vec<f64> = match options.loads.is_empty() {
        true => vec![own],
        false => options
            .loads
            .iter()
            .map(|load| match load {
                crate::units::Quantity::Factor(factor) => factor * own,
                rate => options.factor(plan, *rate),
            })
            .collect(),
    };
    let struck = on_purpose(plan, scenario, options);
    let faults: Vec<Fault> = struck.iter().cloned().chain(Fault::by_themselves(plan)).collect();
    let (expectations, assumed) = match scenario.filter(|s| !s.expect.is_empty()) {
        Some(scenario) => (scenario.expect.clone(), false),
        None => slos(model),
    };
    progress.begin("simulating", loads.len() as u64 * u64::from(options.replications));
    let pace = Pace::of(plan, options.seed);
    let graph = Graph::new(plan);
    let bounds = graph.bounds();
    let bench = Bench {
        graph: &graph,
        bounds: &bounds,
        slos: &expectations,
        alerts: &model.alerts,
        seed: options.seed,
        pace,
        remodel: &|_| None,
    };
    // An alert must have the time it needs.
    let patience = model.alerts.iter().map(|alert| alert.reach()).max().unwrap_or_default();
    let last = struck.iter().map(|f| f.end().unwrap_or(f.start + patience)).max().unwrap_or_default();
    let name = scenario.map(|s| s.name.clone());
    let runs: Vec<Shown> = loads
        .iter()
        .map(|&load| {
            let share = options.budget / loads.len() as f64 / f64::from(options.replications.max(1));
            let length = options.overrule(reaching(
                shown(plan, &expectations, load, last, &pace, (1, share)),
                &expectations,
                last,
            ));
            let case = Case { plan, load, faults: faults.clone(), schedule: length.schedule, seed: options.seed };
            let runs = replicate(&case, options.replications, progress);
            let asked = asks_for_recovery(&expectations);
            let twins = twins(model, &case, &struck, asked, options.replications);
            let recovered = if asked { recoveries(&graph, &case, &struck, [&twins, &runs]) } else { Vec::new() };
            let paged = paged(model, &case, &struck, [&twins, &runs]);
            let mut outcome = bench.judge(plan, runs);
            judge_parts(&mut outcome, &case, &expectations, options.replications);
            judge_recovery(&mut outcome, &expectations, &recovered);
            leave_open(&mut outcome);
            outcome.judged.sort_by_key(|j| j.index);
            let name = name.clone().unwrap_or_else(|| super::review::name_of(load));
            Shown { name, load, faults: faults.clone(), length, outcome, recovered, paged }
        })
        .collect();
    let traces = match options.traces {
        Tracing::Off => Vec::new(),
        Tracing::Brief | Tracing::Whole => trace(plan, options.seed, &runs, f64::INFINITY),
    };
    Plain { runs, expectations, assumed, traces }
}

/// What strikes on purpose: the scenario's faults and those of the options.
fn on_purpose(plan: &Plan, scenario: Option<&Scenario>, options: &Options) -> Vec<Fault> {
    let all = scenario.iter().flat_map(|s| &s.faults).chain(&options.faults);
    all.map(|fault| fault.clone().lasting(plan)).collect()
}

/// Replications with progress; once somebody has asked to stop, none but the first is begun.
pub(super) fn replicate(case: &Case, replications: u32, progress: &dyn Progress) -> Vec<Measurements> {
    let one = |r| (r == 0 || !progress.stopped()).then(|| case.run(r));
    (0..replications).into_par_iter().filter_map(one).inspect(|_| progress.advance(1)).collect()
}

/// The same runs without what strikes on purpose, where somebody asks about the difference.
fn twins(model: &Model, case: &Case, struck: &[Fault], asked: bool, replications: u32) -> Vec<Measurements> {
    if struck.is_empty() || !asked && model.alerts.is_empty() {
        return Vec::new();
    }
    case.with_faults(&Fault::by_themselves(&model.plan)).replicate(replications)
}

fn asks_for_recovery(expectations: &[Expectation]) -> bool {
    expectations.iter().any(|e| matches!(e.what, What::RecoversWithin(_)))
}

/// What each alert said: how long after the first fault it paged; without a fault, when it first paged.
fn paged(model: &Model, case: &Case, struck: &[Fault], [twins, runs]: [&[Measurements]; 2]) -> Vec<Heard> {
    let (plan, until) = (&model.plan, case.schedule.measured);
    let from = struck.iter().map(|f| f.start).min();
    let of = |alert: &Alert| {
        let one = std::slice::from_ref(alert);
        let each = runs.iter().enumerate().map(|(r, m)| {
            let usual = &twins.get(r).unwrap_or(m).series;
            let spells = spells(plan, alert, &m.series, usual, until);
            let first = match from {
                Some(from) => pages(plan, one, [usual, &m.series], from, until)[0],
                None => spells.first().map(|spell| spell[0]),
            };
            (spells.len(), first)
        });
        let (pages, first): (Vec<usize>, Vec<Option<SimDuration>>) = each.unzip();
        Heard { pages: pages.iter().sum(), first }
    };
    model.alerts.iter().map(of).collect()
}

/// When goodput was back after the last fault, by replication; none where a fault never ends.
pub(super) fn recoveries(
    graph: &Graph,
    case: &Case,
    struck: &[Fault],
    [twins, runs]: [&[Measurements]; 2],
) -> Vec<Option<SimDuration>> {
    let from = struck.iter().map(|f| f.start).min();
    let until = struck.iter().map(|f| f.end()).try_fold(SimDuration::ZERO, |last, end| end.map(|e| e.max(last)));
    let (Some(from), Some(until)) = (from, until) else { return Vec::new() };
    let pairs = twins.iter().zip(runs);
    pairs
        .map(|(healthy, faulted)| {
            let pair = Pair { healthy: &healthy.series, faulted: &faulted.series, from, until };
            recovery(graph, pair, case.schedule.measured)
        })
        .collect()
}

/// Expectations about a part of the run: what came in that part is counted in runs of its own that are the same otherwise.
fn judge_parts(outcome: &mut Outcome, case: &Case, expectations: &[Expectation], replications: u32) {
    for part in parts(expectations).into_iter().filter(|part| *part != Window::Whole) {
        let Some(case) = case.part(part) else { continue };
        let judged = judge_in(case.plan, expectations, part, &case.replicate(replications));
        outcome.holds &= all_hold(&judged);
        outcome.judged.extend(judged);
    }
}

/// Runs that were ended for what they cost tell neither that an expectation holds nor that it does not.
fn leave_open(outcome: &mut Outcome) {
    if outcome.runs.iter().any(Measurements::was_cut) {
        outcome.judged.iter_mut().for_each(|judged| judged.verdict = Verdict::Unclear);
        outcome.holds = false;
    }
}

/// What a run must last beyond the time in which it should recover, to tell that it has.
const BEYOND: SimDuration = SimDuration::from_secs(10);

/// A length that holds every part of the run that is asked about, and the time that the system is given to recover after the
/// last fault.
pub(super) fn reaching(mut length: Length, expectations: &[Expectation], last: SimDuration) -> Length {
    let recovered = |e: &Expectation| match e.what {
        What::RecoversWithin(time) if last > SimDuration::ZERO => Some(last + time + BEYOND),
        _ => None,
    };
    let ends = parts(expectations).into_iter().map(Window::reaches).chain(expectations.iter().filter_map(recovered));
    length.schedule.measured = ends.fold(length.schedule.measured, SimDuration::max);
    length
}

/// The parts of a run that expectations are about, in order.
pub(super) fn parts(expectations: &[Expectation]) -> BTreeSet<Window> {
    let part = |e: &Expectation| if let What::Compare { window, .. } = e.what { Some(window) } else { None };
    expectations.iter().filter_map(part).collect()
}

fn judge_recovery(outcome: &mut Outcome, expectations: &[Expectation], recovered: &[Option<SimDuration>]) {
    for (index, expectation) in expectations.iter().enumerate() {
        let What::RecoversWithin(limit) = expectation.what else { continue };
        if recovered.is_empty() {
            continue;
        }
        let late = recovered.iter().filter(|r| r.is_none_or(|t| t > limit)).count();
        let times: Vec<f64> = recovered.iter().map(|r| r.map_or(f64::INFINITY, SimDuration::seconds)).collect();
        let verdict = match late {
            0 => Verdict::Holds,
            n if 2 * n < recovered.len() => Verdict::Unclear,
            _ => Verdict::Fails,
        };
        let value = Estimate::of(&times);
        outcome.holds &= verdict != Verdict::Fails;
        outcome.judged.push(Judged {
            text: expectation.text.clone(),
            index,
            value,
            limit: limit.seconds(),
            verdict,
            violation: late as f64 / recovered.len() as f64,
        });
    }
}
