//! Logs that cannot be searched.

use super::declared::look_for;
use super::{Evidence, Finding, declare_lint};
use crate::plan::Logs;

declare_lint! {
    /// What it is: a service declares `logs: plain` or `logs: none`.
    ///
    /// Why it is bad: in an incident the question is which requests failed, for whom and where; lines of text do not answer it, or only after an hour.
    ///
    /// How it is judged: by what the model declares; silence is no finding.
    ///
    /// What is close to it: `logs: structured`.
    STATIC "missing-structured-logs", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "writes no structured logs",
        "Write logs as fields (time, level, request, user, duration), so that they can be searched and counted.",
        |_, d| d.logs.is_some_and(|logs| logs != Logs::Structured),
    )
}
