//! Something else uses the processor: a stress tool, a noisy neighbour, a backup. The work of the replicas it strikes gets
//! the rest.

use super::{Effect, FaultError, FaultKind, Form, FormError, Replicas, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan};
use crate::units::show_ratio;
use crate::yaml::{Field, Shape, Takes};

/// `cpu`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.cpu",
    "Something else uses the cores of a component: its own work gets the rest of them, or without cores takes so much longer.",
    &[
        Field::required("cpu", Takes::Name, "Whose cores."),
        Field::required("load", Takes::Share, "This share of them is used by something else, below 100%."),
        Field::new("replicas", Takes::Whole(1, u32::MAX), "On so many of its replicas, the first ones first. Default: on all."),
        Field::new("share", Takes::Share, "On this share of its replicas, rounded up."),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "cpu",
    strikes: Strikes::Component,
    shape: &SHAPE,
    example: "cpu:web:80%@60s+30s",
    summary: "let something else use a share of the cores (cpu:web:80%:share=50% on half of the replicas)",
    amount_field: |_| Some("load"),
    read: |settings| {
        let on = Replicas::read(settings)?;
        match settings.share("load")? {
            Some(load) if load < 1.0 => Ok(FaultKind::Cpu(Cpu { load, on })),
            Some(_) => Err(FormError::at(
                "load",
                "nothing is left for the component's own work",
                "write less than 100%, or use `hang`",
            )),
            None => Err(FormError::missing(
                "a cpu fault needs to know the share of the cores that is used",
                "write it: `load: 80%`, or `cpu:web:80%` in --fail",
            )),
        }
    },
};

/// Something else uses the cores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cpu {
    /// This share of them, in (0, 1).
    pub load: f64,
    /// On so many replicas.
    pub on: Replicas,
}

impl Effect for Cpu {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        let component = target.component(plan, FORM.word)?;
        self.on.check(target, component, plan, "slowed")
    }

    /// Of what one such fault leaves, another takes its share.
    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let Ok(component) = target.component(plan, FORM.word) else { return };
        for (station, n) in self.on.spread(component, plan, |_| 0) {
            knobs.stations[station.index()].first(n).iter_mut().for_each(|replica| replica.share *= 1.0 - self.load);
        }
    }

    fn grown(&self, part: f64) -> Option<FaultKind> {
        Some(FaultKind::Cpu(Cpu { load: self.load * part, ..*self }))
    }

    fn amount(&self) -> Option<String> {
        Some(show_ratio(self.load))
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        self.on.setting().into_iter().collect()
    }

    fn describe(&self, target: &Target) -> String {
        format!("{} of the cores of {} taken", show_ratio(self.load), self.on.words(target))
    }
}
