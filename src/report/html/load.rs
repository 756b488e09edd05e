//! How much load it bears, what ends it, and the way to more.

use super::charts::{Picture, load};
use super::findings::{effects, yaml};
use crate::report::words::{factor, ms, ms_estimate, number, share, share_estimate};
use crate::report::{Estimate, Report, Run, SloVerdict, Tally};
use maud::{Markup, PreEscaped, html};

/// A chart with its words.
pub(super) fn figure(picture: &Picture) -> Markup {
    html! {
        figure { (PreEscaped(&picture.svg)) figcaption { b { (picture.title) } (picture.caption) } }
    }
}

pub(super) fn load(report: &Report) -> Markup {
    let charts = load::charts(report);
    html! {
        @if let Some(capacity) = &report.capacity {
            p {
                @match capacity.high {
                    Some(high) if capacity.load <= 0.0 => {
                        "The SLOs do not hold at any load tried, down to " b { (factor(high)) } " of today's."
                        @if let Some(slo) = &capacity.slo { " " code { (slo) } " is missed first" @if let Some(by) = &capacity.limited_by { ", as " b { (by) } " gives out" } "." }
                    }
                    Some(high) => {
                        "The SLOs hold up to " b { (factor(capacity.load)) } " of today's load (between " (factor(capacity.low)) " and " (factor(high)) ")."
                        @if let Some(slo) = &capacity.slo { " Beyond, " code { (slo) } " is missed first" @if let Some(by) = &capacity.limited_by { ", as " b { (by) } " gives out" } "." }
                    }
                    None => { "The SLOs held at the highest load that was tried, " b { (factor(capacity.low)) } "." }
                }
                @let each = capacity.by_slo();
                @if !each.is_empty() { " Missed from: " (each.join("; ")) "." }
                @if let Some(bound) = &capacity.bound { " By arithmetic alone, " (bound.resource) " is busy all the time at " (factor(bound.load)) "." }
            }
        }
        @if !charts.is_empty() {
            div.charts { @for picture in &charts { (figure(picture)) } }
            p.dim { "Each point is one run." }
        }
        @if let Some(bottlenecks) = report.bottlenecks.as_ref().filter(|b| !b.is_empty()) {
            h3 { "Bottlenecks" }
            p { "What doubling each gives, on the same random numbers." }
            @for bottleneck in bottlenecks {
                p { (bottleneck.rank) ". " b { (bottleneck.resource) } }
                (effects([&bottleneck.effect].into_iter()))
            }
        }
        (plan(report))
    }
}

fn plan(report: &Report) -> Markup {
    let Some(plan) = report.plan.as_ref().filter(|p| !p.changes.is_empty()) else { return html! {} };
    html! {
        h3 id="plan" { "Plan to " (factor(plan.target_load)) }
        p {
            @if plan.meets_slos { span.good { "With all of it the SLOs hold" } ", by a last run." }
            @else { span.warn { "It helps, but does not suffice." } }
        }
        (yaml(&plan.changes))
        p.dim { "As a patch of the file, comments and all: " code { (report.command) " --write-plan plan.diff" } }
        (effects(plan.effects.iter()))
        @if let Some(faults) = &plan.faults {
            p { "Faults: " (faults.sentence(plan.target_load)) "." }
        }
    }
}

/// What users saw, at each load.
pub(super) fn users(report: &Report) -> Markup {
    let runs = report.side_by_side();
    html! {
        div.scroll tabindex="0" role="group" aria-label="What users see" {
            table {
                thead { tr { th.text { "Endpoint" } th { "Load" } th.opt { "Asked /s" } th.opt { "Answered /s" } th { "Success" } th.opt { "p50" } th { "p99" } th.text { "SLOs" } } }
                tbody {
                    @for name in endpoints(&runs) {
                        @for (i, run) in runs.iter().enumerate() {
                            @if let Some(tally) = tally(run, &name) {
                                tr {
                                    th.text scope="row" { @if i == 0 { (name) } }
                                    td { (factor(run.load)) }
                                    td.opt { (number(tally.rate_per_s)) }
                                    td.opt { (number(tally.goodput_per_s)) }
                                    td { (brief(&tally.success_rate, share_estimate, share)) }
                                    td.opt { (tally.p50_ms.as_ref().map_or("–".into(), |e| ms(e.mean))) }
                                    td { (brief(&tally.p99_ms, ms_estimate, ms)) }
                                    td.text { (judged(run, &name)) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if report.replications > 1 { p.dim.opt { "± is the 95% interval over " (report.replications) " runs." } }
    }
}

/// A figure with its interval; on a narrow screen without.
fn brief(figure: &Option<Estimate>, with: fn(&Estimate) -> String, alone: fn(f64) -> String) -> Markup {
    let Some(figure) = figure else { return html! { "–" } };
    html! { span.opt { (with(figure)) } span.narrow { (alone(figure.mean)) } }
}

fn endpoints(runs: &[&Run]) -> Vec<String> {
    let first = runs.first().into_iter();
    first.flat_map(|r| r.traffic.values()).flat_map(|t| t.endpoints.keys().cloned()).collect()
}

fn tally<'a>(run: &'a Run, name: &str) -> Option<&'a Tally> {
    run.traffic.values().find_map(|t| t.endpoints.get(name))
}

fn judged(run: &Run, name: &str) -> Markup {
    let mine = || run.slos.iter().filter(|s| s.subject.as_deref() == Some(name));
    let missed: Vec<String> = mine().filter(|s| s.verdict == SloVerdict::Missed).map(|s| s.measure.word()).collect();
    let unclear = mine().filter(|s| s.verdict == SloVerdict::Unclear).count();
    html! {
        @if mine().count() == 0 { span.dim { "none" } }
        @else if !missed.is_empty() { span.bad { "missed: " (missed.join(", ")) } }
        @else if unclear > 0 { span.warn { "too close to call" } }
        @else { span.good { "met" } }
    }
}

/// What is used most, at each load.
pub(super) fn resources(report: &Report) -> Markup {
    let runs = report.side_by_side();
    let Some(last) = runs.last() else { return html! {} };
    let mut names: Vec<&String> = last.resources.keys().collect();
    names.sort_by(|a, b| last.resources[*b].utilization.total_cmp(&last.resources[*a].utilization));
    html! {
        details {
            summary { "All resources: how busy, how much is needed" }
            div.scroll tabindex="0" role="group" aria-label="Resources" {
                table {
                    thead { tr { th.text { "Resource" } th { "Size" } @for run in &runs { th { "Busy " (factor(run.load)) } } th { "Needed" } th { "Mean wait" } th { "Refused" } } }
                    tbody {
                        @for name in names {
                            @let resource = &last.resources[name];
                            tr {
                                th.text scope="row" { (name) }
                                td { (number(resource.capacity)) }
                                @for run in &runs { td { (run.resources.get(name).map_or("–".into(), |r| share(r.utilization))) } }
                                td { (resource.static_utilization.map_or("–".into(), share)) }
                                td { (ms(resource.wait_mean_ms)) }
                                td { (number(resource.rejected as f64)) }
                            }
                        }
                    }
                }
            }
            p.dim { "Needed: by arithmetic, were nothing to fail or wait; above 100% there is too little of it." }
        }
    }
}
