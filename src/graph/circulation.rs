//! Messages whose handling publishes messages, and so on without end.

use super::Graph;
use crate::plan::{EndpointId, TopicId};

/// How many times the circles of topics are followed: what grows at all has grown by then.
const ROUNDS: usize = 200;

impl Graph<'_> {
    /// Queues whose messages come back to them as often as they are handled, or more often: each message leads to one more for
    /// ever. Failures and what is lost are left out of account.
    pub fn circulation(&self) -> Vec<TopicId> {
        let leads: Vec<Vec<f64>> = (0..self.plan.topics.len()).map(|t| self.leads_to(TopicId::new(t))).collect();
        let endless = |t: &usize| {
            let mut now = vec![0.0; leads.len()];
            now[*t] = 1.0;
            let mut seen = 0.0;
            for _ in 0..ROUNDS {
                let next = (0..now.len()).map(|u| now.iter().zip(&leads).map(|(n, to)| n * to[u]).sum());
                now = next.collect();
                seen += now[*t];
            }
            // A part that comes back now and then sums to less than this.
            seen > ROUNDS as f64 / leads.len() as f64 / 2.0
        };
        (0..leads.len()).filter(endless).map(TopicId::new).collect()
    }

    /// Messages published because one was handled, for each topic.
    fn leads_to(&self, topic: TopicId) -> Vec<f64> {
        let mut published = vec![0.0; self.plan.topics.len()];
        let topic = &self.plan.topics[topic.index()];
        let all: f64 = topic.consumers.iter().map(|c| f64::from(c.concurrency)).sum();
        let mut todo: Vec<(EndpointId, f64)> = topic
            .consumers
            .iter()
            .map(|c| (self.plan.links[c.link.index()].to, f64::from(c.concurrency) / all))
            .collect();
        // Calls have no circles among endpoints: this ends.
        while let Some((endpoint, times)) = todo.pop() {
            let profile = self.profile(endpoint);
            profile.messages.iter().for_each(|(to, n)| published[to.index()] += times * n);
            let calls = profile.calls.iter().map(|(link, n)| (self.plan.links[link.index()].to, times * n));
            todo.extend(calls.filter(|(_, times)| *times > 1e-9));
        }
        published
    }
}
