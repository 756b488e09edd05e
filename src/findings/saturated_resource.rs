//! A resource that gives out before the load asked for is reached.

use super::words::{list, percent, seconds, times};
use super::{Confidence, Effect, Evidence, Figure, Finding, Fix, Severity, declare_lint};
use crate::experiments::{Bottleneck, Review};
use crate::graph::{Bound, Resource};
use crate::measure::Estimate;
use crate::model::{Change, Metric, What};

declare_lint! {
    /// What it is: workers, cores, connections, consumers or somebody's rate limit are used up before the load asked for
    /// is reached.
    ///
    /// Why it is bad: beyond that load requests wait for the resource, time out and are refused, whatever else is added.
    ///
    /// How it is judged: the capacity is searched by simulation. Just above it, every busy resource is doubled in the
    /// model and run again with the same random numbers; the one that makes good most of what is missed, a tenth at
    /// least, is the bottleneck. It stays doubled, and the next one is looked for in the same way, up to the load asked
    /// for. Resources that only the plan to that load had to enlarge are reported with the demand that fills them. The
    /// fix is the number from that plan, which was proven as a whole.
    ///
    /// What is close to it: a resource that is busy but whose doubling changes nothing, because it only waits for another.
    SIMULATED "saturated-resource", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    saturated(evidence, LINT.code, |r| !matches!(r, Resource::Pool(_)))
}

/// Bottlenecks below the load asked for, then what else the plan had to enlarge; of these kinds of resource.
pub(super) fn saturated(evidence: &Evidence, code: &'static str, wanted: fn(Resource) -> bool) -> Vec<Finding> {
    let Some(review) = evidence.review else { return Vec::new() };
    if review.capacity.bracket.low >= review.load {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = Vec::new();
    for (i, bottleneck) in review.bottlenecks.iter().enumerate().filter(|(_, b)| wanted(b.usage.resource)) {
        findings.push(found(evidence, review, code, bottleneck, &review.bottlenecks[..i]));
    }
    for change in planned_changes(review) {
        let told = review.bottlenecks.iter().any(|b| b.change.path == change.path);
        let bound = review.bounds.iter().find(|b| b.path == change.path).filter(|b| wanted(b.resource));
        if let (false, Some(bound)) = (told, bound) {
            findings.push(planned(evidence, review, code, bound, change));
        }
    }
    findings
}

fn found(
    evidence: &Evidence,
    review: &Review,
    code: &'static str,
    bottleneck: &Bottleneck,
    before: &[Bottleneck],
) -> Finding {
    let (usage, edge) = (&bottleneck.usage, times(bottleneck.edge));
    let name = &usage.name;
    let slo = bottleneck.slo.and_then(|i| review.slos.get(i));
    let broken = slo.map_or("something grows without bound".to_owned(), |s| format!("`{}` is missed", s.text));
    let bound = review.bounds.iter().find(|b| b.path == usage.path && b.resource == usage.resource);
    let relieved: Vec<String> = before.iter().map(|b| b.usage.name.clone()).collect();
    let after = match relieved.len() {
        0 => String::new(),
        1 => format!(" once {} is doubled", relieved[0]),
        _ => format!(" once {} are doubled", list(&relieved)),
    };
    let at = times(bottleneck.load);
    let mut told = vec![format!("Beyond {edge}{after}, {broken}.")];
    told.push(match usage.wait_mean > 0.0 {
        true => format!(
            "At {at} {name} is {} busy, {:.0} wait for it, {} each.",
            percent(usage.utilization),
            usage.queue_mean,
            seconds(usage.wait_mean),
        ),
        false => format!("At {at} {name} is {} busy.", percent(usage.utilization)),
    });
    told.extend(
        bound
            .filter(|b| b.load.is_finite())
            .map(|b| format!("By arithmetic it is busy all the time at {}.", times(b.load))),
    );
    told.push(format!(
        "Doubling it ({} to {}) makes good {} of what is missed there, on the same random numbers (seed {}).",
        bottleneck.change.from.as_deref().unwrap_or("nothing"),
        bottleneck.change.to,
        percent(bottleneck.relief),
        review.seed,
    ));
    let (change, summary) = fix(review, bottleneck);
    Finding {
        code,
        severity: if bottleneck.edge <= 1.2 { Severity::P0 } else { Severity::P1 },
        confidence: if clear(&bottleneck.difference) { Confidence::High } else { Confidence::Medium },
        title: format!("{name} gives out at {edge} of today's load{after}"),
        subject: name.clone(),
        origin: evidence.origin_of(&usage.path),
        evidence: told,
        fix: Some(Fix { summary, changes: vec![change] }),
        effect: Some(effect(evidence, review, bottleneck)),
        other_effects: Vec::new(),
    }
}

/// The changes of the plan to the load of the review, when it meets what it should.
fn planned_changes(review: &Review) -> impl Iterator<Item = &Change> {
    review.plan.iter().filter(|p| p.meets && p.load == review.load).flat_map(|p| &p.changes)
}

/// The number of the plan where it has one, else the double.
fn fix(review: &Review, bottleneck: &Bottleneck) -> (Change, String) {
    let path = &bottleneck.change.path;
    let planned = planned_changes(review).find(|c| c.path == *path);
    let change = planned.unwrap_or(&bottleneck.change).clone();
    let target = if planned.is_some() { format!(" for {}", times(review.load)) } else { String::new() };
    let summary = format!("{path} from {} to {}{target}", change.from.as_deref().unwrap_or("nothing"), change.to);
    (change, summary)
}

fn clear(difference: &Estimate) -> bool {
    difference.low > 0.0 || difference.high < 0.0
}

fn effect(evidence: &Evidence, review: &Review, bottleneck: &Bottleneck) -> Effect {
    let what = bottleneck.slo.and_then(|i| review.slos.get(i)).map(|s| &s.what);
    let (subject, metric) = match what {
        Some(&What::Compare { subject, metric, .. }) => (subject, metric),
        _ => (None, Metric::Queue),
    };
    Effect {
        subject: super::slo_missed_at_target::subject(evidence, subject),
        figure: Figure::Metric(metric),
        before: bottleneck.before,
        after: bottleneck.after,
        difference: Some(bottleneck.difference),
    }
}

/// The plan had to enlarge it, though another gave out before.
fn planned(evidence: &Evidence, review: &Review, code: &'static str, bound: &Bound, change: &Change) -> Finding {
    let load = times(review.load);
    let busy = bound.busy * review.load / bound.capacity.max(1e-9);
    let from = change.from.as_deref().unwrap_or("nothing");
    Finding {
        code,
        severity: Severity::P1,
        confidence: Confidence::Medium,
        title: format!("{} gives out on the way to {load}", bound.name),
        subject: bound.name.clone(),
        origin: evidence.origin_of(&bound.path),
        evidence: vec![
            format!("The traffic at {load} keeps {} of it busy, by arithmetic.", percent_over(busy)),
            format!("Without this change the expectations are missed at {load} with all the others made (one run)."),
        ],
        fix: Some(Fix {
            summary: format!("{} from {from} to {}", change.path, change.to),
            changes: vec![change.clone()],
        }),
        effect: None,
        other_effects: Vec::new(),
    }
}

/// A share that may be above one.
fn percent_over(share: f64) -> String {
    format!("{:.0}%", 100.0 * share)
}
