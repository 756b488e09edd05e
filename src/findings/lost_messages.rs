//! Messages that were accepted and are gone.

use super::words::source;
use super::{Confidence, Evidence, Finding, Severity, declare_lint};
use crate::experiments::{Failure, Review};
use crate::plan::{Overflow, UNLIMITED};

declare_lint! {
    /// What it is: a queue accepts messages and gives them up without handling them and without dead letters: for their age, because it is
    /// full (`drop_head`), or because they were delivered too often.
    ///
    /// Why it is bad: the publisher was told that all is well, and nobody is ever told otherwise.
    ///
    /// How it is judged: by the messages that are gone, in the failure that adds most of them, less those of the same run without it.
    ///
    /// What is close to it: dead letters, which can be handled later; publications that are refused, of which the publisher knows;
    /// a backlog.
    SIMULATED "lost-messages", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let Some(review) = evidence.review else { return Vec::new() };
    (0..evidence.model.plan.topics.len()).filter_map(|topic| told(evidence, review, topic)).collect()
}

fn told(evidence: &Evidence, review: &Review, at: usize) -> Option<Finding> {
    let topic = &evidence.model.plan.topics[at];
    let gone = |f: &Failure, with: usize| f.mean(|h| h.side[with].messages[at] as f64);
    let added = |f: &Failure| gone(f, 1) - gone(f, 0);
    let worst = review.failures.iter().reduce(|a, b| if added(b) > added(a) { b } else { a })?;
    if added(worst) < 1.0 {
        return None;
    }
    let mut ways = Vec::new();
    if topic.capacity != UNLIMITED && topic.overflow == Overflow::DropHead {
        ways.push("`overflow: reject` or `block` lets the publisher know that it is full");
    }
    if topic.max_receives != UNLIMITED && topic.dead_letter.is_none() {
        ways.push("`dead_letter` keeps what was delivered too often");
    }
    if topic.lifetime.is_some() {
        ways.push("a longer `retention`, or a `ttl` with `dead_letter`, outlasts the failure");
    }
    let mut lines = vec![format!("In the same run without the fault {:.0} are.", gone(worst, 0))];
    lines.extend((!ways.is_empty()).then(|| format!("Not tried: {}.", ways.join("; "))));
    lines.push(source(review, worst));
    Some(Finding {
        code: LINT.code,
        severity: Severity::P1,
        confidence: Confidence::High,
        title: format!(
            "with {}, {:.0} accepted messages of {} are lost",
            worst.fault.describe(),
            gone(worst, 1),
            topic.name
        ),
        subject: topic.name.clone(),
        origin: evidence
            .model
            .plan
            .component(&topic.name)
            .map(|c| evidence.model.plan.components[c.index()].origin.clone()),
        evidence: lines,
        fix: None,
        effect: None,
        other_effects: Vec::new(),
    })
}
