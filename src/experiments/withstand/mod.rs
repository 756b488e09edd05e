//! What a plan withstands: with all of it in place and at its load, one part after the other is struck. No fault may take
//! others with it that never needed what it struck, and each must be over when its cause is gone.
//!
//! Where something spreads, kind after kind of guard is added to the edges along which it does, with settings for that load.
//! Then each is left out without which nothing spreads that it was added against, and a last run with the others proves the
//! objectives once more.

mod candidates;

use super::bench::Bench;
use super::campaign::catalog::again;
use super::campaign::pairs::mark;
use super::campaign::{Drill, Failure, Field};
use super::confirm::{by_turns, shorter};
use super::metastable::Purse;
use super::options::{Options, Progress};
use super::review::share::PLAN;
use super::scale::{PROOF, ScalePlan};
use super::strike::Fallen;
use crate::faults::Fault;
use crate::graph::Graph;
use crate::model::{Change, Limits};
use crate::plan::ComponentId;
use crate::units::SimDuration;
use candidates::{Candidate, STAGES, Site, helpful, together, with};
use rayon::prelude::*;

/// What was tried of faults on a plan, and what was added to it.
#[derive(Clone, Debug)]
pub struct Withstood {
    /// Added to the changes of the plan.
    pub guards: Vec<Shield>,
    /// So many faults were struck, with everything in place.
    pub struck: usize,
    /// Those of them that take others with them or are not over in time.
    pub open: Vec<Failure>,
    /// So many more the budget had no room for.
    pub untried: usize,
}

/// A guard that is part of a plan.
#[derive(Clone, Debug)]
pub struct Shield {
    /// The guard, with what it needs.
    pub changes: Vec<Change>,
    /// What does harm without it.
    pub without: Failure,
}

/// What striking the system with all of its changes may cost, as a share of the budget. All that leads there costs about three
/// times as much.
const SHARE: f64 = 0.04;
/// The fault of such a run lasts so long at least, in seconds; …
const LEAST: f64 = 4.0;
/// … what comes before it so long; …
const LEAST_BEFORE: f64 = 2.0;
/// … and so long is left to recover in: a run that has to be made again, since this was too short, costs three times as much.
const LEAST_AFTER: f64 = 8.0;
/// So many faults that do harm at today's load lead to guards.
const CRITICAL: usize = 6;
/// No more candidates than this are added.
const MOST: usize = 16;
/// Rounds of adding guards, and of striking the system with them.
const ROUNDS: usize = 2;

impl Withstood {
    /// All that was added, with what it is needed for.
    pub fn added(&self) -> Vec<(Change, &Shield)> {
        let all = together(self.guards.iter().flat_map(|g| &g.changes));
        let shield = |change: &Change| self.guards.iter().find(|g| g.changes.iter().any(|c| c.path == change.path));
        all.into_iter().filter_map(|change| shield(&change).map(|shield| (change, shield))).collect()
    }
}

/// Whether two faults are the same but for their times.
fn same(a: &Fault, b: &Fault) -> bool {
    a.kind == b.kind && a.target == b.target
}

/// Whether a failure does more harm than it must.
fn spreads(failure: &Failure) -> bool {
    !failure.collateral.is_empty() || !failure.recovers()
}

struct Stand<'a, 'g, 'p> {
    bench: &'a Bench<'g, 'p>,
    fallen: &'a Fallen,
    load: f64,
    drill: Drill,
    /// Time to recover in, where that of the drill was not enough.
    longer: SimDuration,
    /// Events that striking everything may take.
    budget: f64,
    limits: &'a Limits,
}

impl Bench<'_, '_> {
    /// Strikes the system as it is planned, and adds guards to the plan until no fault spreads, as far as the budget goes. A
    /// plan with which the objectives do not hold is left as it is.
    pub(super) fn withstand(
        &self,
        options: &Options,
        plan: ScalePlan,
        limits: &Limits,
        fallen: &Fallen,
        progress: &dyn Progress,
    ) -> ScalePlan {
        let late = progress.time_left().is_some_and(|left| left <= 0.0) || progress.stopped();
        if !plan.meets || late || fallen.failures.is_empty() {
            return plan;
        }
        progress.begin("striking the system as planned", 1);
        let budget = SHARE * options.budget;
        let slowest = self.graph.plan().slowest_mechanism().seconds();
        let stand = Stand {
            bench: self,
            fallen,
            load: plan.load,
            drill: drill(self, &shorter(&fallen.drill), plan.load),
            longer: SimDuration::from_seconds((2.0 * slowest).clamp(10.0, 15.0)),
            budget,
            limits,
        };
        let Some(found) = stand.guarded(&plan.changes) else { return plan };
        let before = (plan.changes.len(), found.guards.len());
        let mut proven = self.proven_with(plan, found, options);
        let after = (proven.changes.len(), proven.withstood.as_ref().map_or(0, |w| w.guards.len()));
        if after != before {
            // That is not the system that was struck.
            let guards = proven.withstood.take().map(|w| w.guards).unwrap_or_default();
            proven.withstood = stand.struck(&proven.changes, guards);
        }
        if let (Some((_, after)), Some(withstood)) = (&mut proven.cost, &proven.withstood) {
            let added = withstood.guards.iter().flat_map(|g| &g.changes);
            *after = self.price(&together(proven.changes.iter().chain(added)));
        }
        proven
    }

    /// The last run, with the guards: none may stay with which the objectives do not hold, nor a change that is no longer
    /// needed.
    fn proven_with(&self, mut plan: ScalePlan, mut found: Withstood, options: &Options) -> ScalePlan {
        if found.guards.is_empty() {
            return ScalePlan { withstood: Some(found), ..plan };
        }
        let schedule = self.short(plan.load, PLAN * options.budget);
        loop {
            let guards = together(found.guards.iter().flat_map(|g| &g.changes));
            let all = together(plan.changes.iter().chain(&guards));
            let outcome = self.with_all(std::slice::from_ref(&all), plan.load, schedule, PROOF).pop().flatten();
            if outcome.as_ref().is_some_and(|o| o.holds) || guards.is_empty() {
                plan.proof = outcome.or(plan.proof);
                plan.withstood = Some(found);
                return self.needed(plan, &guards, schedule);
            }
            let without = |i: usize| {
                let rest = found.guards.iter().enumerate().filter(|(j, _)| *j != i).flat_map(|(_, g)| &g.changes);
                together(plan.changes.iter().chain(rest))
            };
            let sets: Vec<Vec<Change>> = (0..found.guards.len()).map(without).collect();
            let holds = self.hold_all(&sets, plan.load, schedule);
            found.guards.remove(holds.iter().position(|holds| *holds).unwrap_or(sets.len() - 1));
        }
    }
}

/// A drill at another load: as many requests as at today's, as far as that leaves something to be seen.
fn drill(bench: &Bench, today: &Drill, load: f64) -> Drill {
    let shrunk = |length: SimDuration, least: f64| {
        let all = length.seconds();
        SimDuration::from_seconds((all / load).max(least).min(all).floor())
    };
    let rate = (bench.graph.user_rate() * load).max(1e-6);
    Drill {
        at: shrunk(today.at, LEAST_BEFORE),
        lasting: shrunk(today.lasting, LEAST),
        after: shrunk(today.after, LEAST_AFTER),
        warmup: shrunk(today.warmup, LEAST_BEFORE),
        window: SimDuration::from_seconds((5.0 / rate).clamp(0.25, 5.0)),
    }
}

impl Stand<'_, '_, '_> {
    /// Guards for a plan of these changes, and what it withstands with them; `None` when the changes do not fit. What did harm
    /// at today's load comes first; what else spreads comes to light when all of it is struck, and has its turn then.
    fn guarded(&self, changes: &[Change]) -> Option<Withstood> {
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut known = self.critical();
        let first = || if known.is_empty() { Some(Vec::new()) } else { self.spreading(changes, &known) };
        let (site, open) = rayon::join(|| self.site(changes), first);
        let (site, mut open) = (site?, open?);
        for round in 1.. {
            self.add_while_open(&site, changes, &mut candidates, open)?;
            let withstood = self.struck(changes, self.needed(changes, &candidates)?)?;
            open = withstood.open.iter().filter(|f| known.iter().all(|k| !same(&k.1, &f.fault))).cloned().collect();
            if open.is_empty() || round == ROUNDS {
                return Some(withstood);
            }
            known.extend(open.iter().map(|f| self.of(f)));
        }
        None
    }

    /// Adds to the candidates, stage by stage, what keeps from spreading what is open.
    fn add_while_open(
        &self,
        site: &Site,
        changes: &[Change],
        candidates: &mut Vec<Candidate>,
        mut open: Vec<Failure>,
    ) -> Option<()> {
        for stage in STAGES {
            let mut more = self.proposed(*stage, site, &with(changes, candidates), &open)?;
            more.truncate(MOST.saturating_sub(candidates.len()));
            let touched = |fault: &Fault| more.iter().any(|c| c.is_against(fault));
            let (again, rest): (Vec<Failure>, Vec<Failure>) = open.into_iter().partition(|f| touched(&f.fault));
            open = rest;
            if more.is_empty() {
                continue;
            }
            let faults: Vec<(ComponentId, Fault)> = again.iter().map(|f| self.of(f)).collect();
            let all: Vec<Candidate> = candidates.iter().chain(&more).cloned().collect();
            let still = self.spreading(&with(changes, &all), &faults)?;
            let solved: Vec<Failure> =
                again.into_iter().filter(|f| still.iter().all(|s| !same(&s.fault, &f.fault))).collect();
            candidates.extend(helpful(more, &solved));
            open.extend(still);
        }
        Some(())
    }

    /// The faults that do harm at today's load, of those that do the same to the same part one.
    fn critical(&self) -> Vec<(ComponentId, Fault)> {
        let mut marks = Vec::new();
        let harmful = self.fallen.failures.iter().filter(|f| spreads(f)).filter(|f| {
            let mark = mark(f);
            let new = !marks.contains(&mark);
            marks.push(mark);
            new
        });
        harmful.take(CRITICAL).map(|f| self.of(f)).collect()
    }

    /// The faults of the campaign, for each part in turn.
    fn faults(&self) -> Vec<(ComponentId, Fault)> {
        by_turns(&self.fallen.failures).into_iter().map(|i| self.of(&self.fallen.failures[i])).collect()
    }

    /// The fault of a failure, at the time of this drill.
    fn of(&self, failure: &Failure) -> (ComponentId, Fault) {
        (failure.target, again(&failure.fault, self.drill.at, self.drill.lasting))
    }

    /// Leaves out candidates without which nothing spreads that they were added against, and says of the others what does. Two
    /// of which one is enough are both left out at first; then the first of them is put back.
    fn needed(&self, changes: &[Change], candidates: &[Candidate]) -> Option<Vec<Shield>> {
        let shield = |c: &Candidate, without: Failure| Shield { changes: c.changes.clone(), without };
        let alone = |(i, candidate): (usize, &Candidate)| {
            let rest: Vec<Candidate> =
                candidates.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, c)| c.clone()).collect();
            let harm = || {
                let mut each = candidate.against.chunks(1);
                each.find_map(|fault| self.spreading(&with(changes, &rest), fault)?.into_iter().next())
            };
            candidate.without.clone().or_else(harm)
        };
        let harm: Vec<Option<Failure>> = candidates.par_iter().enumerate().map(alone).collect();
        let mut needed = Vec::new();
        let mut rest: Vec<&Candidate> = Vec::new();
        for (candidate, harm) in candidates.iter().zip(harm) {
            match harm {
                Some(failure) => needed.push(shield(candidate, failure)),
                None => rest.push(candidate),
            }
        }
        while !rest.is_empty() {
            let all = together(changes.iter().chain(needed.iter().flat_map(|s| &s.changes)));
            let mut faults: Vec<(ComponentId, Fault)> = rest.iter().flat_map(|c| c.against.clone()).collect();
            faults.sort_by_key(|(component, fault)| (*component, fault.to_string()));
            faults.dedup();
            let open = self.spreading(&all, &faults)?;
            let help = |(i, c): (usize, &&Candidate)| Some((i, open.iter().find(|f| c.is_against(&f.fault))?));
            let Some((i, failure)) = rest.iter().enumerate().find_map(help) else { break };
            needed.push(shield(rest.remove(i), failure.clone()));
        }
        Some(needed)
    }

    /// The faults of these that spread, with these changes.
    fn spreading(&self, changes: &[Change], faults: &[(ComponentId, Fault)]) -> Option<Vec<Failure>> {
        let (failures, _) = self.strike(changes, faults, &Purse::of(f64::INFINITY))?;
        Some(failures.into_iter().filter(spreads).collect())
    }

    /// The plan with its guards, struck by as many faults as there is room for.
    fn struck(&self, changes: &[Change], guards: Vec<Shield>) -> Option<Withstood> {
        let all = together(changes.iter().chain(guards.iter().flat_map(|g| &g.changes)));
        let list = self.faults();
        let (struck, tried) = self.strike(&all, &list, &Purse::of(self.budget))?;
        let open: Vec<Failure> = struck.into_iter().filter(spreads).collect();
        Some(Withstood { guards, struck: tried, open, untried: list.len() - tried })
    }

    /// The first faults of a list, as many as are paid for, with their number; what is only late is struck again and given
    /// more time.
    fn strike(
        &self,
        changes: &[Change],
        faults: &[(ComponentId, Fault)],
        purse: &Purse,
    ) -> Option<(Vec<Failure>, usize)> {
        let plan = (self.bench.remodel)(changes)?;
        let graph = Graph::new(&plan);
        let field = self.field(&graph);
        let (found, _, tried) = field.drill_within(&self.drill, faults, 1, purse);
        let late = |f: &Failure| f.collateral.is_empty() && !f.recovers();
        let (late, mut found): (Vec<Failure>, Vec<Failure>) = found.into_iter().partition(late);
        if !late.is_empty() {
            let longer = Drill { after: self.longer.max(self.drill.after), ..self.drill };
            let faults: Vec<(ComponentId, Fault)> = late.into_iter().map(|f| (f.target, f.fault)).collect();
            found.extend(field.drill_within(&longer, &faults, 1, &Purse::of(f64::INFINITY)).0);
        }
        Some((found, tried))
    }

    fn field<'f, 'q>(&'f self, graph: &'f Graph<'q>) -> Field<'f, 'q> {
        Field {
            graph,
            load: self.load,
            seed: self.bench.seed,
            patience: &self.fallen.patience,
            alerts: self.bench.alerts,
        }
    }
}
