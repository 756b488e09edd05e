//! Pools that want more connections together than the server has.

use super::{Confidence, Evidence, Finding, Severity, declare_lint};
use crate::plan::{ComponentId, Edge};

declare_lint! {
    /// What it is: the pools of all callers, times their replicas, add up to more connections than the server takes.
    ///
    /// Why it is bad: as long as few are used nobody notices. Under load, or when one more replica is started, the server refuses
    /// what comes last: some replicas work and others do not. Scaling out makes it worse.
    ///
    /// How it is judged: by adding up what the model says.
    ///
    /// What is close to it: a pool that is too small, at which calls wait while the server has room.
    STATIC "connection-pool-too-large", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let components = 0..evidence.model.plan.components.len();
    components.filter_map(|i| judge(evidence, ComponentId::new(i))).collect()
}

fn judge(evidence: &Evidence, id: ComponentId) -> Option<Finding> {
    let plan = &evidence.model.plan;
    let most = u64::from(plan.most_open(id)?);
    let wants =
        |edge: &Edge| edge.pool.filter(|_| edge.to == id).map(|pool| u64::from(pool) * u64::from(edge.instances));
    let pools: Vec<(&Edge, u64)> = plan.edges.iter().filter_map(|edge| Some((edge, wants(edge)?))).collect();
    let sum: u64 = pools.iter().map(|(_, wanted)| wanted).sum();
    if sum <= most {
        return None;
    }
    let component = &plan.components[id.index()];
    let told = pools.iter().map(|(edge, wanted)| {
        let pool = edge.pool.unwrap_or(0);
        format!("{}: {} × {pool} = {wanted}", edge.name, edge.instances)
    });
    Some(Finding {
        code: LINT.code,
        severity: Severity::P2,
        confidence: Confidence::Medium,
        title: format!("The pools of {} want {sum} connections, and it takes {most}", component.name),
        subject: component.name.clone(),
        origin: Some(component.origin.clone()),
        evidence: told.chain(["Make the pools smaller, or put a pooler between (`pooler`).".into()]).collect(),
        fix: None,
        effect: None,
        other_effects: Vec::new(),
    })
}
