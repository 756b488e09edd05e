//! Traffic.

use super::{DistId, LinkId, Origin, Priority, Profile};
use crate::units::SimDuration;

/// Traffic: who calls, how often.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its name in the model.
    pub name: String,
    /// When requests come.
    pub arrivals: Arrivals,
    /// How that changes over time; `None` for not at all.
    pub profile: Option<Profile>,
    /// Bursts, of open traffic.
    pub bursts: Option<Bursts>,
    /// Requests under way at once, of open traffic: a further one waits until an earlier one has ended.
    pub max_users: Option<u32>,
    /// What they ask for, with cumulative shares; the last is 1.
    pub mix: Vec<(f64, LinkId)>,
    /// How much its requests matter, with all they cause.
    pub priority: Priority,
    /// Where it is defined.
    pub origin: Origin,
}

/// When requests come, at load 1x.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// Independently of one another, at this rate per second (Poisson).
    Poisson(f64),
    /// Evenly spaced, at this rate per second.
    Constant(f64),
    /// At these times from the start of the measured part, in order; the load shortens the time between them.
    Recorded(Vec<SimDuration>),
    /// So many users, each of whom thinks, asks, and waits for the answer.
    Closed {
        /// How many.
        users: u32,
        /// Time between an answer and the next request.
        think: DistId,
    },
}

/// Traffic that comes in bursts: a Poisson process whose rate switches between two values after exponential times
/// (a Markov-modulated Poisson process). The mean rate is the source's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursts {
    /// The rate within a burst, as a multiple of that between bursts, above 1.
    pub factor: f64,
    /// Mean length of a burst.
    pub length: SimDuration,
    /// Mean time from the beginning of one burst to that of the next.
    pub every: SimDuration,
}

impl Bursts {
    /// Multiples of the mean rate: between bursts, and within one.
    pub fn multiples(&self) -> (f64, f64) {
        let share = self.length.0 as f64 / self.every.0 as f64;
        let calm = 1.0 / (1.0 + share * (self.factor - 1.0));
        (calm, calm * self.factor)
    }

    /// Mean time between the end of a burst and the beginning of the next.
    pub fn calm(&self) -> SimDuration {
        SimDuration(self.every.0 - self.length.0)
    }
}

impl Default for Source {
    fn default() -> Source {
        Source {
            name: String::new(),
            arrivals: Arrivals::Poisson(1.0),
            profile: None,
            bursts: None,
            max_users: None,
            mix: Vec::new(),
            priority: Priority::default(),
            origin: Origin::default(),
        }
    }
}

impl Source {
    /// Its slowest mechanism: until its traffic has gone through its shape; a burst and the calm behind it.
    pub fn slowest(&self) -> SimDuration {
        self.bursts.map_or(SimDuration::ZERO, |bursts| bursts.every)
    }

    /// How long its traffic goes on changing; a run of the model should last as long.
    pub fn course(&self) -> SimDuration {
        let recorded = if let Arrivals::Recorded(times) = &self.arrivals { times.last().copied() } else { None };
        let shaped = self.profile.as_ref().map(Profile::length);
        recorded.into_iter().chain(shaped).fold(SimDuration::ZERO, SimDuration::max)
    }
}
