//! Rate limits: what comes faster than the rate is refused. None of them queues, but for Resilience4j's, whose callers wait
//! for permits of cycles to come.

mod read;

pub use read::{RateLimited, SHAPE};

use super::Verdict;
use crate::units::{NANOS, SimDuration, SimTime};

/// Settings of a rate limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Calls per second, above 0.
    pub rate: f64,
    /// How it counts.
    pub algorithm: Counting,
    /// One for each replica, instead of one for all of them.
    pub per_replica: bool,
}

/// How a rate limit counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Counting {
    /// tokens = min(burst, tokens + rate · elapsed); each call takes one.
    TokenBucket {
        /// How many may come at once.
        burst: f64,
    },
    /// The generic cell rate algorithm, or leaky bucket: a call may come so far ahead of its theoretical arrival time.
    Gcra {
        /// How many may come at once.
        burst: f64,
    },
    /// So many in each window, counted from its beginning: twice as many may pass across a boundary.
    FixedWindow(SimDuration),
    /// The window that ends now, estimated by cur + prev · (1 - elapsed / window).
    SlidingWindow(SimDuration),
    /// Resilience4j's `AtomicRateLimiter`: so many in each cycle, and callers wait for permits of cycles to come.
    Cycles {
        /// Length of a cycle (`limitRefreshPeriod`).
        period: SimDuration,
        /// Who would wait longer is refused at once (`timeoutDuration`).
        max_wait: SimDuration,
    },
}

impl RateLimit {
    /// A token bucket over all replicas.
    pub fn bucket(rate: f64, burst: f64) -> RateLimit {
        RateLimit { rate, algorithm: Counting::TokenBucket { burst }, per_replica: false }
    }

    /// Calls in a window.
    fn calls(&self, window: SimDuration) -> f64 {
        // A billionth forgives the rounding of rates that were written per minute or hour.
        (self.rate * window.seconds() + 1e-9).floor()
    }

    /// The rate it lets through in the long run, by each of its counters.
    pub fn long_run(&self) -> f64 {
        match self.algorithm {
            Counting::FixedWindow(w) | Counting::SlidingWindow(w) | Counting::Cycles { period: w, .. } => {
                self.calls(w) / w.seconds()
            }
            Counting::TokenBucket { .. } | Counting::Gcra { .. } => self.rate,
        }
    }

    /// Its slowest mechanism: the window.
    pub fn slowest(&self) -> SimDuration {
        match self.algorithm {
            Counting::FixedWindow(w) | Counting::SlidingWindow(w) | Counting::Cycles { period: w, .. } => w,
            Counting::TokenBucket { .. } | Counting::Gcra { .. } => SimDuration::ZERO,
        }
    }
}

/// What a rate limit remembers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Tokens left, theoretical arrival time in nanoseconds, calls of this window, or permits left, which may be negative.
    count: f64,
    /// Calls of the window before.
    before: f64,
    /// When it was last looked at, or the number of the window.
    at: u64,
}

impl Bucket {
    /// Nothing has come yet.
    pub fn new(limit: &RateLimit) -> Bucket {
        let count = match limit.algorithm {
            Counting::TokenBucket { burst } => burst,
            Counting::Cycles { period, .. } => limit.calls(period),
            _ => 0.0,
        };
        Bucket { count, before: 0.0, at: 0 }
    }

    /// A call comes: it passes, waits for its permit, or is refused.
    pub fn admit(&mut self, limit: &RateLimit, now: SimTime) -> Verdict {
        match limit.algorithm {
            Counting::TokenBucket { burst } => {
                let elapsed = now.since(SimTime(self.at)).seconds();
                self.count = (self.count + limit.rate * elapsed).min(burst);
                self.at = now.0;
                // A billionth of a token forgives the rounding of exact refill times.
                self.take(self.count + 1e-9 >= 1.0, -1.0)
            }
            Counting::Gcra { burst } => {
                let gap = NANOS as f64 / limit.rate;
                let passes = now.0 as f64 + 1e-3 >= self.count - (burst - 1.0) * gap;
                if passes {
                    self.count = self.count.max(now.0 as f64) + gap;
                }
                self.take(passes, 0.0)
            }
            Counting::FixedWindow(window) => {
                self.turn(window, now);
                self.take(self.count < limit.calls(window), 1.0)
            }
            Counting::SlidingWindow(window) => {
                self.turn(window, now);
                let elapsed = (now.0 % window.0) as f64 / window.0 as f64;
                let estimate = self.count + self.before * (1.0 - elapsed);
                self.take(estimate + 1.0 <= limit.calls(window) + 1e-9, 1.0)
            }
            Counting::Cycles { period, max_wait } => self.reserve(limit.calls(period), period, max_wait, now),
        }
    }

    fn take(&mut self, passes: bool, change: f64) -> Verdict {
        if !passes {
            return Verdict::Refuse;
        }
        self.count += change;
        Verdict::Pass
    }

    /// Windows follow one another from the beginning of time.
    fn turn(&mut self, window: SimDuration, now: SimTime) {
        let number = now.0 / window.0;
        if number != self.at {
            self.before = if number == self.at + 1 { self.count } else { 0.0 };
            (self.count, self.at) = (0.0, number);
        }
    }

    /// Takes a permit of this cycle, or one of a cycle to come.
    fn reserve(&mut self, calls: f64, period: SimDuration, max_wait: SimDuration, now: SimTime) -> Verdict {
        let cycle = now.0 / period.0;
        self.count = (self.count + (cycle - self.at) as f64 * calls).min(calls);
        self.at = cycle;
        if self.count >= 1.0 {
            return self.take(true, -1.0);
        }
        // The next cycle brings `calls`; further ones are needed for what others have reserved.
        let missing = 1.0 - (self.count + calls);
        let further = (missing.max(0.0) / calls).ceil() as u64;
        let wait = (cycle + 1) * period.0 - now.0 + further * period.0;
        if wait > max_wait.0 {
            return Verdict::Refuse;
        }
        self.count -= 1.0;
        Verdict::Wait(SimDuration(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts<const N: usize>(limit: RateLimit, at_ms: [u64; N]) -> [Verdict; N] {
        let mut bucket = Bucket::new(&limit);
        at_ms.map(|ms| bucket.admit(&limit, SimTime(ms * 1_000_000)))
    }

    fn passes<const N: usize>(algorithm: Counting, at_ms: [u64; N]) -> [bool; N] {
        let limit = RateLimit { rate: 10.0, algorithm, per_replica: false };
        verdicts(limit, at_ms).map(|verdict| verdict == Verdict::Pass)
    }

    const T: bool = true;
    const F: bool = false;

    #[test]
    fn tokens_refill_at_the_rate_up_to_the_burst() {
        let seen = passes(Counting::TokenBucket { burst: 2.0 }, [0, 0, 0, 99, 100, 100, 1_000, 1_000, 1_000]);
        assert_eq!(seen, [T, T, F, F, T, F, T, T, F], "never more than the burst");
    }

    /// One each 100 ms, two at once. Theoretical arrival times after each that passes: 100, 200, 300 (at 100), 400 (200).
    #[test]
    fn a_cell_may_come_ahead_of_its_time_by_the_tolerance() {
        let seen = passes(Counting::Gcra { burst: 2.0 }, [0, 0, 0, 99, 100, 150, 200, 1_000, 1_000, 1_000]);
        assert_eq!(seen, [T, T, F, F, T, F, T, T, T, F]);
        assert_eq!(passes(Counting::Gcra { burst: 1.0 }, [0, 0, 99, 100, 250, 340, 350]), [T, F, F, T, T, F, T]);
    }

    /// Two in each window of 200 ms: four within two milliseconds across a boundary.
    #[test]
    fn a_fixed_window_lets_twice_the_limit_across_a_boundary() {
        let window = SimDuration::from_millis(200);
        let seen = passes(Counting::FixedWindow(window), [198, 199, 199, 200, 200, 201, 400]);
        assert_eq!(seen, [T, T, F, T, T, F, T]);
        // cur + prev · (1 - elapsed / W): at 200 it is 0 + 2 · 1, at 300 0 + 2 · 0.5 = 1, at 399 1 + 2 · 0.005,
        // at 400 0 + 1 · 1, then 1 + 1.
        let seen = passes(Counting::SlidingWindow(window), [198, 199, 199, 200, 299, 300, 399, 400, 400]);
        assert_eq!(seen, [T, T, F, F, F, T, F, T, F]);
        let seen = passes(Counting::SlidingWindow(window), [0, 0, 400, 400, 400]);
        assert_eq!(seen, [T, T, T, T, F], "what is older than a window is forgotten");
    }

    /// Whole calls fit into a window: 10 a second are 2 in 250 ms, which is 8 a second in the long run. 123 a minute are 123 in
    /// a minute, though the rate is a little less in binary numbers.
    #[test]
    fn in_the_long_run_a_window_lets_whole_calls_through() {
        let long_run = |rate, algorithm| RateLimit { rate, algorithm, per_replica: false }.long_run();
        let ms = SimDuration::from_millis;
        let (period, max_wait) = (ms(250), ms(500));
        for windowed in
            [Counting::FixedWindow(period), Counting::SlidingWindow(period), Counting::Cycles { period, max_wait }]
        {
            assert_eq!(long_run(10.0, windowed), 8.0, "{windowed:?}");
            let limit = RateLimit { rate: 10.0, algorithm: windowed, per_replica: false };
            assert_eq!(limit.slowest(), period, "{windowed:?}");
        }
        for bucket in [Counting::TokenBucket { burst: 5.0 }, Counting::Gcra { burst: 5.0 }] {
            assert_eq!(long_run(10.0, bucket), 10.0, "{bucket:?}");
            let limit = RateLimit { rate: 10.0, algorithm: bucket, per_replica: false };
            assert_eq!(limit.slowest(), SimDuration::ZERO, "{bucket:?}");
        }
        let minute = Counting::FixedWindow(SimDuration::from_secs(60));
        assert_eq!(long_run(123.0 / 60.0, minute), 123.0 / 60.0);
        assert_eq!(long_run(0.9 / 60.0, minute), 0.0);
    }

    /// Two in each cycle of 200 ms, at most 500 ms of waiting. Seven at 50 ms: two pass, two wait for 200, two for 400, and
    /// the seventh would wait for 600: 550 ms is too long. At 450 the cycle from 400 is spent: the next is at 600.
    #[test]
    fn resilience4j_reserves_permits_of_cycles_to_come() {
        let algorithm =
            Counting::Cycles { period: SimDuration::from_millis(200), max_wait: SimDuration::from_millis(500) };
        let limit = RateLimit { rate: 10.0, algorithm, per_replica: true };
        let wait = |ms| Verdict::Wait(SimDuration::from_millis(ms));
        let seen = verdicts(limit, [50, 50, 50, 50, 50, 50, 50, 450, 650, 2_000, 2_000, 2_000]);
        let first = [Verdict::Pass, Verdict::Pass, wait(150), wait(150), wait(350), wait(350), Verdict::Refuse];
        assert_eq!(seen[..7], first);
        assert_eq!(seen[7..], [wait(150), Verdict::Pass, Verdict::Pass, Verdict::Pass, wait(200)]);
        // At 100 ms the seventh would wait for 600 ms, exactly as long as it may.
        assert_eq!(verdicts(limit, [100; 7])[6], wait(500));
    }
}
