//! A time-out, a bulkhead or a circuit breaker that refuses or cuts off calls on a healthy day.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: a time-out, a bulkhead or a circuit breaker that refuses or cuts off calls on a healthy day.
    ///
    /// Why it is bad: requests fail that would have been answered: the guard is the fault.
    ///
    /// How it is judged: where it strikes more than one call in a hundred of a healthy run, it is made wider (three
    /// times the p99.9 of a call, twice what is in progress) in the same runs with the same random
    /// numbers. It is a finding only when at least a quarter of what goes bad is spared, beyond the interval of three
    /// replications; when a healthy day is worse with the change, the change is not recommended. Severity: P1 when a
    /// twentieth of all requests is spared, else P2.
    ///
    /// What is close to it: a guard that strikes only while something is wrong.
    SIMULATED "harmful-guard", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
