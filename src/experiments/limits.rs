//! Where the load ends: capacity, and which resource's doubling moves it.
//!
//! A bottleneck is what helps when there is more of it. Just above the capacity, each candidate is doubled in the model
//! and run again with the same random numbers; candidates are ranked by how much less the expectations are missed.

use super::bench::{Bench, Outcome};
use super::capacity::{Bracket, Effort, search};
use super::judge::{Judged, value};
use super::usage::{Usage, by_path, change, current, giving_out, usages};
use crate::measure::Estimate;
use crate::model::{Change, Metric, What};

/// The capacity with what ends it.
#[derive(Clone, Debug)]
pub struct Capacity {
    /// Where the edge lies.
    pub bracket: Bracket,
    /// The expectation that is missed first.
    pub slo: Option<Judged>,
    /// What gives out there, the cause first.
    pub strained: Vec<Usage>,
}

/// A resource with the effect of doubling it.
#[derive(Clone, Debug)]
pub struct Bottleneck {
    /// The resource.
    pub usage: Usage,
    /// The change that was tried.
    pub change: Change,
    /// The load it was tried at.
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

/// Doubling must make good this share of what is missed to make a bottleneck.
const RELIEF: f64 = 0.1;
const MOST_CANDIDATES: usize = 6;

impl Bench<'_, '_> {
    /// Searches the capacity; each load tried costs about `events`.
    pub fn capacity(&self, asked: f64, events: f64) -> Capacity {
        let bound = self.bounds.iter().map(|b| b.load).fold(f64::INFINITY, f64::min);
        let start = if bound.is_finite() { 0.95 * bound } else { asked.max(1.0) };
        let most = (100.0 * asked.max(1.0)).min(2.0 * start.max(asked)).max(start);
        let effort = Effort { ratio: 1.03, rounds: 9, most, least: 0.02 };
        let mut failing: Vec<(f64, Outcome)> = Vec::new();
        let bracket = search(start, effort, |loads| {
            let outcomes = rayon::join(|| self.probe(loads[0], events), || self.probe(loads[1], events));
            let holds = [outcomes.0.holds, outcomes.1.holds];
            failing.extend(loads.into_iter().zip([outcomes.0, outcomes.1]).filter(|(_, o)| !o.holds));
            holds
        });
        let first = failing.into_iter().find(|(load, _)| *load == bracket.high).map(|(_, outcome)| outcome);
        let strained = first.as_ref().and_then(|o| o.runs.first()).map_or(Vec::new(), |m| self.giving_out(m));
        Capacity { bracket, slo: first.as_ref().and_then(Outcome::worst).cloned(), strained }
    }

    fn probe(&self, load: f64, events: f64) -> Outcome {
        self.at(self.graph.plan(), load, self.short(load, events), 1)
    }

    /// Doubles each candidate at a load where the expectations fail; those that help, best first.
    pub fn bottlenecks(&self, load: f64, events: f64, replications: u32) -> Vec<Bottleneck> {
        let schedule = self.short(load, events);
        let base = self.at(self.graph.plan(), load, schedule, replications);
        let Some(run) = base.runs.first().filter(|_| !base.holds) else { return Vec::new() };
        let slo = base.worst().map(|j| j.index);
        let candidates = self.candidates(run);
        let changes: Vec<Change> = candidates.iter().map(|u| self.doubled(u)).collect();
        let sets: Vec<Vec<Change>> = changes.iter().map(|c| vec![c.clone()]).collect();
        let outcomes = self.with_all(&sets, load, schedule, replications);
        let mut found: Vec<Bottleneck> = candidates
            .into_iter()
            .zip(changes)
            .zip(outcomes)
            .filter_map(|((usage, change), outcome)| {
                let outcome = outcome?;
                let relief = (base.violation() - outcome.violation()) / base.violation().max(1e-9);
                let (before, after) = (self.values(slo, &base), self.values(slo, &outcome));
                Some(Bottleneck {
                    usage,
                    change,
                    load,
                    slo,
                    before: Estimate::of(&before),
                    after: Estimate::of(&after),
                    difference: Estimate::of_difference(&before, &after),
                    relief,
                })
            })
            .filter(|b| b.relief >= RELIEF)
            .collect();
        found.sort_by(|a, b| b.relief.total_cmp(&a.relief));
        found
    }

    /// What gives out first, then whatever else is busy.
    fn candidates(&self, run: &crate::measure::Measurements) -> Vec<Usage> {
        let all = usages(self.graph, self.bounds, run);
        let mut list = giving_out(self.graph, &all);
        let mut busy: Vec<Usage> = all.into_iter().filter(|u| u.utilization >= 0.4 && !u.is_saturated()).collect();
        busy.sort_by(|a, b| b.utilization.total_cmp(&a.utilization));
        list.extend(busy);
        let mut list = by_path(&list);
        list.truncate(MOST_CANDIDATES);
        list
    }

    /// The change that doubles a resource.
    pub fn doubled(&self, usage: &Usage) -> Change {
        let plan = self.graph.plan();
        change(plan, usage.resource, &usage.path, 2.0 * current(plan, usage.resource))
    }

    /// The metric of an expectation, or what waits in all, by replication. A latency that nobody had is no value.
    pub fn values(&self, slo: Option<usize>, outcome: &Outcome) -> Vec<f64> {
        let plan = self.graph.plan();
        let what = slo.and_then(|i| self.slos.get(i)).map(|e| e.what);
        let (subject, metric) = match what {
            Some(What::Compare { subject, metric, .. }) => (subject, metric),
            _ => (None, Metric::Queue),
        };
        outcome.runs.iter().filter_map(|m| value(plan, subject, metric, m)).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::experiments::length::Pace;
    use crate::graph::{Graph, samples};
    use crate::model::{Expectation, Op};
    use crate::plan::{Origin, Party, Plan};

    pub(in crate::experiments) fn success() -> Expectation {
        let what = What::Compare { subject: None, metric: Metric::Success, op: Op::AtLeast, limit: 0.99 };
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

    /// Shop's two cores are busy all the time at 2x, everything else has room: the capacity lies about there
    /// (a page stands without its second list, so a few refusals do no harm), and doubling shop's replicas helps.
    #[test]
    fn the_capacity_lies_below_the_bound_and_doubling_the_cause_helps() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let bounds = graph.bounds();
        let build = |changes: &[Change]| remodel(&plan, changes);
        let slos = [success()];
        let bench =
            Bench { graph: &graph, bounds: &bounds, slos: &slos, seed: 1, pace: Pace::of(&plan, 1), remodel: &build };
        let capacity = bench.capacity(10.0, 200e3);
        assert!((1.8..2.15).contains(&capacity.bracket.low), "{:?}", capacity.bracket);
        assert!(capacity.bracket.high / capacity.bracket.low < 1.05);
        assert_eq!(capacity.strained[0].path, "shop.replicas", "{:?}", capacity.strained);
        let found = bench.bottlenecks(1.2 * capacity.bracket.high, 40e3, 3);
        assert_eq!(found[0].change.path, "shop.replicas", "{found:?}");
        assert!(found[0].relief > 0.9 && found[0].difference.low > 0.0);
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
