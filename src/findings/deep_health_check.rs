//! A health check that fails while something behind the service is down.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: a health check that fails while something behind the service is down.
    ///
    /// Why it is bad: all replicas leave the rotation together, and requests fail that never needed what is down.
    ///
    /// How it is judged: each callee is killed, with the check as it is and with a shallow one, in the same runs with
    /// the same random numbers. It is a finding only when at least a quarter of what goes bad is spared, beyond the
    /// interval of three replications; when a healthy day is worse with the change, the change is not recommended.
    /// Severity: P1 when a twentieth of all requests is spared, else P2.
    ///
    /// What is close to it: a deep check of a service all of whose requests need the callee.
    SIMULATED "deep-health-check", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
