//! GitLab's code quality report: a JSON array in the form of Code Climate.
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use super::{Issue, issues};
use crate::report::{Format, Report, Severity, Style};
use serde::Serialize;
use std::io;

/// Code quality.
pub(crate) struct Gitlab;

impl Format for Gitlab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn write(&self, report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        self.write_all(std::slice::from_ref(report), style, out)
    }

    fn write_all(&self, reports: &[Report], _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let all: Vec<Entry> = reports.iter().flat_map(issues).map(entry).collect();
        serde_json::to_writer_pretty(&mut *out, &all)?;
        out.write_all(b"\n")
    }
}

#[derive(Serialize)]
struct Entry {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

fn entry(issue: Issue) -> Entry {
    // The path is relative, without `./`.
    let path = issue.place.as_ref().map_or(&issue.file, |p| &p.file);
    Entry {
        description: issue.message.clone(),
        check_name: issue.code.clone(),
        fingerprint: issue.fingerprint.clone(),
        severity: match issue.severity {
            Severity::P0 => "blocker",
            Severity::P1 => "major",
            Severity::P2 => "minor",
        },
        location: Location {
            path: path.trim_start_matches("./").into(),
            lines: Lines { begin: issue.place.as_ref().map_or(1, |p| p.line) },
        },
    }
}
