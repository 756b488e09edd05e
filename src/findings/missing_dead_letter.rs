//! Nobody takes out what cannot be handled.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: a message that nobody can handle is delivered again without end.
    ///
    /// Why it is bad: Consumers work on it again and again instead of on what they could do; in a partition
    /// everything behind it waits.
    ///
    /// How it is judged: One message in a hundred cannot be handled. After five deliveries it is given up
    /// (`max_receives`, with a `dead_letter` queue to look at it), in the same runs with the same random numbers;
    /// messages that are not finished when the run ends are counted. It is a finding only when at least a quarter of
    /// what goes bad is spared, beyond the interval of three replications; when a healthy day is worse with the
    /// change, the change is not recommended. Severity: P2.
    ///
    /// What is close to it: a queue with `max_receives`.
    SIMULATED "missing-dead-letter", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
