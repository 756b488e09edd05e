//! The pulse of a system: what came, what was answered, and what that took, per second of some windows.
//!
//! Goodput is back when users get nine tenths of what they got before the trigger, all together, by source of traffic,
//! and by endpoint they call. Where traffic is open it is measured by what they ask for now, so that a lower load is no
//! failure; a fixed number of users ask less because they wait, so that for them nothing is forgiven.

use crate::experiments::chance::{above, below};
use crate::graph::Graph;
use crate::measure::Row;
use crate::plan::{Arrivals, EdgeId, StationId};
use crate::units::SimDuration;

/// Goodput below this share of what it was is not back.
const BACK: f64 = 0.9;
/// More attempts per request of users than this multiple of what it was are an amplification.
const AMPLIFIED: f64 = 1.1;
/// A station that answers less than this share of what it answered has lost capacity.
const DEGRADED: f64 = 0.9;
/// Organic load above this multiple of what it was explains by itself that goodput is low.
const MORE: f64 = 1.05;
/// Standard errors that chance may explain.
const SIGMAS: f64 = 3.0;

/// Sums over some windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Pulse {
    seconds: f64,
    /// False when the run ended before.
    whole: bool,
    /// Requests of each source.
    offered: Vec<f64>,
    /// Those answered.
    good: Vec<f64>,
    /// Answers of each endpoint that users call.
    answers: Vec<f64>,
    /// Tries on each edge.
    tries: Vec<f64>,
    /// Requests that came to each station.
    came: Vec<f64>,
    /// Those it answered.
    done: Vec<f64>,
    /// Its replicas in rotation, on average.
    up: Vec<f64>,
    /// Requests that wait there, on average.
    queue: Vec<f64>,
    /// All that is in progress at stations or waits there, and messages that wait, on average.
    in_progress: f64,
    /// The traffic is a fixed number of users, or some of it is.
    closed: bool,
}

/// What keeps the load at or above the capacity, by the figures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Strain {
    /// The edge whose tries per request of users have grown most, with how many times as many there are.
    pub amplified: Option<(EdgeId, f64)>,
    /// A station that answers less though as much comes, or has fewer replicas.
    pub degraded: Option<StationId>,
}

impl Pulse {
    /// Over the windows from one time of the measured part to another.
    pub fn of(graph: &Graph, rows: &[Row], window: SimDuration, from: SimDuration, until: SimDuration) -> Pulse {
        let plan = graph.plan();
        let index = |at: SimDuration| (at.0 / window.0.max(1)) as usize;
        let (from, until) = (index(from), index(until).max(index(from) + 1));
        let rows = rows.get(from.min(rows.len())..until.min(rows.len())).unwrap_or_default();
        let sum = |of: &dyn Fn(&Row) -> f64| rows.iter().map(of).sum::<f64>();
        let mean = |of: &dyn Fn(&Row) -> f64| sum(of) / rows.len().max(1) as f64;
        let users = graph.user_endpoints();
        let at = |s: usize, of: &dyn Fn(usize, &Row) -> u32| {
            let mine = (0..plan.endpoints.len()).filter(|e| plan.endpoints[*e].station.index() == s);
            mine.map(|e| sum(&|row| f64::from(of(e, row)))).sum::<f64>()
        };
        let (sources, stations) = (0..plan.sources.len(), 0..plan.stations.len());
        Pulse {
            seconds: (until - from) as f64 * window.seconds(),
            whole: rows.len() == until - from,
            offered: sources.clone().map(|s| sum(&|row| f64::from(row.sources[s].offered))).collect(),
            good: sources.map(|s| sum(&|row| f64::from(row.sources[s].good))).collect(),
            answers: users.iter().map(|e| sum(&|row| f64::from(row.endpoints[e.index()].good))).collect(),
            tries: (0..plan.edges.len())
                .map(|e| sum(&|row| f64::from(row.edges[e].calls + row.edges[e].retries)))
                .collect(),
            came: stations.clone().map(|s| at(s, &|e, row| row.endpoints[e].offered)).collect(),
            done: stations.clone().map(|s| at(s, &|e, row| row.endpoints[e].good)).collect(),
            up: stations.clone().map(|s| mean(&|row| f64::from(row.stations[s].up))).collect(),
            queue: stations.map(|s| mean(&|row| f64::from(row.stations[s].queue))).collect(),
            in_progress: mean(&|row| {
                let stations = row.stations.iter().map(|s| f64::from(s.busy) + f64::from(s.queue)).sum::<f64>();
                stations + row.topics.iter().map(|t| f64::from(t.backlog)).sum::<f64>()
            }),
            closed: plan.sources.iter().any(|s| s.max_users.is_some() || matches!(s.arrivals, Arrivals::Closed { .. })),
        }
    }

    /// Requests of users per second.
    pub fn organic(&self) -> f64 {
        self.offered.iter().sum::<f64>() / self.seconds
    }

    /// Requests that came to a station, per second.
    pub fn came(&self, station: StationId) -> f64 {
        self.came[station.index()] / self.seconds
    }

    /// Requests that came to all stations.
    pub fn arrivals(&self) -> f64 {
        self.came.iter().sum()
    }

    /// All that is in progress or waits, on average, wherever it stands.
    pub fn in_progress(&self) -> f64 {
        self.in_progress
    }

    /// How long it looked, in seconds.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Requests that wait at a station, on average.
    pub fn queue(&self, station: StationId) -> f64 {
        self.queue[station.index()]
    }

    /// Replicas of a station in rotation, on average.
    pub fn up(&self, station: StationId) -> f64 {
        self.up[station.index()]
    }

    /// Whether goodput is what it was `before`.
    pub fn is_back(&self, before: &Pulse) -> bool {
        self.is_back_at(before, 1.0)
    }

    /// The same when there are so many times as many users, where their number is fixed. Of open traffic it is seen how much
    /// there is.
    pub fn is_back_at(&self, before: &Pulse, users: f64) -> bool {
        let share = if self.closed { users } else { self.organic() / before.organic().max(1e-9) };
        let all = |pulse: &Pulse| pulse.good.iter().sum::<f64>();
        let pairs = [(all(self), all(before))].into_iter();
        let pairs = pairs.chain(self.good.iter().copied().zip(before.good.iter().copied()));
        let mut pairs = pairs.chain(self.answers.iter().copied().zip(before.answers.iter().copied()));
        self.whole && pairs.all(|(now, then)| !below(now, then, BACK * share * self.seconds / before.seconds, SIGMAS))
    }

    /// Whether users ask for more than `before`, beyond chance.
    pub fn asks_more(&self, before: &Pulse) -> bool {
        let all = |pulse: &Pulse| pulse.offered.iter().sum::<f64>();
        above(all(self), all(before), MORE * self.seconds / before.seconds, SIGMAS)
    }

    /// What has grown and what has shrunk since `before`, beyond chance.
    pub fn strain(&self, before: &Pulse) -> Strain {
        let share = self.organic() / before.organic().max(1e-9);
        let growth = |e: usize| {
            let due = before.tries[e] / before.seconds * self.seconds * share;
            let grown = self.tries[e] > AMPLIFIED * due + 3.0 * due.max(1.0).sqrt() + 5.0;
            grown.then(|| (EdgeId::new(e), self.tries[e] / due.max(1.0)))
        };
        let degraded = |s: &usize| {
            let (came, done) = (self.came[*s] / self.seconds, self.done[*s] / self.seconds);
            let (usual, asked) = (before.done[*s] / before.seconds, before.came[*s] / before.seconds);
            let slack = 3.0 * (usual / self.seconds).sqrt();
            self.up[*s] < DEGRADED * before.up[*s] || (came >= asked - slack && done < DEGRADED * usual - slack)
        };
        Strain {
            amplified: (0..self.tries.len()).filter_map(growth).max_by(|a, b| a.1.total_cmp(&b.1)),
            degraded: (0..self.up.len()).find(degraded).map(StationId::new),
        }
    }
}

/// How long after `end` goodput is back for good, in the windows up to `until`; `None` when it is not.
pub fn healed(
    graph: &Graph,
    before: &Pulse,
    rows: &[Row],
    window: SimDuration,
    [end, until]: [SimDuration; 2],
) -> Option<SimDuration> {
    // As long as it takes to tell by a hundred requests, three seconds at least.
    let ahead = SimDuration::from_seconds((100.0 / before.organic().max(1e-9)).max(3.0));
    let ahead = window.times((ahead.seconds() / window.seconds()).ceil().max(4.0));
    let fine = |at: SimDuration| Pulse::of(graph, rows, window, at, at + ahead).is_back(before);
    let mut back = SimDuration(until.0.saturating_sub(ahead.0) / window.0.max(1) * window.0);
    if back < end || !fine(back) {
        return None;
    }
    while back > end && fine(SimDuration(back.0 - window.0)) {
        back = SimDuration(back.0 - window.0);
    }
    Some(SimDuration(back.0 - end.0))
}
