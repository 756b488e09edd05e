//! Quantities with their units: instants, durations, rates, ratios, and how people write them.
//!
//! Simulated time is an integer count of nanoseconds, so that sums are exact and equal on every machine.

mod bytes;
mod date;
mod parse;
mod show;

pub use bytes::{Bytes, parse_bytes};
pub use date::Date;
pub use parse::{Quantity, UnitError, parse_count, parse_duration, parse_factor, parse_rate, parse_ratio};
pub use show::{show_count, show_factor, show_rate, show_ratio};

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// Nanoseconds in a second.
pub const NANOS: u64 = 1_000_000_000;

/// An instant: nanoseconds since the simulation began. At most [`SimTime::MAX`], 36 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(pub u64);

/// A length of time in nanoseconds, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimDuration(pub u64);

impl SimTime {
    /// The beginning.
    pub const ZERO: SimTime = SimTime(0);
    /// The last instant an event can have: event keys keep 60 bits for the time.
    pub const MAX: SimTime = SimTime((1 << 60) - 1);

    /// Seconds since the beginning.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / NANOS as f64
    }

    /// The time since `earlier`; zero when `earlier` is later.
    pub fn since(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);
    /// Longer than any simulation.
    pub const FOREVER: SimDuration = SimDuration(SimTime::MAX.0);

    /// From seconds; negative and not-a-number become zero, too long becomes [`SimDuration::FOREVER`].
    pub fn from_seconds(seconds: f64) -> SimDuration {
        // A cast from f64 saturates and maps NaN to 0.
        SimDuration(((seconds * NANOS as f64).round() as u64).min(SimTime::MAX.0))
    }

    /// From whole milliseconds.
    pub const fn from_millis(millis: u64) -> SimDuration {
        SimDuration(millis * 1_000_000)
    }

    /// From whole seconds.
    pub const fn from_secs(secs: u64) -> SimDuration {
        SimDuration(secs * NANOS)
    }

    /// In seconds.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / NANOS as f64
    }

    /// In milliseconds.
    pub fn millis(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// This many times as long, rounded to the nanosecond.
    pub fn times(self, factor: f64) -> SimDuration {
        SimDuration(((self.0 as f64 * factor).round() as u64).min(SimTime::MAX.0))
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    fn add(self, d: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(d.0).min(SimTime::MAX.0))
    }
}

impl Sub<SimTime> for SimTime {
    type Output = SimDuration;
    fn sub(self, earlier: SimTime) -> SimDuration {
        self.since(earlier)
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    fn add(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(other.0).min(SimTime::MAX.0))
    }
}

impl AddAssign for SimDuration {
    fn add_assign(&mut self, other: SimDuration) {
        *self = *self + other;
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SimDuration(self.0).fmt(f)
    }
}

/// Written as people write it: the largest unit in which three digits or fewer stand before the point
/// (`250ms`, `1.5s`, `90s`, `5min`).
impl fmt::Display for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show::show_duration(*self))
    }
}
