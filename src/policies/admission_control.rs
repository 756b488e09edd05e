//! Admission control on the caller's side, as Envoy's filter does it: when fewer calls succeed than should, some are not
//! made at all.

use crate::units::{SimDuration, SimTime};
use crate::yaml::{Field, Item, Shape, Takes};

/// Settings of admission control, after Envoy's `admission_control` filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdmissionControl {
    /// How far back it remembers (`sampling_window`).
    pub window: SimDuration,
    /// Nothing is refused while at least this share succeeds (`sr_threshold`).
    pub success_rate: f64,
    /// The higher, the more is refused at once (`aggression`), at least 1.
    pub aggression: f64,
    /// Nothing is refused below so many calls per second over the window (`rps_threshold`).
    pub minimum_rate: f64,
    /// The most that is ever refused (`max_rejection_probability`).
    pub max_rejection: f64,
}

/// `admission_control: {}`
pub static SHAPE: Shape = Shape::new(
    "admission_control",
    "With n calls that came back in the window and s of them good, a call is refused on the caller's side with probability \
     ((n - s / success_rate) / (n + 1))^(1 / aggression), at most `max_rejection` (Envoy's admission control). Unlike \
     `throttle` it counts every failure, not only what the callee turned away.",
    &[
        Field::new("window", Takes::Duration, "How far back it remembers (sampling_window). Default 30 s."),
        Field::new(
            "success_rate",
            Takes::Share,
            "Nothing is refused while at least this share succeeds, above 0% (sr_threshold). Default 95%.",
        ),
        Field::new("aggression", Takes::Number, "The higher, the sooner much is refused, from 1 on. Default 1."),
        Field::new(
            "minimum_rate",
            Takes::Rate,
            "Nothing is refused while fewer calls come back, on average over the window (rps_threshold). Default: none.",
        ),
        Field::new("max_rejection", Takes::Share, "The most that is ever refused. Default 80%."),
    ],
);

impl AdmissionControl {
    /// Reads a map of [`SHAPE`].
    pub fn read(item: &Item<'_>) -> Option<AdmissionControl> {
        let mut fields = item.shaped(&SHAPE)?;
        let window = fields.optional("window").map(|item| item.positive_duration());
        let success_rate = fields.optional("success_rate").map(|item| item.positive_ratio());
        let aggression = fields.optional("aggression").map(|item| {
            let number = item.number()?;
            if number < 1.0 {
                item.problem("`aggression` is at least 1", "write for instance `1.5`");
            }
            (number >= 1.0).then_some(number)
        });
        let minimum_rate = fields.optional("minimum_rate").map(|item| item.rate());
        let max_rejection = fields.optional("max_rejection").map(|item| item.positive_ratio());
        fields.finish();
        Some(AdmissionControl {
            window: window.unwrap_or(Some(SimDuration::from_secs(30)))?,
            success_rate: success_rate.unwrap_or(Some(0.95))?,
            aggression: aggression.unwrap_or(Some(1.0))?,
            minimum_rate: minimum_rate.unwrap_or(Some(0.0))?,
            max_rejection: max_rejection.unwrap_or(Some(0.8))?,
        })
    }
}

/// What one instance of a caller remembers: thirty slices of its window (Envoy keeps one for each second).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdmissionState {
    /// Number, calls that came back, and good ones; empty until the first.
    slices: Vec<(u64, u32, u32)>,
}

const SLICES: u64 = 30;

impl AdmissionState {
    /// The probability with which a call made now is refused.
    pub fn refusal(&self, spec: &AdmissionControl, now: SimTime) -> f64 {
        let newest = index(spec, now);
        let live = self.slices.iter().filter(|(at, ..)| at + SLICES > newest);
        let (came, good) =
            live.fold((0.0, 0.0), |(n, s), (_, came, good)| (n + f64::from(*came), s + f64::from(*good)));
        if came < spec.minimum_rate * spec.window.seconds() {
            return 0.0;
        }
        let excess = (came - good / spec.success_rate) / (came + 1.0);
        excess.max(0.0).powf(1.0 / spec.aggression).min(spec.max_rejection)
    }

    /// A call that was made has come back, or has been given up.
    pub fn settle(&mut self, spec: &AdmissionControl, good: bool, now: SimTime) {
        let newest = index(spec, now);
        if self.slices.is_empty() {
            self.slices = vec![(0, 0, 0); SLICES as usize];
        }
        let slice = &mut self.slices[(newest % SLICES) as usize];
        if slice.0 != newest {
            *slice = (newest, 0, 0);
        }
        slice.1 += 1;
        slice.2 += u32::from(good);
    }
}

/// Slices are numbered from 30 on, so that an empty one (number 0) is expired from the beginning.
fn index(spec: &AdmissionControl, now: SimTime) -> u64 {
    now.0 / (spec.window.0 / SLICES).max(1) + SLICES
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: AdmissionControl = AdmissionControl {
        window: SimDuration::from_secs(30),
        success_rate: 0.95,
        aggression: 1.0,
        minimum_rate: 0.0,
        max_rejection: 0.8,
    };

    fn after(came: u32, good: u32) -> AdmissionState {
        let mut state = AdmissionState::default();
        (0..came).for_each(|i| state.settle(&SPEC, i < good, SimTime(1_000_000_000)));
        state
    }

    /// 100 calls, 57 good: (100 - 57/0.95) / 101 = 40/101. The square root of it with aggression 2. With 10 good it is
    /// 89.47/101, above the cap of 80%. 95 good is enough.
    #[test]
    fn refusals_follow_the_success_rate() {
        let now = SimTime(1_500_000_000);
        let near = |x: f64, y: f64| assert!((x - y).abs() < 1e-9, "{x} is not {y}");
        near(after(100, 57).refusal(&SPEC, now), 40.0 / 101.0);
        near(after(100, 57).refusal(&AdmissionControl { aggression: 2.0, ..SPEC }, now), (40.0f64 / 101.0).sqrt());
        near(after(100, 10).refusal(&SPEC, now), 0.8);
        near(after(100, 95).refusal(&SPEC, now), 0.0);
        near(AdmissionState::default().refusal(&SPEC, now), 0.0);
        // 100 in 30 s are 3.3 a second.
        near(after(100, 57).refusal(&AdmissionControl { minimum_rate: 4.0, ..SPEC }, now), 0.0);
        near(after(100, 57).refusal(&SPEC, SimTime(31_000_000_000)), 0.0);
        // 90 in 30 s are 3 a second, which is not below 3: (90 - 0) / 91, up to the cap.
        near(after(90, 0).refusal(&AdmissionControl { minimum_rate: 3.0, ..SPEC }, now), 0.8);
        near(after(89, 0).refusal(&AdmissionControl { minimum_rate: 3.0, ..SPEC }, now), 0.0);
    }

    /// Ten bad at 1 s, ten bad at 2.5 s, ten good at 3 s: (30 - 10/0.95) / 31 until second 31 begins, then
    /// (20 - 10/0.95) / 21, and with one more bad call, in the place that the first ten had, (21 - 10/0.95) / 22. From
    /// second 32 on one bad and ten good are left: (11 - 10/0.95) / 12.
    #[test]
    fn each_second_is_forgotten_by_itself() {
        let ms = |ms: u64| SimTime(ms * 1_000_000);
        let near = |x: f64, y: f64| assert!((x - y).abs() < 1e-9, "{x} is not {y}");
        let mut state = AdmissionState::default();
        for (at, good) in [(1_000, false), (2_500, false), (3_000, true)] {
            (0..10).for_each(|_| state.settle(&SPEC, good, ms(at)));
        }
        let good = 10.0 / 0.95;
        near(state.refusal(&SPEC, ms(3_000)), (30.0 - good) / 31.0);
        near(state.refusal(&SPEC, ms(30_999)), (30.0 - good) / 31.0);
        near(state.refusal(&SPEC, ms(31_000)), (20.0 - good) / 21.0);
        state.settle(&SPEC, false, ms(31_000));
        near(state.refusal(&SPEC, ms(31_000)), (21.0 - good) / 22.0);
        near(state.refusal(&SPEC, ms(32_000)), (11.0 - good) / 12.0);
    }
}
