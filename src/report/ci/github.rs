//! Workflow commands of GitHub Actions: annotations on the lines of the models.
//!
//! GitHub shows ten errors and ten warnings of a step; the ninth is followed by how many more there are.
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>

use super::{Issue, issues};
use crate::report::{Format, Report, Severity, Style};
use std::io;

/// Annotations.
pub(crate) struct Github;

/// Annotations of a level that GitHub shows.
const SHOWN: usize = 10;

impl Format for Github {
    fn name(&self) -> &'static str {
        "github"
    }

    fn write(&self, report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        self.write_all(std::slice::from_ref(report), style, out)
    }

    fn write_all(&self, reports: &[Report], _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let all: Vec<Issue> = reports.iter().flat_map(issues).collect();
        for severity in [Severity::P0, Severity::P1, Severity::P2] {
            let level = level(severity);
            let these: Vec<&Issue> = all.iter().filter(|i| i.severity == severity).collect();
            let shown = if these.len() > SHOWN { SHOWN - 1 } else { these.len() };
            for issue in &these[..shown] {
                writeln!(out, "::{level} {}::{}", properties(issue), data(&issue.message))?;
            }
            if these.len() > shown {
                let (more, word) = (these.len() - shown, severity.word());
                writeln!(out, "::{level} title={word}::and {more} more of {word}, which the report lists")?;
            }
        }
        Ok(())
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::P0 => "error",
        Severity::P1 => "warning",
        Severity::P2 => "notice",
    }
}

fn properties(issue: &Issue) -> String {
    let mut all = vec![format!("file={}", property(issue.place.as_ref().map_or(&issue.file, |p| &p.file)))];
    if let Some(place) = &issue.place {
        all.push(format!("line={},endLine={},col={}", place.line, place.line, place.column));
    }
    all.push(format!("title={}", property(&format!("{} {}", issue.severity.word(), issue.code))));
    all.join(",")
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
