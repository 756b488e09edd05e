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
    /// It cannot be left out.
    tight: bool,
    /// What the demand asks for at the very least.
    least: f64,
}

/// A resource is planned to be this busy at most; beyond it waiting grows quickly.
const ROOM: f64 = 0.75;
/// Nor is a change made so small that the resource would be busier: it would hold for a minute and not for an hour.
const FULL: f64 = 0.9;
/// Rounds of enlarging what gives out.
const ROUNDS: usize = 6;
/// Rounds of making changes smaller.
const TRIMS: usize = 4;

impl Bench<'_, '_> {
    /// Looks for the changes. Each run costs about `events`, each replication of the last one more.
    pub fn plan_to(&self, load: f64, events: f64) -> ScalePlan {
        let schedule = self.short(load, events);
        let run = |dials: &[Dial]| {
            let plan = (self.remodel)(&self.changes(dials))?;
            let outcome = self.at(&plan, load, schedule, 1);
            Some((plan, outcome))
        };
        let mut dials = Vec::new();
        let mut holds = self.holds(self.graph.plan(), load, schedule);
        let short = !holds && self.by_demand(load, &mut dials);
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
            if !enlarge(&plan, m, &mut dials, &self.needs(load, &plan)) {
                break;
            }
        }
        for dial in &mut dials {
            let bounds = self.bounds.iter().filter(|b| b.path == dial.path);
            let need = bounds.map(|b| b.busy * load / (FULL * b.capacity)).fold(0.0, f64::max);
            dial.least = fit(dial.resource, dial.now * need);
        }
        if holds {
            self.trim(&mut dials, &|sets: &[Vec<Dial>]| {
                let sets: Vec<Vec<Change>> = sets.iter().map(|dials| self.changes(dials)).collect();
                self.hold_all(&sets, load, schedule)
            });
        }
        self.prove(load, events, dials)
    }

    /// The last run. Should it fail where the short ones held, what gives out is enlarged once more, twice at most.
    fn prove(&self, load: f64, events: f64, mut dials: Vec<Dial>) -> ScalePlan {
        let schedule = self.short(load, 2.5 * events);
        let mut result = ScalePlan { load, changes: Vec::new(), meets: false, proof: None };
        for _ in 0..3 {
            result.changes = self.changes(&dials);
            let Some(plan) = (self.remodel)(&result.changes) else { return result };
            let outcome = self.at(&plan, load, schedule, 3);
            result.meets = outcome.holds;
            let next = outcome.telling().filter(|_| !outcome.holds);
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
                Dial {
                    resource: bound.resource,
                    path: bound.path.clone(),
                    now,
                    to: fit(bound.resource, now * factor),
                    tight: false,
                    least: 0.0,
                },
            );
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
fn enlarge(plan: &Plan, m: &Measurements, dials: &mut Vec<Dial>, needs: &[(Resource, f64)]) -> bool {
    let graph = Graph::new(plan);
    let all = usages(&graph, &graph.bounds(), m);
    let full: Vec<Usage> = by_path(&giving_out(&graph, &all));
    let Some(usage) = full.first() else { return false };
    let need = needs.iter().find(|(r, _)| *r == usage.resource).map_or(0.0, |(_, need)| *need);
    let now = current(plan, usage.resource);
    let to = fit(usage.resource, (now * 1.5).max(now * need / ROOM).max(now + 1.0));
    let before = dials.iter().find(|d| d.path == usage.path).map_or(now, |d| d.now);
    set(dials, Dial { resource: usage.resource, path: usage.path.clone(), now: before, to, tight: false, least: 0.0 });
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
        let found = bench.plan_to(10.0, 300e3);
        assert!(found.meets, "{:?}", found.changes);
        let to = |path: &str| found.changes.iter().find(|c| c.path == path).and_then(|c| parse_count(&c.to).ok());
        let shop = to("shop.replicas").unwrap_or(0.0);
        assert!((10.0..=16.0).contains(&shop), "{:?}", found.changes);
        assert!(to("web.replicas").is_none(), "{:?}", found.changes);
        let idle = bench.plan_to(1.0, 100e3);
        assert!(idle.meets && idle.changes.is_empty(), "what holds needs no change");
    }
}
