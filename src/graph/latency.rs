//! The time of a request that never waits for anything busy, and where it is spent.

use super::visits::round_trip;
use super::{Graph, all_links, callees_first, flow};
use crate::plan::{Branch, EndpointId, ForkId, LinkId, Pc, Plan, Step};
use std::collections::BTreeMap;

/// A part of the critical path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leg {
    /// Whose time it is.
    pub endpoint: EndpointId,
    /// Own seconds on the path: work, waits, and the network of its calls.
    pub seconds: f64,
}

/// Expected seconds of each endpoint at zero load, network of the caller excluded. Of parallel branches the one that
/// decides counts, by its mean: the true mean of a maximum is larger, so this is a lower bound.
pub(super) fn zero_load(plan: &Plan) -> Vec<f64> {
    let mut latencies = vec![0.0; plan.endpoints.len()];
    for endpoint in callees_first(plan, |e| links_to(plan, e)) {
        latencies[endpoint.index()] =
            rest(plan, plan.endpoints[endpoint.index()].entry, &latencies, &mut BTreeMap::new());
    }
    latencies
}

fn links_to(plan: &Plan, endpoint: EndpointId) -> Vec<EndpointId> {
    let links = all_links(plan, plan.endpoints[endpoint.index()].entry);
    links.into_iter().map(|l| plan.links[l.index()].to).collect()
}

/// Expected seconds from a step to the end of its program (or of its loop's body).
fn rest(plan: &Plan, pc: Pc, latencies: &[f64], memo: &mut BTreeMap<Pc, f64>) -> f64 {
    if pc == Pc::FAIL {
        return 0.0;
    }
    if let Some(known) = memo.get(&pc) {
        return *known;
    }
    let own = match plan.steps[pc.index()] {
        Step::Work { time } | Step::Sleep { time } => plan.dists[time.index()].mean_ns() / 1e9,
        Step::Call { link, .. } => call(plan, link, latencies),
        Step::Commit { link } => round_trip(plan, plan.links[link.index()].edge.index()),
        Step::Fork { fork, .. } => {
            let times = branch_times(plan, fork, latencies, memo);
            deciding(plan, fork, &times).map_or(0.0, |i| times[i])
        }
        _ => 0.0,
    };
    let next = flow::successors(plan, pc, &|_, _| false);
    let total = own + next.into_iter().map(|(to, times)| times * rest(plan, to, latencies, memo)).sum::<f64>();
    memo.insert(pc, total);
    total
}

/// Expected seconds of a call; no caller waits longer than its patience.
fn call(plan: &Plan, link: LinkId, latencies: &[f64]) -> f64 {
    let link = plan.links[link.index()];
    let full = round_trip(plan, link.edge.index()) + latencies[link.to.index()];
    plan.edges[link.edge.index()].timeout.map_or(full, |t| full.min(t.seconds()))
}

fn branch_times(plan: &Plan, fork: ForkId, latencies: &[f64], memo: &mut BTreeMap<Pc, f64>) -> Vec<f64> {
    let branches = &plan.forks[fork.index()].branches;
    let time = |branch: &Branch| match branch {
        Branch::Call(link) => call(plan, *link, latencies),
        Branch::Program(at) => rest(plan, *at, latencies, memo),
    };
    branches.iter().map(time).collect()
}

/// The branch with which a fork has as many as it needs.
fn deciding(plan: &Plan, fork: ForkId, times: &[f64]) -> Option<usize> {
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by(|a, b| times[*a].total_cmp(&times[*b]));
    order.get((plan.forks[fork.index()].need.max(1) as usize).min(order.len()).checked_sub(1)?).copied()
}

impl Graph<'_> {
    /// Expected seconds of an endpoint that never waits, network of the caller excluded.
    pub fn latency(&self, endpoint: EndpointId) -> f64 {
        self.latencies[endpoint.index()]
    }

    /// Expected seconds of a call over a link, network included, at most the edge's patience.
    pub fn call_latency(&self, link: LinkId) -> f64 {
        call(self.plan, link, &self.latencies)
    }

    /// Seconds for which the call of a link, when it begins a transaction, keeps its connection beyond its answer (on average,
    /// where it begins several); else 0.
    /// The end of a transaction stands behind its beginning, and every way that does not fail leads there.
    pub fn kept(&self, link: LinkId) -> f64 {
        let plan = self.plan;
        let begins = |step: &Step| matches!(*step, Step::Call { link: of, .. } if of == link);
        let ends = self.commits.iter().filter(|(_, of)| *of == link).map(|(end, _)| *end);
        let pairs = ends.filter_map(|end| Some((plan.steps[..end].iter().rposition(begins)?, end)));
        let mut memo = BTreeMap::new();
        let mut after = |pc: usize| rest(plan, Pc::new(pc), &self.latencies, &mut memo);
        let times: Vec<f64> = pairs.map(|(begin, end)| after(begin + 1) - after(end + 1)).collect();
        times.iter().sum::<f64>() / times.len().max(1) as f64
    }

    /// Where the time of an endpoint goes: the parts of its critical path, largest first. Only the deciding branch of
    /// parallel ones counts. The parts add up to [`Graph::latency`] unless a time-out cuts one short.
    pub fn critical_path(&self, endpoint: EndpointId) -> Vec<Leg> {
        // How often each endpoint runs on the path: callers before callees, so that one reached over many ways, which
        // can be exponentially many, is looked at once.
        let mut order = callees_first(self.plan, |e| links_to(self.plan, e));
        order.reverse();
        let mut runs = BTreeMap::from([(endpoint, 1.0)]);
        let mut legs = Vec::new();
        for endpoint in order {
            if let Some(times) = runs.get(&endpoint).copied() {
                legs.push(Leg { endpoint, seconds: times * self.spend(endpoint, times, &mut runs) });
            }
        }
        legs.sort_by(|a, b| b.seconds.total_cmp(&a.seconds).then(a.endpoint.cmp(&b.endpoint)));
        legs
    }

    /// Own seconds of one run of an endpoint on the critical path; adds to the runs of those it calls there.
    fn spend(&self, endpoint: EndpointId, weight: f64, runs: &mut BTreeMap<EndpointId, f64>) -> f64 {
        let plan = self.plan;
        let decides = |fork: ForkId, branch: usize| {
            let times = branch_times(plan, fork, &self.latencies, &mut BTreeMap::new());
            deciding(plan, fork, &times) == Some(branch)
        };
        let mut own = 0.0;
        for (pc, times) in flow::executions(plan, plan.endpoints[endpoint.index()].entry, &decides) {
            let mut calls = Vec::new();
            match plan.steps[pc.index()] {
                Step::Work { time } | Step::Sleep { time } => own += times * plan.dists[time.index()].mean_ns() / 1e9,
                Step::Call { link, .. } => calls.push(link),
                Step::Fork { fork, .. } => {
                    let branches = plan.forks[fork.index()].branches.iter().enumerate();
                    calls.extend(branches.filter(|(i, _)| decides(fork, *i)).filter_map(|(_, b)| match b {
                        Branch::Call(link) => Some(*link),
                        Branch::Program(_) => None,
                    }));
                }
                _ => {}
            }
            for link in calls {
                let link = plan.links[link.index()];
                own += times * round_trip(plan, link.edge.index());
                *runs.entry(link.to).or_insert(0.0) += weight * times;
            }
        }
        own
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Graph, samples};

    /// By hand: web.home works 2 ms, then calls shop.list (1 ms network, 5 ms work, half of the time a 4 ms query) and
    /// in parallel ads.get (20 ms) and shop.list: the slower branch, 20 ms, decides.
    #[test]
    fn the_slower_branch_decides() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let home = plan.endpoint("web.home").unwrap();
        let list = plan.endpoint("shop.list").unwrap();
        assert!((graph.latency(list) - 0.007).abs() < 1e-9);
        assert!((graph.latency(home) - (0.002 + 0.008 + 0.020)).abs() < 1e-9);
        let path: Vec<(&str, i64)> = graph
            .critical_path(home)
            .iter()
            .map(|leg| (plan.endpoints[leg.endpoint.index()].name.as_str(), (leg.seconds * 1e6).round() as i64))
            .collect();
        assert_eq!(path, [("ads.get", 20_000), ("shop.list", 5_000), ("web.home", 3_000), ("db.query", 2_000)]);
    }

    /// Forty layers: the last runs 2^39 times of 1 ms for each request, and walking each way would never end.
    #[test]
    fn many_ways_to_one_endpoint_are_walked_once() {
        let plan = samples::doubling(40);
        let graph = Graph::new(&plan);
        let path = graph.critical_path(plan.endpoint("s0.call").unwrap());
        let seconds: Vec<f64> = path.iter().map(|leg| leg.seconds).collect();
        let by_hand: Vec<f64> = (0..40).rev().map(|layer| f64::powi(2.0, layer) * 1e-3).collect();
        assert_eq!(seconds.len(), 40);
        assert!(seconds.iter().zip(&by_hand).all(|(is, due)| (is / due - 1.0).abs() < 1e-9), "{seconds:?}");
    }
}
