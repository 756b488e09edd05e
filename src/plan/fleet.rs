//! How the replicas of a service come and go.

use super::{DistId, TopicId};
use crate::units::SimDuration;

/// Everything that changes the number of replicas that serve. A station without one has all of them all the time, but for
/// those that faults kill.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// How long a new replica takes until it serves; `None`: no time.
    pub startup: Option<DistId>,
    /// A replica that has begun to serve gets its full share after this time.
    pub slow_start: SimDuration,
    /// How long a replica that stops may finish what it does; zero: it drops everything.
    pub grace: SimDuration,
    /// Replicas beyond those wanted that a deployment may have.
    pub surge: u32,
    /// Replicas that a deployment may be short of.
    pub unavailable: u32,
    /// Share of its own errors that take a replica down.
    pub crash: f64,
    /// Its number follows a signal.
    pub scaling: Option<Scaling>,
    /// Replicas that do not answer probes are left out, or restarted.
    pub health: Option<HealthCheck>,
    /// Replicas that answer with errors are left out for a while.
    pub ejection: Option<Ejection>,
    /// With more replicas than this all of them fail.
    pub most_peers: Option<u32>,
    /// Where they stand.
    pub zones: Zones,
}

/// Where replicas stand: the first in the first zone, and so on in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zones {
    /// How many, at least 1.
    pub count: u32,
    /// Requests stay in the zone of their caller as far as it has its share of the replicas.
    pub aware: bool,
    /// What leaving a zone adds to the round trip.
    pub crossing: SimDuration,
}

impl Default for Zones {
    fn default() -> Zones {
        Zones { count: 1, aware: false, crossing: SimDuration::ZERO }
    }
}

/// The rule of the Kubernetes Horizontal Pod Autoscaler: desired = ceil(current · signal / target).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// At least so many; so many at the beginning. At most as many as the station has.
    pub min: u32,
    /// What is looked at.
    pub signal: Signal,
    /// What it should be for each replica.
    pub target: f64,
    /// How often it is looked at.
    pub sync: SimDuration,
    /// Nothing changes while the signal is off by this share at most.
    pub tolerance: f64,
    /// The lowest advice of so long counts when there should be more.
    pub up_window: SimDuration,
    /// The highest advice of so long counts when there should be fewer.
    pub down_window: SimDuration,
}

/// What an autoscaler looks at, per replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Share of the cores in use.
    Cpu,
    /// Workers in use.
    Concurrency,
    /// Messages of a queue that are not finished.
    Backlog(TopicId),
}

/// Probes of each replica.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HealthCheck {
    /// How often.
    pub interval: SimDuration,
    /// How long an answer may take: as long as the request at the head of the line has waited.
    pub timeout: SimDuration,
    /// So many failures in a row take it out.
    pub unhealthy: u32,
    /// So many successes in a row take it in again.
    pub healthy: u32,
    /// A probe fails, too, while something that the service calls has no replica.
    pub deep: bool,
    /// What is unhealthy is restarted.
    pub restart: bool,
    /// Below this share of replicas in rotation all of them are used.
    pub panic: f64,
}

/// Envoy's outlier detection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ejection {
    /// Errors in a row.
    pub errors: u32,
    /// A replica is left out for this time, times how often it was.
    pub base: SimDuration,
    /// For this time at most.
    pub longest: SimDuration,
    /// Each so long without an error takes one from how often it was.
    pub interval: SimDuration,
    /// At most this share of the replicas is left out, but always one.
    pub share: f64,
    /// Below this share of replicas in rotation all of them are used.
    pub panic: f64,
}

impl Fleet {
    /// Nothing happens to the replicas.
    pub fn is_plain(&self) -> bool {
        *self == Fleet::default()
    }

    /// Its slowest mechanism, with so many replicas at most. An autoscaler takes several looks to get there.
    pub fn slowest(&self, most: u32) -> SimDuration {
        let scaling = self.scaling.map_or(SimDuration::ZERO, |s| {
            let looks = 2 + u64::from((most / s.min.max(1)).max(1).ilog2());
            SimDuration(s.sync.0.saturating_mul(looks)).max(s.up_window)
        });
        let health = self.health.map_or(SimDuration::ZERO, |h| SimDuration(h.interval.0 * u64::from(h.unhealthy)));
        let ejection = self.ejection.map_or(SimDuration::ZERO, |e| e.base);
        [self.slow_start, scaling, health, ejection].into_iter().fold(SimDuration::ZERO, SimDuration::max)
    }
}

impl Default for Fleet {
    fn default() -> Fleet {
        Fleet {
            startup: None,
            slow_start: SimDuration::ZERO,
            grace: SimDuration::from_secs(30),
            surge: 0,
            unavailable: 1,
            crash: 0.0,
            scaling: None,
            health: None,
            ejection: None,
            most_peers: None,
            zones: Zones::default(),
        }
    }
}
