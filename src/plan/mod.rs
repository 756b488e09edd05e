//! The narrow waist: what a model is compiled to and what the engine runs.
//!
//! A plan is flat and index-addressed. Endpoints are short programs of [`Step`]s in one list; everything that can hold
//! or refuse a request is a [`Station`]; everything that connects two parties is an [`Edge`] with its policy. The plan
//! knows neither YAML nor events: a database is a station whose slots are called connections.

mod admission;
mod builder;
mod cache;
mod component;
mod declarations;
mod edge;
mod endpoint;
mod fleet;
mod ids;
mod knobs;
mod lock;
mod profile;
mod replication;
mod source;
mod station;
mod step;
mod topic;
mod watch;

pub use admission::{Admission, Order, Priority};
pub use builder::Builder;
pub use cache::{Cache, Contents, Eviction, Flight, Look, Spread, Store, Writes};
pub use component::{Component, Role};
pub use declarations::{Backups, Declarations, Failures, Files, Logs, Pagination, Sessions, Versioning};
pub use edge::{Edge, Line, Link, Party};
pub use endpoint::{Endpoint, Rows};
pub use fleet::{Ejection, Fleet, HealthCheck, Scaling, Signal, Zones};
pub use ids::{
    CacheId, ComponentId, DistId, EdgeId, EndpointId, ForkId, LinkId, LockId, LookId, Pc, ReplicationId, SourceId,
    StationId, SwitchId, TopicId,
};
pub use knobs::{Away, EdgeKnobs, EndpointKnobs, Knobs, ReplicaKnobs, StationKnobs, TopicKnobs, Version, strike};
pub use lock::Lock;
pub use profile::{Profile, Reached};
pub use replication::Replication;
pub use source::{Arrivals, Bursts, Source};
pub use station::{Balance, Clients, Concurrency, Crowding, Station};
pub use step::{Branch, Fork, Step, Switch};
pub use topic::{Consumer, OnFailure, Overflow, Partitions, Publisher, Topic};
pub use watch::{Watch, Watched};

use crate::random::Dist;
use crate::units::SimDuration;

/// No limit, where a number limits something.
pub const UNLIMITED: u32 = u32::MAX;

/// Where in the user's file something comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Path in the model, such as `services.orders.dependencies.payments`.
    pub path: String,
    /// Line, from 1; 0 when it stands nowhere in the file.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A compiled model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What the user named: services, databases, caches, queues, external APIs.
    pub components: Vec<Component>,
    /// What holds requests.
    pub stations: Vec<Station>,
    /// What can be called.
    pub endpoints: Vec<Endpoint>,
    /// All programs, one after the other.
    pub steps: Vec<Step>,
    /// Branch lists of [`Step::Fork`].
    pub forks: Vec<Fork>,
    /// Weighted alternatives of [`Step::Switch`].
    pub switches: Vec<Switch>,
    /// Distributions named by steps and edges.
    pub dists: Vec<Dist>,
    /// Connections with their policies.
    pub edges: Vec<Edge>,
    /// An edge and the endpoint it is used for.
    pub links: Vec<Link>,
    /// Queues of messages.
    pub topics: Vec<Topic>,
    /// Caches.
    pub caches: Vec<Cache>,
    /// Places that look into caches with keys.
    pub looks: Vec<Look>,
    /// Rows that can be locked.
    pub locks: Vec<Lock>,
    /// Read replicas that follow their primary.
    pub replications: Vec<Replication>,
    /// Traffic.
    pub sources: Vec<Source>,
    /// What is noted in every window of a run, for alerts.
    pub watches: Vec<Watch>,
}

impl Plan {
    /// The component of this name.
    pub fn component(&self, name: &str) -> Option<ComponentId> {
        self.components.iter().position(|c| c.name == name).map(ComponentId::new)
    }

    /// How many connections may be open to a component, over all its servers. `None` for no limit.
    pub fn most_open(&self, component: ComponentId) -> Option<u32> {
        let stations = self.stations_of(component).map(|s| &self.stations[s.index()]);
        let each = stations.map(|s| s.clients.map(|clients| clients.most.saturating_mul(s.replicas)));
        each.flatten().reduce(u32::saturating_add)
    }

    /// The endpoint of this name.
    pub fn endpoint(&self, name: &str) -> Option<EndpointId> {
        self.endpoints.iter().position(|e| e.name == name).map(EndpointId::new)
    }

    /// The source of this name.
    pub fn source(&self, name: &str) -> Option<SourceId> {
        self.sources.iter().position(|s| s.name == name).map(SourceId::new)
    }

    /// The edge of this name (`orders>payments`).
    pub fn edge(&self, name: &str) -> Option<EdgeId> {
        self.edges.iter().position(|e| e.name == name).map(EdgeId::new)
    }

    /// The stations of a component, which stand side by side.
    pub fn stations_of(&self, component: ComponentId) -> impl Iterator<Item = StationId> + '_ {
        let first = self.stations.partition_point(|station| station.component < component);
        let after = self.stations.partition_point(|station| station.component <= component);
        (first..after).map(StationId::new)
    }

    /// The name of a party.
    pub fn party_name(&self, party: Party) -> &str {
        match party {
            Party::Component(c) => &self.components[c.index()].name,
            Party::Source(s) => &self.sources[s.index()].name,
        }
    }

    /// The slowest mechanism T of the model: it decides how long a run must be. Breaker windows and waits, retries with
    /// their waits, visibility time-outs; one second at least.
    pub fn slowest_mechanism(&self) -> SimDuration {
        let edges = self.edges.iter().map(Edge::slowest);
        let topics = self.topics.iter().map(Topic::slowest);
        let stations = self.stations.iter().map(Station::slowest);
        let sources = self.sources.iter().map(Source::slowest);
        let fleets = self.stations.iter().filter_map(|s| s.fleet.as_ref()?.startup);
        let startups = fleets.map(|dist| SimDuration((2.0 * self.dists[dist.index()].mean_ns()) as u64));
        let stores = self.caches.iter().filter_map(Cache::store).map(Store::slowest);
        edges
            .chain(topics)
            .chain(stations)
            .chain(stores)
            .chain(startups)
            .chain(sources)
            .fold(SimDuration::from_secs(1), SimDuration::max)
    }
}
