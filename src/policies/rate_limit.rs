//! Rate limit: a token bucket that refuses what comes too fast and never queues.

use super::Verdict;
use crate::units::SimTime;
use crate::yaml::{Field, Item, Shape, Takes};

/// Settings of a rate limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Calls per second, above 0.
    pub rate: f64,
    /// How many may come at once. Default: one second's worth, at least 1.
    pub burst: f64,
}

/// `rate_limit: { rate: 100/s, burst: 20 }`
pub static SHAPE: Shape = Shape::new(
    "rate_limit",
    "A token bucket that refuses what comes too fast and never queues.",
    &[
        Field::required("rate", Takes::Rate, "Tokens per second."),
        Field::new("burst", Takes::Whole(1, u32::MAX), "How many may come at once. Default: one second's worth."),
    ],
);

impl RateLimit {
    /// Reads `100/s`, or `{ rate: 100/s, burst: 20 }`.
    pub fn read(item: &Item<'_>) -> Option<RateLimit> {
        if !item.is_map() {
            return item.rate().map(|rate| RateLimit { rate, burst: rate.max(1.0) });
        }
        let mut fields = item.shaped(&SHAPE)?;
        let rate = fields.required("rate", "rate: 100/s").and_then(|item| item.rate());
        let burst = fields.optional("burst").map(|item| item.whole(1, u32::MAX).map(f64::from));
        fields.finish();
        let rate = rate?;
        Some(RateLimit { rate, burst: burst.unwrap_or(Some(rate.max(1.0)))? })
    }
}

/// The tokens left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    tokens: f64,
    at: SimTime,
}

impl Bucket {
    /// A full bucket.
    pub fn new(limit: &RateLimit) -> Bucket {
        Bucket { tokens: limit.burst, at: SimTime::ZERO }
    }

    /// Takes a token: tokens = min(burst, tokens + rate · elapsed).
    pub fn admit(&mut self, limit: &RateLimit, now: SimTime) -> Verdict {
        self.tokens = (self.tokens + limit.rate * now.since(self.at).seconds()).min(limit.burst);
        self.at = now;
        // A billionth of a token forgives the rounding of exact refill times.
        if self.tokens + 1e-9 >= 1.0 {
            self.tokens -= 1.0;
            Verdict::Pass
        } else {
            Verdict::Refuse
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_refill_at_the_rate_up_to_the_burst() {
        let limit = RateLimit { rate: 10.0, burst: 2.0 };
        let mut b = Bucket::new(&limit);
        let pass = |b: &mut Bucket, ms: u64| b.admit(&limit, SimTime(ms * 1_000_000)) == Verdict::Pass;
        assert!(pass(&mut b, 0) && pass(&mut b, 0) && !pass(&mut b, 0));
        assert!(!pass(&mut b, 99));
        assert!(pass(&mut b, 100) && !pass(&mut b, 100));
        assert!(pass(&mut b, 1_000) && pass(&mut b, 1_000) && !pass(&mut b, 1_000), "never more than the burst");
    }
}
