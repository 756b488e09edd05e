//! A zone is lost: in every service that stands in zones, the replicas of that one die.

use super::{Effect, FaultError, FaultKind, Form, FormError, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan, Station};
use crate::yaml::{Field, Shape, Takes};

/// `zone`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.zone",
    "A zone is lost: in every service with `zones` its replicas there die, and are back, starting, when the fault ends.",
    &[Field::required("zone", Takes::Whole(1, MOST_ZONES), "Which zone, from 1.")],
)
.with(&[&WHEN]);

/// Zones are bits of a word.
const MOST_ZONES: u32 = 32;

pub(super) const FORM: Form = Form {
    word: "zone",
    strikes: Strikes::Traffic,
    shape: &SHAPE,
    example: "zone:1@60s+300s",
    summary: "lose a zone with all replicas in it",
    amount_field: |_| Some("zone"),
    read: |settings| match settings.whole("zone")? {
        Some(number @ 1..=MOST_ZONES) => Ok(FaultKind::Zone(Zone { number })),
        Some(_) => Err(FormError::at("zone", "zones are numbered from 1 to 32", "write for instance `zone: 1`")),
        None => Err(FormError::missing("a zone outage needs to know which zone", "write its number: `zone: 1`")),
    },
};

/// A zone is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Which, from 1.
    pub number: u32,
}

impl Zone {
    fn strikes(self, station: &Station) -> bool {
        station.fleet.as_ref().is_some_and(|fleet| fleet.zones.count >= self.number.max(2))
    }
}

impl Effect for Zone {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, _: &Target, plan: &Plan) -> Result<(), FaultError> {
        if plan.stations.iter().any(|station| self.strikes(station)) {
            return Ok(());
        }
        let message = format!("no service has replicas in a zone {}", self.number);
        Err(FaultError::new(message, "write for instance `zones: { count: 3 }` in the services that stand in zones"))
    }

    fn turn(&self, _: &Target, plan: &Plan, knobs: &mut Knobs) {
        for (station, knobs) in plan.stations.iter().zip(&mut knobs.stations) {
            if self.strikes(station) {
                knobs.zones_down |= 1 << (self.number - 1);
            }
        }
    }

    fn amount(&self) -> Option<String> {
        Some(self.number.to_string())
    }

    fn describe(&self, _: &Target) -> String {
        format!("zone {} lost", self.number)
    }
}
