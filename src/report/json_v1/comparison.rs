//! What was measured beside a baseline.

use super::review::{Change, change};
use super::{Estimate, Place, place};
use crate::report;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Comparison<'a> {
    with: &'a str,
    same_model: bool,
    figures: Vec<Compared<'a>>,
    /// Of two models: what was changed, one after the other, and what that makes of the figures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<Cause<'a>>,
    notes: &'a [String],
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Cause<'a> {
    changes: Vec<Change<'a>>,
    #[serde(rename = "where")]
    place: Option<Place<'a>>,
    figures: Vec<Compared<'a>>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Compared<'a> {
    run: &'a str,
    figure: &'a str,
    /// With its unit: `p99_ms`.
    measure: String,
    verdict: &'static str,
    /// Null when nothing was measured.
    before: Option<Estimate>,
    after: Option<Estimate>,
    /// With the interval that was judged: wider than 95%, since many figures are looked at.
    difference: Option<Estimate>,
    margin: f64,
    pairs: u32,
    #[serde(rename = "where")]
    place: Option<Place<'a>>,
}

pub(super) fn comparison(comparison: &report::Comparison) -> Comparison<'_> {
    Comparison {
        with: &comparison.with,
        same_model: comparison.same_model,
        figures: comparison.figures.iter().map(compared).collect(),
        causes: comparison.causes.iter().map(cause).collect(),
        notes: &comparison.notes,
    }
}

fn cause(cause: &report::Cause) -> Cause<'_> {
    Cause {
        changes: cause.changes.iter().map(change).collect(),
        place: place(&cause.place),
        figures: cause.figures.iter().map(compared).collect(),
    }
}

fn compared(c: &report::Compared) -> Compared<'_> {
    let there = |e: &report::Estimate| e.mean.is_finite().then(|| Estimate::from(e));
    Compared {
        run: &c.run,
        figure: &c.figure,
        measure: c.measure.key(),
        verdict: c.verdict.word(),
        before: there(&c.before),
        after: there(&c.after),
        difference: c.difference.as_ref().map(Estimate::from),
        margin: c.margin,
        pairs: c.replications,
        place: place(&c.place),
    }
}
