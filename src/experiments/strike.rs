//! The part of a review about failures: which faults are tried for how long, what is confirmed, and what is tried
//! against those that matter.
//!
//! How much is tried is fixed by a budget of events, so that the same command gives the same bytes. Only with a time limit
//! does the clock decide, and then about pairs of faults alone, which come last.

use super::bench::Bench;
use super::campaign::catalog::{self, again};
use super::campaign::cut::Cut;
use super::campaign::pairs::{Allowance, Pairs};
use super::campaign::side::{Keyed, keyed};
use super::campaign::{Drill, Failure, Field};
use super::confirm::{asked, shorter, struck};
use super::contain::{Containment, Works};
use super::detection::propose::{Calmer, Proposal, Trials};
use super::detection::{Noise, noise};
use super::guards::{Guard, Habit, Move, missing};
use super::metastable::{Metastable, Purse};
use super::options::{Options, Progress};
use super::outlast::outlasting;
use super::remedies::Proof;
use super::review::{Decoy, REPLICATIONS, Shown, Spare};
use super::toll::{Toll, patience, tolls};
use crate::faults::Fault;
use crate::graph::Graph;
use crate::measure::Measurements;
use crate::model::Change;
use crate::plan::{ComponentId, EdgeId, Party, Plan};
use crate::units::SimDuration;
use rayon::prelude::*;
use std::sync::OnceLock;

/// Shares of the budget of events.
mod share {
    /// Decides how long the runs of a confirmed failure are, as if three faults struck each component.
    pub const DRILL: f64 = 0.2;
    pub const GUARDS: f64 = 0.15;
    pub const PAIRS: f64 = 0.04;
    pub const REMEDIES: f64 = 0.05;
    pub const DETECTING: f64 = 0.05;
}

/// Guards are tried against so many failures.
const MOST_CONTAINED: usize = 8;
/// Whatever the budget, against so many.
const LEAST_CONTAINED: usize = 1;
const MOST_DECOYS: usize = 3;
/// So many remedies are tried, whatever the budget, …
const LEAST_REMEDIES: usize = 4;
/// … where a run takes no more events than this; else one.
const DEAR: f64 = 2e6;

/// What the failure campaign gave.
pub(super) struct Fallen {
    pub(super) drill: Drill,
    pub(super) patience: Vec<f64>,
    pub(super) failures: Vec<Failure>,
    /// What the budget had no room for.
    pub(super) untried: Vec<Fault>,
    pub(super) contained: Vec<Containment>,
    pub(super) metastable: Vec<(usize, Metastable)>,
    pub(super) spares: Vec<Spare>,
    pub(super) decoys: Vec<Decoy>,
    pub(super) remedies: Vec<Proof>,
    pub(super) asked: Option<Asked>,
    pub(super) noise: Vec<Noise>,
    pub(super) proposals: Vec<Proposal>,
    pub(super) calmer: Vec<Calmer>,
    pub(super) keyed: Vec<Keyed>,
}

/// The campaign at the load asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The load.
    pub load: f64,
    /// Whether the SLOs hold there while nothing is wrong: else no fault is to blame for their being missed.
    pub holds: bool,
    /// What was tried, the most urgent first.
    pub failures: Vec<Failure>,
    /// What the budget had no room for.
    pub untried: Vec<Fault>,
}

/// Strikes everything: in short runs, then what matters again in longer ones; `at` is another load, and whether all is well
/// there without a fault.
pub(super) fn strike(
    bench: &Bench,
    options: &Options,
    calm: &Shown,
    at: Option<(f64, bool)>,
    progress: &dyn Progress,
    notes: &mut Vec<String>,
) -> Fallen {
    let graph = bench.graph;
    let healthy = &calm.outcome.runs;
    let patience = patience(graph, bench.slos, &healthy[0]);
    let drill = drill(bench, graph.plan(), share::DRILL * options.budget);
    let field = Field { graph, load: 1.0, seed: options.seed, patience: &patience, alerts: bench.alerts };
    let mut cut = Cut::default();
    let stands = healthy.iter().any(Measurements::stood_still);
    let (mut failures, untried) = match stands {
        true => (Vec::new(), Vec::new()),
        false => struck(bench, options, field, &drill, progress, &mut cut),
    };
    if stands {
        notes.push("no fault was tried, since time stands still without any".into());
    }
    notes.extend(no_room(&failures, &untried));
    let patient = tell(bench, options, field, &drill, &mut failures, progress);

    let purse = Purse::of(share::GUARDS * options.budget);
    let (remodel, healthy_run) = (bench.remodel, &healthy[0]);
    let works = Works { field, drill, remodel, healthy: healthy_run, replications: REPLICATIONS, purse: &purse };
    let contained = contain(&works, &failures, progress, notes);
    let decoys = decoys(&works, &failures, &contained);
    let spares = spares(&works, &failures);
    let remedies = if stands { Vec::new() } else { remedies(bench, options, &works, progress, notes) };
    let keyed = keyed(field, bench.remodel, &failures);
    let (noise, proposals, calmer) = rules(field, patient, calm, &failures, progress);
    let metastable = outlasting(bench, options, &healthy[0], &failures, progress, notes);

    let late = progress.time_left().is_some_and(|left| left <= 0.0);
    if late && at.is_some() {
        notes.push("the time given was used up before faults could be tried at the load asked for".into());
    }
    let asked = at.filter(|_| !late && !stands).map(|(load, holds)| {
        let field = Field { load, ..field };
        let (asked, costly) = asked(bench, options, field, holds, &shorter(&drill), &failures, progress);
        cut.extend(costly);
        asked
    });
    notes.extend(cut.notes());
    Fallen {
        drill,
        patience,
        failures,
        untried,
        contained,
        metastable,
        spares,
        decoys,
        remedies,
        asked,
        noise,
        proposals,
        calmer,
        keyed,
    }
}

/// What the reader must know of a campaign that did not try everything.
fn no_room(tried: &[Failure], untried: &[Fault]) -> Option<String> {
    let all = tried.len() + untried.len();
    (!untried.is_empty()).then(|| {
        format!(
            "the budget of events had room for {} of {all} faults at 1x: those of the parts that are called most; a larger --budget tries more",
            tried.len()
        )
    })
}

/// Two faults at once, at 1x. They come last, since they take whatever time there is.
pub(super) fn pairs(bench: &Bench, options: &Options, fallen: &Fallen, progress: &dyn Progress) -> Pairs {
    let (patience, alerts) = (&fallen.patience, bench.alerts);
    let field = Field { graph: bench.graph, load: 1.0, seed: options.seed, patience, alerts };
    let screening = shorter(&fallen.drill);
    progress.begin("striking two at once", 1);
    field.pairs(&screening, &fallen.failures, Allowance { events: share::PAIRS * options.budget, progress })
}

/// Who is told of what hurts users: where an alert needs longer than a drill to page, and none has, the fault lasts longer.
/// Returns the lengths of those runs.
fn tell(
    bench: &Bench,
    options: &Options,
    field: Field,
    drill: &Drill,
    failures: &mut [Failure],
    progress: &dyn Progress,
) -> Drill {
    let slowest = bench.alerts.iter().map(|alert| alert.reach()).max().unwrap_or_default();
    let untold = |f: &&mut Failure| f.confirmed && f.hurts() && f.detection.cut && f.detection.told().is_empty();
    let open: Vec<&mut Failure> = failures.iter_mut().filter(untold).collect();
    if open.is_empty() {
        return *drill;
    }
    let runs = (2 * open.len()) as f64 * f64::from(REPLICATIONS);
    let affordable = bench.pace.seconds(share::DETECTING * options.budget / runs, 1.0);
    let lasting = slowest.min(SimDuration::from_seconds(affordable.floor())).max(drill.lasting);
    let patient = Drill { lasting, after: drill.after.min(SimDuration::from_secs(15)), ..*drill };
    progress.begin("waiting for alerts", open.len() as u64);
    for failure in open {
        let fault = again(&failure.fault, patient.at, patient.lasting);
        let told = field.drill(&patient, &[(failure.target, fault)], REPLICATIONS);
        failure.detection = told.0.into_iter().next().map(|f| f.detection).unwrap_or_default();
        progress.advance(1);
    }
    patient
}

/// What the alerts say on a healthy day, and what would be better rules.
fn rules(
    field: Field,
    drill: Drill,
    calm: &Shown,
    failures: &[Failure],
    progress: &dyn Progress,
) -> (Vec<Noise>, Vec<Proposal>, Vec<Calmer>) {
    if field.alerts.is_empty() {
        return (Vec::new(), Vec::new(), Vec::new());
    }
    progress.begin("trying alerts", 1);
    let healthy: Vec<&crate::measure::Series> = calm.outcome.runs.iter().map(|m| &m.series).collect();
    let schedule = calm.length.schedule;
    let noise = noise(field.graph.plan(), field.alerts, &healthy, schedule.measured);
    let trials = Trials { field, drill, healthy: schedule, replications: REPLICATIONS, failures };
    // Where the SLOs are missed, an alert is right to page.
    let noisy: Vec<usize> = noise.iter().filter(|n| n.pages > 0 && calm.outcome.holds).map(|n| n.alert).collect();
    (noise, trials.proposals(), trials.calmer(&noisy))
}

/// Guards against what matters.
fn contain(works: &Works, failures: &[Failure], progress: &dyn Progress, notes: &mut Vec<String>) -> Vec<Containment> {
    // Of failures of the same part that take down the same others, the most urgent stands for all.
    let mark = |f: &Failure| {
        let mut impaired: Vec<ComponentId> = f.cascade().into_iter().map(|s| s.component).collect();
        impaired.sort();
        (f.struck(), impaired)
    };
    let mut seen = Vec::new();
    let mattering: Vec<usize> = (0..failures.len())
        .filter(|i| failures[*i].confirmed && failures[*i].matters() && failures[*i].drill == works.drill)
        .filter(|i| {
            let mark = mark(&failures[*i]);
            let new = !seen.contains(&mark);
            seen.push(mark);
            new
        })
        .collect();
    if mattering.len() > MOST_CONTAINED {
        let more = mattering.len() - MOST_CONTAINED;
        notes.push(format!("no guards were tried against {more} further failures with avoidable damage"));
    }
    progress.begin("trying guards", mattering.len().min(MOST_CONTAINED) as u64);
    let mut contained = Vec::new();
    let left = mattering.len().min(MOST_CONTAINED);
    for (n, (index, failure)) in mattering.into_iter().take(MOST_CONTAINED).map(|i| (i, &failures[i])).enumerate() {
        let late = progress.time_left().is_some_and(|left| left <= 0.0);
        if late || (n >= LEAST_CONTAINED && works.purse.left() == 0) {
            let (why, more) = (if late { "time given" } else { "budget of events" }, left - n);
            notes.push(format!("the {why} had no room to try guards against {more} further failures"));
            break;
        }
        let tried = works.contain(index, failure);
        if tried.untried > 0 {
            let (more, what) = (tried.untried, failure.fault.describe());
            notes
                .push(format!("the budget of events had no room to try {more} further sets of guards against: {what}"));
        }
        contained.push(tried);
        progress.advance(1);
    }
    contained
}

/// Tries what the model makes likely to help, as far as its share of the budget goes.
fn remedies(
    bench: &Bench,
    options: &Options,
    works: &Works,
    progress: &dyn Progress,
    notes: &mut Vec<String>,
) -> Vec<Proof> {
    let all = works.remedies();
    let cost = works.drill.seconds() * bench.pace.events_per_s;
    let (mut runs, least) = (share::REMEDIES * options.budget / cost, if cost > DEAR { 1 } else { LEAST_REMEDIES });
    progress.begin("trying remedies", all.len() as u64);
    let (mut proofs, healthy) = (Vec::new(), OnceLock::new());
    for (i, remedy) in all.iter().enumerate() {
        runs -= 1.0 + remedy.changes.len() as f64;
        let late = progress.time_left().is_some_and(|left| left <= 0.0);
        if late || (runs < 0.0 && i >= least) {
            notes.push(format!("the budget had no room to try {} further remedies", all.len() - i));
            break;
        }
        proofs.extend(works.try_remedy(remedy, &healthy));
        progress.advance(1);
    }
    proofs
}

/// The lengths of the runs of a confirmed failure: the fault lasts 40 s, four windows of a circuit breaker, the slowest guard that is tried;
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
        if !catalog::kills_all(&failure.fault) || !alone || failure.lost_share() < 0.05 {
            return None;
        }
        let change = Change { path, from: Some("1".into()), to: "2".into() };
        let drill = failure.drill;
        let fault = Fault::parse_flag(&format!("kill:{name}:1@{}+{}", drill.at, drill.lasting)).ok()?;
        let changed = (works.remodel)(std::slice::from_ref(&change))?;
        let graph = Graph::new(&changed);
        let mut case = Field { graph: &graph, ..works.field }.case(&drill);
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
