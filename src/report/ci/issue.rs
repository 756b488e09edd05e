//! What is wrong, in one form for all build servers.

use crate::findings::REGRESSION;
use crate::report::words::{factor, fingerprint, listed};
use crate::report::{
    Compared, Confidence, Difference, Finding, Kind, Place, Report, Run, Severity, SloResult, SloVerdict, StaleWaiver,
};

/// The code of an expectation that does not hold.
pub(super) const EXPECTATION: &str = "expectation-failed";
/// The code of an expectation that could not be decided.
pub(super) const INCONCLUSIVE: &str = "expectation-inconclusive";
/// The code of a model that cannot be read.
pub(super) const BROKEN: &str = "invalid-model";

/// Something that is wrong.
#[derive(Clone, Debug)]
pub(super) struct Issue {
    /// Of a finding, or one of the above.
    pub code: String,
    pub severity: Severity,
    pub confidence: Confidence,
    /// In a line, and what there is to say beside it.
    pub message: String,
    /// `payments>stripe`, or the scenario.
    pub subject: String,
    pub place: Option<Place>,
    /// The file of the model.
    pub file: String,
    /// Stays the same as long as it is about the same thing: it knows neither line nor figure.
    pub fingerprint: String,
}

/// Everything that is wrong, the most urgent first.
pub(super) fn issues(report: &Report) -> Vec<Issue> {
    let mut all = Vec::new();
    if let Some(broken) = &report.broken {
        let more = if broken.problems > 1 { format!(" (and {} more)", broken.problems - 1) } else { String::new() };
        let title = format!("{}{more}", broken.message);
        all.push(issue(report, BROKEN, Severity::P0, title, Vec::new(), "model", &broken.place));
    }
    all.extend(report.findings.iter().flatten().map(|f| found(report, f)));
    all.extend(report.stale_waivers.iter().map(|w| stale(report, w)));
    if report.kind == Kind::Test {
        let results = report.runs.iter().flat_map(|run| run.slos.iter().map(move |slo| (run, slo)));
        let bad = results.filter(|(_, slo)| slo.verdict != SloVerdict::Met);
        all.extend(bad.map(|(run, slo)| unmet(report, run, slo)));
    }
    if let Some(comparison) = &report.comparison {
        all.extend(comparison.of(Difference::Regressed).map(|c| regressed(report, &comparison.with, c)));
    }
    all.sort_by_key(|issue| issue.severity);
    all
}

/// It fails the gate, and so weighs as much as an expectation that does not hold.
fn regressed(report: &Report, with: &str, compared: &Compared) -> Issue {
    let title = format!("{}: {} is worse than in {with}", compared.run, compared.figure);
    let subject = format!("{}: {}", compared.run, compared.figure);
    issue(report, REGRESSION, Severity::P0, title, vec![compared.told()], &subject, &compared.place)
}

fn found(report: &Report, finding: &Finding) -> Issue {
    let mut more = finding.evidence.clone();
    more.extend(finding.fix.iter().map(|fix| format!("fix: {}", fix.summary)));
    let title = finding.title.clone();
    let issue = issue(report, &finding.code, finding.severity, title, more, &finding.subject, &finding.place);
    Issue { confidence: finding.confidence, ..issue }
}

/// What is accepted, each with the reason and whether the model itself says so.
pub(super) fn waived(report: &Report) -> Vec<(Issue, String, bool)> {
    let all = report.waived.iter();
    all.map(|w| (found(report, &w.finding), w.why(), w.place.is_some())).collect()
}

fn stale(report: &Report, waiver: &StaleWaiver) -> Issue {
    let more = vec![format!("it gave the reason: {}", waiver.reason)];
    issue(report, waiver.code, Severity::P2, waiver.title(), more, &waiver.subject(), &waiver.place)
}

fn unmet(report: &Report, run: &Run, slo: &SloResult) -> Issue {
    let (code, severity, verb) = match slo.verdict {
        SloVerdict::Missed => (EXPECTATION, Severity::P0, "does not hold"),
        _ => (INCONCLUSIVE, Severity::P2, "is too close to its limit to tell"),
    };
    let title = format!("{}: `{}` {verb}", scenario(run), slo.text);
    let subject = format!("{}: {}", run.name, slo.text);
    issue(report, code, severity, title, figures(slo), &subject, &slo.place)
}

/// `payment-provider-slow at 2x`
pub(super) fn scenario(run: &Run) -> String {
    if run.load == 1.0 { run.name.clone() } else { format!("{} at {}", run.name, factor(run.load)) }
}

/// What was measured, in words.
pub(super) fn figures(slo: &SloResult) -> Vec<String> {
    let runs = slo.replications.map_or(String::new(), |n| format!(" in {n} runs"));
    let measured = slo.measured.as_ref().map(|e| format!("measured {}{runs}", slo.measure.show(e)));
    measured.into_iter().chain(slo.detail.clone()).collect()
}

fn issue(
    report: &Report,
    code: &str,
    severity: Severity,
    title: String,
    more: Vec<String>,
    subject: &str,
    place: &Option<Place>,
) -> Issue {
    let message = if more.is_empty() { title } else { format!("{title}: {}", listed(&more)) };
    Issue {
        // Between the parts stands a byte that none of them holds.
        fingerprint: fingerprint(&[code, &report.model.file, subject].join("\0")),
        code: code.into(),
        severity,
        confidence: Confidence::High,
        message,
        subject: subject.into(),
        place: place.clone(),
        file: report.model.file.clone(),
    }
}
