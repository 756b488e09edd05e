//! The failure campaign: what each fault takes down, in which order, and whether it comes back.

use super::page::{Ink, Page};
use crate::report::words::{effect, effect_briefly, factor, listed, number, seconds, share_estimate};
use crate::report::{CascadeStep, Failure, Recovery, Report};

/// So many are shown in full unless everything is asked for.
const SHOWN: usize = 3;
/// So many components are listed in a line each.
const LISTED: usize = 8;
const LABEL: usize = 11;

pub(super) fn failures(report: &Report, page: &mut Page) {
    let Some(failures) = &report.failures else { return };
    if failures.is_empty() && report.unconfirmed.is_empty() {
        return;
    }
    page.heading("Failure modes", &about(failures));
    let (harmful, harmless): (Vec<&Failure>, Vec<&Failure>) = failures.iter().partition(|f| hurts(f));
    // What takes others along, or does not come back, deserves the room; that a component is missed when it is gone does not.
    let (telling, plain): (Vec<&Failure>, Vec<&Failure>) =
        harmful.into_iter().partition(|f| page.verbose || spreads(f));
    let shown = if page.verbose { telling.len() } else { SHOWN.min(telling.len()) };
    for failure in &telling[..shown] {
        in_full(failure, page);
    }
    let rest: Vec<&Failure> = telling[shown..].iter().chain(&plain).copied().collect();
    by_target(&rest, page);
    if !harmless.is_empty() {
        let names: Vec<String> = targets(&harmless).iter().map(|(target, all)| gathered(target, all)).collect();
        page.wrapped(2, 4, &format!("{}: {}", Ink::Good.on("No user notices"), names.join("; ")));
    }
    let screened: Vec<&String> = report
        .unconfirmed
        .iter()
        .filter(|text| page.verbose || !failures.iter().any(|f| f.fault.text == **text))
        .collect();
    if !screened.is_empty() {
        let names: Vec<&str> = screened.into_iter().map(String::as_str).collect();
        page.wrapped(2, 4, &Ink::Dim.on(format!("Only screened by short runs: {}", names.join(", "))));
    } else if !report.unconfirmed.is_empty() {
        let text = format!("{} of these were only screened by one run each", report.unconfirmed.len());
        page.wrapped(2, 4, &Ink::Dim.on(text));
    }
}

/// What was done, as far as it was the same for all.
fn about(failures: &[Failure]) -> String {
    let Some(first) = failures.first() else { return String::new() };
    let load = match failures.iter().all(|f| f.load == first.load) {
        true => format!(" at {}", factor(first.load)),
        false => String::new(),
    };
    let time = match first.fault.duration_s {
        Some(d) if same_duration(failures) => format!(" for {}", seconds(d)),
        _ => String::new(),
    };
    format!("one fault at a time{time}{load}; against the same run without")
}

fn same_duration(failures: &[Failure]) -> bool {
    failures.windows(2).all(|pair| pair[0].fault.duration_s == pair[1].fault.duration_s)
}

/// Whether others suffer who need not, or it does not come back.
fn spreads(failure: &Failure) -> bool {
    !failure.collateral.is_empty() || failure.recovers.as_ref().is_some_and(|r| r.probability.mean < 1.0)
}

/// One line for each component: what was done to it, and the worst that came of it.
fn by_target(failures: &[&Failure], page: &mut Page) {
    let all = targets(failures);
    let shown = if page.verbose { all.len() } else { LISTED.min(all.len()) };
    for (target, faults) in &all[..shown] {
        let worst = faults.iter().find_map(|f| f.users.first()).map(effect_briefly).unwrap_or_default();
        let back = if faults.iter().any(|f| spreads(f) && f.recovers.is_some_and(|r| r.probability.mean < 1.0)) {
            format!("; {}", Ink::Bad.on("may not recover"))
        } else {
            String::new()
        };
        page.wrapped(2, 4, &format!("{}: {worst}{back}", gathered(target, faults)));
    }
    if all.len() > shown {
        page.push_line(&Ink::Dim.on(format!("  {} more components (-v shows all)", all.len() - shown)));
    }
}

/// The failures of each target, in order.
fn targets<'a>(failures: &[&'a Failure]) -> Vec<(&'a str, Vec<&'a Failure>)> {
    let mut all: Vec<(&str, Vec<&Failure>)> = Vec::new();
    for failure in failures {
        match all.iter_mut().find(|(target, _)| *target == failure.fault.target) {
            Some((_, faults)) => faults.push(failure),
            None => all.push((&failure.fault.target, vec![failure])),
        }
    }
    all
}

/// `orders killed, 2s slower or failing`
fn gathered(target: &str, faults: &[&Failure]) -> String {
    let way =
        |f: &&'_ Failure| f.fault.text.strip_prefix(target).and_then(|rest| rest.strip_prefix(' ')).map(String::from);
    let (ways, others): (Vec<Option<String>>, Vec<Option<String>>) = faults.iter().map(way).partition(Option::is_some);
    let ways: Vec<String> = ways.into_iter().flatten().collect();
    if !others.is_empty() {
        // A fault whose words do not begin with its target, such as `orders cut off from payments`.
        return faults.iter().map(|f| f.fault.text.as_str()).collect::<Vec<_>>().join(", ");
    }
    let ways = match ways.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        ways => ways.concat(),
    };
    format!("{} {ways}", Ink::Bold.on(target))
}

/// Whether anybody lost anything.
fn hurts(failure: &Failure) -> bool {
    !failure.users.is_empty() || !failure.collateral.is_empty()
}

fn in_full(failure: &Failure, page: &mut Page) {
    page.wrapped(2, 4, &Ink::Bold.on(&failure.fault.text));
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
    if let Some(stuck) = &failure.stuck {
        return super::stuck::stuck(stuck);
    }
    let after = after(recovery);
    match recovery.probability.mean {
        p if p >= 1.0 => format!("{}{}", Ink::Good.on("recovers"), after),
        p if p <= 0.0 => Ink::Bad.on("does not recover by itself"),
        _ => format!("{} in {} of runs{}", Ink::Warn.on("recovers"), share_estimate(&recovery.probability), after),
    }
}

/// ` at once`, ` 9.1s after its end (8.7s to 9.8s)`; nothing when it never was.
fn after(recovery: &Recovery) -> String {
    let (Some((least, most)), median) = (recovery.range_s, recovery.median_s) else { return String::new() };
    if most <= 0.0 {
        return " at once".into();
    }
    let range = format!("{} to {}", seconds(least), seconds(most));
    match median {
        Some(_) if least == most => format!(" {} after its end", seconds(most)),
        Some(median) => format!(" {} after its end ({range} in {} runs)", seconds(median), recovery.runs),
        None => format!(" {range} after its end, if at all"),
    }
}
