//! The failure campaign: every component and edge struck in every way, each beside the same run without the fault.
//!
//! The runs fork where the fault begins, so both share everything up to there. All faults are screened by one short run;
//! those that matter are confirmed by several replications, and the rest is listed as not confirmed.

pub mod catalog;
mod course;
pub mod cut;
pub mod pairs;
pub mod side;

use super::cascade::{Impairment, Pair, Struck, cascade, loaded, recovery};
use super::detection::{Detection, pages};
use super::metastable::{Purse, Recovery};
use super::toll::{Toll, tolls};
use super::trials::{Case, Schedule};
use crate::engine::Stop;
use crate::faults::Fault;
use crate::graph::Graph;
use crate::measure::{Estimate, Measurements};
use crate::model::Alert;
use crate::plan::{ComponentId, EdgeId, EndpointId};
use crate::units::SimDuration;
use cut::{COSTLY, Cut, LEAST_EVENTS, SHORTEST};
use rayon::prelude::*;
use side::Side;
use std::ops::Range;

/// When the fault of a drill begins and ends; counted from the start of the measured part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drill {
    /// It begins.
    pub at: SimDuration,
    /// It lasts.
    pub lasting: SimDuration,
    /// Time to recover in, until the measured part ends.
    pub after: SimDuration,
    /// Before the measured part.
    pub warmup: SimDuration,
    /// Length of a row of the time series: fine enough to tell the order of a cascade.
    pub window: SimDuration,
}

impl Drill {
    /// The lengths of its runs.
    pub fn schedule(&self) -> Schedule {
        let measured = self.at + self.lasting + self.after;
        Schedule::whole(self.warmup, measured, self.window)
    }

    /// Simulated seconds of one run.
    pub fn seconds(&self) -> f64 {
        (self.warmup + self.schedule().measured).seconds()
    }
}

/// What one fault did in one replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Harm {
    /// For each endpoint that users call: without the fault.
    pub healthy: Vec<Toll>,
    /// The same with it.
    pub faulted: Vec<Toll>,
    /// Requests that came while it lasted.
    pub during: Vec<f64>,
    /// Who else became impaired, in order.
    pub cascade: Vec<Impairment>,
    /// To whom many more calls came.
    pub loaded: Vec<ComponentId>,
    /// Requests answered per second, in equal parts of the run with it.
    pub answered: Vec<f64>,
    /// When goodput was back, after the end of the fault.
    pub recovered: Option<SimDuration>,
    /// For each alert: how long after the beginning of the fault it paged.
    pub pages: Vec<Option<SimDuration>>,
    /// What was done twice, lost or stale, without the fault and with it.
    pub side: [Side; 2],
}

impl Harm {
    fn of(field: &Field, drill: &Drill, struck: &[Struck], runs: [&Measurements; 2]) -> Harm {
        let (graph, patience) = (field.graph, field.patience);
        let users = graph.user_endpoints();
        let [healthy, faulted] = runs;
        let pair = Pair {
            healthy: &healthy.series,
            faulted: &faulted.series,
            from: drill.at,
            until: drill.at + drill.lasting,
        };
        Harm {
            during: arrivals(graph, &users, pair),
            healthy: tolls(&users, patience, healthy),
            faulted: tolls(&users, patience, faulted),
            cascade: cascade(graph, struck, pair),
            loaded: loaded(graph, pair),
            answered: course::answered(drill, pair.faulted),
            recovered: recovery(graph, pair, drill.schedule().measured),
            pages: pages(graph.plan(), field.alerts, [pair.healthy, pair.faulted], drill.at, drill.schedule().measured),
            side: runs.map(|m| Side::of(graph, m)),
        }
    }

    /// Requests to one endpoint that went bad for the fault.
    pub fn lost(&self, user: usize) -> f64 {
        (self.faulted[user].bad() - self.healthy[user].bad()).max(0.0)
    }

    /// The same as a share of those that came while the fault lasted; above 1 when the damage went on.
    pub fn share(&self, user: usize) -> f64 {
        self.lost(user) / self.during[user].max(1.0)
    }

    /// Requests to all endpoints that went bad for the fault.
    pub fn lost_in_all(&self) -> f64 {
        (0..self.during.len()).map(|user| self.lost(user)).sum()
    }
}

/// Requests that came to each endpoint that users call while the fault lasted: counted, not estimated.
fn arrivals(graph: &Graph, users: &[EndpointId], pair: Pair) -> Vec<f64> {
    let plan = graph.plan();
    let entries: Vec<EndpointId> =
        plan.sources.iter().flat_map(|s| &s.mix).map(|(_, link)| plan.links[link.index()].to).collect();
    let (from, until) = pair.span();
    let rows = &pair.healthy.rows[from.min(until)..until];
    let came = |user: &EndpointId| {
        let mine = |row: &crate::measure::Row| -> u32 {
            entries.iter().zip(&row.entries).filter(|(e, _)| *e == user).map(|(_, cell)| cell.offered).sum()
        };
        f64::from(rows.iter().map(mine).sum::<u32>())
    };
    users.iter().map(came).collect()
}

/// A fault with what it did.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The fault.
    pub fault: Fault,
    /// How long its runs were.
    pub drill: Drill,
    /// The component that it struck, or to which the edges lead that it struck.
    pub target: ComponentId,
    /// The edges that it struck; none when it struck the component itself.
    pub edges: Vec<EdgeId>,
    /// Under which load.
    pub load: f64,
    /// One for each replication.
    pub harms: Vec<Harm>,
    /// Several replications agree on it; else it rests on one short run.
    pub confirmed: bool,
    /// For each endpoint that users call, the share of its requests that must fail while the target is gone, since the
    /// request cannot do without it.
    pub unavoidable: Vec<f64>,
    /// Endpoints that suffered though their requests never call what was struck.
    pub collateral: Vec<EndpointId>,
    /// Who is told.
    pub detection: Detection,
    /// Events of the dearest of its runs.
    pub events: u64,
}

/// An endpoint is hurt when it loses at least this share of its requests while the fault lasts.
const HURT: f64 = 0.02;

impl Failure {
    /// The mean over replications of something about each.
    pub fn mean(&self, of: impl Fn(&Harm) -> f64) -> f64 {
        self.harms.iter().map(of).sum::<f64>() / self.harms.len().max(1) as f64
    }

    /// Its estimate over replications.
    pub fn estimate(&self, of: impl Fn(&Harm) -> f64) -> Estimate {
        Estimate::of(&self.harms.iter().map(of).collect::<Vec<_>>())
    }

    /// What it struck.
    pub fn struck(&self) -> Struck {
        Struck { component: self.target, edges: self.edges.clone() }
    }

    /// Requests that went bad although the system could have answered them without the target.
    pub fn avoidable(&self, harm: &Harm) -> f64 {
        avoidable(&harm.healthy, &harm.faulted, &harm.during, &self.unavoidable)
    }

    /// The blast radius: the same as a share of all requests of users that came while the fault lasted.
    pub fn blast(&self) -> Estimate {
        self.estimate(|h| self.avoidable(h) / h.during.iter().sum::<f64>().max(1.0))
    }

    /// Avoidable requests as a share of all that came while the fault lasted.
    pub fn avoidable_share(&self) -> f64 {
        self.mean(|h| self.avoidable(h) / h.during.iter().sum::<f64>().max(1.0))
    }

    /// All lost requests as a share of all that came while the fault lasted.
    pub fn lost_share(&self) -> f64 {
        self.mean(|h| h.lost_in_all() / h.during.iter().sum::<f64>().max(1.0))
    }

    /// In how many replications goodput came back.
    pub fn recoveries(&self) -> usize {
        self.harms.iter().filter(|h| h.recovered.is_some()).count()
    }

    /// How long it took to come back, over the replications.
    pub fn recovery(&self) -> Recovery {
        Recovery::of(&self.harms.iter().map(|h| h.recovered).collect::<Vec<_>>())
    }

    /// Whether it came back in every replication.
    pub fn recovers(&self) -> bool {
        self.recoveries() == self.harms.len()
    }

    /// The cascade of the first replication, less what did not appear in most of the others; times are means.
    pub fn cascade(&self) -> Vec<Impairment> {
        let Some(first) = self.harms.first() else { return Vec::new() };
        let seen = |step: &Impairment| -> Vec<f64> {
            let all = self.harms.iter().flat_map(|h| &h.cascade);
            all.filter(|s| s.component == step.component).map(|s| s.at.seconds()).collect()
        };
        let mut steps: Vec<Impairment> = first
            .cascade
            .iter()
            .filter(|step| 2 * seen(step).len() > self.harms.len())
            .map(|step| {
                let times = seen(step);
                Impairment {
                    at: SimDuration::from_seconds(times.iter().sum::<f64>() / times.len() as f64),
                    ..step.clone()
                }
            })
            .collect();
        steps.sort_by_key(|s| s.at);
        steps
    }

    /// Every component that feels it: what it struck, those it impaired, and those to which many more calls came.
    pub fn touches(&self) -> Vec<ComponentId> {
        let mut all = vec![self.target];
        all.extend(self.cascade().into_iter().map(|step| step.component));
        let seen = |c: &ComponentId| 2 * self.harms.iter().filter(|h| h.loaded.contains(c)).count() > self.harms.len();
        all.extend(self.harms.iter().flat_map(|h| &h.loaded).copied().filter(seen));
        all.sort();
        all.dedup();
        all
    }

    fn judge(&mut self, graph: &Graph) {
        let users = graph.user_endpoints();
        let hurt = |user: usize| self.mean(|h| h.share(user)) >= HURT && self.mean(|h| h.lost(user)) >= 5.0;
        self.collateral = (0..users.len())
            .filter(|user| hurt(*user) && !self.is_called(graph, users[*user]))
            .map(|user| users[user])
            .collect();
    }

    /// Whether requests to an endpoint can meet what was struck before they are answered.
    fn is_called(&self, graph: &Graph, user: EndpointId) -> bool {
        match self.edges.as_slice() {
            [] => graph.reach(user).contains(&self.target),
            edges => graph.edges_used(user).iter().any(|e| edges.contains(e)),
        }
    }

    /// Whether users of some endpoint are hurt: they lose more of their requests than chance takes.
    pub fn hurts(&self) -> bool {
        let hurt = |user: usize| self.mean(|h| h.share(user)) >= HURT && self.mean(|h| h.lost(user)) >= 5.0;
        (0..self.unavoidable.len()).any(hurt)
    }

    /// Whether it is worth more runs.
    pub fn matters(&self) -> bool {
        !self.collateral.is_empty() || self.recoveries() < self.harms.len() || self.avoidable_share() >= 0.01
    }
}

/// Bad requests beyond those that had to be. Of those that came while the fault lasted, a share could not do without what
/// was struck; how many they were is known up to chance, and to what was in progress when it began or ended: three
/// standard deviations of a binomial number, two percent, and three are granted.
pub fn avoidable(healthy: &[Toll], faulted: &[Toll], during: &[f64], unavoidable: &[f64]) -> f64 {
    let users = healthy.iter().zip(faulted).zip(during.iter().zip(unavoidable));
    let beyond = |(h, f): (&Toll, &Toll), during: f64, share: f64| {
        let (must, chance) = (during * share, during * share * (1.0 - share));
        f.bad() - h.bad() - 1.02 * must - 3.0 * chance.sqrt() - 3.0
    };
    users.map(|(pair, (during, share))| beyond(pair, *during, *share).max(0.0)).sum()
}

/// So many faults are struck side by side before one looks at what is left to spend, or as few as that pays for.
const BATCH: usize = 12;

/// What a campaign runs on.
#[derive(Clone, Copy, Debug)]
pub struct Field<'g, 'p> {
    /// The plan as a graph.
    pub graph: &'g Graph<'p>,
    /// The load.
    pub load: f64,
    /// The seed.
    pub seed: u64,
    /// When answers are late, by endpoint that users call.
    pub patience: &'g [f64],
    /// Who is told of what.
    pub alerts: &'g [Alert],
}

impl<'p> Field<'_, 'p> {
    /// The healthy case of a drill.
    pub fn case(&self, drill: &Drill) -> Case<'p> {
        Case {
            plan: self.graph.plan(),
            load: self.load,
            faults: Vec::new(),
            schedule: drill.schedule(),
            seed: self.seed,
        }
    }

    /// Runs every fault in so many replications beside its healthy twin. Those of which some run was cut strike again, for
    /// as long as can be paid for.
    pub fn drill(&self, drill: &Drill, faults: &[(ComponentId, Fault)], replications: u32) -> (Vec<Failure>, Cut) {
        let (failures, cut, _) = self.drill_within(drill, faults, replications, &Purse::of(f64::INFINITY));
        (failures, cut)
    }

    /// The same for the first faults, until the purse is empty, with their number.
    pub fn drill_within(
        &self,
        drill: &Drill,
        faults: &[(ComponentId, Fault)],
        replications: u32,
        purse: &Purse,
    ) -> (Vec<Failure>, Cut, usize) {
        let (mut failures, cut, tried) = self.drill_once(drill, faults, replications, purse);
        let mut all = Cut::default();
        for (target, fault, after) in cut {
            let lasting = SimDuration::from_seconds((0.5 * after.min(drill.lasting).seconds()).floor());
            if lasting.seconds() < SHORTEST || fault.duration.is_none() {
                all.unjudged.push(fault);
                continue;
            }
            let shorter = Drill { lasting, ..*drill };
            let again = catalog::again(&fault, drill.at, lasting);
            match self.drill_once(&shorter, &[(target, again)], replications, purse).0.pop() {
                Some(failure) => {
                    all.shortened.push(fault);
                    failures.push(failure);
                }
                None => all.unjudged.push(fault),
            }
        }
        (failures, all, tried)
    }

    /// Adds replications to failures that have some, as many each, until they have so many.
    pub fn go_on(&self, begun: Vec<Failure>, replications: u32) -> (Vec<Failure>, Cut) {
        let Some(drill) = begun.first().map(|f| f.drill) else { return Default::default() };
        // Those that had to be shorter are beside a twin of their own.
        let (alike, others): (Vec<Failure>, Vec<Failure>) = begun.into_iter().partition(|f| f.drill == drill);
        let known = alike[0].harms.len() as u32;
        let faults: Vec<(ComponentId, Fault)> = alike.iter().map(|f| (f.target, f.fault.clone())).collect();
        let runs = self.beside(&drill, &faults, known..replications, &Purse::of(f64::INFINITY));
        let users = self.graph.user_endpoints();
        let (mut failures, mut cut) = (Vec::new(), Cut::default());
        let mut runs = runs.into_iter();
        for begun in alike {
            let more: Result<Vec<(Harm, u64)>, SimDuration> =
                runs.by_ref().take(replications.saturating_sub(known) as usize).collect();
            let Ok(more) = more else {
                cut.unjudged.push(begun.fault);
                continue;
            };
            let mine = begun.harms.into_iter().map(|harm| (harm, begun.events)).chain(more).collect();
            failures.push(self.failure(&drill, begun.target, &begun.fault, &users, mine));
        }
        let (more, costly) = self.go_on(others, replications);
        failures.extend(more);
        cut.extend(costly);
        (failures, cut)
    }

    /// The same, with the faults of which a run was cut, and how long after their beginning the first of them was.
    fn drill_once(
        &self,
        drill: &Drill,
        faults: &[(ComponentId, Fault)],
        replications: u32,
        purse: &Purse,
    ) -> (Vec<Failure>, Vec<(ComponentId, Fault, SimDuration)>, usize) {
        let runs = self.beside(drill, faults, 0..replications, purse);
        let mut cut = Vec::new();
        let users = self.graph.user_endpoints();
        let mut failures = Vec::new();
        for ((target, fault), mine) in faults.iter().zip(runs.chunks(replications.max(1) as usize)) {
            let first = mine.iter().filter_map(|run| run.as_ref().err()).min();
            if let Some(after) = first {
                cut.push((*target, fault.clone(), *after));
                continue;
            }
            let mine: Vec<(Harm, u64)> = mine.iter().filter_map(|run| run.as_ref().ok()).cloned().collect();
            failures.push(self.failure(drill, *target, fault, &users, mine));
        }
        (failures, cut, runs.len() / replications.max(1) as usize)
    }

    /// Every replication of every fault, with its events; or how long after the beginning of the fault it was cut. Ends with
    /// a whole number of faults, one batch at least, when the purse is empty.
    fn beside(
        &self,
        drill: &Drill,
        faults: &[(ComponentId, Fault)],
        replications: Range<u32>,
        purse: &Purse,
    ) -> Vec<Result<(Harm, u64), SimDuration>> {
        let healthy = self.case(drill);
        let (first, each) = (replications.start, replications.len().max(1));
        let forks: Vec<_> = replications
            .into_par_iter()
            .map(|r| {
                let fork = healthy.fork(r, drill.at);
                let twin = healthy.run_from(&fork, r);
                (fork, twin)
            })
            .collect();
        let jobs: Vec<(usize, usize)> = (0..faults.len()).flat_map(|f| (0..forks.len()).map(move |r| (f, r))).collect();
        let one = |&(f, r): &(usize, usize)| {
            let (target, fault) = &faults[f];
            let (fork, twin) = &forks[r];
            let mut case = healthy.with_faults(std::slice::from_ref(fault));
            case.schedule.most_events = (COSTLY * twin.events).max(LEAST_EVENTS);
            let run = case.run_from(fork, first + r as u32);
            purse.spend(run.events);
            if let Some(Stop::Events(at)) = run.stop {
                return Err(SimDuration(at.0.saturating_sub((drill.warmup + drill.at).0)));
            }
            let struck = [Struck::by(self.graph, *target, fault)];
            Ok((Harm::of(self, drill, &struck, [twin, &run]), run.events))
        };
        let usual: u64 = forks.iter().map(|(_, twin)| twin.events).sum();
        let mut runs = Vec::new();
        let mut rest = jobs.as_slice();
        while !rest.is_empty() && (purse.left() > 0 || runs.is_empty()) {
            let payable = (purse.left() / usual.max(1)).clamp(1, BATCH as u64) as usize;
            let (batch, later) = rest.split_at((payable * each).min(rest.len()));
            runs.extend(batch.par_iter().map(one).collect::<Vec<_>>());
            rest = later;
        }
        runs
    }

    /// What the runs of a fault say.
    fn failure(
        &self,
        drill: &Drill,
        target: ComponentId,
        fault: &Fault,
        users: &[EndpointId],
        runs: Vec<(Harm, u64)>,
    ) -> Failure {
        let struck = Struck::by(self.graph, target, fault);
        let events = runs.iter().map(|(_, events)| *events).max().unwrap_or_default();
        let harms: Vec<Harm> = runs.into_iter().map(|(harm, _)| harm).collect();
        let pages: Vec<_> = harms.iter().map(|h| h.pages.as_slice()).collect();
        let short = self.alerts.iter().any(|a| a.reach() > drill.lasting);
        let detection = Detection::of(&pages, drill.lasting, short);
        let mut failure = Failure {
            fault: fault.clone(),
            drill: *drill,
            target,
            unavoidable: self.unavoidable(target, fault, &struck.edges, users),
            edges: struck.edges,
            load: self.load,
            confirmed: harms.len() > 1,
            harms,
            collateral: Vec::new(),
            detection,
            events,
        };
        failure.judge(self.graph);
        failure
    }

    /// The share of each endpoint's requests that cannot be answered without what a fault takes away.
    fn unavoidable(&self, target: ComponentId, fault: &Fault, edges: &[EdgeId], users: &[EndpointId]) -> Vec<f64> {
        let survival = match edges {
            [] => self.graph.survival(target),
            edges => self.graph.survival_without(edges),
        };
        let takes_away = catalog::takes_away(fault);
        users.iter().map(|e| if takes_away { 1.0 - survival[e.index()] } else { 0.0 }).collect()
    }
}

#[cfg(test)]
mod tests;
