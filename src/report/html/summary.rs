//! The first screen: the verdict, and the five answers a stranger wants.

use crate::report::words::{changed, effect, factor, listed, number, seconds, share_estimate};
use crate::report::{Confidence, Effect, Failure, Measure, Report, Severity};
use maud::{Markup, html};

pub(super) fn summary(report: &Report) -> Markup {
    let verdict = report.verdict();
    let class = match verdict.holds {
        Some(true) => "verdict yes",
        Some(false) => "verdict no",
        None => "verdict unsure",
    };
    html! {
        div class=(class) {
            strong { (verdict.headline) "." }
            @if !verdict.sentences.is_empty() { p { (verdict.sentences.join(" ")) } }
        }
        @if !report.complete { p.warn { "This review is incomplete; the notes at the end say what was cut short." } }
        (marks(report))
        dl.answers {
            (answer("What breaks first, and at which load", breaks(report)))
            @if let Some(failure) = slow_outside(report) {
                (answer(&format!("What happens with {} (an external API)", failure.fault.text), suffers(failure)))
            }
            @if let Some(failure) = worst(report) {
                (answer("The worst that was found", html! { b { (failure.fault.text) } ". " (suffers(failure)) }))
            }
            (answer("What to change", changes(report)))
            (answer("How sure this is", sure(report)))
        }
    }
}

fn answer(question: &str, text: Markup) -> Markup {
    html! { div { dt { (question) } dd { (text) } } }
}

fn marks(report: &Report) -> Markup {
    let findings = report.findings.as_deref().unwrap_or_default();
    let of = |severity: Severity| findings.iter().filter(|f| f.severity == severity).count();
    html! {
        div.marks {
            @if let Some(scores) = &report.scores {
                @if let Some(readiness) = &scores.readiness {
                    @let unknown = readiness.items.iter().filter(|item| item.passed.is_none()).count();
                    span.mark { b { (number(readiness.score)) "/10" } " readiness" @if unknown > 0 { ", " (unknown) " unknown" } }
                }
                @if let Some(grade) = &scores.observability { span.mark title=(grade.why) { b { (grade.grade) } " observability" } }
            }
            @if let Some(capacity) = &report.capacity { span.mark { b { (factor(capacity.load)) } " of today's load is borne" } }
            @if report.findings.is_some() {
                @for severity in [Severity::P0, Severity::P1, Severity::P2] {
                    span.mark { b { (of(severity)) } " " (severity.word()) ": " (severity.meaning()) }
                }
            }
        }
    }
}

fn breaks(report: &Report) -> Markup {
    let Some(capacity) = &report.capacity else { return html! { "Capacity was not searched." } };
    html! {
        @match (&capacity.limited_by, capacity.high) {
            (Some(by), Some(high)) if capacity.load <= 0.0 => { b { (by) } " gives out below " b { (factor(high)) } " of today's load." }
            (Some(by), Some(_)) => { b { (by) } " gives out at about " b { (factor(capacity.load)) } " of today's load." }
            (None, Some(_)) if capacity.load <= 0.0 => { "The SLOs do not hold at any load tried." }
            (None, Some(_)) => { "The SLOs are missed from about " b { (factor(capacity.load)) } " on." }
            (_, None) => { "Nothing up to " b { (factor(capacity.low)) } ", the highest load tried." }
        }
        @if let Some(next) = report.bottlenecks.iter().flatten().nth(1) { " Once that is mended, " (next.resource) " is next." }
        " " a href="#load" { "Load" }
    }
}

/// A dependency outside that answers slowly.
fn slow_outside(report: &Report) -> Option<&Failure> {
    let pictures = report.pictures.as_ref()?;
    let outside = |f: &&Failure| pictures.nodes.iter().any(|n| n.name == f.fault.target && n.role == "external API");
    let slow: Vec<&Failure> =
        report.failures.iter().flatten().filter(outside).filter(|f| f.fault.kind == "latency").collect();
    slow.first().copied()
}

/// The first failure, unless it has been told.
fn worst(report: &Report) -> Option<&Failure> {
    let told = slow_outside(report).map(|f| &f.fault.target);
    report.failures.iter().flatten().find(|f| Some(&f.fault.target) != told && !f.users.is_empty())
}

/// `web.home answers 48 ±6% of requests instead of 100%`
fn loses(user: &Effect) -> String {
    let (before, after) = (user.measure.show(&user.before), user.measure.show(&user.after));
    match user.measure {
        Measure::SuccessRate => format!("{} answers {after} of requests instead of {before}", user.subject),
        _ => effect(user),
    }
}

fn suffers(failure: &Failure) -> Markup {
    let steps: Vec<String> =
        failure.cascade.iter().map(|s| format!("{} (after {})", s.component, seconds(s.at_s))).collect();
    let others: Vec<String> = failure.users.iter().skip(1).map(|user| user.subject.clone()).collect();
    html! {
        @match failure.users.first() {
            Some(first) => {
                (loses(first)) "."
                @if !others.is_empty() { " " (listed(&others)) @if others.len() == 1 { " suffers" } @else { " suffer" } ", too." }
            }
            None => { "No user notices." }
        }
        @if !failure.collateral.is_empty() {
            " " b { (listed(&failure.collateral)) } @if failure.collateral.len() == 1 { " does" } @else { " do" } " not even need " (failure.fault.target) "."
        }
        @if !steps.is_empty() { " It spreads to " (steps.join(", then ")) "." }
        " " (recovers(failure)) " " a href="#failures" { "Failures" }
    }
}

/// Whether it comes back, in a sentence.
pub(super) fn recovers(failure: &Failure) -> Markup {
    html! {
        @match &failure.recovers {
            Some(r) if r.probability.mean >= 1.0 => {
                span.good { "Recovers" }
                @match r.range_s { Some((_, most)) if most > 0.0 => { " within " (seconds(most)) " of its end." } _ => " as soon as it ends." }
            }
            Some(r) if r.probability.mean <= 0.0 => { span.bad { "Does not recover by itself" } "." }
            Some(r) => { span.warn { "Recovers in " (share_estimate(&r.probability)) " of runs" } "." }
            None => {}
        }
    }
}

fn changes(report: &Report) -> Markup {
    let urgent = report.findings.iter().flatten().find(|f| f.fix.is_some());
    html! {
        @if let Some(fix) = urgent.and_then(|f| f.fix.as_ref()) { "First " b { (fix.summary) } ". " }
        @if let Some(plan) = report.plan.as_ref().filter(|p| !p.changes.is_empty()) {
            "For " (factor(plan.target_load)) ": "
            @for (i, change) in plan.changes.iter().take(4).enumerate() { @if i > 0 { ", " } code { (changed(change)) } }
            @if plan.changes.len() > 4 { " and " (plan.changes.len() - 4) " more" }
            @if plan.meets_slos { "; with all of it the SLOs hold" } @else { "; it does not suffice" }
            ". "
        }
        @if urgent.is_none() && report.plan.as_ref().is_none_or(|p| p.changes.is_empty()) { "Nothing that was tried makes it better. " }
        a href="#findings" { "Findings" }
    }
}

fn sure(report: &Report) -> Markup {
    let findings = report.findings.as_deref().unwrap_or_default();
    let high = findings.iter().filter(|f| f.confidence == Confidence::High).count();
    let confirmed = report.failures.as_ref().map_or(0, Vec::len);
    html! {
        @if report.replications == 1 { "One run behind each figure, so without intervals" }
        @else { (report.replications) " runs behind each figure at 1x" @if report.load != 1.0 { " and " (factor(report.load)) } ", with 95% intervals" }
        @if let Some(c) = &report.capacity { @if let Some(high) = c.high { "; the capacity lies between " (factor(c.low)) " and " (factor(high)) } }
        @if !findings.is_empty() { "; " (high) " of " (findings.len()) " findings are clear beyond their intervals" }
        @if confirmed > 0 { "; " (confirmed) " failures confirmed by several runs, " (report.unconfirmed.len()) " by one short run" }
        ". A simulation of the model, not of the real system: it is as right as the model's figures. "
        a href="#repeat" { "Settings" }
    }
}
