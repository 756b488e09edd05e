//! When users get again what they would get without the fault.

use super::Pair;
use crate::graph::Graph;
use crate::measure::Row;
use crate::units::SimDuration;

/// Time over which goodput is summed to tell whether it is back; four windows at least.
const AHEAD: f64 = 3.0;

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
        sums.iter().all(|(healthy, faulted)| *faulted >= 0.9 * healthy - 3.0 * healthy.sqrt())
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
