//! Memory leaks: replicas become slower as the garbage collector has more and more to do, and die when nothing is left.
//! They come back well, and the leak begins anew.

use super::chance::MOST_STRIKES;
use super::{Effect, Fault, FaultError, FaultKind, Form, FormError, Kill, Latency, Replicas, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan};
use crate::units::{SimDuration, show_factor};
use crate::yaml::{Field, Shape, Takes};

/// `memory`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.memory",
    "Memory leaks: work becomes slower for the time of `ramp`, which must be written; then the replicas die and are restarted, and so on.",
    &[
        Field::required("memory", Takes::Name, "Whose memory."),
        Field::new("factor", Takes::Factor, "Work takes so many times as long when the memory is nearly used up. Default `3x`."),
        Field::new("restart", Takes::Duration, "How long a replica that died is gone; then it starts, as the `startup` of a service says. Default 5s."),
        Field::new("replicas", Takes::Whole(1, u32::MAX), "So many of its replicas, the first ones first. Default: all."),
        Field::new("share", Takes::Share, "This share of its replicas, rounded up."),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "memory",
    strikes: Strikes::Component,
    shape: &SHAPE,
    example: "memory:web:3x:ramp=60s@60s+300s",
    summary: "let memory leak: work so many times slower at the end of the ramp, then a restart",
    amount_field: |_| Some("factor"),
    read: |settings| match settings.factor("factor")? {
        Some(factor) if factor <= 1.0 => Err(FormError::at(
            "factor",
            "less memory makes nothing faster",
            "write how many times slower, such as `3x`",
        )),
        factor => Ok(FaultKind::Memory(Memory {
            factor: factor.unwrap_or(3.0),
            restart: settings.duration("restart")?.unwrap_or(RESTART),
            on: Replicas::read(settings)?,
        })),
    },
};

const RESTART: SimDuration = SimDuration::from_secs(5);

/// Memory leaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    /// So many times slower in the end, above 1.
    pub factor: f64,
    /// How long what has died is gone.
    pub restart: SimDuration,
    /// On so many replicas.
    pub on: Replicas,
}

impl Memory {
    /// One leak after the other, until the fault or the run is over: slower and slower, then gone.
    pub(super) fn unfold(&self, fault: &Fault, until: SimDuration) -> Vec<Fault> {
        let Some(ramp) = fault.ramp else { return Vec::new() };
        let end = fault.end().map_or(until, |end| end.min(until));
        let mut parts = Vec::new();
        let mut at = fault.start;
        while at < end && parts.len() < MOST_STRIKES {
            let mut part = |kind, start: SimDuration, lasts: SimDuration, ramp| {
                if start < end {
                    let duration = Some(lasts.min(SimDuration(end.0 - start.0)));
                    parts.push(Fault { kind, start, duration, ramp, ..fault.clone() });
                }
            };
            part(FaultKind::Latency(Latency::Factor(self.factor, self.on)), at, ramp, Some(ramp));
            part(FaultKind::Kill(Kill { replicas: self.on, each: false }), at + ramp, self.restart, None);
            at = at + ramp + self.restart;
        }
        parts
    }
}

impl Effect for Memory {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        let component = target.component(plan, FORM.word)?;
        self.on.check(target, component, plan, "struck")
    }

    /// It has been unfolded into what happens one after the other.
    fn turn(&self, _: &Target, _: &Plan, _: &mut Knobs) {}

    fn grown(&self, _: f64) -> Option<FaultKind> {
        Some(FaultKind::Memory(*self))
    }

    fn amount(&self) -> Option<String> {
        Some(show_factor(self.factor))
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let restart = (self.restart != RESTART).then(|| ("restart", self.restart.to_string()));
        restart.into_iter().chain(self.on.setting()).collect()
    }

    fn describe(&self, target: &Target) -> String {
        format!("memory of {} leaking", self.on.words(target))
    }
}
