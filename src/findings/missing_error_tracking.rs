//! Errors that are only logged.

use super::declared::look_for;
use super::{Evidence, Finding, declare_lint};

declare_lint! {
    /// What it is: a component declares `error_tracking: false`.
    ///
    /// Why it is bad: a new error drowns among old ones, and nobody sees that a deploy brought it.
    ///
    /// How it is judged: by what the model declares; silence is no finding.
    ///
    /// What is close to it: `error_tracking: true`.
    STATIC "missing-error-tracking", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "does not collect its errors",
        "Collect errors, group them by cause, and tell when a new one appears.",
        |_, d| d.error_tracking == Some(false),
    )
}
