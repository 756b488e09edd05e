//! When a run ends before its time.

use super::world::World;
use crate::plan::TopicId;
use crate::units::{Bytes, SimTime};

/// Bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Events in all.
    pub events: u64,
    /// Requests, calls or messages in progress at once: beyond it the model has no steady state worth waiting for.
    pub in_flight: usize,
    /// What requests, calls and messages in progress may take up: see [`World::memory`].
    pub memory: Bytes,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { events: 10_000_000_000, in_flight: 1_000_000, memory: Bytes(u64::MAX) }
    }
}

/// Why a run ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Too many events.
    Events(SimTime),
    /// Too much in progress at once: something grows without bound.
    Crowded(SimTime),
    /// What is in progress takes up more memory than it may.
    Memory(SimTime),
    /// Time stands still: one thing causes the next in no time and without end, most likely through this queue.
    Standstill(SimTime, Option<TopicId>),
}

impl Stop {
    /// Whether it was ended for what it cost. What would have happened then is not known, while it is known of the others that
    /// there is no end to it.
    pub fn is_cut(self) -> bool {
        matches!(self, Stop::Events(_) | Stop::Memory(_))
    }
}

/// Events between two looks at the limits.
pub(super) const BETWEEN_LOOKS: u64 = 64;

/// Things that go on within one event between two looks. No model that is meant comes near it, and it bounds what a look costs.
pub(super) const WITHIN_EVENT: usize = 4_096;

/// What may happen at one instant for each request, call or message that may be in progress. All of them together begin, end,
/// fail and are tried again in less.
const AT_AN_INSTANT: u64 = 20;

/// What a running world keeps of its limits.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    pub limits: Limits,
    /// What ended it in the middle of an event: nothing goes on after that.
    pub broken: Option<Stop>,
    /// When the last look was, and what has happened at that instant.
    looked: u64,
    happened: u64,
}

impl World<'_> {
    /// The limit that ends the run, if one does, `happened` things after the last look.
    #[inline(never)]
    pub(super) fn limit_met(&mut self, happened: u64) -> Option<Stop> {
        let (at, watch) = (SimTime(self.now), &mut self.watch);
        if watch.looked != self.now {
            (watch.looked, watch.happened) = (self.now, 0);
        }
        watch.happened += happened;
        let (happened, limits) = (watch.happened, watch.limits);
        if self.in_flight() > limits.in_flight {
            return Some(Stop::Crowded(at));
        }
        if self.memory() > limits.memory {
            return Some(Stop::Memory(at));
        }
        if happened > AT_AN_INSTANT.saturating_mul(limits.in_flight as u64) {
            return Some(Stop::Standstill(at, self.busiest_queue()));
        }
        None
    }

    /// The queue that has handed out most messages, which the one that makes time stand still soon has.
    fn busiest_queue(&self) -> Option<TopicId> {
        let delivered = |t: &usize| self.tallies.topics[*t].delivered;
        let busiest = (0..self.topics.len()).max_by_key(delivered).filter(|t| delivered(t) > 0);
        busiest.map(|t| TopicId(t as u32))
    }

    fn in_flight(&self) -> usize {
        self.frames.len().max(self.calls.len()).max(self.messages.len()).max(self.backlogged)
    }

    /// What requests, calls, messages, loads of caches and notices take up that have been in progress together: their records,
    /// those that are free again too. By sizes of records rather than by what the machine tells, so that a run ends at the
    /// same event on every one.
    pub fn memory(&self) -> Bytes {
        let requests = self.frames.bytes() + self.calls.bytes() + self.messages.bytes();
        Bytes((requests + self.loads.bytes() + self.waiters.bytes() + self.notices.bytes()) as u64)
    }
}
