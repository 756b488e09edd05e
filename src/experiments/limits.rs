//! Where the load ends: capacity, and which resource's doubling moves it.
//!
//! A bottleneck is what helps when there is more of it. Just above the capacity, each candidate is doubled in the model
//! and run again with the same random numbers; the one after which least is missed is the bottleneck. It stays doubled,
//! the edge is searched again, and so the next one is found, until the load asked for holds.

use super::bench::{Bench, Outcome};
use super::capacity::{Bracket, Effort, search};
use super::edges::SloEdge;
use super::judge::{Judged, value};
use super::trials::Schedule;
use super::usage::{Usage, by_path, change, current, giving_out, usages};
use crate::graph::Graph;
use crate::measure::{Estimate, Measurements};
use crate::model::{Change, Metric, What};
use crate::units::SimDuration;

/// The capacity with what ends it.
#[derive(Clone, Debug)]
pub struct Capacity {
    /// Where the edge lies.
    pub bracket: Bracket,
    /// The expectation that is missed first.
    pub slo: Option<Judged>,
    /// What gives out there, the cause first.
    pub strained: Vec<Usage>,
    /// The same for each objective, where that was asked: those first that fail first.
    pub edges: Vec<SloEdge>,
}

/// A resource with the effect of doubling it.
#[derive(Clone, Debug)]
pub struct Bottleneck {
    /// The resource.
    pub usage: Usage,
    /// The change that was tried.
    pub change: Change,
    /// The load from which on it gives out, the bottlenecks before it being doubled.
    pub edge: f64,
    /// The load it was tried at, just above.
    pub load: f64,
    /// The expectation by which the effect is told, as an index into the expectations; without one, what was missed is
    /// that nothing grows without bound, and the effect is told by what waits.
    pub slo: Option<usize>,
    /// Its metric before, over replications.
    pub before: Estimate,
    /// The same with the change.
    pub after: Estimate,
    /// The paired difference.
    pub difference: Estimate,
    /// The share of what is missed that the change makes good; 1 when everything holds.
    pub relief: f64,
}

/// So many seconds of work must be able to pile up in a probe beyond a bound, …
const PILE: f64 = 5.0;
/// … in so many seconds at most: an overload of less than a percent is as good as none.
const LONGEST_PROBE: f64 = 500.0;

/// Near a bound, or at a high load, a probe may cost so many times what it is given.
const DEARER: f64 = 5.0;

/// Doubling must make good this share of what is missed to make a bottleneck.
const RELIEF: f64 = 0.1;
/// Replications that the highest load must hold in.
const CONFIRMING: u32 = 3;
/// Steps down from a load that did not.
const MOST_STEPS_BACK: usize = 6;
const MOST_CANDIDATES: usize = 6;
/// Rounds of looking for the next bottleneck.
const MOST_BOTTLENECKS: usize = 4;

impl Bench<'_, '_> {
    /// Searches the capacity; each load tried costs about `events`.
    pub fn capacity(&self, asked: f64, events: f64) -> Capacity {
        let bound = self.bounds.iter().map(|b| b.load).fold(f64::INFINITY, f64::min);
        // What a run of a high load takes is not paid for far beyond what was asked.
        let payable = self.pace.highest_load(DEARER * events).max(1.1 * asked.max(1.0));
        let start = if bound.is_finite() { (0.95 * bound).min(payable) } else { asked.max(1.0) };
        let most = (100.0 * asked.max(1.0)).min(2.0 * start.max(asked)).max(start).min(payable);
        let effort = Effort { ratio: 1.03, rounds: 9, most, least: 0.02, below: 0.8 };
        let holds = |load: f64| self.holds(self.graph.plan(), load, self.probing(load, events));
        let found = search(start, effort, |loads| both(loads, &holds));
        let (bracket, missed) = self.confirmed(found, effort.ratio, events);
        // The search breaks off runs that can only fail; where nothing else tells what fails first, one is run to its end.
        let first = missed.or_else(|| found.high.is_finite().then(|| self.probe(found.high, events, 1)));
        let telling = first.as_ref().and_then(Outcome::telling).filter(|m| !m.stood_still());
        let strained = telling.map_or(Vec::new(), |m| self.giving_out(m));
        Capacity { bracket, slo: first.as_ref().and_then(Outcome::worst).cloned(), strained, edges: Vec::new() }
    }

    fn probing(&self, load: f64, events: f64) -> Schedule {
        let mut schedule = self.short(load, events);
        let payable = SimDuration::from_seconds(self.pace.seconds(DEARER * events, load));
        schedule.measured = schedule.measured.max(self.time_to_show(load).min(payable));
        schedule
    }

    fn probe(&self, load: f64, events: f64, replications: u32) -> Outcome {
        self.at(self.graph.plan(), load, self.probing(load, events), replications)
    }

    /// The highest load that held by one run must hold by several, or the edge lies lower: then it comes with what was seen
    /// there.
    fn confirmed(&self, mut bracket: Bracket, ratio: f64, events: f64) -> (Bracket, Option<Outcome>) {
        let mut missed = None;
        for _ in 0..MOST_STEPS_BACK {
            if bracket.low <= 0.0 || bracket.high.is_infinite() {
                break;
            }
            let outcome = self.probe(bracket.low, 3.0 * events, CONFIRMING);
            if outcome.holds {
                break;
            }
            missed = Some(outcome);
            bracket = Bracket { low: bracket.low / ratio, high: bracket.low };
        }
        (bracket, missed)
    }

    /// How long a run must be for a slight overload to show. At load L beyond the bound B of a resource, work piles up
    /// before it by L/B - 1 seconds a second: slowly, just above the bound, so that a short run would miss it.
    fn time_to_show(&self, load: f64) -> SimDuration {
        let excess = self.bounds.iter().map(|b| load / b.load - 1.0).filter(|e| *e > 0.0);
        let least = excess.fold(f64::INFINITY, f64::min);
        SimDuration::from_seconds((PILE / least).min(LONGEST_PROBE))
    }

    /// The bottlenecks on the way from the edge of the capacity to the load asked for, in the order in which they give
    /// out. Each run costs about `events`.
    pub fn bottlenecks(&self, capacity: &Capacity, asked: f64, events: f64, replications: u32) -> Vec<Bottleneck> {
        let mut found: Vec<Bottleneck> = Vec::new();
        let mut raised: Vec<Change> = Vec::new();
        let mut edge = capacity.bracket.high;
        for _ in 0..MOST_BOTTLENECKS {
            if !edge.is_finite() || edge >= asked {
                break;
            }
            let Some(next) = self.bottleneck(&raised, edge, events, replications) else { break };
            match raised.iter_mut().find(|c| c.path == next.change.path) {
                // It gives out a second time: more of it is needed, but it is not another bottleneck.
                Some(known) => known.to.clone_from(&next.change.to),
                None => {
                    raised.push(next.change.clone());
                    found.push(next);
                }
            }
            edge = self.next_edge(&raised, edge, asked, events);
        }
        found
    }

    /// The edge with these changes, coarsely; infinite when the load asked for holds.
    fn next_edge(&self, changes: &[Change], from: f64, asked: f64, events: f64) -> f64 {
        let Some(plan) = (self.remodel)(changes) else { return f64::INFINITY };
        let start = Graph::new(&plan).bound().min(asked);
        // Mostly the edge lies about where arithmetic says: then two loads, one on either side, are enough.
        let effort = Effort { ratio: 1.12, rounds: 3, most: asked, least: from, below: 1.0 / 1.12 };
        let holds = |load: f64| self.holds(&plan, load, self.short(load, events));
        search((1.06 * start).max(from * 1.05), effort, |loads| both(loads, &holds)).high
    }

    /// What helps most when doubled just above an edge; `None` when nothing does, or nothing is missed there. Candidates
    /// are compared by one replication, the best one is told by several.
    fn bottleneck(&self, before: &[Change], edge: f64, events: f64, replications: u32) -> Option<Bottleneck> {
        let load = 1.15 * edge;
        let schedule = self.short(load, events);
        let plan = (self.remodel)(before)?;
        let graph = Graph::new(&plan);
        let screened = self.at(&plan, load, schedule, 1);
        let candidates = candidates(&graph, screened.telling().filter(|_| !screened.holds)?);
        let double = |u: &Usage| change(&plan, u.resource, &u.path, 2.0 * current(&plan, u.resource));
        let changes: Vec<Change> = candidates.iter().map(double).collect();
        let with = |change: &Change| before.iter().chain([change]).cloned().collect::<Vec<_>>();
        let mut tried: Vec<(Outcome, Usage, Change)> = Vec::new();
        // Likely causes come first; once doubling one makes everything hold, there is nothing left for the others to do.
        for pair in candidates.into_iter().zip(changes).collect::<Vec<_>>().chunks(2) {
            let sets: Vec<Vec<Change>> = pair.iter().map(|(_, change)| with(change)).collect();
            let outcomes = self.with_all(&sets, load, schedule, 1);
            let done = outcomes.iter().flatten().any(|o| o.holds);
            tried.extend(
                pair.iter()
                    .zip(outcomes)
                    .filter_map(|((usage, change), outcome)| outcome.map(|o| (o, usage.clone(), change.clone()))),
            );
            if done {
                break;
            }
        }
        let (tried, usage, change) = tried.into_iter().min_by(|a, b| a.0.violation().total_cmp(&b.0.violation()))?;

        // What is doubled already gives out a second time: it is known what helps, and nothing is told of it.
        let known = before.iter().any(|c| c.path == change.path);
        let replications = if known { 1 } else { replications };
        // The first replication of either is there already.
        let larger = (self.remodel)(&with(&change))?;
        let (base, doubled) = rayon::join(
            || self.go_on(screened, &plan, load, schedule, replications),
            || self.go_on(tried, &larger, load, schedule, replications),
        );
        let slo = base.worst().map(|j| j.index);
        let relief = (base.violation() - doubled.violation()) / base.violation().max(1e-9);
        let (then, now) = (self.values(slo, &base), self.values(slo, &doubled));
        (relief >= RELIEF).then(|| Bottleneck {
            usage,
            change,
            edge,
            load,
            slo,
            before: Estimate::of(&then),
            after: Estimate::of(&now),
            difference: Estimate::of_difference(&then, &now),
            relief,
        })
    }

    /// The metric of an expectation, or what waits in all, by replication. A latency that nobody had is no value.
    pub fn values(&self, slo: Option<usize>, outcome: &Outcome) -> Vec<f64> {
        let plan = self.graph.plan();
        let what = slo.and_then(|i| self.slos.get(i)).map(|e| &e.what);
        let (subject, metric) = match what {
            Some(&What::Compare { subject, metric, .. }) => (subject, metric),
            _ => (None, Metric::Queue),
        };
        outcome.runs.iter().filter_map(|m| value(plan, subject, metric, m)).collect()
    }
}

/// Asks about two loads side by side, or once if they are one.
fn both(loads: [f64; 2], holds: &(dyn Fn(f64) -> bool + Sync)) -> [bool; 2] {
    let [a, b] = loads;
    if a.total_cmp(&b).is_eq() {
        return [holds(a); 2];
    }
    rayon::join(|| holds(a), || holds(b)).into()
}

/// What gives out first, then whatever else is busy.
fn candidates(graph: &Graph, run: &Measurements) -> Vec<Usage> {
    let all = usages(graph, &graph.bounds(), run);
    let mut list = giving_out(graph, &all);
    let mut busy: Vec<Usage> = all.into_iter().filter(|u| u.utilization >= 0.4 && !u.is_saturated()).collect();
    busy.sort_by(|a, b| b.utilization.total_cmp(&a.utilization));
    list.extend(busy);
    let mut list = by_path(&list);
    list.truncate(MOST_CANDIDATES);
    list
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::experiments::length::Pace;
    use crate::graph::samples;
    use crate::model::{Expectation, Op, Window};
    use crate::plan::{Origin, Party, Plan};

    pub(in crate::experiments) fn success() -> Expectation {
        let what = What::Compare {
            subject: None,
            metric: Metric::Success,
            op: Op::AtLeast,
            limit: 0.99,
            window: Window::Whole,
        };
        Expectation { text: "success >= 99%".into(), what, origin: Origin::default() }
    }

    /// Stands in for the model: knows replicas and pools of the page.
    pub(in crate::experiments) fn remodel(plan: &Plan, changes: &[Change]) -> Option<Plan> {
        let mut plan = plan.clone();
        for change in changes {
            let n: u32 = change.to.parse().ok()?;
            if let Some(station) = plan.stations.iter_mut().find(|s| s.capacity_path == change.path) {
                station.replicas = n;
                let from = Party::Component(station.component);
                plan.edges.iter_mut().filter(|e| e.from == from).for_each(|e| e.instances = n);
            } else {
                let edge = plan.edges.iter_mut().find(|e| format!("{}.pool", e.policy_path) == change.path)?;
                edge.pool = Some(n);
            }
        }
        Some(plan)
    }

    #[test]
    fn the_same_load_is_asked_about_once() {
        let asked = std::sync::Mutex::new(Vec::new());
        let holds = |load: f64| {
            asked.lock().unwrap().push(load);
            load < 2.0
        };
        assert_eq!(both([1.0, 3.0], &holds), [true, false]);
        assert_eq!(both([3.0, 3.0], &holds), [false, false]);
        assert_eq!(asked.lock().unwrap().len(), 3);
    }

    /// Shop's two cores are busy all the time at 2x, everything else has room: the capacity lies about there
    /// (a page stands without its second list, so a few refusals do no harm), and doubling shop's replicas helps.
    #[test]
    fn the_capacity_lies_below_the_bound_and_doubling_the_cause_helps() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let bounds = graph.bounds();
        let build = |changes: &[Change]| remodel(&plan, changes);
        let slos = [success()];
        let bench = Bench {
            graph: &graph,
            bounds: &bounds,
            slos: &slos,
            alerts: &[],
            seed: 1,
            pace: Pace::of(&plan, 1),
            remodel: &build,
        };
        let capacity = bench.capacity(10.0, 200e3);
        assert!((1.8..2.15).contains(&capacity.bracket.low), "{:?}", capacity.bracket);
        assert!(capacity.bracket.high / capacity.bracket.low < 1.05);
        assert_eq!(capacity.strained[0].path, "shop.replicas", "{:?}", capacity.strained);
        let found = bench.bottlenecks(&capacity, 3.0, 40e3, 3);
        assert_eq!(found[0].change.path, "shop.replicas", "{found:?}");
        assert!(found[0].relief > 0.9 && found[0].difference.low > 0.0);
    }
}
