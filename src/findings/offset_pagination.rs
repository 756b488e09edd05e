//! Pages found by passing over what stands before them.

use super::{Evidence, Finding, declare_lint, queries};

declare_lint! {
    /// What it is: a query says `page: offset`.
    ///
    /// Why it is bad: the rows before the page are read all the same, so that far pages cost as much as everything before
    /// them; a crawler that walks through all pages costs the square of their number.
    ///
    /// How it is judged: by what the model says; the rows passed over are part of the time of its query.
    ///
    /// What is close to it: `page: cursor`, which goes on from a key.
    STATIC "offset-pagination", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let advice = "Remember the key of the last row of a page, and go on behind it (`page: cursor`).";
    queries::look_for(evidence, LINT.code, "finds its page by passing over rows", advice, |rows| rows.offset)
}
