//! Retries without a budget keep an overload going.

use super::{Evidence, Finding, declare_lint, guard};
use crate::experiments::Guard;

declare_lint! {
    /// What it is: a caller retries whatever fails, without a limit to the share of retries.
    ///
    /// Why it is bad: when the callee is overloaded, every failure brings more calls, and these bring more failures. The
    /// overload outlives its cause.
    ///
    /// How it is judged: components are killed, slowed and made to fail. Where requests are lost that could have been
    /// answered, a budget of 20% is built into the retries and the same runs are repeated with the same random numbers.
    /// It is reported when that clearly helps.
    ///
    /// What is close to it: retries whose callee has room for all of them.
    SIMULATED "retry-storm", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    guard::look(evidence, Guard::RetryBudget)
}
