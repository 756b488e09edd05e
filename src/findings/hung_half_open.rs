//! A breaker that waits for ever for its probes.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: a circuit breaker whose probes may never come back keeps its caller out for ever.
    ///
    /// Why it is bad: The callee is well again, and every call is refused until somebody restarts the caller.
    ///
    /// How it is judged: Errors open the breaker, and when it sends its probes the callee is cut off. A limit to the
    /// half-open state, or a time-out, is built in, in the same runs with the same random numbers. It is a finding
    /// only when at least a quarter of what goes bad is spared, beyond the interval of three replications; when a
    /// healthy day is worse with the change, the change is not recommended. Severity: P1 when a twentieth of all
    /// requests is spared, else P2.
    ///
    /// What is close to it: a breaker with `half_open_timeout`; a call with a `timeout`.
    SIMULATED "hung-half-open", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
