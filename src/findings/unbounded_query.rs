//! Queries that read as many rows as there are.

use super::{Evidence, Finding, declare_lint, queries};

/// More than one answer should carry.
const MANY: u32 = 10_000;

declare_lint! {
    /// What it is: a query selects 10,000 rows or more by an index and has no `limit`.
    ///
    /// Why it is bad: the rows grow with the age of the table, and with them the time that its connection is held, the memory
    /// of whoever asked, and the answer.
    ///
    /// How it is judged: by what the model says.
    ///
    /// What is close to it: a query without an index, which is `missing-index`.
    STATIC "unbounded-query", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let advice = "Read a page at a time (`limit`).";
    let found = |rows: &crate::plan::Rows| rows.index && !rows.limited && rows.rows >= MANY;
    queries::look_for(evidence, LINT.code, "has no limit", advice, found)
}
