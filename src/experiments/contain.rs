//! Containment: which guard, added to which edge, keeps a failure from spreading. Every candidate is built into the model
//! and run under the same fault with the same random numbers.
//!
//! Each missing guard on the edges of the cascade is tried alone, then the best ones in pairs. The smallest set that
//! spares about as much as the best is confirmed over several replications, on the failure and on a healthy day. What
//! does not clearly help, or hurts a healthy day, is not recommended.

use super::campaign::{Drill, Failure, Field, avoidable};
use super::guards::{Guard, Habit, Move, missing};
use super::metastable::Purse;
use super::toll::{Toll, tolls};
use crate::graph::Graph;
use crate::measure::{Estimate, Measurements};
use crate::model::Change;
use crate::plan::{EdgeId, Party, Plan};
use rayon::prelude::*;

/// Builds changes into the model; `None` when they do not fit.
pub type Remodel<'a> = &'a (dyn Fn(&[Change]) -> Option<Plan> + Sync);

/// A set of guards that was tried, with what it spared.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The guards.
    pub moves: Vec<Move>,
    /// The share of the avoidable loss that it spared, by one replication; negative when it did harm.
    pub spared: f64,
    /// What users lost in that replication.
    pub toll: Vec<Toll>,
}

/// A failure with the guards that were tried against it.
#[derive(Clone, Debug, PartialEq)]
pub struct Containment {
    /// Position of the failure in the list.
    pub failure: usize,
    /// All that was tried.
    pub attempts: Vec<Attempt>,
    /// So many sets of guards were not, since there were not enough events.
    pub untried: usize,
    /// What was proven, if anything was.
    pub proven: Option<Proven>,
}

/// Guards that help, shown by several replications.
#[derive(Clone, Debug, PartialEq)]
pub struct Proven {
    /// The guards.
    pub moves: Vec<Move>,
    /// Per replication and endpoint that users call: under the fault, as the model is.
    pub before: Vec<Vec<Toll>>,
    /// The same with the guards.
    pub after: Vec<Vec<Toll>>,
    /// On a healthy day, as the model is.
    pub healthy_before: Vec<Vec<Toll>>,
    /// The same with the guards.
    pub healthy_after: Vec<Vec<Toll>>,
    /// Bad requests spared per replication, paired.
    pub spared: Estimate,
}

/// What containment works on.
#[derive(Clone, Copy)]
pub struct Works<'g, 'p> {
    /// The field of the campaign.
    pub field: Field<'g, 'p>,
    /// Its drill.
    pub drill: Drill,
    /// Builds changes into the model.
    pub remodel: Remodel<'g>,
    /// A healthy run, for the habits of edges.
    pub healthy: &'g Measurements,
    /// Replications of a confirmation, at least 2.
    pub replications: u32,
    /// What trying guards may cost.
    pub purse: &'g Purse,
}

/// An attempt must spare this share of the avoidable loss to count as help.
const HELPS: f64 = 0.25;
/// Attempts that spare this share of what the best spares are as good.
const AS_GOOD: f64 = 0.9;
/// What a bulkhead spares counts so much: its number must follow the load, day by day, and the other guards' need not.
const BULKHEAD: f64 = 0.75;
/// A pair must leave less than this share of what the best single guard leaves.
const PAIR_LEAVES: f64 = 0.6;
const MOST_EDGES: usize = 5;
const MOST_PAIRS: usize = 6;
/// So many sets are tried side by side before one looks at what is left to spend.
const BATCH: usize = 6;

impl Works<'_, '_> {
    /// Tries guards against one failure.
    pub fn contain(&self, index: usize, failure: &Failure) -> Containment {
        let moves = self.moves(failure);
        let (mut attempts, mut untried) = self.attempt(failure, moves.iter().map(|m| vec![m.clone()]).collect());
        let best = best_of(&attempts).map_or(0.0, |a| a.spared);
        if best < 0.8 {
            let (more, rest) = self.attempt(failure, pairs(&attempts));
            attempts.extend(more);
            untried += rest;
        }
        let mut proven = None;
        for choice in choices(&attempts, &ways(self.field.graph, failure)) {
            proven = self.prove(failure, &choice.moves, &choice.toll);
            if proven.is_some() {
                break;
            }
        }
        Containment { failure: index, attempts, untried, proven }
    }

    /// The guards missing on the edges of the cascade, nearest to the fault first.
    fn moves(&self, failure: &Failure) -> Vec<Move> {
        let graph = self.field.graph;
        let edges = ways(graph, failure).into_iter().take(MOST_EDGES);
        edges
            .filter_map(|edge| Habit::of(graph, edge, self.healthy).map(|habit| (edge, habit)))
            .flat_map(|(edge, habit)| missing(graph, edge, &habit))
            .collect()
    }

    /// Tries one set after the other until the purse is empty, a few at any rate, and says how many are left.
    fn attempt(&self, failure: &Failure, sets: Vec<Vec<Move>>) -> (Vec<Attempt>, usize) {
        let Some(harm) = failure.harms.first() else { return (Vec::new(), 0) };
        let before = failure.avoidable(harm).max(1.0);
        let spared = |moves: &Vec<Move>| {
            let run = self.run(moves, Some(failure), 0)?;
            let left = avoidable(&harm.healthy, &run, &harm.during, &failure.unavoidable);
            Some(Attempt { moves: moves.clone(), spared: (before - left) / before, toll: run })
        };
        let (mut attempts, mut tried) = (Vec::new(), 0);
        for batch in sets.chunks(BATCH) {
            if tried > 0 && self.purse.left() == 0 {
                break;
            }
            attempts.extend(batch.par_iter().map(spared).collect::<Vec<_>>().into_iter().flatten());
            tried += batch.len();
        }
        (attempts, sets.len() - tried)
    }

    /// One replication of the drill with these guards, under the failure or on a healthy day.
    pub(super) fn run(&self, moves: &[Move], failure: Option<&Failure>, replication: u32) -> Option<Vec<Toll>> {
        let changes: Vec<Change> = moves.iter().map(|m| m.change.clone()).collect();
        let plan = (self.remodel)(&changes)?;
        let graph = Graph::new(&plan);
        let field = Field { graph: &graph, ..self.field };
        let mut case = field.case(&failure.map_or(self.drill, |f| f.drill));
        case.faults.extend(failure.map(|f| f.fault.clone()));
        let run = case.run(replication);
        self.purse.spend(run.events);
        Some(tolls(&graph.user_endpoints(), self.field.patience, &run))
    }

    /// The first replication under the fault is there already.
    fn prove(&self, failure: &Failure, moves: &[Move], first: &[Toll]) -> Option<Proven> {
        let replications = self.replications.min(failure.harms.len() as u32);
        let jobs: Vec<(bool, u32)> = (0..replications).flat_map(|r| [(true, r), (false, r)]).collect();
        let run = |&(faulty, r): &(bool, u32)| match (faulty, r) {
            (true, 0) => Some(first.to_vec()),
            _ => self.run(moves, faulty.then_some(failure), r),
        };
        let runs: Vec<Option<Vec<Toll>>> = jobs.par_iter().map(run).collect();
        let side = |wanted: bool| -> Option<Vec<Vec<Toll>>> {
            jobs.iter().zip(&runs).filter(|((faulty, _), _)| *faulty == wanted).map(|(_, run)| run.clone()).collect()
        };
        let harms = failure.harms.iter().take(replications as usize);
        let proven = Proven {
            moves: moves.to_vec(),
            before: harms.clone().map(|h| h.faulted.clone()).collect(),
            after: side(true)?,
            healthy_before: harms.map(|h| h.healthy.clone()).collect(),
            healthy_after: side(false)?,
            spared: Estimate { mean: 0.0, low: 0.0, high: 0.0 },
        };
        let bad = |runs: &[Vec<Toll>]| -> Vec<f64> { runs.iter().map(|r| r.iter().map(Toll::bad).sum()).collect() };
        let spared = Estimate::of_difference(&bad(&proven.after), &bad(&proven.before));
        // With few replications an interval is wide; what every replication shows is accepted too.
        let always = proven.after.iter().zip(&proven.before).all(|(a, b)| total(a) < 0.9 * total(b));
        let worth = spared.mean >= HELPS * failure.mean(|h| failure.avoidable(h));
        let helps = spared.mean > 0.0 && worth && (spared.low > 0.0 || always);
        (helps && unharmed(&proven.healthy_before, &proven.healthy_after)).then_some(Proven { spared, ..proven })
    }
}

/// The edges into what failed, then those of the cascade; users have no guards to add.
pub(super) fn ways(graph: &Graph, failure: &Failure) -> Vec<EdgeId> {
    let mut into = graph.edges_into(failure.target);
    into.sort_by(|a, b| graph.edge_rate(*b).total_cmp(&graph.edge_rate(*a)));
    let mut edges: Vec<EdgeId> = into.into_iter().filter(|e| graph.edge_rate(*e) > 0.0).collect();
    edges.extend(failure.cascade().iter().filter_map(|step| step.via));
    let mut seen = Vec::new();
    edges.retain(|e| {
        let guarded = matches!(graph.plan().edges[e.index()].from, Party::Component(_));
        let new = !seen.contains(e);
        seen.push(*e);
        guarded && new
    });
    edges
}

fn total(tolls: &[Toll]) -> f64 {
    tolls.iter().map(Toll::bad).sum()
}

/// A healthy day is no worse: at most one request in a thousand more goes bad, and no p99 grows by a quarter.
pub(super) fn unharmed(before: &[Vec<Toll>], after: &[Vec<Toll>]) -> bool {
    let users = before.first().map_or(0, Vec::len);
    (0..users).all(|user| {
        let mean = |runs: &[Vec<Toll>], of: fn(&Toll) -> f64| {
            runs.iter().map(|r| of(&r[user])).sum::<f64>() / runs.len().max(1) as f64
        };
        let offered = mean(before, |t| t.offered);
        let worse = mean(after, Toll::bad) - mean(before, Toll::bad);
        worse <= (0.001 * offered).max(1.0) && mean(after, |t| t.p99) <= 1.25 * mean(before, |t| t.p99) + 0.001
    })
}

fn best_of(attempts: &[Attempt]) -> Option<&Attempt> {
    attempts.iter().max_by(|a, b| a.spared.total_cmp(&b.spared))
}

/// The best guards with one another, and each with the others.
fn pairs(singles: &[Attempt]) -> Vec<Vec<Move>> {
    let mut order: Vec<&Attempt> = singles.iter().collect();
    order.sort_by(|a, b| b.spared.total_cmp(&a.spared));
    let mut pairs = Vec::new();
    for (i, first) in order.iter().take(3).enumerate() {
        for second in &order[i + 1..] {
            pairs.push(first.moves.iter().chain(&second.moves).cloned().collect());
        }
    }
    pairs.truncate(MOST_PAIRS);
    pairs
}

/// What to confirm, in order: single guards that are about as good as the best single one, nearest to the fault and
/// simplest first; a pair before them only when it leaves much less.
fn choices<'a>(attempts: &'a [Attempt], edges: &[EdgeId]) -> Vec<&'a Attempt> {
    let place = |m: &Move| edges.iter().position(|e| *e == m.edge).unwrap_or(usize::MAX);
    let score = |a: &Attempt| {
        let follows_load = a.moves.iter().any(|m| m.guard == Guard::Bulkhead);
        a.spared * if follows_load { BULKHEAD } else { 1.0 }
    };
    let helpful = |n: usize| attempts.iter().filter(move |a| a.moves.len() == n && a.spared >= HELPS);
    let best = |n: usize| helpful(n).map(score).fold(0.0, f64::max);
    let left = |n: usize| 1.0 - helpful(n).map(|a| a.spared).fold(0.0, f64::max);
    let mut chosen: Vec<&Attempt> = Vec::new();
    for size in [1, 2] {
        let mut equals: Vec<&Attempt> = helpful(size).filter(|a| score(a) >= AS_GOOD * best(size)).collect();
        equals.sort_by_key(|a| (a.moves.iter().map(place).min(), a.moves.iter().map(|m| m.guard).collect::<Vec<_>>()));
        let first = size == 2 && left(2) < PAIR_LEAVES * left(1);
        let at = if first { 0 } else { chosen.len() };
        chosen.splice(at..at, equals.into_iter().take(2));
    }
    chosen.truncate(3);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::campaign::catalog::faults;
    use crate::graph::samples;
    use crate::policies::CircuitBreaker;
    use crate::units::{SimDuration, parse_duration};

    const DRILL: Drill = Drill {
        at: SimDuration::from_secs(5),
        lasting: SimDuration::from_secs(15),
        after: SimDuration::from_secs(15),
        warmup: SimDuration::from_secs(5),
        window: SimDuration::from_millis(250),
    };

    /// Stands in for the model: knows the three guards and nothing else.
    fn remodel(plan: &Plan, changes: &[Change]) -> Option<Plan> {
        let mut plan = plan.clone();
        for change in changes {
            let (path, field) = change.path.rsplit_once('.')?;
            let edge = plan.edges.iter_mut().find(|e| e.policy_path == path)?;
            match field {
                "timeout" => edge.timeout = Some(parse_duration(&change.to).ok()?),
                "bulkhead" => edge.bulkhead = Some(change.to.parse().ok()?),
                _ => {
                    let slow_call = Some(SimDuration::from_millis(250));
                    edge.breaker = Some(CircuitBreaker { slow_call, slow_call_rate: 0.5, ..CircuitBreaker::default() });
                }
            }
        }
        Some(plan)
    }

    fn contained(plan: &Plan, fault: &str) -> Containment {
        let graph = Graph::new(plan);
        let field = Field { graph: &graph, load: 1.0, seed: 1, patience: &[1.0], alerts: &[] };
        let list: Vec<_> = faults(&graph, DRILL.at, DRILL.lasting)
            .into_iter()
            .filter(|(_, f)| f.to_string().starts_with(fault))
            .collect();
        let failure = field.drill(&DRILL, &list, 3).0.pop().unwrap();
        let healthy = field.case(&DRILL).run(0);
        let build = |changes: &[Change]| remodel(plan, changes);
        let purse = Purse::of(1e9);
        let works = Works { field, drill: DRILL, remodel: &build, healthy: &healthy, replications: 3, purse: &purse };
        works.contain(0, &failure)
    }

    /// Half of the pages can do without the database. When it is slow, shop's threads are held and all pages suffer; a
    /// time-out on shop>db alone spares them, and so would others: the simplest is recommended.
    #[test]
    fn the_simplest_guard_that_helps_is_recommended() {
        let result = contained(&samples::page(), "latency:db");
        let proven = result.proven.expect("a time-out helps");
        assert_eq!(proven.moves.len(), 1);
        assert_eq!(proven.moves[0].guard, Guard::Timeout);
        assert!(proven.spared.low > 0.0, "{:?}", proven.spared);
        assert!(result.attempts.len() > 3);
    }

    /// The run by which a guard was found is the first of those that prove it; it is not made again.
    #[test]
    fn the_first_replication_of_a_proof_is_the_attempt() {
        let result = contained(&samples::page(), "latency:db");
        let proven = result.proven.expect("a time-out helps");
        let attempt = result.attempts.iter().find(|a| a.moves == proven.moves).expect("it was tried");
        assert_eq!(proven.after[0], attempt.toll);
        assert!(proven.after[1..].iter().all(|toll| *toll != attempt.toll), "the others are other runs");
    }

    /// A dead database fails at once: no guard brings it back, and none is recommended.
    #[test]
    fn what_does_not_help_is_not_recommended() {
        assert_eq!(contained(&samples::page(), "kill:db").proven, None);
    }
}
