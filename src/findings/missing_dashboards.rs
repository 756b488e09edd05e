//! Metrics that nobody looks at.

use super::declared::look_for;
use super::{Evidence, Finding, declare_lint};

declare_lint! {
    /// What it is: a component declares `dashboards: false`.
    ///
    /// Why it is bad: in an incident the first ten minutes go into finding the figures.
    ///
    /// How it is judged: by what the model declares; silence is no finding.
    ///
    /// What is close to it: `dashboards: true`; a component without metrics, which has another finding.
    STATIC "missing-dashboards", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "has no dashboard",
        "Put rate, errors, duration and saturation of each component on one page.",
        |_, d| d.dashboards == Some(false) && d.metrics != Some(false),
    )
}
