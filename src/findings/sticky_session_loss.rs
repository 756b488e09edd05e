//! Sessions that are lost with the replica they stick to.

use super::declared::{look_for, several};
use super::{Evidence, Finding, declare_lint};
use crate::plan::{Balance, Sessions};

declare_lint! {
    /// What it is: sessions stick to a replica (`balance: { sticky: … }`) and are kept in its memory (`sessions: local`).
    ///
    /// Why it is bad: when a replica dies, or is replaced by a deployment, all who were with it are logged out.
    ///
    /// How it is judged: by what the model declares.
    ///
    /// What is close to it: `sessions: shared`; sessions in the memory of replicas that requests are not kept to
    /// (`local-sessions`), which are lost with every other request.
    STATIC "sticky-session-loss", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "keeps its users on one replica, and their sessions only there",
        "Keep sessions in a cache or a database that all replicas share, or in a signed token.",
        |id, d| d.sessions == Some(Sessions::Local) && several(evidence, id) && is_sticky(evidence, id),
    )
}

/// Whether requests are sent to a replica by their session.
pub(super) fn is_sticky(evidence: &Evidence, component: crate::plan::ComponentId) -> bool {
    let plan = &evidence.model.plan;
    plan.stations_of(component).any(|s| matches!(plan.stations[s.index()].balance, Balance::Hash(_)))
}
