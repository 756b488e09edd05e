//! A kill switch: a flag that takes a dependency out of use.

use crate::units::{SimDuration, SimTime};
use crate::yaml::{Field, Item, Shape, Takes};

/// Settings of a kill switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KillSwitch {
    /// When it is flipped, from the start of the measured part.
    pub at: SimDuration,
    /// How long it stays; for ever if `None`.
    pub duration: Option<SimDuration>,
    /// The flag reaches the last instance of the caller so much later; the others in turn before.
    pub propagation: SimDuration,
    /// Calls are left out, which degrades the answer; otherwise they fail at once.
    pub skip: bool,
}

/// `kill_switch: { at: 60s, then: skip }`
pub static SHAPE: Shape = Shape::new(
    "kill_switch",
    "A feature flag that takes the dependency out of use at a time.",
    &[
        Field::required("at", Takes::Duration, "When it is flipped, from the start of the measured part."),
        Field::new("for", Takes::Duration, "How long it stays flipped. Default: to the end."),
        Field::new(
            "then",
            Takes::Word(&["fail", "skip"]),
            "What becomes of calls: they `fail` at once, so that a fallback answers if there is one, or are left out \
             (`skip`), which degrades the answer. Default `fail`.",
        ),
        Field::new(
            "propagation",
            Takes::Duration,
            "The flag reaches the caller's last replica so much later, the others evenly before. Default 0 s.",
        ),
    ],
);

impl KillSwitch {
    /// Reads a map of [`SHAPE`].
    pub fn read(item: &Item<'_>) -> Option<KillSwitch> {
        let mut fields = item.shaped(&SHAPE)?;
        let at = fields.required("at", "at: 60s").and_then(|item| item.duration());
        let duration = fields.optional("for").map(|item| item.positive_duration());
        let skip = fields.optional("then").and_then(|item| item.word(&[("fail", false), ("skip", true)]));
        let propagation = fields.optional("propagation").map(|item| item.duration());
        fields.finish();
        Some(KillSwitch {
            at: at?,
            duration: duration.map_or(Some(None), |d| d.map(Some))?,
            propagation: propagation.unwrap_or(Some(SimDuration::ZERO))?,
            skip: skip.unwrap_or(false),
        })
    }

    /// Whether instance `i` of `n` finds it flipped at `now`, when measuring began at `start`.
    pub fn is_off(&self, start: SimTime, now: SimTime, i: u32, n: u32) -> bool {
        let late = self.propagation.times((f64::from(i) + 1.0) / f64::from(n));
        let reached = |time: SimDuration| now >= start + time + late;
        reached(self.at) && self.duration.is_none_or(|d| !reached(self.at + d))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_reaches_one_instance_after_the_other() {
        let seconds = SimDuration::from_secs;
        let switch = KillSwitch { at: seconds(60), duration: Some(seconds(30)), propagation: seconds(10), skip: false };
        let off = |s: u64, i: u32| switch.is_off(SimTime::ZERO, SimTime(s * 1_000_000_000), i, 2);
        assert!(!off(64, 0) && off(65, 0) && !off(69, 1) && off(70, 1));
        assert!(off(94, 0) && !off(95, 0) && off(99, 1) && !off(100, 1));
    }
}
