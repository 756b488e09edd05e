//! A new version is rolled out: every replica of a service is replaced, a few at a time.

use super::{Effect, FaultError, FaultKind, Form, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan};
use crate::yaml::{Field, Shape, Takes};

/// `deploy`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.deploy",
    "A new version: every replica is replaced, as the service's `rollout`, `startup` and `grace` say. It goes on until it is done.",
    &[Field::required("deploy", Takes::Name, "Which service; it says at least its `startup` or its `grace`.")],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "deploy",
    strikes: Strikes::Component,
    shape: &SHAPE,
    example: "deploy:web@60s",
    summary: "roll out a new version of a service",
    amount_field: |_| None,
    read: |_| Ok(FaultKind::Deploy(Deploy)),
};

/// All replicas are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deploy;

impl Effect for Deploy {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        let component = target.component(plan, FORM.word)?;
        if plan.stations_of(component).any(|s| plan.stations[s.index()].fleet.is_some()) {
            return Ok(());
        }
        let message = format!("`{target}` does not say how its replicas start and stop");
        Err(FaultError::new(message, "add for instance `startup: 20s` and `grace: 30s` to the service"))
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let Ok(component) = target.component(plan, FORM.word) else { return };
        for station in plan.stations_of(component) {
            knobs.stations[station.index()].deploys += 1;
        }
    }

    fn describe(&self, target: &Target) -> String {
        format!("{target} deployed")
    }
}
