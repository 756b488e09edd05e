//! Backups that nobody has restored.

use super::declared::look_for;
use super::{Evidence, Finding, declare_lint};
use crate::plan::Backups;

declare_lint! {
    /// What it is: a database declares `backups: untested` or `none`.
    ///
    /// Why it is bad: a backup that was never restored is a hope; most fail for a reason that a test would have shown.
    ///
    /// How it is judged: by what the model declares; silence is no finding.
    ///
    /// What is close to it: `backups: tested`.
    STATIC "untested-backups", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "has no backup that was ever restored",
        "Restore a backup into an empty server every month, and measure how long it takes.",
        |_, d| d.backups.is_some_and(|b| b != Backups::Tested),
    )
}
