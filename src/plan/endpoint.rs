//! What can be called.

use super::{Origin, Pc, StationId};

/// An entry point with its program.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Such as `orders.create`.
    pub name: String,
    /// Where it runs.
    pub station: StationId,
    /// Its first step.
    pub entry: Pc,
    /// Where it is defined.
    pub origin: Origin,
}
