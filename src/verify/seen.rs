//! What one run showed, by the names of the report.

use crate::engine::{CacheTally, EdgeTally, TopicTally};
use crate::measure::{Measurements, ResourceUse, Served};
use crate::plan::Plan;
use crate::units::SimDuration;

/// One run of a plan. Every accessor stops at a name that is not there: it is a slip of whoever wrote it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// What was run.
    pub plan: &'a Plan,
    /// What was measured.
    pub measured: &'a Measurements,
}

impl<'a> Seen<'a> {
    /// An endpoint as it is served.
    pub fn endpoint(&self, name: &str) -> &'a Served {
        let id = self.plan.endpoint(name).unwrap_or_else(|| panic!("there is no endpoint `{name}`"));
        &self.measured.endpoints[id.index()]
    }

    /// A source of traffic as its users see it.
    pub fn source(&self, name: &str) -> &'a Served {
        let id = self.plan.source(name).unwrap_or_else(|| panic!("there is no source `{name}`"));
        &self.measured.sources[id.index()].total
    }

    /// The users of the first source.
    pub fn users(&self) -> &'a Served {
        &self.measured.sources[0].total
    }

    /// Share of the users' requests that were answered.
    pub fn success(&self) -> f64 {
        self.users().success_rate()
    }

    /// Mean time to an answer, in milliseconds, as users see it; 0 without answers.
    pub fn mean_ms(&self) -> f64 {
        1e3 * self.users().latency.mean().unwrap_or(0.0)
    }

    /// A quantile of the time to an answer, in milliseconds, as users see it; 0 without answers.
    pub fn quantile_ms(&self, q: f64) -> f64 {
        self.users().latency.quantile(q).map_or(0.0, SimDuration::millis)
    }

    /// A resource, such as `web.workers` or `web>db.pool`.
    pub fn resource(&self, name: &str) -> &'a ResourceUse {
        let found = self.measured.resources.iter().find(|r| r.name == name);
        found.unwrap_or_else(|| panic!("there is no `{name}` in {:?}", self.measured.resources))
    }

    /// A connection, such as `web>db`.
    pub fn edge(&self, name: &str) -> &'a EdgeTally {
        let id = self.plan.edge(name).unwrap_or_else(|| panic!("there is no edge `{name}`"));
        &self.measured.edges[id.index()]
    }

    /// The look-ups of a cache with keys.
    pub fn cache(&self, name: &str) -> &'a CacheTally {
        let component = self.plan.component(name).unwrap_or_else(|| panic!("there is no `{name}`"));
        let found = self.plan.caches.iter().position(|c| c.component == component);
        &self.measured.caches[found.unwrap_or_else(|| panic!("`{name}` has no keys"))]
    }

    /// Share of the look-ups of a cache that found their key.
    pub fn hit_ratio(&self, name: &str) -> f64 {
        let cache = self.cache(name);
        cache.hits as f64 / cache.looked as f64
    }

    /// The messages of a queue.
    pub fn topic(&self, name: &str) -> &'a TopicTally {
        let component = self.plan.component(name).unwrap_or_else(|| panic!("there is no `{name}`"));
        let found = self.plan.topics.iter().position(|t| t.component == component);
        &self.measured.topics[found.unwrap_or_else(|| panic!("`{name}` is no queue"))]
    }
}
