//! Calls are answered at once with "too many requests": a quota was cut, or a share of the calls is over it.

use super::{Effect, FaultError, FaultKind, Form, FormError, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan, strike};
use crate::units::{show_rate, show_ratio};
use crate::yaml::{Field, Shape, Takes};

/// `throttle`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.throttle",
    "Calls are answered at once as rate limited (429).",
    &[
        Field::required(
            "throttle",
            Takes::Edge,
            "Calls of what: a component, an endpoint of one (`payments.charge`), or one connection, `caller>callee`.",
        ),
        Field::new("share", Takes::Share, "This share of them, whatever the load."),
        Field::new(
            "rate",
            Takes::Rate,
            "Only so many get through, by a token bucket that holds a tenth of a second of them, at least one. Of two such \
             limits on the same target the lower counts.",
        ),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "throttle",
    strikes: Strikes::Calls,
    shape: &SHAPE,
    example: "throttle:stripe:100/s@60s+30s",
    summary: "let only so many calls through (100/s), or answer a share of them with 429 (20%)",
    amount_field: |text| Some(if text.ends_with('%') { "share" } else { "rate" }),
    read: |settings| match (settings.share("share")?, settings.rate("rate")?) {
        (Some(share), None) => Ok(FaultKind::Throttle(Throttle::Share(share))),
        (None, Some(rate)) => Ok(FaultKind::Throttle(Throttle::Rate(rate))),
        (Some(_), Some(_)) => Err(FormError::at(
            "rate",
            "`share` and `rate` are two different faults",
            "write one of the two, or two faults",
        )),
        (None, None) => Err(FormError::missing(
            "a throttle fault needs to know how much gets through",
            "write a limit (`rate: 100/s`, or `100/s` in --fail) or a share that does not (`share: 20%`, or `20%`)",
        )),
    },
};

/// How much is answered as rate limited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Throttle {
    /// This share of the calls, in (0, 1].
    Share(f64),
    /// What comes beyond so many per second.
    Rate(f64),
}

impl Effect for Throttle {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        target.check_calls(plan, FORM.word)
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        match *self {
            Throttle::Share(share) => target.away(plan, knobs).for_each(|away| strike(&mut away.limited, share)),
            Throttle::Rate(rate) => {
                for quota in target.quotas(plan, knobs) {
                    *quota = Some(quota.map_or(rate, |other| other.min(rate)));
                }
            }
        }
    }

    fn grown(&self, part: f64) -> Option<FaultKind> {
        match *self {
            Throttle::Share(share) => Some(FaultKind::Throttle(Throttle::Share(share * part))),
            Throttle::Rate(_) => None,
        }
    }

    fn amount(&self) -> Option<String> {
        Some(match *self {
            Throttle::Share(share) => show_ratio(share),
            Throttle::Rate(rate) => show_rate(rate),
        })
    }

    fn describe(&self, target: &Target) -> String {
        match *self {
            Throttle::Share(share) => format!("{target} throttling {} of calls", show_ratio(share)),
            Throttle::Rate(rate) => format!("{target} throttled to {}", show_rate(rate)),
        }
    }
}
