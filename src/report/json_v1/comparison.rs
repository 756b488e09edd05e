//! What was measured beside a baseline.

use super::{Estimate, Place, place};
use crate::report;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Comparison<'a> {
    with: &'a str,
    same_model: bool,
    figures: Vec<Compared<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
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
    let there = |e: &report::Estimate| e.mean.is_finite().then(|| Estimate::from(e));
    Comparison {
        with: &comparison.with,
        same_model: comparison.same_model,
        figures: comparison
            .figures
            .iter()
            .map(|c| Compared {
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
            })
            .collect(),
        notes: &comparison.notes,
    }
}
