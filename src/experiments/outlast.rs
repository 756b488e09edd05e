//! Failures that were not over when their runs ended, in a review: which are waited for, and what that may cost.

use super::bench::Bench;
use super::campaign::Failure;
use super::metastable::{Inquiry, Metastable};
use super::options::{Options, Progress};
use crate::measure::Measurements;

/// The share of the budget of events that all of them together may take.
const EXAMINING: f64 = 0.2;
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
    let open: Vec<usize> = (0..failures.len()).filter(|i| failures[*i].confirmed && !failures[*i].recovers()).collect();
    if open.len() > MOST_EXAMINED {
        let more = open.len() - MOST_EXAMINED;
        notes.push(format!("{more} further failures were not over when their runs ended, and were not examined"));
    }
    let open: Vec<usize> = open.into_iter().take(MOST_EXAMINED).collect();
    progress.begin("waiting for what does not heal", open.len() as u64);
    let latencies = healthy.sources.iter().filter_map(|s| s.total.latency.quantile(0.99));
    let p99 = latencies.max().unwrap_or_default();
    let (mut left, mut examined) = (EXAMINING * options.budget, Vec::new());
    for (i, index) in open.iter().copied().enumerate() {
        if progress.time_left().is_some_and(|left| left <= 0.0) {
            notes.push(format!("the time given was used up before {} failures could be waited for", open.len() - i));
            break;
        }
        // The most urgent may take half of all, and what it leaves is for the others.
        let events = left / ((open.len() - i) as f64).min(2.0);
        let (graph, bounds, seed, pace) = (bench.graph, bench.bounds, options.seed, bench.pace);
        let inquiry = Inquiry { graph, bounds, seed, pace, p99, events };
        let failure = &failures[index];
        let (found, spent) = inquiry.examine(&failure.fault, failure.load);
        left = (left - spent as f64).max(0.0);
        notes.extend(left_open(failure, found.as_ref()));
        examined.extend(found.map(|found| (index, found)));
        progress.advance(1);
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
