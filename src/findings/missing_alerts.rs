//! Trouble that nobody is told of.

use super::declared::look_for;
use super::{Evidence, Finding, declare_lint};

declare_lint! {
    /// What it is: a component declares `alerts: false`.
    ///
    /// Why it is bad: users notice before anybody else, and an outage at night lasts until the morning.
    ///
    /// How it is judged: by what the model declares; silence is no finding.
    ///
    /// What is close to it: `alerts: true`; a component without metrics, of which nothing could be told, and which has another finding.
    STATIC "missing-alerts", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "pages nobody",
        "Alert on what users notice: the share of errors and the time to an answer, against the SLO.",
        |_, d| d.alerts == Some(false) && d.metrics != Some(false),
    )
}
