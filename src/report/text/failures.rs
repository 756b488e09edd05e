//! The failure campaign: what each fault takes down, in which order, and whether it comes back.

use super::fixes::effects;
use super::page::{Ink, Page, sparkline, width_of};
use super::{alerts, campaign};
use crate::report::words::{drills, effect_briefly, listed, number, seconds, share_estimate};
use crate::report::{CascadeStep, Estimate, Failure, FaultInfo, Recovery, Report, Screened};

/// By how much must be left out: so many are shown in full,
const SHOWN: [usize; 4] = [2, 2, 1, 1];
/// so many components are listed in a line each,
const LISTED: [usize; 4] = [8, 8, 6, 3];
/// each with so many ways in which it was struck,
const WAYS: [usize; 4] = [usize::MAX, 3, 2, 1];
/// so many effects stand beside one another.
const EFFECTS: [usize; 4] = [usize::MAX, 3, 2, 1];
/// So many are named in a list.
const BRIEF: usize = 12;
const LABEL: usize = 11;

pub(super) fn failures(report: &Report, page: &mut Page) {
    let Some(failures) = &report.failures else { return };
    if failures.is_empty() && report.unconfirmed.is_empty() {
        return;
    }
    page.heading("Failure modes", &drills(failures));
    let (harmful, harmless): (Vec<&Failure>, Vec<&Failure>) = failures.iter().partition(|f| hurts(f));
    // What takes others along, or does not come back, deserves the room; that a component is missed when it is gone does not.
    let mut told: Vec<&str> = Vec::new();
    let (telling, plain): (Vec<&Failure>, Vec<&Failure>) = harmful.into_iter().partition(|f| {
        // Of several faults of the same part the most urgent is enough.
        let first = !told.contains(&f.fault.target.as_str());
        let full = page.verbose || (first && spreads(f) && told.len() < page.most(SHOWN));
        if full {
            told.push(&f.fault.target);
        }
        full
    });
    for failure in telling {
        in_full(failure, page);
    }
    by_target(&plain, page);
    screened(report, &harmless, page);
    campaign::campaign(report, page);
    alerts::alerts(report, page);
}

/// What users do not notice, and what rests on one short run.
fn screened(report: &Report, harmless: &[&Failure], page: &mut Page) {
    let all = report.campaign.iter().flat_map(|c| &c.screened);
    let (noticed, unnoticed): (Vec<&Screened>, Vec<&Screened>) = all.partition(|f| campaign::is_noticed(f));
    let quiet: Vec<&FaultInfo> = harmless.iter().map(|f| &f.fault).chain(unnoticed.iter().map(|f| &f.fault)).collect();
    if !quiet.is_empty() {
        let ways = page.most(WAYS);
        let names: Vec<String> =
            targets(&quiet, |f| f).iter().map(|(target, all)| gathered(target, all, ways)).collect();
        let once = if unnoticed.is_empty() { "" } else { " (most by one short run each)" };
        let title = Ink::Good.on("No user notices");
        let text = match page.verbose || quiet.len() <= BRIEF {
            true => format!("{title}{once}: {}", names.join("; ")),
            false => {
                format!("{title} {} others{once}{} (-v shows all)", quiet.len(), quiet_parts(report, &quiet, &noticed))
            }
        };
        page.wrapped(2, 4, &text);
    }
    if !noticed.is_empty() {
        let faults: Vec<&FaultInfo> = noticed.iter().map(|f| &f.fault).collect();
        let groups = targets(&faults, |f| f);
        let names: Vec<String> = groups.iter().map(|(target, all)| gathered(target, all, usize::MAX)).collect();
        let parts: Vec<String> = groups.iter().map(|(target, all)| format!("{} at {target}", all.len())).collect();
        let told = match page.most([2, 2, 1, 0]) {
            0 => format!("Not confirmed: {} that hurt users in one short run (-v shows them)", noticed.len()),
            1 => format!("Not confirmed, by one short run each: {}", some(parts, ", ", page.verbose)),
            _ => format!("Not confirmed, by one short run each: {}", some(names, "; ", page.verbose)),
        };
        page.wrapped(2, 4, &Ink::Dim.on(told));
    }
}

/// The first of them with the number of the others; all of them where that is asked for.
fn some(mut names: Vec<String>, between: &str, all: bool) -> String {
    let more = if all { 0 } else { names.len().saturating_sub(BRIEF) };
    names.truncate(names.len() - more);
    let names = names.join(between);
    if more == 0 { names } else { format!("{names}{between}and {more} more (-v shows all)") }
}

/// The parts of which nobody notices anything that was tried.
fn quiet_parts(report: &Report, quiet: &[&FaultInfo], noticed: &[&Screened]) -> String {
    let told = report.failures.iter().flatten().filter(|f| hurts(f)).map(|f| &f.fault);
    let loud: Vec<&str> = told.chain(noticed.iter().map(|f| &f.fault)).map(|f| f.target.as_str()).collect();
    let parts = targets(quiet, |f| f).into_iter().map(|(target, _)| target).filter(|target| !loud.contains(target));
    let parts: Vec<String> = parts.map(|target| Ink::Bold.on(target)).collect();
    match parts.len() {
        0 => String::new(),
        n if n > BRIEF => format!(", among them all at {n} parts"),
        _ => format!(", among them all at {}", listed(&parts)),
    }
}

/// Whether others suffer who need not, or it does not come back.
fn spreads(failure: &Failure) -> bool {
    !failure.collateral.is_empty() || failure.recovers.as_ref().is_some_and(|r| r.probability.mean < 1.0)
}

/// One line for each component: what was done to it, and the worst that came of it.
fn by_target(failures: &[&Failure], page: &mut Page) {
    let all = targets(failures, |f| &f.fault);
    let shown = page.most(LISTED).min(all.len());
    for (target, faults) in &all[..shown] {
        let worst = faults.iter().find_map(|f| f.users.first()).map(effect_briefly).unwrap_or_default();
        let back = if faults.iter().any(|f| spreads(f) && f.recovers.is_some_and(|r| r.probability.mean < 1.0)) {
            format!("; {}", Ink::Bad.on("may not recover"))
        } else {
            String::new()
        };
        let struck: Vec<&FaultInfo> = faults.iter().map(|f| &f.fault).collect();
        let unseen = faults.iter().find_map(|f| alerts::unseen(&f.side_effects));
        let more: String =
            [unseen, alerts::told_of_all(faults)].into_iter().flatten().map(|m| format!("; {m}")).collect();
        page.wrapped(2, 4, &format!("{}: {worst}{back}{more}", gathered(target, &struck, page.most(WAYS))));
    }
    if all.len() > shown {
        page.push_line(&Ink::Dim.on(format!("  {} more parts (-v shows all)", all.len() - shown)));
    }
}

/// What strikes each target, in order.
fn targets<'a, T>(all: &[&'a T], fault: impl Fn(&'a T) -> &'a FaultInfo) -> Vec<(&'a str, Vec<&'a T>)> {
    let mut groups: Vec<(&str, Vec<&T>)> = Vec::new();
    for one in all {
        let name = fault(one).target.as_str();
        match groups.iter_mut().find(|(target, _)| *target == name) {
            Some((_, group)) => group.push(one),
            None => groups.push((name, vec![one])),
        }
    }
    groups
}

/// `orders killed, 2s slower or failing`; `orders killed or 7 more ways` where only so many are told.
fn gathered(target: &str, faults: &[&FaultInfo], most: usize) -> String {
    let way = |f: &&'_ FaultInfo| f.text.strip_prefix(target).and_then(|rest| rest.strip_prefix(' ')).map(String::from);
    let mut ways: Vec<String> = faults.iter().filter_map(way).collect();
    // A fault whose words do not begin with its target, such as `one replica of web killed`.
    let others = faults.iter().filter(|f| way(f).is_none()).map(|f| f.text.clone());
    let mut others: Vec<String> = others.collect();
    let told = most.max(1).min(ways.len() + others.len());
    let more = ways.len() + others.len() - told;
    if more > 0 {
        ways.truncate(told);
        others.truncate(told - ways.len());
        ways.push(format!("struck in {more} more ways"));
    }
    let last = ways.pop();
    let ways = match last {
        None => return others.join(", "),
        Some(last) if ways.is_empty() => last,
        Some(last) => format!("{} or {last}", ways.join(", ")),
    };
    let own = format!("{} {ways}", Ink::Bold.on(target));
    std::iter::once(own).chain(others).collect::<Vec<_>>().join(", ")
}

/// Whether anybody lost anything.
fn hurts(failure: &Failure) -> bool {
    !failure.users.is_empty() || !failure.collateral.is_empty()
}

fn in_full(failure: &Failure, page: &mut Page) {
    page.wrapped(2, 4, &Ink::Bold.on(&failure.fault.text));
    let lost = failure.lost_requests.as_ref().map(|e| format!("{} requests", number(e.mean)));
    if !failure.users.is_empty() {
        let unseen = alerts::unseen(&failure.side_effects);
        let users = effects(failure.users.iter(), page.most(EFFECTS));
        let all = [users].into_iter().chain(unseen).collect::<Vec<_>>().join("; ");
        let text = match lost {
            Some(lost) => format!("{lost}: {all}"),
            None => all,
        };
        page.labelled(4, "users lose", LABEL, &text);
    }
    let target = &failure.fault.target;
    let blast = failure.blast_radius.filter(|b| b.mean >= 0.005).map(|blast| {
        let share = share_estimate(&Estimate { high: blast.high.min(1.0), ..blast });
        format!("{share} of all requests of that time")
    });
    if !failure.collateral.is_empty() {
        let verb = if failure.collateral.len() == 1 { "fails without needing" } else { "fail without needing" };
        let blast = blast.map(|blast| format!(": {blast}")).unwrap_or_default();
        let names = Ink::Bad.on(listed(&failure.collateral));
        let text = match page.most([1, 1, 1, 0]) {
            0 => format!("{names}{}", blast.trim_end_matches(" of that time")),
            _ => format!("{names} {verb} {target}{blast}"),
        };
        page.labelled(4, "collateral", LABEL, &text);
    } else if let Some(blast) = blast {
        page.labelled(4, "blast", LABEL, &format!("{blast} were lost without needing {target}"));
    }
    answered(failure, page);
    cascade(&failure.cascade, page);
    let told = failure.detection.as_ref().and_then(alerts::told).map(|told| format!("; {told}")).unwrap_or_default();
    page.labelled(4, "after it", LABEL, &format!("{}{told}", recovery(failure)));
}

/// What users got meanwhile, as a picture of one line.
fn answered(failure: &Failure, page: &mut Page) {
    let course = &failure.answered.per_s;
    let (Some(first), false) = (course.first(), course.len() < 8) else { return };
    let least = course.iter().copied().fold(f64::INFINITY, f64::min);
    let all = seconds(course.len() as f64 * failure.answered.window_s);
    let text = format!("{} {}/s, {}/s at worst, in {all}", sparkline(course), number(*first), number(least));
    page.beside(4, "answered", LABEL, &text);
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
        let figures = campaign::readings(&step.readings);
        let fits = |text: &str, figures: &str| 4 + LABEL + width_of(text) + 2 + width_of(figures) <= page.width();
        // Where a line must do, the tree tells along which connection, and the first figure is enough.
        let (text, figures) = match page.most([1, 1, 0, 0]) {
            0 if !fits(&text, &figures) => {
                let brief = format!("+{:<6} {branch}{}: {}", seconds(step.at_s), step.component, step.mechanism);
                let first = figures.split(", ").next().unwrap_or_default().to_string();
                if fits(&brief, &figures) { (brief, figures) } else { (brief, first) }
            }
            _ => (text, figures),
        };
        let fits = fits(&text, &figures);
        match (figures.is_empty(), fits) {
            (true, _) => page.beside(4, label, LABEL, &text),
            (false, true) => page.beside(4, label, LABEL, &format!("{text}, {figures}")),
            (false, false) => {
                page.beside(4, label, LABEL, &text);
                let under = 8 + 2 * depth;
                page.beside(4 + LABEL + under, "", 1, &figures);
            }
        }
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
