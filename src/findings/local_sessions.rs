//! Sessions in the memory of one replica.

use super::declared::{look_for, several};
use super::sticky_session_loss::is_sticky;
use super::{Evidence, Finding, declare_lint};
use crate::plan::Sessions;

declare_lint! {
    /// What it is: a service with several replicas declares `sessions: local`.
    ///
    /// Why it is bad: whoever is sent to another replica is logged out, and a deploy logs out everybody.
    ///
    /// How it is judged: by what the model declares.
    ///
    /// What is close to it: `sessions: shared`; a single replica; replicas that keep their users (`sticky-session-loss`).
    STATIC "local-sessions", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "keeps sessions in the memory of its replicas",
        "Keep sessions in a cache or a database that all replicas share, or in a signed token.",
        |id, d| d.sessions == Some(Sessions::Local) && several(evidence, id) && !is_sticky(evidence, id),
    )
}
