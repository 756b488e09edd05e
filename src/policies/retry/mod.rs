//! Retries: how often, after which wait, for which failures, and within which budget.

mod budget;
mod read;

pub use budget::{BUDGET_SHAPE, Budget, BudgetState};
pub use read::SHAPE;

use crate::random::Stream;
use crate::units::SimDuration;

/// Settings of retries.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Tries in all, the first included; `u32::MAX` for no limit (a retrial queue). At least 1.
    pub attempts: u32,
    /// Base of the wait before a retry. Zero retries at once.
    pub backoff: SimDuration,
    /// The wait grows up to this.
    pub max_backoff: SimDuration,
    /// How the wait grows.
    pub growth: Growth,
    /// How the wait is spread.
    pub jitter: Jitter,
    /// Limits retries. `None`: no budget.
    pub budget: Option<Budget>,
    /// The failures that are tried again, as bits numbered like [`FAILURES`].
    pub on: u32,
}

/// What can be tried again, in the order of the engine's causes; the words of `retry.on`. A circuit breaker, a bulkhead and
/// the like on the caller's own side say no on purpose: trying again at once would ask them the same.
pub const FAILURES: &[&str] = &[
    "error",
    "dependency",
    "timeout",
    "refused",
    "unavailable",
    "reset",
    "",
    "",
    "rate_limited",
    "queue_full",
    "",
    "",
    "",
    "",
    "",
    "shed",
    "conflict",
];

impl Default for Retry {
    fn default() -> Self {
        Retry {
            attempts: 3,
            backoff: SimDuration::from_millis(100),
            max_backoff: SimDuration::from_secs(20),
            growth: Growth::Powers(2.0),
            jitter: Jitter::Full,
            budget: None,
            on: u32::MAX,
        }
    }
}

/// How the wait v before retry k = 1, 2, … grows from the base b, up to the cap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Growth {
    /// b · m^(k-1).
    Powers(f64),
    /// b · (2^k - 1): Envoy's.
    PowersLessOne,
}

/// How the wait before retry k is drawn from v.
/// Full, equal and decorrelated are those of "Exponential backoff and jitter" (AWS Architecture Blog, 2015).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jitter {
    /// v.
    None,
    /// Uniform in [0, v].
    Full,
    /// v/2 plus uniform in [0, v/2].
    Equal,
    /// Uniform between the base and three times the wait before, up to the cap.
    Decorrelated,
    /// Exponential with mean equal to the base, without growth: the retrial queue of the textbooks.
    Exponential,
    /// Uniform within this share of v to each side (gRPC 20%, Resilience4j 50%, Polly 25%).
    Within(f64),
}

impl Retry {
    /// The wait before retry `k` (1 is the first retry); `last` is the wait before the retry before, zero for the first.
    pub fn wait(&self, k: u32, last: SimDuration, rng: &mut Stream) -> SimDuration {
        let v = self.grown(k);
        let mut within = |low: u64, width: u64| SimDuration(low + (width as f64 * rng.unit()) as u64);
        match self.jitter {
            Jitter::None => SimDuration(v),
            Jitter::Full => within(0, v),
            Jitter::Equal => within(v / 2, v / 2),
            Jitter::Decorrelated => {
                let high = last.0.max(self.backoff.0).saturating_mul(3).min(self.cap());
                within(self.backoff.0, high - self.backoff.0)
            }
            Jitter::Exponential => SimDuration((self.backoff.0 as f64 * rng.exponential()) as u64),
            Jitter::Within(share) => {
                let half = (v as f64 * share) as u64;
                within(v - half, 2 * half)
            }
        }
    }

    /// A base above the cap is one.
    fn cap(&self) -> u64 {
        self.max_backoff.0.max(self.backoff.0)
    }

    fn grown(&self, k: u32) -> u64 {
        let cap = self.cap();
        let factor = match self.growth {
            Growth::Powers(2.0) => return self.backoff.0.saturating_mul(1u64 << (k - 1).min(40)).min(cap),
            Growth::Powers(m) => libm::pow(m, f64::from(k - 1)),
            Growth::PowersLessOne => ((1u64 << k.min(40)) - 1) as f64,
        };
        (self.backoff.0 as f64 * factor).min(cap as f64) as u64
    }

    /// The longest wait before retry `k`. An exponential one knows no longest: what it would be without jitter stands for it.
    pub fn longest_wait(&self, k: u32) -> SimDuration {
        match self.jitter {
            Jitter::Within(share) => SimDuration(self.grown(k)).times(1.0 + share),
            // Three times the longest before, from the base on.
            Jitter::Decorrelated => SimDuration(self.backoff.0.saturating_mul(3u64.saturating_pow(k)).min(self.cap())),
            _ => SimDuration(self.grown(k)),
        }
    }

    /// Whether a failure with this number among [`FAILURES`] is tried again.
    pub fn is_on(&self, failure: u32) -> bool {
        self.on >> failure & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn waits_double_up_to_their_cap() {
        let retry = Retry { jitter: Jitter::None, max_backoff: SimDuration::from_millis(350), ..Retry::default() };
        let mut rng = Stream::new(1, 0, "a", "backoff");
        let waits: Vec<u64> = (1..=4).map(|k| retry.wait(k, SimDuration::ZERO, &mut rng).0 / MS).collect();
        assert_eq!(waits, [100, 200, 350, 350]);
        // Envoy: 25 ms times 1, 3, 7, 15, up to 250 ms.
        let envoy = Retry {
            growth: Growth::PowersLessOne,
            backoff: SimDuration::from_millis(25),
            max_backoff: SimDuration::from_millis(250),
            ..retry
        };
        let waits: Vec<u64> = (1..=4).map(|k| envoy.wait(k, SimDuration::ZERO, &mut rng).0 / MS).collect();
        assert_eq!(waits, [25, 75, 175, 250]);
    }

    /// 100 ms · 1.5^(k-1), a constant wait, and no wait at all; however often it is tried, no wait is above the cap.
    #[test]
    fn waits_grow_by_their_multiplier() {
        let mut rng = Stream::new(1, 0, "a", "backoff");
        let plain = Retry { jitter: Jitter::None, ..Retry::default() };
        let mut waits = |retry: &Retry, k: [u32; 4]| k.map(|k| retry.wait(k, SimDuration::ZERO, &mut rng).0 / 1_000);
        let slowly = Retry { growth: Growth::Powers(1.5), ..plain.clone() };
        assert_eq!(waits(&slowly, [1, 2, 3, 4]), [100_000, 150_000, 225_000, 337_500]);
        let constant = Retry { growth: Growth::Powers(1.0), ..plain.clone() };
        assert_eq!(waits(&constant, [1, 2, 3, 4]), [100_000; 4]);
        for growth in [Growth::Powers(2.0), Growth::Powers(1.5), Growth::PowersLessOne] {
            assert_eq!(waits(&Retry { growth, ..plain.clone() }, [30, 41, 70, 1_000]), [20_000_000; 4], "{growth:?}");
        }
        let at_once = Retry { backoff: SimDuration::ZERO, ..plain };
        for jitter in [Jitter::None, Jitter::Full, Jitter::Decorrelated, Jitter::Exponential, Jitter::Within(0.5)] {
            assert_eq!(waits(&Retry { jitter, ..at_once.clone() }, [1, 2, 3, 4]), [0; 4], "{jitter:?}");
        }
    }

    /// From a base of 100 ms: three times the wait before, which is the base at first, up to the cap.
    #[test]
    fn decorrelated_waits_follow_the_wait_before() {
        let mut rng = Stream::new(1, 0, "a", "backoff");
        let cap = SimDuration::from_millis(700);
        let retry = Retry { jitter: Jitter::Decorrelated, max_backoff: cap, ..Retry::default() };
        for (last, high) in [(0, 300), (50, 300), (200, 600), (600, 700)] {
            let last = SimDuration::from_millis(last);
            let waits: Vec<u64> = (0..1_000).map(|_| retry.wait(9, last, &mut rng).0).collect();
            let (low, most) = (waits.iter().min().unwrap() / MS, waits.iter().max().unwrap() / MS);
            assert!((100..110).contains(&low) && (high - 20..high).contains(&most), "{last}: {low} to {most}");
        }
    }

    /// As a retrial queue has it: exponential about the base with a mean of 100 ms, whichever retry it is. A share of e^-1
    /// waits longer than the mean, and one of 1 - e^-0.1 less than a tenth of it.
    #[test]
    fn exponential_waits_do_not_grow() {
        let mut rng = Stream::new(1, 0, "a", "backoff");
        let retry = Retry { jitter: Jitter::Exponential, ..Retry::default() };
        for k in [1, 6] {
            let waits: Vec<u64> = (0..10_000).map(|_| retry.wait(k, SimDuration::ZERO, &mut rng).0).collect();
            let mean = waits.iter().sum::<u64>() / 10_000;
            let longer = waits.iter().filter(|w| **w > 100 * MS).count();
            let short = waits.iter().filter(|w| **w < 10 * MS).count();
            assert!(mean.abs_diff(100 * MS) < 4 * MS, "{k}: {mean}");
            assert!(longer.abs_diff(3_679) < 200 && short.abs_diff(952) < 120, "{k}: {longer}, {short}");
        }
    }

    /// Base 100 ms, cap 1 s.
    #[test]
    fn the_longest_wait_is_that_of_the_growth_and_of_the_jitter() {
        let ms = SimDuration::from_millis;
        let retry = Retry { max_backoff: ms(1_000), ..Retry::default() };
        let longest = |retry: Retry| [1, 2, 3, 9].map(|k| retry.longest_wait(k));
        assert_eq!(longest(retry.clone()), [100, 200, 400, 1_000].map(ms));
        assert_eq!(longest(Retry { growth: Growth::Powers(1.0), ..retry.clone() }), [100; 4].map(ms));
        assert_eq!(longest(Retry { growth: Growth::PowersLessOne, ..retry.clone() }), [100, 300, 700, 1_000].map(ms));
        assert_eq!(longest(Retry { jitter: Jitter::Within(0.25), ..retry.clone() }), [125, 250, 500, 1_250].map(ms));
        assert_eq!(longest(Retry { jitter: Jitter::Decorrelated, ..retry }), [300, 900, 1_000, 1_000].map(ms));
    }

    /// The bits are numbered like [`FAILURES`].
    #[test]
    fn only_the_failures_that_are_named_are_tried_again() {
        let retry = Retry { on: 0b100_0001, ..Retry::default() };
        let tried: Vec<u32> = (0..FAILURES.len() as u32).filter(|bit| retry.is_on(*bit)).collect();
        assert_eq!(tried, [0, 6]);
    }

    #[test]
    fn jitter_stays_within_its_bounds() {
        let mut rng = Stream::new(1, 0, "a", "backoff");
        let cases = [
            (Jitter::Full, 0, 200),
            (Jitter::Equal, 100, 200),
            (Jitter::Within(0.25), 150, 250),
            (Jitter::Decorrelated, 100, 300),
        ];
        for (jitter, low, high) in cases {
            let retry = Retry { jitter, ..Retry::default() };
            let last = SimDuration::from_millis(100);
            let mean = (0..10_000)
                .map(|_| retry.wait(2, last, &mut rng).0)
                .inspect(|w| assert!((low * MS..=high * MS).contains(w)))
                .sum::<u64>()
                / 10_000;
            let expected = (low + high) * MS / 2;
            assert!(mean.abs_diff(expected) < 3 * MS, "{jitter:?}: {mean}");
        }
    }
}
