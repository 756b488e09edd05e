//! Scenarios as tests, as the summary of a build: what failed and what could not be told, each at its line, then all of them.

use super::{compared, plain};
use crate::report::words::{count, listed};
use crate::report::{Measure, Place, Report, Run, SloResult, SloVerdict};
use std::fmt::Write as _;

/// Rows about what did not pass: a page that says everything is not read, and build servers cut it.
const ROWS: usize = 50;

pub(super) fn suite(reports: &[Report], out: &mut String) -> std::fmt::Result {
    writeln!(out, "## Architecture tests: {}\n", counts(reports))?;
    let rows: Vec<String> = reports.iter().flat_map(rows).collect();
    if !rows.is_empty() {
        writeln!(out, "| | Scenario | Expected | Measured |\n|---|---|---|---|")?;
        rows.iter().take(ROWS).try_for_each(|row| writeln!(out, "{row}"))?;
        if rows.len() > ROWS {
            writeln!(out, "\n{} more are not shown here.", rows.len() - ROWS)?;
        }
        writeln!(out)?;
    }
    for report in reports {
        if report.comparison.is_some() {
            writeln!(out, "## {}\n", plain(&report.model.file))?;
            compared(report, out)?;
        }
        report.notes.iter().try_for_each(|note| writeln!(out, "> {}: {}\n", plain(&report.model.file), plain(note)))?;
    }
    writeln!(
        out,
        "<details><summary>All scenarios</summary>\n\n| Model | Scenario | Verdict | Runs |\n|---|---|---|--:|"
    )?;
    for report in reports {
        for run in &report.runs {
            let runs = run.slos.iter().filter_map(|slo| slo.replications).max();
            let runs = runs.map_or("–".into(), |n| n.to_string());
            let (file, name) = (plain(&report.model.file), plain(&run.name));
            writeln!(out, "| {file} | {name} | {} | {runs} |", run.verdict().word())?;
        }
    }
    writeln!(out, "\n</details>")
}

/// `12 passed, 1 failed and 1 inconclusive`
fn counts(reports: &[Report]) -> String {
    let verdicts = || reports.iter().flat_map(|r| &r.runs).map(Run::verdict);
    let parts = [SloVerdict::Met, SloVerdict::Missed, SloVerdict::Unclear].map(|verdict| {
        let n = verdicts().filter(|v| *v == verdict).count();
        (n, format!("{} {}", count(n as u64), verdict.word()))
    });
    let broken = reports.iter().filter(|r| r.broken.is_some()).count();
    let broken = (broken, format!("{broken} that cannot be read"));
    let told = parts.into_iter().chain([broken]).filter(|(n, _)| *n > 0).map(|(_, text)| text);
    listed(&told.collect::<Vec<String>>())
}

/// A row for each expectation that did not pass, and for a model that cannot be read.
fn rows(report: &Report) -> Vec<String> {
    let file = plain(&report.model.file);
    let broken = report.broken.iter().map(|broken| {
        let at = broken.place.as_ref().map_or(String::new(), |p| format!(":{}", p.line));
        format!("| **broken** | {file}{at} | a model | {} |", plain(&broken.message))
    });
    let open = report.runs.iter().flat_map(|run| run.slos.iter().map(move |slo| (run, slo)));
    let open = open.filter(|(_, slo)| slo.verdict != SloVerdict::Met);
    broken.chain(open.map(|(run, slo)| row(&file, run, slo))).collect()
}

fn row(file: &str, run: &Run, slo: &SloResult) -> String {
    let mark = match slo.verdict {
        SloVerdict::Missed => "**failed**",
        verdict => verdict.word(),
    };
    let at = slo.place.as_ref().map_or(String::new(), |p: &Place| format!(" ({}:{})", plain(&p.file), p.line));
    let measured = slo.measured.as_ref().filter(|_| slo.measure != Measure::Findings).map(|e| slo.measure.show(e));
    let told: Vec<String> = measured.into_iter().chain(slo.detail.clone()).collect();
    let told = if told.is_empty() { "nothing was measured".into() } else { told.join(", ") };
    format!("| {mark} | {file} {} | {}{at} | {} |", plain(&run.name), plain(&slo.text), plain(&told))
}
