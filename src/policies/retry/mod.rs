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
            _ if v == 0 => SimDuration::ZERO,
            Jitter::None => SimDuration(v),
            Jitter::Full => within(0, v),
            Jitter::Equal => within(v / 2, v / 2),
            Jitter::Decorrelated => {
                let high = last.0.max(self.backoff.0).saturating_mul(3).min(self.max_backoff.0.max(self.backoff.0));
                within(self.backoff.0, high - self.backoff.0)
            }
            Jitter::Exponential => SimDuration((self.backoff.0 as f64 * rng.exponential()) as u64),
            Jitter::Within(share) => {
                let half = (v as f64 * share) as u64;
                within(v - half, 2 * half)
            }
        }
    }

    fn grown(&self, k: u32) -> u64 {
        let cap = self.max_backoff.0.max(self.backoff.0);
        let factor = match self.growth {
            Growth::Powers(2.0) => return self.backoff.0.saturating_mul(1u64 << (k - 1).min(40)).min(cap),
            Growth::Powers(m) => libm::pow(m, f64::from(k - 1)),
            Growth::PowersLessOne => ((1u64 << k.min(40)) - 1) as f64,
        };
        (self.backoff.0 as f64 * factor).min(cap as f64) as u64
    }

    /// The longest wait before retry `k`.
    pub fn longest_wait(&self, k: u32) -> SimDuration {
        match self.jitter {
            Jitter::Within(share) => SimDuration(self.grown(k)).times(1.0 + share),
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
