//! What happened in each window of time.

use crate::engine::{EdgeTally, RequestTally, Tallies, World};
use crate::units::{NANOS, SimDuration, SimTime};

/// A run as windows of equal length, from the start of the measured part on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Length of a window.
    pub window: SimDuration,
    /// When the first one begins.
    pub start: SimTime,
    /// The windows in order; those after the measured part are included as far as the run went.
    pub rows: Vec<Row>,
}

/// One window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// For each source, over its mix.
    pub sources: Vec<Cell>,
    /// For each entry of each source's mix, in the order of the sources.
    pub entries: Vec<Cell>,
    /// For each endpoint.
    pub endpoints: Vec<Cell>,
    /// For each station.
    pub stations: Vec<StationCell>,
    /// For each edge.
    pub edges: Vec<EdgeCell>,
    /// For each topic.
    pub topics: Vec<TopicCell>,
    /// For each cache with keys (an unused default for the others).
    pub caches: Vec<CacheCell>,
    /// For each watch: answers that took longer, or the age of the oldest message in seconds.
    pub watched: Vec<f64>,
}

/// Requests in a window: those offered by when they came, the others by when they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// Came.
    pub offered: u32,
    /// Were answered, a substitute included.
    pub good: u32,
    /// Failed.
    pub failed: u32,
    /// Time taken by those that were answered, summed.
    pub latency_sum: SimDuration,
}

/// A station in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StationCell {
    /// Busy workers, on average.
    pub busy: f32,
    /// Waiting requests, on average.
    pub queue: f32,
    /// Refused requests.
    pub refused: u32,
    /// Replicas up at the end of the window.
    pub up: u32,
    /// Replicas left out for their errors.
    pub ejected: u32,
    /// Busy cores, on average.
    pub cores: f32,
}

/// An edge in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EdgeCell {
    /// Calls made.
    pub calls: u32,
    /// Tries after the first.
    pub retries: u32,
    /// Tries that timed out.
    pub timeouts: u32,
    /// Tries refused by a breaker or a bulkhead.
    pub rejected: u32,
    /// Calls that failed for good.
    pub failed: u32,
    /// Times a breaker opened.
    pub opened: u32,
    /// Connections of the pool in use, on average.
    pub used: f32,
    /// Calls waiting for one, on average.
    pub waiting: f32,
}

/// A topic in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TopicCell {
    /// Messages not yet finished, on average.
    pub backlog: f32,
    /// Publications that had to wait for room.
    pub blocked: u32,
    /// Publications refused because it was full.
    pub refused: u32,
    /// Messages given up: dead letters, dropped or lost.
    pub given_up: u32,
}

/// A cache in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CacheCell {
    /// Look-ups.
    pub looked: u32,
    /// Found.
    pub hits: u32,
}

/// Turns what is counted from the beginning into what happened since the last look.
#[derive(Clone)]
pub(super) struct Recorder {
    before: Tallies,
    /// Core time used so far, in nanoseconds.
    cores: Vec<f64>,
    at: u64,
}

impl Recorder {
    pub(super) fn new(world: &World<'_>) -> Recorder {
        Recorder { before: world.tallies().clone(), cores: cores(world), at: world.now().0 }
    }

    /// The row since the last one.
    pub(super) fn row(&mut self, world: &World<'_>) -> Row {
        let (now, tallies) = (world.now().0, world.tallies());
        let (before, cores) = (&self.before, cores(world));
        let span = (now - self.at).max(1) as f64;
        let mean = |after: u128, before: u128| ((after - before) as f64 / span) as f32;
        let row = Row {
            sources: (tallies.sources.iter().zip(&before.sources))
                .map(|(after, before)| Cell::sum(after.iter().flatten(), before.iter().flatten()))
                .collect(),
            entries: (tallies.sources.iter().flatten().zip(before.sources.iter().flatten()))
                .map(|(after, before)| Cell::sum(after, before))
                .collect(),
            endpoints: (tallies.endpoints.iter().zip(&before.endpoints)).map(|(a, b)| Cell::sum(a, b)).collect(),
            stations: (tallies.stations.iter().zip(&before.stations).enumerate())
                .map(|(i, (a, b))| StationCell {
                    busy: mean(a.busy.area_at(now), b.busy.area_at(self.at)),
                    queue: mean(a.queue.area_at(now), b.queue.area_at(self.at)),
                    refused: (a.refused + a.shed - b.refused - b.shed) as u32,
                    up: world.up(i),
                    ejected: (a.ejections - b.ejections) as u32,
                    cores: ((cores[i] - self.cores[i]) / span) as f32,
                })
                .collect(),
            edges: (tallies.edges.iter().zip(&before.edges).enumerate())
                .map(|(e, (after, before))| {
                    let (pool, was) = (&tallies.pools[e], &self.before.pools[e]);
                    let used = mean(pool.used.area_at(now), was.used.area_at(self.at));
                    let waiting = mean(pool.waiting.area_at(now), was.waiting.area_at(self.at));
                    EdgeCell { used, waiting, ..EdgeCell::since(before, after) }
                })
                .collect(),
            topics: (tallies.topics.iter().zip(&before.topics))
                .map(|(a, b)| TopicCell {
                    backlog: mean(a.backlog.area_at(now), b.backlog.area_at(self.at)),
                    blocked: (a.blocked - b.blocked) as u32,
                    refused: (a.rejected - b.rejected) as u32,
                    given_up: (a.given_up() - b.given_up()) as u32,
                })
                .collect(),
            caches: (tallies.caches.iter().zip(&before.caches))
                .map(|(a, b)| CacheCell {
                    looked: a.iter().zip(b).map(|(a, b)| (a.looked - b.looked) as u32).sum(),
                    hits: a.iter().zip(b).map(|(a, b)| (a.hits - b.hits) as u32).sum(),
                })
                .collect(),
            watched: Vec::new(),
        };
        self.before.clone_from(tallies);
        self.cores = cores;
        self.at = now;
        row
    }
}

fn cores(world: &World<'_>) -> Vec<f64> {
    (0..world.tallies().stations.len()).map(|s| world.core_time(s)).collect()
}

impl Cell {
    fn sum<'a>(
        after: impl IntoIterator<Item = &'a RequestTally>,
        before: impl IntoIterator<Item = &'a RequestTally>,
    ) -> Cell {
        let mut cell = Cell::default();
        for (a, b) in after.into_iter().zip(before) {
            cell.offered += (a.offered - b.offered) as u32;
            cell.good += (a.succeeded + a.degraded - b.succeeded - b.degraded) as u32;
            cell.failed += (a.failed() - b.failed()) as u32;
            cell.latency_sum += SimDuration(a.latency.0 - b.latency.0);
        }
        cell
    }

    /// Mean time of those that were answered, in seconds, if any was.
    pub fn mean_latency(&self) -> Option<f64> {
        (self.good > 0).then(|| self.latency_sum.0 as f64 / f64::from(self.good) / NANOS as f64)
    }
}

impl EdgeCell {
    fn since(before: &[EdgeTally; 2], after: &[EdgeTally; 2]) -> EdgeCell {
        let count = |field: fn(&EdgeTally) -> u64| {
            (after.iter().map(field).sum::<u64>() - before.iter().map(field).sum::<u64>()) as u32
        };
        EdgeCell {
            calls: count(|t| t.calls),
            retries: count(|t| t.retries),
            timeouts: count(|t| t.timeouts),
            rejected: count(|t| t.rejected),
            failed: count(|t| t.failed),
            opened: count(|t| t.breaker_opened),
            used: 0.0,
            waiting: 0.0,
        }
    }
}
