//! A component that nobody measures.

use super::declared::look_for;
use super::{Evidence, Finding, declare_lint};

declare_lint! {
    /// What it is: a component declares `metrics: false`.
    ///
    /// Why it is bad: nobody knows its rate, its errors and its time until users call.
    ///
    /// How it is judged: by what the model declares; silence is no finding.
    ///
    /// What is close to it: `metrics: true`.
    STATIC "missing-metrics", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "exports no metrics",
        "Export rate, errors and duration, and how much of each resource is in use.",
        |_, d| d.metrics == Some(false),
    )
}
