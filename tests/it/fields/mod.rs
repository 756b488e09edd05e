//! Every field a user can write has an effect. The schema is walked: for each field there is a case in which changing it
//! alone moves a measured number in the predicted direction or changes a named finding, and for each word that a field
//! takes beside its default one too. A field without a case fails.
//!
//! Cases stand in one file for each family of fields.
//!
//! Both runs of a case use the same random numbers; a number has moved when it differs by a twentieth.

mod admission;
mod alerts;
mod breakers;
mod caches;
mod databases;
mod declarations;
mod dependencies;
mod external;
mod faults;
mod fleet;
mod queues;
mod replicas;
mod retries;
mod scenarios;
mod steps;
mod times;
mod traffic;

use crate::common::model;
use rayon::prelude::*;
use tenfold::engine::{Cause, Limits};
use tenfold::faults::{Luck, timeline};
use tenfold::measure::{Measurements, ResourceUse, Served, Trial};
use tenfold::model::{MODEL_SHAPE, Model};
use tenfold::plan::{Knobs, Plan};
use tenfold::units::{Quantity, SimDuration};
use tenfold::yaml::{self, Shape, Visit};

/// One field, one change, one number that moves.
pub struct Case {
    /// The shape and its field: `service.replicas`.
    pub field: &'static str,
    /// A model.
    pub model: &'static str,
    /// What is changed in it before anything runs: paths, and the YAML that is put there.
    pub given: &'static [(&'static str, &'static str)],
    /// What is changed between the two runs.
    pub change: (&'static str, &'static str),
    /// What is looked at.
    pub see: fn(&Seen) -> f64,
    /// Where it is predicted to go.
    pub goes: Goes,
    /// Length of the measured part.
    pub seconds: u64,
}

/// A prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(dead_code, reason = "for cases to come")]
pub enum Goes {
    Up,
    Down,
}
pub use Goes::{Down, Up};

const CASES: &[&[Case]] = &[
    admission::CASES,
    alerts::CASES,
    breakers::CASES,
    caches::CASES,
    databases::CASES,
    dependencies::CASES,
    external::CASES,
    faults::CASES,
    fleet::CASES,
    queues::CASES,
    replicas::CASES,
    retries::CASES,
    scenarios::CASES,
    steps::CASES,
    times::CASES,
    traffic::CASES,
];

/// A case of 60 seconds.
pub const fn case(
    field: &'static str,
    model: &'static str,
    change: (&'static str, &'static str),
    see: fn(&Seen) -> f64,
    goes: Goes,
) -> Case {
    Case { field, model, given: &[], change, see, goes, seconds: 60 }
}

#[allow(dead_code, reason = "for cases to come")]
impl Case {
    /// With these changes to the model in both runs.
    pub const fn of(self, given: &'static [(&'static str, &'static str)]) -> Case {
        Case { given, ..self }
    }

    /// Another length of the measured part.
    pub const fn over(self, seconds: u64) -> Case {
        Case { seconds, ..self }
    }
}

/// What a run shows. Every accessor takes the names of the report and stops the test at one that is not there.
pub struct Seen {
    pub model: Model,
    pub measured: Measurements,
}

#[allow(dead_code, reason = "the accessors are for cases to come")]
impl Seen {
    fn plan(&self) -> &Plan {
        &self.model.plan
    }

    /// An endpoint as it is served.
    pub fn endpoint(&self, name: &str) -> &Served {
        let id = self.plan().endpoint(name).unwrap_or_else(|| panic!("there is no endpoint `{name}`"));
        &self.measured.endpoints[id.index()]
    }

    /// Share of the reads from the replicas of a database that were stale.
    pub fn stale(&self, database: &str) -> f64 {
        let component = self.plan().component(database).unwrap_or_else(|| panic!("there is no database `{database}`"));
        let of = |r: &tenfold::plan::Replication| self.plan().stations[r.replicas.index()].component;
        let found = self.plan().replications.iter().position(|r| of(r) == component);
        let tally = &self.measured.replications[found.unwrap_or_else(|| panic!("nothing follows `{database}`"))];
        tally.stale as f64 / tally.reads as f64
    }

    /// For how long an alert pages, in seconds.
    pub fn paging(&self, alert: &str) -> f64 {
        let (series, until) = (&self.measured.series, self.measured.measured);
        let alert =
            self.model.alerts.iter().find(|a| a.name == alert).unwrap_or_else(|| panic!("there is no `{alert}`"));
        let spells = tenfold::experiments::spells(self.plan(), alert, series, series, until);
        spells.iter().map(|[from, to]| to.seconds() - from.seconds()).sum()
    }

    /// Requests of users that failed so.
    pub fn failed(&self, cause: Cause) -> f64 {
        self.users().failures[cause as usize] as f64
    }

    /// The replicas of a service that come and go.
    pub fn fleet(&self, service: &str) -> tenfold::measure::FleetUse {
        let at = self.plan().stations.iter().position(|s| s.name == service);
        self.measured.fleets[at.unwrap_or_else(|| panic!("there is no `{service}`"))].expect("its replicas come and go")
    }

    /// A source of traffic as its users see it.
    pub fn source(&self, name: &str) -> &Served {
        let id = self.plan().source(name).unwrap_or_else(|| panic!("there is no source `{name}`"));
        &self.measured.sources[id.index()].total
    }

    /// The users of the only source.
    pub fn users(&self) -> &Served {
        assert_eq!(self.measured.sources.len(), 1, "name the source");
        &self.measured.sources[0].total
    }

    /// Share of the users' requests that were answered.
    pub fn success(&self) -> f64 {
        self.users().success_rate()
    }

    /// Mean time to an answer, in milliseconds, as users see it.
    pub fn mean_ms(&self) -> f64 {
        1e3 * self.users().latency.mean().unwrap_or(0.0)
    }

    /// 99th percentile of the time to an answer, in milliseconds, as users see it.
    pub fn p99_ms(&self) -> f64 {
        self.users().latency.quantile(0.99).map_or(0.0, SimDuration::millis)
    }

    /// A resource, such as `web.workers` or `web>db.pool`.
    pub fn resource(&self, name: &str) -> &ResourceUse {
        let found = self.measured.resources.iter().find(|r| r.name == name);
        found.unwrap_or_else(|| panic!("there is no `{name}` in {:?}", self.measured.resources))
    }

    /// A connection, such as `web>db`.
    pub fn edge(&self, name: &str) -> &tenfold::engine::EdgeTally {
        let id = self.plan().edge(name).unwrap_or_else(|| panic!("there is no edge `{name}`"));
        &self.measured.edges[id.index()]
    }

    /// The look-ups of a cache with keys.
    pub fn cache(&self, name: &str) -> &tenfold::engine::CacheTally {
        let component = self.plan().component(name).unwrap_or_else(|| panic!("there is no `{name}`"));
        let found = self.plan().caches.iter().position(|c| c.component == component);
        &self.measured.caches[found.unwrap_or_else(|| panic!("`{name}` has no keys"))]
    }

    /// The messages of a queue.
    pub fn topic(&self, name: &str) -> &tenfold::engine::TopicTally {
        let component = self.plan().component(name).unwrap_or_else(|| panic!("there is no `{name}`"));
        let found = self.plan().topics.iter().position(|t| t.component == component);
        &self.measured.topics[found.unwrap_or_else(|| panic!("`{name}` is no queue"))]
    }
}

/// Runs a model for so long, under the faults and the load of its first scenario if it has any.
pub fn run(model: Model, seconds: u64) -> Seen {
    let scenario = model.scenarios.first().cloned();
    let load = match scenario.as_ref().and_then(|s| s.load) {
        Some(Quantity::Factor(load)) => load,
        _ => 1.0,
    };
    let knobs = Knobs::baseline(&model.plan, load);
    let mut faults = scenario.map(|s| s.faults).unwrap_or_default();
    faults.extend(tenfold::faults::Fault::by_themselves(&model.plan));
    let luck = Luck { seed: 1, replication: 0, until: SimDuration::from_secs(seconds) };
    let trial = Trial {
        plan: &model.plan,
        load,
        seed: 1,
        replication: 0,
        timeline: timeline(&model.plan, &knobs, &faults, luck),
        warmup: SimDuration::from_secs(5),
        late: SimDuration::ZERO,
        measured: SimDuration::from_secs(seconds),
        window: SimDuration::from_secs(1),
        limits: Limits::default(),
    };
    let measured = trial.run();
    Seen { model, measured }
}

/// What is wrong with a case, if anything.
fn judge(case: &Case) -> Result<(), String> {
    let base = model(case.model);
    let given: Vec<_> = case.given.iter().map(|(path, to)| base.change(path, to)).collect();
    let shown = |problems: Vec<_>| yaml::render("inline.yaml", case.model, &problems, false);
    let base = base.with(&given).map_err(shown)?;
    let (path, to) = case.change;
    let field = case.field.rsplit('.').next().unwrap();
    if !(path.split('.').any(|part| part == field) || to.contains(&format!("{field}:"))) {
        return Err(format!("{}: the change of `{path}` to `{to}` does not write the field", case.field));
    }
    let changed = base.with(&[base.change(path, to)]);
    let changed = changed.map_err(shown)?;
    let [before, after] = [base, changed].map(|model| (case.see)(&run(model, case.seconds)));
    let margin = 0.05 * before.abs().max(after.abs());
    let moved = match case.goes {
        Up => after > before + margin,
        Down => after < before - margin,
    };
    match moved {
        true => Ok(()),
        false => Err(format!("{}: {path} = {to} should go {:?}: {before} became {after}", case.field, case.goes)),
    }
}

/// Every case.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().copied().flatten()
}

/// Fields that judge a run and change nothing in it: `experiments::tests` shows their verdicts.
const JUDGED: &[&str] = &["scenario.expect"];

/// What changes neither a run nor a finding, but what is made of them: `gates` and `baselines` show it, field by field.
const GATES: &[&str] = &["ignore", "margins"];

/// Every field that a case or a declaration writes, and what it writes there.
fn written() -> impl Iterator<Item = (&'static str, &'static str)> {
    let declared = declarations::DECLARATIONS.iter().map(|d| (d.field, d.change.1));
    cases().map(|case| (case.field, case.change.1)).chain(declared)
}

/// Whether a change writes this word.
fn writes(to: &str, word: &str) -> bool {
    let other = |c: char| !(c.is_alphanumeric() || c == '_');
    to.split(other).any(|part| part == word)
}

/// Fields without a case, and words that no case writes beside the one that is the default.
#[test]
fn every_field_and_every_word_has_a_case() {
    let mut missing = Vec::new();
    for visit in MODEL_SHAPE.walk() {
        let Visit::Shape(shape) = visit else { continue };
        // What only holds others is proven by them.
        for field in shape.fields.iter().filter(|_| !["model", "components"].contains(&shape.name)) {
            let name = format!("{}.{}", shape.name, field.name);
            if JUDGED.contains(&name.as_str()) || GATES.contains(&shape.name) {
                continue;
            }
            let own: Vec<&str> = written().filter(|(of, _)| *of == name).map(|(_, to)| to).collect();
            if own.is_empty() {
                missing.push(name);
                continue;
            }
            let words = field.takes.words();
            let unwritten = |word: &&str| !own.iter().any(|to| writes(to, word));
            let unwritten: Vec<&str> = words.into_iter().filter(|word| unwritten(word)).collect();
            // One word is the default, which the models of the other cases have.
            if unwritten.len() > 1 {
                missing.push(format!("{name}: {}", unwritten.join(", ")));
            }
        }
    }
    assert!(missing.is_empty(), "{} without a case:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn every_case_is_about_a_field() {
    let shapes: Vec<&Shape> =
        MODEL_SHAPE.walk().into_iter().filter_map(|v| if let Visit::Shape(s) = v { Some(s) } else { None }).collect();
    for (name, _) in written() {
        let (shape, field) = name.rsplit_once('.').unwrap();
        let known = shapes.iter().any(|s| s.name == shape && s.fields.iter().any(|f| f.name == field));
        assert!(known, "{name} is no field");
    }
}

#[test]
fn every_case_moves_as_predicted() {
    let cases: Vec<&Case> = cases().collect();
    let wrong: Vec<String> = cases.par_iter().filter_map(|case| judge(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
