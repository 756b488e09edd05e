//! Logs that cannot be followed through services.

use super::declared::look_for;
use super::{Evidence, Finding, declare_lint};

declare_lint! {
    /// What it is: a component declares `correlation_ids: false`.
    ///
    /// Why it is bad: a request passes several services, and what they wrote about it cannot be put together.
    ///
    /// How it is judged: by what the model declares; silence is no finding.
    ///
    /// What is close to it: `correlation_ids: true`.
    STATIC "missing-correlation-ids", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "passes no correlation ids on",
        "Take the number of a request from its caller, write it into every line and hand it on.",
        |_, d| d.correlation_ids == Some(false),
    )
}
