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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimDuration;

    /// How many calls are remembered after each of these, which all failed and were slow.
    fn remembered<const N: usize>(preset: Preset, window: Window, at_ms: [u64; N]) -> [u32; N] {
        let spec = CircuitBreaker { window, ..preset.defaults() };
        let mut all = Remembered::default();
        at_ms.map(|ms| {
            all.add(&spec, SimTime(ms * 1_000_000), Tally { calls: 1, failed: 1, slow: 1 });
            assert_eq!((all.sum.failed, all.sum.slow), (all.sum.calls, all.sum.calls));
            all.sum.calls
        })
    }

    fn seconds(seconds: u64) -> Window {
        Window::Time(SimDuration::from_secs(seconds))
    }

    /// Resilience4j's are seconds of the clock: 0 to 1 s is forgotten at 10 s, 1 to 2 s at 11 s.
    #[test]
    fn seconds_are_dropped_whole() {
        let seen = remembered(Preset::Tenfold, seconds(10), [500, 999, 1_000, 9_999, 10_000, 10_999, 11_000]);
        assert_eq!(seen, [1, 2, 3, 4, 3, 4, 4]);
    }

    /// Half seconds: 0 to 0.5 s is forgotten at 10 s, the next at 10.5 s.
    #[test]
    fn hystrix_drops_half_seconds() {
        assert_eq!(
            remembered(Preset::Hystrix, seconds(10), [499, 500, 9_999, 10_000, 10_499, 10_500]),
            [1, 2, 3, 3, 4, 4]
        );
    }

    /// A tenth of the window, here 2 s of the clock: 0 to 2 s is forgotten at 20 s, 2 to 4 s at 22 s.
    #[test]
    fn opossum_drops_tenths_of_its_window() {
        let seen = remembered(Preset::Opossum, seconds(20), [1_999, 2_000, 19_999, 20_000, 21_999, 22_000]);
        assert_eq!(seen, [1, 2, 3, 3, 4, 4]);
    }

    /// Tenths of 3 s that begin with a call: 1 to 4 s, 4 to 7 s, 30.999 to 33.999 s. The first is forgotten at 31 s, the second
    /// at 34 s.
    #[test]
    fn pollys_tenths_begin_with_a_call() {
        let at = [1_000, 3_999, 4_000, 30_999, 31_000, 33_998, 33_999, 34_000];
        assert_eq!(remembered(Preset::Polly, seconds(30), at), [1, 2, 3, 4, 3, 4, 5, 5]);
    }

    /// However many calls come, what is kept is one tally for each part of the window.
    #[test]
    fn calls_of_one_bucket_share_a_tally() {
        for preset in [Preset::Tenfold, Preset::Polly, Preset::Opossum] {
            let spec = CircuitBreaker { window: seconds(10), ..preset.defaults() };
            let mut all = Remembered::default();
            for ms in 0..20_000 {
                all.add(&spec, SimTime(ms * 1_000_000), Tally { calls: 1, ..Tally::default() });
            }
            assert!(all.buckets.len() <= 11 && all.sum.calls > 9_000, "{preset:?}: {}", all.buckets.len());
        }
    }

    #[test]
    fn a_window_of_calls_remembers_the_last_so_many_however_old() {
        let at = [0, 0, 60_000, 61_000];
        assert_eq!(remembered(Preset::Resilience4j, Window::Calls(3), at), [1, 2, 3, 3]);
    }
}
