//! Fills a [`Report`] from what experiments and findings found out. Numbers change their unit here, never their value.

mod alerts;
mod campaign;
mod comparison;
mod failures;
mod load;
mod pictures;
mod runs;
mod stuck;
mod suite;
mod traces;
mod waived;

pub use comparison::{between, comparison};
pub use suite::test;
pub use waived::settle;

use super::{
    Change, Confidence, Decoy, Effect, Estimate, Finding, Fix, Kind, Measure, Observability, Place, Readiness,
    ReadinessItem, Report, Scores, Severity,
};
use crate::engine::Stop;
use crate::experiments::{Options, Plain, Review, Shown};
use crate::faults::{self, Luck};
use crate::findings::{self, Evidence, Figure};
use crate::graph::Graph;
use crate::model::{Metric, Model};
use crate::plan::{Origin, Plan};
use crate::units::SimDuration;

/// Turns figures of experiments into figures of a report: names of the model, and its file.
#[derive(Clone, Copy)]
struct Scribe<'a> {
    model: &'a Model,
    graph: &'a Graph<'a>,
}

/// The report of a review.
pub fn review(model: &Model, review: &Review) -> Report {
    let graph = Graph::new(&model.plan);
    let scribe = Scribe { model, graph: &graph };
    let evidence = Evidence { model, graph: &graph, review: Some(review) };
    let mut report = Report::empty(Kind::Review);
    report.load = review.load;
    report.seed = review.seed;
    report.replications = review.replications;
    report.complete = review.runs.iter().all(is_long_enough);
    report.notes = review.notes.clone();
    report.runs = review.runs.iter().map(|run| scribe.run(run, &review.slos)).collect();
    report.capacity = Some(scribe.capacity(review));
    report.bottlenecks = Some(scribe.bottlenecks(review));
    report.plan = review.plan.as_ref().map(|plan| scribe.plan(plan, review));
    report.failures = Some(scribe.failures(review));
    report.unconfirmed = review.failures.iter().filter(|f| !f.confirmed).map(|f| f.fault.describe()).collect();
    report.campaign = Some(scribe.campaign(review));
    report.alerts = scribe.alerts(review);
    let found = findings::look(&evidence);
    report.scores = Some(scores(findings::scores(&evidence, &found)));
    report.findings = Some(found.into_iter().map(|f| scribe.finding(f)).collect());
    report.decoys = decoys(&evidence);
    report.pictures = Some(scribe.pictures(review));
    report.traces = review.traces.iter().map(|t| scribe.traced(t, &review.runs[t.run])).collect();
    report
}

/// The report of one plain experiment.
pub fn run(model: &Model, plain: &Plain, options: &Options) -> Report {
    let graph = Graph::new(&model.plan);
    let scribe = Scribe { model, graph: &graph };
    let mut report = Report::empty(Kind::Run);
    report.load = plain.runs.last().map_or(1.0, |r| r.load);
    report.seed = options.seed;
    report.replications = options.replications;
    report.runs = plain.runs.iter().map(|run| scribe.run(run, &plain.expectations)).collect();
    report.traces = plain.traces.iter().map(|t| scribe.traced(t, &plain.runs[t.run])).collect();
    report.complete = plain.runs.iter().all(is_long_enough);
    let limited = plain.runs.iter().flat_map(|run| limited(run, options));
    report.notes = limited.collect();
    report.notes.extend(plain.runs.iter().flat_map(|run| curtailed(run, &model.plan, options)));
    report.complete &= report.notes.is_empty();
    let capped = plain.runs.iter().filter(|r| r.length.capped).map(|r| {
        format!("{}: measured for {} only, as the budget of events allows", r.name, r.length.schedule.measured)
    });
    report.notes.extend(capped);
    report
}

/// The report of a check: what can be told without running the model.
pub fn check(model: &Model) -> Report {
    let graph = Graph::new(&model.plan);
    let scribe = Scribe { model, graph: &graph };
    let evidence = Evidence { model, graph: &graph, review: None };
    let mut report = Report::empty(Kind::Check);
    report.findings = Some(findings::look(&evidence).into_iter().map(|f| scribe.finding(f)).collect());
    report
}

/// The budget may shorten what an SLO of many nines asks for, and a note says so; a minute is the least.
fn is_long_enough(run: &Shown) -> bool {
    !run.length.capped || run.length.schedule.measured >= SimDuration::from_secs(60)
}

/// What the reader must know of a run that was ended by a limit of the user's: where, by which, and what to try.
fn limited(run: &Shown, options: &Options) -> Option<String> {
    let (at, why) = match run.outcome.runs.iter().filter_map(|m| m.stop).find(|stop| stop.is_cut())? {
        Stop::Events(at) => (at, format!("it took the {} events that --max-events allows", options.max_events)),
        Stop::Memory(at) => {
            (at, format!("what was in progress took up the {} that --max-memory allows", options.max_memory))
        }
        Stop::Crowded(_) | Stop::Standstill(..) => return None,
    };
    let whole = run.length.schedule.warmup + run.length.schedule.measured;
    let name = &run.name;
    Some(format!(
        "{name}: ended after {at} of {whole}, since {why}; nothing is judged by it: allow more, or ask for less with --duration, \
         --warmup or a lower load"
    ))
}

/// What the reader must know of a run whose faults strike more often than is simulated.
fn curtailed(run: &Shown, plan: &Plan, options: &Options) -> Option<String> {
    let until = run.length.schedule.measured;
    let luck = |replication| Luck { seed: options.seed, replication, until };
    let often = (0..options.replications).any(|r| faults::strikes_too_often(plan, &run.faults, luck(r)));
    often.then(|| {
        format!(
            "{}: faults strike more often than is simulated, so the later ones are missing: give them a longer mtbf, or ask for \
             less with --duration",
            run.name
        )
    })
}

fn place(model: &Model, origin: &Origin) -> Option<Place> {
    let document = &model.document;
    let node = document.get(&origin.path).map(|node| node.place).filter(|place| place.line == origin.line);
    let text = node.and_then(|place| document.text.get(place.start..place.end)).and_then(|text| text.lines().next());
    let width = text.map_or(0, |text| text.chars().count() as u32);
    let Origin { line, column, .. } = *origin;
    (line > 0).then(|| Place { file: document.file.clone(), line, column, width })
}

fn scores(scores: findings::Scores) -> Scores {
    let item =
        |(name, mark): (&str, findings::Mark)| ReadinessItem { name: name.into(), passed: mark.passed, why: mark.why };
    let items = scores.items.into_iter().map(item).collect();
    let grade = |(grade, why): (char, String)| Observability { grade: grade.into(), why };
    Scores {
        readiness: Some(Readiness { score: f64::from(scores.readiness), items }),
        observability: scores.observability.map(grade),
    }
}

fn decoys(evidence: &Evidence) -> Vec<Decoy> {
    let decoy = |(code, subject, why): (&str, String, String)| Decoy { code: code.into(), subject, why, effect: None };
    findings::decoys(evidence).into_iter().map(decoy).collect()
}

impl Scribe<'_> {
    fn finding(&self, finding: findings::Finding) -> Finding {
        Finding {
            code: finding.code.into(),
            severity: match finding.severity {
                findings::Severity::P0 => Severity::P0,
                findings::Severity::P1 => Severity::P1,
                findings::Severity::P2 => Severity::P2,
            },
            confidence: match finding.confidence {
                findings::Confidence::High => Confidence::High,
                findings::Confidence::Medium => Confidence::Medium,
            },
            title: finding.title,
            subject: finding.subject,
            place: finding.origin.and_then(|origin| self.place(&origin)),
            evidence: finding.evidence,
            fix: finding
                .fix
                .map(|fix| Fix { summary: fix.summary, changes: fix.changes.iter().map(|c| self.change(c)).collect() }),
            effect: finding.effect.map(effect),
            other_effects: finding.other_effects.into_iter().map(effect).collect(),
        }
    }

    fn place(&self, origin: &Origin) -> Option<Place> {
        place(self.model, origin)
    }

    /// A change, with what stands at its path now.
    fn change(&self, change: &crate::model::Change) -> Change {
        let from = self.model.document.get(&change.path).map(|node| node.show()).or_else(|| change.from.clone());
        Change { path: change.path.clone(), from, to: change.to.clone() }
    }
}

/// What a metric is in a report, and by what its figures are multiplied.
fn measure(metric: Metric) -> (Measure, f64) {
    match metric {
        Metric::Success => (Measure::SuccessRate, 1.0),
        Metric::Goodput => (Measure::GoodputPerS, 1.0),
        Metric::Rate => (Measure::RatePerS, 1.0),
        Metric::Mean => (Measure::MeanMs, 1e3),
        Metric::Percentile(q) => (Measure::PercentileMs(q * 100.0), 1e3),
        Metric::Utilization => (Measure::Utilization, 1.0),
        Metric::Queue => (Measure::Queue, 1.0),
        Metric::Age => (Measure::AgeS, 1.0),
        Metric::Retries => (Measure::Retries, 1.0),
        Metric::Duplicates => (Measure::DuplicateShare, 1.0),
    }
}

fn effect(effect: findings::Effect) -> Effect {
    let (measure, factor) = match effect.figure {
        Figure::Metric(metric) => measure(metric),
        Figure::Capacity => (Measure::CapacityLoad, 1.0),
        Figure::Recovery => (Measure::RecoveryS, 1.0),
        Figure::Lost => (Measure::LostRequests, 1.0),
        Figure::Waiting => (Measure::WaitingMessages, 1.0),
        Figure::Duplicates => (Measure::Duplicates, 1.0),
    };
    Effect {
        subject: effect.subject,
        measure,
        before: scaled(effect.before, factor),
        after: scaled(effect.after, factor),
        difference: effect.difference.map(|d| scaled(d, factor)),
    }
}

fn scaled(estimate: Estimate, factor: f64) -> Estimate {
    Estimate { mean: estimate.mean * factor, low: estimate.low * factor, high: estimate.high * factor }
}
