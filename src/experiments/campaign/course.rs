//! What users got over time while something was wrong, as coarsely as a line of text can show it.

use super::{Drill, Failure};
use crate::measure::Series;
use crate::units::SimDuration;

/// Parts of a run, at most.
const PARTS: usize = 40;

/// Rows of the series that make one part.
fn rows_of_a_part(drill: &Drill) -> usize {
    let rows = drill.schedule().measured.0 / drill.window.0.max(1);
    (rows as usize).div_ceil(PARTS).max(1)
}

/// Requests answered per second, in each part of the measured run.
pub(super) fn answered(drill: &Drill, series: &Series) -> Vec<f64> {
    let rows = (drill.schedule().measured.0 / drill.window.0.max(1)) as usize;
    let parts = series.rows[..rows.min(series.rows.len())].chunks(rows_of_a_part(drill));
    let good = |part: &[crate::measure::Row]| -> u32 { part.iter().flat_map(|row| &row.sources).map(|c| c.good).sum() };
    parts.map(|part| f64::from(good(part)) / (part.len() as f64 * series.window.seconds())).collect()
}

impl Failure {
    /// Requests answered per second in each part of the run, the mean over the replications; and how long a part is.
    pub fn answered(&self) -> (SimDuration, Vec<f64>) {
        let parts = self.harms.iter().map(|h| h.answered.len()).min().unwrap_or(0);
        let course = (0..parts).map(|i| self.mean(|h| h.answered[i])).collect();
        (self.drill.window.times(rows_of_a_part(&self.drill) as f64), course)
    }
}
