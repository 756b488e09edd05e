//! What should change: where, why, the lines to write, and what they give.

use crate::report::words::{effect, factor};
use crate::report::{Change, Confidence, Effect, Finding, Measure, Report, Severity};
use maud::{Markup, html};

/// From so many on the rest is folded away.
const OPEN: usize = 6;

pub(super) fn findings(report: &Report) -> Markup {
    let Some(findings) = &report.findings else { return html! {} };
    let of = |severity: Severity| findings.iter().filter(move |f| f.severity == severity).collect::<Vec<_>>();
    html! {
        @if findings.is_empty() { p { "Nothing was found that a change would make better." } }
        @for severity in [Severity::P0, Severity::P1, Severity::P2] {
            @let these = of(severity);
            @if !these.is_empty() {
                h3 { (severity.word()) ": " (severity.meaning()) " (" (these.len()) ")" }
                @for finding in these.iter().take(OPEN) { (one(report, finding)) }
                @if these.len() > OPEN {
                    details { summary { (these.len() - OPEN) " more " (severity.word()) } @for finding in &these[OPEN..] { (one(report, finding)) } }
                }
            }
        }
        @if !report.waived.is_empty() || !report.stale_waivers.is_empty() {
            h3 { "Waived" }
            ul {
                @for waived in &report.waived {
                    li { code { (waived.finding.code) } " on " b { (waived.finding.subject) } ": " (waived.why()) }
                }
                @for stale in &report.stale_waivers { li { (stale.title()) } }
            }
        }
        @if !report.decoys.is_empty() {
            h3 { "Tried and not recommended" }
            ul { @for decoy in &report.decoys { li { code { (decoy.code) } " on " b { (decoy.subject) } ": " (decoy.why) } } }
        }
    }
}

fn one(report: &Report, finding: &Finding) -> Markup {
    let sure = match finding.confidence {
        Confidence::High => "high: simulated, and clear beyond the interval",
        Confidence::Medium => "medium: simulated but not clear, or by arithmetic",
        Confidence::Low => "low: a rule of thumb, not tried",
    };
    let planned =
        |changes: &[Change]| report.plan.as_ref().is_some_and(|p| p.changes.len() > 1 && p.changes == changes);
    html! {
        article class=(format!("finding {}", finding.severity.word())) {
            h3 { span class=(format!("tag {}", finding.severity.word())) { (finding.severity.word()) } (finding.title) }
            p.dim {
                @if let Some(place) = &finding.place { code { (place.file) ":" (place.line) } " · " }
                (finding.code) " · how sure: " (sure)
            }
            @if !finding.evidence.is_empty() { ul { @for line in &finding.evidence { li { (inline(line)) } } } }
            @if let Some(fix) = &finding.fix {
                @if planned(&fix.changes) { p { b { "Fix: " } a href="#plan" { "the plan to " (factor(report.load)) } } }
                @else {
                    p { b { "Fix: " } (fix.summary) }
                    @if !fix.changes.is_empty() { (yaml(&fix.changes)) }
                    (effects(finding.effect.iter().chain(&finding.other_effects)))
                }
            }
        }
    }
}

/// A sentence with code between backticks.
fn inline(text: &str) -> Markup {
    html! { @for (i, part) in text.split('`').enumerate() { @if i % 2 == 1 { code { (part) } } @else { (part) } } }
}

/// Changes as lines of the model.
pub(super) fn yaml(changes: &[Change]) -> Markup {
    let line = |c: &Change| {
        let was = c.from.as_ref().map(|from| format!("  # was {from}")).unwrap_or_default();
        match c.path.rsplit_once('.') {
            Some((above, key)) => format!("{above}:\n  {key}: {}{was}", c.to),
            None => format!("{}: {}{was}", c.path, c.to),
        }
    };
    html! { pre tabindex="0" { code { (changes.iter().map(line).collect::<Vec<_>>().join("\n")) } } }
}

/// Before and after, as two bars each.
pub(super) fn effects<'a>(all: impl Iterator<Item = &'a Effect>) -> Markup {
    html! { div.effects { @for effect in all { (bars(effect)) } } }
}

const BAR: f64 = 200.0;

fn bars(told: &Effect) -> Markup {
    let (before, after) = (told.before.mean, told.after.mean);
    let most = match told.measure {
        Measure::SuccessRate | Measure::Utilization => 1.0,
        _ => before.max(after),
    };
    let long = |x: f64| if most > 0.0 && x.is_finite() { (BAR * x.max(0.0) / most).min(BAR).round() } else { 0.0 };
    let more_is_better = matches!(told.measure, Measure::SuccessRate | Measure::GoodputPerS | Measure::CapacityLoad);
    let worse = (after < before) == more_is_better && after != before;
    let (was, now) = (told.measure.show(&told.before), told.measure.show(&told.after));
    html! {
        svg viewBox="0 0 340 58" role="img" {
            title { (effect(told)) }
            text x="0" y="12" font-weight="600" { (told.subject) " " (told.measure.word()) }
            rect.was x="0" y="19" width=(long(before).max(1.0)) height="14" rx="2" {}
            text x=(long(before) + 7.0) y="30" { "before " (was) }
            rect class=(if worse { "now worse" } else { "now" }) x="0" y="38" width=(long(after).max(1.0)) height="14" rx="2" {}
            text x=(long(after) + 7.0) y="49" { "after " (now) }
        }
    }
}
