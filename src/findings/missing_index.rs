//! Queries that read a whole table to find a few rows.

use super::{Evidence, Finding, declare_lint, queries};

/// So many rows are scanned in 10 ms.
const MANY: u32 = 100_000;

declare_lint! {
    /// What it is: a query says `index: missing` and `rows` of 100,000 or more.
    ///
    /// Why it is bad: every run reads the whole table, and takes longer the more there is in it.
    ///
    /// How it is judged: by what the model says; the cost is arithmetic, 0.1 us for a row scanned (1 GiB/s, 100 bytes).
    ///
    /// What is close to it: a small table, where a scan is as good as an index.
    STATIC "missing-index", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let advice = "Give it an index on what it selects by.";
    queries::look_for(evidence, LINT.code, "has no index", advice, |rows| !rows.index && rows.rows >= MANY)
}
