//! What was measured beside a baseline: what is worse, what cannot be told, what is better.

use super::page::{Ink, Page};
use crate::report::words::{changed, counted, listed};
use crate::report::{Compared, Comparison, Difference, Kind, Report};

/// Figures told of each verdict, unless everything is asked for.
const SHOWN: usize = 5;
/// Columns of the verdict.
const MARK: usize = 14;

pub(super) fn comparison(report: &Report, page: &mut Page) {
    let Some(comparison) = &report.comparison else { return };
    if report.kind == Kind::Compare {
        page.wrapped(0, 2, &Ink::Bold.on(&report.model.file));
    }
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
    causes(comparison, page);
    for note in &comparison.notes {
        page.labelled(2, "note", MARK + 1, &Ink::Dim.on(note));
    }
}

/// What each change makes of the figures.
fn causes(comparison: &Comparison, page: &mut Page) {
    if comparison.causes.is_empty() {
        return;
    }
    page.heading("What each change does", "one after the other, each beside the model before it");
    for cause in &comparison.causes {
        for change in &cause.changes {
            page.wrapped(2, 4, &Ink::Bold.on(changed(change)));
        }
        let effects = cause.effects();
        if effects.is_empty() {
            page.wrapped(4, 4, &Ink::Dim.on("changes no figure by more than its margin"));
        }
        let shown = if page.verbose { effects.len() } else { SHOWN.min(effects.len()) };
        for figure in &effects[..shown] {
            let text = format!("{}: {} {}", figure.run, figure.figure, figure.told());
            page.labelled(4, &mark(figure.verdict), MARK, &text);
        }
        if effects.len() > shown {
            page.wrapped(4 + MARK, 4 + MARK, &Ink::Dim.on(format!("{} more (-v shows all)", effects.len() - shown)));
        }
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
