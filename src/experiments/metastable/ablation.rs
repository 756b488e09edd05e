//! What keeps a system down, found by leaving it out: a stuck state goes on with one mechanism less. Whatever lets it
//! come back sustains the failure; there may be several, since a loop can be cut in more than one place.
//!
//! Retries are no longer made, abandoned work is stopped, caches are filled, lines are emptied by a restart, replicas are
//! no longer scaled down, probed or ejected, messages are delivered once. Where nothing helps alone, each is tried
//! together with a restart of whatever has a line.

use super::stuck::Stuck;
use crate::faults::Fault;
use crate::measure::Warm;
use crate::plan::{Party, Plan, Scaling, StationId};
use crate::units::SimDuration;

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
    pub fn sustained(&self) -> Sustained {
        let plan = self.inquiry.graph.plan();
        let by_itself = self.all_come_back(plan, &[], |_| {});
        if by_itself.is_some() {
            return Sustained { by_itself, ..Sustained::default() };
        }
        let tried: Vec<Sustainer> = ALL.into_iter().filter(|s| self.is_there(*s)).collect();
        let helps = |s: Sustainer, also: &[Fault]| {
            let changed = self.without(s);
            let restart = if s == Sustainer::Backlog { self.restart() } else { Vec::new() };
            let more: Vec<Fault> = restart.into_iter().chain(also.iter().cloned()).collect();
            let fill = |warm: &mut Warm| {
                if s == Sustainer::ColdCaches {
                    warm.fill_caches();
                }
            };
            self.all_come_back(&changed, &more, fill).is_some()
        };
        let alone: Vec<Sustainer> = tried.iter().copied().filter(|s| helps(*s, &[])).collect();
        let restart = self.restart();
        let with_backlog = match alone.is_empty() && !restart.is_empty() {
            true => tried.iter().copied().filter(|s| *s != Sustainer::Backlog && helps(*s, &restart)).collect(),
            false => Vec::new(),
        };
        Sustained { alone, with_backlog, tried, by_itself }
    }

    /// Whether the model has such a mechanism.
    fn is_there(&self, sustainer: Sustainer) -> bool {
        let plan = self.inquiry.graph.plan();
        match sustainer {
            Sustainer::ColdCaches => plan.caches.iter().any(|c| c.store().is_some()),
            Sustainer::Backlog => !self.restart().is_empty(),
            _ => self.without(sustainer) != *plan,
        }
    }

    /// The plan without a mechanism; the plan itself when it has none, or has it not by its plan.
    fn without(&self, sustainer: Sustainer) -> Plan {
        let mut plan = self.inquiry.graph.plan().clone();
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
                    let usual = self.usual.up(StationId::new(s)).round() as u32;
                    let Some(fleet) = &mut station.fleet else { continue };
                    fleet.scaling = fleet.scaling.map(|s| Scaling { min: s.min.max(usual), ..s });
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
}
