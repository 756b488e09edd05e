//! What a scenario expects a review not to find: `no P0`, `no missing-timeout on web>api`.

use super::{Finding, LINTS, Severity};
use crate::model::{Expectation, Model, What};
use crate::yaml::{Problem, did_you_mean};

const SEVERITIES: [Severity; 3] = [Severity::P0, Severity::P1, Severity::P2];

impl Finding {
    /// Whether an expectation speaks of this finding: by its code or its severity, and by its subject if it names one.
    pub fn is(&self, what: &str, on: Option<&str>) -> bool {
        (self.code == what || self.severity.word() == what) && on.is_none_or(|on| on == self.subject)
    }
}

/// Expectations that speak of findings there are not, or of subjects the model does not have: these would hold whatever
/// happens.
pub fn unknown(model: &Model) -> Vec<Problem> {
    let expectations = model.scenarios.iter().flat_map(|s| &s.expect);
    expectations.filter_map(|e| wrong(model, e)).collect()
}

fn wrong(model: &Model, expectation: &Expectation) -> Option<Problem> {
    let What::No { what, on } = &expectation.what else { return None };
    let place = model.document.get(&expectation.origin.path).map(|node| node.place);
    let problem = |message: String| place.map_or(Problem::of_file(&message), |place| Problem::at(place, &message));
    let words = || SEVERITIES.iter().map(|s| s.word()).chain(LINTS.iter().map(|l| l.code));
    if !words().any(|word| word == what) {
        let hint = match did_you_mean(what, words()) {
            Some(near) => format!("did you mean `no {near}`?"),
            None => "write `no P0`, or the code of a finding: `no missing-timeout`".into(),
        };
        return Some(problem(format!("there is no finding `{what}`")).hint(hint));
    }
    let plan = &model.plan;
    let subjects = || {
        let edges = plan.edges.iter().map(|e| e.name.as_str());
        let components = plan.components.iter().map(|c| c.name.as_str());
        edges.chain(components).chain(plan.endpoints.iter().map(|e| e.name.as_str()))
    };
    let on = on.as_deref()?;
    // A finding on a resource, `orders-db.connections`, is one on its component.
    let component = on.split(['.', '>']).next().unwrap_or(on);
    if subjects().any(|s| s == on || s == component) {
        return None;
    }
    let hint = match did_you_mean(on, subjects()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "findings are about components, endpoints and connections of the model".into(),
    };
    Some(problem(format!("there is no `{on}`")).hint(hint))
}
