//! What the findings have in common that stand for a remedy that was tried and proven.

use super::words::percent;
use super::{Confidence, Effect, Evidence, Figure, Finding, Fix, Severity};
use crate::experiments::{Proof, Toll};

/// The findings of this code: one for each part, told by the case in which the remedy spares most.
pub(super) fn look(evidence: &Evidence, code: &'static str) -> Vec<Finding> {
    let Some(review) = evidence.review else { return Vec::new() };
    let mut proofs: Vec<&Proof> = review.remedies.iter().filter(|p| p.remedy.code == code).collect();
    proofs.sort_by(|a, b| b.spared.mean.total_cmp(&a.spared.mean));
    let mut findings: Vec<Finding> = Vec::new();
    for proof in proofs {
        if !findings.iter().any(|f| f.subject == proof.remedy.subject) {
            findings.push(finding(evidence, review.seed, proof));
        }
    }
    findings
}

fn finding(evidence: &Evidence, seed: u64, proof: &Proof) -> Finding {
    let sums = |runs: &[Vec<Toll>]| runs.iter().map(|r| r.iter().map(Toll::bad).sum()).collect::<Vec<f64>>();
    let offered: f64 = proof.before.iter().flatten().map(|t| t.offered).sum::<f64>() / proof.before.len().max(1) as f64;
    let share = proof.spared.mean / offered.max(1.0);
    let when = match proof.remedy.faults.first() {
        Some(fault) => format!("with {}", fault.describe()),
        None => "on a healthy day".into(),
    };
    let change = evidence.model.change(&proof.change.path, &proof.change.to);
    let summary = format!("{} from {} to {}", change.path, change.from.as_deref().unwrap_or("nothing"), change.to);
    let (subject, spared) = (&proof.remedy.subject, proof.spared);
    let effect = Effect::paired("", Figure::Lost, &sums(&proof.before), &sums(&proof.after));
    let mut told = vec![format!(
        "With {summary} {:.0} requests go bad instead of {:.0}, on the same random numbers ({:.0} to {:.0} fewer, at 95%; {} \
         replications, seed {seed}).",
        effect.after.mean,
        effect.before.mean,
        spared.low,
        spared.high,
        proof.before.len(),
    )];
    told.push(match proof.harmless {
        true => "On a healthy day it makes nothing worse.".into(),
        false => "On a healthy day it makes answers worse, so it is not recommended as it is.".into(),
    });
    Finding {
        code: proof.remedy.code,
        severity: if share >= 0.05 { Severity::P1 } else { Severity::P2 },
        confidence: Confidence::High,
        title: format!("{subject}: {when}, {} of all requests are lost or late without need", percent(share)),
        subject: subject.clone(),
        origin: evidence.origin_of(&change.path),
        evidence: told,
        fix: proof.harmless.then(|| Fix { summary, changes: vec![change] }),
        effect: proof.harmless.then_some(effect),
        other_effects: Vec::new(),
    }
}
