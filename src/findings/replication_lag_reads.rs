//! Reads from replicas that have not caught up.

use super::words::{percent, source};
use super::{Confidence, Evidence, Finding, Severity, declare_lint};
use crate::experiments::{Failure, Review};

declare_lint! {
    /// What it is: requests read rows from a replica that has not applied their last change.
    ///
    /// Why it is bad: somebody who has just paid sees an unpaid order, and pays again; a decision is made on what was true a while ago.
    ///
    /// How it is judged: every read of a row is compared with what the replica has applied by then. Told is the failure that adds most, where
    /// at least a hundredth of the reads are stale.
    ///
    /// What is close to it: replicas without `keys`, of whose rows nothing is known; a few stale reads.
    SIMULATED "replication-lag-reads", look
}

/// A share of stale reads that is worth telling.
const SHARE: f64 = 0.01;

fn look(evidence: &Evidence) -> Vec<Finding> {
    let Some(review) = evidence.review else { return Vec::new() };
    let sets = 0..evidence.model.plan.replications.len();
    sets.filter_map(|set| told(evidence, review, set)).collect()
}

fn told(evidence: &Evidence, review: &Review, set: usize) -> Option<Finding> {
    let plan = &evidence.model.plan;
    let station = &plan.stations[plan.replications[set].replicas.index()];
    let mean = |f: &Failure, with: usize, reads: bool| {
        f.mean(|h| if reads { h.side[with].reads[set] as f64 } else { h.side[with].stale_reads[set] as f64 })
    };
    let added = |f: &Failure| mean(f, 1, false) - mean(f, 0, false);
    let worst = review.failures.iter().reduce(|a, b| if added(b) > added(a) { b } else { a })?;
    let (stale, reads) = (mean(worst, 1, false), mean(worst, 1, true));
    if added(worst) < 5.0 || stale < SHARE * reads {
        return None;
    }
    let name = evidence.component(station.component);
    Some(Finding {
        code: LINT.code,
        severity: Severity::P2,
        confidence: Confidence::High,
        title: format!("with {}, {} of the reads from {} are stale", worst.fault.describe(), percent(stale / reads), station.name),
        subject: name.to_owned(),
        origin: Some(station.origin.clone()),
        evidence: vec![
            format!(
                "In the same run without the fault {:.0} of {:.0} reads are stale, with it {stale:.0} of {reads:.0}.",
                mean(worst, 0, false),
                mean(worst, 0, true)
            ),
            "Reads that follow a write of the same user belong to the primary, or wait until the replica has caught up.".into(),
            source(review, worst),
        ],
        fix: None,
        effect: None,
        other_effects: Vec::new(),
    })
}
