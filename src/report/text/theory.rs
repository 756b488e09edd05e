//! The engine beside queueing theory, as a table.

use super::page::{Ink, Page};
use crate::report::{Detail, Style};
use crate::verify::Compared;

/// The table of `simulate verify`: predicted, measured, interval, verdict.
pub(super) fn page(compared: &[Compared], style: &Style) -> String {
    let mut page = Page::new(style.width, style.detail == Detail::All);
    let wrong = compared.iter().filter(|c| !c.holds()).count();
    let all = compared.len();
    page.wrapped(
        0,
        0,
        &match wrong {
            0 => Ink::Good.on(format!("The engine agrees with theory in all {all} figures.")),
            n => Ink::Bad.on(format!("The engine disagrees with theory in {n} of {all} figures.")),
        },
    );
    if style.detail != Detail::Verdict {
        page.gap();
        page.table(&["<", "predicted", "measured", "99.9% interval", "<"], rows(compared));
        page.gap();
        page.wrapped(
            0,
            0,
            "Seed 1; lengths and numbers of replications are fixed in advance. A figure agrees when its interval holds the \
             prediction and is no wider than 2% to each side; a law that is a limit or an approximation adds its own error.",
        );
    }
    page.finish(style)
}

fn rows(compared: &[Compared]) -> Vec<Vec<String>> {
    let mut last = "";
    let mut rows = Vec::new();
    for c in compared {
        if c.oracle != last {
            rows.push(vec![Ink::Bold.on(c.oracle), String::new(), String::new(), String::new(), String::new()]);
            last = c.oracle;
        }
        let predicted = match c.model_error {
            0.0 => number(c.predicted),
            error => format!("{} ±{}%", number(c.predicted), 100.0 * error),
        };
        let verdict = match (c.agrees(), c.is_sharp()) {
            (true, true) => Ink::Good.on("agrees"),
            (true, false) => Ink::Bad.on("too wide to tell"),
            (false, _) => Ink::Bad.on("disagrees"),
        };
        let interval = format!("{} to {}", number(c.measured.low), number(c.measured.high));
        rows.push(vec![format!("  {}", c.what), predicted, number(c.measured.mean), interval, verdict]);
    }
    rows
}

/// Four significant digits or so, without an exponent.
fn number(x: f64) -> String {
    match x.abs() {
        x_abs if x_abs >= 1000.0 => format!("{x:.0}"),
        x_abs if x_abs >= 100.0 => format!("{x:.1}"),
        x_abs if x_abs >= 10.0 => format!("{x:.2}"),
        x_abs if x_abs >= 1.0 => format!("{x:.3}"),
        _ => format!("{x:.4}"),
    }
}
