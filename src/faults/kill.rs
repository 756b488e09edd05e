//! Replicas die at once; what they were doing fails. When the fault ends they are back, empty and ready.

use super::{Effect, FaultError, FaultKind, Form, FormError, Replicas, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan};
use crate::yaml::{Field, Shape, Takes};

/// `kill`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.kill",
    "A component dies: what it was doing is lost, and it is back, empty, when the fault ends.",
    &[
        Field::required("kill", Takes::Name, "What dies."),
        Field::new("replicas", Takes::Whole(1, u32::MAX), "So many of its replicas, the first ones first (a database's primary before its read replicas). Default: all."),
        Field::new("share", Takes::Share, "This share of its replicas, rounded up."),
        Field::new("each", Takes::Boolean, "With `mtbf`: each replica dies by itself, independent of the others. Default: what dies, dies at once."),
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
        let replicas = Replicas::read(settings)?;
        let each = settings.flag("each")?;
        if each && replicas != Replicas::All {
            return Err(FormError::at(
                "each",
                "each replica dies, so how many does not matter",
                "leave the number out",
            ));
        }
        Ok(FaultKind::Kill(Kill { replicas, each }))
    },
};

/// Replicas die.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kill {
    /// How many.
    pub replicas: Replicas,
    /// Each by itself, at random times.
    pub each: bool,
}

impl Effect for Kill {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        let component = target.component(plan, FORM.word)?;
        self.replicas.check(target, component, plan, "killed")
    }

    /// What another fault has killed is dead already: this one kills further replicas.
    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let Ok(component) = target.component(plan, FORM.word) else { return };
        for (station, dies) in self.replicas.spread(component, plan, |s| knobs.stations[s.index()].down) {
            knobs.stations[station.index()].down += dies;
        }
    }

    fn grown(&self, part: f64) -> Option<FaultKind> {
        Some(FaultKind::Kill(Kill { replicas: self.replicas.grown(part), ..*self }))
    }

    fn apart(&self, target: &Target, plan: &Plan) -> Option<(u32, FaultKind)> {
        let component = target.component(plan, FORM.word).ok().filter(|_| self.each)?;
        let total = plan.stations_of(component).map(|s| plan.stations[s.index()].replicas).sum();
        Some((total, FaultKind::Kill(Kill { replicas: Replicas::Number(1), each: false })))
    }

    fn amount(&self) -> Option<String> {
        self.replicas.amount()
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        self.each.then(|| ("each", "true".into())).into_iter().collect()
    }

    fn describe(&self, target: &Target) -> String {
        match self.each {
            true => format!("each replica of {target} killed by itself"),
            false => format!("{} killed", self.replicas.words(target)),
        }
    }
}
