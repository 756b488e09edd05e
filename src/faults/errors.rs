//! A share of the requests that reach a component or an endpoint, or that go along an edge, is answered with an error at
//! once.

use super::{Effect, FaultError, FaultKind, Form, FormError, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan, strike};
use crate::units::show_ratio;
use crate::yaml::{Field, Shape, Takes};

/// `errors`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.errors",
    "A share of the requests is answered with an error at once.",
    &[
        Field::required(
            "errors",
            Takes::Edge,
            "Of what: a component, an endpoint of one (`payments.charge`), or one connection, `caller>callee`.",
        ),
        Field::required("share", Takes::Share, "This share of them."),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "errors",
    strikes: Strikes::Calls,
    shape: &SHAPE,
    example: "errors:payments:50%@60s",
    summary: "answer a share of the requests with an error",
    amount_field: |_| Some("share"),
    read: |settings| match settings.share("share")? {
        Some(share) => Ok(FaultKind::Errors(Errors { share })),
        None => Err(FormError::missing(
            "an errors fault needs to know the share of requests that fail",
            "write it: `share: 50%`, or `errors:payments:50%` in --fail",
        )),
    },
};

/// Requests are answered with errors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Errors {
    /// How many of them, in (0, 1].
    pub share: f64,
}

impl Effect for Errors {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        target.check_calls(plan, FORM.word)
    }

    /// Two such faults are independent of one another: a request succeeds when neither strikes it.
    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let Ok(component) = target.component(plan, FORM.word) else {
            return target.away(plan, knobs).for_each(|away| strike(&mut away.errors, self.share));
        };
        for station in plan.stations_of(component) {
            strike(&mut knobs.stations[station.index()].error_rate, self.share);
        }
    }

    fn grown(&self, part: f64) -> Option<FaultKind> {
        Some(FaultKind::Errors(Errors { share: self.share * part }))
    }

    fn amount(&self) -> Option<String> {
        Some(show_ratio(self.share))
    }

    fn describe(&self, target: &Target) -> String {
        match self.share {
            share if share >= 1.0 => format!("{target} failing"),
            share => format!("{target} failing {} of requests", show_ratio(share)),
        }
    }
}
