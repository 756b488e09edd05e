//! The disk of a database is slow, failing or full: what it writes suffers. What it reads is taken to come from memory.

use super::{Effect, FaultError, FaultKind, Form, FormError, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan, strike};
use crate::units::{show_factor, show_ratio};
use crate::yaml::{Field, Shape, Takes};

/// `io`
pub(super) static IO_SHAPE: Shape = Shape::new(
    "fault.io",
    "The disk of a database is slow or failing: its writes are. Reads are taken to come from memory.",
    &[
        Field::required("io", Takes::Name, "Which database; some of its `queries` say `write`."),
        Field::new("factor", Takes::Factor, "Writes take so many times as long."),
        Field::new("share", Takes::Share, "This share of the writes fails."),
    ],
)
.with(&[&WHEN]);

/// `disk_full`
pub(super) static FULL_SHAPE: Shape = Shape::new(
    "fault.disk_full",
    "The disk of a database is full: every write fails, and reads go on.",
    &[Field::required("disk_full", Takes::Name, "Which database; some of its `queries` say `write`.")],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "io",
    strikes: Strikes::Component,
    shape: &IO_SHAPE,
    example: "io:orders-db:5x@60s+30s",
    summary: "make the writes of a database so many times slower (5x), or let a share of them fail (20%)",
    amount_field: |text| Some(if text.ends_with('%') { "share" } else { "factor" }),
    read: |settings| match (settings.factor("factor")?, settings.share("share")?) {
        (Some(1.0), None) => {
            Err(FormError::at("factor", "`1x` changes nothing", "write how many times slower, such as `5x`"))
        }
        (Some(factor), None) => Ok(FaultKind::Disk(Disk::Slow(factor))),
        (None, Some(share)) => Ok(FaultKind::Disk(Disk::Failing(share))),
        (Some(_), Some(_)) => Err(FormError::at(
            "share",
            "`factor` and `share` are two different faults",
            "write one of the two, or two faults",
        )),
        (None, None) => Err(FormError::missing(
            "an io fault needs to know how much",
            "write a multiple (`factor: 5x`, or `5x` in --fail) or a share (`share: 20%`, or `20%`)",
        )),
    },
};

pub(super) const FULL: Form = Form {
    word: "disk_full",
    strikes: Strikes::Component,
    shape: &FULL_SHAPE,
    example: "disk_full:orders-db@60s+30s",
    summary: "let every write of a database fail",
    amount_field: |_| None,
    read: |_| Ok(FaultKind::Disk(Disk::Full)),
};

/// What is wrong with a disk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Disk {
    /// Writes take so many times as long.
    Slow(f64),
    /// This share of them fails, in (0, 1].
    Failing(f64),
    /// All of them fail.
    Full,
}

impl Effect for Disk {
    fn word(&self) -> &'static str {
        if *self == Disk::Full { FULL.word } else { FORM.word }
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        target.component(plan, self.word())?;
        if plan.endpoints.iter().any(|e| e.writes && target.has_endpoint(plan, e)) {
            return Ok(());
        }
        Err(FaultError::new(
            format!("nothing that `{target}` does is known to write"),
            "say in a database which queries do: `queries: { insert: { write: 2ms } }`",
        ))
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        let endpoints = plan.endpoints.iter().zip(&mut knobs.endpoints);
        for (_, knobs) in endpoints.filter(|(e, _)| e.writes && target.has_endpoint(plan, e)) {
            match *self {
                Disk::Slow(factor) => knobs.slowdown *= factor,
                Disk::Failing(share) => strike(&mut knobs.away.errors, share),
                Disk::Full => strike(&mut knobs.away.errors, 1.0),
            }
        }
    }

    fn grown(&self, part: f64) -> Option<FaultKind> {
        match *self {
            Disk::Slow(factor) => Some(FaultKind::Disk(Disk::Slow(1.0 + (factor - 1.0) * part))),
            Disk::Failing(share) => Some(FaultKind::Disk(Disk::Failing(share * part))),
            Disk::Full => None,
        }
    }

    fn amount(&self) -> Option<String> {
        match *self {
            Disk::Slow(factor) => Some(show_factor(factor)),
            Disk::Failing(share) => Some(show_ratio(share)),
            Disk::Full => None,
        }
    }

    fn describe(&self, target: &Target) -> String {
        match *self {
            Disk::Slow(factor) => format!("writes of {target} {} as slow", show_factor(factor)),
            Disk::Failing(share) => format!("{} of the writes of {target} failing", show_ratio(share)),
            Disk::Full => format!("the disk of {target} full"),
        }
    }
}
