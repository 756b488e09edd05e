//! How the rate of a source, or the number of its users, changes over time.

use crate::units::SimDuration;

/// A multiple of what the source says, by time from the start of the measured part: straight lines between points. Before
/// the first and behind the last point it stays as it is there; before the measured part it is as at its start.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Time in nanoseconds and multiple, in order; of two points at the same time the second holds from then on.
    points: Vec<(u64, f64)>,
    /// It repeats after this time, in nanoseconds; the last point stands there.
    period: Option<u64>,
    /// The integral over a period, in nanoseconds.
    whole: f64,
}

/// When an integral of a [`Profile`] is reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reached {
    /// After so many nanoseconds.
    After(u64),
    /// Not within the limit; this much has been gathered.
    Later(f64),
    /// Never: nothing more comes.
    Never,
}

impl Profile {
    /// Through these points, of which there is at least one.
    pub fn new(points: Vec<(SimDuration, f64)>) -> Profile {
        let points = points.into_iter().map(|(at, multiple)| (at.0, multiple)).collect();
        Profile { points, period: None, whole: 0.0 }
    }

    /// The same again and again: 1 + amplitude · sin(2π (t + phase) / period), by 360 straight lines (off by less than
    /// 0.004% of the amplitude).
    pub fn diurnal(amplitude: f64, period: SimDuration, phase: SimDuration) -> Profile {
        const LINES: u32 = 360;
        let point = |i: u32| {
            let share = f64::from(i) / f64::from(LINES);
            let angle = std::f64::consts::TAU * (share + phase.0 as f64 / period.0 as f64);
            ((share * period.0 as f64) as u64, 1.0 + amplitude * libm::sin(angle))
        };
        let points: Vec<(u64, f64)> = (0..=LINES).map(point).collect();
        let pieces = points.windows(2).map(|pair| (pair[1].0 - pair[0].0) as f64 * 0.5 * (pair[0].1 + pair[1].1));
        let whole = pieces.sum();
        Profile { points, period: Some(period.0), whole }
    }

    /// The multiple at a time.
    pub fn at(&self, time: u64) -> f64 {
        let time = self.period.map_or(time, |period| time % period);
        let next = self.points.partition_point(|(at, _)| *at <= time);
        match (next.checked_sub(1).map(|i| self.points[i]), self.points.get(next)) {
            (Some((t0, m0)), Some(&(t1, m1))) => m0 + (m1 - m0) * (time - t0) as f64 / (t1 - t0) as f64,
            (Some((_, last)), None) => last,
            (None, Some(&(_, first))) => first,
            (None, None) => 1.0,
        }
    }

    /// The largest multiple.
    pub fn peak(&self) -> f64 {
        self.points.iter().map(|(_, multiple)| *multiple).fold(0.0, f64::max)
    }

    /// How long it goes on changing; a whole period where it repeats.
    pub fn length(&self) -> SimDuration {
        SimDuration(self.period.unwrap_or_else(|| self.points.last().map_or(0, |(at, _)| *at)))
    }

    /// When the integral from `from` on reaches `area` (in nanoseconds), within `limit` nanoseconds.
    pub fn reach(&self, from: u64, area: f64, limit: u64) -> Reached {
        let (mut at, mut left) = (from, area);
        let end = from.saturating_add(limit);
        if let Some(period) = self.period.filter(|_| self.whole > 0.0 && left > self.whole) {
            // At once: a period may be far shorter than the time between two arrivals.
            let periods = ((left / self.whole) as u64).min((end - at) / period);
            at += periods * period;
            left -= periods as f64 * self.whole;
        }
        loop {
            let (to, a, b) = self.line(at);
            let to = to.min(end);
            let b = if to == u64::MAX { a } else { b };
            if to == u64::MAX {
                return if a > 0.0 { Reached::After(at - from + (left / a) as u64) } else { Reached::Never };
            }
            let length = (to - at) as f64;
            let reached_b = a + (b - a) * length / self.line_length(at).max(1.0);
            let piece = 0.5 * (a + reached_b) * length;
            if piece >= left && piece > 0.0 {
                let slope = (reached_b - a) / length;
                let root = (a * a + 2.0 * slope * left).max(0.0).sqrt();
                let x = (2.0 * left / (a + root)).min(length);
                return Reached::After(at - from + x as u64);
            }
            left -= piece;
            if to == end {
                return Reached::Later(area - left);
            }
            at = to;
        }
    }

    /// The line that holds at a time: until when, and the multiples now and then.
    fn line(&self, at: u64) -> (u64, f64, f64) {
        let now = self.at(at);
        let (start, inside) = self.period.map_or((0, at), |period| (at - at % period, at % period));
        let next = self.points.partition_point(|(t, _)| *t <= inside);
        match self.points.get(next) {
            None => (u64::MAX, now, now),
            Some(&(t, _)) if next == 0 => (start + t, now, now),
            Some(&(t, multiple)) => (start + t, now, multiple),
        }
    }

    fn line_length(&self, at: u64) -> f64 {
        let (to, ..) = self.line(at);
        (to - at) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> SimDuration {
        SimDuration::from_secs(seconds)
    }

    /// From 1 at 2 s to 3 at 6 s: the integral is t up to 2 s, then 2 + x + x² / 4, and 10 + 3 y behind 6 s.
    #[test]
    fn the_integral_of_a_ramp_is_inverted_exactly() {
        let ramp = Profile::new(vec![(s(2), 1.0), (s(6), 3.0)]);
        let reach = |area: f64| match ramp.reach(0, area * 1e9, u64::MAX) {
            Reached::After(t) => t as f64 / 1e9,
            other => panic!("{other:?}"),
        };
        for (area, time) in [(1.0, 1.0), (2.0, 2.0), (5.0, 4.0), (10.0, 6.0), (16.0, 8.0)] {
            assert!((reach(area) - time).abs() < 2e-9, "{area}: {}", reach(area));
        }
        assert_eq!((ramp.at(0), ramp.at(4_000_000_000), ramp.at(9_000_000_000)), (1.0, 2.0, 3.0));
        assert_eq!(ramp.reach(0, 1e12, 4_000_000_000), Reached::Later(5e9));
    }

    #[test]
    fn steps_and_silence() {
        let spike = Profile::new(vec![(s(0), 1.0), (s(2), 1.0), (s(2), 5.0), (s(3), 5.0), (s(3), 0.0)]);
        assert_eq!((spike.at(1_999_999_999), spike.at(2_000_000_000), spike.at(3_000_000_000)), (1.0, 5.0, 0.0));
        assert_eq!(spike.reach(0, 4.5e9, u64::MAX), Reached::After(2_500_000_000));
        assert_eq!(spike.reach(0, 8e9, u64::MAX), Reached::Never);
    }

    /// Over a whole period the sine adds nothing.
    #[test]
    fn a_day_repeats() {
        let day = Profile::diurnal(0.6, s(100), s(0));
        assert!((day.at(25_000_000_000) - 1.6).abs() < 1e-3 && (day.at(175_000_000_000) - 0.4).abs() < 1e-3);
        for seconds in [300.0, 325.0] {
            let Reached::After(t) = day.reach(0, seconds * 1e9, u64::MAX) else { panic!() };
            // Behind a whole period t: 3 · 100 s, then x + 0.6 (1 − cos(2π x / 100)) 100 / 2π = 25 s at x = 18.978 s.
            let expected = if seconds == 300.0 { 300.0 } else { 318.978 };
            assert!((t as f64 / 1e9 - expected).abs() < 2e-3, "{t}");
        }
        // Half a period: 50 s and 0.6 · 100 s / π.
        let Reached::Later(area) = day.reach(0, 1e12, 50_000_000_000) else { panic!() };
        assert!((area / 1e9 - 69.099).abs() < 2e-3, "{area}");
    }

    /// A nanosecond is a period, too, and the next arrival a second away.
    #[test]
    fn a_short_period_takes_no_longer() {
        let hum = Profile::diurnal(0.5, SimDuration(1), s(0));
        let Reached::After(t) = hum.reach(0, 1e15, u64::MAX) else { panic!() };
        assert!((t as f64 / 1e15 - 1.0).abs() < 0.01, "{t}");
    }
}
