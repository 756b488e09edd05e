//! Replicas hang: they take requests and do nothing, as a process that is stopped, or that waits for something that never
//! comes. Workers and connections stay held. When the fault ends they go on where they were; one that was started anew
//! meanwhile (by a health check, or because it was killed) does not hang any more.

use super::{Effect, FaultError, FaultKind, Form, Replicas, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan};
use crate::yaml::{Field, Shape, Takes};

/// `hang`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.hang",
    "Replicas take requests and do nothing; when the fault ends they go on where they were. One that is started anew meanwhile is well.",
    &[
        Field::required("hang", Takes::Name, "What hangs."),
        Field::new("replicas", Takes::Whole(1, u32::MAX), "So many of its replicas, the first ones first. Default: all."),
        Field::new("share", Takes::Share, "This share of its replicas, rounded up."),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "hang",
    strikes: Strikes::Component,
    shape: &SHAPE,
    example: "hang:web:50%@60s+30s",
    summary: "let replicas take requests and do nothing (all, hang:web:1 or hang:web:50%)",
    amount_field: |text| Some(if text.ends_with('%') { "share" } else { "replicas" }),
    read: |settings| Ok(FaultKind::Hang(Hang(Replicas::read(settings)?))),
};

/// So many replicas do nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hang(pub Replicas);

impl Effect for Hang {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        let component = target.component(plan, FORM.word)?;
        self.0.check(target, component, plan, "stopped")
    }

    /// What hangs already hangs: another such fault strikes further replicas.
    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let Ok(component) = target.component(plan, FORM.word) else { return };
        for (station, hangs) in self.0.spread(component, plan, |s| knobs.stations[s.index()].hung) {
            knobs.stations[station.index()].hung += hangs;
        }
    }

    fn grown(&self, part: f64) -> Option<FaultKind> {
        Some(FaultKind::Hang(Hang(self.0.grown(part))))
    }

    fn amount(&self) -> Option<String> {
        self.0.amount()
    }

    fn describe(&self, target: &Target) -> String {
        match self.0 {
            Replicas::All => format!("{target} hanging"),
            some => format!("{} hanging", some.words(target)),
        }
    }
}
