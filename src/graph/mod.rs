//! What can be said about a plan without running it: instant, and exact for what it claims.
//!
//! - [`Graph::visits`]: how often each endpoint, edge and queue is used per second at load 1x;
//! - [`Graph::bounds`]: the demand on each resource and the load beyond which it cannot keep up (asymptotic bounds);
//! - [`Graph::latency`] and [`Graph::critical_path`]: the time of a request that never waits;
//! - [`Graph::amplification`]: how many calls one request can become when everything fails and is retried;
//! - [`Graph::inversions`]: callers that give up before their callee does;
//! - [`Graph::circulation`]: queues whose messages lead to messages without end;
//! - [`Graph::loops`]: what is called again and again within one request;
//! - [`Graph::circles`]: services that call one another in a circle;
//! - [`Graph::survival`], [`Graph::reach`] and [`Graph::gatekeepers`]: whom the loss of a component takes down.
//!
//! Visits assume that nothing fails: retries and fallbacks count only where a question asks for them.

mod amplification;
mod bounds;
mod circulation;
mod flow;
mod latency;
mod loops;
mod reach;
mod timeouts;
mod visits;

#[cfg(test)]
pub(crate) mod samples;

pub use amplification::Chain;
pub use bounds::{Bound, Resource};
pub use latency::Leg;
pub use loops::Loop;
pub use timeouts::Inversion;
pub use visits::Visits;

use crate::plan::{Branch, EndpointId, LinkId, Pc, Plan, Step, TopicId};

/// A plan with what its programs do per run.
#[derive(Debug)]
pub struct Graph<'p> {
    plan: &'p Plan,
    profiles: Vec<Profile>,
    latencies: Vec<f64>,
    visits: Visits,
    /// The steps that end a transaction, with the link whose call began it.
    commits: Vec<(usize, LinkId)>,
}

/// What one run of an endpoint's program is expected to do itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Calls, with how often; one entry a link.
    pub calls: Vec<(LinkId, f64)>,
    /// Messages put into queues, with how often.
    pub messages: Vec<(TopicId, f64)>,
    /// Seconds of own work.
    pub work: f64,
}

impl<'p> Graph<'p> {
    /// Walks all programs.
    pub fn new(plan: &'p Plan) -> Graph<'p> {
        let profiles: Vec<Profile> = plan.endpoints.iter().map(|e| profile(plan, e.entry)).collect();
        let latencies = latency::zero_load(plan);
        let visits = visits::count(plan, &profiles, &latencies);
        let ends = |(at, step): (usize, &Step)| if let Step::Commit { link } = step { Some((at, *link)) } else { None };
        let commits = plan.steps.iter().enumerate().filter_map(ends).collect();
        Graph { plan, profiles, latencies, visits, commits }
    }

    /// The plan.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// What one run of an endpoint does itself.
    pub fn profile(&self, endpoint: EndpointId) -> &Profile {
        &self.profiles[endpoint.index()]
    }

    /// How often everything is used at load 1x.
    pub fn visits(&self) -> &Visits {
        &self.visits
    }
}

fn profile(plan: &Plan, entry: Pc) -> Profile {
    let mut profile = Profile::default();
    for (pc, times) in flow::executions(plan, entry, &|_, _| true) {
        match plan.steps[pc.index()] {
            Step::Work { time } => profile.work += times * plan.dists[time.index()].mean_ns() / 1e9,
            Step::Call { link, .. } => add(&mut profile.calls, link, times),
            Step::Fork { fork, .. } => {
                for branch in &plan.forks[fork.index()].branches {
                    if let Branch::Call(link) = branch {
                        add(&mut profile.calls, *link, times);
                    }
                }
            }
            Step::Enqueue { topic } => add(&mut profile.messages, topic, times),
            _ => {}
        }
    }
    profile
}

fn add<K: PartialEq>(list: &mut Vec<(K, f64)>, key: K, times: f64) {
    match list.iter_mut().find(|(k, _)| *k == key) {
        Some((_, sum)) => *sum += times,
        None => list.push((key, times)),
    }
}

/// Endpoints with callees before callers. Endpoints never call each other without end; should a plan break that rule,
/// the circle is cut where it closes.
fn callees_first(plan: &Plan, calls: impl Fn(EndpointId) -> Vec<EndpointId>) -> Vec<EndpointId> {
    fn visit(
        at: EndpointId,
        calls: &dyn Fn(EndpointId) -> Vec<EndpointId>,
        seen: &mut [bool],
        order: &mut Vec<EndpointId>,
    ) {
        if std::mem::replace(&mut seen[at.index()], true) {
            return;
        }
        for to in calls(at) {
            visit(to, calls, seen, order);
        }
        order.push(at);
    }
    let mut seen = vec![false; plan.endpoints.len()];
    let mut order = Vec::new();
    for i in 0..plan.endpoints.len() {
        visit(EndpointId::new(i), &calls, &mut seen, &mut order);
    }
    order
}

/// Every link a program can use, also on the way out of a failure.
fn all_links(plan: &Plan, entry: Pc) -> Vec<LinkId> {
    let mut seen = std::collections::BTreeSet::new();
    let mut todo = vec![entry];
    let mut links = Vec::new();
    while let Some(pc) = todo.pop() {
        if pc == Pc::FAIL || !seen.insert(pc) {
            continue;
        }
        match plan.steps[pc.index()] {
            Step::Call { link, failed } => {
                links.push(link);
                todo.push(failed);
            }
            Step::Fork { fork, failed } => {
                let branches = plan.forks[fork.index()].branches.iter();
                links.extend(branches.filter_map(|b| if let Branch::Call(link) = b { Some(*link) } else { None }));
                todo.push(failed);
            }
            _ => {}
        }
        todo.extend(flow::successors(plan, pc, &|_, _| true).into_iter().map(|(to, _)| to));
    }
    links.sort();
    links.dedup();
    links
}
