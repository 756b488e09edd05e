//! Findings that rest on what queries say of their rows.

use super::{Confidence, Evidence, Finding, Severity};
use crate::graph::Graph;
use crate::plan::{EndpointId, Rows};
use crate::units::SimDuration;

/// One finding for each query that is asked and whose rows pass the test: `title` goes on from its name.
pub(super) fn look_for(
    evidence: &Evidence,
    code: &'static str,
    title: &str,
    advice: &str,
    test: impl Fn(&Rows) -> bool,
) -> Vec<Finding> {
    let endpoints = evidence.model.plan.endpoints.iter().enumerate();
    let found = endpoints.filter_map(|(i, endpoint)| endpoint.rows.filter(&test).map(|rows| (i, endpoint, rows)));
    let asked = found.filter(|(i, ..)| evidence.graph.visits().endpoints[*i] > 0.0);
    let told = asked.map(|(i, endpoint, rows)| Finding {
        code,
        severity: Severity::P2,
        confidence: Confidence::Medium,
        title: format!("{} {title}", endpoint.name),
        subject: endpoint.name.clone(),
        origin: Some(endpoint.origin.clone()),
        evidence: vec![cost(evidence.graph, EndpointId::new(i), &rows), advice.into()],
        fix: None,
        effect: None,
        other_effects: Vec::new(),
    });
    told.collect()
}

fn cost(graph: &Graph<'_>, query: EndpointId, rows: &Rows) -> String {
    let time = SimDuration((graph.profile(query).work * 1e9) as u64);
    format!("It reads {} of {} rows each time and takes {time} on an idle server.", rows.touched, rows.rows)
}
