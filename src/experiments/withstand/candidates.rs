//! What may be added to a plan against faults that spread.

use super::{Stand, same};
use crate::experiments::campaign::Failure;
use crate::experiments::contain::ways;
use crate::experiments::guards::{Guard, Habit, bulkhead_with_workers, missing};
use crate::experiments::usage::{change, current, giving_out, usages};
use crate::faults::Fault;
use crate::graph::{Graph, Resource};
use crate::measure::Measurements;
use crate::model::Change;
use crate::plan::{ComponentId, EdgeId, Party, Plan};
use crate::units::{SimDuration, parse_count};

/// What may help: a guard, or more of something.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) changes: Vec<Change>,
    /// The faults that it was added against.
    pub(super) against: Vec<(ComponentId, Fault)>,
    /// What was seen to spread before it was added, and by nothing else was kept from it.
    pub(super) without: Option<Failure>,
}

impl Candidate {
    pub(super) fn is_against(&self, fault: &Fault) -> bool {
        self.against.iter().any(|(_, known)| same(known, fault))
    }
}

/// Of the candidates of a stage those that are against what it solved, with what each alone was against.
pub(super) fn helpful(mut stage: Vec<Candidate>, solved: &[Failure]) -> Vec<Candidate> {
    let alone = |f: &&Failure| stage.iter().filter(|c| c.is_against(&f.fault)).count() == 1;
    let proofs: Vec<&Failure> = solved.iter().filter(alone).collect();
    for candidate in &mut stage {
        candidate.against.retain(|(_, fault)| solved.iter().any(|f| same(&f.fault, fault)));
        candidate.without = proofs.iter().find(|f| candidate.is_against(&f.fault)).map(|f| (*f).clone());
    }
    stage.retain(|c| !c.against.is_empty());
    stage
}

/// The system as planned, and a healthy run of it.
pub(super) struct Site {
    plan: Plan,
    healthy: Measurements,
}

/// What is added, step by step, as long as something spreads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// Guards of these kinds on the edges of what still spreads.
    Guards(&'static [Guard]),
    /// More of what gives out meanwhile, in so many steps.
    Larger(usize),
}

/// What acts at once comes before what has to learn first; and guards before more of anything.
pub(super) const STAGES: &[Stage] = &[
    Stage::Guards(&[Guard::Timeout, Guard::RetryBudget]),
    Stage::Guards(&[Guard::Bulkhead]),
    Stage::Guards(&[Guard::Breaker]),
    Stage::Larger(1),
    Stage::Larger(3),
];

/// Changes with each path once. Where several want a number there, the largest is meant.
pub(super) fn together<'c>(changes: impl Iterator<Item = &'c Change>) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    for change in changes {
        let Some(known) = all.iter_mut().find(|c| c.path == change.path) else {
            all.push(change.clone());
            continue;
        };
        let number = |c: &Change| parse_count(&c.to).unwrap_or(0.0);
        if number(change) > number(known) {
            known.to.clone_from(&change.to);
        }
    }
    all
}

/// Changes with those of the candidates.
pub(super) fn with(changes: &[Change], candidates: &[Candidate]) -> Vec<Change> {
    together(changes.iter().chain(candidates.iter().flat_map(|c| &c.changes)))
}

impl Stand<'_, '_, '_> {
    /// The system with these changes; `None` when they do not fit.
    pub(super) fn site(&self, changes: &[Change]) -> Option<Site> {
        let plan = (self.bench.remodel)(changes)?;
        let healthy = self.field(&Graph::new(&plan)).case(&self.drill).run(0);
        Some(Site { plan, healthy })
    }

    /// What a stage adds against what spreads with these changes.
    pub(super) fn proposed(
        &self,
        stage: Stage,
        site: &Site,
        changes: &[Change],
        open: &[Failure],
    ) -> Option<Vec<Candidate>> {
        match stage {
            Stage::Guards(kinds) => Some(self.guards(site, open, kinds)),
            Stage::Larger(steps) => self.larger(changes, open, steps),
        }
    }

    /// Guards of these kinds: on the edges of a cascade whose callers are needed by those who are hurt and do not need what
    /// was struck, or on all of them.
    fn guards(&self, site: &Site, open: &[Failure], kinds: &[Guard]) -> Vec<Candidate> {
        let graph = Graph::new(&site.plan);
        let mut all: Vec<Candidate> = Vec::new();
        for failure in open {
            let ways = ways(&graph, failure);
            let shared = |edge: &&EdgeId| {
                let Party::Component(caller) = site.plan.edges[edge.index()].from else { return false };
                failure.collateral.iter().any(|hurt| graph.reach(*hurt).contains(&caller))
            };
            let shared: Vec<EdgeId> = ways.iter().filter(shared).copied().collect();
            for edge in if shared.is_empty() { ways } else { shared } {
                add(&mut all, lacking(&graph, edge, &site.healthy, kinds), &self.of(failure));
            }
        }
        all
    }

    /// Twice as much of what gives out while a fault lasts, again and again, within the limits of the model.
    fn larger(&self, changes: &[Change], open: &[Failure], steps: usize) -> Option<Vec<Candidate>> {
        let mut all = Vec::new();
        for failure in open {
            let mut more: Vec<Change> = Vec::new();
            for _ in 0..steps {
                let plan = (self.bench.remodel)(&together(changes.iter().chain(&more)))?;
                let Some(step) = self.doubled(&plan, failure) else { break };
                let larger = together(more.iter().chain([&step]));
                let all = together(changes.iter().chain(&larger));
                if self.limits.cost.is_some_and(|most| self.bench.price(&all) > most) {
                    break;
                }
                more = larger;
            }
            add(&mut all, more.into_iter().map(|change| vec![change]).collect(), &self.of(failure));
        }
        Some(all)
    }

    /// Twice as much of the first thing that gives out under a fault, of what those need who are hurt and do not need what it
    /// strikes; else of anything but that.
    fn doubled(&self, plan: &Plan, failure: &Failure) -> Option<Change> {
        let graph = Graph::new(plan);
        let mut case = self.field(&graph).case(&self.drill);
        // From the beginning to the end, so that its means are those of the fault.
        case.faults = vec![Fault { start: SimDuration::ZERO, duration: None, ..failure.fault.clone() }];
        let full = giving_out(&graph, &usages(&graph, &graph.bounds(), &case.run(0)));
        let hurt: Vec<_> = failure.collateral.iter().map(|endpoint| graph.reach(*endpoint)).collect();
        let needed = |resource: Resource| {
            let of = match resource {
                Resource::Cpu(s) | Resource::Workers(s) | Resource::RateLimit(s) => plan.stations[s.index()].component,
                Resource::Pool(e) | Resource::Bulkhead(e) => plan.edges[e.index()].to,
                Resource::Consumers(t) => plan.topics[t.index()].component,
            };
            if hurt.is_empty() { of != failure.target } else { hurt.iter().any(|reach| reach.contains(&of)) }
        };
        full.iter().filter(|u| u.is_saturated() && needed(u.resource)).find_map(|u| {
            let to = 2.0 * current(plan, u.resource);
            let within = self.limits.most(&u.path).is_none_or(|(most, _)| to <= most);
            within.then(|| change(plan, u.resource, &u.path, to))
        })
    }
}

/// The guards of these kinds that an edge lacks, each with settings that fit a healthy run.
fn lacking(graph: &Graph, edge: EdgeId, healthy: &Measurements, kinds: &[Guard]) -> Vec<Vec<Change>> {
    let Some(habit) = Habit::of(graph, edge, healthy) else { return Vec::new() };
    let lacks = missing(graph, edge, &habit).into_iter().filter(|m| kinds.contains(&m.guard));
    let mut all: Vec<Vec<Change>> = lacks.map(|m| vec![m.change]).collect();
    if kinds.contains(&Guard::Bulkhead) {
        all.extend(bulkhead_with_workers(graph, edge, &habit));
    }
    all
}

/// Adds guards to the candidates, each once, with what it is to help against.
fn add(all: &mut Vec<Candidate>, guards: Vec<Vec<Change>>, against: &(ComponentId, Fault)) {
    for changes in guards {
        match all.iter_mut().find(|c| c.changes == changes) {
            Some(candidate) => candidate.against.push(against.clone()),
            None => all.push(Candidate { changes, against: vec![against.clone()], without: None }),
        }
    }
}
