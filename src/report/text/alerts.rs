//! Who is told of failures, who cries wolf, and what no error tells of.

use super::page::{Ink, Page};
use crate::report::words::{number, seconds};
use crate::report::{AlertInfo, Detection, Failure, Report, SideEffect};

/// One line; which alert says what, and which failures are silent, stands with them and in the findings. All rules where
/// everything is asked for.
pub(super) fn alerts(report: &Report, page: &mut Page) {
    let Some(alerts) = report.alerts.as_ref().filter(|alerts| !alerts.is_empty()) else { return };
    let failures = report.failures.as_deref().unwrap_or_default();
    let silent = failures.iter().filter(|f| f.detection.as_ref().is_some_and(|d| d.silent)).count();
    let hurt = failures.iter().filter(|f| !f.users.is_empty()).count();
    let wolf: usize = alerts.iter().map(|a| a.false_pages).sum();
    let watched = seconds(alerts.first().map_or(0.0, |a| a.watched_s));
    let silent = match silent {
        0 => format!("somebody is told of each of {hurt} failures that hurt"),
        n => format!("{n} of {hurt} failures that hurt are {}", Ink::Bad.on("silent")),
    };
    let wolf = match wolf {
        0 => format!("no false page in {watched}"),
        1 => Ink::Warn.on(format!("1 false page in {watched}")),
        n => Ink::Warn.on(format!("{n} false pages in {watched}")),
    };
    page.wrapped(2, 4, &format!("{} {silent}; {wolf}", Ink::Bold.on("Alerts:")));
    if page.verbose {
        let row = |a: &AlertInfo| vec![a.name.clone(), a.text.clone(), a.false_pages.to_string(), a.tells.to_string()];
        page.table(&["<", "<pages when", "false pages", "tells of"], alerts.iter().map(row).collect());
    }
}

/// `paged by checkout-fails after 42s`, `silent`; nothing where users are not hurt and nobody is told.
pub(super) fn told(detection: &Detection) -> Option<String> {
    if detection.silent {
        let within = if detection.cut { format!(" within {}", seconds(detection.watched_s)) } else { String::new() };
        return Some(Ink::Bad.on(format!("silent{within}")));
    }
    let first = detection.alerts.first()?;
    let others = match detection.alerts.len() - 1 {
        0 => String::new(),
        n => format!(", then {n} more"),
    };
    Some(format!("paged by {} after {}{others}", first.alert, seconds(first.after_s.mean.round())))
}

/// The same of several faults that strike one part: how many are silent, else who is the last to hear of any of them.
pub(super) fn told_of_all(failures: &[&Failure]) -> Option<String> {
    let all: Vec<&Detection> = failures.iter().filter_map(|f| f.detection.as_ref()).collect();
    let silent = all.iter().filter(|d| d.silent).count();
    if silent > 0 && silent < all.len() {
        return Some(Ink::Bad.on(format!("{silent} of {} silent", all.len())));
    }
    let after = |d: &&&Detection| d.alerts.first().map_or(f64::INFINITY, |page| page.after_s.mean);
    all.iter().max_by(|a, b| after(a).total_cmp(&after(b))).and_then(|d| told(d))
}

/// `12 done twice, 340 messages lost, 5,100 stale reads`
pub(super) fn unseen(effects: &[SideEffect]) -> Option<String> {
    let one = |effect: &SideEffect| {
        let n = number(effect.added.mean.round());
        let s = if effect.added.mean < 1.5 { "" } else { "s" };
        match effect.kind {
            "duplicates" => format!("{n} done twice"),
            "lost_messages" => format!("{n} message{s} lost"),
            "lost_writes" => format!("{n} acknowledged write{s} lost"),
            _ => format!("{n} stale read{s}"),
        }
    };
    (!effects.is_empty()).then(|| effects.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// What the alerts said in an experiment.
pub(super) fn heard(report: &Report, page: &mut Page) {
    let Some(run) = report.asked_run().filter(|run| !run.alerts.is_empty()) else { return };
    let about = if run.faults.is_empty() {
        "first page after the beginning"
    } else {
        "first page after the beginning of the first fault"
    };
    page.heading("Alerts", about);
    let row = |heard: &crate::report::Heard| {
        let after = heard.after_s.as_ref().map_or("never".into(), |e| format!("after {}", seconds(e.mean.round())));
        let runs = format!("{} of {}", heard.runs, heard.of);
        vec![heard.name.clone(), heard.text.clone(), after, runs, heard.pages.to_string()]
    };
    page.table(&["<", "<pages when", "<paged", "in runs", "pages"], run.alerts.iter().map(row).collect());
}
