//! An alert that pages while nothing is wrong.

use super::{Confidence, Evidence, Finding, Fix, Severity, declare_lint};
use crate::experiments::{Calmer, Noise, Review};
use crate::units::SimDuration;

declare_lint! {
    /// What it is: an alert that pages at today's load while no fault strikes and all SLOs hold.
    ///
    /// Why it is bad: who is woken for nothing a few times does not get up the next time.
    ///
    /// How it is judged: the alert is looked at along all runs at 1x, as a monitoring system would. A longer `for` is tried, just longer
    /// than the condition ever held then: on as many runs with other random numbers, and on failures of which the alert tells.
    ///
    /// What is close to it: an alert that pages where SLOs are missed at today's load, and is right.
    SIMULATED "noisy-alert", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let Some(review) = evidence.review else { return Vec::new() };
    if !review.runs.first().is_some_and(|run| run.outcome.holds) {
        return Vec::new();
    }
    review.noise.iter().filter(|n| n.pages > 0).map(|noise| told(evidence, review, noise)).collect()
}

fn told(evidence: &Evidence, review: &Review, noise: &Noise) -> Finding {
    let alert = &evidence.model.alerts[noise.alert];
    let calmer = review.calmer.iter().find(|c| c.alert == noise.alert);
    // A rule that tells of nothing, or no longer of what it told of, is no better; one that still pages is no calmer.
    let helps = calmer.filter(|c| c.pages[1] == 0 && c.tells[0] > 0 && c.tells[0] == c.tells[1]);
    let mut lines = vec![format!(
        "It pages {} times in {} at 1x without a fault, while all SLOs hold; its condition holds for up to {} then.",
        noise.pages,
        round(noise.watched),
        noise.longest
    )];
    lines.extend(calmer.map(tried));
    if helps.is_none() {
        lines.push("A longer `for` does not make it a good rule: its limit is too close to what is usual.".into());
    }
    lines.push(format!("Shown by {} replications, seed {}.", review.replications, review.seed));
    Finding {
        code: LINT.code,
        severity: Severity::P2,
        confidence: Confidence::High,
        title: format!("{} pages while nothing is wrong", alert.name),
        subject: alert.name.clone(),
        origin: Some(alert.origin.clone()),
        evidence: lines,
        fix: helps.map(|c| Fix {
            summary: format!("wait for {} before paging", c.change.to),
            changes: vec![c.change.clone()],
        }),
        effect: None,
        other_effects: Vec::new(),
    }
}

fn tried(calmer: &Calmer) -> String {
    let Calmer { pages: [before, after], tells: [told, still], .. } = calmer;
    format!(
        "With `for: {}` it pages {after} times instead of {before} in {} with other random numbers, and tells of {still} of {told} failures as before.",
        calmer.change.to,
        round(calmer.watched)
    )
}

fn round(time: SimDuration) -> SimDuration {
    SimDuration::from_seconds(time.seconds().round())
}
