//! Rate limit: a token bucket that refuses what comes too fast and never queues.

use super::Verdict;
use crate::units::SimTime;

/// Settings of a rate limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Calls per second, above 0.
    pub rate: f64,
    /// How many may come at once. Default: one second's worth, at least 1.
    pub burst: f64,
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
