//! JUnit XML: a suite for each model, a case for each expectation.
//!
//! A broken model is an error, an expectation that does not hold a failure, one that could not be decided is skipped and
//! says why. Of a check or a review each finding is a failure (a waived one is skipped and gives the
//! reason), and a model without any is one case that passed. The time of a scenario, over all threads, is
//! shared out among its expectations; where nobody told it there is none.

use super::issue::{BROKEN, figures, scenario};
use super::{Issue, issues, waived};
use crate::report::{Compared, Comparison, Difference, Format, Kind, Place, Report, Run, SloResult, SloVerdict, Style};
use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};
use std::io;
use std::time::Duration;

/// JUnit.
pub(crate) struct Junit;

impl Format for Junit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn write(&self, report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        self.write_all(std::slice::from_ref(report), style, out)
    }

    fn write_all(&self, reports: &[Report], _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let mut document = Document::new("simulate");
        document.add_test_suites(reports.iter().map(suite));
        if let Some(all) = sum(document.test_suites.iter().map(|suite| suite.time)) {
            document.set_time(all);
        }
        document.serialize(&mut *out).map_err(io::Error::other)
    }
}

/// The sum of the times that are known; `None` when none is.
fn sum(times: impl Iterator<Item = Option<Duration>>) -> Option<Duration> {
    times.flatten().reduce(|sum, time| sum + time)
}

fn suite(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new(report.model.file.as_str());
    suite.add_property(("seed", report.seed.to_string().as_str()));
    match report.kind {
        Kind::Test | Kind::Compare if report.broken.is_none() => {
            let results = report.runs.iter().flat_map(|run| run.slos.iter().map(move |slo| (run, slo)));
            suite.add_test_cases(results.map(|(run, slo)| expectation(report, run, slo)));
            if let Some(all) = sum(report.runs.iter().map(|run| run.seconds.map(Duration::from_secs_f64))) {
                suite.set_time(all);
            }
            suite.add_test_cases(report.comparison.iter().flat_map(|c| beside(report, c)));
        }
        _ => {
            let issues = issues(report);
            let waived = waived(report);
            if issues.is_empty() && waived.is_empty() {
                suite.add_test_case(case(report, "findings", "none", TestCaseStatus::success()));
            }
            suite.add_test_cases(issues.iter().map(|issue| finding(report, issue)));
            suite.add_test_cases(waived.iter().map(|(issue, why, _)| accepted(report, issue, why)));
        }
    }
    suite
}

fn case(report: &Report, class: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    // A dot would be taken for a level of its own.
    case.set_classname(format!("{}.{}", report.model.name.replace('.', "_"), class.replace('.', "_")));
    case
}

fn expectation(report: &Report, run: &Run, slo: &SloResult) -> TestCase {
    let figures = figures(slo).join(", ");
    let status = match slo.verdict {
        SloVerdict::Met => TestCaseStatus::success(),
        SloVerdict::Missed => bad(NonSuccessKind::Failure, "expectation", &figures, &slo.place),
        SloVerdict::Unclear => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("inconclusive: {figures}"));
            status
        }
    };
    let mut case = case(report, &scenario(run), &slo.text, status);
    if let Some(all) = run.seconds {
        case.set_time(Duration::from_secs_f64(all / run.slos.len() as f64));
    }
    case
}

fn finding(report: &Report, issue: &Issue) -> TestCase {
    let kind = if issue.code == BROKEN { NonSuccessKind::Error } else { NonSuccessKind::Failure };
    let status = bad(kind, issue.severity.word(), &issue.message, &issue.place);
    case(report, "findings", &format!("{} on {}", issue.code, issue.subject), status)
}

fn accepted(report: &Report, issue: &Issue, why: &str) -> TestCase {
    let mut status = TestCaseStatus::skipped();
    status.set_message(format!("waived: {why}"));
    case(report, "findings", &format!("{} on {}", issue.code, issue.subject), status)
}

/// A case for each run that was compared with the baseline.
fn beside(report: &Report, comparison: &Comparison) -> Vec<TestCase> {
    let mut runs: Vec<&str> = comparison.figures.iter().map(|c| c.run.as_str()).collect();
    runs.dedup();
    let one = |run: &str| {
        let of = |verdict| comparison.of(verdict).filter(|c| c.run == run).collect::<Vec<_>>();
        let (worse, unclear) = (of(Difference::Regressed), of(Difference::Inconclusive));
        let told = |all: &[&Compared]| {
            all.iter().map(|c| format!("{}: {}", c.figure, c.told())).collect::<Vec<String>>().join("; ")
        };
        let status = match (worse.as_slice(), unclear.as_slice()) {
            ([], []) => TestCaseStatus::success(),
            ([], _) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(format!("inconclusive: {}", told(&unclear)));
                status
            }
            ([first, ..], _) => bad(NonSuccessKind::Failure, "regression", &told(&worse), &first.place),
        };
        case(report, run, &format!("no worse than in {}", comparison.with), status)
    };
    runs.into_iter().map(one).collect()
}

fn bad(kind: NonSuccessKind, type_: &str, message: &str, place: &Option<Place>) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(type_);
    status.set_message(message);
    if let Some(place) = place {
        status.set_description(format!("{}:{}:{}", place.file, place.line, place.column));
    }
    status
}
