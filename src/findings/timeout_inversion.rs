//! A caller that gives up before its callee does.

use super::{Confidence, Evidence, Finding, Severity, declare_lint};
use crate::plan::EdgeId;

declare_lint! {
    /// What it is: A calls B, which calls C; A's timeout is shorter than what B may spend on C with all its tries and the
    /// waits between them.
    ///
    /// Why it is bad: when C is slow, A has gone long before B stops. B works for nobody, holds its workers meanwhile, and
    /// retries on behalf of someone who has left.
    ///
    /// How it is judged: by arithmetic on the model: tries times timeout plus the longest waits of the inner edge, against
    /// the timeout of the outer one. What it costs shows in the failure campaign as wasted work and exhausted workers.
    ///
    /// What is close to it: an inner call without any timeout; that is `missing-timeout`.
    STATIC "timeout-inversion", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let plan = &evidence.model.plan;
    let mut pairs: Vec<(EdgeId, EdgeId, String)> = Vec::new();
    for found in evidence.graph.inversions() {
        let (outer, inner) = (plan.links[found.outer.index()].edge, plan.links[found.inner.index()].edge);
        if pairs.iter().all(|(o, i, _)| (*o, *i) != (outer, inner)) {
            let told = format!(
                "On {} a caller waits {} for an answer; {} may go on for {}.",
                evidence.edge(outer),
                found.patience,
                evidence.edge(inner),
                found.needs
            );
            pairs.push((outer, inner, told));
        }
    }
    let mut findings: Vec<Finding> = Vec::new();
    for (outer, inner, told) in pairs {
        let subject = evidence.edge(inner);
        if let Some(known) = findings.iter_mut().find(|f| f.subject == subject) {
            known.evidence.push(told);
            continue;
        }
        let edge = &plan.edges[inner.index()];
        findings.push(Finding {
            code: LINT.code,
            severity: Severity::P2,
            confidence: Confidence::Medium,
            title: format!("{subject} is more patient than {}, which waits for it", evidence.edge(outer)),
            subject: subject.to_owned(),
            origin: Some(edge.origin.clone()),
            evidence: vec![told],
            fix: None,
            effect: None,
            other_effects: Vec::new(),
        });
    }
    findings
}
