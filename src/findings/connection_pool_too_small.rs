//! A connection pool that gives out before the load asked for is reached.

use super::saturated_resource::saturated;
use super::{Evidence, Finding, declare_lint};
use crate::graph::Resource;

declare_lint! {
    /// What it is: the callers' connection pool is used up before the load asked for is reached, while the server behind
    /// it has room.
    ///
    /// Why it is bad: calls wait for a connection, and hold their worker while they wait. The database looks idle, the
    /// service looks slow.
    ///
    /// How it is judged: as `saturated-resource`: just above the capacity the pool is doubled and run again with the same
    /// random numbers, and it is reported when that makes good at least a tenth of what is missed.
    ///
    /// What is close to it: a pool that is full because the server behind it is; then the server is reported.
    SIMULATED "connection-pool-too-small", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    saturated(evidence, LINT.code, |r| matches!(r, Resource::Pool(_)))
}
