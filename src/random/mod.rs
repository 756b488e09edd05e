//! Randomness: one named stream for each cause, and the distributions drawn from them.
//!
//! A stream belongs to one (seed, replication, entity, purpose), never to a position in a file: adding a component or
//! changing one policy leaves the draws of all others alone. Two runs that are compared share their random numbers.
//! The choices a request makes (which endpoint, which branch) come from its own [`Lot`], so that the same request makes
//! the same choices in both runs, whatever the order in which requests are served.

mod dist;
mod keys;
mod read;
mod samples;
mod stream;

pub use dist::{Count, Dist};
pub use keys::{Keys, Popularity};
pub use read::{COUNT, SETTING, TIME, cumulative};
pub use stream::{Lot, Stream};
