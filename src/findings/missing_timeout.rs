//! A connection without a timeout waits as long as the callee likes.

use super::{Evidence, Finding, declare_lint, guard};
use crate::experiments::Guard;

declare_lint! {
    /// What it is: a call without a limit to its patience.
    ///
    /// Why it is bad: a callee that hangs holds the caller's workers for as long as it hangs. Optional parts of a page
    /// become the slowest part of it, and soon nothing else is served.
    ///
    /// How it is judged: the callee is slowed. Where requests are lost or late that could have been answered without it,
    /// a timeout (three times the p99.9 of a healthy day, at most half of what the caller's own callers wait) is built
    /// into the model, and the same runs are repeated with the same random numbers. It is reported when that clearly
    /// helps and cuts nothing off on a healthy day.
    ///
    /// What is close to it: an edge with a timeout, however long; and an edge whose callers cannot do without the answer.
    SIMULATED "missing-timeout", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    guard::look(evidence, Guard::Timeout)
}
