//! A summary for pull requests and the pages of build jobs: the order of a review on paper, short enough to be read.
//!
//! Names come from models. Whatever Markdown or HTML would take for markup is escaped, so that a name stays a name.

mod suite;

use super::words::{changed, effect, effect_briefly, factor, ms, number, seconds, share_estimate};
use super::{Difference, Failure, Finding, Format, Kind, Report, Severity, SloVerdict, Style};
use std::fmt::Write as _;
use std::io;

/// Findings told of each severity.
const TOLD: usize = 5;
const FAILURES: usize = 5;

/// Markdown, as GitHub and GitLab read it.
pub(super) struct Markdown;

impl Format for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn write(&self, report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        self.write_all(std::slice::from_ref(report), style, out)
    }

    fn write_all(&self, reports: &[Report], _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = match reports.iter().all(|report| report.kind == Kind::Test) {
            true => suite::suite(reports, &mut text),
            false => reports.iter().try_for_each(|report| whole(report, &mut text)),
        };
        out.write_all(text.as_bytes())
    }
}

fn whole(report: &Report, out: &mut String) -> std::fmt::Result {
    let verdict = report.verdict();
    writeln!(out, "## Architecture assessment: {}\n", plain(&report.model.name))?;
    writeln!(out, "**{}.** {}\n", plain(&verdict.headline), plain(&verdict.sentences.join(" ")))?;
    if !report.complete {
        writeln!(out, "> This review is incomplete: {}\n", plain(&report.notes.join("; ")))?;
    }
    if let Some(readiness) = report.scores.as_ref().and_then(|s| s.readiness.as_ref()) {
        writeln!(out, "### Production readiness: {}/10\n", number(readiness.score))?;
        for item in readiness.items.iter().filter(|i| i.passed != Some(true)) {
            let mark = if item.passed.is_none() { "unknown" } else { "no" };
            writeln!(out, "- {mark}: {}: {}", plain(&item.name), plain(&item.why))?;
        }
        writeln!(out)?;
    }
    scalability(report, out)?;
    if let Some(grade) = report.scores.as_ref().and_then(|s| s.observability.as_ref()) {
        writeln!(out, "### Observability grade: {}\n\n{}\n", plain(&grade.grade), plain(&grade.why))?;
    }
    resilience(report, out)?;
    compared(report, out)?;
    fixes(report, out)?;
    waived(report, out)?;
    writeln!(out, "<details><summary>Repeat it</summary>\n\n```sh\n{}\n```\n\n</details>", fenced(&report.command))
}

fn scalability(report: &Report, out: &mut String) -> std::fmt::Result {
    if report.runs.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Scalability analysis\n")?;
    writeln!(out, "| Endpoint | Load | Asked /s | Answered /s | Success | p99 | SLOs |")?;
    writeln!(out, "|---|--:|--:|--:|--:|--:|---|")?;
    for run in report.side_by_side() {
        for (name, tally) in run.traffic.values().flat_map(|t| &t.endpoints) {
            let mine = || run.slos.iter().filter(|s| s.subject.as_deref() == Some(name));
            let slos = match mine().filter(|s| s.verdict == SloVerdict::Missed).count() {
                _ if mine().count() == 0 => "–",
                0 => "met",
                _ => "**missed**",
            };
            let success = tally.success_rate.as_ref().map_or("–".into(), share_estimate);
            let p99 = tally.p99_ms.as_ref().map_or("–".into(), |e| ms(e.mean));
            let (rate, good) = (number(tally.rate_per_s), number(tally.goodput_per_s));
            let (name, load) = (plain(name), factor(run.load));
            writeln!(out, "| {name} | {load} | {rate} | {good} | {success} | {p99} | {slos} |")?;
        }
    }
    writeln!(out)?;
    if let Some(capacity) = &report.capacity {
        let (holds, then) = match capacity.load > 0.0 {
            true => (format!("the SLOs hold up to **{}**", factor(capacity.load)), "then"),
            false => ("the SLOs do not hold at any load tried".into(), "as"),
        };
        let by = capacity.limited_by.as_ref().map(|by| format!(", {then} {} gives out", plain(by))).unwrap_or_default();
        writeln!(out, "- Current capacity: {holds}{by}")?;
        let each = capacity.by_slo();
        if !each.is_empty() {
            writeln!(out, "- Missed from: {}", plain(&each.join("; ")))?;
        }
    }
    for bottleneck in report.bottlenecks.iter().flatten() {
        let gives = plain(&effect(&bottleneck.effect));
        writeln!(out, "- Bottleneck {}: {}; doubling it: {gives}", bottleneck.rank, plain(&bottleneck.resource))?;
    }
    if let Some(plan) = report.plan.as_ref().filter(|p| !p.changes.is_empty()) {
        let holds = if plan.meets_slos { "with all of it the SLOs hold" } else { "it does not suffice" };
        writeln!(out, "- Plan to {} ({holds}):", factor(plan.target_load))?;
        for change in &plan.changes {
            writeln!(out, "  - {}", plain(&changed(change)))?;
        }
        if let Some(faults) = &plan.faults {
            writeln!(out, "- Faults on the system as planned: {}", plain(&faults.sentence(plan.target_load)))?;
        }
    }
    writeln!(out)
}

fn resilience(report: &Report, out: &mut String) -> std::fmt::Result {
    let told = |f: &&Failure| !f.users.is_empty();
    let mut targets: Vec<&str> = Vec::new();
    let failures: Vec<&Failure> = (report.failures.iter().flatten().filter(told))
        .filter(|f| {
            let new = !targets.contains(&f.fault.target.as_str());
            targets.push(&f.fault.target);
            new
        })
        .take(FAILURES)
        .collect();
    if failures.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Resilience assessment\n")?;
    writeln!(out, "| Failure | Users | Spreads to | Recovers |\n|---|---|---|---|")?;
    for failure in failures {
        let users = failure.users.first().map(effect_briefly).unwrap_or_default();
        let path: Vec<String> =
            failure.cascade.iter().map(|s| format!("{} (+{})", s.component, seconds(s.at_s))).collect();
        let spreads = if path.is_empty() { "–".into() } else { path.join(", ") };
        let back = match &failure.recovers {
            Some(r) if r.probability.mean >= 1.0 => "yes".into(),
            Some(r) if r.probability.mean <= 0.0 => "**no**".into(),
            Some(r) => format!("in {} of runs", share_estimate(&r.probability)),
            None => "–".into(),
        };
        writeln!(out, "| {} | {} | {} | {back} |", plain(&failure.fault.text), plain(&users), plain(&spreads))?;
    }
    writeln!(out)
}

fn fixes(report: &Report, out: &mut String) -> std::fmt::Result {
    let Some(findings) = report.findings.as_ref().filter(|f| !f.is_empty()) else { return Ok(()) };
    writeln!(out, "### Priority fixes\n")?;
    for severity in [Severity::P0, Severity::P1, Severity::P2] {
        let these: Vec<&Finding> = findings.iter().filter(|f| f.severity == severity).collect();
        if these.is_empty() {
            continue;
        }
        writeln!(out, "**{}: {}**\n", severity.word(), severity.meaning())?;
        for finding in these.iter().take(TOLD) {
            let place = finding.place.as_ref().map(|p| format!(" ({}:{})", p.file, p.line)).unwrap_or_default();
            writeln!(out, "- {}{}", plain(&finding.title), plain(&place))?;
            match (&finding.fix, &report.plan) {
                (Some(fix), Some(plan)) if plan.changes.len() > 1 && plan.changes == fix.changes => {
                    writeln!(out, "  - the plan to {} above", factor(plan.target_load))?;
                }
                (fix, _) => {
                    for change in fix.iter().flat_map(|fix| &fix.changes).take(3) {
                        writeln!(out, "  - {}", plain(&changed(change)))?;
                    }
                }
            }
            if let Some(gives) = &finding.effect {
                writeln!(out, "  - gives {}", plain(&effect(gives)))?;
            }
        }
        if these.len() > TOLD {
            writeln!(out, "- {} more", these.len() - TOLD)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn compared(report: &Report, out: &mut String) -> std::fmt::Result {
    let Some(comparison) = &report.comparison else { return Ok(()) };
    writeln!(out, "### Beside {}\n", plain(&comparison.with))?;
    let all = [Difference::Regressed, Difference::Inconclusive, Difference::Improved];
    if all.iter().all(|verdict| comparison.of(*verdict).next().is_none()) {
        return writeln!(out, "All {} figures are unchanged.\n", comparison.figures.len());
    }
    writeln!(out, "| Run | Figure | Verdict | |\n|---|---|---|---|")?;
    for figure in all.iter().flat_map(|verdict| comparison.of(*verdict)) {
        let (run, name, told) = (plain(&figure.run), plain(&figure.figure), plain(&figure.told()));
        writeln!(out, "| {run} | {name} | {} | {told} |", figure.verdict.word())?;
    }
    writeln!(out)
}

fn waived(report: &Report, out: &mut String) -> std::fmt::Result {
    if report.waived.is_empty() && report.stale_waivers.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Waived\n")?;
    for waived in &report.waived {
        let (code, subject) = (plain(&waived.finding.code), plain(&waived.finding.subject));
        writeln!(out, "- {code} on {subject}: {}", plain(&waived.why()))?;
    }
    for stale in &report.stale_waivers {
        writeln!(out, "- **{}**", plain(&stale.title()))?;
    }
    writeln!(out)
}

/// Text that stays text: nothing in it is markup, a link, a mention or a line of its own.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A line inside a fence that it cannot close.
fn fenced(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect::<String>().replace("```", "'''")
}
