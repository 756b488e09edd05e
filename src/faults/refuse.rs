//! Nobody listens, or connections break: a share of the calls fails at once, without reaching the callee.
//!
//! What the callee has begun goes on, other than when it is killed. A caller whose connection is reset has to open it
//! anew, where the model says what that takes.

use super::{Effect, FaultError, FaultKind, Form, FormError, Settings, Strikes, Target, WHEN};
use crate::plan::{Away, Knobs, Plan, strike};
use crate::units::show_ratio;
use crate::yaml::{Field, Shape, Takes};

/// `refuse`
pub(super) static REFUSE_SHAPE: Shape = Shape::new(
    "fault.refuse",
    "Nobody listens: calls are refused at once. What the callee has begun goes on.",
    &[
        Field::required(
            "refuse",
            Takes::Edge,
            "Who: a component, an endpoint of one (`payments.charge`), or one connection, `caller>callee`.",
        ),
        Field::new("share", Takes::Share, "This share of the calls. Default: all."),
    ],
)
.with(&[&WHEN]);

/// `reset`
pub(super) static RESET_SHAPE: Shape = Shape::new(
    "fault.reset",
    "Connections break: calls fail at once, and a connection of a pool has to be opened anew.",
    &[
        Field::required(
            "reset",
            Takes::Edge,
            "To whom: a component, an endpoint of one (`payments.charge`), or one connection, `caller>callee`.",
        ),
        Field::new("share", Takes::Share, "This share of the calls. Default: all."),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "refuse",
    strikes: Strikes::Calls,
    shape: &REFUSE_SHAPE,
    example: "refuse:payments@60s+30s",
    summary: "refuse all calls, or a share of them (refuse:payments:50%)",
    amount_field: |_| Some("share"),
    read: |settings| read(settings, Way::Refused),
};

pub(super) const RESET: Form = Form {
    word: "reset",
    strikes: Strikes::Calls,
    shape: &RESET_SHAPE,
    example: "reset:orders>payments:10%@60s+30s",
    summary: "break the connection of all calls, or of a share of them",
    amount_field: |_| Some("share"),
    read: |settings| read(settings, Way::Reset),
};

fn read(settings: &Settings<'_>, way: Way) -> Result<FaultKind, FormError> {
    Ok(FaultKind::Refuse(Refuse { way, share: settings.share("share")?.unwrap_or(1.0) }))
}

/// How a call fails that does not reach its callee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Nobody listens.
    Refused,
    /// The connection breaks.
    Reset,
}

/// Calls fail at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refuse {
    /// How.
    pub way: Way,
    /// How many of them, in (0, 1].
    pub share: f64,
}

impl Effect for Refuse {
    fn word(&self) -> &'static str {
        match self.way {
            Way::Refused => FORM.word,
            Way::Reset => RESET.word,
        }
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        target.check_calls(plan, self.word())
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let away: fn(&mut Away) -> &mut f64 = match self.way {
            Way::Refused => |away| &mut away.refused,
            Way::Reset => |away| &mut away.reset,
        };
        target.away(plan, knobs).for_each(|knob| strike(away(knob), self.share));
    }

    fn grown(&self, part: f64) -> Option<FaultKind> {
        Some(FaultKind::Refuse(Refuse { share: self.share * part, ..*self }))
    }

    fn amount(&self) -> Option<String> {
        (self.share < 1.0).then(|| show_ratio(self.share))
    }

    fn describe(&self, target: &Target) -> String {
        let what = match self.way {
            Way::Refused => "refusing",
            Way::Reset => "resetting",
        };
        match self.share {
            share if share >= 1.0 => format!("{target} {what} calls"),
            share => format!("{target} {what} {} of calls", show_ratio(share)),
        }
    }
}
