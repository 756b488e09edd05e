//! Rows that only one request at a time can change.

use super::Origin;
use crate::random::Keys;
use crate::units::SimDuration;

/// A set of rows, each of which one request at a time can lock.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// `db.stock`
    pub name: String,
    /// How many rows there are, and how requests spread over them.
    pub keys: Keys,
    /// The longest wait for a row; `None` for no limit.
    pub wait: Option<SimDuration>,
    /// Where it is written.
    pub origin: Origin,
}
