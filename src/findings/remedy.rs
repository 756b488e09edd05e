//! What the findings have in common that stand for a remedy that was tried and proven.

use super::words::percent;
use super::{Confidence, Effect, Evidence, Figure, Finding, Fix, Severity};
use crate::experiments::{Proof, Spares, Toll};

use crate::model::Change;

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

/// The same, never more urgent than a debt.
pub(super) fn look_for_debts(evidence: &Evidence, code: &'static str) -> Vec<Finding> {
    look(evidence, code).into_iter().map(|finding| Finding { severity: Severity::P2, ..finding }).collect()
}

fn finding(evidence: &Evidence, seed: u64, proof: &Proof) -> Finding {
    let sums = |runs: &[Vec<Toll>]| runs.iter().map(|r| r.iter().map(Toll::bad).sum()).collect::<Vec<f64>>();
    let offered: f64 = proof.before.iter().flatten().map(|t| t.offered).sum::<f64>() / proof.before.len().max(1) as f64;
    let share = proof.spared.mean / offered.max(1.0);
    let change = evidence.model.change(&proof.change.path, &proof.change.to);
    let summary = format!("{} from {} to {}", change.path, change.from.as_deref().unwrap_or("nothing"), change.to);
    let subject = &proof.remedy.subject;
    let figure = match proof.remedy.spares {
        Spares::Messages(_) => Figure::Waiting,
        Spares::Requests | Spares::OthersRequests(_) => Figure::Lost,
    };
    let effect = Effect::paired("", figure, &sums(&proof.before), &sums(&proof.after));
    Finding {
        code: proof.remedy.code,
        severity: if share >= 0.05 && !is_supposed(proof) { Severity::P1 } else { Severity::P2 },
        confidence: Confidence::High,
        title: title(proof, share),
        subject: subject.clone(),
        origin: evidence.origin_of(&change.path),
        evidence: told(proof, seed, &change, &effect),
        fix: proof.harmless.then(|| Fix { summary, changes: vec![change] }),
        effect: proof.harmless.then_some(effect),
        other_effects: Vec::new(),
    }
}

/// Whether its case is a day that may never come: more traffic, other messages.
fn is_supposed(proof: &Proof) -> bool {
    proof.remedy.given.is_some() || proof.remedy.faults.iter().any(|f| f.kind.word() == "load")
}

fn title(proof: &Proof, share: f64) -> String {
    let faults = proof.remedy.faults.iter().map(|f| f.describe());
    let causes: Vec<String> = faults.chain(proof.remedy.given.iter().map(|g| g.words.clone())).collect();
    let when = if causes.is_empty() { "on a healthy day".into() } else { format!("with {}", causes.join(", then ")) };
    let lost = match proof.remedy.spares {
        Spares::Requests => format!("{} of all requests are lost or late without need", percent(share)),
        Spares::OthersRequests(_) => {
            format!("{} of the others' requests are lost or late without need", percent(share))
        }
        Spares::Messages(_) => format!("{} of all messages wait without need", percent(share)),
    };
    format!("{}: {when}, {lost}", proof.remedy.subject)
}

fn told(proof: &Proof, seed: u64, change: &Change, effect: &Effect) -> Vec<String> {
    let what = match proof.remedy.spares {
        Spares::Requests => "requests go bad",
        Spares::OthersRequests(_) => "requests of the others go bad",
        Spares::Messages(_) => "messages are not finished in the end",
    };
    let (from, spared) = (change.from.as_deref().unwrap_or("nothing"), proof.spared);
    let measured = format!(
        "With {} from {from} to {} {:.0} {what} instead of {:.0}, on the same random numbers ({:.0} to {:.0} fewer, at 95%; {} \
         replications, seed {seed}).",
        change.path,
        change.to,
        effect.after.mean,
        effect.before.mean,
        spared.low,
        spared.high,
        proof.before.len(),
    );
    let healthy = match proof.harmless {
        true => "On a healthy day it makes nothing worse.",
        false => "On a healthy day it makes answers worse, so it is not recommended as it is.",
    };
    vec![measured, healthy.into()]
}
