//! The failure campaign: what each fault takes down, in which order, and whether it comes back.

use super::page::{Ink, Page};
use crate::report::words::{effect, factor, listed, number, seconds, share_estimate};
use crate::report::{CascadeStep, Failure, Report};

/// So many are shown in full unless everything is asked for.
const SHOWN: usize = 3;
const LABEL: usize = 11;

pub(super) fn failures(report: &Report, page: &mut Page) {
    let Some(failures) = &report.failures else { return };
    if failures.is_empty() && report.unconfirmed.is_empty() {
        return;
    }
    let about = match failures.first() {
        Some(first) if failures.iter().all(|f| f.load == first.load) => {
            format!("one fault at a time at {}, against the same run without it", factor(first.load))
        }
        _ => "one fault at a time, against the same run without it".into(),
    };
    page.heading("Failure modes", &about);
    let (harmful, harmless): (Vec<_>, Vec<_>) = failures.iter().partition(|f| hurts(f));
    let shown = if page.verbose { harmful.len() } else { SHOWN.min(harmful.len()) };
    for failure in &harmful[..shown] {
        in_full(failure, page);
    }
    for failure in &harmful[shown..] {
        let first = failure.users.first().map(effect).unwrap_or_default();
        page.wrapped(2, 4, &format!("{}: {first}{}", Ink::Bold.on(title(failure)), recovery_short(failure)));
    }
    if !harmless.is_empty() {
        let names: Vec<String> = harmless.iter().map(|f| title(f)).collect();
        page.wrapped(2, 4, &format!("{}: {}", Ink::Good.on("No user notices"), listed(&names)));
    }
    if !report.unconfirmed.is_empty() {
        let text = format!("Only screened by short runs: {}", listed(&report.unconfirmed));
        page.wrapped(2, 4, &Ink::Dim.on(text));
    }
}

/// Whether anybody lost anything.
fn hurts(failure: &Failure) -> bool {
    !failure.users.is_empty() || !failure.collateral.is_empty()
}

fn title(failure: &Failure) -> String {
    match failure.fault.duration_s {
        Some(d) => format!("{} for {}", failure.fault.text, seconds(d)),
        None => failure.fault.text.clone(),
    }
}

fn in_full(failure: &Failure, page: &mut Page) {
    page.wrapped(2, 4, &Ink::Bold.on(title(failure)));
    let lost = failure.lost_requests.as_ref().map(|e| format!("{} requests", number(e.mean)));
    if !failure.users.is_empty() {
        let all = failure.users.iter().map(effect).collect::<Vec<_>>().join("; ");
        let text = match lost {
            Some(lost) => format!("{lost}: {all}"),
            None => all,
        };
        page.labelled(4, "users lose", LABEL, &text);
    }
    if !failure.collateral.is_empty() {
        let verb = if failure.collateral.len() == 1 { "fails without needing" } else { "fail without needing" };
        let text = format!("{} {verb} {}", Ink::Bad.on(listed(&failure.collateral)), failure.fault.target);
        page.labelled(4, "collateral", LABEL, &text);
    }
    cascade(&failure.cascade, page);
    page.labelled(4, "after it", LABEL, &recovery(failure));
}

/// Who became impaired: each step stands under the step it came from.
fn cascade(steps: &[CascadeStep], page: &mut Page) {
    let mut depths: Vec<usize> = Vec::with_capacity(steps.len());
    for (i, step) in steps.iter().enumerate() {
        let callee = step.via.as_deref().and_then(|via| via.split_once('>')).map(|(_, to)| to);
        let parent = callee.and_then(|to| steps[..i].iter().position(|s| same_component(&s.component, to)));
        let depth = parent.map_or(0, |p| depths[p] + 1);
        depths.push(depth);
        let branch = if depth == 0 { String::new() } else { format!("{}└ ", "  ".repeat(depth - 1)) };
        let via = step.via.as_ref().map(|via| Ink::Dim.on(format!(" ({via})"))).unwrap_or_default();
        let text = format!("+{:<6} {branch}{}: {}{via}", seconds(step.at_s), step.component, step.mechanism);
        let label = if i == 0 { "spreads" } else { "" };
        page.beside(4, label, LABEL, &text);
    }
}

/// `orders` and `orders.create` are the same component.
fn same_component(a: &str, b: &str) -> bool {
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_string();
    first(a) == first(b)
}

fn recovery(failure: &Failure) -> String {
    let Some(recovery) = &failure.recovers else {
        return if failure.fault.duration_s.is_none() { "it lasts for the rest of the run" } else { "not judged" }
            .into();
    };
    let after = recovery.after_s.as_ref().map(|e| {
        if e.mean <= 0.0 {
            " at once".into()
        } else {
            format!(" {} after its end", crate::report::Measure::RecoveryS.show(e))
        }
    });
    let mut text = match recovery.probability.mean {
        p if p >= 1.0 => format!("{}{}", Ink::Good.on("recovers"), after.unwrap_or_default()),
        p if p <= 0.0 => Ink::Bad.on("does not recover by itself"),
        _ => format!(
            "{} in {} of runs{}",
            Ink::Warn.on("recovers"),
            share_estimate(&recovery.probability),
            after.unwrap_or_default()
        ),
    };
    if let Some(cause) = &failure.sustained_by {
        text.push_str(&format!("; kept down by {cause}"));
    }
    text
}

fn recovery_short(failure: &Failure) -> String {
    match &failure.recovers {
        Some(r) if r.probability.mean >= 1.0 => "; recovers".into(),
        Some(r) if r.probability.mean <= 0.0 => format!("; {}", Ink::Bad.on("does not recover")),
        Some(_) => format!("; {}", Ink::Warn.on("may not recover")),
        None => String::new(),
    }
}
