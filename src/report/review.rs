//! What a review adds to its runs: capacity, bottlenecks, failures, findings.

use super::pictures::Answered;
use super::words::{factor, listed};
use super::{Estimate, Gauge, Stuck};
use crate::faults::Fault;
use crate::model::Change;
use crate::units::SimDuration;

/// The highest load at which the SLOs hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Capacity {
    /// The load, as a multiple of the model's own.
    pub load: f64,
    /// The SLOs hold at least up to here.
    pub low: f64,
    /// They do not hold from here on; `None` when they held at the highest load tried.
    pub high: Option<f64>,
    /// The resource that gives out: `orders-db.connections`.
    pub limited_by: Option<String>,
    /// The SLO missed first.
    pub slo: Option<String>,
    /// What arithmetic on the model allows at most.
    pub bound: Option<Bound>,
    /// The same for each SLO, those first that are missed first.
    pub slos: Vec<SloCapacity>,
}

impl Capacity {
    /// From where on each SLO is missed, those together that are missed from the same load on: `4.8x to 5x: web.account p99 <
    /// 800ms`. Empty when all are known to be missed at once, or there is one.
    pub fn by_slo(&self) -> Vec<String> {
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for slo in &self.slos {
            let from = match slo.high {
                Some(high) if slo.low > 0.0 => format!("{} to {}", factor(slo.low), factor(high)),
                Some(high) => format!("below {}", factor(high)),
                None => format!("not up to {}", factor(slo.low)),
            };
            let text = format!("`{}`", slo.slo);
            match groups.iter_mut().find(|(known, _)| *known == from) {
                Some((_, list)) => list.push(text),
                None => groups.push((from, vec![text])),
            }
        }
        if groups.len() < 2 {
            Vec::new()
        } else {
            groups.iter().map(|(from, list)| format!("{from} {}", listed(list))).collect()
        }
    }
}

/// The load at which one SLO is missed.
#[derive(Clone, Debug, PartialEq)]
pub struct SloCapacity {
    /// The SLO.
    pub slo: String,
    /// It is not missed up to here; 0 when it was missed at each load tried.
    pub low: f64,
    /// It is missed from here on; `None` when it was at none.
    pub high: Option<f64>,
}

/// An upper bound on the load, by arithmetic: at this load the resource is busy all the time.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// Multiple of the model's own load.
    pub load: f64,
    /// What is busy.
    pub resource: String,
}

/// A resource whose doubling helps.
#[derive(Clone, Debug, PartialEq)]
pub struct Bottleneck {
    /// `orders-db.connections`
    pub resource: String,
    /// 1 for the one that gives out first, 2 for the next once that one is doubled, and so on.
    pub rank: u32,
    /// The load from which on it gives out, those before it being doubled.
    pub from_load: f64,
    /// The change that was tried.
    pub change: Option<Change>,
    /// What it gave.
    pub effect: Effect,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// Share of requests answered.
    SuccessRate,
    /// Requests answered, per second.
    GoodputPerS,
    /// Requests, per second.
    RatePerS,
    /// Mean time to an answer.
    MeanMs,
    /// A percentile of the time to an answer: 99.0 for p99.
    PercentileMs(f64),
    /// Share in use.
    Utilization,
    /// Waiting, mean over time.
    Queue,
    /// Age of the oldest message that waits, at its worst.
    AgeS,
    /// Retries of each call.
    Retries,
    /// Second executions of each call.
    DuplicateShare,
    /// Share of runs that are not back when they end.
    Metastable,
    /// What a review found.
    Findings,
    /// The highest load at which the SLOs hold.
    CapacityLoad,
    /// Time from the end of the fault until all is as before.
    RecoveryS,
    /// Requests lost.
    LostRequests,
    /// Messages not finished.
    WaitingMessages,
    /// Calls executed a second time.
    Duplicates,
}

/// Before and after a change (or without and with a fault), on the same random numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// Of what: `web.home`, `shoppers`; empty for the whole system.
    pub subject: String,
    /// What was compared.
    pub measure: Measure,
    /// As the model is.
    pub before: Estimate,
    /// With the change, or with the fault.
    pub after: Estimate,
    /// Interval of the paired difference, after less before, if it was judged by it.
    pub difference: Option<Estimate>,
}

/// A fault, in words and figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultInfo {
    /// Kind: `latency`.
    pub kind: String,
    /// What it strikes: `stripe`.
    pub target: String,
    /// How much, as `--fail` writes it: `+5s`.
    pub amount: Option<String>,
    /// When it begins, counted from the start of the measured part.
    pub start_s: f64,
    /// How long it lasts; `None` for the rest of the run.
    pub duration_s: Option<f64>,
    /// What happens: `stripe 5s slower`.
    pub text: String,
    /// As `--fail` reads it.
    pub flag: String,
}

impl From<&Fault> for FaultInfo {
    fn from(fault: &Fault) -> FaultInfo {
        FaultInfo {
            kind: fault.kind.word().into(),
            target: fault.target.to_string(),
            amount: fault.kind.effect().amount(),
            start_s: fault.start.seconds(),
            duration_s: fault.duration.map(SimDuration::seconds),
            text: fault.describe(),
            flag: fault.to_string(),
        }
    }
}

/// What one fault does.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The fault.
    pub fault: FaultInfo,
    /// The load under which it was tried.
    pub load: f64,
    /// What users lose, the worst first: success rate (or latency) without and with the fault, while it lasts.
    pub users: Vec<Effect>,
    /// Requests lost that would have been answered without it, per replication.
    pub lost_requests: Option<Estimate>,
    /// Share of the requests of users, of those that came while it lasted, that were lost though they did not need what
    /// was struck.
    pub blast_radius: Option<Estimate>,
    /// Whether it comes back when the fault ends.
    pub recovers: Option<Recovery>,
    /// Probability that the fault is gone and goodput does not come back.
    pub metastable: Option<Estimate>,
    /// What keeps it from coming back, found by leaving it out: `retries`.
    pub sustained_by: Option<String>,
    /// What is known of it where it does not come back.
    pub stuck: Option<Stuck>,
    /// What users got meanwhile, before and after.
    pub answered: Answered,
    /// Who became impaired, in order of time.
    pub cascade: Vec<CascadeStep>,
    /// Endpoints that failed though they do not need what failed.
    pub collateral: Vec<String>,
    /// Who is told; `None` where the model has no alerts.
    pub detection: Option<Detection>,
    /// What was done twice, lost or stale: what the fault adds to a run, over the replications. What it adds nothing to is left out.
    pub side_effects: Vec<SideEffect>,
}

/// Who is told of a failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// The alerts that page in most runs, the first to page first.
    pub alerts: Vec<Page>,
    /// Independent runs behind this.
    pub runs: u32,
    /// The fault lasted so long in them.
    pub watched_s: f64,
    /// Users are hurt and nobody is told.
    pub silent: bool,
    /// Some alert needs longer than the fault lasted.
    pub cut: bool,
}

/// An alert that pages.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Its name.
    pub alert: String,
    /// How long after the beginning of the fault, where it did.
    pub after_s: Estimate,
    /// In so many of the runs.
    pub runs: u32,
}

/// What an alert said while nothing was wrong, and what it would say of failures.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertInfo {
    /// Its name.
    pub name: String,
    /// Its condition.
    pub text: String,
    /// Pages while nothing was wrong, over all replications of the run at 1x.
    pub false_pages: usize,
    /// For so long, over all replications.
    pub watched_s: f64,
    /// Confirmed failures of which it tells.
    pub tells: usize,
    /// Where it is written.
    pub place: Option<Place>,
}

/// What a fault adds to one kind of silent harm, per run.
#[derive(Clone, Debug, PartialEq)]
pub struct SideEffect {
    /// `duplicates`, `lost_messages`, `lost_writes`, `stale_reads`.
    pub kind: &'static str,
    /// The paired difference: with the fault, less without it.
    pub added: Estimate,
}

/// Whether and when things are as before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovery {
    /// How likely.
    pub probability: Estimate,
    /// How long after the end of the fault, where it did.
    pub after_s: Option<Estimate>,
    /// Independent runs behind this.
    pub runs: u32,
    /// Those in which it was not back before they ended.
    pub not_back: u32,
    /// Half of the runs were back by then; `None` when fewer were.
    pub median_s: Option<f64>,
    /// The shortest and the longest time, where there is one.
    pub range_s: Option<(f64, f64)>,
}

/// One component becomes impaired.
#[derive(Clone, Debug, PartialEq)]
pub struct CascadeStep {
    /// Which: a component, or an endpoint.
    pub component: String,
    /// How long after the beginning of the fault.
    pub at_s: f64,
    /// How: `workers exhausted`, `errors passed on`.
    pub mechanism: String,
    /// Along which edge: `payments>stripe`. The step stands under the step of the callee.
    pub via: Option<String>,
    /// What shows it, the most telling first.
    pub readings: Vec<Reading>,
}

/// What a gauge reads, without the fault and with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// What is read.
    pub gauge: Gauge,
    /// In the same run without the fault.
    pub before: f64,
    /// With it.
    pub after: f64,
    /// Of how many.
    pub of: Option<f64>,
}

/// What the failure campaign tried beside the failures that are told of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Campaign {
    /// Faults of 1x that rest on one short run each.
    pub screened: Vec<Screened>,
    /// Faults at 1x that the budget had no room for, as `--fail` reads them.
    pub not_tried: Vec<String>,
    /// The same faults at the load asked for.
    pub asked: Option<AskedFaults>,
    /// Two faults at once.
    pub pairs: Option<FaultPairs>,
}

/// What a fault did, in short.
#[derive(Clone, Debug, PartialEq)]
pub struct Screened {
    /// The fault.
    pub fault: FaultInfo,
    /// Runs it rests on.
    pub runs: u32,
    /// Lost requests, as a share of those that came while it lasted; above 1 when the damage went on.
    pub lost_share: f64,
    /// Share of them lost though they did not need what was struck.
    pub blast_radius: f64,
    /// Whether goodput was back before the end, in every run.
    pub recovers: bool,
    /// Who became impaired, in order.
    pub impaired: Vec<String>,
}

/// Faults at the load asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedFaults {
    /// The load.
    pub load: f64,
    /// Whether the SLOs hold there without any fault.
    pub holds_without: bool,
    /// What was tried, the most urgent first.
    pub tried: Vec<Screened>,
    /// What the budget had no room for, as `--fail` reads it.
    pub not_tried: Vec<String>,
}

/// Two faults at once.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultPairs {
    /// Pairs whose effects touch: some component feels either.
    pub touching: usize,
    /// Of these, how many were tried.
    pub tried: usize,
    /// Pairs whose effects do not touch; they are not tried.
    pub apart: usize,
    /// Not all of them were tried, and the clock decided how many: another machine may tell otherwise.
    pub by_clock: bool,
    /// Those that are worse than the two lead to expect, the worst first.
    pub worse: Vec<FaultPair>,
}

/// A pair of faults.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultPair {
    /// The two.
    pub faults: [FaultInfo; 2],
    /// Who feels either.
    pub shared: Vec<String>,
    /// Share of the requests lost to each alone.
    pub alone: [f64; 2],
    /// Share lost to both.
    pub together: f64,
    /// Whether goodput was back after both.
    pub recovers: bool,
}

/// How urgent a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Will cause incidents.
    P0,
    /// Will cause scale issues.
    P1,
    /// Technical debt.
    P2,
}

impl Severity {
    /// `P0`
    pub fn word(self) -> &'static str {
        match self {
            Severity::P0 => "P0",
            Severity::P1 => "P1",
            Severity::P2 => "P2",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Severity::P0 => "will cause incidents",
            Severity::P1 => "will cause scale issues",
            Severity::P2 => "technical debt",
        }
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// Simulated, and clear beyond the interval.
    High,
    /// Simulated, but not clear; or follows from the model by arithmetic.
    Medium,
    /// A rule of thumb, not tried.
    Low,
}

impl Confidence {
    /// `high`
    pub fn word(self) -> &'static str {
        match self {
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
        }
    }
}

/// A place in the user's file. Line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was given.
    pub file: String,
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
    /// How many characters of the line are meant; 0 where it is not known.
    pub width: u32,
}

/// Something that should change.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Stable name: `missing-circuit-breaker`.
    pub code: String,
    /// How urgent.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// In a line: `payments waits 4s for stripe, and everybody waits for payments`.
    pub title: String,
    /// What it is about: `payments>stripe`.
    pub subject: String,
    /// Where it is written.
    pub place: Option<Place>,
    /// Why, with figures: clauses without a full stop, the most telling first.
    pub evidence: Vec<String>,
    /// What to do.
    pub fix: Option<Fix>,
    /// What the fix gives, by simulation: the figure that matters most.
    pub effect: Option<Effect>,
    /// Further figures.
    pub other_effects: Vec<Effect>,
}

/// What to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// In a few words: `open a circuit breaker on payments>stripe`.
    pub summary: String,
    /// The changes to the model.
    pub changes: Vec<Change>,
}

/// What a rule of thumb would ask for and the simulation does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoy {
    /// The finding it would have been.
    pub code: String,
    /// On what: `web>ads`.
    pub subject: String,
    /// Why not, in a sentence with figures.
    pub why: String,
    /// What the change gave when it was tried.
    pub effect: Option<Effect>,
}
