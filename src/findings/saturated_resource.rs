//! A resource that gives out before the load asked for is reached.

use super::words::{percent, seconds};
use super::{Confidence, Effect, Evidence, Figure, Finding, Fix, Severity, declare_lint};
use crate::experiments::{Bottleneck, Review};
use crate::graph::{Bound, Resource};
use crate::measure::Estimate;
use crate::model::{Change, Metric, What};
use crate::units::show_factor;

declare_lint! {
    /// What it is: workers, cores, connections, consumers or somebody's rate limit are used up before the load asked for
    /// is reached.
    ///
    /// Why it is bad: beyond that load requests wait for the resource, time out and are refused, whatever else is added.
    ///
    /// How it is judged: the capacity is searched by simulation. Just above it, every busy resource is doubled in the
    /// model and run again with the same random numbers; those that make good at least a tenth of what is missed are
    /// bottlenecks. Resources that only the plan to the load asked for had to enlarge are reported with the demand that
    /// fills them. The fix is the number from that plan, which was proven as a whole.
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
    for bottleneck in review.bottlenecks.iter().filter(|b| wanted(b.usage.resource)) {
        findings.push(found(evidence, review, code, bottleneck));
    }
    for change in review.plan.iter().filter(|p| p.meets).flat_map(|p| &p.changes) {
        let told = review.bottlenecks.iter().any(|b| b.change.path == change.path);
        let bound = review.bounds.iter().find(|b| b.path == change.path).filter(|b| wanted(b.resource));
        if let (false, Some(bound)) = (told, bound) {
            findings.push(planned(evidence, review, code, bound, change));
        }
    }
    findings
}

fn found(evidence: &Evidence, review: &Review, code: &'static str, bottleneck: &Bottleneck) -> Finding {
    let usage = &bottleneck.usage;
    let bracket = review.capacity.bracket;
    let name = &usage.name;
    let slo = bottleneck.slo.and_then(|i| review.slos.get(i));
    let broken = slo.map_or("nothing growing without bound".to_owned(), |s| s.text.clone());
    let bound = review.bounds.iter().find(|b| b.path == usage.path && b.resource == usage.resource);
    let mut told = vec![
        format!(
            "the model lasts up to {} to {}; beyond it `{broken}` is missed (searched by simulation, seed {})",
            show_factor(bracket.low),
            show_factor(bracket.high),
            review.seed
        ),
        format!(
            "at {} {name} is {} busy and {:.0} wait for it, {} each",
            show_factor(bottleneck.load),
            percent(usage.utilization),
            usage.queue_mean,
            seconds(usage.wait_mean),
        ),
    ];
    told.extend(
        bound
            .filter(|b| b.load.is_finite())
            .map(|b| format!("by arithmetic it is busy all the time at {}", show_factor(b.load))),
    );
    told.push(format!(
        "doubling it ({} to {}) makes good {} of what is missed at {}, on the same random numbers",
        bottleneck.change.from.as_deref().unwrap_or("nothing"),
        bottleneck.change.to,
        percent(bottleneck.relief),
        show_factor(bottleneck.load),
    ));
    let (change, summary) = fix(review, bottleneck);
    Finding {
        code,
        severity: if bracket.high <= 1.2 { Severity::P0 } else { Severity::P1 },
        confidence: if clear(&bottleneck.difference) { Confidence::High } else { Confidence::Medium },
        title: format!("{name} gives out at {} of today's load", show_factor(bracket.high)),
        subject: name.clone(),
        origin: evidence.origin_of(&usage.path),
        evidence: told,
        fix: Some(Fix { summary, changes: vec![change] }),
        effect: Some(effect(evidence, review, bottleneck)),
        other_effects: Vec::new(),
    }
}

/// The number of the plan where it has one, else the double.
fn fix(review: &Review, bottleneck: &Bottleneck) -> (Change, String) {
    let path = &bottleneck.change.path;
    let planned = review.plan.iter().filter(|p| p.meets).flat_map(|p| &p.changes).find(|c| c.path == *path);
    let change = planned.unwrap_or(&bottleneck.change).clone();
    let target = if planned.is_some() { format!(" for {}", show_factor(review.load)) } else { String::new() };
    let summary = format!("{path} from {} to {}{target}", change.from.as_deref().unwrap_or("nothing"), change.to);
    (change, summary)
}

fn clear(difference: &Estimate) -> bool {
    difference.low > 0.0 || difference.high < 0.0
}

fn effect(evidence: &Evidence, review: &Review, bottleneck: &Bottleneck) -> Effect {
    let what = bottleneck.slo.and_then(|i| review.slos.get(i)).map(|s| s.what);
    let (subject, metric) = match what {
        Some(What::Compare { subject, metric, .. }) => (subject, metric),
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
    let load = show_factor(review.load);
    let busy = bound.busy * review.load / bound.capacity.max(1e-9);
    let from = change.from.as_deref().unwrap_or("nothing");
    Finding {
        code,
        severity: Severity::P1,
        confidence: Confidence::Medium,
        title: format!("{} would be the next to give out on the way to {load}", bound.name),
        subject: bound.name.clone(),
        origin: evidence.origin_of(&bound.path),
        evidence: vec![
            format!("the demand at {load} is {} times what there is", (busy * 100.0).round() / 100.0),
            format!(
                "without this change the expectations are missed at {load} even with all the others made (one run each)"
            ),
        ],
        fix: Some(Fix {
            summary: format!("{} from {from} to {}", change.path, change.to),
            changes: vec![change.clone()],
        }),
        effect: None,
        other_effects: Vec::new(),
    }
}
