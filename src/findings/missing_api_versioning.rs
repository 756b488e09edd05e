//! An API that cannot change.

use super::declared::look_for;
use super::{Evidence, Finding, declare_lint};
use crate::plan::Versioning;

declare_lint! {
    /// What it is: a service declares `api: { versioning: none }`.
    ///
    /// Why it is bad: every change has to be made by all callers in the same minute, or breaks one of them.
    ///
    /// How it is judged: by what the model declares; silence is no finding.
    ///
    /// What is close to it: `versioning: url` or `header`.
    STATIC "missing-api-versioning", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "has an API without versions",
        "Put a version into the address or a header, and keep the old one until its callers are gone.",
        |_, d| d.versioning == Some(Versioning::None),
    )
}
