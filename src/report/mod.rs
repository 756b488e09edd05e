//! What is told: [`Report`], plain data, and the formats it is written in.
//!
//! Nothing is computed here. Every number in a report was measured or judged before; a format only chooses words, units
//! and places. Units stand in the names (`_ms`, `_s`, `_per_s`); shares lie between 0 and 1. Counts are sums over the
//! replications, rates are per replication, an [`Estimate`] has its 95% interval.
//!
//! To add a format, write one file with its [`Format`] and list it in [`FORMATS`].

pub mod assemble;
mod ci;
mod comparison;
mod format;
mod html;
mod json_v1;
mod markdown;
mod openmetrics;
mod otlp;
pub mod pictures;
mod plan;
mod plots;
mod review;
mod run;
mod scores;
mod series;
mod stuck;
mod text;
pub mod traces;
mod verdict;
mod waived;
mod words;

pub use comparison::{Cause, Compared, Comparison, Difference};
pub use format::{Detail, FORMATS, Format, Style};
pub use openmetrics::openmetrics;
pub use otlp::otlp;
pub use plan::{PlanFaults, PlanLimit, PlanToTarget, Spread, Without};
pub use plots::plots;
pub use series::series;

pub use review::{
    AlertInfo, AskedFaults, Bottleneck, Bound, Campaign, Capacity, CascadeStep, Confidence, Decoy, Detection, Effect,
    Failure, FaultInfo, FaultPair, FaultPairs, Finding, Fix, Measure, Page, Place, Reading, Recovery, Screened,
    Severity, SideEffect, SloCapacity,
};
pub use run::{
    Cache, Dependency, Heard, Locks, Phase, PhaseTraffic, Queue, Replicas, Replication, Resource, Run, SloResult,
    SloVerdict, Tally, Traffic,
};
pub use scores::{Observability, Readiness, ReadinessItem, Scores};
pub use stuck::{LoadBand, Relief, SmallestTrigger, Stuck, Unfinished};
pub use text::theory;
pub use verdict::{SloCount, Verdict};
pub use waived::{StaleWaiver, Waived};
pub use words::{fingerprint, shell_word};

pub use crate::experiments::Gauge;
pub use crate::measure::Estimate;
pub use crate::model::Change;

use indexmap::IndexMap;

/// Everything that is told about one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What was asked for.
    pub kind: Kind,
    /// The model.
    pub model: ModelInfo,
    /// The command that gives this report again, without options that change only its form.
    pub command: String,
    /// The load asked for, as a multiple of the model's own.
    pub load: f64,
    /// Seed of all random streams.
    pub seed: u64,
    /// Runs with different random numbers behind each figure.
    pub replications: u32,
    /// Whether everything asked for was done; `notes` say what was not.
    pub complete: bool,
    /// What the reader must know about how the figures came about: a run that was cut short, a budget used up.
    pub notes: Vec<String>,
    /// Defaults that decided something: `services.web.queue = 100`.
    pub assumed: Vec<String>,
    /// What was measured: at least one run. A review has `baseline` first and then the load asked for.
    pub runs: Vec<Run>,
    /// The highest load at which the SLOs hold.
    pub capacity: Option<Capacity>,
    /// Resources whose doubling helps, best first; empty when none does.
    pub bottlenecks: Option<Vec<Bottleneck>>,
    /// The smallest list of changes found with which the SLOs hold at the load asked for.
    pub plan: Option<PlanToTarget>,
    /// What each fault does, the most harmful first.
    pub failures: Option<Vec<Failure>>,
    /// Faults that were only screened by short runs, in words: `catalog-db killed`.
    pub unconfirmed: Vec<String>,
    /// What else the failure campaign tried.
    pub campaign: Option<Campaign>,
    /// The model's alerts, where it has some.
    pub alerts: Option<Vec<AlertInfo>>,
    /// What should change, the most urgent first.
    pub findings: Option<Vec<Finding>>,
    /// Findings that are accepted, and fail no gate.
    pub waived: Vec<Waived>,
    /// Waivers of the model that waive nothing.
    pub stale_waivers: Vec<StaleWaiver>,
    /// Changes a rule of thumb would ask for, tried and found to help nobody.
    pub decoys: Vec<Decoy>,
    /// Marks out of ten and grades.
    pub scores: Option<Scores>,
    /// What was measured beside a baseline.
    pub comparison: Option<Comparison>,
    /// Why there is nothing else to tell: the model cannot be read.
    pub broken: Option<Broken>,
    /// What is drawn, of a review.
    pub pictures: Option<pictures::Pictures>,
    /// Single requests of the runs, where they were asked for.
    pub traces: Vec<traces::Traced>,
}

/// What is wrong with a model that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// The first problem.
    pub message: String,
    /// Where it is.
    pub place: Option<Place>,
    /// How many problems there are.
    pub problems: usize,
}

/// What kind of report it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `simulate MODEL`
    Review,
    /// `simulate run MODEL`
    Run,
    /// `simulate check MODEL`
    Check,
    /// `simulate compare A B`
    Compare,
    /// `simulate test MODEL`: each run is a scenario, its SLOs are what it expects.
    Test,
}

/// The model a report is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelInfo {
    /// Its name.
    pub name: String,
    /// Its file, as it was given.
    pub file: String,
    /// Hash of its text after `--set`, in hexadecimal.
    pub hash: String,
    /// How many components of which role: `service` → 5.
    pub components: IndexMap<String, u32>,
}

impl Report {
    /// A report in which nothing is told yet.
    pub fn empty(kind: Kind) -> Report {
        Report {
            kind,
            model: ModelInfo::default(),
            command: String::new(),
            load: 1.0,
            seed: 1,
            replications: 0,
            complete: true,
            notes: Vec::new(),
            assumed: Vec::new(),
            runs: Vec::new(),
            capacity: None,
            bottlenecks: None,
            plan: None,
            failures: None,
            unconfirmed: Vec::new(),
            campaign: None,
            alerts: None,
            findings: None,
            waived: Vec::new(),
            stale_waivers: Vec::new(),
            decoys: Vec::new(),
            scores: None,
            comparison: None,
            broken: None,
            pictures: None,
            traces: Vec::new(),
        }
    }

    /// The runs to show side by side: at 1x and at the load asked for; of an experiment all.
    pub fn side_by_side(&self) -> Vec<&Run> {
        match self.kind {
            Kind::Run => self.runs.iter().collect(),
            _ => self.baseline_run().into_iter().chain(self.asked_run()).collect(),
        }
    }

    /// The run with the load asked for, without faults; the only one when there is one.
    pub fn asked_run(&self) -> Option<&Run> {
        self.runs.iter().rev().find(|r| r.load == self.load && r.faults.is_empty()).or(self.runs.last())
    }

    /// The run at load 1x, if it is not the one asked for.
    pub fn baseline_run(&self) -> Option<&Run> {
        self.runs.iter().find(|r| r.load == 1.0 && r.faults.is_empty()).filter(|_| self.load != 1.0)
    }

    /// Whether a figure of the comparison came out so.
    pub fn any(&self, verdict: Difference) -> bool {
        self.comparison.iter().any(|c| c.of(verdict).next().is_some())
    }

    /// The most urgent finding's severity. A waiver that waives nothing is technical debt.
    pub fn worst(&self) -> Option<Severity> {
        let findings = self.findings.iter().flatten().map(|f| f.severity);
        findings.chain(self.stale_waivers.iter().map(|_| Severity::P2)).min()
    }
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

/// The JSON Schema of the published JSON.
pub fn json_schema() -> serde_json::Value {
    json_v1::schema()
}
