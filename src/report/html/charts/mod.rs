//! Charts as SVG, drawn by plotters.
//!
//! Plotters places everything on whole pixels, so a chart is drawn four times as large and shown at its size. Its colours
//! are stand-ins: in the page they become variables, so that a chart follows light and dark; in a file of its own, the
//! light ones.

pub(in crate::report) mod draw;
pub(in crate::report) mod failure;
pub(in crate::report) mod load;

use super::super::Report;

/// A chart with what tells it to who cannot see it.
pub(in crate::report) struct Picture {
    /// Part of a file's name: `load-goodput`.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// What can be read off it, in a sentence.
    pub caption: String,
    /// The chart, with its title.
    pub svg: String,
}

/// All charts of a report.
pub(in crate::report) fn all(report: &Report) -> Vec<Picture> {
    let mut all = load::charts(report);
    for (i, course) in report.pictures.iter().flat_map(|p| &p.courses).enumerate() {
        all.extend(failure::charts(report, course, i));
    }
    all
}
