//! Remedies: changes of the model that may help against one thing that goes wrong, each tried before it is told.
//!
//! A remedy is proposed only where something cheap makes it likely (its precondition). It is built into the model and run
//! under the case in which it should help, with the same random numbers; the first of several values that does about as
//! well as the best is confirmed by several replications, under the case and on a healthy day. What does not help is
//! dropped; what helps and hurts a healthy day is kept, and said to.

mod data;
mod edges;
mod fleets;
mod queues;
mod surges;

use super::campaign::cut::{COSTLY, LEAST_EVENTS};
use super::contain::{Works, unharmed};
use super::toll::{Toll, tolls};
use crate::engine::Stop;
use crate::faults::Fault;
use crate::graph::Graph;
use crate::measure::{Estimate, Measurements};
use crate::model::Change;
use crate::plan::{ComponentId, EdgeId, TopicId};
use crate::units::SimDuration;
use rayon::prelude::*;
use std::sync::OnceLock;

/// What may help, with the values to try; the mildest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// The finding it would be.
    pub code: &'static str,
    /// What is to blame: `web>db`, `jobs`.
    pub subject: String,
    /// What is supposed of the model, with and without the remedy.
    pub given: Option<Supposition>,
    /// The case in which it should help; nothing for a healthy day.
    pub faults: Vec<Fault>,
    /// It is to blame only if the breaker of this edge opens in that case, or stays closed.
    pub breaker: Option<(EdgeId, Breaker)>,
    /// What it should spare.
    pub spares: Spares,
    /// One change of the model each, of which one is enough.
    pub changes: Vec<Change>,
}

/// Something that is not in the model, and will be one day.
#[derive(Clone, Debug, PartialEq)]
pub struct Supposition {
    /// `one message in a hundred that nobody can handle`
    pub words: String,
    /// The same as changes of the model.
    pub changes: Vec<Change>,
}

/// What a circuit breaker does in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaker {
    /// It opens at least once.
    Opens,
    /// It never opens.
    StaysClosed,
}

/// What a remedy should spare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spares {
    /// Requests of users that go bad.
    Requests,
    /// Those of all sources of traffic but this one, by position.
    OthersRequests(usize),
    /// Messages of a queue that are not finished when the run ends.
    Messages(TopicId),
}

/// A remedy that was shown to help.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// The remedy.
    pub remedy: Remedy,
    /// The change that was confirmed.
    pub change: Change,
    /// Per replication and endpoint that users call (or for the one queue): under the case, as the model is.
    pub before: Vec<Vec<Toll>>,
    /// The same with the change.
    pub after: Vec<Vec<Toll>>,
    /// What it spares per replication, paired.
    pub spared: Estimate,
    /// Whether a healthy day is no worse with it.
    pub harmless: bool,
}

/// A change must spare this share of what goes bad to count as help.
const HELPS: f64 = 0.25;
/// Fewer requests than this are chance.
const LEAST: f64 = 10.0;
/// Values that spare this share of what the best spares are as good.
const AS_GOOD: f64 = 0.9;

impl Remedy {
    /// A remedy for users' requests in the case of these faults.
    fn new(code: &'static str, subject: impl Into<String>, faults: Vec<Fault>, changes: Vec<Change>) -> Remedy {
        let (subject, spares) = (subject.into(), Spares::Requests);
        Remedy { code, subject, given: None, faults, breaker: None, spares, changes }
    }

    /// Changes of the model in its case, without the remedy.
    fn given(&self) -> Vec<Change> {
        self.given.iter().flat_map(|g| g.changes.clone()).collect()
    }
}

/// A number or a word of the model that would be set.
fn change(path: impl Into<String>, to: impl Into<String>) -> Change {
    Change { path: path.into(), from: None, to: to.into() }
}

impl Works<'_, '_> {
    /// What the model makes likely.
    pub fn remedies(&self) -> Vec<Remedy> {
        let mut all = self.breakers();
        all.extend(self.harmful());
        all.extend(self.retries());
        all.extend(self.hard());
        all.extend(self.outside());
        all.extend(self.fleets());
        all.extend(self.scaled());
        all.extend(self.zones());
        all.extend(self.queues());
        all.extend(self.letters());
        all.extend(self.slow_consumers());
        all.extend(self.caches());
        all.extend(self.keys());
        all.extend(self.overload());
        all.extend(self.tenants());
        all
    }

    /// Tries one. What a healthy day costs as the model is stands in `healthy`, or is put there when it is first needed.
    pub fn try_remedy(&self, remedy: &Remedy, healthy: &OnceLock<Option<Vec<Vec<Toll>>>>) -> Option<Proof> {
        let given = remedy.given();
        let (first, run) = self.pay(remedy, &given, 0)?;
        let before = bad(&first);
        let blamed =
            |(edge, does): (EdgeId, Breaker)| (run.edges[edge.index()].breaker_opened > 0) == (does == Breaker::Opens);
        if before < LEAST || remedy.changes.is_empty() || !remedy.breaker.is_none_or(blamed) {
            return None;
        }
        let tried: Vec<Option<Vec<Toll>>> = remedy
            .changes
            .par_iter()
            .map(|change| Some(self.pay(remedy, &[given.clone(), vec![change.clone()]].concat(), 0)?.0))
            .collect();
        let spared = |toll: &Option<Vec<Toll>>| toll.as_ref().map_or(f64::NEG_INFINITY, |toll| before - bad(toll));
        let best = tried.iter().map(spared).fold(0.0, f64::max);
        if best < (HELPS * before).max(LEAST) {
            return None;
        }
        let chosen = tried.iter().position(|toll| spared(toll) >= AS_GOOD * best)?;
        self.confirm(remedy, &remedy.changes[chosen], [&first, tried[chosen].as_ref()?], healthy)
    }

    /// More replications; the first under the case is there already, without and with the change.
    fn confirm(
        &self,
        remedy: &Remedy,
        change: &Change,
        first: [&[Toll]; 2],
        healthy: &OnceLock<Option<Vec<Vec<Toll>>>>,
    ) -> Option<Proof> {
        let (given, alone) = (remedy.given(), std::slice::from_ref(change));
        let with = [given.clone(), alone.to_vec()].concat();
        let calm = Remedy { faults: Vec::new(), spares: Spares::Requests, ..remedy.clone() };
        let side = |remedy: &Remedy, changes: &[Change], first: &[&[Toll]]| -> Option<Vec<Vec<Toll>>> {
            let more = (first.len() as u32..self.replications).into_par_iter();
            let more: Option<Vec<_>> = more.map(|r| Some(self.pay(remedy, changes, r)?.0)).collect();
            Some(first.iter().map(|toll| toll.to_vec()).chain(more?).collect())
        };
        let (before, after) = (side(remedy, &given, &[first[0]])?, side(remedy, &with, &[first[1]])?);
        let sums = |runs: &[Vec<Toll>]| runs.iter().map(|r| bad(r)).collect::<Vec<f64>>();
        let spared = Estimate::of_difference(&sums(&after), &sums(&before));
        if spared.low <= 0.0 {
            return None;
        }
        let already_calm = remedy.faults.is_empty() && given.is_empty();
        let usual = || healthy.get_or_init(|| side(&calm, &[], &[])).as_ref();
        let harmless = already_calm || unharmed(usual()?, &side(&calm, alone, &[])?);
        Some(Proof { remedy: remedy.clone(), change: change.clone(), before, after, spared, harmless })
    }

    /// What is lost in one replication, with all that was measured; `None` for changes that do not fit, and for a run that
    /// was cut.
    fn pay(&self, remedy: &Remedy, changes: &[Change], replication: u32) -> Option<(Vec<Toll>, Measurements)> {
        let plan = (self.remodel)(changes)?;
        let graph = Graph::new(&plan);
        let users = graph.user_endpoints();
        let mut run = self.run_of(&graph, &remedy.faults, replication)?;
        let toll = match remedy.spares {
            Spares::Requests => tolls(&users, self.field.patience, &run),
            Spares::OthersRequests(source) => {
                run.sources.remove(source);
                tolls(&users, self.field.patience, &run)
            }
            Spares::Messages(topic) => {
                let tally = &run.topics[topic.index()];
                let left = tally.backlog.level as f64;
                vec![Toll { offered: tally.published as f64, failed: left, ..Toll::default() }]
            }
        };
        Some((toll, run))
    }

    /// One replication of the drill; `None` where it repeats something without a pause, and was cut.
    fn run_of(&self, graph: &Graph, faults: &[Fault], replication: u32) -> Option<Measurements> {
        let mut case = super::campaign::Field { graph, ..self.field }.case(&self.drill);
        case.faults = faults.to_vec();
        let usual = self.healthy.events as f64 / self.healthy.measured.seconds().max(1.0) * self.drill.seconds();
        case.schedule.most_events = ((COSTLY as f64 * usual) as u64).max(LEAST_EVENTS);
        Some(case.run(replication)).filter(|run| !matches!(run.stop, Some(Stop::Events(_))))
    }

    /// One replication of the model as it is, under one fault from the beginning to the end, so that its means are those of
    /// the fault.
    fn all_along(&self, fault: &Fault) -> Option<Measurements> {
        let fault = Fault { start: SimDuration::ZERO, duration: None, ..fault.clone() };
        self.run_of(self.field.graph, &[fault], 0)
    }

    /// A fault of the drill, if it makes sense; `lasting` for one that is over sooner.
    fn fault(&self, what: &str, lasting: Option<SimDuration>) -> Option<Fault> {
        self.fault_at(what, self.drill.at, lasting.unwrap_or(self.drill.lasting))
    }

    /// The same at another time.
    fn fault_at(&self, what: &str, at: SimDuration, lasting: SimDuration) -> Option<Fault> {
        let texts = [format!("{what}@{at}+{lasting}"), format!("{what}@{at}")];
        let plan = self.field.graph.plan();
        texts.iter().filter_map(|text| Fault::parse_flag(text).ok()).find(|fault| fault.check(plan).is_ok())
    }

    fn name(&self, component: ComponentId) -> &str {
        &self.field.graph.plan().components[component.index()].name
    }
}

fn bad(tolls: &[Toll]) -> f64 {
    tolls.iter().map(Toll::bad).sum()
}
