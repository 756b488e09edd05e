//! Calls with side effects that are repeated without a key.

use super::words::source;
use super::{Confidence, Effect, Evidence, Figure, Finding, Fix, Severity, declare_lint};
use crate::experiments::{Keyed, Review};

declare_lint! {
    /// What it is: a call that changes something is tried again after a time-out although the first try went through, and
    /// the callee cannot know that it has done it already.
    ///
    /// Why it is bad: a customer is charged twice, an order is shipped twice, and nothing shows it.
    ///
    /// How it is judged: by the calls that were executed to the end more than once in the failure with most of them, less those of the
    /// same run without the fault. A call changes something if on its way a query writes, a message is published, or somebody else's API
    /// is called. The fix is tried on the same random numbers: an idempotency key on the connection.
    ///
    /// What is close to it: repeated reads; tries that never went through (refused, or lost on the way there); `idempotent: true`.
    SIMULATED "retry-not-idempotent", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let Some(review) = evidence.review else { return Vec::new() };
    review.keyed.iter().map(|keyed| told(evidence, review, keyed)).collect()
}

fn told(evidence: &Evidence, review: &Review, keyed: &Keyed) -> Finding {
    let edge = &evidence.model.plan.edges[keyed.edge.index()];
    let failure = &review.failures[keyed.failure];
    let [before, after] = &keyed.duplicates;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let helps = mean(after) < 0.5 * mean(before);
    let lines = vec![
        format!(
            "With {} for {}, {:.0} calls are executed a second time; without the fault {:.0}.",
            failure.fault.describe(),
            failure.drill.lasting,
            mean(before),
            failure.mean(|h| h.side[0].duplicates[keyed.edge.index()] as f64),
        ),
        "With a key the callee answers the second try from memory; leaving the retry out helps as well, at the price of its failures.".into(),
        source(review, failure),
    ];
    Finding {
        code: LINT.code,
        severity: Severity::P1,
        confidence: Confidence::High,
        title: format!("{} repeats calls that may have been executed", edge.name),
        subject: edge.name.clone(),
        origin: Some(edge.origin.clone()),
        evidence: lines,
        fix: helps.then(|| Fix {
            summary: format!("an idempotency key on {}", edge.name),
            changes: vec![keyed.change.clone()],
        }),
        effect: helps.then(|| Effect::paired(&edge.name, Figure::Duplicates, before, after)),
        other_effects: Vec::new(),
    }
}
