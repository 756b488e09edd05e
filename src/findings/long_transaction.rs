//! Transactions that wait for somebody else.

use super::{Confidence, Evidence, Finding, Severity, declare_lint};
use crate::plan::{EdgeId, LinkId, Step};
use crate::units::SimDuration;

declare_lint! {
    /// What it is: between the beginning and the end of a transaction, something other than its database is called.
    ///
    /// Why it is bad: the connection, and every row that is locked, is kept while the other is waited for. When the other is slow
    /// the pool is used up, and those who want the same rows stand in line for a network call.
    ///
    /// How it is judged: by what the model says; how long the connection is kept is arithmetic on an idle system.
    ///
    /// What is close to it: a transaction of several queries only.
    STATIC "long-transaction", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let plan = &evidence.model.plan;
    let commits = plan.steps.iter().enumerate().filter_map(|(end, step)| match *step {
        Step::Commit { link } => Some((end, link)),
        _ => None,
    });
    let mut findings: Vec<Finding> = Vec::new();
    for (end, link) in commits {
        let begins = |step: &Step| matches!(*step, Step::Call { link: of, .. } if of == link);
        let Some(begin) = plan.steps[..end].iter().rposition(begins) else { continue };
        let others = plan.steps[begin + 1..end].iter().filter_map(|step| match *step {
            Step::Call { link, .. } if !plan.edges[plan.links[link.index()].edge.index()].inside => Some(link),
            _ => None,
        });
        let others: Vec<LinkId> = others.collect();
        let edge = plan.links[link.index()].edge;
        let subject = evidence.edge(edge);
        if !others.is_empty() && findings.iter().all(|known| known.subject != subject) {
            findings.push(tell(evidence, link, edge, &others));
        }
    }
    findings
}

fn tell(evidence: &Evidence, link: LinkId, edge: EdgeId, others: &[LinkId]) -> Finding {
    let plan = &evidence.model.plan;
    let time = |seconds: f64| SimDuration((seconds * 1e9) as u64);
    let waits: f64 = others.iter().map(|other| evidence.graph.call_latency(*other)).sum();
    let names: Vec<&str> =
        others.iter().map(|other| plan.endpoints[plan.links[other.index()].to.index()].name.as_str()).collect();
    Finding {
        code: LINT.code,
        severity: Severity::P2,
        confidence: Confidence::Medium,
        title: format!("A transaction on {} waits for {}", evidence.edge(edge), names.join(", ")),
        subject: evidence.edge(edge).to_owned(),
        origin: Some(plan.edges[edge.index()].origin.clone()),
        evidence: vec![
            format!("It keeps its connection for {}, {} of that for others.", time(evidence.graph.kept(link)), time(waits)),
            "Call them before it begins or behind its end, with an idempotency key or an outbox for what must not be lost.".into(),
        ],
        fix: None,
        effect: None,
        other_effects: Vec::new(),
    }
}
