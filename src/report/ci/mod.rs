//! Formats for build servers: what is wrong, where, in the words each of them reads.
//!
//! All are drawn from the same list of [`Issue`]s: what a check or a review found, and which expectations of a test did not
//! hold.

mod github;
mod gitlab;
mod issue;
mod junit;
mod sarif;

pub(super) use github::Github;
pub(super) use gitlab::Gitlab;
pub(super) use junit::Junit;
pub(super) use sarif::Sarif;

use issue::{Issue, issues, waived};
