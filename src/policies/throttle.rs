//! Adaptive throttling: a caller whose calls are refused by an overloaded callee refuses some of them itself.
//!
//! "Site Reliability Engineering" (Beyer and others, 2016), chapter 21: with the requests and the accepts of the last two
//! minutes, a call is refused with probability max(0, (requests - K · accepts) / (requests + 1)).

use crate::units::{SimDuration, SimTime};
use crate::yaml::{Field, Item, Shape, Takes};

/// Settings of adaptive throttling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttle {
    /// Calls sent for each one accepted before any is refused, at least 1.
    pub k: f64,
    /// How far back it remembers.
    pub window: SimDuration,
}

/// `throttle: { k: 2, window: 2min }`
pub static SHAPE: Shape = Shape::new(
    "throttle",
    "Adaptive throttling on the caller's side: with the calls tried and those accepted in the window, a call is refused with \
     probability max(0, (tried - k · accepted) / (tried + 1)). A callee accepts what it does not refuse: an error of its own \
     is an answer.",
    &[
        Field::new(
            "k",
            Takes::Number,
            "Calls sent for each one accepted before any is refused, at least 1. Default 2.",
        ),
        Field::new("window", Takes::Duration, "How far back it remembers. Default 2 min."),
    ],
);

impl Throttle {
    /// Reads a map of [`SHAPE`].
    pub fn read(item: &Item<'_>) -> Option<Throttle> {
        let mut fields = item.shaped(&SHAPE)?;
        let k_item = fields.optional("k");
        let k = k_item.as_ref().map_or(Some(2.0), |item| item.number());
        let window = fields.optional("window").map(|item| item.positive_duration());
        fields.finish();
        if let (Some(item), Some(k)) = (&k_item, k)
            && k < 1.0
        {
            item.problem(
                "`k` must be at least 1",
                "below it a healthy callee would be throttled; write for instance `2`",
            );
            return None;
        }
        Some(Throttle { k: k?, window: window.unwrap_or(Some(SimDuration::from_secs(120)))? })
    }
}

/// What one instance of a caller remembers: ten slices of its window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ThrottleState {
    slices: [(u64, u32, u32); SLICES],
}

const SLICES: usize = 10;

impl ThrottleState {
    /// The probability with which a call made now is refused. The call itself is counted by [`ThrottleState::tried`].
    pub fn refusal(&self, spec: &Throttle, now: SimTime) -> f64 {
        let newest = index(spec, now);
        let live = self.slices.iter().filter(|(at, ..)| at + SLICES as u64 > newest);
        let (tried, accepted) =
            live.fold((0.0, 0.0), |(t, a), (_, tried, accepted)| (t + f64::from(*tried), a + f64::from(*accepted)));
        ((tried - spec.k * accepted) / (tried + 1.0)).max(0.0)
    }

    /// A call was made, refused here or not.
    pub fn tried(&mut self, spec: &Throttle, now: SimTime) {
        self.slice(spec, now).1 += 1;
    }

    /// A call was accepted by the callee.
    pub fn accepted(&mut self, spec: &Throttle, now: SimTime) {
        self.slice(spec, now).2 += 1;
    }

    fn slice(&mut self, spec: &Throttle, now: SimTime) -> &mut (u64, u32, u32) {
        let newest = index(spec, now);
        let slice = &mut self.slices[(newest % SLICES as u64) as usize];
        if slice.0 != newest {
            *slice = (newest, 0, 0);
        }
        slice
    }
}

/// Slices are numbered from 10 on, so that a fresh state (number 0) is expired from the beginning.
fn index(spec: &Throttle, now: SimTime) -> u64 {
    now.0 / (spec.window.0 / SLICES as u64).max(1) + SLICES as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_calls_of_which_two_hundred_were_accepted() {
        let spec = Throttle { k: 2.0, window: SimDuration::from_secs(120) };
        let mut state = ThrottleState::default();
        let now = SimTime(1_000_000_000);
        (0..1_000).for_each(|_| state.tried(&spec, now));
        (0..200).for_each(|_| state.accepted(&spec, now));
        assert!((state.refusal(&spec, now) - 0.599401).abs() < 1e-6);
        assert_eq!(state.refusal(&spec, SimTime(122_000_000_000)), 0.0, "what is older than the window is forgotten");
    }

    /// Slices of 12 s. Ten tried in the first, ten tried and five accepted in the second: (20 - 2 · 5) / 21 until 120 s; then
    /// (10 - 10) / 11, and with five more tried (15 - 10) / 16.
    #[test]
    fn each_slice_is_forgotten_by_itself() {
        let spec = Throttle { k: 2.0, window: SimDuration::from_secs(120) };
        let ms = |ms: u64| SimTime(ms * 1_000_000);
        let near = |x: f64, y: f64| assert!((x - y).abs() < 1e-9, "{x} is not {y}");
        let mut state = ThrottleState::default();
        (0..10).for_each(|_| state.tried(&spec, ms(0)));
        (0..10).for_each(|_| state.tried(&spec, ms(12_000)));
        (0..5).for_each(|_| state.accepted(&spec, ms(23_999)));
        near(state.refusal(&spec, ms(24_000)), 10.0 / 21.0);
        near(state.refusal(&spec, ms(119_999)), 10.0 / 21.0);
        near(state.refusal(&spec, ms(120_000)), 0.0);
        (0..5).for_each(|_| state.tried(&spec, ms(120_000)));
        near(state.refusal(&spec, ms(120_000)), 5.0 / 16.0);
    }
}
