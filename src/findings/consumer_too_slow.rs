//! Consumers with little to spare.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: consumers of a queue are so busy that they need very long for what came while they stood still.
    ///
    /// Why it is bad: After a deployment or an outage of the consumers messages are late for long after it.
    ///
    /// How it is judged: It is tried where consumers are busier than 80%: they are stopped, and the messages that are
    /// not finished when the run ends are counted, with two and four times as many at work, in the same runs with the
    /// same random numbers. It is a finding only when at least a quarter of what goes bad is spared, beyond the
    /// interval of three replications; when a healthy day is worse with the change, the change is not recommended.
    /// Severity: P2.
    ///
    /// What is close to it: consumers that are idle half of the time.
    SIMULATED "consumer-too-slow", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look_for_debts(evidence, LINT.code)
}
