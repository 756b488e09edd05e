//! Traffic that changes by itself: shapes, bursts, and crowds of users that grow and shrink.
//!
//! A Poisson process with a changing rate is drawn exactly: the next request comes when the integral of the rate has grown
//! by an exponential amount of mean 1 (by 1 where requests are evenly spaced).

use super::agenda::{Class, Kind};
use super::world::World;
use crate::plan::{Arrivals, Bursts, Profile, Reached, Source};
use crate::random::Stream;
use crate::units::{NANOS, SimDuration};

/// How often the number of users follows its shape.
const CROWD: SimDuration = SimDuration::from_secs(1);

impl World<'_> {
    /// The measured part begins: shapes and recordings begin with it.
    pub(super) fn begin_courses(&mut self) {
        for s in 0..self.plan.sources.len() {
            let source = &self.plan.sources[s];
            let replays = matches!(source.arrivals, Arrivals::Recorded(_));
            let shaped = source.profile.is_some() && !matches!(source.arrivals, Arrivals::Closed { .. });
            if replays || shaped {
                // What was drawn for the time before is forgotten, which changes nothing of a process without memory.
                self.sources[s].wake = 0;
                self.schedule_next(s as u32);
            }
        }
    }

    pub(super) fn schedule_varying(&mut self, s: u32) {
        let source = &self.plan.sources[s as usize];
        let state = &mut self.sources[s as usize];
        let (rate, mut left) = match source.arrivals {
            Arrivals::Poisson(rate) => (rate, state.arrivals.exponential()),
            Arrivals::Constant(rate) => (rate, 1.0),
            _ => return,
        };
        let per_nano = rate * self.knobs.load / NANOS as f64;
        let mut at = self.now;
        let due = loop {
            let (multiple, until) = match source.bursts {
                Some(bursts) => state.burst.at(&bursts, at),
                None => (1.0, u64::MAX),
            };
            let limit = until - at;
            match reach(source, self.measured_from, at, left / (per_nano * multiple), limit) {
                Reached::After(after) => break at.saturating_add(after),
                Reached::Later(area) => {
                    left -= area * per_nano * multiple;
                    at = until;
                }
                Reached::Never => return,
            }
        };
        let wake = self.schedule(due - self.now, Class::Arrival, Kind::Source, s);
        self.sources[s as usize].wake = wake;
    }

    /// The number of users follows its shape: those who are too many leave when they have their answer, those who are
    /// missing come and think first.
    pub(super) fn gather(&mut self, s: u32) {
        let wanted = self.wanted_users(s);
        while self.sources[s as usize].users < wanted {
            self.sources[s as usize].users += 1;
            self.think(s);
        }
        self.schedule(CROWD.0, Class::Arrival, Kind::Crowd, s);
    }

    /// Whether a user who has an answer stays; otherwise there is one less.
    pub(super) fn is_wanted_back(&mut self, s: u32) -> bool {
        let stays = self.sources[s as usize].users <= self.wanted_users(s);
        if !stays {
            self.sources[s as usize].users -= 1;
        }
        stays
    }

    fn wanted_users(&self, s: u32) -> u32 {
        let source = &self.plan.sources[s as usize];
        let Arrivals::Closed { users, .. } = source.arrivals else { return 0 };
        let multiple = source.profile.as_ref().map_or(1.0, |profile| profile.at(since(self.measured_from, self.now)));
        (f64::from(users) * self.knobs.load * multiple).round() as u32
    }
}

impl super::source::Burst {
    /// The multiple of the mean rate at a time, and until when it holds.
    fn at(&mut self, bursts: &Bursts, at: u64) -> (f64, u64) {
        while self.until <= at {
            let mean = if self.until > 0 && !self.on { bursts.length } else { bursts.calm() };
            self.on = self.until > 0 && !self.on;
            self.until += length(&mut self.stream, mean);
        }
        let (calm, burst) = bursts.multiples();
        (if self.on { burst } else { calm }, self.until)
    }
}

fn length(stream: &mut Stream, mean: SimDuration) -> u64 {
    ((stream.exponential() * mean.0 as f64) as u64).max(1)
}

fn since(measured_from: Option<u64>, now: u64) -> u64 {
    measured_from.map_or(0, |from| now - from)
}

/// When the integral of the shape reaches `area` nanoseconds. Before the measured part it stands still.
fn reach(source: &Source, measured_from: Option<u64>, at: u64, area: f64, limit: u64) -> Reached {
    let still = |multiple: f64| match multiple {
        m if m <= 0.0 && limit == u64::MAX - at => Reached::Never,
        m if area / m.max(1e-300) <= limit as f64 => Reached::After((area / m) as u64),
        m => Reached::Later(m * limit as f64),
    };
    match (&source.profile, measured_from) {
        (None, _) => still(1.0),
        (Some(profile), None) => still(Profile::at(profile, 0)),
        (Some(profile), Some(from)) => profile.reach(at - from, area, limit),
    }
}
