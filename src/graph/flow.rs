//! How control flows through one program, and how often each step is expected to run when nothing fails.

use crate::plan::{Branch, ForkId, Pc, Plan, Step};
use std::collections::BTreeMap;

/// Which branches of a fork a walk follows.
pub(super) type Pick<'a> = &'a dyn Fn(ForkId, usize) -> bool;

/// Where a step leads when nothing fails, and how often per execution of the step. A loop's body is entered as often as
/// the mean of its count; the step behind it once.
pub(super) fn successors(plan: &Plan, pc: Pc, pick: Pick) -> Vec<(Pc, f64)> {
    let next = Pc(pc.0 + 1);
    match plan.steps[pc.index()] {
        Step::Work { .. }
        | Step::Sleep { .. }
        | Step::Call { .. }
        | Step::Enqueue { .. }
        | Step::Degrade
        | Step::Ship { .. }
        | Step::Peek { .. }
        | Step::Hold
        | Step::Settle
        | Step::Commit { .. }
        | Step::Lock { .. }
        | Step::Unlock { .. }
        | Step::Fill { .. }
        | Step::Drop { .. } => {
            vec![(next, 1.0)]
        }
        Step::Fork { fork, .. } => {
            let branches = &plan.forks[fork.index()].branches;
            let programs = branches.iter().enumerate().filter(|(i, _)| pick(fork, *i)).filter_map(|(_, b)| match b {
                Branch::Program(at) => Some((*at, 1.0)),
                Branch::Call(_) => None,
            });
            std::iter::once((next, 1.0)).chain(programs).collect()
        }
        Step::Chance { p, otherwise } => vec![(next, p), (otherwise, 1.0 - p)],
        Step::Switch { switch } => {
            let mut before = 0.0;
            let cases = plan.switches[switch.index()].cases.iter();
            cases
                .map(|(up_to, at)| {
                    let share = up_to - before;
                    before = *up_to;
                    (*at, share)
                })
                .collect()
        }
        Step::Lookup { cache, miss } => {
            let hit = plan.caches[cache.index()].expected_hit_ratio();
            vec![(next, hit), (miss, 1.0 - hit)]
        }
        Step::Look { cache, look } => {
            let hit = plan.caches[cache.index()].expected_hit_ratio();
            vec![(next, hit), (plan.looks[look.index()].miss, 1.0 - hit)]
        }
        Step::Defer { program, .. } => vec![(next, 1.0), (program, 1.0)],
        Step::Repeat { times, end } => vec![(next, times.mean()), (end, 1.0)],
        Step::Jump { to } => vec![(to, 1.0)],
        Step::Again { .. } | Step::Error | Step::Return => Vec::new(),
    }
}

/// Expected executions of every step of the program that begins at `entry`, per run of it, when nothing fails.
pub(super) fn executions(plan: &Plan, entry: Pc, pick: Pick) -> BTreeMap<Pc, f64> {
    let mut order = Vec::new();
    let mut seen = BTreeMap::new();
    visit(plan, entry, pick, &mut seen, &mut order);
    let mut weights = BTreeMap::new();
    if entry != Pc::FAIL {
        weights.insert(entry, 1.0);
    }
    for &pc in order.iter().rev() {
        let weight = weights.get(&pc).copied().unwrap_or(0.0);
        for (to, factor) in successors(plan, pc, pick) {
            if to != Pc::FAIL {
                *weights.entry(to).or_insert(0.0) += weight * factor;
            }
        }
    }
    weights
}

/// Depth first, children before parents. The way back of a loop is no successor, so that this is an order.
fn visit(plan: &Plan, pc: Pc, pick: Pick, seen: &mut BTreeMap<Pc, ()>, order: &mut Vec<Pc>) {
    if pc == Pc::FAIL || seen.insert(pc, ()).is_some() {
        return;
    }
    for (to, _) in successors(plan, pc, pick) {
        visit(plan, to, pick, seen, order);
    }
    order.push(pc);
}
