//! Retries on several layers multiply.

use super::{Confidence, Evidence, Finding, Severity, declare_lint};
use crate::plan::EdgeId;

declare_lint! {
    /// What it is: several calls in a row are retried, so that one request can become the product of their attempts.
    ///
    /// Why it is bad: three layers of four tries turn one request into 64 calls, just when the last callee is in trouble.
    ///
    /// How it is judged: by arithmetic on the model: the product of attempts along the worst chain of calls from a user
    /// to each retrying edge. Six or more are reported, or retries without any limit.
    ///
    /// What is close to it: one layer that retries, and budgets, which hold the product down in practice: a chain whose
    /// last edge has one is not reported.
    STATIC "retry-amplification", look
}

/// Fewer calls for one request are not worth a finding.
const MANY: f64 = 6.0;

fn look(evidence: &Evidence) -> Vec<Finding> {
    let plan = &evidence.model.plan;
    let mut seen: Vec<EdgeId> = Vec::new();
    let mut findings = Vec::new();
    for chain in evidence.graph.amplification().into_iter().filter(|c| c.tries >= MANY) {
        let Some(last) = chain.links.last().map(|l| plan.links[l.index()].edge) else { continue };
        let edge = &plan.edges[last.index()];
        if seen.contains(&last) || edge.retry.as_ref().is_some_and(|r| r.budget.is_some()) {
            continue;
        }
        seen.push(last);
        let part = |e: EdgeId| {
            let tries = plan.edges[e.index()].retry.as_ref().map_or(1, |r| r.attempts);
            let tries = match tries {
                u32::MAX => "without limit".into(),
                1 => "1 try".into(),
                tries => format!("{tries} tries"),
            };
            format!("{} ({tries})", evidence.edge(e))
        };
        let chain_text: Vec<String> = chain.links.iter().map(|l| part(plan.links[l.index()].edge)).collect();
        let tries = if chain.tries.is_finite() { format!("{:.0}", chain.tries) } else { "any number of".into() };
        findings.push(Finding {
            code: LINT.code,
            severity: if chain.tries >= 20.0 { Severity::P1 } else { Severity::P2 },
            confidence: Confidence::Medium,
            title: format!("one request can become {tries} calls of {}", edge.name),
            subject: edge.name.clone(),
            origin: Some(edge.origin.clone()),
            evidence: vec![format!("The tries multiply along {}.", chain_text.join(", then "))],
            fix: None,
            effect: None,
            other_effects: Vec::new(),
        });
    }
    findings
}
