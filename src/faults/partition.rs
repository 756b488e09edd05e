//! Nothing gets through to a component, or along one edge: callers wait for their timeout, or until the partition ends.

use super::{Effect, FaultError, FaultKind, Form, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan};
use crate::yaml::{Field, Shape, Takes};

/// `partition`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.partition",
    "Nothing gets through: callers wait for their time-out, or until the partition ends.",
    &[Field::required("partition", Takes::Edge, "To a component, or along one connection, `caller>callee`.")],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "partition",
    strikes: Strikes::ComponentOrEdge,
    shape: &SHAPE,
    example: "partition:orders>payments@60s+30s",
    summary: "let nothing through to a component or along an edge",
    amount_field: |_| None,
    read: |_| Ok(FaultKind::Partition(Partition)),
};

/// Nothing gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition;

impl Effect for Partition {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        target.check_edges(plan, FORM.word)
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        for edge in target.edges(plan) {
            knobs.edges[edge.index()].cut = true;
        }
    }

    fn describe(&self, target: &Target) -> String {
        match target {
            Target::Edge(name) => match name.split_once('>') {
                Some((from, to)) => format!("{from} cut off from {to}"),
                None => format!("{name} cut"),
            },
            _ => format!("{target} cut off"),
        }
    }
}
