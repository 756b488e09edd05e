//! Time that cannot be attributed.

use super::declared::look_for;
use super::{Evidence, Finding, declare_lint};

declare_lint! {
    /// What it is: a component declares `traces: false`.
    ///
    /// Why it is bad: a slow request is slow somewhere below, and nobody can say where.
    ///
    /// How it is judged: by what the model declares; silence is no finding.
    ///
    /// What is close to it: `traces: true`.
    STATIC "missing-tracing", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "takes no part in traces",
        "Record spans and hand the trace context on (OpenTelemetry).",
        |_, d| d.traces == Some(false),
    )
}
