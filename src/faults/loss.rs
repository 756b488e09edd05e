//! Packets are lost on the way to a component or along an edge, and sent again after TCP's time-out: 200 ms, doubling.

use super::{Effect, FaultError, FaultKind, Form, FormError, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan, strike};
use crate::units::show_ratio;
use crate::yaml::{Field, Shape, Takes};

/// `loss`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.loss",
    "Messages are lost on the way, and sent again after 200 ms, 400 ms, … (TCP's retransmission on Linux).",
    &[
        Field::required("loss", Takes::Edge, "To a component, or along one connection, `caller>callee`."),
        Field::required(
            "share",
            Takes::Share,
            "This share of requests, and of answers, each time they are sent; at most 99%.",
        ),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "loss",
    strikes: Strikes::ComponentOrEdge,
    shape: &SHAPE,
    example: "loss:orders>payments:5%@60s+30s",
    summary: "lose a share of what is sent to a component or along an edge",
    amount_field: |_| Some("share"),
    read: |settings| match settings.share("share")? {
        Some(share) if share <= 0.99 => Ok(FaultKind::Loss(Loss { share })),
        Some(_) => Err(FormError::at("share", "a loss above 99% is no connection", "write less, or use `partition`")),
        None => Err(FormError::missing(
            "a loss fault needs to know the share of messages that are lost",
            "write it: `share: 5%`, or `loss:orders>payments:5%` in --fail",
        )),
    },
};

/// Messages are lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// How many of them, in (0, 0.99].
    pub share: f64,
}

impl Effect for Loss {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        target.check_edges(plan, FORM.word)
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        for edge in target.edges(plan) {
            strike(&mut knobs.edges[edge.index()].loss, self.share);
        }
    }

    fn grown(&self, part: f64) -> Option<FaultKind> {
        Some(FaultKind::Loss(Loss { share: self.share * part }))
    }

    fn amount(&self) -> Option<String> {
        Some(show_ratio(self.share))
    }

    fn describe(&self, target: &Target) -> String {
        format!("{target} losing {} of messages", show_ratio(self.share))
    }
}
