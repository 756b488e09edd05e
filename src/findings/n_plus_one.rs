//! One query for a list, and one more for each of its rows.

use super::{Confidence, Evidence, Finding, Severity, declare_lint};
use crate::graph::Loop;
use crate::plan::Role;
use crate::units::SimDuration;

/// So many queries one after the other are more than chance.
const MANY: f64 = 5.0;

declare_lint! {
    /// What it is: an endpoint repeats a query to a database five times or more, one after the other (N+1).
    ///
    /// Why it is bad: each of them waits for a connection, travels, and is answered. The request takes N times as long, and
    /// the database and the pool serve N times as many queries, for what one query could say.
    ///
    /// How it is judged: by what the model says; its time is arithmetic on an idle system.
    ///
    /// What is close to it: queries side by side (`parallel`), which take connections instead of time.
    STATIC "n-plus-one", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let plan = &evidence.model.plan;
    let is_query = |found: &Loop| {
        let station = plan.endpoints[plan.links[found.link.index()].to.index()].station;
        plan.components[plan.stations[station.index()].component.index()].role == Role::Database
    };
    let asked = |found: &Loop| evidence.graph.visits().endpoints[found.endpoint.index()] > 0.0;
    let found = evidence.graph.loops().into_iter().filter(|l| l.times >= MANY && is_query(l) && asked(l));
    found.map(|found| tell(evidence, &found)).collect()
}

fn tell(evidence: &Evidence, found: &Loop) -> Finding {
    let plan = &evidence.model.plan;
    let endpoint = &plan.endpoints[found.endpoint.index()];
    let query = &plan.endpoints[plan.links[found.link.index()].to.index()].name;
    let each = evidence.graph.call_latency(found.link);
    let time = |seconds: f64| SimDuration((seconds * 1e9) as u64);
    Finding {
        code: LINT.code,
        severity: Severity::P2,
        confidence: Confidence::Medium,
        title: format!("{} asks {query} {} times in a row", endpoint.name, found.times),
        subject: endpoint.name.clone(),
        origin: Some(endpoint.origin.clone()),
        evidence: vec![
            format!("Each takes {} when nothing waits, all of them {}.", time(each), time(each * found.times)),
            "Ask once for all of them (a join, `IN (…)`, or a batch).".into(),
        ],
        fix: None,
        effect: None,
        other_effects: Vec::new(),
    }
}
