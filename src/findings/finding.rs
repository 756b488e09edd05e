//! What a finding says.

use crate::measure::Estimate;
use crate::model::{Change, Metric};
use crate::plan::Origin;

/// How urgent a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Will cause incidents.
    P0,
    /// Will cause scale issues.
    P1,
    /// Technical debt.
    P2,
}

impl Severity {
    /// `P0`
    pub fn word(self) -> &'static str {
        match self {
            Severity::P0 => "P0",
            Severity::P1 => "P1",
            Severity::P2 => "P2",
        }
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Simulated, and clear beyond the interval.
    High,
    /// Simulated, but not clear; or it follows from the model by arithmetic.
    Medium,
}

/// Something that should change.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Stable code.
    pub code: &'static str,
    /// How urgent.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// In a line.
    pub title: String,
    /// What it is about: `payments>stripe`.
    pub subject: String,
    /// Where it is written.
    pub origin: Option<Origin>,
    /// Why, with figures: one sentence each.
    pub evidence: Vec<String>,
    /// What to do, where something was shown to help.
    pub fix: Option<Fix>,
    /// What the fix gives: the figure that matters most.
    pub effect: Option<Effect>,
    /// Further figures.
    pub other_effects: Vec<Effect>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// In a few words.
    pub summary: String,
    /// The changes to the model.
    pub changes: Vec<Change>,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figure {
    /// A metric of an expectation: a share, seconds, or per second.
    Metric(Metric),
    /// The load that lasts, as a multiple.
    Capacity,
    /// Seconds until all is as before.
    Recovery,
    /// Requests lost.
    Lost,
    /// Messages not finished.
    Waiting,
    /// Calls executed a second time.
    Duplicates,
}

/// Before and after, on the same random numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// Of what: `web.home`; empty for the whole system.
    pub subject: String,
    /// What was compared.
    pub figure: Figure,
    /// As the model is.
    pub before: Estimate,
    /// With the change.
    pub after: Estimate,
    /// The paired difference, after less before.
    pub difference: Option<Estimate>,
}

impl Effect {
    /// From values paired by replication.
    pub fn paired(subject: impl Into<String>, figure: Figure, before: &[f64], after: &[f64]) -> Effect {
        Effect {
            subject: subject.into(),
            figure,
            before: Estimate::of(before),
            after: Estimate::of(after),
            difference: Some(Estimate::of_difference(before, after)),
        }
    }
}
