//! When users get again what they would get without the fault.

use super::Pair;
use crate::experiments::chance::below;
use crate::graph::Graph;
use crate::measure::Row;
use crate::units::SimDuration;

/// Time over which goodput is summed to tell whether it is back; four windows at least.
const AHEAD: f64 = 3.0;
/// Standard errors that chance may explain: more than usual, since each run is looked at in hundreds of windows for each
/// endpoint, and a single one of the last decides.
const SIGMAS: f64 = 4.0;

/// How long after the fault's end users get at least nine tenths again of what they get in the healthy twin, for good.
/// `None`: not before the measured part ends.
pub fn recovery(graph: &Graph, pair: Pair, measured: SimDuration) -> Option<SimDuration> {
    let ahead = pair.windows(AHEAD);
    let users = graph.user_endpoints();
    let (from, until) = (pair.index(pair.until), pair.index(measured).min(pair.count()));
    let good = |row: &Row| -> Vec<u32> {
        let all = row.sources.iter().map(|c| c.good).sum();
        std::iter::once(all).chain(users.iter().map(|e| row.endpoints[e.index()].good)).collect()
    };
    let fine = |row: usize| {
        let mut sums = vec![(0.0, 0.0); users.len() + 1];
        for (h, f) in pair.rows(row, (row + ahead).min(until)) {
            for (sum, (h, f)) in sums.iter_mut().zip(good(h).into_iter().zip(good(f))) {
                sum.0 += f64::from(h);
                sum.1 += f64::from(f);
            }
        }
        sums.iter().all(|(healthy, faulted)| !below(*faulted, *healthy, 0.9, SIGMAS))
    };
    // The last moments have too few windows ahead to tell.
    let last = until.saturating_sub(ahead / 2).max(from);
    let bad = (from..last).rev().find(|row| !fine(*row));
    match bad {
        None => Some(SimDuration::ZERO),
        Some(row) if row + ahead >= last => None,
        Some(row) => Some(SimDuration((row + 1 - from) as u64 * pair.healthy.window.0)),
    }
}
