//! Remedies: changes of the model that may help against one thing that goes wrong, each tried before it is told.
//!
//! A remedy is proposed only where something cheap makes it likely (its precondition). It is built into the model and run
//! under the case in which it should help, with the same random numbers; the first of several values that does about as
//! well as the best is confirmed by several replications, under the case and on a healthy day. What does not help is
//! dropped; what helps and hurts a healthy day is kept, and said to.

use super::contain::{Works, unharmed};
use super::guards::{Habit, ample, breaker};
use super::toll::Toll;
use super::toll::tolls;
use crate::faults::Fault;
use crate::graph::Graph;
use crate::measure::Estimate;
use crate::model::Change;
use crate::plan::{EdgeId, Overflow, Party};
use crate::units::SimDuration;
use rayon::prelude::*;

/// What may help, with the values to try; the mildest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// The finding it would be.
    pub code: &'static str,
    /// What is to blame: `web>db`, `jobs`.
    pub subject: String,
    /// The case in which it should help; nothing for a healthy day.
    pub faults: Vec<Fault>,
    /// It is to blame only if the breaker of this edge stays closed in that case.
    pub stays_closed: Option<EdgeId>,
    /// One change of the model each, of which one is enough.
    pub changes: Vec<Change>,
}

/// A remedy that was shown to help.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// The remedy.
    pub remedy: Remedy,
    /// The change that was confirmed.
    pub change: Change,
    /// Per replication and endpoint that users call: under the case, as the model is.
    pub before: Vec<Vec<Toll>>,
    /// The same with the change.
    pub after: Vec<Vec<Toll>>,
    /// Bad requests spared per replication, paired.
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

impl Works<'_, '_> {
    /// What the model makes likely.
    pub fn remedies(&self) -> Vec<Remedy> {
        let mut all = self.breakers();
        all.extend(self.harmful());
        all.extend(self.fleets());
        all.extend(self.queues());
        all
    }

    /// Tries one.
    pub fn try_remedy(&self, remedy: &Remedy) -> Option<Proof> {
        let before = bad(&self.pay(&[], &remedy.faults, 0)?);
        if before < LEAST || remedy.stays_closed.is_some_and(|edge| self.opens(edge, &remedy.faults)) {
            return None;
        }
        let spared: Vec<f64> = remedy
            .changes
            .par_iter()
            .map(|change| {
                let after = self.pay(std::slice::from_ref(change), &remedy.faults, 0);
                after.map_or(f64::NEG_INFINITY, |tolls| before - bad(&tolls))
            })
            .collect();
        let best = spared.iter().copied().fold(0.0, f64::max);
        if best < (HELPS * before).max(LEAST) {
            return None;
        }
        let chosen = spared.iter().position(|s| *s >= AS_GOOD * best)?;
        self.confirm(remedy, &remedy.changes[chosen])
    }

    fn confirm(&self, remedy: &Remedy, change: &Change) -> Option<Proof> {
        let change_set = std::slice::from_ref(change);
        let side = |changes: &[Change], faults: &[Fault]| -> Option<Vec<Vec<Toll>>> {
            (0..self.replications).into_par_iter().map(|r| self.pay(changes, faults, r)).collect()
        };
        let (before, after) = (side(&[], &remedy.faults)?, side(change_set, &remedy.faults)?);
        let harmless = remedy.faults.is_empty() || unharmed(&side(&[], &[])?, &side(change_set, &[])?);
        let sums = |runs: &[Vec<Toll>]| runs.iter().map(|r| bad(r)).collect::<Vec<f64>>();
        let spared = Estimate::of_difference(&sums(&after), &sums(&before));
        (spared.low > 0.0).then(|| Proof {
            remedy: remedy.clone(),
            change: change.clone(),
            before,
            after,
            spared,
            harmless,
        })
    }

    /// What users lose in one replication.
    fn pay(&self, changes: &[Change], faults: &[Fault], replication: u32) -> Option<Vec<Toll>> {
        let plan = (self.remodel)(changes)?;
        let graph = Graph::new(&plan);
        let users = graph.user_endpoints();
        let mut case = super::campaign::Field { graph: &graph, ..self.field }.case(&self.drill);
        case.faults = faults.to_vec();
        Some(tolls(&users, self.field.patience, &case.run(replication)))
    }

    /// Whether the breaker of an edge opens.
    fn opens(&self, edge: EdgeId, faults: &[Fault]) -> bool {
        let mut case = self.field.case(&self.drill);
        case.faults = faults.to_vec();
        case.run(0).edges[edge.index()].breaker_opened > 0
    }

    /// A fault of the drill, if it makes sense; `lasting` for one that is over sooner.
    fn fault(&self, what: &str, lasting: Option<SimDuration>) -> Option<Fault> {
        let lasting = lasting.unwrap_or(self.drill.lasting);
        let texts = [format!("{what}@{}+{lasting}", self.drill.at), format!("{what}@{}", self.drill.at)];
        let plan = self.field.graph.plan();
        texts.iter().filter_map(|text| Fault::parse_flag(text).ok()).find(|fault| fault.check(plan).is_ok())
    }

    /// The edges of components that are used, with how they behave on a healthy day.
    fn guarded(&self) -> Vec<(EdgeId, Habit)> {
        let graph = self.field.graph;
        let edges = (0..graph.plan().edges.len()).map(EdgeId::new);
        let inner = edges.filter(|e| matches!(graph.plan().edges[e.index()].from, Party::Component(_)));
        inner.filter_map(|e| Habit::of(graph, e, self.healthy).map(|habit| (e, habit))).collect()
    }

    /// Breakers that may see too few calls, or no slow ones: with the callee slow, one fitted to the edge may help.
    fn breakers(&self) -> Vec<Remedy> {
        let plan = self.field.graph.plan();
        let one = |(id, habit): (EdgeId, Habit)| {
            let edge = &plan.edges[id.index()];
            edge.breaker.as_ref()?;
            let fault = self.fault(&format!("latency:{}:+5s", plan.components[edge.to.index()].name), None)?;
            let to = breaker(edge.timeout, &habit);
            let change = Change { path: format!("{}.circuit_breaker", edge.policy_path), from: None, to };
            let (code, subject) = ("breaker-never-trips", edge.name.clone());
            Some(Remedy { code, subject, faults: vec![fault], stays_closed: Some(id), changes: vec![change] })
        };
        self.guarded().into_iter().filter_map(one).collect()
    }

    /// Guards that refuse or cut off calls on a healthy day: wider, and never left out, since what they are for is not tried.
    fn harmful(&self) -> Vec<Remedy> {
        let plan = self.field.graph.plan();
        let mut found = Vec::new();
        for (id, habit) in self.guarded() {
            let (edge, tally) = (&plan.edges[id.index()], &self.healthy.edges[id.index()]);
            let calls = tally.calls as f64;
            let often = |n: u64| n as f64 > 0.01 * calls;
            let mut add = |field: &str, values: Vec<String>| {
                let path = format!("{}.{field}", edge.policy_path);
                let changes = values.into_iter().map(|to| Change { path: path.clone(), from: None, to }).collect();
                let (code, subject) = ("harmful-guard", edge.name.clone());
                found.push(Remedy { code, subject, faults: Vec::new(), stays_closed: None, changes });
            };
            if edge.timeout.is_some() && often(tally.timeouts) {
                let wider = SimDuration::from_seconds(ample(&habit)).to_string();
                add("timeout", vec![wider]);
            }
            if edge.bulkhead.is_some() && often(tally.rejected) {
                let wanted = (2.0 * (habit.busy + 3.0 * habit.busy.sqrt() + 1.0)).ceil();
                add("bulkhead", vec![format!("{wanted}")]);
            }
            if edge.breaker.is_some() && often(tally.rejected) {
                add("circuit_breaker", vec![breaker(edge.timeout, &habit)]);
            }
        }
        found
    }

    /// Health checks that ask what is behind, and replicas that drop what they do when they are stopped.
    fn fleets(&self) -> Vec<Remedy> {
        let graph = self.field.graph;
        let plan = graph.plan();
        let mut found = Vec::new();
        for station in &plan.stations {
            let Some(fleet) = &station.fleet else { continue };
            let component = &plan.components[station.component.index()];
            let change = |field: &str, to: &str| Change {
                path: format!("{}.{field}", component.origin.path),
                from: None,
                to: to.into(),
            };
            if fleet.health.is_some_and(|h| h.deep) {
                let mut behind: Vec<_> = graph
                    .links_from(station.component)
                    .into_iter()
                    .map(|link| plan.edges[plan.links[link.index()].edge.index()].to)
                    .collect();
                behind.sort();
                behind.dedup();
                for callee in behind {
                    let killed = self.fault(&format!("kill:{}", plan.components[callee.index()].name), None);
                    found.extend(killed.map(|fault| Remedy {
                        code: "deep-health-check",
                        subject: component.name.clone(),
                        faults: vec![fault],
                        stays_closed: None,
                        changes: vec![change("health_check.depth", "shallow")],
                    }));
                }
            }
            if fleet.grace == SimDuration::ZERO {
                let deploy = self.fault(&format!("deploy:{}", component.name), None);
                found.extend(deploy.map(|fault| Remedy {
                    code: "not-graceful-shutdown",
                    subject: component.name.clone(),
                    faults: vec![fault],
                    stays_closed: None,
                    changes: vec![change("grace", "5s"), change("grace", "30s")],
                }));
            }
        }
        found
    }

    /// Full queues that let their publishers wait: room for what comes while consumers stand still, or a refusal.
    fn queues(&self) -> Vec<Remedy> {
        let plan = self.field.graph.plan();
        let one = |(i, topic): (usize, &crate::plan::Topic)| {
            if topic.overflow != Overflow::Block {
                return None;
            }
            let fault =
                self.fault(&format!("consumer_stop:{}", plan.components[topic.component.index()].name), None)?;
            let rate = self.field.graph.visits().topics[i];
            let room = f64::from(topic.capacity) + 1.5 * rate * self.drill.lasting.seconds();
            let path = |field: &str| format!("{}.{field}", topic.origin.path);
            let changes = vec![
                Change { path: path("capacity"), from: None, to: format!("{}", room.ceil()) },
                Change { path: path("overflow"), from: None, to: "reject".into() },
            ];
            Some(Remedy {
                code: "publisher-blocks",
                subject: topic.name.clone(),
                faults: vec![fault],
                stays_closed: None,
                changes,
            })
        };
        plan.topics.iter().enumerate().filter_map(one).collect()
    }
}

fn bad(tolls: &[Toll]) -> f64 {
    tolls.iter().map(Toll::bad).sum()
}
