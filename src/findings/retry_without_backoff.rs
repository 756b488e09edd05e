//! Retries that come at once.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: a call that failed is tried again at once.
    ///
    /// Why it is bad: All tries are spent within a moment: an outage of a second fails what could have been answered
    /// a second later, and calls come in bursts.
    ///
    /// How it is judged: The callee refuses for a moment. The retries wait, 100 ms, 500 ms or as long as the outage,
    /// in the same runs with the same random numbers. It is a finding only when at least a quarter of what goes bad
    /// is spared, beyond the interval of three replications; when a healthy day is worse with the change, the change
    /// is not recommended. Severity: P1 when a twentieth of all requests is spared, else P2.
    ///
    /// What is close to it: retries with a backoff.
    SIMULATED "retry-without-backoff", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
