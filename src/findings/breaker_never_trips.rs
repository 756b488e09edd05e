//! A circuit breaker that does not open when its callee is slow.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: a circuit breaker that does not open when its callee is slow.
    ///
    /// Why it is bad: callers wait for a callee that is gone, as if there were no breaker; everybody believes that
    /// there is one.
    ///
    /// How it is judged: the callee is slowed by five seconds, and the breaker stays closed. A breaker fitted to the edge
    /// (enough calls within its window, and slow calls counted) takes the place of the present one, in the same runs
    /// with the same random numbers. It is a finding only when at least a quarter of what goes bad is spared, beyond the interval of three
    /// replications; when a healthy day is worse with the change, the change is not recommended. Severity: P1 when a
    /// twentieth of all requests is spared, else P2.
    ///
    /// What is close to it: a breaker that opens, and whose loss is that of the callee itself.
    SIMULATED "breaker-never-trips", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
