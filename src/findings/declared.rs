//! Findings that rest on what a model declares.

use super::{Confidence, Evidence, Finding, Severity};
use crate::plan::{ComponentId, Declarations};

/// One finding for each component whose declarations pass the test: `title` goes on from its name.
pub(super) fn look_for(
    evidence: &Evidence,
    code: &'static str,
    title: &str,
    advice: &str,
    test: impl Fn(ComponentId, &Declarations) -> bool,
) -> Vec<Finding> {
    let components = evidence.model.plan.components.iter().enumerate().map(|(i, c)| (ComponentId::new(i), c));
    let found = components.filter(|(id, component)| test(*id, &component.declared));
    let told = found.map(|(_, component)| Finding {
        code,
        severity: Severity::P2,
        confidence: Confidence::Medium,
        title: format!("{} {title}", component.name),
        subject: component.name.clone(),
        origin: Some(component.origin.clone()),
        evidence: vec!["The model says so.".into(), advice.into()],
        fix: None,
        effect: None,
        other_effects: Vec::new(),
    });
    told.collect()
}

/// Whether a component has several replicas.
pub(super) fn several(evidence: &Evidence, id: ComponentId) -> bool {
    let plan = &evidence.model.plan;
    plan.stations_of(id).any(|station| plan.stations[station.index()].replicas > 1)
}
