//! How far it goes, what holds it back, and what to change.

use super::fixes::effects;
use super::page::{Ink, Page};
use crate::report::words::{changed, effect, factor};
use crate::report::{Bound, Report};
use crate::units::show_count;

pub(super) fn capacity(report: &Report, page: &mut Page) {
    let Some(capacity) = &report.capacity else { return };
    page.heading("Capacity", "");
    let mut text = match capacity.high {
        _ if capacity.load <= 0.0 => "The SLOs do not hold at any load tried".to_string(),
        Some(high) => format!(
            "The SLOs hold up to {} (between {} and {})",
            Ink::Bold.on(factor(capacity.load)),
            factor(capacity.low),
            factor(high)
        ),
        None => format!("The SLOs hold up to {} at least, the highest load tried", Ink::Bold.on(factor(capacity.low))),
    };
    let beyond = if capacity.load > 0.0 { "beyond, " } else { "" };
    match (&capacity.slo, &capacity.limited_by) {
        (Some(slo), Some(resource)) => {
            text.push_str(&format!("; {beyond}`{slo}` is missed first, as {} gives out", Ink::Bold.on(resource)));
        }
        (Some(slo), None) => text.push_str(&format!("; {beyond}`{slo}` is missed first")),
        (None, Some(resource)) => text.push_str(&format!("; {} gives out first", Ink::Bold.on(resource))),
        (None, None) => {}
    }
    text.push('.');
    // What arithmetic says is news where it names another resource.
    let other = |bound: &&Bound| page.most([1, 0, 0, 0]) > 0 || Some(&bound.resource) != capacity.limited_by.as_ref();
    if let Some(bound) = capacity.bound.as_ref().filter(other) {
        text.push_str(&format!(
            " By arithmetic alone {} is busy all the time at {}.",
            bound.resource,
            factor(bound.load)
        ));
    }
    page.wrapped(2, 2, &text);
    let each = capacity.by_slo();
    if !each.is_empty() && page.most([1, 1, 1, 0]) > 0 {
        page.labelled(2, "missed from", 13, &each.join("; "));
    }
}

pub(super) fn bottlenecks(report: &Report, page: &mut Page) {
    let Some(bottlenecks) = &report.bottlenecks else { return };
    if bottlenecks.is_empty() {
        return;
    }
    page.heading("Bottlenecks", "what doubling each gives, on the same random numbers");
    for b in bottlenecks {
        page.wrapped(
            2,
            5,
            &format!("{}. {} from {}: {}", b.rank, Ink::Bold.on(&b.resource), factor(b.from_load), effect(&b.effect)),
        );
    }
}

pub(super) fn plan(report: &Report, page: &mut Page) {
    let Some(plan) = report.plan.as_ref().filter(|p| !p.changes.is_empty() || !p.limits.is_empty()) else { return };
    let target = factor(plan.target_load);
    let proof = match plan.meets_slos {
        true => "with all of it the SLOs hold, by a last run; each is needed",
        false if plan.limits.is_empty() => "helps, but the SLOs still do not hold with all of it",
        false => "within the limits of the model there is none; this is as far as they let it go",
    };
    page.heading(&format!("Plan to {target}"), proof);
    for (i, change) in plan.changes.iter().enumerate() {
        // That is what makes it needed.
        let without = plan.without.get(i).filter(|_| page.verbose);
        let without = without.map(|what| format!(" (without it {})", what.clause())).unwrap_or_default();
        page.wrapped(2, 6, &format!("{}{}", changed(change), Ink::Dim.on(without)));
    }
    for limit in &plan.limits {
        let (most, wanted) = (show_count(limit.most), show_count(limit.wanted.ceil()));
        let what = match limit.path.as_str() {
            "" => format!("everything together would cost {wanted} a month"),
            path => format!("{wanted} would be tried next for {path}"),
        };
        page.labelled(2, "limit", 7, &Ink::Bad.on(format!("{} allows {most}, and {what}", limit.limit)));
    }
    if let Some((before, after)) = plan.cost {
        page.labelled(2, "costs", 7, &format!("{} a month, {} today", show_count(after), show_count(before)));
    }
    if !plan.effects.is_empty() {
        page.labelled(2, "gives", 7, &Ink::Good.on(effects(plan.effects.iter(), page.most([8, 4, 2, 1]))));
    }
    if let Some(faults) = &plan.faults {
        let ink = if faults.open.is_empty() { Ink::Good } else { Ink::Warn };
        page.labelled(2, "faults", 7, &ink.on(faults.sentence(plan.target_load)));
    }
}
