//! A circuit breaker that opens for few errors.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: a circuit breaker that opens although most calls would succeed.
    ///
    /// Why it is bad: For seconds at a time it refuses calls of which most would have been answered: the guard costs
    /// more than what it guards against.
    ///
    /// How it is judged: One call in five of the callee fails, and the breaker opens. One that needs more calls, and
    /// more failures, takes its place, in the same runs with the same random numbers. It is a finding only when at
    /// least a quarter of what goes bad is spared, beyond the interval of three replications; when a healthy day is
    /// worse with the change, the change is not recommended. Severity: P1 when a twentieth of all requests is spared,
    /// else P2.
    ///
    /// What is close to it: a breaker that stays closed while four calls in five succeed.
    SIMULATED "breaker-flaps", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
