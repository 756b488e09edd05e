//! Traffic.

use super::{DistId, LinkId, Origin, Priority};

/// Traffic: who calls, how often.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its name in the model.
    pub name: String,
    /// When requests come.
    pub arrivals: Arrivals,
    /// What they ask for, with cumulative shares; the last is 1.
    pub mix: Vec<(f64, LinkId)>,
    /// How important its requests are, and all they cause.
    pub priority: Priority,
    /// Where it is defined.
    pub origin: Origin,
}

/// When requests come, at load 1x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrivals {
    /// Independently of one another, at this rate per second (Poisson).
    Poisson(f64),
    /// Evenly spaced, at this rate per second.
    Constant(f64),
    /// So many users, each of whom thinks, asks, and waits for the answer.
    Closed {
        /// How many.
        users: u32,
        /// Time between an answer and the next request.
        think: DistId,
    },
}
