//! The consumers of a queue take no new messages; those in progress are finished.

use super::{Effect, FaultError, FaultKind, Form, Strikes, Target, WHEN, target::suggest};
use crate::plan::{Knobs, Plan};
use crate::yaml::{Field, Shape, Takes};

/// `consumer_stop`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.consumer_stop",
    "Consumers take no new messages; those in progress are finished.",
    &[Field::required("consumer_stop", Takes::Name, "Of which queue.")],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "consumer_stop",
    strikes: Strikes::Component,
    shape: &SHAPE,
    example: "consumer_stop:order-events@60s+30s",
    summary: "stop the consumers of a queue",
    amount_field: |_| None,
    read: |_| Ok(FaultKind::ConsumerStop(ConsumerStop)),
};

/// Nobody takes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumerStop;

impl Effect for ConsumerStop {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        let component = target.component(plan, FORM.word)?;
        let consumed = || plan.topics.iter().filter(|t| !t.consumers.is_empty());
        if consumed().any(|t| t.component == component) {
            return Ok(());
        }
        let names: Vec<&str> = consumed().map(|t| plan.components[t.component.index()].name.as_str()).collect();
        let message = if plan.topics.iter().any(|t| t.component == component) {
            format!("`{target}` has no consumers to stop")
        } else {
            format!("`{target}` is a {}, not a queue", plan.components[component.index()].role.word())
        };
        Err(FaultError::new(message, suggest("", &names)))
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let Ok(component) = target.component(plan, FORM.word) else { return };
        for (topic, position) in plan.topics.iter().zip(&mut knobs.topics) {
            if topic.component == component {
                position.paused = true;
            }
        }
    }

    fn describe(&self, target: &Target) -> String {
        format!("{target} without consumers")
    }
}
