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
    /// What it does to the rows of a database, if it says so.
    pub rows: Option<Rows>,
    /// It is known to write to a database.
    pub writes: bool,
    /// Where it is defined.
    pub origin: Origin,
}

/// What a query does to rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rows {
    /// Rows that its condition selects; without an index, rows of the table.
    pub rows: u32,
    /// Rows it reads.
    pub touched: u32,
    /// An index leads to them.
    pub index: bool,
    /// It reads no more than a page of them.
    pub limited: bool,
    /// It passes over rows to find its page.
    pub offset: bool,
}
