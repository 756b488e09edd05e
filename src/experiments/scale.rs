//! The plan to a load: a small list of changes with which the expectations hold there.
//!
//! The static demand says at once what will be short, and by how much. What it cannot see (queues, bursts, retries) is
//! found by running: as long as the expectations fail, the resource that gives out is enlarged. Then every change is
//! made smaller, or left out, as long as they still hold; a last, longer run proves the whole; and without any one of
//! the changes that run must fail (`needed`). What faults do with all of it comes later (`withstand`).
//!
//! Nothing is enlarged beyond the limits of the model. Where the resource that gives out first is at its limit, there is
//! no plan, and the limit is named.

use super::bench::{Bench, Outcome};
use super::trials::Schedule;
use super::usage::{Usage, by_path, current, giving_out, usages, written};
use super::withstand::Withstood;
use crate::graph::{Graph, Resource};
use crate::measure::Measurements;
use crate::model::{Change, Limits};
use crate::plan::Plan;

/// The changes found.
#[derive(Clone, Debug)]
pub struct ScalePlan {
    /// The load they are for.
    pub load: f64,
    /// What to change.
    pub changes: Vec<Change>,
    /// Whether the expectations hold with all of them, by the last run.
    pub meets: bool,
    /// The last run; `None` when a change did not fit the model.
    pub proof: Option<Outcome>,
    /// For each change, what the last run shows without it; empty when the expectations do not hold anyway.
    pub without: Vec<Outcome>,
    /// The limits that are in the way, when they do not.
    pub binds: Vec<Bind>,
    /// What everything costs a month, before and after, where a cost is declared.
    pub cost: Option<(f64, f64)>,
    /// What faults do with all of it, and the guards that were added for that; `None` where that was not tried.
    pub withstood: Option<Withstood>,
}

/// A limit that is in the way of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Bind {
    /// Where it is written: `limits.replicas`.
    pub limit: String,
    /// The most it allows.
    pub most: f64,
    /// What would have to exceed it; empty for a cost.
    pub path: String,
    /// How much would be tried next.
    pub wanted: f64,
}

/// One number of the model that is being set.
#[derive(Clone, Debug)]
struct Dial {
    resource: Resource,
    path: String,
    now: f64,
    to: f64,
    /// It cannot be left out.
    tight: bool,
    /// What the demand asks for at the very least.
    least: f64,
    /// What it was set to before its limit was looked at.
    wanted: f64,
}

impl Dial {
    fn new(resource: Resource, path: &str, now: f64, to: f64, limits: &Limits) -> Dial {
        let most = limits.most(path).map_or(f64::INFINITY, |(most, _)| most);
        // What stands in the model already is not taken back for a limit.
        let allowed = to.min(most).max(now);
        Dial { resource, path: path.into(), now, to: allowed, tight: false, least: 0.0, wanted: to }
    }
}

/// A resource is planned to be this busy at most; beyond it waiting grows quickly.
const ROOM: f64 = 0.75;
/// Nor is a change made so small that the resource would be busier: it would hold for a minute and not for an hour.
const FULL: f64 = 0.9;
/// Demand grows with the load. What is not enough at this many times of that is not helped by more: one hot key, say.
const MOST: f64 = 4.0;
/// Rounds of enlarging what gives out.
const ROUNDS: usize = 6;
/// Replications of the last run.
pub(super) const PROOF: u32 = 3;
/// Rounds of making changes smaller.
const TRIMS: usize = 4;

impl Bench<'_, '_> {
    /// Looks for the changes. Each run costs about `events`, each replication of the last one more.
    pub fn plan_to(&self, load: f64, events: f64, limits: &Limits) -> ScalePlan {
        let schedule = self.short(load, events);
        let run = |dials: &[Dial]| {
            let plan = (self.remodel)(&self.changes(dials))?;
            let outcome = self.at(&plan, load, schedule, 1);
            Some((plan, outcome))
        };
        let mut dials = Vec::new();
        let mut holds = self.holds(self.graph.plan(), load, schedule);
        let short = !holds && self.by_demand(load, &mut dials, limits);
        for _ in usize::from(short)..ROUNDS {
            if holds {
                break;
            }
            let Some((plan, outcome)) = run(&dials) else { break };
            holds = outcome.holds;
            if holds {
                break;
            }
            let Some(m) = outcome.telling() else { break };
            if !enlarge(&plan, m, &mut dials, (load, &self.needs(load, &plan)), limits) {
                break;
            }
        }
        for dial in &mut dials {
            let bounds = self.bounds.iter().filter(|b| b.path == dial.path);
            let need = bounds.map(|b| b.busy * load / (FULL * b.capacity)).fold(0.0, f64::max);
            dial.least = fit(dial.resource, dial.now * need).min(dial.to);
        }
        if holds {
            self.trim(&mut dials, &|sets: &[Vec<Dial>]| {
                let sets: Vec<Vec<Change>> = sets.iter().map(|dials| self.changes(dials)).collect();
                self.hold_all(&sets, load, schedule)
            });
        }
        let plan = self.prove(load, events, dials, limits);
        self.priced(plan, limits)
    }

    /// The last run. Should it fail where the short ones held, what gives out is enlarged once more, twice at most.
    fn prove(&self, load: f64, events: f64, mut dials: Vec<Dial>, limits: &Limits) -> ScalePlan {
        let schedule = self.short(load, 2.5 * events);
        let none = (Vec::new(), Vec::new(), Vec::new());
        let (changes, without, binds) = none;
        let mut result =
            ScalePlan { load, changes, meets: false, proof: None, without, binds, cost: None, withstood: None };
        for _ in 0..3 {
            result.changes = self.changes(&dials);
            let Some(plan) = (self.remodel)(&result.changes) else { return result };
            let outcome = self.at(&plan, load, schedule, PROOF);
            result.meets = outcome.holds;
            let next = outcome.telling().filter(|_| !outcome.holds);
            let again = next.is_some_and(|m| enlarge(&plan, m, &mut dials, (load, &self.needs(load, &plan)), limits));
            result.proof = Some(outcome);
            if !again {
                break;
            }
        }
        if result.meets { self.needed(result, &[], schedule) } else { bound(result, &dials, limits) }
    }

    /// Leaves out what is not needed beside what is `fixed`, the costliest first, until the last run fails without any one of
    /// the changes.
    pub(super) fn needed(&self, mut plan: ScalePlan, fixed: &[Change], schedule: Schedule) -> ScalePlan {
        loop {
            let except = |i: usize| {
                let rest = plan.changes.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, change)| change.clone());
                rest.chain(fixed.iter().cloned()).collect::<Vec<Change>>()
            };
            let sets: Vec<Vec<Change>> = (0..plan.changes.len()).map(except).collect();
            // One replication tells most; what holds in it is asked again over as many as the proof has.
            let mut outcomes = self.with_all(&sets, plan.load, schedule, 1);
            for (outcome, set) in outcomes.iter_mut().zip(&sets).filter(|(o, _)| o.as_ref().is_none_or(|o| o.holds)) {
                *outcome = self.with_all(std::slice::from_ref(set), plan.load, schedule, PROOF).pop().flatten();
            }
            let holds = |i: &usize| outcomes[*i].as_ref().is_some_and(|o| o.holds);
            let spared = (0..sets.len()).filter(holds).max_by(|a, b| {
                let saved = |i: usize| self.price(&plan.changes) - self.price(&sets[i]);
                saved(*a).total_cmp(&saved(*b)).then(b.cmp(a))
            });
            let Some(i) = spared else {
                plan.without = outcomes.into_iter().flatten().collect();
                return plan;
            };
            plan.changes.remove(i);
            plan.proof = outcomes.swap_remove(i);
        }
    }

    /// What everything that declares a cost costs a month with these changes.
    pub(super) fn price(&self, changes: &[Change]) -> f64 {
        (self.remodel)(changes).map_or(0.0, |plan| price(&plan))
    }

    /// Adds what the plan costs, which may be too much.
    fn priced(&self, mut plan: ScalePlan, limits: &Limits) -> ScalePlan {
        if self.graph.plan().components.iter().all(|c| c.declared.cost.is_none()) {
            return plan;
        }
        let (before, after) = (price(self.graph.plan()), self.price(&plan.changes));
        plan.cost = Some((before, after));
        if let Some(most) = limits.cost.filter(|most| plan.meets && after > *most) {
            plan.meets = false;
            plan.binds.push(Bind { limit: "limits.cost".into(), most, path: String::new(), wanted: after });
        }
        plan
    }

    fn changes(&self, dials: &[Dial]) -> Vec<Change> {
        let change = |d: &Dial| {
            let from = Some(written(d.resource, d.now));
            Change { path: d.path.clone(), from, to: written(d.resource, d.to) }
        };
        dials.iter().filter(|d| d.to > d.now).map(change).collect()
    }

    /// Sets a dial for everything whose demand at this load leaves no room. Tells whether there was any.
    fn by_demand(&self, load: f64, dials: &mut Vec<Dial>, limits: &Limits) -> bool {
        let plan = self.graph.plan();
        for bound in self.bounds.iter().filter(|b| b.busy * load > ROOM * b.capacity) {
            let now = current(plan, bound.resource);
            let to = fit(bound.resource, now * bound.busy * load / (ROOM * bound.capacity));
            set(dials, Dial::new(bound.resource, &bound.path, now, to, limits));
        }
        !dials.is_empty()
    }

    /// The resources of a changed plan, with what the demand asks of them.
    fn needs(&self, load: f64, plan: &Plan) -> Vec<(Resource, f64)> {
        let bounds = Graph::new(plan).bounds();
        bounds.into_iter().map(|b| (b.resource, b.busy * load / b.capacity)).collect()
    }

    /// Makes changes smaller while the expectations hold: each alone is first left out, then halved towards what stands
    /// in the model; what holds alone is adopted together if it holds together, else the largest step is.
    fn trim(&self, dials: &mut [Dial], holds: &dyn Fn(&[Vec<Dial>]) -> Vec<bool>) {
        let mut floors: Vec<f64> = dials.iter().map(|d| d.now).collect();
        for _ in 0..TRIMS {
            let open: Vec<(usize, f64)> =
                (0..dials.len()).filter_map(|i| next(&dials[i], floors[i]).map(|to| (i, to))).collect();
            if open.is_empty() {
                break;
            }
            let now = dials.to_vec();
            let with = |steps: &[(usize, f64)]| {
                let mut set = now.clone();
                steps.iter().for_each(|(i, to)| set[*i].to = *to);
                set
            };
            let alone: Vec<Vec<Dial>> = open.iter().map(|step| with(&[*step])).collect();
            let answers = holds(&alone);
            let (mut good, bad): (Vec<_>, Vec<_>) = open.into_iter().zip(answers).partition(|(_, ok)| *ok);
            // A floor that fails is not tried again.
            for ((i, to), _) in &bad {
                floors[*i] = *to;
                dials[*i].tight = true;
            }
            good.sort_by(|((a, to_a), _), ((b, to_b), _)| (dials[*b].to / to_b).total_cmp(&(dials[*a].to / to_a)));
            let steps: Vec<(usize, f64)> = good.into_iter().map(|(step, _)| step).collect();
            let together = steps.len() < 2 || holds(&[with(&steps)]) == [true];
            let adopted = if together { &steps[..] } else { &steps[..1] };
            for (i, to) in adopted {
                dials[*i].to = *to;
            }
        }
    }
}

/// The next smaller value to try: what stands in the model at first, then half-way down to what failed, as long as that
/// is a real step.
fn next(dial: &Dial, floor: f64) -> Option<f64> {
    if dial.to <= dial.now {
        return None;
    }
    if !dial.tight && dial.least <= dial.now {
        return Some(dial.now);
    }
    let middle = fit(dial.resource, (floor + dial.to) / 2.0).max(dial.least);
    (middle < dial.to && (dial.to - floor) / dial.to > 0.12).then_some(middle)
}

/// Enlarges what gives out, by half again; the deepest first. Something that the demand does not explain is only filled
/// from below, so it comes after what the demand does explain.
/// What is at its limit already cannot be enlarged, and enlarging others in its place would not help.
fn enlarge(
    plan: &Plan,
    m: &Measurements,
    dials: &mut Vec<Dial>,
    (load, needs): (f64, &[(Resource, f64)]),
    limits: &Limits,
) -> bool {
    let graph = Graph::new(plan);
    let all = usages(&graph, &graph.bounds(), m);
    let full: Vec<Usage> = by_path(&giving_out(&graph, &all));
    let Some(usage) = full.first() else { return false };
    let need = needs.iter().find(|(r, _)| *r == usage.resource).map_or(0.0, |(_, need)| *need);
    let now = current(plan, usage.resource);
    let before = dials.iter().find(|d| d.path == usage.path).map_or(now, |d| d.now);
    let most = MOST * load.max(1.0) * before;
    let to = fit(usage.resource, (now * 1.5).max(now * need / ROOM).max(now + 1.0).min(most));
    let dial = Dial::new(usage.resource, &usage.path, before, to, limits);
    let grows = dial.to > now;
    set(dials, dial);
    grows
}

/// The limits that stood in the way.
fn bound(mut plan: ScalePlan, dials: &[Dial], limits: &Limits) -> ScalePlan {
    let bind = |dial: &Dial| {
        let (most, limit) = limits.most(&dial.path)?;
        (dial.wanted > most).then(|| Bind { limit, most, path: dial.path.clone(), wanted: dial.wanted })
    };
    plan.binds = dials.iter().filter_map(bind).collect();
    plan
}

/// What everything that declares a cost costs a month.
fn price(plan: &Plan) -> f64 {
    let of = |station: &crate::plan::Station| {
        let each = plan.components[station.component.index()].declared.cost.unwrap_or(0.0);
        each * f64::from(station.replicas)
    };
    plan.stations.iter().map(of).sum()
}

fn set(dials: &mut Vec<Dial>, dial: Dial) {
    match dials.iter_mut().find(|d| d.path == dial.path) {
        Some(old) => {
            old.to = old.to.max(dial.to);
            old.wanted = old.wanted.max(dial.wanted);
        }
        None => dials.push(dial),
    }
}

/// Whole numbers, and rates of two digits.
fn fit(resource: Resource, x: f64) -> f64 {
    match resource {
        Resource::RateLimit(_) => {
            let unit = libm::pow(10.0, libm::floor(libm::log10(x.max(1.0))) - 1.0);
            (x / unit).ceil() * unit
        }
        _ => x.ceil(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::length::Pace;
    use crate::experiments::limits::tests::{remodel, success};
    use crate::graph::samples;
    use crate::units::parse_count;

    /// At 10x, shop needs 10 cores of its 2, so 14 with room, and the database 4 of its 3 connections; with so many
    /// replicas the pools overrun the database in bursts. The plan finds both, and the last run holds.
    #[test]
    fn the_plan_follows_the_demand_and_is_proven() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let bounds = graph.bounds();
        let build = |changes: &[Change]| remodel(&plan, changes);
        let slos = [success()];
        let pace = Pace::of(&plan, 1);
        let bench = Bench { graph: &graph, bounds: &bounds, slos: &slos, alerts: &[], seed: 1, pace, remodel: &build };
        let found = bench.plan_to(10.0, 300e3, &Limits::default());
        assert!(found.meets, "{:?}", found.changes);
        let to = |path: &str| found.changes.iter().find(|c| c.path == path).and_then(|c| parse_count(&c.to).ok());
        let shop = to("shop.replicas").unwrap_or(0.0);
        assert!((10.0..=16.0).contains(&shop), "{:?}", found.changes);
        assert!(to("web.replicas").is_none(), "{:?}", found.changes);
        assert_eq!(found.without.len(), found.changes.len());
        assert!(found.without.iter().all(|o| !o.holds), "without any one change the expectations are missed");
        let idle = bench.plan_to(1.0, 100e3, &Limits::default());
        assert!(idle.meets && idle.changes.is_empty(), "what holds needs no change");
        // Ten cores are the demand of 10x: with nine no plan can be.
        let limits = Limits { paths: vec![("shop.replicas".into(), 9.0)], ..Limits::default() };
        let stopped = bench.plan_to(10.0, 300e3, &limits);
        assert!(!stopped.meets && stopped.binds.iter().any(|b| b.path == "shop.replicas" && b.most == 9.0));
        assert!(stopped.changes.iter().all(|c| c.path != "shop.replicas" || c.to == "9"), "{:?}", stopped.changes);
    }
}
