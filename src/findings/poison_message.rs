//! Messages that nobody can handle come round for ever.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: a queue has messages that nobody can handle (`poison`) and no limit to their deliveries.
    ///
    /// Why it is bad: Consumers work on them instead of on what they could do; in a partition everything behind them
    /// waits.
    ///
    /// How it is judged: After five deliveries they are given up, in the same runs with the same random numbers;
    /// messages that are not finished when the run ends are counted. It is a finding only when at least a quarter of
    /// what goes bad is spared, beyond the interval of three replications; when a healthy day is worse with the
    /// change, the change is not recommended. Severity: P1 when a twentieth of all requests is spared, else P2.
    ///
    /// What is close to it: a queue with `max_receives`.
    SIMULATED "poison-message", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
