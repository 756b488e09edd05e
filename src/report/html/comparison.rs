//! What was measured beside a baseline.

use crate::report::{Comparison, Difference};
use maud::{Markup, html};

pub(super) fn comparison(comparison: &Comparison) -> Markup {
    let told = [Difference::Regressed, Difference::Inconclusive, Difference::Improved];
    let figures = || told.iter().flat_map(|verdict| comparison.of(*verdict));
    html! {
        p {
            (comparison.figures.len()) " figures beside those in " code { (comparison.with) } ", on the same random numbers: "
            (comparison.of(Difference::Unchanged).count()) " unchanged."
        }
        @if figures().next().is_some() {
            table {
                thead { tr { th { "Run" } th { "Figure" } th { "Verdict" } th { "Before and after" } } }
                tbody {
                    @for figure in figures() {
                        tr {
                            td { (figure.run) }
                            td { (figure.figure) }
                            td { b { (figure.verdict.word()) } }
                            td { (figure.told()) }
                        }
                    }
                }
            }
        }
        @for note in &comparison.notes { p.dim { (note) } }
    }
}
