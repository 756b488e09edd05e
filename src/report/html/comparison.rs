//! What was measured beside a baseline.

use crate::report::words::changed;
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
        @if !comparison.causes.is_empty() {
            h3 { "What each change does" }
            ul {
                @for cause in &comparison.causes {
                    li {
                        @for change in &cause.changes { div { code { (changed(change)) } } }
                        @for figure in cause.effects() {
                            div { (figure.run) ": " (figure.figure) " " b { (figure.verdict.word()) } ": " (figure.told()) }
                        }
                        @if cause.effects().is_empty() { "changes no figure by more than its margin" }
                    }
                }
            }
        }
        @for note in &comparison.notes { p.dim { (note) } }
    }
}
