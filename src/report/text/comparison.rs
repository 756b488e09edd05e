//! What was measured beside a baseline: what is worse, what cannot be told, what is better.

use super::page::{Ink, Page};
use crate::report::words::{counted, listed};
use crate::report::{Compared, Difference, Report};

/// Figures told of each verdict, unless everything is asked for.
const SHOWN: usize = 5;
/// Columns of the verdict.
const MARK: usize = 14;

pub(super) fn comparison(report: &Report, page: &mut Page) {
    let Some(comparison) = &report.comparison else { return };
    let same = if comparison.same_model { "the model is the same" } else { "on the same random numbers" };
    page.heading(&format!("Beside {}", comparison.with), same);
    for verdict in [Difference::Regressed, Difference::Inconclusive, Difference::Improved] {
        let these: Vec<&Compared> = comparison.of(verdict).collect();
        let shown = if page.verbose { these.len() } else { SHOWN.min(these.len()) };
        for figure in &these[..shown] {
            let text = format!("{}: {} {}", figure.run, Ink::Bold.on(&figure.figure), figure.told());
            let place = figure.place.as_ref().map(|p| format!(" ({}:{})", p.file, p.line)).unwrap_or_default();
            page.labelled(2, &mark(verdict), MARK, &format!("{text}{place}"));
        }
        if these.len() > shown {
            page.wrapped(2 + MARK, 2 + MARK, &Ink::Dim.on(format!("{} more (-v shows all)", these.len() - shown)));
        }
    }
    let counts = [Difference::Regressed, Difference::Inconclusive, Difference::Improved, Difference::Unchanged];
    let count = |verdict: &Difference| (comparison.of(*verdict).count(), verdict.word());
    let parts: Vec<String> =
        counts.iter().map(count).filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    page.wrapped(2, 2, &format!("{}: {}.", counted(comparison.figures.len() as u64, "figure"), listed(&parts)));
    for note in &comparison.notes {
        page.labelled(2, "note", MARK + 1, &Ink::Dim.on(note));
    }
}

fn mark(verdict: Difference) -> String {
    let ink = match verdict {
        Difference::Regressed => Ink::Bad,
        Difference::Inconclusive => Ink::Warn,
        Difference::Improved => Ink::Good,
        Difference::Unchanged => Ink::Dim,
    };
    ink.on(verdict.word())
}
