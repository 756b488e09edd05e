//! A new version is rolled out: every replica of a service is replaced, a few at a time. It may be a bad one, with errors
//! or slower than the old one, and may be rolled back after a while.

use super::{Effect, FaultError, FaultKind, Form, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan, Version};
use crate::units::{show_factor, show_ratio};
use crate::yaml::{Field, Shape, Takes};

/// `deploy`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.deploy",
    "A new version: every replica is replaced, as the service's `rollout`, `startup` and `grace` say. It goes on until it is done. With `for`, the old version is rolled out again at the end.",
    &[
        Field::required("deploy", Takes::Name, "Which service; it says at least its `startup` or its `grace`."),
        Field::new("errors", Takes::Share, "The new version answers this share of its requests with an error. Default: none."),
        Field::new("factor", Takes::Factor, "Work takes so many times as long in the new version. Default `1x`."),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "deploy",
    strikes: Strikes::Component,
    shape: &SHAPE,
    example: "deploy:web:20%@60s+120s",
    summary: "roll out a new version of a service, bad in a share of requests (20%) or slower (3x), and perhaps roll it back",
    amount_field: |text| Some(if text.ends_with('%') { "errors" } else { "factor" }),
    read: |settings| {
        let (errors, factor) = (settings.share("errors")?.unwrap_or(0.0), settings.factor("factor")?.unwrap_or(1.0));
        Ok(FaultKind::Deploy(Deploy { version: Version { error_rate: errors, slowdown: factor } }))
    },
};

/// All replicas are replaced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deploy {
    /// By this one.
    pub version: Version,
}

impl Effect for Deploy {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        let component = target.component(plan, FORM.word)?;
        if plan.stations_of(component).any(|s| plan.stations[s.index()].fleet.is_some()) {
            return Ok(());
        }
        let message = format!("`{target}` does not say how its replicas start and stop");
        Err(FaultError::new(message, "add for instance `startup: 20s` and `grace: 30s` to the service"))
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let Ok(component) = target.component(plan, FORM.word) else { return };
        for station in plan.stations_of(component) {
            let knobs = &mut knobs.stations[station.index()];
            knobs.deploys += 1;
            // Of several, the last one begun is what new replicas get.
            knobs.version = self.version;
        }
    }

    /// The old version is rolled out again.
    fn turn_after(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let Ok(component) = target.component(plan, FORM.word) else { return };
        for station in plan.stations_of(component) {
            knobs.stations[station.index()].deploys += 2;
        }
    }

    fn amount(&self) -> Option<String> {
        let Version { error_rate, slowdown } = self.version;
        match (error_rate > 0.0, slowdown != 1.0) {
            (true, _) => Some(show_ratio(error_rate)),
            (false, true) => Some(show_factor(slowdown)),
            (false, false) => None,
        }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let Version { error_rate, slowdown } = self.version;
        let both = error_rate > 0.0 && slowdown != 1.0;
        both.then(|| ("factor", show_factor(slowdown))).into_iter().collect()
    }

    fn describe(&self, target: &Target) -> String {
        match self.version == Version::GOOD {
            true => format!("{target} deployed"),
            false => format!("a bad version of {target} deployed"),
        }
    }
}
