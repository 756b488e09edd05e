//! The published JSON, `tenfold/review/1`: a frozen copy apart from the internal types, so that renaming one of ours breaks
//! nobody. Fields may be added; none is renamed, removed or given another meaning.
//!
//! Units stand in the names. Counts are sums over the replications, rates are per replication, an estimate is
//! `{ "mean", "low", "high" }` at 95%; `low` and `high` are null when a single replication tells nothing about them.
//! What does not apply is left out; what could not be measured is null.

mod alerts;
mod campaign;
mod comparison;
mod pictures;
mod review;
mod run;
mod stuck;
mod waived;

use super::{Format, Kind, Report, Style};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// The name of the format, in each document.
const FORMAT: &str = "tenfold/review/1";

/// JSON, indented by two.
pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, report: &Report, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &document(report))?;
        out.write_all(b"\n")
    }
}

/// The JSON Schema of the format.
pub(super) fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft07().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Document>();
    schema.insert("title".into(), "Tenfold report".into());
    schema.insert("description".into(), format!("The JSON of a report of Tenfold, {FORMAT}.").into());
    schema.to_value()
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Document<'a> {
    format: &'static str,
    version: &'static str,
    command: &'a str,
    model: Model<'a>,
    load: f64,
    seed: u64,
    replications: u32,
    complete: bool,
    notes: &'a [String],
    assumed: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    runs: Vec<run::Run<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<review::Capacity<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bottlenecks: Option<Vec<review::Bottleneck<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<review::Plan<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<Vec<review::Failure<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unconfirmed: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<campaign::Campaign<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alerts: Option<Vec<alerts::Alert<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<review::Finding<'a>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waived: Vec<waived::Waived<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stale_waivers: Vec<waived::StaleWaiver<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_recommended: Option<Vec<review::Decoy<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<comparison::Comparison<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scores: Option<review::Scores<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pictures: Option<pictures::Pictures<'a>>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Model<'a> {
    name: &'a str,
    file: &'a str,
    hash: &'a str,
    components: &'a IndexMap<String, u32>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Verdict {
    holds: Option<bool>,
    headline: String,
    text: String,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Estimate {
    mean: f64,
    low: Option<f64>,
    high: Option<f64>,
}

impl From<&super::Estimate> for Estimate {
    fn from(e: &super::Estimate) -> Estimate {
        let finite = |x: f64| x.is_finite().then_some(x);
        Estimate { mean: e.mean, low: finite(e.low), high: finite(e.high) }
    }
}

/// An estimate, or null.
fn estimate(e: &Option<super::Estimate>) -> Option<Estimate> {
    e.as_ref().map(Estimate::from)
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}

fn place(p: &Option<super::Place>) -> Option<Place<'_>> {
    p.as_ref().map(|p| Place { file: &p.file, line: p.line, column: p.column })
}

fn document(report: &Report) -> Document<'_> {
    let review = report.kind == Kind::Review;
    let verdict = review.then(|| report.verdict());
    Document {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION"),
        command: &report.command,
        model: Model {
            name: &report.model.name,
            file: &report.model.file,
            hash: &report.model.hash,
            components: &report.model.components,
        },
        load: report.load,
        seed: report.seed,
        replications: report.replications,
        complete: report.complete,
        notes: &report.notes,
        assumed: &report.assumed,
        verdict: verdict.map(|v| Verdict { holds: v.holds, headline: v.headline, text: v.sentences.join(" ") }),
        runs: report.runs.iter().map(run::run).collect(),
        capacity: report.capacity.as_ref().map(review::capacity),
        bottlenecks: report.bottlenecks.as_ref().map(|all| all.iter().map(review::bottleneck).collect()),
        plan: report.plan.as_ref().map(review::plan),
        failures: report.failures.as_ref().map(|all| all.iter().map(review::failure).collect()),
        unconfirmed: report.failures.as_ref().map(|_| report.unconfirmed.as_slice()),
        campaign: report.campaign.as_ref().map(campaign::campaign),
        alerts: report.alerts.as_ref().map(|all| all.iter().map(alerts::alert).collect()),
        findings: report.findings.as_ref().map(|all| all.iter().map(review::finding).collect()),
        waived: report.waived.iter().map(waived::waived).collect(),
        stale_waivers: report.stale_waivers.iter().map(waived::stale).collect(),
        not_recommended: review.then(|| report.decoys.iter().map(review::decoy).collect()),
        comparison: report.comparison.as_ref().map(comparison::comparison),
        scores: report.scores.as_ref().map(review::scores),
        pictures: report.pictures.as_ref().map(pictures::pictures),
    }
}
