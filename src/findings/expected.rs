//! What a scenario expects a review not to find: `no P0`, `no missing-timeout on web>api`; and what is waived.

use super::policy::known_code;
use super::{Finding, LINTS, Severity};
use crate::model::{Expectation, Model, Waiver, What};
use crate::plan::Origin;
use crate::yaml::{Problem, did_you_mean};

const SEVERITIES: [Severity; 3] = [Severity::P0, Severity::P1, Severity::P2];

impl Finding {
    /// Whether an expectation speaks of this finding: by its code or its severity, and by its subject if it names one.
    pub fn is(&self, what: &str, on: Option<&str>) -> bool {
        (self.code == what || self.severity.word() == what) && on.is_none_or(|on| on == self.subject)
    }
}

/// Expectations and waivers that speak of findings there are not, or of subjects the model does not have: these would hold
/// whatever happens.
pub fn unknown(model: &Model) -> Vec<Problem> {
    let expectations = model.scenarios.iter().flat_map(|s| &s.expect);
    let waivers = model.waivers.iter().filter_map(|w| wrong_waiver(model, w));
    expectations.filter_map(|e| wrong(model, e)).chain(waivers).collect()
}

fn problem(model: &Model, origin: &Origin, field: Option<&str>, message: String) -> Problem {
    let path = field.map_or_else(|| origin.path.clone(), |field| format!("{}.{field}", origin.path));
    let place = model.document.get(&path).map(|node| node.place);
    place.map_or(Problem::of_file(&message), |place| Problem::at(place, &message))
}

fn wrong_waiver(model: &Model, waiver: &Waiver) -> Option<Problem> {
    if let Err((message, hint)) = known_code(&waiver.finding) {
        return Some(problem(model, &waiver.origin, Some("finding"), message).hint(hint));
    }
    let on = waiver.on.as_deref()?;
    // There are findings on alerts, on objectives, and on several components at once.
    let other = model.alerts.iter().any(|alert| alert.name == on) || model.slos.iter().any(|slo| slo.text == on);
    let (message, hint) = wrong_subject(model, on).filter(|_| !other && !on.contains(", "))?;
    Some(problem(model, &waiver.origin, Some("on"), message).hint(hint))
}

fn wrong(model: &Model, expectation: &Expectation) -> Option<Problem> {
    let What::No { what, on } = &expectation.what else { return None };
    let problem = |message: String| problem(model, &expectation.origin, None, message);
    let words = || SEVERITIES.iter().map(|s| s.word()).chain(LINTS.iter().map(|l| l.code));
    if !words().any(|word| word == what) {
        let hint = match did_you_mean(what, words()) {
            Some(near) => format!("did you mean `no {near}`?"),
            None => "write `no P0`, or the code of a finding: `no missing-timeout`".into(),
        };
        return Some(problem(format!("there is no finding `{what}`")).hint(hint));
    }
    let (message, hint) = wrong_subject(model, on.as_deref()?)?;
    Some(problem(message).hint(hint))
}

/// Message and hint where findings cannot be about this.
fn wrong_subject(model: &Model, on: &str) -> Option<(String, String)> {
    let plan = &model.plan;
    let subjects = || {
        let edges = plan.edges.iter().map(|e| e.name.as_str());
        let components = plan.components.iter().map(|c| c.name.as_str());
        edges.chain(components).chain(plan.endpoints.iter().map(|e| e.name.as_str()))
    };
    // A finding on a resource, `orders-db.connections`, is one on its component.
    let component = on.split(['.', '>']).next().unwrap_or(on);
    if subjects().any(|s| s == on || s == component) {
        return None;
    }
    let hint = match did_you_mean(on, subjects()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "findings are about components, endpoints and connections of the model".into(),
    };
    Some((format!("there is no `{on}`"), hint))
}
