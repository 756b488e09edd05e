//! Signs that a component is impaired, each a test against what is usual in the healthy twin.
//!
//! What is usual, and how much it varies by chance, is learned from the twin: its windows are summed into blocks, and the
//! scatter of the blocks gives the standard error of a sum of so many requests, with whatever correlation there is
//! between them. A sign is given when a window is worse than usual *and* worse than the same window of the twin, by a
//! margin that matters (5 points more failures, twice the time, twice as much in progress) and by [`SIGMAS`] standard
//! errors. A component is impaired when some sign is given in every window for twice the time over which sums are taken,
//! so that no single outlier can do it, which every sum that contains it shows.

use super::{Pair, SMOOTH};
use crate::graph::Graph;
use crate::measure::{Cell, Row};
use crate::plan::{ComponentId, EndpointId, UNLIMITED};

/// Standard errors beyond which chance is no explanation. Far out, since each run looks at thousands of windows and what
/// is measured has heavy tails.
const SIGMAS: f64 = 6.0;
/// More failures than usual that matter.
const FAILS_MORE: f64 = 0.05;
/// So many times the usual time matter, or as much in progress.
const SLOWER: f64 = 2.0;
/// Less than this is no delay that anybody notices, in seconds.
const NOTICED: f64 = 0.005;
/// Ended requests that a share can be told by.
const FEW: u32 = 4;

/// What is usual for an endpoint, in the healthy twin.
#[derive(Clone, Copy, Debug, Default)]
struct Usual {
    /// Mean time to an answer, in seconds.
    latency: f64,
    /// Variance of it for one answer.
    variance: f64,
    /// Share that fails.
    failing: f64,
    /// How many times as much as by independent chance that scatters.
    clumping: f64,
    /// In progress, by Little's law.
    in_progress: f64,
    /// Standard deviation of it.
    deviation: f64,
}

/// Looks at a pair of runs.
pub(super) struct Watch<'g, 'a> {
    graph: &'g Graph<'g>,
    pair: Pair<'a>,
    /// Windows that are summed.
    smooth: usize,
    usual: Vec<Usual>,
    /// In progress at each endpoint beyond what it was at the beginning, window by window, without the fault and with it.
    progress: [Vec<Vec<i64>>; 2],
    /// The longest queue of each station in the twin, and the longest backlog of each topic.
    longest: (Vec<f32>, Vec<f32>),
}

impl<'g, 'a> Watch<'g, 'a> {
    pub(super) fn new(graph: &'g Graph<'g>, pair: Pair<'a>) -> Watch<'g, 'a> {
        let plan = graph.plan();
        let smooth = pair.windows(SMOOTH);
        let endpoints = plan.endpoints.len();
        let progress = [&pair.healthy.rows, &pair.faulted.rows]
            .map(|rows| (0..endpoints).map(|e| in_progress(rows, e)).collect::<Vec<_>>());
        let seconds = pair.healthy.window.seconds() * pair.healthy.rows.len() as f64;
        let usual = (0..endpoints).map(|e| usual(&pair.healthy.rows, e, smooth, seconds, &progress[0][e])).collect();
        let rows = &pair.healthy.rows;
        let queue = |s: usize| rows.iter().map(|r| r.stations[s].queue).fold(0.0, f32::max);
        let backlog = |t: usize| rows.iter().filter_map(|r| r.topics.get(t)).map(|t| t.backlog).fold(0.0, f32::max);
        let longest = ((0..plan.stations.len()).map(queue).collect(), (0..plan.topics.len()).map(backlog).collect());
        Watch { graph, pair, smooth, usual, progress, longest }
    }

    /// The first window from which a component shows signs for long enough.
    pub(super) fn onset(&self, component: ComponentId, from: usize, until: usize) -> Option<usize> {
        let plan = self.graph.plan();
        let endpoints: Vec<usize> =
            (0..plan.endpoints.len()).filter(|e| self.graph.component_of(EndpointId::new(*e)) == component).collect();
        let topics: Vec<usize> = (0..plan.topics.len()).filter(|t| plan.topics[*t].component == component).collect();
        let stations: Vec<usize> = plan.stations_of(component).map(|s| s.index()).collect();
        let mut run = 0;
        for row in from..until {
            let sign = endpoints.iter().any(|e| self.suffers(*e, from, row))
                || stations.iter().any(|s| self.is_full(*s, row))
                || topics.iter().any(|t| self.piles_up(*t, row));
            run = if sign { run + 1 } else { 0 };
            if run == 2 * self.smooth {
                return Some(row + 1 - run);
            }
        }
        None
    }

    fn suffers(&self, endpoint: usize, from: usize, row: usize) -> bool {
        let start = (row + 1).saturating_sub(self.smooth).max(from);
        let usual = &self.usual[endpoint];
        let h = sum(&self.pair.healthy.rows[start..=row], endpoint);
        let f = sum(&self.pair.faulted.rows[start..=row], endpoint);
        fails(usual, h, f) || slow(usual, h, f) || self.stands_still(endpoint, row)
    }

    /// More is in progress than usual: what comes does not end.
    fn stands_still(&self, endpoint: usize, row: usize) -> bool {
        let usual = &self.usual[endpoint];
        let [h, f] = [0, 1].map(|side| self.progress[side][endpoint][row] as f64);
        let margin = (SIGMAS * usual.deviation).max((SLOWER - 1.0) * usual.in_progress).max(3.0);
        // The twin may have more in progress at this moment, too.
        f - h >= margin && f >= margin
    }

    /// All workers are busy, and the queue is longer than it ever is in the twin.
    fn is_full(&self, station: usize, row: usize) -> bool {
        let f = &self.pair.faulted.rows[row];
        let usual = f64::from(self.longest.0[station]);
        all_busy(self.graph, station, f) && f64::from(f.stations[station].queue) > 1.0 + 2.0 * usual
    }

    /// More messages wait than ever do in the twin.
    fn piles_up(&self, topic: usize, row: usize) -> bool {
        let now = self.pair.faulted.rows[row].topics.get(topic).map_or(0.0, |t| t.backlog);
        f64::from(now) > 20.0 + 2.0 * f64::from(self.longest.1[topic])
    }

    /// Whether a topic does so in a window.
    pub(super) fn backs_up(&self, topic: usize, row: usize) -> bool {
        self.piles_up(topic, row)
    }
}

/// A larger share of what ended has failed.
fn fails(usual: &Usual, h: Cell, f: Cell) -> bool {
    let ended = f.good + f.failed;
    if ended < FEW {
        return false;
    }
    let now = f64::from(f.failed) / f64::from(ended);
    let twin = f64::from(h.failed) / f64::from((h.good + h.failed).max(1));
    let chance = (usual.failing * (1.0 - usual.failing)).max(0.01) * usual.clumping / f64::from(ended);
    now - usual.failing.max(twin) >= FAILS_MORE && now - usual.failing >= SIGMAS * chance.sqrt()
}

/// What was answered took longer.
fn slow(usual: &Usual, h: Cell, f: Cell) -> bool {
    let Some(now) = f.mean_latency() else { return false };
    let twin = h.mean_latency().filter(|_| h.good >= FEW).unwrap_or(usual.latency);
    let error = (usual.variance / f64::from(f.good)).sqrt();
    usual.latency > 0.0 && now > SLOWER * usual.latency.max(twin) + NOTICED && now - usual.latency >= SIGMAS * error
}

fn usual(rows: &[Row], endpoint: usize, block: usize, seconds: f64, progress: &[i64]) -> Usual {
    let all = sum(rows, endpoint);
    let Some(latency) = all.mean_latency() else { return Usual { clumping: 1.0, ..Usual::default() } };
    let ended = f64::from(all.good + all.failed);
    let failing = f64::from(all.failed) / ended;
    let blocks: Vec<Cell> = rows.chunks(block.max(1)).map(|rows| sum(rows, endpoint)).collect();
    let freedom = blocks.len().saturating_sub(1).max(1) as f64;
    let scatter: f64 =
        blocks.iter().filter_map(|b| b.mean_latency().map(|m| f64::from(b.good) * (m - latency) * (m - latency))).sum();
    let chance = |b: &Cell| f64::from(b.good + b.failed) * failing * (1.0 - failing);
    let clumps: f64 = blocks
        .iter()
        .filter(|b| chance(b) > 0.0)
        .map(|b| {
            let off = f64::from(b.failed) - f64::from(b.good + b.failed) * failing;
            off * off / chance(b)
        })
        .sum();
    let in_progress = f64::from(all.good) / seconds.max(1e-9) * latency;
    let mean = progress.iter().sum::<i64>() as f64 / progress.len().max(1) as f64;
    let spread = progress.iter().map(|p| (*p as f64 - mean) * (*p as f64 - mean)).sum::<f64>()
        / progress.len().saturating_sub(1).max(1) as f64;
    Usual {
        latency,
        // At least that of exponential times: few blocks may agree by chance.
        variance: (scatter / freedom).max(latency * latency),
        failing,
        clumping: (clumps / freedom).max(1.0),
        in_progress,
        deviation: spread.sqrt().max(in_progress.sqrt()),
    }
}

/// In progress at the end of each window, beyond what it was before the first.
fn in_progress(rows: &[Row], endpoint: usize) -> Vec<i64> {
    let change = |row: &Row| {
        let cell = row.endpoints[endpoint];
        i64::from(cell.offered) - i64::from(cell.good) - i64::from(cell.failed)
    };
    rows.iter()
        .scan(0, |level, row| {
            *level += change(row);
            Some(*level)
        })
        .collect()
}

fn sum(rows: &[Row], endpoint: usize) -> Cell {
    let mut total = Cell::default();
    for cell in rows.iter().filter_map(|row| row.endpoints.get(endpoint)) {
        total.offered += cell.offered;
        total.good += cell.good;
        total.failed += cell.failed;
        total.latency_sum += cell.latency_sum;
    }
    total
}

/// All workers of a station that are up are busy.
pub(super) fn all_busy(graph: &Graph, station: usize, row: &Row) -> bool {
    let (spec, cell) = (&graph.plan().stations[station], row.stations[station]);
    let workers = f64::from(spec.workers) * f64::from(cell.up);
    spec.workers != UNLIMITED && cell.up > 0 && f64::from(cell.busy) >= 0.95 * workers
}

/// All its cores are.
pub(super) fn no_core_left(graph: &Graph, station: usize, row: &Row) -> bool {
    let cell = row.stations[station];
    let cores = graph.plan().stations[station].cores.map(|c| c * f64::from(cell.up));
    cores.is_some_and(|cores| cell.up > 0 && f64::from(cell.cores) >= 0.95 * cores)
}
