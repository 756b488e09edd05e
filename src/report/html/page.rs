//! The page from top to bottom.

use super::layout::layout;
use super::style::{CSS, SCRIPT};
use super::{comparison, failures, findings, load, summary, topology, traces};
use crate::report::words::{factor, number, seconds};
use crate::report::{Kind, Report};
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(super) fn page(report: &Report) -> Markup {
    let title = match report.kind {
        Kind::Review => format!("{} at {}", report.model.name, factor(report.load)),
        Kind::Run => format!("{}: one experiment", report.model.name),
        Kind::Compare => format!("{}: compared", report.model.name),
        Kind::Check => format!("{}: checked", report.model.name),
        Kind::Test => format!("{}: tested", report.model.name),
    };
    let picture = report.pictures.as_ref().map(|p| layout(report, p));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(format!("tenfold {}", env!("CARGO_PKG_VERSION")));
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(CSS)) }
            }
            body {
                header {
                    h1 { (title) }
                    p.dim { "Architecture review of " code { (report.model.file) } ", by simulation" }
                    (summary::summary(report))
                    (contents(report))
                }
                main {
                    @if !report.runs.is_empty() { section { h2 id="users" { "What users see" } (load::users(report)) } }
                    @if let Some(beside) = &report.comparison { section { h2 id="beside" { "Beside " code { (beside.with) } } (comparison::comparison(beside)) } }
                    @if let Some(layout) = &picture {
                        section {
                            h2 id="system" { "The system" }
                            p { "Callers stand above what they call. Bars: the share in use of what each has least of, " (loads(report)) ". Beside the arrows: calls per second today, and what guards them. Dashed: messages." }
                            (topology::picture(report, layout, false))
                            (load::resources(report))
                        }
                    }
                    @if traces::any(report) { section { h2 id="time" { "Where the time goes" } (traces::traces(report)) } }
                    @if report.capacity.is_some() { section { h2 id="load" { "Load" } (load::load(report)) } }
                    @if report.failures.is_some() { section { h2 id="failures" { "Failures" } (failures::failures(report, picture.as_ref())) } }
                    @if report.findings.is_some() { section { h2 id="findings" { "Findings" } (findings::findings(report)) } }
                    (rubric(report))
                }
                footer { (repeat(report)) }
                @if report.pictures.is_some() { script { (PreEscaped(SCRIPT)) } }
            }
        }
    }
}

/// `at 1x and at 10x`
fn loads(report: &Report) -> String {
    let loads: Vec<String> = report.side_by_side().iter().map(|r| format!("at {}", factor(r.load))).collect();
    loads.join(" and ")
}

fn contents(report: &Report) -> Markup {
    let all = [
        ("users", "What users see", !report.runs.is_empty()),
        ("beside", "Beside what was before", report.comparison.is_some()),
        ("system", "The system", report.pictures.is_some()),
        ("time", "Where the time goes", traces::any(report)),
        ("load", "Load", report.capacity.is_some()),
        ("failures", "Failures", report.failures.is_some()),
        ("matrix", "Failure matrix", report.pictures.is_some()),
        ("findings", "Findings", report.findings.is_some()),
        ("rubric", "Rubric", report.scores.is_some()),
        ("repeat", "Settings", true),
    ];
    html! { nav aria-label="Contents" { @for (id, name, there) in all { @if there { a href=(format!("#{id}")) { (name) } } } } }
}

/// The checklist behind the score.
fn rubric(report: &Report) -> Markup {
    let Some(readiness) = report.scores.as_ref().and_then(|s| s.readiness.as_ref()) else { return html! {} };
    html! {
        section {
            h2 id="rubric" { "Rubric: production readiness " (number(readiness.score)) "/10" }
            div.scroll tabindex="0" role="group" aria-label="Rubric" {
                table {
                    thead { tr { th.text { "Item" } th.text { "Passed" } th.text { "Why" } } }
                    tbody {
                        @for item in &readiness.items {
                            tr {
                                th.text scope="row" { (item.name) }
                                td.text { @match item.passed { Some(true) => span.good { "yes" }, Some(false) => span.bad { "no" }, None => span.dim { "unknown" } } }
                                td.text { (item.why) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How the figures came about, and how to have them again.
fn repeat(report: &Report) -> Markup {
    html! {
        h2 id="repeat" { "Settings" }
        p { "The same command gives the same page, byte for byte:" }
        pre tabindex="0" { code { (report.command) } }
        p {
            "Seed " (report.seed)
            @if let Some(run) = report.asked_run() {
                "; " (report.replications) " runs of " (seconds(run.duration_s)) " after " (seconds(run.warmup_s)) " of warm-up, "
                (number(run.requests as f64)) " requests at " (factor(run.load))
            }
            "; model " code { (report.model.hash) } "; tenfold " (env!("CARGO_PKG_VERSION")) "."
        }
        @for note in &report.notes { p { "Note: " (note) "." } }
        @if !report.assumed.is_empty() {
            details { summary { (report.assumed.len()) " values were assumed, as the model does not tell them" }
                ul { @for assumed in &report.assumed { li { code { (assumed) } } } }
            }
        }
    }
}
