//! The plan to a load: a small list of changes with which the expectations hold there.
//!
//! The static demand says at once what will be short, and by how much. What it cannot see (queues, bursts, retries) is
//! found by running: as long as the expectations fail, the resource that gives out is enlarged. Then every change is
//! made smaller, or left out, as long as they still hold; and a last, longer run proves the whole.

use super::bench::{Bench, Outcome};
use super::usage::{Usage, by_path, change, current, giving_out, usages};
use crate::graph::{Graph, Resource};
use crate::measure::Measurements;
use crate::model::Change;
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
}

/// One number of the model that is being set.
#[derive(Clone, Debug)]
struct Dial {
    resource: Resource,
    path: String,
    now: f64,
    to: f64,
}

/// A resource is planned to be this busy at most; beyond it waiting grows quickly.
const ROOM: f64 = 0.75;
/// Rounds of enlarging what gives out.
const ROUNDS: usize = 7;
/// Rounds of making changes smaller.
const TRIMS: usize = 6;

impl Bench<'_, '_> {
    /// Looks for the changes. Each run costs about `events`, the last one three times that.
    pub fn plan_to(&self, load: f64, events: f64) -> ScalePlan {
        let schedule = self.short(load, events);
        let run = |dials: &[Dial]| {
            let plan = (self.remodel)(&self.changes(dials))?;
            let outcome = self.at(&plan, load, schedule, 1);
            Some((plan, outcome))
        };
        let mut dials = Vec::new();
        let mut holds = false;
        for round in 0..ROUNDS {
            let Some((plan, outcome)) = run(&dials) else { break };
            holds = outcome.holds;
            if holds {
                break;
            }
            if round == 0 && self.by_demand(load, &mut dials) {
                continue;
            }
            let Some(m) = outcome.runs.first() else { break };
            if !enlarge(&plan, m, &mut dials, &self.needs(load, &plan)) {
                break;
            }
        }
        if holds {
            self.trim(&mut dials, &|sets: &[Vec<Dial>]| {
                let sets: Vec<Vec<Change>> = sets.iter().map(|dials| self.changes(dials)).collect();
                let outcomes = self.with_all(&sets, load, schedule, 1);
                outcomes.into_iter().map(|o| o.is_some_and(|o| o.holds)).collect()
            });
        }
        self.prove(load, events, dials)
    }

    /// The last run. Should it fail where the short ones held, what gives out is enlarged once more, twice at most.
    fn prove(&self, load: f64, events: f64, mut dials: Vec<Dial>) -> ScalePlan {
        let schedule = self.short(load, 1.5 * events);
        let mut result = ScalePlan { load, changes: Vec::new(), meets: false, proof: None };
        for _ in 0..3 {
            result.changes = self.changes(&dials);
            let Some(plan) = (self.remodel)(&result.changes) else { return result };
            let outcome = self.at(&plan, load, schedule, 2);
            result.meets = outcome.holds;
            let next = outcome.runs.first().filter(|_| !outcome.holds);
            let again = next.is_some_and(|m| enlarge(&plan, m, &mut dials, &self.needs(load, &plan)));
            result.proof = Some(outcome);
            if !again {
                break;
            }
        }
        result
    }

    fn changes(&self, dials: &[Dial]) -> Vec<Change> {
        let plan = self.graph.plan();
        dials.iter().filter(|d| d.to > d.now).map(|d| change(plan, d.resource, &d.path, d.to)).collect()
    }

    /// Sets a dial for everything whose demand at this load leaves no room. Tells whether there was any.
    fn by_demand(&self, load: f64, dials: &mut Vec<Dial>) -> bool {
        let plan = self.graph.plan();
        for bound in self.bounds.iter().filter(|b| b.busy * load > ROOM * b.capacity) {
            let now = current(plan, bound.resource);
            let factor = bound.busy * load / (ROOM * bound.capacity);
            set(
                dials,
                Dial { resource: bound.resource, path: bound.path.clone(), now, to: fit(bound.resource, now * factor) },
            );
        }
        !dials.is_empty()
    }

    /// The resources of a changed plan, with what the demand asks of them.
    fn needs(&self, load: f64, plan: &Plan) -> Vec<(Resource, f64)> {
        let bounds = Graph::new(plan).bounds();
        bounds.into_iter().map(|b| (b.resource, b.busy * load / b.capacity)).collect()
    }

    /// Makes changes smaller while the expectations hold: each is halved towards what stands in the model, two at a time.
    fn trim(&self, dials: &mut [Dial], holds: &dyn Fn(&[Vec<Dial>]) -> Vec<bool>) {
        let mut floors: Vec<f64> = dials.iter().map(|d| d.now).collect();
        for _ in 0..TRIMS {
            let mut order: Vec<usize> = (0..dials.len()).filter(|i| next(&dials[*i], floors[*i]).is_some()).collect();
            order.sort_by(|a, b| (dials[*b].to / floors[*b]).total_cmp(&(dials[*a].to / floors[*a])));
            order.truncate(2);
            let tried: Vec<Vec<Dial>> = order
                .iter()
                .map(|i| {
                    let mut set = dials.to_vec();
                    set[*i].to = next(&dials[*i], floors[*i]).unwrap_or(set[*i].to);
                    set
                })
                .collect();
            if tried.is_empty() {
                break;
            }
            let answers = holds(&tried);
            let mut done = false;
            for ((i, set), ok) in order.into_iter().zip(tried).zip(answers) {
                match ok {
                    // One at a time: together they were not tried.
                    true if !done => {
                        dials[i].to = set[i].to;
                        done = true;
                    }
                    true => {}
                    false => floors[i] = set[i].to,
                }
            }
        }
    }
}

/// The value half-way down to the floor, if that is a real step: the first step is to leave the change out.
fn next(dial: &Dial, floor: f64) -> Option<f64> {
    let middle = if floor == dial.now { dial.now } else { fit(dial.resource, (floor + dial.to) / 2.0) };
    let real = middle < dial.to && middle >= floor && (dial.to - floor) / dial.to > 0.12;
    (real && (middle > floor || floor == dial.now)).then_some(middle)
}

/// Enlarges what gives out, by half again; the deepest first. Something that the demand does not explain is only filled
/// from below, so it comes after what the demand does explain.
fn enlarge(plan: &Plan, m: &Measurements, dials: &mut Vec<Dial>, needs: &[(Resource, f64)]) -> bool {
    let graph = Graph::new(plan);
    let all = usages(&graph, &graph.bounds(), m);
    let full: Vec<Usage> = by_path(&giving_out(&graph, &all));
    let Some(usage) = full.first() else { return false };
    let need = needs.iter().find(|(r, _)| *r == usage.resource).map_or(0.0, |(_, need)| *need);
    let now = current(plan, usage.resource);
    let to = fit(usage.resource, (now * 1.5).max(now * need / ROOM).max(now + 1.0));
    let before = dials.iter().find(|d| d.path == usage.path).map_or(now, |d| d.now);
    set(dials, Dial { resource: usage.resource, path: usage.path.clone(), now: before, to });
    true
}

fn set(dials: &mut Vec<Dial>, dial: Dial) {
    match dials.iter_mut().find(|d| d.path == dial.path) {
        Some(old) => old.to = old.to.max(dial.to),
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

    /// At 10x, shop needs 10 cores of its 2, so 14 with room; the database needs 4 of its 3 connections and the pools
    /// are as tight; the plan finds shop and the database, and the last run holds.
    #[test]
    fn the_plan_follows_the_demand_and_is_proven() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let bounds = graph.bounds();
        let build = |changes: &[Change]| remodel(&plan, changes);
        let slos = [success()];
        let pace = Pace::of(&plan, 1);
        let bench = Bench { graph: &graph, bounds: &bounds, slos: &slos, seed: 1, pace, remodel: &build };
        let found = bench.plan_to(10.0, 300e3);
        assert!(found.meets, "{:?}", found.changes);
        let to = |path: &str| found.changes.iter().find(|c| c.path == path).and_then(|c| parse_count(&c.to).ok());
        let shop = to("shop.replicas").unwrap_or(0.0);
        assert!((10.0..=14.0).contains(&shop), "{:?}", found.changes);
        assert!(to("web.replicas").is_none(), "{:?}", found.changes);
        let idle = bench.plan_to(1.0, 100e3);
        assert!(idle.meets && idle.changes.is_empty(), "what holds needs no change");
    }
}
