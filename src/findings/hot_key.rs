//! One key has more to do than its share.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: requests or messages are sent by a key, and one of the keys is so popular that its place gives out
    /// first.
    ///
    /// Why it is bad: More replicas or partitions do not help: a key has one place.
    ///
    /// How it is judged: In a rush that fills the busiest place only, replicas are chosen by how busy they are; the
    /// messages of a partition go round. It is the same runs with the same random numbers. It is a finding only when
    /// at least a quarter of what goes bad is spared, beyond the interval of three replications; when a healthy day
    /// is worse with the change, the change is not recommended. Severity: P2.
    ///
    /// What is close to it: keys that are about equally popular.
    SIMULATED "hot-key", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
