//! A failure that outlives its cause.

use super::words::source;
use super::{Confidence, Evidence, Finding, Severity, declare_lint};
use crate::experiments::{Failure, Review};

declare_lint! {
    /// What it is: a component fails, comes back, and users still do not get what they got before.
    ///
    /// Why it is bad: somebody has to find out at night what keeps the system down, and shed load by hand. Metastable
    /// failures of this kind are behind the longest outages there are.
    ///
    /// How it is judged: goodput after the fault is compared with the same run without it, for all users together and for
    /// each endpoint. It counts as back when, over three seconds, at least nine tenths are answered again and stay
    /// answered until the run ends; the run leaves as much time to recover as the fault lasted. Near the edge this is
    /// chance, so the share of replications is told. What keeps the failure going is looked for by leaving retries out.
    ///
    /// What is close to it: a backlog that drains in time.
    SIMULATED "does-not-recover", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let Some(review) = evidence.review else { return Vec::new() };
    let stuck = evidence.confirmed().filter(|(_, f)| f.recoveries() < f.harms.len());
    stuck.map(|(i, f)| told(evidence, review, i, f)).collect()
}

fn told(evidence: &Evidence, review: &Review, index: usize, failure: &Failure) -> Finding {
    let (back, all) = (failure.recoveries(), failure.harms.len());
    let name = evidence.component(failure.target);
    let component = &evidence.model.plan.components[failure.target.index()];
    let what = failure.fault.describe();
    let after = review.drill.after;
    let mut lines = vec![format!("Within {after} of its end goodput is back in {back} of {all} replications.")];
    lines.push(format!(
        "As many requests are lost as {} of those that come while it lasts.",
        over(failure.lost_share())
    ));
    let sustained = review.sustained.iter().find(|(i, _)| *i == index).and_then(|(_, by)| *by);
    lines.extend(sustained.map(|by| format!("Without {by} it recovers, so they keep it going.")));
    let contained = review.contained.iter().find(|c| c.failure == index).is_some_and(|c| c.proven.is_some());
    if contained {
        lines.push("A guard contains it: see the finding about it.".into());
    }
    lines.push(source(review, failure));
    Finding {
        code: LINT.code,
        severity: Severity::P0,
        confidence: if back == 0 { Confidence::High } else { Confidence::Medium },
        title: format!("the system does not recover by itself from {what}"),
        subject: name.to_owned(),
        origin: Some(component.origin.clone()),
        evidence: lines,
        fix: None,
        effect: None,
        other_effects: Vec::new(),
    }
}

/// A share that may be above one, when the loss goes on.
fn over(share: f64) -> String {
    format!("{:.0}%", 100.0 * share)
}
