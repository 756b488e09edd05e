//! The narrow waist: what a model is compiled to and what the engine runs.
//!
//! A plan is flat and index-addressed. Endpoints are short programs of [`Step`]s in one list; everything that can hold
//! or refuse a request is a [`Station`]; everything that connects two parties is an [`Edge`] with its policy. The plan
//! knows neither YAML nor events: a database is a station whose slots are called connections.

mod builder;
mod ids;
mod knobs;
mod step;

pub use builder::Builder;
pub use ids::{
    CacheId, ComponentId, DistId, EdgeId, EndpointId, ForkId, LinkId, Pc, SourceId, StationId, SwitchId, TopicId,
};
pub use knobs::{EdgeKnobs, Knobs, StationKnobs, TopicKnobs};
pub use step::{Branch, Fork, Step, Switch};

use crate::policies::{CircuitBreaker, Hedge, KillSwitch, RateLimit, Retry, Throttle};
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
    /// Caches with a stated hit ratio.
    pub caches: Vec<Cache>,
    /// Traffic.
    pub sources: Vec<Source>,
}

/// What kind of thing a component is, for words in reports. The engine does not look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A service with endpoints of its own.
    Service,
    /// A database.
    Database,
    /// A cache.
    Cache,
    /// A message queue.
    Queue,
    /// Somebody else's API.
    External,
}

impl Role {
    /// The word for it, in the singular.
    pub fn word(self) -> &'static str {
        match self {
            Role::Service => "service",
            Role::Database => "database",
            Role::Cache => "cache",
            Role::Queue => "queue",
            Role::External => "external API",
        }
    }
}

/// Something the user named.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name in the model.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// The technology it declares (`stack`, `engine`), if any; advice is worded for it.
    pub technology: Option<String>,
    /// Where it is defined.
    pub origin: Origin,
}

/// How a worker is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Concurrency {
    /// For the whole request, also while it waits on calls.
    #[default]
    Threads,
    /// Only while it works; freed while it waits on calls.
    Async,
}

/// How a replica is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Balance {
    /// In turn.
    #[default]
    RoundRobin,
    /// At random.
    Random,
    /// The one with the fewest requests, of all; ties in turn.
    LeastRequest,
    /// The better of two drawn at random with replacement; ties at random (Envoy).
    TwoChoices,
}

/// Replicas with workers and a bounded queue each; all that can be busy is one of these.
///
/// The default is one replica with unlimited workers and no peculiarities.
#[derive(Clone, Debug, PartialEq)]
pub struct Station {
    /// The component's name, with a suffix where a component has several (`orders-db.read`).
    pub name: String,
    /// The component it belongs to.
    pub component: ComponentId,
    /// How many there are, at least 1.
    pub replicas: u32,
    /// Requests in progress per replica; [`UNLIMITED`] for no limit.
    pub workers: u32,
    /// What a worker is called: `workers` or `connections`.
    pub workers_word: &'static str,
    /// Waiting per replica; more are refused. [`UNLIMITED`] for no limit.
    pub queue: u32,
    /// Cores per replica that work competes for by processor sharing; `None`: work needs only its worker.
    pub cores: Option<f64>,
    /// How a worker is held.
    pub concurrency: Concurrency,
    /// How a replica is chosen.
    pub balance: Balance,
    /// Share of requests answered with an error though nothing is wrong with the caller (1 - availability).
    pub error_rate: f64,
    /// Requests beyond it are refused; one bucket for all replicas.
    pub rate_limit: Option<RateLimit>,
    /// Path in the model of the number that gives it more capacity (`services.web.replicas`, `databases.db.connections`).
    pub capacity_path: String,
    /// Where it is defined.
    pub origin: Origin,
}

/// An entry point with its program.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Such as `orders.create`.
    pub name: String,
    /// Where it runs.
    pub station: StationId,
    /// Its first step.
    pub entry: Pc,
    /// Where it is defined.
    pub origin: Origin,
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// A component, as one of its replicas.
    Component(ComponentId),
    /// Users.
    Source(SourceId),
}

/// How one caller treats one callee. A plain edge has every policy absent and costs the engine nothing; so is the default.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// `orders>payments`, or `orders>payments.charge` for the override of one endpoint.
    pub name: String,
    /// Who calls.
    pub from: Party,
    /// Whom.
    pub to: ComponentId,
    /// How many instances of the caller there are; each has its own pool, permits, breaker and budget.
    pub instances: u32,
    /// Round-trip time; half of it each way.
    pub network: Option<DistId>,
    /// Probability that a message is lost and sent again after 200 ms, doubling (TCP's retransmission time-out).
    pub loss: f64,
    /// Connections per caller instance; one waits for a free one, first come first served.
    pub pool: Option<u32>,
    /// Who may wait for a connection.
    pub pool_line: Line,
    /// What opening a connection takes; connections are opened when first needed and kept. `None`: they are there.
    pub connect: Option<DistId>,
    /// Patience for one try, waiting for a permit and a connection included.
    pub timeout: Option<SimDuration>,
    /// Patience for the whole call, all tries and the waits between them included.
    pub deadline: Option<SimDuration>,
    /// The callee is told until when the caller waits, and gives up then, too.
    pub propagate_deadline: bool,
    /// The callee is told when the caller gives up, and stops.
    pub cancellation: bool,
    /// Another copy of a call that takes long.
    pub hedge: Option<Hedge>,
    /// Calls are refused on the caller's side while the callee refuses many.
    pub throttle: Option<Throttle>,
    /// Tries beyond it are refused on the caller's side; one bucket per caller instance.
    pub rate_limit: Option<RateLimit>,
    /// Takes the connection out of use at a time.
    pub kill_switch: Option<KillSwitch>,
    /// Further tries.
    pub retry: Option<Retry>,
    /// Circuit breaker.
    pub breaker: Option<CircuitBreaker>,
    /// Calls in progress per caller instance; more are refused at once.
    pub bulkhead: Option<u32>,
    /// Who may wait for a permit of the bulkhead.
    pub bulkhead_line: Line,
    /// Calls carry an idempotency key: executing one twice has the effect of once.
    pub idempotent: bool,
    /// The caller can answer without it: a failure degrades the answer instead of failing it.
    pub optional: bool,
    /// A fallback stands behind it.
    pub fallback: bool,
    /// Where it is written: the policy under `dependencies` if there is one, else the call.
    pub origin: Origin,
    /// Path of its policy in the model, existing or not: where a fix would be written.
    pub policy_path: String,
}

/// Who waits where something is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// So many may wait; more are refused at once. [`UNLIMITED`] for no limit.
    pub room: u32,
    /// So long at most.
    pub max_wait: Option<SimDuration>,
}

/// An edge used for one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The connection and its policy.
    pub edge: EdgeId,
    /// What is called.
    pub to: EndpointId,
}

/// A queue of messages behind a broker.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// Its component; the broker's station and the `publish` endpoint belong to it too.
    pub component: ComponentId,
    /// The broker: while it is down nothing is published or delivered.
    pub station: StationId,
    /// Messages that may wait; a further one is refused. [`UNLIMITED`] for no limit.
    pub capacity: u32,
    /// A message received and not finished within this time is delivered again.
    pub visibility: SimDuration,
    /// After so many deliveries a message goes to the dead letters (or is dropped). [`UNLIMITED`] for no limit.
    pub max_receives: u32,
    /// Where dead letters go.
    pub dead_letter: Option<TopicId>,
    /// Who handles them.
    pub consumers: Vec<Consumer>,
    /// Where it is defined.
    pub origin: Origin,
}

/// Handles messages, several at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// What is called for each message.
    pub link: LinkId,
    /// Messages in progress at once.
    pub concurrency: u32,
}

/// A cache with a stated hit ratio.
#[derive(Clone, Debug, PartialEq)]
pub struct Cache {
    /// Its component.
    pub component: ComponentId,
    /// Share of look-ups that hit, in [0, 1].
    pub hit_ratio: f64,
}

/// Traffic: who calls, how often.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its name in the model.
    pub name: String,
    /// When requests come.
    pub arrivals: Arrivals,
    /// What they ask for, with cumulative shares; the last is 1.
    pub mix: Vec<(f64, LinkId)>,
    /// Where it is defined.
    pub origin: Origin,
}

/// When requests come, at load 1x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrivals {
    /// Independently of one another, at this rate per second (Poisson).
    Poisson(f64),
    /// Evenly spaced, at this rate per second.
    Constant(f64),
    /// So many users, each of whom thinks, asks, and waits for the answer.
    Closed {
        /// How many.
        users: u32,
        /// Time between an answer and the next request.
        think: DistId,
    },
}

impl Default for Station {
    fn default() -> Station {
        Station {
            name: String::new(),
            component: ComponentId::default(),
            replicas: 1,
            workers: UNLIMITED,
            workers_word: "workers",
            queue: UNLIMITED,
            cores: None,
            concurrency: Concurrency::Threads,
            balance: Balance::RoundRobin,
            error_rate: 0.0,
            rate_limit: None,
            capacity_path: String::new(),
            origin: Origin::default(),
        }
    }
}

impl Default for Edge {
    fn default() -> Edge {
        Edge {
            name: String::new(),
            from: Party::Component(ComponentId::default()),
            to: ComponentId::default(),
            instances: 1,
            network: None,
            loss: 0.0,
            pool: None,
            pool_line: Line { room: UNLIMITED, max_wait: None },
            connect: None,
            timeout: None,
            deadline: None,
            propagate_deadline: false,
            cancellation: false,
            hedge: None,
            throttle: None,
            rate_limit: None,
            kill_switch: None,
            retry: None,
            breaker: None,
            bulkhead: None,
            bulkhead_line: Line { room: 0, max_wait: None },
            idempotent: false,
            optional: false,
            fallback: false,
            origin: Origin::default(),
            policy_path: String::new(),
        }
    }
}

impl Default for Topic {
    fn default() -> Topic {
        Topic {
            component: ComponentId::default(),
            station: StationId::default(),
            capacity: UNLIMITED,
            visibility: SimDuration::from_secs(30),
            max_receives: UNLIMITED,
            dead_letter: None,
            consumers: Vec::new(),
            origin: Origin::default(),
        }
    }
}

impl Edge {
    /// Whether calls need no record of their own: no patience, no limit, no delay.
    pub fn is_plain(&self) -> bool {
        self.network.is_none()
            && self.loss == 0.0
            && self.pool.is_none()
            && self.timeout.is_none()
            && self.deadline.is_none()
            && !self.propagate_deadline
            && !self.cancellation
            && self.hedge.is_none()
            && self.throttle.is_none()
            && self.rate_limit.is_none()
            && self.kill_switch.is_none()
            && self.retry.is_none()
            && self.breaker.is_none()
            && self.bulkhead.is_none()
    }
}

impl Plan {
    /// The component of this name.
    pub fn component(&self, name: &str) -> Option<ComponentId> {
        self.components.iter().position(|c| c.name == name).map(ComponentId::new)
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

    /// The stations of a component.
    pub fn stations_of(&self, component: ComponentId) -> impl Iterator<Item = StationId> + '_ {
        (0..self.stations.len()).filter(move |&i| self.stations[i].component == component).map(StationId::new)
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
        let mut slowest = SimDuration::from_secs(1);
        for edge in &self.edges {
            let patience = edge.timeout.unwrap_or(SimDuration::ZERO);
            let tries = edge.retry.as_ref().map_or(1, |r| r.attempts.min(10));
            let waits = edge
                .retry
                .as_ref()
                .map_or(SimDuration::ZERO, |r| (1..tries).fold(SimDuration::ZERO, |sum, k| sum + r.longest_wait(k)));
            slowest = slowest.max(SimDuration(patience.0.saturating_mul(u64::from(tries))) + waits);
            slowest = slowest.max(edge.deadline.unwrap_or_default());
            if let Some(breaker) = &edge.breaker {
                slowest = slowest.max(breaker.open_for);
                if let crate::policies::Window::Time(window) = breaker.window {
                    slowest = slowest.max(window);
                }
            }
        }
        for topic in self.topics.iter().filter(|t| !t.consumers.is_empty()) {
            slowest = slowest.max(topic.visibility);
        }
        slowest
    }
}
