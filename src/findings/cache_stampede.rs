//! All who miss the same key load it.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: all who miss the same key load it.
    ///
    /// Why it is bad: what is behind the cache gets many times its usual load at once, just when the cache is of no
    /// help.
    ///
    /// How it is judged: the cache is emptied for a second; with single flight, or with stale answers, the same runs
    /// are repeated with the same random numbers. It is a finding only when at least a quarter of what goes bad is
    /// spared, beyond the interval of three replications; when a healthy day is worse with the change, the change is
    /// not recommended. Severity: P1 when a twentieth of all requests is spared, else P2.
    ///
    /// What is close to it: a store behind the cache that carries the whole load.
    SIMULATED "cache-stampede", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
