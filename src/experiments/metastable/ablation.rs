//! What keeps a system down, found by leaving it out: a stuck state goes on with one mechanism less. Whatever lets it
//! come back sustains the failure; there may be several, since a loop can be cut in more than one place.
//!
//! Retries are no longer made, abandoned work is stopped, caches are filled, lines are emptied by a restart, replicas are
//! no longer scaled down, probed or ejected, messages are delivered once. Where nothing helps alone, each is tried
//! together with a restart of whatever has a line.

use super::pulse::Pulse;
use super::purse::{Comes, Purse};
use super::stuck::Stuck;
use crate::faults::Fault;
use crate::plan::{Party, Plan, Scaling, StationId};
use crate::units::SimDuration;
use rayon::prelude::*;

/// Something that may keep a system down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sustainer {
    /// Callers and consumers try again.
    Retries,
    /// Users try again.
    UserRetries,
    /// Work goes on for callers that have given up.
    AbandonedWork,
    /// What is missing in caches has to be loaded.
    ColdCaches,
    /// What waits has to be served first.
    Backlog,
    /// An autoscaler has taken replicas away.
    ScalingDown,
    /// Replicas that do not answer in time are left out, or restarted.
    HealthChecks,
    /// Replicas that answer with errors are left out.
    Ejection,
    /// Messages come again and again.
    Redelivery,
}

/// All of them, in the order in which they are told.
const ALL: [Sustainer; 9] = [
    Sustainer::Retries,
    Sustainer::UserRetries,
    Sustainer::Redelivery,
    Sustainer::ColdCaches,
    Sustainer::ScalingDown,
    Sustainer::HealthChecks,
    Sustainer::Ejection,
    Sustainer::AbandonedWork,
    Sustainer::Backlog,
];

/// What was found to keep a system down.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sustained {
    /// Each of these, left out alone, lets it come back.
    pub alone: Vec<Sustainer>,
    /// Where none does: each of these does when what waits is dropped, too.
    pub with_backlog: Vec<Sustainer>,
    /// All that were tried.
    pub tried: Vec<Sustainer>,
    /// Those for which there were not enough events.
    pub untried: Vec<Sustainer>,
    /// Nothing was left out, and it came back after all, so long after the wait.
    pub by_itself: Option<SimDuration>,
}

impl Sustainer {
    /// The words for it in reports.
    pub fn words(self) -> &'static str {
        match self {
            Sustainer::Retries => "retries",
            Sustainer::UserRetries => "users who try again",
            Sustainer::AbandonedWork => "work for callers that have given up",
            Sustainer::ColdCaches => "cold caches",
            Sustainer::Backlog => "the backlog",
            Sustainer::ScalingDown => "scaling down",
            Sustainer::HealthChecks => "health checks",
            Sustainer::Ejection => "outlier ejection",
            Sustainer::Redelivery => "redelivered messages",
        }
    }
}

impl Stuck<'_, '_> {
    /// Leaves out one mechanism after the other.
    pub fn sustained(&self, purse: &Purse) -> Sustained {
        let plan = self.inquiry.graph.plan();
        let list: Vec<Sustainer> = ALL.into_iter().filter(|s| self.is_there(*s)).collect();
        let share = 1.0 / (list.len() + 1) as f64;
        let by_itself = purse.lend(share, |purse| self.all_come_back(plan, &[], purse, |_| {}));
        if let Comes::Back(after) = by_itself {
            return Sustained { by_itself: Some(after), ..Sustained::default() };
        }
        let found = self.leave_out(&list, &[], purse);
        let those = |wanted: fn(&Comes<SimDuration>) -> bool| -> Vec<Sustainer> {
            found.iter().filter(|(_, comes)| wanted(comes)).map(|(s, _)| *s).collect()
        };
        let alone = those(|comes| matches!(comes, Comes::Back(_)));
        let (tried, untried) = (those(Comes::is_known), those(|comes| !comes.is_known()));
        let restart = self.restart();
        let with_backlog = match alone.is_empty() && !restart.is_empty() {
            true => {
                let list: Vec<Sustainer> = tried.iter().copied().filter(|s| *s != Sustainer::Backlog).collect();
                let found = self.leave_out(&list, &restart, purse);
                found.into_iter().filter(|(_, comes)| comes.back().is_some()).map(|(s, _)| s).collect()
            }
            false => Vec::new(),
        };
        Sustained { alone, with_backlog, tried, untried, by_itself: None }
    }

    /// What comes of leaving out each of these, with more going wrong, or right; each has an equal part of the purse.
    fn leave_out(&self, list: &[Sustainer], also: &[Fault], purse: &Purse) -> Vec<(Sustainer, Comes<SimDuration>)> {
        let plan = self.inquiry.graph.plan();
        let share = 1.0 / list.len().max(1) as f64;
        let one = |s: &Sustainer| {
            let mine = purse.part(share);
            let changed = without(plan, *s, &self.usual);
            let restart = if *s == Sustainer::Backlog { self.restart() } else { Vec::new() };
            let more: Vec<Fault> = restart.into_iter().chain(also.iter().cloned()).collect();
            let comes = self.all_come_back(&changed, &more, &mine, |warm| {
                if *s == Sustainer::ColdCaches {
                    warm.fill_caches();
                }
            });
            (*s, comes, mine.spent())
        };
        let found: Vec<_> = list.par_iter().map(one).collect();
        found.iter().for_each(|(_, _, spent)| purse.spend(*spent));
        found.into_iter().map(|(s, comes, _)| (s, comes)).collect()
    }

    /// Whether the model has such a mechanism.
    fn is_there(&self, sustainer: Sustainer) -> bool {
        let plan = self.inquiry.graph.plan();
        match sustainer {
            Sustainer::ColdCaches => plan.caches.iter().any(|c| c.store().is_some()),
            Sustainer::Backlog => !self.restart().is_empty(),
            _ => without(plan, sustainer, &self.usual) != *plan,
        }
    }
}

/// The plan without a mechanism; the plan itself when it has none, or has it not by its plan.
fn without(plan: &Plan, sustainer: Sustainer, usual: &Pulse) -> Plan {
    let mut plan = plan.clone();
    match sustainer {
        Sustainer::Retries | Sustainer::UserRetries => {
            let users = sustainer == Sustainer::UserRetries;
            let edges = plan.edges.iter_mut().filter(|e| matches!(e.from, Party::Source(_)) == users);
            edges.for_each(|e| e.retry = None);
        }
        Sustainer::AbandonedWork => {
            let edges = plan.edges.iter_mut().filter(|e| e.timeout.is_some() || e.deadline.is_some());
            edges.for_each(|e| e.cancellation = true);
        }
        Sustainer::Redelivery => plan.topics.iter_mut().for_each(|t| t.max_receives = 1),
        Sustainer::ScalingDown => {
            for (s, station) in plan.stations.iter_mut().enumerate() {
                let replicas = usual.up(StationId::new(s)).round() as u32;
                let Some(fleet) = &mut station.fleet else { continue };
                fleet.scaling = fleet.scaling.map(|s| Scaling { min: s.min.max(replicas), ..s });
            }
        }
        Sustainer::HealthChecks => {
            let fleets = plan.stations.iter_mut().filter_map(|s| s.fleet.as_mut());
            for health in fleets.filter_map(|f| f.health.as_mut()) {
                (health.timeout, health.deep) = (SimDuration::FOREVER, false);
            }
        }
        Sustainer::Ejection => {
            let fleets = plan.stations.iter_mut().filter_map(|s| s.fleet.as_mut());
            fleets.filter_map(|f| f.ejection.as_mut()).for_each(|e| e.errors = u32::MAX);
        }
        Sustainer::ColdCaches | Sustainer::Backlog => {}
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use crate::model::Model;

    /// Everything that can be left out.
    const ALL_OF_IT: &str = "
traffic: { people: { rate: 50/s, to: web, timeout: 1s, retry: { attempts: 2, backoff: 1s } } }
services:
  web:
    replicas: { min: 2, max: 9, cpu: 20%, sync: 5s }
    cpu: 1
    health_check: { interval: 1s, timeout: 500ms, depth: deep }
    outlier_ejection: { errors: 5 }
    endpoints: { get: [ { work: 20ms }, { call: db }, { publish: jobs } ] }
    dependencies: { db: { timeout: 1s, retry: { attempts: 2 } } }
  worker: { work: 5ms }
databases: { db: { connections: 10, query: 5ms } }
queues: { jobs: { consumers: [ { call: worker, concurrency: 4 } ], visibility_timeout: 10s } }
";

    const NONE_OF_IT: &str = "
traffic: { people: { rate: 50/s, to: web } }
services: { web: { work: 5ms, calls: [ db ] } }
databases: { db: { connections: 10, query: 5ms } }
";

    /// Mechanisms that a plan without them differs by.
    fn found(text: &str) -> Vec<Sustainer> {
        let model = Model::read("inline.yaml", text).expect("the model is valid");
        let graph = Graph::new(&model.plan);
        let second = SimDuration::from_secs(1);
        let row = crate::measure::Row {
            sources: vec![Default::default(); model.plan.sources.len()],
            endpoints: vec![Default::default(); model.plan.endpoints.len()],
            // Five replicas were usual.
            stations: vec![crate::measure::StationCell { up: 5, ..Default::default() }; model.plan.stations.len()],
            edges: vec![Default::default(); model.plan.edges.len()],
            topics: vec![Default::default(); model.plan.topics.len()],
            caches: vec![Default::default(); model.plan.caches.len()],
            ..Default::default()
        };
        let usual = Pulse::of(&graph, &[row], second, SimDuration::ZERO, second);
        ALL.into_iter().filter(|s| without(&model.plan, *s, &usual) != model.plan).collect()
    }

    #[test]
    fn what_is_there_can_be_left_out() {
        let by_plan = |s: &Sustainer| !matches!(s, Sustainer::ColdCaches | Sustainer::Backlog);
        assert_eq!(found(ALL_OF_IT), ALL.into_iter().filter(by_plan).collect::<Vec<_>>());
        assert_eq!(found(NONE_OF_IT), []);
    }
}
