//! Scenarios as tests: each run with its expectations, ruled.

use super::{Scribe, scaled};
use crate::experiments::{Exam, Examined, Options, Ruled, Ruling, settled};
use crate::findings::{self, Evidence, Fate, Policy};
use crate::graph::Graph;
use crate::measure::Estimate;
use crate::model::{Expectation, Model, What};
use crate::report::{Kind, Report, SloResult, SloVerdict};

/// The report of a model's scenarios as tests.
pub fn test(model: &Model, exams: &[Exam], examined: &[Examined], options: &Options, policy: &Policy) -> Report {
    let graph = Graph::new(&model.plan);
    let scribe = Scribe { model, graph: &graph };
    let mut report = Report::empty(Kind::Test);
    report.seed = options.seed;
    report.replications = options.replications;
    for (exam, examined) in exams.iter().zip(examined) {
        let mut run = scribe.run(&examined.shown, &exam.expectations);
        run.seconds = examined.seconds;
        let expected = exam.expectations.iter().enumerate();
        let results = expected.map(|(i, e)| match examined.ruled.iter().find(|r| r.index == i) {
            Some(ruled) => scribe.ruled(e, ruled),
            None => scribe.reviewed(e, examined, policy),
        });
        // What grows without bound was put there by the run itself.
        run.slos = results.chain(std::mem::take(&mut run.slos)).collect();
        let (shown, before) = (&examined.shown, report.notes.len());
        report.notes.extend(super::limited(shown, options));
        report.notes.extend(super::curtailed(shown, &model.plan, options));
        report.complete &= report.notes.len() == before;
        if examined.shown.length.capped {
            let measured = examined.shown.length.schedule.measured;
            report.notes.push(format!("{}: measured for {measured} only, as the budget of events allows", exam.name));
        }
        report.runs.push(run);
    }
    report
}

fn verdict(ruling: Ruling) -> SloVerdict {
    match ruling {
        Ruling::Passed => SloVerdict::Met,
        Ruling::Inconclusive => SloVerdict::Unclear,
        Ruling::Failed => SloVerdict::Missed,
    }
}

impl Scribe<'_> {
    fn ruled(&self, expectation: &Expectation, ruled: &Ruled) -> SloResult {
        let (subject, (measure, factor)) = self.about(expectation);
        let detail = ruled.runs_against.filter(|n| *n > 0).map(|n| {
            let what = if matches!(expectation.what, What::RecoversWithin(_)) { "too late" } else { "not back" };
            format!("{what} in {n} of {} runs", ruled.replications)
        });
        SloResult {
            text: expectation.text.clone(),
            subject,
            measure,
            measured: ruled.measured.map(|e| scaled(e, factor)),
            verdict: verdict(ruled.ruling),
            place: self.place(&expectation.origin),
            replications: Some(ruled.replications),
            detail,
        }
    }

    /// What is expected of the review.
    fn reviewed(&self, expectation: &Expectation, examined: &Examined, policy: &Policy) -> SloResult {
        let (subject, (measure, _)) = self.about(expectation);
        let mut result = SloResult {
            text: expectation.text.clone(),
            subject,
            measure,
            measured: None,
            verdict: SloVerdict::Unclear,
            place: self.place(&expectation.origin),
            replications: None,
            detail: None,
        };
        let Some(review) = examined.review.as_deref() else { return result };
        match &expectation.what {
            What::Capacity { op, limit } => {
                let known = self.capacity(review);
                let e = Estimate { mean: known.load, low: known.low, high: known.high.unwrap_or(f64::INFINITY) };
                result.verdict = verdict(settled(*op, e, *limit));
                result.measured = Some(Estimate { high: known.high.unwrap_or(known.load), ..e });
            }
            What::No { what, on } => {
                let evidence = Evidence { model: self.model, graph: self.graph, review: Some(review) };
                let all = findings::look(&evidence);
                let waivers = &self.model.waivers;
                let counts = |f: &&findings::Finding| policy.fate(waivers, f.code, &f.subject) == Fate::Counts;
                let found: Vec<_> = all.iter().filter(|f| f.is(what, on.as_deref())).filter(counts).collect();
                result.verdict = if found.is_empty() { SloVerdict::Met } else { SloVerdict::Missed };
                let told = |f: &&findings::Finding| format!("{} on {} ({})", f.code, f.subject, f.severity.word());
                let mut told: Vec<String> = found.iter().take(3).map(told).collect();
                told.extend(found.len().checked_sub(3).filter(|n| *n > 0).map(|n| format!("{n} more")));
                result.detail = (!told.is_empty()).then(|| told.join(", "));
            }
            _ => {}
        }
        result
    }
}
