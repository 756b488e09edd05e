//! An SLO that does not hold at the load asked for.

use super::words::{bind, list, percent, seconds};
use super::{Confidence, Effect, Evidence, Figure, Finding, Fix, Severity, declare_lint};
use crate::experiments::{Judged, Review, Verdict};
use crate::model::{Metric, Subject, What};
use crate::plan::Origin;
use crate::units::show_factor;

declare_lint! {
    /// What it is: an SLO of the model is missed at the load asked for, or already at today's.
    ///
    /// Why it is bad: it is what was promised to users.
    ///
    /// How it is judged: by the replications that are shown. A share of requests is missed when even the favourable end
    /// of Wilson's 95% interval of all requests misses it, a percentile when even the favourable end of the binomial
    /// interval of its rank does. What is missed within the error of the sample is called unclear and is not reported
    /// here. A model without SLOs is judged by `success >= 99%`.
    ///
    /// What is close to it: an SLO that holds in quiet times and not during a failure; failures are reported apart.
    SIMULATED "slo-missed-at-target", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let Some(review) = evidence.review else { return Vec::new() };
    let mut findings: Vec<Finding> = Vec::new();
    for run in &review.runs {
        for judged in run.outcome.judged.iter().filter(|j| j.verdict == Verdict::Fails) {
            // Missed at 1x already: that is the news, the higher load adds nothing.
            if findings.iter().all(|f| f.subject != judged.text) {
                findings.push(missed(evidence, review, run.load, judged));
            }
        }
    }
    findings
}

fn missed(evidence: &Evidence, review: &Review, load: f64, judged: &Judged) -> Finding {
    let slo = &review.slos[judged.index];
    let What::Compare { subject: of, metric, .. } = slo.what else { unreachable!("only comparisons are judged here") };
    let value = show(metric, judged.value.mean);
    let at = show_factor(load);
    let runs = review.replications;
    let mut told = vec![format!("Measured at {at}: {value} ({runs} replications, seed {}).", review.seed)];
    let proof = review.plan.as_ref().filter(|p| p.meets && p.load == load);
    let fixed = proof.and_then(|p| p.proof.as_ref()).and_then(|o| o.judged.iter().find(|j| j.index == judged.index));
    if let (Some(plan), Some(fixed)) = (proof, fixed) {
        let n = plan.changes.len();
        told.push(format!("With the plan to {at} ({n} changes) it is {} and holds.", show(metric, fixed.value.mean)));
    }
    if let Some(plan) = review.plan.as_ref().filter(|p| !p.meets && p.load == load && !p.binds.is_empty()) {
        let binds: Vec<String> = plan.binds.iter().map(bind).collect();
        told.push(format!("Within the limits of the model there is no plan to {at}: {}.", list(&binds)));
    }
    Finding {
        code: LINT.code,
        severity: if load <= 1.0 { Severity::P0 } else { Severity::P1 },
        confidence: Confidence::High,
        title: format!("`{}` is missed at {at}: {value}", judged.text),
        subject: judged.text.clone(),
        origin: (slo.origin != Origin::default()).then(|| slo.origin.clone()),
        evidence: told,
        fix: proof.map(|p| Fix { summary: format!("the plan to {at}"), changes: p.changes.clone() }),
        effect: fixed.map(|fixed| Effect {
            subject: subject(evidence, of),
            figure: Figure::Metric(metric),
            before: judged.value,
            after: fixed.value,
            difference: None,
        }),
        other_effects: Vec::new(),
    }
}

/// The name of what a metric is about; empty for all traffic.
pub(super) fn subject(evidence: &Evidence, subject: Option<Subject>) -> String {
    match subject {
        None => String::new(),
        Some(Subject::Endpoint(e)) => evidence.endpoint(e).into(),
        Some(Subject::Component(c)) => evidence.component(c).into(),
        Some(Subject::Edge(e)) => evidence.edge(e).into(),
        Some(Subject::Source(s)) => evidence.model.plan.sources[s.index()].name.clone(),
    }
}

fn show(metric: Metric, value: f64) -> String {
    match metric {
        Metric::Success | Metric::Utilization | Metric::Retries | Metric::Duplicates => percent(value),
        Metric::Mean | Metric::Percentile(_) | Metric::Age => seconds(value),
        Metric::Goodput | Metric::Rate => crate::units::show_rate(value),
        Metric::Queue => crate::units::show_count(value),
    }
}
