//! A full queue lets its publishers wait.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: a full queue lets its publishers wait.
    ///
    /// Why it is bad: when consumers stand still, so do those who publish, and users with them.
    ///
    /// How it is judged: the consumers are stopped; the queue gets room for what comes meanwhile, or refuses, in the
    /// same runs with the same random numbers. It is a finding only when at least a quarter of what goes bad is spared,
    /// beyond the interval of three replications; when a healthy day is worse with the change, the change is not
    /// recommended. Severity: P1 when a twentieth of all requests is spared, else P2.
    ///
    /// What is close to it: a queue with room for the whole time.
    SIMULATED "publisher-blocks", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
