//! What can only be seen from the whole.

use crate::kinds::{GET, Wiring};
use crate::plan::{CacheId, Step};
use crate::yaml::{Item, Problem, Problems};
use std::collections::BTreeSet;

/// Checks the model as a whole. Everything smaller was checked where it was read.
pub(super) fn check(wiring: &Wiring<'_>, problems: &Problems) {
    endless_calls(wiring);
    if problems.is_empty() {
        unused_contents(wiring, problems);
        unused_locks(wiring, problems);
    }
}

/// Reports contents of caches that are called, but only by plain look-ups, which never miss. (With other problems
/// about, the step that is `cached` may be what is wrong. A cache nobody uses is merely there.)
fn unused_contents(wiring: &Wiring<'_>, problems: &Problems) {
    let plan = wiring.builder.plan();
    let lookup = |step: &Step| match step {
        Step::Lookup { cache, .. } | Step::Look { cache, .. } => Some(*cache),
        Step::Fill { cache, .. } | Step::Drop { cache, .. } | Step::Defer { cache, .. } => Some(*cache),
        _ => None,
    };
    let used: BTreeSet<CacheId> = plan.steps.iter().filter_map(lookup).collect();
    for (name, tiers) in wiring.caches() {
        let (get, place) = (wiring.endpoint_of(name, GET), tiers.place);
        let asked = tiers.tiers.iter().any(|tier| used.contains(&tier.cache));
        if asked || !plan.links.iter().any(|link| Some(link.to) == get) {
            continue;
        }
        let hint = format!("look it up by a step `cached: {{ cache: {name}, miss: [ … ] }}`, or remove it");
        let message = format!("what `{name}` holds has no effect: a plain call of a cache never misses");
        problems.push(Problem::at(place, message).hint(hint));
    }
}

/// Reports rows that nobody locks.
fn unused_locks(wiring: &Wiring<'_>, problems: &Problems) {
    let plan = wiring.builder.plan();
    for (id, place) in wiring.locks() {
        let locks = |step: &Step| matches!(step, Step::Lock { lock, .. } if *lock == id);
        if !plan.steps.iter().any(locks) {
            let hint = "name them in a query (`lock`) or a step (`lock: { rows: …, steps: [ … ] }`), or remove them";
            problems.push(Problem::at(place, format!("nobody locks `{}`", plan.locks[id.index()].name)).hint(hint));
        }
    }
}

/// How far the search has come with an endpoint.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Reports endpoints that call each other without end. Components may call one another in a circle, through different
/// endpoints; endpoints may not, not even sometimes: a cache that is flushed or a chance that strikes again and again
/// would never come to an end.
fn endless_calls(wiring: &Wiring<'_>) {
    let count = wiring.builder.plan().endpoints.len();
    let mut calls: Vec<Vec<(usize, &Item<'_>)>> = vec![Vec::new(); count];
    for (from, to, item) in &wiring.calls {
        calls[from.index()].push((to.index(), item));
    }
    let mut marks = vec![Mark::New; count];
    for start in 0..count {
        if marks[start] != Mark::New {
            continue;
        }
        // The path from `start`, with how many calls of each have been followed; a recursion would overflow on long chains.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        marks[start] = Mark::Open;
        while let Some((at, followed)) = path.last_mut() {
            let Some((to, item)) = calls[*at].get(*followed) else {
                marks[*at] = Mark::Done;
                path.pop();
                continue;
            };
            *followed += 1;
            match marks[*to] {
                Mark::Done => {}
                Mark::New => {
                    marks[*to] = Mark::Open;
                    path.push((*to, 0));
                }
                Mark::Open => report(wiring, &path, *to, item),
            }
        }
    }
}

fn report(wiring: &Wiring<'_>, path: &[(usize, usize)], back_to: usize, item: &Item<'_>) {
    let name = |i: usize| wiring.builder.plan().endpoints[i].name.as_str();
    let circle = path.iter().map(|(at, _)| *at).skip_while(|at| *at != back_to);
    let circle: Vec<&str> = circle.chain([back_to]).map(name).collect();
    let message = match circle.as_slice() {
        [one, _] => format!("`{one}` calls itself without end"),
        _ => "endpoints call each other without end".into(),
    };
    let hint = format!("{}: remove one of these calls", circle.join(" > "));
    item.problems().push(Problem::at(item.value_place(), message).hint(hint));
}
