//! Single requests: where the time of typical and of late ones goes, and the course of the slowest and of failed ones.

use crate::report::Report;
use crate::report::traces::{Example, Request, Side, Span, Traced, WhereTimeGoes};
use crate::report::words::{count, factor, ms, seconds};
use maud::{Markup, html};

/// Requests drawn of each kind, for each run.
const DRAWN: usize = 2;
/// Spans drawn of one request.
const ROWS: usize = 40;

/// Whether there is something to show.
pub(super) fn any(report: &Report) -> bool {
    report.traces.iter().any(|traced| !traced.requests.is_empty())
}

pub(super) fn traces(report: &Report) -> Markup {
    html! {
        p { "From single requests of one run at each load. Each instant counts once, where the request was held up then. In the courses, what is " b { "striped" } " is time in line, " b { "blue" } " is in progress, " b { "red" } " failed; below each stands what it caused." }
        @for traced in report.traces.iter().filter(|traced| !traced.requests.is_empty()) {
            @if let Some(time) = &traced.time { (table(traced, time)) }
            @for (example, title) in [(Example::Slowest, "Slow requests"), (Example::Failed, "Failed requests")] {
                @let drawn = drawn(traced, example);
                @if !drawn.is_empty() {
                    h3 { (title) " at " (factor(traced.load)) }
                    @for request in drawn { (waterfall(request)) }
                }
            }
            @if traced.passed_over > 0 {
                p.dim { (count(traced.passed_over)) " requests were not looked at, since so many others were in flight." }
            }
        }
    }
}

/// The worst of each kind, of different endpoints or causes where there are some.
fn drawn(traced: &Traced, example: Example) -> Vec<&Request> {
    let mut all: Vec<&Request> = traced.requests.iter().filter(|r| r.examples.contains(&example)).collect();
    all.sort_by(|a, b| b.latency_ms.total_cmp(&a.latency_ms));
    let mut chosen: Vec<&Request> = Vec::new();
    for request in all {
        let fresh = chosen.iter().all(|c| (&c.endpoint, &c.failed) != (&request.endpoint, &request.failed));
        if fresh && chosen.len() < DRAWN {
            chosen.push(request);
        }
    }
    chosen
}

fn table(traced: &Traced, time: &WhereTimeGoes) -> Markup {
    let most = time.latency_ms[1].max(time.latency_ms[0]).max(1e-9);
    html! {
        h3 { "Where the time of " (time.endpoint) " goes at " (factor(traced.load)) }
        div.scroll tabindex="0" role="group" aria-label="Where the time goes" {
            table {
                thead { tr {
                    th.text { "At" }
                    @for (word, latency) in ["p50", "p99"].iter().zip(time.latency_ms) { th colspan="2" { (word) ", " (ms(latency)) } th.text.opt {} }
                } }
                tbody {
                    tr.dim { th.text scope="row" {} @for _ in 0..2 { td { "working" } td { "waiting" } td.opt {} } }
                    @for row in &time.rows {
                        tr {
                            th.text scope="row" { (row.place) }
                            @for i in 0..2 {
                                td { (spent(row.working_ms[i])) }
                                td { (spent(row.waiting_ms[i])) }
                                td.text.opt { span.time aria-hidden="true" {
                                    span.works style=(width(row.working_ms[i], most)) {}
                                    span.waits style=(width(row.waiting_ms[i], most)) {}
                                } }
                            }
                        }
                    }
                }
            }
        }
        p.dim {
            "Means of " (time.requests[0]) " requests near the median and " (time.requests[1]) " near the 99th percentile, of " (seconds(traced.seconds)) " of one run. "
            "Bars: working dark, waiting striped."
        }
    }
}

fn spent(time: f64) -> String {
    if time < 0.0005 { "–".into() } else { ms(time) }
}

fn width(part: f64, whole: f64) -> String {
    format!("width:{:.1}%", 100.0 * part / whole)
}

fn waterfall(request: &Request) -> Markup {
    let root = request.spans.first();
    let (start, end) = root.map_or((0, 0), |root| (root.start_ns, root.end_ns));
    // What goes on for nobody is cut off where it no longer matters.
    let end = request.spans.iter().map(|s| s.end_ns).max().unwrap_or(end).min(end + (end - start) / 4);
    let rows = rows(&request.spans);
    html! {
        details open {
            summary {
                (request.endpoint) ": " (ms(request.latency_ms))
                @if let Some(cause) = &request.failed { ", failed: " (cause) }
            }
            div.scroll tabindex="0" role="group" aria-label=(format!("Course of a request to {}", request.endpoint)) {
                table.waterfall {
                    thead { tr { th.text { "Who, what" } th.text.when { "When" } th { "Took" } th.opt { "In line" } th.text { "Ended" } } }
                    tbody { @for (depth, span) in rows.iter().take(ROWS) { (row(*depth, span, [start, end])) } }
                }
            }
            @if rows.len() > ROWS { p.dim { (rows.len() - ROWS) " more parts." } }
            @if request.cut { p.dim { "There were more parts than are kept." } }
        }
    }
}

/// Spans with their depth, each before what it caused, in the order in which they began.
fn rows(spans: &[Span]) -> Vec<(usize, &Span)> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    for (i, span) in spans.iter().enumerate() {
        if let Some(list) = span.parent.and_then(|parent| children.get_mut(parent)) {
            list.push(i);
        }
    }
    let mut found = Vec::new();
    let mut open: Vec<(usize, usize)> = if spans.is_empty() { Vec::new() } else { vec![(0, 0)] };
    while let Some((i, depth)) = open.pop() {
        // A try that is no more than what it sent has no row of its own.
        let alone = matches!(spans[i].side, Side::Caller | Side::Publisher) && told_by_child(spans, &children[i], i);
        if !alone {
            found.push((depth, &spans[i]));
        }
        let below = if alone { depth } else { depth + 1 };
        open.extend(children[i].iter().rev().map(|child| (*child, below)));
    }
    found
}

fn told_by_child(spans: &[Span], children: &[usize], i: usize) -> bool {
    let same = |child: &usize| (spans[*child].start_ns, spans[*child].end_ns) == (spans[i].start_ns, spans[i].end_ns);
    spans[i].retry == 0 && matches!(children, [child] if same(child))
}

fn row(depth: usize, span: &Span, [start, end]: [u64; 2]) -> Markup {
    let all = (end - start).max(1) as f64;
    let at = |ns: u64| ns.clamp(start, end).saturating_sub(start) as f64;
    // Only what lies within the picture.
    let waited = (span.waited_ms * 1e6).min(at(span.end_ns) - at(span.start_ns));
    let left = 100.0 * at(span.start_ns) / all;
    let part = |ns: f64| format!("width:{:.2}%", 100.0 * ns / all);
    let rest = (at(span.end_ns) - at(span.start_ns) - waited).max(0.0);
    let class = if span.failed.is_some() { "works failed" } else { "works" };
    html! {
        tr {
            th.text scope="row" style=(format!("padding-left:{:.1}em", 0.4 + 0.9 * depth.min(12) as f64)) { (said(span)) }
            td.text.when { span.line aria-hidden="true" {
                span style=(format!("width:{left:.2}%")) {}
                span.waits style=(part(waited)) {}
                span class=(class) style=(part(rest)) {}
            } }
            td { (ms(span.ms())) }
            td.opt { (spent(span.waited_ms)) }
            td.text { (ended(span)) }
        }
    }
}

fn said(span: &Span) -> Markup {
    html! {
        @match (span.side, &span.peer) {
            (Side::User, _) => { (span.service) " ask " (span.name) },
            (Side::Caller | Side::Publisher, _) => { (span.service) " calls " (span.name) @if span.retry > 0 { ", retry " (span.retry) } },
            (Side::Queue, _) => { (span.service) " delivers" @if let Some(queued) = span.queued_ms.filter(|q| *q >= 0.0005) { " after " (ms(queued)) } @if span.retry > 0 { ", retry " (span.retry) } },
            (Side::Server | Side::Consumer, _) => { b { (span.name) } },
        }
    }
}

fn ended(span: &Span) -> Markup {
    html! {
        @if let Some(cause) = &span.failed { span.bad { (cause) } }
        @else if span.unfinished { span.warn { "not at the end of the run" } }
        @else if span.degraded { span.warn { "with a substitute" } }
        @else { "well" }
        @if span.outlives { span.dim { ", for nobody" } }
    }
}
