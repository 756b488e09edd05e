//! A call that could be done without.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: a call that fails its request, to something that others do without.
    ///
    /// Why it is bad: What others treat as optional takes this endpoint down.
    ///
    /// How it is judged: Another caller, or another endpoint, declares the same callee `optional` or has a `fallback`
    /// for it. The callee is killed, and here, too, the request goes on without it, in the same runs with the same
    /// random numbers. It is a finding only when at least a quarter of what goes bad is spared, beyond the interval
    /// of three replications; when a healthy day is worse with the change, the change is not recommended. Severity:
    /// P1 when a twentieth of all requests is spared, else P2.
    ///
    /// What is close to it: a callee that nobody can do without.
    SIMULATED "missing-fallback", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
