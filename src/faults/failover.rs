//! A database fails over: its primary is gone for a while, with every connection to it. Its read replicas go on.

use super::{Effect, FaultError, FaultKind, Form, Strikes, Target, WHEN, target::suggest};
use crate::plan::{Knobs, Plan, Role, StationId};
use crate::units::SimDuration;
use crate::yaml::{Field, Shape, Takes};

/// `failover`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.failover",
    "A database fails over: its primary (or first shard) is gone, with every connection to it, until another one takes its place: after `for`, or the database's own `failover` if that is shorter.",
    &[Field::required("failover", Takes::Name, "Which database; without a `failover` of its own, `for` says how long.")],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "failover",
    strikes: Strikes::Component,
    shape: &SHAPE,
    example: "failover:orders-db@60s+30s",
    summary: "let a database be without its primary until another one takes over",
    amount_field: |_| None,
    read: |_| Ok(FaultKind::Failover(Failover)),
};

/// The primary is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failover;

impl Failover {
    /// How long a database takes to replace its primary by itself, if it does.
    pub(super) fn by_itself(target: &Target, plan: &Plan) -> Option<SimDuration> {
        primary(target, plan).and_then(|station| plan.stations[station.index()].failover)
    }
}

fn primary(target: &Target, plan: &Plan) -> Option<StationId> {
    plan.stations_of(target.component(plan, FORM.word).ok()?).next()
}

impl Effect for Failover {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        let component = target.component(plan, FORM.word)?;
        let is_one = |c: &&crate::plan::Component| c.role == Role::Database;
        let found = &plan.components[component.index()];
        if is_one(&found) {
            return Ok(());
        }
        let names: Vec<&str> = plan.components.iter().filter(is_one).map(|c| c.name.as_str()).collect();
        Err(FaultError::new(format!("`{target}` is a {}, not a database", found.role.word()), suggest("", &names)))
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let Some(station) = primary(target, plan) else { return };
        let down = &mut knobs.stations[station.index()].down;
        *down = (*down + 1).min(plan.stations[station.index()].replicas);
        knobs.stations[station.index()].replaced = true;
    }

    fn describe(&self, target: &Target) -> String {
        format!("{target} failing over")
    }
}
