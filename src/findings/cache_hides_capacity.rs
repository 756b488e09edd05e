//! A cache that carries what nothing else could.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: without a cache, what is behind it gives out.
    ///
    /// Why it is bad: When the cache is lost, or merely empty, the load it used to keep away arrives at once, and
    /// what is overloaded fills no cache.
    ///
    /// How it is judged: The cache is killed. What then gives out, and did not before, is doubled, and doubled again,
    /// in the same runs with the same random numbers. It is a finding only when at least a quarter of what goes bad
    /// is spared, beyond the interval of three replications; when a healthy day is worse with the change, the change
    /// is not recommended. Severity: P1 when a twentieth of all requests is spared, else P2.
    ///
    /// What is close to it: a cache in front of something that can do without it.
    SIMULATED "cache-hides-capacity", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
