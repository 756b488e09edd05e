//! Puts a plan together. Endpoints are declared first and programmed later, since programs call one another.

use super::{
    Cache, CacheId, Component, ComponentId, DistId, Edge, EdgeId, Endpoint, EndpointId, Fork, ForkId, Link, LinkId,
    Lock, LockId, Look, LookId, Origin, Pc, Plan, Replication, ReplicationId, Source, SourceId, Station, StationId,
    Step, Switch, SwitchId, Topic, TopicId,
};
use crate::random::Dist;
use std::collections::BTreeMap;

/// A plan in the making.
#[derive(Debug, Default)]
pub struct Builder {
    plan: Plan,
    /// Distributions by how they print, which tells any two apart.
    dists: BTreeMap<String, DistId>,
    links: BTreeMap<(EdgeId, EndpointId), LinkId>,
}

macro_rules! adders {
    ($($(#[$doc:meta])* $name:ident($field:ident: $item:ty) -> $id:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(&mut self, item: $item) -> $id {
            self.plan.$field.push(item);
            $id::new(self.plan.$field.len() - 1)
        }
    )*};
}

impl Builder {
    /// An empty plan.
    pub fn new() -> Builder {
        Builder::default()
    }

    adders! {
        /// Adds a component.
        component(components: Component) -> ComponentId;
        /// Adds a station.
        station(stations: Station) -> StationId;
        /// Adds an edge.
        edge(edges: Edge) -> EdgeId;
        /// Adds a fork.
        fork(forks: Fork) -> ForkId;
        /// Adds a switch.
        switch(switches: Switch) -> SwitchId;
        /// Adds a topic.
        topic(topics: Topic) -> TopicId;
        /// Adds a cache.
        cache(caches: Cache) -> CacheId;
        /// Adds a place that looks into a cache.
        look(looks: Look) -> LookId;
        /// Adds rows that can be locked.
        lock(locks: Lock) -> LockId;
        /// Adds replicas that follow.
        replication(replications: Replication) -> ReplicationId;
        /// Adds a source.
        source(sources: Source) -> SourceId;
    }

    /// Adds a distribution, or finds an equal one.
    pub fn dist(&mut self, dist: Dist) -> DistId {
        *self.dists.entry(format!("{dist:?}")).or_insert_with(|| {
            self.plan.dists.push(dist);
            DistId::new(self.plan.dists.len() - 1)
        })
    }

    /// Adds a link, or finds an equal one.
    pub fn link(&mut self, edge: EdgeId, to: EndpointId) -> LinkId {
        *self.links.entry((edge, to)).or_insert_with(|| {
            self.plan.links.push(Link { edge, to });
            LinkId::new(self.plan.links.len() - 1)
        })
    }

    /// Declares an endpoint; its program begins where [`Builder::begin`] is called for it.
    pub fn endpoint(&mut self, name: impl Into<String>, station: StationId, origin: Origin) -> EndpointId {
        let name = name.into();
        self.plan.endpoints.push(Endpoint { name, station, entry: Pc::FAIL, rows: None, writes: false, origin });
        EndpointId::new(self.plan.endpoints.len() - 1)
    }

    /// The program of `endpoint` begins with the next step.
    pub fn begin(&mut self, endpoint: EndpointId) {
        self.plan.endpoints[endpoint.index()].entry = self.here();
    }

    /// Where the next step will stand.
    pub fn here(&self) -> Pc {
        Pc::new(self.plan.steps.len())
    }

    /// Appends a step.
    pub fn emit(&mut self, step: Step) -> Pc {
        self.plan.steps.push(step);
        Pc::new(self.plan.steps.len() - 1)
    }

    /// Replaces a step, once its target is known.
    pub fn patch(&mut self, at: Pc, step: Step) {
        self.plan.steps[at.index()] = step;
    }

    /// What has been built so far.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What has been built so far, to complete it (consumers of a topic, for instance).
    pub fn plan_mut(&mut self) -> &mut Plan {
        &mut self.plan
    }

    /// The finished plan.
    pub fn finish(self) -> Plan {
        debug_assert!(
            self.plan.stations.is_sorted_by_key(|station| station.component),
            "stations are found by component"
        );
        self.plan
    }
}
