//! SARIF 2.1.0, as GitHub's code scanning reads it: a run for each model, with a category of its own.
//! <https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>

use super::issue::{BROKEN, EXPECTATION, INCONCLUSIVE};
use super::{Issue, issues, waived};
use crate::findings::{EXPIRED, REGRESSION, UNMATCHED, lint};
use crate::report::words::factor;
use crate::report::{Confidence, Format, Kind, Report, Severity, Style};
use serde_json::{Value, json};
use std::io;

/// SARIF.
pub(crate) struct Sarif;

impl Format for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn write(&self, report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        self.write_all(std::slice::from_ref(report), style, out)
    }

    fn write_all(&self, reports: &[Report], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let document = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": reports.iter().map(|report| run(report, style.waived)).collect::<Vec<_>>(),
        });
        serde_json::to_writer_pretty(&mut *out, &document)?;
        out.write_all(b"\n")
    }
}

/// GitHub makes an alert of what is suppressed, too, so that it is written only where somebody asks for it.
fn run(report: &Report, show_waived: bool) -> Value {
    let mut issues = issues(report);
    let waived = if show_waived { waived(report) } else { Vec::new() };
    let first = issues.len();
    issues.extend(waived.iter().map(|(issue, ..)| issue.clone()));
    let mut codes: Vec<&str> = issues.iter().map(|i| i.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let rule = |code: &&str| rule(code, issues.iter().find(|i| i.code == **code));
    let what = match report.kind {
        Kind::Review => format!("review/{}", factor(report.load)),
        Kind::Run => "run".into(),
        Kind::Compare => "compare".into(),
        Kind::Check => "check".into(),
        Kind::Test => "test".into(),
    };
    let seen = |i: usize| issues[..i].iter().filter(|other| other.fingerprint == issues[i].fingerprint).count();
    let results = issues.iter().enumerate().map(|(i, issue)| {
        let mut result = result(issue, &codes, seen(i));
        if let Some((_, why, inside)) = i.checked_sub(first).map(|i| &waived[i]) {
            let kind = if *inside { "inSource" } else { "external" };
            result["suppressions"] = json!([{ "kind": kind, "status": "accepted", "justification": why }]);
        }
        result
    });
    json!({
        "tool": { "driver": {
            "name": "simulate",
            "informationUri": env!("CARGO_PKG_HOMEPAGE"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": codes.iter().map(rule).collect::<Vec<_>>(),
        } },
        // What is sent for one model must not replace what was sent for another.
        "automationDetails": { "id": format!("simulate/{}/{what}/", report.model.file) },
        "columnKind": "unicodeCodePoints",
        "results": results.collect::<Vec<_>>(),
    })
}

fn rule(code: &str, example: Option<&Issue>) -> Value {
    let doc = match code {
        EXPECTATION => {
            "An expectation of the model does not hold.\n\nThe whole interval of what was measured misses it."
        }
        INCONCLUSIVE => "An expectation could not be decided.\n\nWhat was measured lies too close to the limit.",
        EXPIRED => {
            "A waiver has ended.\n\nThe last day of a waiver under `ignore` is over: what it waived counts again. Change \
             what was waived, or say until when it is accepted."
        }
        UNMATCHED => {
            "A waiver matches nothing.\n\nWhat a waiver under `ignore` speaks of was not found. Remove it, lest it hide \
             what comes later."
        }
        REGRESSION => {
            "A figure is worse than in the baseline.\n\nOn the same random numbers it differs by more than the margin."
        }
        BROKEN => "The model cannot be read.\n\nNothing was simulated.",
        _ => lint(code).map_or(code, |lint| lint.doc),
    };
    let doc = doc.trim();
    let first = doc.split("\n\n").next().unwrap_or(doc).replace('\n', " ");
    let severity = example.map_or(Severity::P2, |i| i.severity);
    let precision = match example.map(|i| i.confidence) {
        Some(Confidence::High) => "very-high",
        Some(Confidence::Medium) => "high",
        _ => "medium",
    };
    let kind = match severity {
        Severity::P0 => "error",
        Severity::P1 => "warning",
        Severity::P2 => "recommendation",
    };
    json!({
        "id": code,
        "name": camel(code),
        "shortDescription": { "text": first.trim() },
        "fullDescription": { "text": first.trim() },
        "help": { "text": doc, "markdown": doc },
        "defaultConfiguration": { "level": level(severity) },
        "properties": { "tags": ["architecture"], "precision": precision, "problem.severity": kind },
    })
}

fn result(issue: &Issue, codes: &[&str], seen: usize) -> Value {
    let file = issue.place.as_ref().map_or(&issue.file, |p| &p.file);
    let (line, column, end) = issue.place.as_ref().map_or((1, 1, 2), |p| (p.line, p.column, p.column + p.width.max(1)));
    json!({
        "ruleId": issue.code,
        "ruleIndex": codes.iter().position(|code| *code == issue.code),
        "level": level(issue.severity),
        "message": { "text": issue.message },
        "locations": [ {
            "physicalLocation": {
                "artifactLocation": { "uri": uri(file) },
                "region": { "startLine": line, "startColumn": column, "endLine": line, "endColumn": end },
            },
            "logicalLocations": [ { "fullyQualifiedName": issue.subject, "kind": "resource" } ],
        } ],
        // Two of the same kind on the same thing are told apart by their number.
        "partialFingerprints": { "primaryLocationLineHash": format!("{}:{}", issue.fingerprint, seen + 1) },
        "properties": { "priority": issue.severity.word() },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::P0 => "error",
        Severity::P1 => "warning",
        Severity::P2 => "note",
    }
}

/// `MissingTimeout`
fn camel(code: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    code.split('-').map(word).collect()
}

/// A relative reference with forward slashes; what a reference may not hold is escaped (RFC 3986).
fn uri(file: &str) -> String {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(&c);
    let file = file.replace('\\', "/");
    let bytes = file.trim_start_matches("./").bytes();
    bytes.map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
