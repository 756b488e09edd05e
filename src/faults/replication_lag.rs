//! Read replicas fall behind: changes reach them late, and what is read from them is old.

use super::{Effect, FaultError, FaultKind, Form, Strikes, Target, WHEN, target::suggest};
use crate::plan::{Knobs, Plan};
use crate::units::SimDuration;
use crate::yaml::{Field, Shape, Takes};

/// `replication_lag`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.replication_lag",
    "Changes reach the read replicas of a database late.",
    &[
        Field::required("replication_lag", Takes::Name, "Which database; its `read_replicas` have `keys`."),
        Field::required("add", Takes::Duration, "How much later."),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "replication_lag",
    strikes: Strikes::Component,
    shape: &SHAPE,
    example: "replication_lag:orders-db:+5s@60s+30s",
    summary: "let changes reach the read replicas of a database so much later",
    amount_field: |_| Some("add"),
    read: |settings| match settings.duration("add")? {
        Some(add) => Ok(FaultKind::ReplicationLag(ReplicationLag(add))),
        None => Err(super::FormError::missing(
            "a replication lag needs to know how much",
            "write a delay (`add: 5s`, or `+5s` in --fail)",
        )),
    },
};

/// Changes come so much later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicationLag(pub SimDuration);

impl Effect for ReplicationLag {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        let component = target.component(plan, FORM.word)?;
        let of = |station: crate::plan::StationId| plan.stations[station.index()].component;
        if plan.replications.iter().any(|r| of(r.replicas) == component) {
            return Ok(());
        }
        let follows = plan.replications.iter().map(|r| plan.components[of(r.replicas).index()].name.as_str());
        let names: Vec<&str> = follows.collect();
        let message = format!("`{target}` has no read replicas whose lag is known");
        let hint = match names.is_empty() {
            true => "write for instance `read_replicas: { count: 2, keys: 10k, lag: 20ms }`".into(),
            false => suggest("", &names),
        };
        Err(FaultError::new(message, hint))
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let Ok(component) = target.component(plan, FORM.word) else { return };
        for station in plan.stations_of(component) {
            knobs.stations[station.index()].lag += self.0;
        }
    }

    fn grown(&self, part: f64) -> Option<FaultKind> {
        Some(FaultKind::ReplicationLag(ReplicationLag(self.0.times(part))))
    }

    fn amount(&self) -> Option<String> {
        Some(format!("+{}", self.0))
    }

    fn describe(&self, target: &Target) -> String {
        format!("replicas of {target} {} behind", self.0)
    }
}
