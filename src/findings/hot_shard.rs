//! One shard has more to do than the others.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: a database is split by a key, and one shard gives out while the others have room.
    ///
    /// Why it is bad: All can do together only what the busiest one can.
    ///
    /// How it is judged: In a rush that fills the busiest shard only, there are two and four times as many, in the
    /// same runs with the same random numbers. It is a finding only when at least a quarter of what goes bad is
    /// spared, beyond the interval of three replications; when a healthy day is worse with the change, the change is
    /// not recommended. Severity: P2.
    ///
    /// What is close to it: shards that have about the same to do.
    SIMULATED "hot-shard", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
