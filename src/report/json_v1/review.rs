//! What a review adds: capacity, bottlenecks, the plan, failures, findings.

use super::stuck::{Stuck, stuck};
use super::{Estimate, Place, alerts, estimate, place};
use crate::report;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Capacity<'a> {
    load: f64,
    low: f64,
    /// Null when the SLOs held at the highest load tried.
    high: Option<f64>,
    limited_by: Option<&'a str>,
    slo: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound: Option<Bound<'a>>,
    /// The same for each SLO, those first that are missed first.
    slos: Vec<SloCapacity<'a>>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct SloCapacity<'a> {
    slo: &'a str,
    /// Not missed up to here; 0 when it was missed at each load tried.
    low: f64,
    /// Missed from here on; null when it was at none.
    high: Option<f64>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Bound<'a> {
    load: f64,
    resource: &'a str,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Bottleneck<'a> {
    resource: &'a str,
    rank: u32,
    from_load: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change<'a>>,
    effect: Effect,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Plan<'a> {
    target_load: f64,
    changes: Vec<Change<'a>>,
    meets_slos: bool,
    effects: Vec<Effect>,
    /// For each change, what happens without it.
    without: Vec<Without<'a>>,
    /// The limits of the model that are in the way.
    limits: Vec<PlanLimit<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
    /// What faults do with all changes, at the load of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    faults: Option<PlanFaults<'a>>,
}

/// An SLO that is missed, or a fault that spreads.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
enum Without<'a> {
    Missed(Missed<'a>),
    Spreads(Spread<'a>),
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Missed<'a> {
    slo: &'a str,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Spread<'a> {
    /// As `--fail` reads it.
    fault: &'a str,
    collateral: &'a [String],
    recovers: bool,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct PlanFaults<'a> {
    struck: usize,
    not_tried: usize,
    /// Those that take others with them or are not over in time.
    open: Vec<Spread<'a>>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct PlanLimit<'a> {
    limit: &'a str,
    most: f64,
    /// Null for the cost of everything.
    path: Option<&'a str>,
    wanted: f64,
}

/// A month.
#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Cost {
    before: f64,
    after: f64,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Change<'a> {
    path: &'a str,
    /// A number where the model has one, else its YAML as text; null when nothing stands there.
    from: Value,
    to: Value,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Effect {
    metric: String,
    before: Estimate,
    after: Estimate,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<Estimate>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Fault<'a> {
    kind: &'a str,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<&'a str>,
    start_s: f64,
    duration_s: Option<f64>,
    flag: &'a str,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Failure<'a> {
    fault: Fault<'a>,
    load: f64,
    users: Vec<Effect>,
    lost_requests: Option<Estimate>,
    blast_radius: Option<Estimate>,
    recovers: Option<Recovery>,
    metastable: Option<Estimate>,
    sustained_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stuck: Option<Stuck<'a>>,
    /// Requests answered per second in each part of the run, the mean over the replications.
    answered: Answered<'a>,
    cascade: Vec<CascadeStep<'a>>,
    collateral: &'a [String],
    /// Left out where the model has no alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    detection: Option<alerts::Detection<'a>>,
    side_effects: BTreeMap<&'static str, Estimate>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Answered<'a> {
    window_s: f64,
    per_s: &'a [f64],
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Recovery {
    probability: Estimate,
    after_s: Option<Estimate>,
    runs: u32,
    not_back: u32,
    /// Null when fewer than half of the runs were back before they ended.
    median_s: Option<f64>,
    min_s: Option<f64>,
    max_s: Option<f64>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct CascadeStep<'a> {
    component: &'a str,
    at_s: f64,
    mechanism: &'a str,
    via: Option<&'a str>,
    figures: Vec<Reading>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Reading {
    gauge: &'static str,
    before: f64,
    after: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<f64>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Finding<'a> {
    code: &'a str,
    severity: &'static str,
    confidence: &'static str,
    title: &'a str,
    subject: &'a str,
    #[serde(rename = "where")]
    place: Option<Place<'a>>,
    evidence: &'a [String],
    fix: Option<Fix<'a>>,
    effect: Option<Effect>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_effects: Vec<Effect>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Fix<'a> {
    summary: &'a str,
    changes: Vec<Change<'a>>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Decoy<'a> {
    code: &'a str,
    subject: &'a str,
    why: &'a str,
    effect: Option<Effect>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Scores<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    readiness: Option<Readiness<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observability: Option<Observability<'a>>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Readiness<'a> {
    score: f64,
    items: Vec<ReadinessItem<'a>>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct ReadinessItem<'a> {
    name: &'a str,
    /// Null when it is neither declared nor simulated.
    passed: Option<bool>,
    why: &'a str,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Observability<'a> {
    grade: &'a str,
    why: &'a str,
}

pub(super) fn capacity(c: &report::Capacity) -> Capacity<'_> {
    Capacity {
        load: c.load,
        low: c.low,
        high: c.high,
        limited_by: c.limited_by.as_deref(),
        slo: c.slo.as_deref(),
        bound: c.bound.as_ref().map(|b| Bound { load: b.load, resource: &b.resource }),
        slos: c.slos.iter().map(|s| SloCapacity { slo: &s.slo, low: s.low, high: s.high }).collect(),
    }
}

pub(super) fn bottleneck(b: &report::Bottleneck) -> Bottleneck<'_> {
    Bottleneck {
        resource: &b.resource,
        rank: b.rank,
        from_load: b.from_load,
        change: b.change.as_ref().map(change),
        effect: effect(&b.effect),
    }
}

pub(super) fn plan(p: &report::PlanToTarget) -> Plan<'_> {
    Plan {
        target_load: p.target_load,
        changes: p.changes.iter().map(change).collect(),
        meets_slos: p.meets_slos,
        effects: p.effects.iter().map(effect).collect(),
        without: p.without.iter().map(without).collect(),
        limits: p.limits.iter().map(plan_limit).collect(),
        cost: p.cost.map(|(before, after)| Cost { before, after }),
        faults: p.faults.as_ref().map(|faults| PlanFaults {
            struck: faults.struck,
            not_tried: faults.not_tried,
            open: faults.open.iter().map(spread).collect(),
        }),
    }
}

fn without(w: &report::Without) -> Without<'_> {
    match w {
        report::Without::Missed(slo) => Without::Missed(Missed { slo }),
        report::Without::Spreads(s) => Without::Spreads(spread(s)),
    }
}

fn spread(s: &report::Spread) -> Spread<'_> {
    Spread { fault: &s.fault.flag, collateral: &s.collateral, recovers: s.recovers }
}

fn plan_limit(l: &report::PlanLimit) -> PlanLimit<'_> {
    let path = Some(l.path.as_str()).filter(|path| !path.is_empty());
    PlanLimit { limit: &l.limit, most: l.most, path, wanted: l.wanted }
}

pub(super) fn change(c: &report::Change) -> Change<'_> {
    Change { path: &c.path, from: c.from.as_deref().map_or(Value::Null, yaml), to: yaml(&c.to) }
}

/// Numbers and truth values as such, everything else as text.
fn yaml(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => Value::String(text.into()),
    }
}

fn effect(e: &report::Effect) -> Effect {
    let metric = if e.subject.is_empty() { e.measure.key() } else { format!("{} {}", e.subject, e.measure.key()) };
    Effect { metric, before: (&e.before).into(), after: (&e.after).into(), difference: estimate(&e.difference) }
}

pub(super) fn fault(f: &report::FaultInfo) -> Fault<'_> {
    Fault {
        kind: &f.kind,
        target: &f.target,
        amount: f.amount.as_deref(),
        start_s: f.start_s,
        duration_s: f.duration_s,
        flag: &f.flag,
    }
}

pub(super) fn failure(f: &report::Failure) -> Failure<'_> {
    Failure {
        fault: fault(&f.fault),
        load: f.load,
        users: f.users.iter().map(effect).collect(),
        lost_requests: estimate(&f.lost_requests),
        blast_radius: estimate(&f.blast_radius),
        recovers: f.recovers.as_ref().map(recovery),
        metastable: estimate(&f.metastable),
        sustained_by: f.sustained_by.as_deref(),
        stuck: f.stuck.as_ref().map(stuck),
        answered: Answered { window_s: f.answered.window_s, per_s: &f.answered.per_s },
        cascade: f
            .cascade
            .iter()
            .map(|s| CascadeStep {
                component: &s.component,
                at_s: s.at_s,
                mechanism: &s.mechanism,
                via: s.via.as_deref(),
                figures: (s.readings.iter())
                    .map(|r| Reading { gauge: r.gauge.key(), before: r.before, after: r.after, of: r.of })
                    .collect(),
            })
            .collect(),
        collateral: &f.collateral,
        detection: f.detection.as_ref().map(alerts::detection),
        side_effects: f.side_effects.iter().map(|s| (s.kind, (&s.added).into())).collect(),
    }
}

fn recovery(r: &report::Recovery) -> Recovery {
    Recovery {
        probability: (&r.probability).into(),
        after_s: estimate(&r.after_s),
        runs: r.runs,
        not_back: r.not_back,
        median_s: r.median_s,
        min_s: r.range_s.map(|(min, _)| min),
        max_s: r.range_s.map(|(_, max)| max),
    }
}

pub(super) fn finding(f: &report::Finding) -> Finding<'_> {
    Finding {
        code: &f.code,
        severity: f.severity.word(),
        confidence: f.confidence.word(),
        title: &f.title,
        subject: &f.subject,
        place: place(&f.place),
        evidence: &f.evidence,
        fix: f.fix.as_ref().map(|fix| Fix { summary: &fix.summary, changes: fix.changes.iter().map(change).collect() }),
        effect: f.effect.as_ref().map(effect),
        other_effects: f.other_effects.iter().map(effect).collect(),
    }
}

pub(super) fn decoy(d: &report::Decoy) -> Decoy<'_> {
    Decoy { code: &d.code, subject: &d.subject, why: &d.why, effect: d.effect.as_ref().map(effect) }
}

pub(super) fn scores(s: &report::Scores) -> Scores<'_> {
    Scores {
        readiness: s.readiness.as_ref().map(|r| Readiness {
            score: r.score,
            items: r.items.iter().map(|i| ReadinessItem { name: &i.name, passed: i.passed, why: &i.why }).collect(),
        }),
        observability: s.observability.as_ref().map(|o| Observability { grade: &o.grade, why: &o.why }),
    }
}
