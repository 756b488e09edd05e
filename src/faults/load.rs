//! A traffic spike: every open source sends so many times as much while it lasts.

use super::{Effect, FaultError, FaultKind, Form, FormError, Strikes, Target, WHEN};
use crate::plan::{Arrivals, Knobs, Plan};
use crate::units::show_factor;
use crate::yaml::{Field, Shape, Takes};

/// `load`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.load",
    "Traffic multiplies: every open source sends so many times as much.",
    &[Field::required("load", Takes::Factor, "How many times.")],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "load",
    strikes: Strikes::Traffic,
    shape: &SHAPE,
    example: "load:3x@60s+30s",
    summary: "multiply the traffic (a spike)",
    amount_field: |_| Some("load"),
    read: |settings| match settings.factor("load")? {
        Some(1.0) => Err(FormError::at("load", "`1x` changes nothing", "write how many times, such as `3x`")),
        Some(factor) => Ok(FaultKind::Load(Load { factor })),
        None => Err(FormError::missing(
            "a load fault needs to know how many times the traffic",
            "write it: `load: 3x`, or `load:3x` in --fail",
        )),
    },
};

/// Traffic multiplies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// By how much, above 0.
    pub factor: f64,
}

impl Effect for Load {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, _: &Target, plan: &Plan) -> Result<(), FaultError> {
        if plan.sources.iter().all(|s| matches!(s.arrivals, Arrivals::Closed { .. })) {
            return Err(FaultError::new(
                "a load fault changes arrival rates, and all traffic here is a fixed number of users",
                "use `--load` to multiply users for the whole run, or give the traffic a `rate`",
            ));
        }
        Ok(())
    }

    fn turn(&self, _: &Target, _: &Plan, knobs: &mut Knobs) {
        knobs.load *= self.factor;
    }

    fn grown(&self, part: f64) -> Option<FaultKind> {
        Some(FaultKind::Load(Load { factor: 1.0 + (self.factor - 1.0) * part }))
    }

    fn amount(&self) -> Option<String> {
        Some(show_factor(self.factor))
    }

    fn describe(&self, _: &Target) -> String {
        format!("{} the traffic", show_factor(self.factor))
    }
}
