//! A queue that grows without end.

use super::words::times;
use super::{Confidence, Evidence, Finding, Severity, declare_lint};
use crate::graph::{Bound, Resource};
use crate::plan::{Role, UNLIMITED};

declare_lint! {
    /// What it is: messages come faster than their consumers can handle them, and nothing limits how many wait; or a
    /// station's accept queue has no limit and its workers give out.
    ///
    /// Why it is bad: nothing fails, so nobody is told. The backlog grows until messages are days late or the disk is
    /// full, and it takes as long to work off.
    ///
    /// How it is judged: by the demand on consumers and workers at today's load, and at the load asked for in a review.
    ///
    /// What is close to it: a queue without a limit whose consumers have room; a line without a limit that a longest wait,
    /// CoDel, a concurrency limit or load shedding keeps short.
    STATIC "unbounded-queue", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let load = evidence.review.map_or(1.0, |r| r.load.max(1.0));
    let short = evidence.graph.bounds().into_iter().filter(|b| b.load < load);
    short.filter(|b| is_unbounded(evidence, b)).map(|b| told(evidence, &b, load)).collect()
}

fn is_unbounded(evidence: &Evidence, bound: &Bound) -> bool {
    let plan = &evidence.model.plan;
    match bound.resource {
        Resource::Consumers(topic) => plan.topics[topic.index()].capacity == UNLIMITED,
        // Those who wait for a database are limited by the workers of its callers.
        Resource::Workers(station) => {
            let station = &plan.stations[station.index()];
            let grows = station.queue == UNLIMITED && !station.admission.keeps_short();
            grows && plan.components[station.component.index()].role == Role::Service
        }
        _ => false,
    }
}

fn told(evidence: &Evidence, bound: &Bound, load: f64) -> Finding {
    let (at, from) = (times(load), times(bound.load));
    let waits = if matches!(bound.resource, Resource::Consumers(_)) { "messages" } else { "requests" };
    Finding {
        code: LINT.code,
        severity: if bound.load <= 1.0 { Severity::P0 } else { Severity::P1 },
        confidence: Confidence::Medium,
        title: format!("from {from} on {waits} pile up without limit before {}", bound.name),
        subject: bound.name.clone(),
        origin: evidence.origin_of(&bound.path),
        evidence: vec![format!(
            "At {at} they would keep {:.1} of {} busy, by arithmetic; nothing limits how many wait.",
            bound.busy * load,
            bound.capacity
        )],
        fix: None,
        effect: None,
        other_effects: Vec::new(),
    }
}
