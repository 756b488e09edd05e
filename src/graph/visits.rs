//! Visit counts: how often everything is used per second at load 1x, by forced flow from the sources.

use super::{Graph, Profile, callees_first};
use crate::plan::{Arrivals, EndpointId, LinkId, Plan, TopicId};

/// Uses per second at load 1x, when nothing fails and nothing waits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visits {
    /// Requests of each source.
    pub sources: Vec<f64>,
    /// Runs of each endpoint.
    pub endpoints: Vec<f64>,
    /// Calls over each link, by users and consumers too.
    pub links: Vec<f64>,
    /// Messages put into each queue.
    pub topics: Vec<f64>,
    /// Runs of each endpoint per request of each source: `per_source[source][endpoint]`.
    pub per_source: Vec<Vec<f64>>,
}

/// Follows the traffic of every source. A message is handled by one consumer of its queue, in proportion to their
/// concurrency.
pub(super) fn count(plan: &Plan, profiles: &[Profile], latencies: &[f64]) -> Visits {
    let mut visits = Visits {
        sources: Vec::new(),
        endpoints: vec![0.0; plan.endpoints.len()],
        links: vec![0.0; plan.links.len()],
        topics: vec![0.0; plan.topics.len()],
        per_source: Vec::new(),
    };
    let callers_first = {
        let mut order = callees_first(plan, |e| targets(plan, &profiles[e.index()]));
        order.reverse();
        order
    };
    let spread = |mut links: Vec<f64>, mut topics: Vec<f64>| {
        let mut runs = vec![0.0; plan.endpoints.len()];
        for (link, n) in links.iter().enumerate() {
            runs[plan.links[link].to.index()] += n;
        }
        for endpoint in &callers_first {
            let times = runs[endpoint.index()];
            let profile = &profiles[endpoint.index()];
            let messages = profile.messages.iter().flat_map(|&(topic, n)| {
                topics[topic.index()] += times * n;
                consumer_links(plan, topic).into_iter().map(move |(link, share)| (link, n * share))
            });
            for (link, n) in messages.chain(profile.calls.iter().copied()) {
                links[link.index()] += times * n;
                runs[plan.links[link.index()].to.index()] += times * n;
            }
        }
        (runs, links, topics)
    };
    let mut add = |rate: f64, (runs, links, topics): &(Vec<f64>, Vec<f64>, Vec<f64>)| {
        for (sums, parts) in [(&mut visits.endpoints, runs), (&mut visits.links, links), (&mut visits.topics, topics)] {
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += rate * part);
        }
    };
    let none = || (vec![0.0; plan.links.len()], vec![0.0; plan.topics.len()]);
    for source in &plan.sources {
        let (mut links, topics) = none();
        let mut before = 0.0;
        for (up_to, link) in &source.mix {
            links[link.index()] += up_to - before;
            before = *up_to;
        }
        let rate = rate_of(plan, source, latencies);
        let each = spread(links, topics);
        add(rate, &each);
        visits.sources.push(rate);
        visits.per_source.push(each.0);
    }
    for (t, topic) in plan.topics.iter().enumerate().filter(|(_, topic)| !topic.publishers.is_empty()) {
        let (mut links, mut topics) = none();
        topics[t] = 1.0;
        consumer_links(plan, TopicId::new(t)).into_iter().for_each(|(link, share)| links[link.index()] += share);
        add(topic.own_rate(), &spread(links, topics));
    }
    visits
}

/// Requests per second at load 1x. A closed source is bounded by users / (think time + response time that never waits).
fn rate_of(plan: &Plan, source: &crate::plan::Source, latencies: &[f64]) -> f64 {
    match source.arrivals {
        Arrivals::Poisson(rate) | Arrivals::Constant(rate) => rate,
        Arrivals::Recorded(ref times) => {
            let length = times.last().map_or(0.0, |last| last.seconds());
            if length > 0.0 { times.len() as f64 / length } else { 0.0 }
        }
        Arrivals::Closed { users, think } => {
            let mut before = 0.0;
            let mut response = 0.0;
            for (up_to, link) in &source.mix {
                let link = plan.links[link.index()];
                response += (up_to - before) * (round_trip(plan, link.edge.index()) + latencies[link.to.index()]);
                before = *up_to;
            }
            f64::from(users) / (plan.dists[think.index()].mean_ns() / 1e9 + response).max(1e-9)
        }
    }
}

/// Mean network time there and back over an edge, in seconds.
pub(super) fn round_trip(plan: &Plan, edge: usize) -> f64 {
    plan.edges[edge].network.map_or(0.0, |d| plan.dists[d.index()].mean_ns() / 1e9)
}

/// What handles a message of this queue, and its share.
fn consumer_links(plan: &Plan, topic: TopicId) -> Vec<(LinkId, f64)> {
    let consumers = &plan.topics[topic.index()].consumers;
    let all: f64 = consumers.iter().map(|c| f64::from(c.concurrency)).sum();
    consumers.iter().map(|c| (c.link, f64::from(c.concurrency) / all.max(1.0))).collect()
}

fn targets(plan: &Plan, profile: &Profile) -> Vec<EndpointId> {
    let calls = profile.calls.iter().map(|(link, _)| *link);
    let messages = profile.messages.iter().flat_map(|(topic, _)| consumer_links(plan, *topic)).map(|(link, _)| link);
    calls.chain(messages).map(|link| plan.links[link.index()].to).collect()
}

impl Graph<'_> {
    /// All requests of users per second at load 1x.
    pub fn user_rate(&self) -> f64 {
        self.visits.sources.iter().sum()
    }

    /// Endpoints that users call themselves, each once, in the plan's order.
    pub fn user_endpoints(&self) -> Vec<EndpointId> {
        let mut endpoints: Vec<EndpointId> =
            self.plan.sources.iter().flat_map(|s| &s.mix).map(|(_, link)| self.plan.links[link.index()].to).collect();
        endpoints.sort();
        endpoints.dedup();
        endpoints
    }

    /// Calls per second over an edge at load 1x.
    pub fn edge_rate(&self, edge: crate::plan::EdgeId) -> f64 {
        let links = self.plan.links.iter().zip(&self.visits.links);
        links.filter(|(link, _)| link.edge == edge).map(|(_, rate)| rate).sum()
    }
}
