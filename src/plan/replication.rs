//! Copies of a database that follow it.

use super::{DistId, StationId};
use crate::random::Keys;
use crate::units::SimDuration;

/// Read replicas that apply what was written to the primary, one change after another.
#[derive(Clone, Debug, PartialEq)]
pub struct Replication {
    /// The replicas.
    pub replicas: StationId,
    /// The rows that are written and read.
    pub keys: Keys,
    /// How long a change is under way to a replica.
    pub lag: DistId,
    /// What applying a change takes.
    pub replay: SimDuration,
}
