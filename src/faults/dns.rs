//! A name cannot be resolved: new connections cannot be opened, and those that are open go on.
//!
//! A caller with a pool feels it only when it needs a further connection, or one has broken; a caller without one opens
//! a connection for each call.

use super::{Effect, FaultError, FaultKind, Form, Strikes, Target, WHEN};
use crate::plan::{EdgeId, Knobs, Plan, strike};
use crate::units::show_ratio;
use crate::yaml::{Field, Shape, Takes};

/// `dns`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.dns",
    "A name cannot be resolved: new connections cannot be opened, while open ones of a pool go on. Calls without a pool need a new one each.",
    &[
        Field::required("dns", Takes::Edge, "Whose name: a component's, or for one caller only, `caller>callee`."),
        Field::new("share", Takes::Share, "This share of the look-ups fails. Default: all."),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "dns",
    strikes: Strikes::ComponentOrEdge,
    shape: &SHAPE,
    example: "dns:orders-db@60s+30s",
    summary: "let no new connection be opened to a component or along an edge",
    amount_field: |_| Some("share"),
    read: |settings| Ok(FaultKind::Dns(Dns { share: settings.share("share")?.unwrap_or(1.0) })),
};

/// New connections fail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dns {
    /// How many of them, in (0, 1].
    pub share: f64,
}

/// Whether it is known when connections of an edge are opened: each time, or in a pool that says so.
fn opens(plan: &Plan, edge: EdgeId) -> bool {
    let edge = &plan.edges[edge.index()];
    let counted = plan.stations_of(edge.to).next().is_some_and(|s| plan.stations[s.index()].clients.is_some());
    edge.pool.is_none() || edge.connect.is_some() || counted
}

impl Effect for Dns {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        target.check_edges(plan, FORM.word)?;
        match target.edges(plan).into_iter().find(|edge| !opens(plan, *edge)) {
            Some(edge) => Err(FaultError::new(
                format!("when the pool of `{}` opens its connections is not known", plan.edges[edge.index()].name),
                "say what opening one takes: `pool: { size: 10, connect: 20ms }`",
            )),
            None => Ok(()),
        }
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        for edge in target.edges(plan) {
            strike(&mut knobs.edges[edge.index()].away.unresolved, self.share);
        }
    }

    fn grown(&self, part: f64) -> Option<FaultKind> {
        Some(FaultKind::Dns(Dns { share: self.share * part }))
    }

    fn amount(&self) -> Option<String> {
        (self.share < 1.0).then(|| show_ratio(self.share))
    }

    fn describe(&self, target: &Target) -> String {
        format!("the name of {target} not resolved")
    }
}
