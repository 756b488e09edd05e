//! What a breaker remembers of the calls that ended.

use super::{CircuitBreaker, Preset, Window};
use crate::units::{NANOS, SimTime};
use std::collections::VecDeque;

/// How many calls, and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub calls: u32,
    pub failed: u32,
    pub slow: u32,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.slow += other.slow;
    }

    fn take(&mut self, other: Tally) {
        self.calls -= other.calls;
        self.failed -= other.failed;
        self.slow -= other.slow;
    }
}

/// The remembered calls: buckets with the time they begin at, oldest first. A bucket of a window of calls is one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Remembered {
    buckets: VecDeque<(u64, Tally)>,
    /// The sum of all buckets.
    pub sum: Tally,
}

impl Remembered {
    pub(super) fn add(&mut self, spec: &CircuitBreaker, now: SimTime, tally: Tally) {
        self.forget_old(spec, now);
        let length = bucket(spec);
        let newest = self.buckets.back().map(|(start, _)| *start);
        let start = match (spec.preset, newest) {
            // Polly opens a bucket with the first call after the last one's end; the others' are aligned to the clock.
            (Preset::Polly, Some(start)) if now.0 < start + length => start,
            (Preset::Polly, _) => now.0,
            _ => now.0 / length * length,
        };
        match self.buckets.back_mut() {
            Some((newest, last)) if *newest == start && matches!(spec.window, Window::Time(_)) => last.add(tally),
            _ => self.buckets.push_back((start, tally)),
        }
        self.sum.add(tally);
        if let Window::Calls(n) = spec.window
            && self.buckets.len() > n as usize
        {
            self.forget_oldest();
        }
    }

    /// Drops what is too old at `now`.
    pub(super) fn forget_old(&mut self, spec: &CircuitBreaker, now: SimTime) {
        let Window::Time(window) = spec.window else { return };
        let reach = match spec.preset {
            Preset::Polly => now.0,
            // The present bucket counts as whole.
            _ => now.0 / bucket(spec) * bucket(spec),
        };
        while self.buckets.front().is_some_and(|(start, _)| start + window.0 <= reach) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, old)) = self.buckets.pop_front() {
            self.sum.take(old);
        }
    }
}

/// The length of a bucket in nanoseconds: a second; half a second for Hystrix's snapshots; a tenth of the window for Polly
/// and opossum.
pub(super) fn bucket(spec: &CircuitBreaker) -> u64 {
    match (spec.preset, spec.window) {
        (Preset::Hystrix, _) => NANOS / 2,
        (Preset::Polly | Preset::Opossum, Window::Time(window)) => (window.0 / 10).max(1),
        _ => NANOS,
    }
}
