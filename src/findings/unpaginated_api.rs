//! Lists without an end.

use super::declared::look_for;
use super::{Evidence, Finding, declare_lint};
use crate::plan::Pagination;

declare_lint! {
    /// What it is: a service declares `api: { pagination: none }` or `offset`.
    ///
    /// Why it is bad: an answer grows with the data until it times out; and by offset a page costs all rows before it.
    ///
    /// How it is judged: by what the model declares; silence is no finding.
    ///
    /// What is close to it: `pagination: cursor`.
    STATIC "unpaginated-api", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "does not paginate by a cursor",
        "Answer with a bounded number of items and a cursor to the next ones.",
        |_, d| d.pagination.is_some_and(|p| p != Pagination::Cursor),
    )
}
