//! How the figures came about, how to have them again, and what to try next.

use super::page::{Ink, Page};
use crate::report::words::{count, number, seconds, shell_word};
use crate::report::{Change, ReadinessItem, Report};

/// By how much must be left out: so many assumed defaults are shown,
const ASSUMED: [usize; 4] = [4, 4, 2, 1];
/// and so many items of the rubric of which nothing is known.
const ITEMS: [usize; 4] = [usize::MAX, usize::MAX, 5, 3];

pub(super) fn scores(report: &Report, page: &mut Page) {
    let Some(scores) = &report.scores else { return };
    if let Some(readiness) = &scores.readiness {
        let title = format!("Production readiness {}/10", number(readiness.score));
        page.heading(&title, "`simulate explain readiness` tells the rubric");
        let of = |passed: Option<bool>| readiness.items.iter().filter(move |item| item.passed == passed);
        for item in of(Some(false)) {
            page.labelled(2, "no", 9, &format!("{}: {}", item.name, item.why));
        }
        for (passed, word) in [(None, "unknown"), (Some(true), "yes")] {
            let told = |item: &ReadinessItem| {
                if page.verbose { format!("{} ({})", item.name, item.why) } else { item.name.clone() }
            };
            let names: Vec<String> = of(passed).map(told).collect();
            let shown = page.most(ITEMS).min(names.len());
            let more = if shown < names.len() { format!(" and {} more", names.len() - shown) } else { String::new() };
            if !names.is_empty() {
                page.labelled(2, word, 9, &format!("{}{more}", names[..shown].join(", ")));
            }
        }
    }
    if let Some(grade) = &scores.observability {
        page.heading(&format!("Observability {}", grade.grade), &grade.why);
    }
}

pub(super) fn assumed(report: &Report, page: &mut Page) {
    page.gap();
    if report.assumed.is_empty() {
        return;
    }
    let shown = page.most(ASSUMED).min(report.assumed.len());
    let more = match report.assumed.len() - shown {
        0 => String::new(),
        n => format!(" and {n} more (-v shows all)"),
    };
    page.labelled(0, "assumed", 9, &format!("{}{more}", report.assumed[..shown].join(", ")));
}

pub(super) fn footer(report: &Report, page: &mut Page) {
    assumed(report, page);
    for note in &report.notes {
        page.labelled(0, "note", 9, note);
    }
    if let Some(run) = report.asked_run() {
        let each = if report.replications == 1 { "one run" } else { "runs" };
        let times = if report.replications == 1 { String::new() } else { format!("{} ", report.replications) };
        let text = format!(
            "seed {}, {times}{each} of {} after {} of warm-up, {} requests",
            report.seed,
            seconds(run.duration_s),
            seconds(run.warmup_s),
            count(run.requests)
        );
        page.labelled(0, "settings", 9, &text);
        if let Some(stopped) = &run.stopped {
            page.labelled(0, "note", 9, &Ink::Warn.on(format!("stopped early: {stopped}")));
        }
    }
    // Not wrapped, so that it can be copied.
    page.beside(0, "again", 9, &report.command);
}

/// How to have it again.
pub(super) fn again(report: &Report, page: &mut Page) {
    page.gap();
    page.labelled(0, "settings", 9, &format!("seed {}", report.seed));
    page.beside(0, "again", 9, &report.command);
}

/// The next command worth trying.
pub(super) fn next(report: &Report, page: &mut Page) {
    let findings = report.findings.as_deref().unwrap_or_default();
    let fix = findings.iter().find_map(|f| f.fix.as_ref().filter(|fix| !fix.changes.is_empty()));
    let plan = report.plan.as_ref().map(|p| p.changes.as_slice()).filter(|c| !c.is_empty());
    let fault = report.failures.as_deref().unwrap_or_default().first();
    let text = match (fix, plan, fault) {
        (Some(fix), _, _) => format!("{} {}", report.command, sets(&fix.changes)),
        (None, Some(changes), _) => format!("{} {}", report.command, sets(changes)),
        (None, None, Some(f)) => format!("simulate run {} --fail '{}'", shell_word(&report.model.file), f.fault.flag),
        (None, None, None) => return,
    };
    page.beside(0, "next", 9, &text);
}

fn sets(changes: &[Change]) -> String {
    changes
        .iter()
        .map(|c| format!("--set {}", shell_word(&format!("{}={}", c.path, c.to))))
        .collect::<Vec<_>>()
        .join(" ")
}
