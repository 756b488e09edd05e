//! An autoscaler that looks at what is not short.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: an autoscaler that follows a figure which stays low while something else gives out.
    ///
    /// Why it is bad: Workers that wait for a database use no CPU: all are taken, and no replica is added.
    ///
    /// How it is judged: On a healthy day another resource is used more, for its target, than the one that is
    /// followed. Three times the load comes at once, and the rule follows that other one instead, in the same runs
    /// with the same random numbers. It is a finding only when at least a quarter of what goes bad is spared, beyond
    /// the interval of three replications; when a healthy day is worse with the change, the change is not
    /// recommended. Severity: P2.
    ///
    /// What is close to it: an autoscaler on CPU where work needs CPU.
    SIMULATED "autoscaler-wrong-signal", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
