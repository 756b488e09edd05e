//! Failures that were not over when their runs ended, in a review: which are waited for, and what that may cost.

use super::bench::Bench;
use super::campaign::Failure;
use super::metastable::{Inquiry, Metastable};
use super::options::{Options, Progress};
use crate::measure::Measurements;
use crate::plan::ComponentId;
use std::collections::BTreeSet;

/// The share of the budget of events that all of them together may take.
const EXAMINING: f64 = 0.6;
/// So many are examined.
const MOST_EXAMINED: usize = 3;

/// Examines the failures that were not over when their runs ended: whether they heal at all, and what keeps them.
pub(super) fn outlasting(
    bench: &Bench,
    options: &Options,
    healthy: &Measurements,
    failures: &[Failure],
    progress: &dyn Progress,
    notes: &mut Vec<String>,
) -> Vec<(usize, Metastable)> {
    let all: Vec<usize> = (0..failures.len()).filter(|i| failures[*i].confirmed && !failures[*i].recovers()).collect();
    let parts = |rest: &[usize]| rest.iter().map(|i| failures[*i].target).collect::<BTreeSet<ComponentId>>().len();
    progress.begin("waiting for what does not heal", parts(&all).min(MOST_EXAMINED) as u64);
    let latencies = healthy.sources.iter().filter_map(|s| s.total.latency.quantile(0.99));
    let p99 = latencies.max().unwrap_or_default();
    let (mut left, mut tried) = (EXAMINING * options.budget, 0);
    let mut examined: Vec<(usize, Metastable)> = Vec::new();
    for (n, index) in all.iter().copied().enumerate() {
        let failure = &failures[index];
        // Of several ways to strike the same part, one that does not heal speaks for the others.
        let speaks = |(at, found): &(usize, Metastable)| {
            failures[*at].target == failure.target && !found.aftermaths.stuck().is_empty()
        };
        if tried == MOST_EXAMINED || examined.iter().any(speaks) {
            continue;
        }
        if progress.time_left().is_some_and(|left| left <= 0.0) {
            notes.push("the time given was used up before all failures could be waited for".into());
            break;
        }
        // The most urgent may take half of all, and what it leaves is for the others.
        let events = left / (parts(&all[n..]).min(MOST_EXAMINED - tried) as f64).clamp(1.0, 2.0);
        let (graph, bounds, seed, pace) = (bench.graph, bench.bounds, options.seed, bench.pace);
        let (found, spent) = Inquiry { graph, bounds, seed, pace, p99, events }.examine(&failure.fault, failure.load);
        left = (left - spent as f64).max(0.0);
        notes.extend(left_open(failure, found.as_ref()));
        examined.extend(found.map(|found| (index, found)));
        tried += 1;
        progress.advance(1);
    }
    if all.len() > tried {
        let more = all.len() - tried;
        notes.push(format!("{more} further failures were not over when their runs ended, and were not examined"));
    }
    examined
}

/// What the budget did not allow to find out about a failure.
fn left_open(failure: &Failure, found: Option<&Metastable>) -> Option<String> {
    let what = failure.fault.describe();
    let Some(found) = found else {
        let ends = failure.fault.duration.is_some();
        return ends.then(|| {
            format!(
                "{what}: whether it heals later was not examined, since a run takes more events than the budget allows"
            )
        });
    };
    let open = &found.loops.as_ref()?.unfinished;
    let words: Vec<&str> = open.iter().map(|question| question.words()).collect();
    (!open.is_empty()).then(|| format!("{what}: the budget of events ended the search early for {}", words.join(", ")))
}
