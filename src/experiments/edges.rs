//! For each objective the load at which it fails. Loads are tried for all objectives together: one run judges them all.

use super::bench::{Bench, Outcome};
use super::judge::Verdict;
use super::limits::Capacity;
use super::review::Shown;
use rayon::prelude::*;

/// Where an objective fails.
#[derive(Clone, Debug, PartialEq)]
pub struct SloEdge {
    /// Which, by position.
    pub slo: usize,
    /// The highest load that was tried at which it is not missed; 0 when it is missed at each.
    pub low: f64,
    /// The lowest at which it is missed; infinite when it is at none.
    pub high: f64,
}

/// A bracket is narrow enough when its ends differ by this factor.
const NARROW: f64 = 1.1;
/// Rounds of halving all brackets that are not.
const ROUNDS: usize = 5;
/// Loads closer than this are one.
const CLOSE: f64 = 1.03;

impl Bench<'_, '_> {
    /// The edges of all objectives up to the load asked for, those first that fail first. What is known from the capacity and
    /// from the runs that are shown is not run again; each further load costs about `events`.
    pub(super) fn edges(&self, capacity: &Capacity, runs: &[Shown], events: f64) -> Vec<SloEdge> {
        let bracket = capacity.bracket;
        let judged = runs.iter().take(1).flat_map(|run| &run.outcome.judged);
        let mut edges: Vec<SloEdge> =
            judged.map(|j| SloEdge { slo: j.index, low: bracket.low, high: f64::INFINITY }).collect();
        for run in runs {
            learn(&mut edges, run.load, &run.outcome);
        }
        if let Some(first) = capacity.slo.as_ref().filter(|_| bracket.high.is_finite()) {
            for edge in edges.iter_mut().filter(|e| e.slo == first.index) {
                edge.high = edge.high.min(bracket.high);
            }
        }
        for _ in 0..ROUNDS {
            let wide = edges.iter().filter(|e| e.low > 0.0 && e.high.is_finite() && e.high / e.low > NARROW);
            let mut loads: Vec<f64> = wide.map(|e| (e.low * e.high).sqrt()).collect();
            loads.sort_by(f64::total_cmp);
            loads.dedup_by(|a, b| *a / *b < CLOSE);
            if loads.is_empty() {
                break;
            }
            let tried: Vec<(f64, Outcome)> = (loads.into_par_iter())
                .map(|load| (load, self.at(self.graph.plan(), load, self.short(load, events), 1)))
                .collect();
            tried.iter().for_each(|(load, outcome)| learn(&mut edges, *load, outcome));
        }
        edges.sort_by(|a, b| a.high.total_cmp(&b.high).then(a.slo.cmp(&b.slo)));
        edges
    }
}

/// What a load says of each objective: between two loads that disagree lies its edge.
fn learn(edges: &mut [SloEdge], load: f64, outcome: &Outcome) {
    for edge in edges {
        let missed = outcome.judged.iter().any(|j| j.index == edge.slo && j.verdict == Verdict::Fails);
        if missed {
            edge.high = edge.high.min(load);
            edge.low = if edge.low < edge.high { edge.low } else { 0.0 };
        } else if load < edge.high {
            edge.low = edge.low.max(load);
        }
    }
}
