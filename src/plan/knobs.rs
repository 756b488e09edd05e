//! What can be turned while a simulation runs: the load, and what faults do.

use super::{Cache, Plan};
use crate::units::SimDuration;

/// The position of every knob. Faults turn a fresh copy of the baseline, so that nothing is ever undone.
#[derive(Clone, Debug, PartialEq)]
pub struct Knobs {
    /// Multiplies open arrival rates. (Users of closed sources are counted when a run begins.)
    pub load: f64,
    /// One for each station.
    pub stations: Vec<StationKnobs>,
    /// One for each endpoint.
    pub endpoints: Vec<EndpointKnobs>,
    /// One for each edge.
    pub edges: Vec<EdgeKnobs>,
    /// One for each topic.
    pub topics: Vec<TopicKnobs>,
    /// Hit ratio of each cache; 0 empties one with keys, and keeps it empty.
    pub hit_ratios: Vec<f64>,
    /// Requests per second that faults let through to each component; `None`: all.
    pub quotas: Vec<Option<f64>>,
}

/// Knobs of a station.
#[derive(Clone, Debug, PartialEq)]
pub struct StationKnobs {
    /// So many replicas are dead, counted from the first; what they were doing fails.
    pub down: u32,
    /// What dies is replaced by another one for good, with what that one has.
    pub replaced: bool,
    /// So many replicas hang, counted from the first that does not: they take requests and do nothing.
    pub hung: u32,
    /// Share of requests answered with an error at once, beside the station's own error rate.
    pub error_rate: f64,
    /// Multiplies the time of its work, above 0.
    pub slowdown: f64,
    /// Zones that are lost, the first one as the lowest bit.
    pub zones_down: u32,
    /// Deployments begun so far.
    pub deploys: u32,
    /// What replicas are that begin their life now.
    pub version: Version,
    /// Changes reach it so much later, if it follows a primary.
    pub lag: SimDuration,
    /// Of single replicas, from the first on; those behind the last one are well.
    pub replicas: Vec<ReplicaKnobs>,
}

/// A version of what a replica runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Version {
    /// Share of its requests that it answers with an error at once.
    pub error_rate: f64,
    /// Multiplies the time of its work, above 0.
    pub slowdown: f64,
}

/// Knobs of a replica.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReplicaKnobs {
    /// Multiplies the time of its work, beside the station's own slowdown.
    pub slowdown: f64,
    /// Share of its cores that its work can use; without cores its work takes so much longer.
    pub share: f64,
}

/// Knobs of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndpointKnobs {
    /// What answers in its place.
    pub away: Away,
    /// Multiplies the time of its work, above 0.
    pub slowdown: f64,
    /// Requests per second that reach it; `None`: all.
    pub quota: Option<f64>,
}

/// Knobs of an edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeKnobs {
    /// Added to the round-trip time.
    pub delay: SimDuration,
    /// Nothing gets through: calls wait for their time-out, or fail when the partition ends.
    pub cut: bool,
    /// Probability of loss, beside the edge's own.
    pub loss: f64,
    /// What answers in place of the callee.
    pub away: Away,
    /// Requests per second that get through; `None`: all.
    pub quota: Option<f64>,
}

/// Shares of requests that are answered at once, in this order, in place of whom they were meant for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Away {
    /// The name of the callee leads nowhere: connections that are open already are not concerned.
    pub unresolved: f64,
    /// Nobody listens.
    pub refused: f64,
    /// The connection breaks.
    pub reset: f64,
    /// It comes too often.
    pub limited: f64,
    /// An error.
    pub errors: f64,
}

/// Knobs of a topic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TopicKnobs {
    /// Consumers take no new messages.
    pub paused: bool,
}

/// One more cause, independent of the others, strikes this share: what escapes it must escape them too.
pub fn strike(rate: &mut f64, share: f64) {
    *rate = 1.0 - (1.0 - *rate) * (1.0 - share);
}

impl Version {
    /// The one that runs at the beginning.
    pub const GOOD: Version = Version { error_rate: 0.0, slowdown: 1.0 };
}

impl ReplicaKnobs {
    /// All is well.
    pub const WELL: ReplicaKnobs = ReplicaKnobs { slowdown: 1.0, share: 1.0 };
}

impl Away {
    /// Nobody answers in its place.
    pub fn is_none(&self) -> bool {
        *self == Away::default()
    }

    /// Both at once.
    pub fn and(mut self, other: Away) -> Away {
        strike(&mut self.unresolved, other.unresolved);
        strike(&mut self.refused, other.refused);
        strike(&mut self.reset, other.reset);
        strike(&mut self.limited, other.limited);
        strike(&mut self.errors, other.errors);
        self
    }
}

impl Default for StationKnobs {
    fn default() -> StationKnobs {
        StationKnobs {
            down: 0,
            replaced: false,
            hung: 0,
            error_rate: 0.0,
            slowdown: 1.0,
            zones_down: 0,
            deploys: 0,
            version: Version::GOOD,
            lag: SimDuration::ZERO,
            replicas: Vec::new(),
        }
    }
}

impl StationKnobs {
    /// Of the first replicas, so many.
    pub fn first(&mut self, n: u32) -> &mut [ReplicaKnobs] {
        let n = n as usize;
        if self.replicas.len() < n {
            self.replicas.resize(n, ReplicaKnobs::WELL);
        }
        &mut self.replicas[..n]
    }
}

impl Knobs {
    /// All is well, at this load.
    pub fn baseline(plan: &Plan, load: f64) -> Knobs {
        let edge = EdgeKnobs { delay: SimDuration::ZERO, cut: false, loss: 0.0, away: Away::default(), quota: None };
        let endpoint = EndpointKnobs { away: Away::default(), slowdown: 1.0, quota: None };
        Knobs {
            load,
            stations: vec![StationKnobs::default(); plan.stations.len()],
            endpoints: vec![endpoint; plan.endpoints.len()],
            edges: vec![edge; plan.edges.len()],
            topics: vec![TopicKnobs { paused: false }; plan.topics.len()],
            hit_ratios: plan.caches.iter().map(Cache::expected_hit_ratio).collect(),
            quotas: vec![None; plan.components.len()],
        }
    }
}
