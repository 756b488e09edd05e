//! What one trial measured.

use super::{Histogram, Series};
use crate::engine::{CacheTally, Cause, EdgeTally, LockTally, ReplicaTally, RequestTally, Stop, TopicTally};
use crate::plan::{EdgeId, EndpointId, StationId, TopicId};
use crate::units::SimDuration;

/// The results of one replication. Identifiers of the plan index the lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurements {
    /// Length of the measured part; shorter than asked when the run was stopped.
    pub measured: SimDuration,
    /// Events handled, warm-up included.
    pub events: u64,
    /// Why the run ended early, if it did.
    pub stop: Option<Stop>,
    /// For each endpoint, as it served those that reached it.
    pub endpoints: Vec<Served>,
    /// For each source, as its users see it.
    pub sources: Vec<SourceServed>,
    /// Every resource with a limit.
    pub resources: Vec<ResourceUse>,
    /// For each edge, requests of the measured part.
    pub edges: Vec<EdgeTally>,
    /// For each topic, over the measured part.
    pub topics: Vec<TopicTally>,
    /// For each cache with keys, requests of the measured part.
    pub caches: Vec<CacheTally>,
    /// For each set of rows that can be locked.
    pub locks: Vec<LockTally>,
    /// For each station whose replicas come and go.
    pub fleets: Vec<Option<FleetUse>>,
    /// For each set of replicas that follow.
    pub replications: Vec<ReplicaTally>,
    /// The course of the run.
    pub series: Series,
}

impl Measurements {
    /// Whether it was ended for what it cost: what it shows is not all there was.
    pub fn was_cut(&self) -> bool {
        self.stop.is_some_and(Stop::is_cut)
    }

    /// Whether it was ended because there would be no end to it.
    pub fn was_endless(&self) -> bool {
        self.stop.is_some_and(|stop| !stop.is_cut())
    }

    /// Whether it was ended because its time stood still: no resource is short then, and more of one helps nobody.
    pub fn stood_still(&self) -> bool {
        matches!(self.stop, Some(Stop::Standstill(..)))
    }

    /// Messages of a queue that were not finished, on average over the measured part; those at its end where it was too
    /// short for a row of the series.
    pub fn mean_backlog(&self, topic: TopicId) -> f64 {
        let cells = self.series.rows.iter().filter_map(|row| row.topics.get(topic.index()));
        match cells.clone().count() {
            0 => self.topics.get(topic.index()).map_or(0.0, |tally| tally.backlog.level as f64),
            n => cells.map(|cell| f64::from(cell.backlog)).sum::<f64>() / n as f64,
        }
    }
}

/// Requests of the measured part and how they ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Served {
    /// Came.
    pub offered: u64,
    /// Were answered as they should be.
    pub succeeded: u64,
    /// Were answered with a substitute.
    pub degraded: u64,
    /// Failed, by [`Cause`].
    pub failures: [u64; Cause::COUNT],
    /// Had not ended when the run did.
    pub in_flight: u64,
    /// Latency of those that were answered.
    pub latency: Histogram,
}

/// What the users of a source see.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceServed {
    /// Everything they ask for.
    pub total: Served,
    /// Those whose time came while no user was free (`max_users`).
    pub late: u64,
    /// Each entry of the mix.
    pub by_link: Vec<(EndpointId, Served)>,
}

/// What a resource belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceOf {
    /// Workers or connections of a station.
    Workers(StationId),
    /// Cores of a station.
    Cpu(StationId),
    /// A caller's connection pool.
    Pool(EdgeId),
}

/// How a resource was used in the measured part.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceUse {
    /// `orders-db.connections`, `web.cpu`, `orders>orders-db.pool`.
    pub name: String,
    /// `workers`, `connections`, `cpu` or `pool`.
    pub kind: &'static str,
    /// What it belongs to.
    pub of: ResourceOf,
    /// How much there is, over all replicas.
    pub capacity: f64,
    /// Share of it in use, on average, in [0, 1].
    pub utilization: f64,
    /// Requests waiting for it, on average.
    pub queue_mean: f64,
    /// Mean wait of those that got it, in seconds.
    pub wait_mean: f64,
    /// Refused for it.
    pub rejected: u64,
}

impl Served {
    pub(super) fn new(tally: &RequestTally, latency: &Histogram) -> Served {
        Served {
            offered: tally.offered,
            succeeded: tally.succeeded,
            degraded: tally.degraded,
            failures: tally.failures,
            in_flight: tally.in_flight(),
            latency: latency.clone(),
        }
    }

    /// Adds another's requests.
    pub fn merge(&mut self, other: &Served) {
        self.offered += other.offered;
        self.succeeded += other.succeeded;
        self.degraded += other.degraded;
        self.failures.iter_mut().zip(other.failures).for_each(|(a, b)| *a += b);
        self.in_flight += other.in_flight;
        self.latency.merge(&other.latency);
    }

    /// Failed for any cause.
    pub fn failed(&self) -> u64 {
        self.failures.iter().sum()
    }

    /// (succeeded + degraded) / offered; 1 when nothing was offered.
    pub fn success_rate(&self) -> f64 {
        if self.offered == 0 { 1.0 } else { (self.succeeded + self.degraded) as f64 / self.offered as f64 }
    }

    /// Answered requests per second of the measured part.
    pub fn goodput(&self, measured: SimDuration) -> f64 {
        per_second(self.succeeded + self.degraded, measured)
    }

    /// Offered requests per second of the measured part.
    pub fn rate(&self, measured: SimDuration) -> f64 {
        per_second(self.offered, measured)
    }
}

fn per_second(n: u64, measured: SimDuration) -> f64 {
    if measured == SimDuration::ZERO { 0.0 } else { n as f64 / measured.seconds() }
}

/// Replicas that come and go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FleetUse {
    /// Ready, mean over time.
    pub mean: f64,
    /// The fewest that were ready.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// How often one was left out for its errors.
    pub ejections: u64,
}
