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
    /// One for each edge.
    pub edges: Vec<EdgeKnobs>,
    /// One for each topic.
    pub topics: Vec<TopicKnobs>,
    /// Hit ratio of each cache; 0 empties one with keys, and keeps it empty.
    pub hit_ratios: Vec<f64>,
}

/// Knobs of a station.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StationKnobs {
    /// So many replicas are dead, counted from the first; what they were doing fails.
    pub down: u32,
    /// Share of requests answered with an error at once, beside the station's own error rate.
    pub error_rate: f64,
    /// Multiplies the time of its work, above 0.
    pub slowdown: f64,
    /// Zones that are lost, the first one as the lowest bit.
    pub zones_down: u32,
    /// Deployments begun so far.
    pub deploys: u32,
    /// Changes reach it so much later, if it follows a primary.
    pub lag: SimDuration,
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
}

/// Knobs of a topic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TopicKnobs {
    /// Consumers take no new messages.
    pub paused: bool,
}

impl Knobs {
    /// All is well, at this load.
    pub fn baseline(plan: &Plan, load: f64) -> Knobs {
        Knobs {
            load,
            stations: vec![
                StationKnobs {
                    down: 0,
                    error_rate: 0.0,
                    slowdown: 1.0,
                    lag: SimDuration::ZERO,
                    deploys: 0,
                    zones_down: 0
                };
                plan.stations.len()
            ],
            edges: vec![EdgeKnobs { delay: SimDuration::ZERO, cut: false, loss: 0.0 }; plan.edges.len()],
            topics: vec![TopicKnobs { paused: false }; plan.topics.len()],
            hit_ratios: plan.caches.iter().map(Cache::expected_hit_ratio).collect(),
        }
    }
}
