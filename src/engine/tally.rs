//! What the world counts while it runs: plain numbers, added up and never reset.

use super::{Cause, Outcome};
use crate::plan::Plan;
use crate::units::SimDuration;

/// How many requests came and how they ended. What every request changes lies on one cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct RequestTally {
    /// Came.
    pub offered: u64,
    /// Were answered as they should be.
    pub succeeded: u64,
    /// Were answered with a substitute.
    pub degraded: u64,
    /// Time from arrival to answer of those that were answered, summed.
    pub latency: SimDuration,
    /// Failed, by [`Cause`].
    pub failures: [u64; Cause::COUNT],
}

impl RequestTally {
    /// Failed for any cause.
    pub fn failed(&self) -> u64 {
        self.failures.iter().sum()
    }

    /// Not ended yet.
    pub fn in_flight(&self) -> u64 {
        self.offered - self.succeeded - self.degraded - self.failed()
    }

    #[inline]
    pub(super) fn end(&mut self, outcome: Outcome, latency: SimDuration) {
        match outcome {
            Outcome::Succeeded => self.succeeded += 1,
            Outcome::Degraded => self.degraded += 1,
            Outcome::Failed(cause) => {
                self.failures[cause as usize] += 1;
                return;
            }
        }
        self.latency.0 += latency.0;
    }
}

/// A number that goes up and down, with its time integral.
///
/// The integral is kept by way of Little's law: it is the sum of all stays, and so of the times of leaving less those of
/// coming. That takes two additions and no multiplication, whatever comes or goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauge {
    /// The number now.
    pub level: u64,
    /// Sum of the times of leaving less the sum of the times of coming, in nanoseconds.
    stays: i128,
    /// The integral until the last change, and when that was: the other way to the same number, for the audit.
    #[cfg(debug_assertions)]
    integral: (u128, u64),
}

impl Gauge {
    #[inline(always)]
    pub(super) fn raise(&mut self, now: u64) {
        self.witness(now);
        self.level += 1;
        self.stays -= i128::from(now);
    }

    #[inline(always)]
    pub(super) fn lower(&mut self, now: u64) {
        self.witness(now);
        self.level -= 1;
        self.stays += i128::from(now);
    }

    /// Raises or lowers it to a level.
    pub(super) fn set(&mut self, level: u64, now: u64) {
        self.witness(now);
        self.stays += (i128::from(self.level) - i128::from(level)) * i128::from(now);
        self.level = level;
    }

    /// The integral until `now`, in nanoseconds.
    pub fn area_at(&self, now: u64) -> u128 {
        // Never negative: nobody leaves before coming.
        (self.stays + i128::from(self.level) * i128::from(now)).unsigned_abs()
    }

    #[cfg(debug_assertions)]
    fn witness(&mut self, now: u64) {
        self.integral = (self.integrated_at(now).unwrap_or(0), now);
    }

    #[cfg(not(debug_assertions))]
    #[inline(always)]
    fn witness(&mut self, _now: u64) {}

    /// The integral until `now` as it is added up over time, where that is kept: in debug builds.
    #[cfg(debug_assertions)]
    pub fn integrated_at(&self, now: u64) -> Option<u128> {
        let (area, at) = self.integral;
        Some(area + u128::from(self.level) * u128::from(now - at))
    }

    /// The integral until `now` as it is added up over time, where that is kept: in debug builds.
    #[cfg(not(debug_assertions))]
    pub fn integrated_at(&self, _now: u64) -> Option<u128> {
        None
    }
}

/// What happens at a station. What every request changes lies on one cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct StationTally {
    /// Busy workers.
    pub busy: Gauge,
    /// Workers granted to counted requests.
    pub granted: u64,
    /// How long those had waited, summed.
    pub waited: SimDuration,
    /// Requests waiting for a worker.
    pub queue: Gauge,
    /// Refused for a full queue, full connections or the rate limit.
    pub refused: u64,
    /// Turned away on purpose: load shedding, a concurrency limit, CoDel, the longest wait, or a place given up to what was
    /// more important.
    pub shed: u64,
    /// Replicas that are ready, where they come and go.
    pub replicas: Gauge,
    /// Replicas that are ready or finish what they have begun: what could be busy.
    pub serving: Gauge,
    /// The fewest and the most of them in the measured part.
    pub ready_range: [u64; 2],
    /// Replicas that were left out for their errors.
    pub ejections: u64,
}

/// What happens on an edge. What every call changes lies on one cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct EdgeTally {
    /// Calls made.
    pub calls: u64,
    /// Tries sent or refused, retries included.
    pub attempts: u64,
    /// Tries after the first.
    pub retries: u64,
    /// Tries that ended with the caller's patience.
    pub timeouts: u64,
    /// Times a circuit breaker opened.
    pub breaker_opened: u64,
    /// Tries refused on the caller's side, by a breaker or a bulkhead.
    pub rejected: u64,
    /// Calls that failed for good.
    pub failed: u64,
    /// Calls executed again although an earlier try had succeeded unseen, without an idempotency key.
    pub duplicates: u64,
    /// Tries refused because too many waited for a connection already.
    pub overflows: u64,
    /// Further copies sent while a try had no answer.
    pub hedges: u64,
    /// Connections opened.
    pub connects: u64,
    /// Tries stopped at the callee because the caller had given up.
    pub cancelled: u64,
    /// Work done for callers that had given up.
    pub wasted_work: SimDuration,
}

/// Levels of a pool on an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Connections in use.
    pub used: Gauge,
    /// Calls waiting for one.
    pub waiting: Gauge,
    /// Connections granted to counted calls.
    pub granted: u64,
    /// How long those had waited, summed.
    pub waited: SimDuration,
}

/// What happens at a cache with keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheTally {
    /// Look-ups.
    pub looked: u64,
    /// Found, stale ones included.
    pub hits: u64,
    /// Served though they had expired.
    pub stale: u64,
    /// Loaded by the request that missed.
    pub misses: u64,
    /// Missed, and waited for somebody else's load.
    pub coalesced: u64,
    /// Failed at once because a load had failed shortly before.
    pub negative: u64,
    /// Entries that had to go for others.
    pub evicted: u64,
    /// Writes that never reached the store.
    pub lost: u64,
}

/// What happens at rows that can be locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockTally {
    /// Taken, or their version remembered.
    pub taken: u64,
    /// Taken by somebody else when they were wanted.
    pub waits: u64,
    /// Waits that lasted too long.
    pub timeouts: u64,
    /// Waits that would never have ended.
    pub deadlocks: u64,
    /// Changed by somebody else since their version was remembered.
    pub conflicts: u64,
}

/// What is read from replicas that follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplicaTally {
    /// Reads.
    pub reads: u64,
    /// Reads of a row whose last change had not been applied.
    pub stale: u64,
    /// How far behind the replicas were when they were read, summed.
    pub lag: SimDuration,
    /// The farthest.
    pub longest: SimDuration,
    /// Acknowledged writes that the replica which took over from a dead primary had not received.
    pub lost: u64,
}

/// What happens to messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopicTally {
    /// Accepted.
    pub published: u64,
    /// Refused because the queue was full.
    pub rejected: u64,
    /// Publications that had to wait for room.
    pub blocked: u64,
    /// Second copies of messages that were there twice.
    pub copies: u64,
    /// Handled, and delivered again because that had not been committed.
    pub replayed: u64,
    /// Handed to a consumer, redeliveries included.
    pub delivered: u64,
    /// Made visible again because they were not finished in time.
    pub redelivered: u64,
    /// Finished.
    pub acknowledged: u64,
    /// Handled to the end more than once.
    pub duplicates: u64,
    /// Moved to the dead letters.
    pub dead_lettered: u64,
    /// Given up without dead letters.
    pub dropped: u64,
    /// Given up for their age, or because the queue was full.
    pub lost: u64,
    /// Counted messages that were received at least once.
    pub received: u64,
    /// How long those had waited for it, summed.
    pub waited: SimDuration,
    /// The longest of these waits.
    pub longest: SimDuration,
    /// The most messages that were there at once in the measured part.
    pub peak: u64,
    /// Messages not yet finished, waiting or in progress.
    pub backlog: Gauge,
}

impl TopicTally {
    /// Messages that were never finished: dead letters, and what is gone for good.
    pub fn given_up(&self) -> u64 {
        self.dead_lettered + self.gone()
    }

    /// Accepted messages that are gone for good, without dead letters.
    pub fn gone(&self) -> u64 {
        self.dropped + self.lost
    }

    /// What happened since `before`; the backlog and the extremes are the present ones.
    pub fn since(&self, before: &TopicTally) -> TopicTally {
        TopicTally {
            published: self.published - before.published,
            rejected: self.rejected - before.rejected,
            delivered: self.delivered - before.delivered,
            redelivered: self.redelivered - before.redelivered,
            acknowledged: self.acknowledged - before.acknowledged,
            duplicates: self.duplicates - before.duplicates,
            dead_lettered: self.dead_lettered - before.dead_lettered,
            dropped: self.dropped - before.dropped,
            blocked: self.blocked - before.blocked,
            copies: self.copies - before.copies,
            replayed: self.replayed - before.replayed,
            lost: self.lost - before.lost,
            received: self.received - before.received,
            waited: SimDuration(self.waited.0 - before.waited.0),
            longest: self.longest,
            peak: self.peak,
            backlog: self.backlog,
        }
    }
}

/// Everything counted so far. Pairs hold requests outside the measured part first, those within it second.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tallies {
    /// For each endpoint.
    pub endpoints: Vec<[RequestTally; 2]>,
    /// For each source, for each entry of its mix.
    pub sources: Vec<Vec<[RequestTally; 2]>>,
    /// For each edge.
    pub edges: Vec<[EdgeTally; 2]>,
    /// For each edge with a pool (an unused default for the others).
    pub pools: Vec<Levels>,
    /// For each station.
    pub stations: Vec<StationTally>,
    /// For each topic.
    pub topics: Vec<TopicTally>,
    /// For each source, requests whose time came while no user was free, not counted and counted.
    pub late: Vec<[u64; 2]>,
    /// For each cache with keys, requests that are not counted and those that are.
    pub caches: Vec<[CacheTally; 2]>,
    /// For each lock, requests that are not counted and those that are.
    pub locks: Vec<[LockTally; 2]>,
    /// For each set of replicas that follow, requests that are not counted and those that are.
    pub replications: Vec<[ReplicaTally; 2]>,
    /// Events handled.
    pub events: u64,
}

impl Tallies {
    /// Nothing has happened yet.
    pub(super) fn of(plan: &Plan) -> Tallies {
        Tallies {
            endpoints: vec![Default::default(); plan.endpoints.len()],
            sources: plan.sources.iter().map(|s| vec![Default::default(); s.mix.len()]).collect(),
            edges: vec![Default::default(); plan.edges.len()],
            pools: vec![Default::default(); plan.edges.len()],
            stations: vec![Default::default(); plan.stations.len()],
            topics: vec![Default::default(); plan.topics.len()],
            caches: vec![Default::default(); plan.caches.len()],
            locks: vec![Default::default(); plan.locks.len()],
            replications: vec![Default::default(); plan.replications.len()],
            late: vec![[0; 2]; plan.sources.len()],
            events: 0,
        }
    }
}
