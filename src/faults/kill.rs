//! Replicas die at once; what they were doing fails. When the fault ends they are back, empty and ready.

use super::{Effect, FaultError, FaultKind, Form, FormError, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan};
use crate::units::show_ratio;
use crate::yaml::{Field, Shape, Takes};

/// `kill`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.kill",
    "A component dies: what it was doing is lost, and it is back, empty, when the fault ends.",
    &[
        Field::required("kill", Takes::Name, "What dies."),
        Field::new("replicas", Takes::Whole(1, u32::MAX), "So many of its replicas, the first ones first (a database's primary before its read replicas). Default: all."),
        Field::new("share", Takes::Share, "This share of its replicas, rounded up."),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "kill",
    strikes: Strikes::Component,
    shape: &SHAPE,
    example: "kill:orders-db@60s+30s",
    summary: "kill all replicas, so many (kill:web:1) or a share of them (kill:web:50%)",
    amount_field: |text| Some(if text.ends_with('%') { "share" } else { "replicas" }),
    read: |settings| {
        Ok(FaultKind::Kill(match (settings.whole("replicas")?, settings.share("share")?) {
            (None, None) => Kill::All,
            (Some(n), None) => Kill::Replicas(n),
            (None, Some(share)) => Kill::Share(share),
            (Some(_), Some(_)) => {
                return Err(FormError::at(
                    "share",
                    "`replicas` and `share` say the same thing twice",
                    "write one of the two",
                ));
            }
        }))
    },
};

/// How many replicas die.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kill {
    /// All of them.
    All,
    /// So many, the first ones first (a database's primary before its read replicas).
    Replicas(u32),
    /// This share of them, rounded up.
    Share(f64),
}

impl Kill {
    fn number(self, total: u32) -> u32 {
        match self {
            Kill::All => total,
            Kill::Replicas(n) => n.min(total),
            // A hair is taken off so that 30% of 10 is 3, whatever the last bit of the product.
            Kill::Share(share) => ((share * f64::from(total) - 1e-9).ceil() as u32).min(total),
        }
    }
}

impl Effect for Kill {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        let component = target.component(plan, FORM.word)?;
        let total: u32 = plan.stations_of(component).map(|s| plan.stations[s.index()].replicas).sum();
        match *self {
            Kill::Replicas(n) if n > total => Err(FaultError::new(
                format!("`{target}` has {total} replica{}, so {n} cannot be killed", if total == 1 { "" } else { "s" }),
                format!("write at most {total}, or leave the number out to kill all"),
            )),
            _ => Ok(()),
        }
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let Ok(component) = target.component(plan, FORM.word) else { return };
        let total = plan.stations_of(component).map(|s| plan.stations[s.index()].replicas).sum();
        let mut left = self.number(total);
        for station in plan.stations_of(component) {
            let down = &mut knobs.stations[station.index()].down;
            let dies = left.min(plan.stations[station.index()].replicas - *down);
            *down += dies;
            left -= dies;
        }
    }

    fn amount(&self) -> Option<String> {
        match *self {
            Kill::All => None,
            Kill::Replicas(n) => Some(n.to_string()),
            Kill::Share(share) => Some(show_ratio(share)),
        }
    }

    fn describe(&self, target: &Target) -> String {
        match *self {
            Kill::All => format!("{target} killed"),
            Kill::Replicas(1) => format!("one replica of {target} killed"),
            Kill::Replicas(n) => format!("{n} replicas of {target} killed"),
            Kill::Share(share) => format!("{} of the replicas of {target} killed", show_ratio(share)),
        }
    }
}
