//! A connection without a bulkhead can take all workers of its caller.

use super::{Evidence, Finding, declare_lint, guard};
use crate::experiments::Guard;

declare_lint! {
    /// What it is: nothing limits how many of a caller's workers may wait for one callee.
    ///
    /// Why it is bad: the slowest callee gets all workers sooner or later, since its calls last longest; the others get
    /// none, and requests that never needed it wait in vain.
    ///
    /// How it is judged: the callee is slowed. Where requests are lost that could have been answered without it, a
    /// bulkhead (twice what is in progress at a busy moment of a healthy day) is built into the model, and the same runs
    /// are repeated with the same random numbers. A timeout or a breaker that does as well is preferred, since a
    /// bulkhead's number has to follow the load.
    ///
    /// What is close to it: a caller with so few workers that half of them would not do for a healthy day.
    SIMULATED "missing-bulkhead", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    guard::look(evidence, Guard::Bulkhead)
}
