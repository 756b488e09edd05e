//! What to change, the most urgent first, and what not to.

use super::page::{Ink, Page, width_of};
use crate::report::words::effect;
use crate::report::{Change, Confidence, Finding, Kind, Report, Severity};

/// So many findings of P1 and so many of P2 are shown in full unless everything is asked for; P0 always are.
const SHOWN: [usize; 3] = [usize::MAX, 4, 2];
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
        let shown = if page.verbose { these.len() } else { SHOWN[severity as usize].min(these.len()) };
        for finding in &these[..shown] {
            one(finding, page);
        }
        for finding in &these[shown..] {
            page.wrapped(2, 5, &head(finding));
        }
    }
}

fn one(finding: &Finding, page: &mut Page) {
    page.wrapped(2, 5, &head(finding));
    page.labelled(5, "at", LABEL, &about(finding));
    if !finding.evidence.is_empty() {
        page.labelled(5, "why", LABEL, &finding.evidence.join(" "));
    }
    if let Some(fix) = &finding.fix {
        page.labelled(5, "fix", LABEL, &fix.summary);
        let room = page.width() - 5 - LABEL;
        for line in fix.changes.iter().flat_map(|c| yaml(c, room)) {
            page.beside(5, "", LABEL, &Ink::Bold.on(line));
        }
    }
    let effects: Vec<String> = finding.effect.iter().chain(&finding.other_effects).map(effect).collect();
    if !effects.is_empty() {
        page.labelled(5, "gives", LABEL, &Ink::Good.on(effects.join("; ")));
    }
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
        Confidence::Medium => ", not clear beyond doubt",
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
    page.heading("Tried and not recommended", "");
    for decoy in &report.decoys {
        let gave = decoy.effect.as_ref().map(|e| format!(" ({})", effect(e))).unwrap_or_default();
        page.wrapped(2, 4, &format!("{} on {}: {}{gave}", decoy.code, Ink::Bold.on(&decoy.subject), decoy.why));
    }
}
