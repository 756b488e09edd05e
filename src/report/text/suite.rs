//! Scenarios as tests: each with its verdict, and what speaks against it.

use super::page::{Ink, Page};
use crate::report::words::{counted, factor, listed};
use crate::report::{Difference, Measure, Report, Run, SloResult, SloVerdict};

/// Columns of the verdict.
const MARK: usize = 14;

pub(super) fn suite(report: &Report, page: &mut Page) {
    page.wrapped(0, 2, &Ink::Bold.on(&report.model.file));
    if let Some(broken) = &report.broken {
        let more = if broken.problems > 1 { format!(" (and {} more)", broken.problems - 1) } else { String::new() };
        let place = broken.place.as_ref().map_or(String::new(), |p| format!("{}:{}: ", p.file, p.line));
        page.labelled(2, &mark(None), MARK, &format!("{place}{}{more}", broken.message));
        return;
    }
    if report.runs.is_empty() {
        page.wrapped(2, 2, &Ink::Dim.on("expects nothing: no SLOs, and no scenario with `expect`"));
    }
    for run in &report.runs {
        let verdict = run.verdict();
        page.labelled(2, &mark(Some(verdict)), MARK, &format!("{}{}", named(run), counted_runs(run)));
        let all = page.verbose;
        for result in run.slos.iter().filter(|r| all || r.verdict != SloVerdict::Met) {
            let place =
                result.place.as_ref().map_or(String::new(), |p| format!("{}:{}:{}: ", p.file, p.line, p.column));
            page.wrapped(2 + MARK, 4 + MARK, &format!("{place}{}", told(result)));
        }
    }
}

pub(super) fn notes(report: &Report, page: &mut Page) {
    for note in &report.notes {
        page.labelled(2, "note", MARK + 1, &Ink::Dim.on(note));
    }
}

/// The last line, over all models.
pub(super) fn sum(reports: &[Report], page: &mut Page) {
    let broken = reports.iter().filter(|r| r.broken.is_some()).count();
    let of = |verdict| reports.iter().flat_map(|r| &r.runs).filter(|run| run.verdict() == verdict).count();
    let (passed, failed, unclear) = (of(SloVerdict::Met), of(SloVerdict::Missed), of(SloVerdict::Unclear));
    let mut parts = vec![Ink::Good.on(format!("{passed} passed"))];
    parts.extend((failed > 0).then(|| Ink::Bad.on(format!("{failed} failed"))));
    parts.extend((unclear > 0).then(|| Ink::Warn.on(format!("{unclear} inconclusive"))));
    let worse = reports.iter().flat_map(|r| &r.comparison).map(|c| c.of(Difference::Regressed).count()).sum::<usize>();
    parts.extend((worse > 0).then(|| Ink::Bad.on(format!("{} worse than before", counted(worse as u64, "figure")))));
    parts.extend((broken > 0).then(|| Ink::Bad.on(format!("{} cannot be read", counted(broken as u64, "model")))));
    page.push_line("");
    page.wrapped(0, 0, &format!("{}.", listed(&parts)));
    if unclear > 0 {
        page.wrapped(
            0,
            0,
            "What is inconclusive lies too close to its limit: --max-replications may tell, --strict makes it count.",
        );
    }
}

fn mark(verdict: Option<SloVerdict>) -> String {
    let (ink, word) = match verdict {
        Some(SloVerdict::Met) => (Ink::Good, "passed"),
        Some(SloVerdict::Missed) => (Ink::Bad, "FAILED"),
        Some(SloVerdict::Unclear) => (Ink::Warn, "inconclusive"),
        None => (Ink::Bad, "BROKEN"),
    };
    ink.on(word)
}

/// `payment-provider-slow, stripe 5s slower`
fn named(run: &Run) -> String {
    let mut parts = vec![run.name.clone()];
    if run.load != 1.0 {
        parts[0].push_str(&format!(" at {}", factor(run.load)));
    }
    parts.extend(run.faults.iter().map(|f| f.text.clone()));
    parts.join(", ")
}

fn counted_runs(run: &Run) -> String {
    let most = run.slos.iter().filter_map(|r| r.replications).max();
    let expectations = counted(run.slos.len() as u64, "expectation");
    Ink::Dim.on(match most {
        Some(n) => format!(" ({expectations}, {})", counted(u64::from(n), "run")),
        None => format!(" ({expectations})"),
    })
}

/// `web.home success >= 99.9%: 61.2 ±0.8%`
fn told(result: &SloResult) -> String {
    let measured = match (&result.measured, result.measure) {
        (_, Measure::Findings) => None,
        (Some(e), measure) => Some(measure.show(e)),
        (None, _) if result.detail.is_some() => None,
        (None, _) => Some("nothing was measured".into()),
    };
    let why: Vec<String> = measured.into_iter().chain(result.detail.clone()).collect();
    let ink = match result.verdict {
        SloVerdict::Met => Ink::Good,
        SloVerdict::Missed => Ink::Bad,
        SloVerdict::Unclear => Ink::Warn,
    };
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
    format!("{}{why}", ink.on(&result.text))
}
