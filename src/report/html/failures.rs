//! What goes wrong when something fails: how it spreads, what users lose, whether it comes back.

use super::charts::failure;
use super::layout::Layout;
use super::load::figure;
use super::replay::replay;
use super::summary::recovers;
use crate::report::pictures::{Pictures, Struck};
use crate::report::words::{drills, effect, seconds, share};
use crate::report::{CascadeStep, Failure, Report};
use maud::{Markup, html};

/// Rows of the matrix that are shown at once.
const ROWS: usize = 24;
/// Failures told in full.
const TOLD: usize = 4;
/// A loss below it is chance.
const NOTICED: f64 = 0.005;

pub(super) fn failures(report: &Report, layout: Option<&Layout>) -> Markup {
    let Some(failures) = &report.failures else { return html! {} };
    let pictures = report.pictures.as_ref();
    html! {
        p { "Each was tried alone: " (drills(failures)) ". Success is the share that is answered while the fault lasts." }
        @if let (Some(pictures), Some(layout)) = (pictures, layout) {
            (replay(report, pictures, layout))
            @for (i, course) in pictures.courses.iter().enumerate() {
                h3 { (course.fault.text) }
                @if let Some(failure) = failures.iter().find(|f| f.fault.text == course.fault.text) { (told(failure)) }
                div.charts { @for picture in failure::charts(report, course, i) { (figure(&picture)) } }
            }
            (matrix(pictures))
        } @else {
            @for failure in failures.iter().take(TOLD) { h3 { (failure.fault.text) } (told(failure)) }
        }
    }
}

fn told(failure: &Failure) -> Markup {
    html! {
        p {
            @if failure.users.is_empty() { "No user notices. " }
            @for (i, user) in failure.users.iter().enumerate() { @if i > 0 { "; " } (effect(user)) }
            @if !failure.users.is_empty() { ". " }
            (recovers(failure))
        }
        (cascade(&failure.cascade))
    }
}

/// Who became impaired, each under what it came from.
fn cascade(steps: &[CascadeStep]) -> Markup {
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_string();
    let mut depths: Vec<usize> = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        let callee = step.via.as_deref().and_then(|via| via.split_once('>')).map(|(_, to)| to);
        let parent = callee.and_then(|to| steps[..i].iter().position(|s| first(&s.component) == first(to)));
        depths.push(parent.map_or(0, |p| depths[p] + 1));
    }
    html! {
        @if !steps.is_empty() {
            ol.cascade {
                @for (step, depth) in steps.iter().zip(depths) {
                    li {
                        span.at { "+" (seconds(step.at_s)) }
                        span style=(format!("padding-left:{}em", 1.2 * depth as f64)) { @if depth > 0 { "└ " } }
                        b { (step.component) } ": " (step.mechanism)
                        @if let Some(via) = &step.via { span.dim { " along " (via) } }
                    }
                }
            }
        }
    }
}

/// Fault by endpoint: the share of requests lost while it lasts.
fn matrix(pictures: &Pictures) -> Markup {
    let (noticed, quiet): (Vec<&Struck>, Vec<&Struck>) =
        pictures.matrix.iter().partition(|s| s.lost.iter().any(|lost| *lost >= NOTICED));
    if noticed.is_empty() {
        return html! {};
    }
    html! {
        h3 id="matrix" { "Failure matrix" }
        p { "The share of each endpoint's requests that fail or come too late while a fault lasts, at today's load; an answer counts as late here even when the user still gets it. " b { "Framed" } ", with an exclamation mark: the endpoint does not need what was struck. A ? marks what rests on one short run." }
        (table(pictures, &noticed[..noticed.len().min(ROWS)]))
        @if noticed.len() > ROWS {
            details { summary { (noticed.len() - ROWS) " more that users notice" } (table(pictures, &noticed[ROWS..])) }
        }
        @if !quiet.is_empty() {
            details { summary { (quiet.len()) " faults that no user notices" }
                p { (quiet.iter().map(|s| s.fault.text.clone()).collect::<Vec<_>>().join("; ")) "." }
            }
        }
    }
}

fn table(pictures: &Pictures, rows: &[&Struck]) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Failure matrix" {
            table.matrix {
                thead { tr { th.text { "Fault" } @for name in &pictures.endpoints { th { (name) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            th.text scope="row" { (row.fault.text) @if !row.confirmed { " ?" } }
                            @for (lost, needs) in row.lost.iter().zip(&row.needs) { (cell(*lost, *needs)) }
                        }
                    }
                }
            }
        }
    }
}

fn cell(lost: f64, needs: bool) -> Markup {
    let level = match lost {
        x if x < NOTICED => "l0",
        x if x < 0.5 => "l1",
        _ => "l2",
    };
    let spared = !needs && lost >= 0.02;
    let class = if spared { format!("{level} spared") } else { level.into() };
    html! { td class=(class) { @if lost < NOTICED { "–" } @else { (share(lost)) @if spared { " !" } } } }
}
