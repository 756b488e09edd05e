//! What to change, the most urgent first, and what not to.

use super::page::{Ink, Page, width_of};
use crate::report::words::{counted, effect, factor};
use crate::report::{Change, Confidence, Effect, Finding, Kind, Report, Severity};

/// By how much must be left out: so many findings of P0 are told in full,
const P0_FULL: [usize; 4] = [2, 1, 0, 0];
/// so many of P1 and of P2 are named,
const P1_SHOWN: [usize; 4] = [10, 6, 4, 2];
const P2_SHOWN: [usize; 4] = [4, 3, 2, 1];
/// with so many effects each,
const EFFECTS: [usize; 4] = [usize::MAX, 2, 1, 1];
/// and so many things that were tried in vain, each with its reason.
const IN_VAIN: [usize; 4] = [usize::MAX, 2, 0, 0];
const LABEL: usize = 6;

pub(super) fn fixes(report: &Report, page: &mut Page) {
    let Some(findings) = &report.findings else { return };
    if findings.is_empty() {
        if report.kind == Kind::Review {
            page.heading("Priority fixes", "");
            page.wrapped(2, 2, "Nothing found that a change would make better.");
        }
        return;
    }
    page.heading("Priority fixes", if report.kind == Kind::Review { "each was tried by simulation" } else { "" });
    for severity in [Severity::P0, Severity::P1, Severity::P2] {
        let these: Vec<&Finding> = findings.iter().filter(|f| f.severity == severity).collect();
        let shown = match severity {
            _ if page.verbose => these.len(),
            Severity::P0 => these.len(),
            Severity::P1 => page.most(P1_SHOWN).min(these.len()),
            Severity::P2 => page.most(P2_SHOWN).min(these.len()),
        };
        let full = match severity {
            _ if page.verbose => shown,
            Severity::P0 => page.most(P0_FULL).min(shown),
            Severity::P1 | Severity::P2 => 0,
        };
        these[..full].iter().for_each(|finding| in_full(finding, page));
        // Neighbours with the same cure share its lines.
        let cure = |f: &Finding| f.fix.as_ref().map(|fix| fix.changes.clone());
        let brief = page.most([1, 1, 0, 0]) == 0;
        let (mended, other): (Vec<&Finding>, Vec<&Finding>) =
            these[full..].iter().partition(|f| brief && severity != Severity::P0 && planned(f, report));
        let shown = if severity == Severity::P0 { other.len() } else { (shown - full).min(other.len()) };
        in_the_plan(&mended, report, page);
        for same in other[..shown].chunk_by(|a, b| cure(a).is_some() && cure(a) == cure(b)) {
            in_short(same, report, page);
        }
        if other.len() > shown {
            let text = format!("  {} more {} (-v shows all)", other.len() - shown, severity.word());
            page.push_line(&Ink::Dim.on(text));
        }
    }
}

/// All of it: where, why, what to change, and what that gives.
fn in_full(finding: &Finding, page: &mut Page) {
    page.wrapped(2, 5, &head(finding));
    page.labelled(5, "at", LABEL, &about(finding));
    if !finding.evidence.is_empty() {
        let shown = if page.verbose { finding.evidence.len() } else { 1 };
        page.labelled(5, "why", LABEL, &finding.evidence[..shown].join("; "));
    }
    if let Some(fix) = &finding.fix {
        page.labelled(5, "fix", LABEL, &fix.summary);
        changes(&fix.changes, "", page);
    }
    gives(finding, page);
}

/// Whether the plan changes what a finding asks to change.
fn planned(finding: &Finding, report: &Report) -> bool {
    let (Some(fix), Some(plan)) = (&finding.fix, &report.plan) else { return false };
    !fix.changes.is_empty() && fix.changes.iter().all(|c| plan.changes.iter().any(|p| p.path == c.path))
}

/// What the plan mends is told together.
fn in_the_plan(findings: &[&Finding], report: &Report, page: &mut Page) {
    let [first, rest @ ..] = findings else { return };
    let target = factor(report.plan.as_ref().map_or(report.load, |plan| plan.target_load));
    let text = match rest.len() {
        0 => format!("{}{}: in the plan to {target}", head(first), at(first)),
        n => format!("{}, and {n} more that the plan to {target} mends (-v shows all)", head(first)),
    };
    page.wrapped(2, 5, &text);
}

/// The places, the change they have in common, and what it gives.
fn in_short(findings: &[&Finding], report: &Report, page: &mut Page) {
    for finding in findings {
        let line = finding.place.as_ref().map(|p| format!(" (line\u{a0}{})", p.line));
        let at = line.filter(|_| page.most([1, 1, 0, 0]) == 0).unwrap_or_else(|| at(finding));
        page.wrapped(2, 5, &format!("{}{at}", head(finding)));
    }
    let [first, ..] = findings else { return };
    // What is a debt, and no more, is named where there is no room.
    let named = first.severity == Severity::P2 && page.most([1, 1, 1, 0]) == 0;
    let Some(fix) = first.fix.as_ref().filter(|_| !named) else { return };
    match &report.plan {
        Some(plan) if plan.changes.len() > 1 && plan.changes == fix.changes => {
            page.labelled(5, "fix", LABEL, &format!("the plan to {} above", factor(plan.target_load)));
        }
        _ => {
            changes(&fix.changes, "fix", page);
            findings.iter().for_each(|finding| gives(finding, page));
        }
    }
}

fn changes(changes: &[Change], label: &str, page: &mut Page) {
    let room = page.width() - 5 - LABEL;
    for (i, line) in changes.iter().flat_map(|c| yaml(c, room)).enumerate() {
        page.beside(5, if i == 0 { label } else { "" }, LABEL, &Ink::Bold.on(line));
    }
}

fn gives(finding: &Finding, page: &mut Page) {
    let gives = effects(finding.effect.iter().chain(&finding.other_effects), page.most(EFFECTS));
    if !gives.is_empty() {
        page.labelled(5, "gives", LABEL, &Ink::Good.on(gives));
    }
}

/// The first effects, and how many more there are.
pub(super) fn effects<'a>(all: impl Iterator<Item = &'a Effect>, most: usize) -> String {
    let all: Vec<&Effect> = all.collect();
    let shown: Vec<String> = all.iter().take(most.max(1)).map(|e| effect(e)).collect();
    let more = all.len() - shown.len();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{more}", shown.join("; "))
}

/// ` (models/shop.yaml:93)`
fn at(finding: &Finding) -> String {
    finding.place.as_ref().map(|p| format!(" ({}:{})", p.file, p.line)).unwrap_or_default()
}

fn head(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::P0 => Ink::Bad.on("P0"),
        Severity::P1 => Ink::Warn.on("P1"),
        Severity::P2 => Ink::Dim.on("P2"),
    };
    format!("{severity} {}", finding.title)
}

/// `models/shop.yaml:93  missing-circuit-breaker on payments>stripe`
fn about(finding: &Finding) -> String {
    let place = finding.place.as_ref().map(|p| format!("{}:{} ", p.file, p.line)).unwrap_or_default();
    let sure = match finding.confidence {
        Confidence::High => "",
        Confidence::Medium => ", likely",
        Confidence::Low => ", a rule of thumb",
    };
    format!("{place}({}{sure})", finding.code)
}

/// The change as YAML, its path before it: `services.a.replicas: 8  # was 4`. In two lines when one is too long.
fn yaml(change: &Change, room: usize) -> Vec<String> {
    let was = change.from.as_ref().map(|from| format!("  # was {from}")).unwrap_or_default();
    let line = format!("{}: {}{was}", change.path, change.to);
    match change.path.rsplit_once('.') {
        Some((above, key)) if width_of(&line) > room => {
            vec![format!("{above}:"), format!("  {key}: {}{was}", change.to)]
        }
        _ => vec![line],
    }
}

pub(super) fn decoys(report: &Report, page: &mut Page) {
    if report.decoys.is_empty() {
        return;
    }
    let told = page.most(IN_VAIN).min(report.decoys.len());
    if told == 0 {
        let named = page.most([3, 3, 3, 0]).min(report.decoys.len());
        let mut names: Vec<String> =
            report.decoys[..named].iter().map(|d| format!("{} on {}", d.code, d.subject)).collect();
        let rest = report.decoys.len() - named;
        names.extend((rest > 0).then(|| match named {
            0 => counted(rest as u64, "change"),
            _ => format!("{rest} more"),
        }));
        let text = format!("{} {} (-v tells why)", Ink::Bold.on("Tried and not recommended:"), names.join(", "));
        return page.wrapped(0, 2, &text);
    }
    page.heading("Tried and not recommended", "");
    for decoy in &report.decoys[..told] {
        let gave = decoy.effect.as_ref().map(|e| format!(" ({})", effect(e))).unwrap_or_default();
        page.wrapped(2, 4, &format!("{} on {}: {}{gave}", decoy.code, Ink::Bold.on(&decoy.subject), decoy.why));
    }
    if report.decoys.len() > told {
        page.push_line(&Ink::Dim.on(format!("  {} more (-v shows all)", report.decoys.len() - told)));
    }
}
