//! A failure that hurts users and of which nobody is told.

use super::words::{list, percent, seconds, source};
use super::{Confidence, Evidence, Finding, Fix, Severity, declare_lint};
use crate::experiments::{Failure, Proposal, Review};
use crate::plan::ComponentId;

declare_lint! {
    /// What it is: a component fails, users notice, and none of the model's alerts pages.
    ///
    /// Why it is bad: users are the monitoring then, and an outage at night lasts until the morning.
    ///
    /// How it is judged: each alert is looked at along the run with the fault as a monitoring system would, with its `over`,
    /// `for` and `every`; what it says without the fault, too, does not count. The fault lasts as long as the slowest alert
    /// needs. An alert tells of a failure when it pages in most replications. The rule that is proposed was tried: it
    /// does not page in as much time without a fault as the figures of 1x rest on, and pages in every run with it. Of rules that do, it is
    /// the most sensitive but one.
    ///
    /// What is close to it: a failure that users do not notice; one that is told of late; a model without `alerts`, of which nothing is known.
    SIMULATED "silent-failure", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let Some(review) = evidence.review else { return Vec::new() };
    let silent: Vec<(usize, &Failure)> =
        evidence.confirmed().filter(|(_, f)| f.hurts() && f.detection.is_silent()).collect();
    let mut targets: Vec<ComponentId> = Vec::new();
    for (_, failure) in &silent {
        if !targets.contains(&failure.target) {
            targets.push(failure.target);
        }
    }
    let of = |target: &ComponentId| {
        let mine: Vec<(usize, &Failure)> = silent.iter().filter(|(_, f)| f.target == *target).copied().collect();
        told(evidence, review, &mine)
    };
    let mut findings: Vec<Finding> = Vec::new();
    for finding in targets.iter().map(of) {
        // One rule may tell of several parts.
        match findings.iter_mut().find(|f| f.fix.is_some() && f.fix == finding.fix) {
            Some(first) => first.evidence.push(format!("The same rule is needed for this: {}.", finding.title)),
            None => findings.push(finding),
        }
    }
    findings
}

/// Of several silent failures of one component the most urgent is told, and the others are named.
fn told(evidence: &Evidence, review: &Review, failures: &[(usize, &Failure)]) -> Finding {
    let (_, failure) = failures[0];
    let proposal = review.proposals.iter().find(|p| failures.iter().any(|(i, _)| *i == p.failure));
    let mut lines = vec![format!(
        "{} of the requests that come meanwhile fail or come too late, and in {} none of {} alerts pages.",
        percent(failure.lost_share()),
        failure.detection.lasting,
        failure.detection.paged.len()
    )];
    let others: Vec<String> = failures[1..].iter().map(|(_, f)| f.fault.describe()).collect();
    if !others.is_empty() {
        lines.push(format!("The same goes for {}.", list(&others)));
    }
    lines.extend(proposal.map(|p| tried(review, p)));
    lines.push(source(review, failure));
    Finding {
        code: LINT.code,
        severity: Severity::P1,
        confidence: Confidence::High,
        title: format!("nobody is told of {}", failure.fault.describe()),
        subject: evidence.component(failure.target).to_owned(),
        origin: evidence.origin_of("alerts"),
        evidence: lines,
        fix: proposal.map(|p| Fix { summary: format!("an alert, {}", p.rule), changes: vec![p.change.clone()] }),
        effect: None,
        other_effects: Vec::new(),
    }
}

fn tried(review: &Review, proposal: &Proposal) -> String {
    let times: Vec<f64> = proposal.after.iter().flatten().map(|t| t.seconds()).collect();
    let mean = times.iter().sum::<f64>() / times.len().max(1) as f64;
    format!(
        "The rule pages {} after the beginning of {}, in {} of {} runs, and never in {} without a fault.",
        seconds(mean),
        review.failures[proposal.failure].fault.describe(),
        times.len(),
        proposal.after.len(),
        proposal.calm
    )
}
