//! CoDel for request queues: drops what has waited too long while the queue never empties.
//!
//! The rules are those of folly and Wangle (`Codel.cpp`), as Facebook's services use them: the least queue delay of an
//! interval tells a standing queue from a burst. They differ from the CoDel of network cards, which drops ever more often.

use super::Verdict;
use crate::units::{SimDuration, SimTime};
use crate::yaml::{Field, Item, Shape, Takes};

/// Settings of CoDel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codel {
    /// The delay that a queue should not exceed for a whole interval.
    pub target: SimDuration,
    /// How long the delay is watched.
    pub interval: SimDuration,
}

/// `codel: { target: 5ms, interval: 100ms }`
pub static SHAPE: Shape = Shape::new(
    "codel",
    "Sheds requests that have waited more than twice the target, when they would be served, while the queue is overloaded: \
     even the least delay of the interval before was above the target (folly's rules).",
    &[
        Field::new("target", Takes::Duration, "The delay that is fine, above zero. Default 5 ms, as in folly."),
        Field::new(
            "interval",
            Takes::Duration,
            "How long delays are watched, above zero. Default 100 ms, as in folly.",
        ),
    ],
);

impl Codel {
    /// Reads a map of [`SHAPE`].
    pub fn read(item: &Item<'_>) -> Option<Codel> {
        let mut fields = item.shaped(&SHAPE)?;
        let target = fields.optional("target").map(|item| item.positive_duration());
        let interval = fields.optional("interval").map(|item| item.positive_duration());
        fields.finish();
        Some(Codel {
            target: target.unwrap_or(Some(SimDuration::from_millis(5)))?,
            interval: interval.unwrap_or(Some(SimDuration::from_millis(100)))?,
        })
    }
}

/// What a queue knows about its delays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodelState {
    least: SimDuration,
    /// When the present interval ends.
    ends: SimTime,
    /// The next delay is the first of its interval.
    fresh: bool,
    overloaded: bool,
}

impl Default for CodelState {
    fn default() -> CodelState {
        CodelState { least: SimDuration::ZERO, ends: SimTime::ZERO, fresh: true, overloaded: false }
    }
}

impl CodelState {
    /// A request leaves the queue to be served; it has waited for `delay`, perhaps not at all. May it be?
    pub fn dequeue(&mut self, codel: &Codel, delay: SimDuration, now: SimTime) -> Verdict {
        if now > self.ends && !self.fresh {
            self.ends = SimTime(now.0.saturating_add(codel.interval.0));
            self.overloaded = self.least > codel.target;
            self.fresh = true;
        }
        if self.fresh {
            // More than one request must come in an interval before any is dropped.
            self.fresh = false;
            self.least = delay;
            return Verdict::Pass;
        }
        self.least = self.least.min(delay);
        if self.overloaded && delay.0 > 2 * codel.target.0 { Verdict::Refuse } else { Verdict::Pass }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// | at, ms | delay, ms | |
    /// |---|---|---|
    /// | 0 | 8 | the first of all: least 8 |
    /// | 10 | 30 | 10 > 0 ends the interval: 8 > 5, overloaded until 110; the first of its interval passes |
    /// | 50 | 11 | more than 10: dropped, least 11 |
    /// | 60 | 10 | exactly twice the target passes, least 10 |
    /// | 110 | 40 | 110 is not past 110: still overloaded, dropped |
    /// | 111 | 40 | least 10 > 5: overloaded until 211; the first passes |
    /// | 120 | 4 | passes, least 4 |
    /// | 212 | 40 | least 4: not overloaded until 312 |
    /// | 213 | 40 | passes |
    #[test]
    fn a_standing_queue_is_told_from_a_burst() {
        let codel = Codel { target: SimDuration::from_millis(5), interval: SimDuration::from_millis(100) };
        let mut state = CodelState::default();
        let mut passes = |at: u64, delay: u64| {
            let now = SimTime(at * 1_000_000);
            state.dequeue(&codel, SimDuration::from_millis(delay), now) == Verdict::Pass
        };
        let seen = [(0, 8), (10, 30), (50, 11), (60, 10), (110, 40), (111, 40), (120, 4), (212, 40), (213, 40)];
        let seen = seen.map(|(at, delay)| passes(at, delay));
        assert_eq!(seen, [true, true, false, true, false, true, true, true, true]);
    }
}
