//! Replicas are left out because they are busy.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: health checks or the ejection of outliers take out replicas which are merely busy.
    ///
    /// Why it is bad: What is left has more to do, is busier, and goes next: an overload becomes an outage.
    ///
    /// How it is judged: Three times the load comes at once. With too few replicas in rotation all are used
    /// (`panic`), probes wait longer, or fewer are ejected at once, in the same runs with the same random numbers. It
    /// is a finding only when at least a quarter of what goes bad is spared, beyond the interval of three
    /// replications; when a healthy day is worse with the change, the change is not recommended. Severity: P2.
    ///
    /// What is close to it: a check with `panic`; a check that only asks whether the process lives.
    SIMULATED "ejects-busy-replicas", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
