//! The simulation itself: interprets a plan's programs, one event at a time.
//!
//! A request in progress is a `Frame` in an arena, with a program counter and a reply address. A call that needs patience,
//! retries or limits has a `Call` record beside it; a plain call has none. Everything is plain data: a [`World`] can be
//! cloned at any time, and both copies go on identically.
//!
//! Invariants, checked by [`World::audit`] and by the tests:
//! - every request is accounted for exactly once: offered = succeeded + degraded + failed + in flight;
//! - the time integral of the number present in a resource equals the sum of the stays, to the nanosecond;
//! - at equal times completions come before time-outs, time-outs before arrivals, then the order of scheduling.
//!
//! Nothing on the hot path allocates (but for the growth of arenas), hashes, or dispatches dynamically.

mod admission;
mod agenda;
mod audit;
mod away;
mod balance;
#[doc(hidden)]
pub mod bench;
mod cache;
mod call;
mod cancel;
mod course;
mod cpu;
mod deadline;
mod edge;
mod ending;
mod exec;
mod failover;
mod fleet;
mod frame;
mod gate;
mod guard;
mod hang;
mod hedge;
mod holdings;
mod lanes;
mod limiter;
mod limits;
mod line;
mod outcome;
mod probe;
mod program;
#[cfg(test)]
mod random_plans;
mod replan;
mod replication;
mod route;
mod source;
mod station;
mod straight;
mod tally;
mod topic;
mod transit;
mod turn;
mod world;

pub use limits::{Limits, Stop};
pub use outcome::{Cause, Outcome};
pub use probe::{Maker, Mark, Probe, Silent};
pub use tally::{
    CacheTally, EdgeTally, Gauge, Levels, LockTally, ReplicaTally, RequestTally, StationTally, Tallies, TopicTally,
};
pub use world::World;
