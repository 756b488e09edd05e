//! The figures that show a mechanism: what a gauge reads in the healthy twin, and what it reads under the fault.

use super::explain::hits;
use super::signs::{all_busy, no_core_left};
use super::{Mechanism, Pair, SMOOTH};
use crate::graph::Graph;
use crate::measure::Row;
use crate::plan::{ComponentId, EdgeId, EndpointId, Party, StationId};

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gauge {
    /// Busy workers, of all.
    Workers,
    /// Busy connections of a database, of all.
    Connections,
    /// Busy cores, of all.
    Cores,
    /// Requests that wait for a worker.
    Queue,
    /// Share of the requests that are refused.
    Refused,
    /// Connections of a pool in use, of all.
    Pool,
    /// Calls that wait for one.
    PoolQueue,
    /// Tries per call.
    Attempts,
    /// Calls per second.
    Calls,
    /// Share of look-ups that hit.
    HitRatio,
    /// Messages not finished.
    Backlog,
    /// Publications per second that wait or are refused.
    Blocked,
    /// Replicas that serve.
    Replicas,
    /// Replicas left out for their errors, in all.
    Ejections,
    /// Share of calls that a breaker or a bulkhead refuses.
    Rejected,
    /// Share of tries that time out.
    TimedOut,
    /// Share of calls that fail.
    Failed,
    /// Mean time to an answer, in milliseconds.
    MeanMs,
}

impl Gauge {
    /// Its name in the published JSON.
    pub fn key(self) -> &'static str {
        match self {
            Gauge::Workers => "workers_busy",
            Gauge::Connections => "connections_busy",
            Gauge::Cores => "cores_busy",
            Gauge::Queue => "queue",
            Gauge::Refused => "refused_share",
            Gauge::Pool => "pool_in_use",
            Gauge::PoolQueue => "pool_waiting",
            Gauge::Attempts => "attempts_per_call",
            Gauge::Calls => "calls_per_s",
            Gauge::HitRatio => "hit_ratio",
            Gauge::Backlog => "backlog",
            Gauge::Blocked => "blocked_per_s",
            Gauge::Replicas => "replicas",
            Gauge::Ejections => "ejections",
            Gauge::Rejected => "rejected_share",
            Gauge::TimedOut => "timed_out_share",
            Gauge::Failed => "failed_share",
            Gauge::MeanMs => "mean_ms",
        }
    }
}

/// What a gauge reads without the fault and with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The gauge.
    pub gauge: Gauge,
    /// In the healthy twin, on average over the same time.
    pub before: f64,
    /// Under the fault: levels at their highest over a second, counts over all of the time.
    pub after: f64,
    /// Of how many, where there is a limit.
    pub of: Option<f64>,
}

/// What shows a mechanism, from the window in which it sets in.
pub(super) fn of(
    graph: &Graph,
    component: ComponentId,
    how: Mechanism,
    via: Option<EdgeId>,
    pair: Pair,
    from: usize,
    until: usize,
) -> Vec<Reading> {
    let read = Reader { graph, pair, from, until };
    let plan = graph.plan();
    let stations: Vec<usize> = plan.stations_of(component).map(StationId::index).collect();
    // The station that shows it longest.
    let worst = |shows: &dyn Fn(usize, &Row) -> bool| {
        let times = |s: &usize| pair.rows(from, until).filter(|(_, f)| shows(*s, f)).count();
        stations.iter().copied().max_by_key(|s| (times(s), std::cmp::Reverse(*s)))
    };
    let busiest = || worst(&|s, r| all_busy(graph, s, r));
    let along = |all: &[Gauge]| via.map(|e| read.edge(e, all)).unwrap_or_default();
    match how {
        Mechanism::WorkersExhausted => busiest().map(|s| read.workers(s)).unwrap_or_default(),
        Mechanism::CoresExhausted => {
            worst(&|s, r| no_core_left(graph, s, r)).map(|s| vec![read.cores(s)]).unwrap_or_default()
        }
        Mechanism::QueueFull => read.refused(component, &stations),
        Mechanism::PoolExhausted => along(&[Gauge::Pool, Gauge::PoolQueue]),
        Mechanism::RetryAmplification => along(&[Gauge::Attempts, Gauge::Calls]),
        Mechanism::CacheCold => {
            let caller = via.map(|e| plan.edges[e.index()].from);
            let mut all = caller.and_then(|c| read.hit_ratio(c)).into_iter().collect::<Vec<_>>();
            all.extend(along(&[Gauge::Calls]));
            all
        }
        Mechanism::QueueBlocked => read.messages(component, via),
        Mechanism::ScaledDown => stations.iter().map(|s| read.replicas(*s)).take(1).collect(),
        Mechanism::EjectedHealthy => {
            let ejections = stations.iter().map(|s| read.ejections(*s)).max_by(|a, b| a.after.total_cmp(&b.after));
            ejections.into_iter().chain(along(&[Gauge::Failed])).collect()
        }
        Mechanism::BreakerOpen => along(&[Gauge::Rejected]),
        Mechanism::TimedOut => along(&[Gauge::TimedOut]),
        Mechanism::ErrorPassedOn => along(&[Gauge::Failed]),
        Mechanism::SlowAnswers => vec![read.mean(component)],
    }
}

/// Some of what ends began before: where users wait and begin less, more than all of it may seem to fail.
fn whole(reading: Reading) -> Reading {
    Reading { before: reading.before.min(1.0), after: reading.after.min(1.0), ..reading }
}

struct Reader<'g, 'a> {
    graph: &'g Graph<'g>,
    pair: Pair<'a>,
    from: usize,
    until: usize,
}

impl Reader<'_, '_> {
    /// A level: its mean in the twin, and its highest mean over a second under the fault.
    fn level(&self, gauge: Gauge, of: Option<f64>, value: impl Fn(&Row) -> f64) -> Reading {
        let span = self.pair.windows(SMOOTH);
        let rows: Vec<(f64, f64)> = self.pair.rows(self.from, self.until).map(|(h, f)| (value(h), value(f))).collect();
        let mean = |rows: &[(f64, f64)], of: fn(&(f64, f64)) -> f64| {
            rows.iter().map(of).sum::<f64>() / rows.len().max(1) as f64
        };
        let peak = rows.windows(span.min(rows.len()).max(1)).map(|rows| mean(rows, |r| r.1)).fold(0.0, f64::max);
        Reading { gauge, before: mean(&rows, |r| r.0), after: peak, of }
    }

    /// A sum over a sum, without the fault and with it.
    fn ratio(&self, gauge: Gauge, value: impl Fn(&Row) -> (f64, f64)) -> Reading {
        let mut sums = [(0.0, 0.0); 2];
        for (h, f) in self.pair.rows(self.from, self.until) {
            for (sum, row) in sums.iter_mut().zip([h, f]) {
                let (over, under) = value(row);
                *sum = (sum.0 + over, sum.1 + under);
            }
        }
        let [before, after] = sums.map(|(over, under)| if under > 0.0 { over / under } else { 0.0 });
        Reading { gauge, before, after, of: None }
    }

    fn per_second(&self, gauge: Gauge, value: impl Fn(&Row) -> f64) -> Reading {
        let window = self.pair.healthy.window.seconds();
        self.ratio(gauge, |row| (value(row), window))
    }

    fn up(&self, station: usize) -> f64 {
        let last = self.pair.rows(self.from, self.until).last();
        last.map_or(0.0, |(_, f)| f64::from(f.stations[station].up))
    }

    fn workers(&self, station: usize) -> Vec<Reading> {
        let spec = &self.graph.plan().stations[station];
        let gauge = if spec.workers_word == "connections" { Gauge::Connections } else { Gauge::Workers };
        let of = f64::from(spec.workers) * self.up(station);
        vec![
            self.level(gauge, Some(of), |r| f64::from(r.stations[station].busy)),
            self.level(Gauge::Queue, None, |r| f64::from(r.stations[station].queue)),
        ]
    }

    fn cores(&self, station: usize) -> Reading {
        let of = self.graph.plan().stations[station].cores.map(|c| c * self.up(station));
        self.level(Gauge::Cores, of, |r| f64::from(r.stations[station].cores))
    }

    fn refused(&self, component: ComponentId, stations: &[usize]) -> Vec<Reading> {
        let own = self.endpoints(component);
        let share = self.ratio(Gauge::Refused, |r| {
            let refused: u32 = stations.iter().map(|s| r.stations[*s].refused).sum();
            let came: u32 = own.iter().map(|e| r.endpoints[*e].offered).sum();
            (f64::from(refused), f64::from(came))
        });
        let queue = stations.iter().map(|s| self.level(Gauge::Queue, None, |r| f64::from(r.stations[*s].queue)));
        let longest = queue.max_by(|a, b| a.after.total_cmp(&b.after)).filter(|q| q.after >= 1.0);
        std::iter::once(share).chain(longest).collect()
    }

    fn edge(&self, edge: EdgeId, gauges: &[Gauge]) -> Vec<Reading> {
        let (spec, e) = (&self.graph.plan().edges[edge.index()], edge.index());
        let share = |gauge, value: fn(&crate::measure::EdgeCell) -> (u32, u32)| {
            self.ratio(gauge, |r| {
                let (over, under) = value(&r.edges[e]);
                (f64::from(over), f64::from(under))
            })
        };
        let read = |gauge: &Gauge| match gauge {
            Gauge::Pool => {
                let of = spec.pool.map(|p| f64::from(p) * f64::from(spec.instances));
                self.level(*gauge, of, |r| f64::from(r.edges[e].used))
            }
            Gauge::PoolQueue => self.level(*gauge, None, |r| f64::from(r.edges[e].waiting)),
            Gauge::Attempts => share(*gauge, |c| (c.calls + c.retries, c.calls)),
            Gauge::Rejected => share(*gauge, |c| (c.rejected, c.calls + c.retries)),
            Gauge::TimedOut => whole(share(*gauge, |c| (c.timeouts, c.calls + c.retries))),
            Gauge::Failed => whole(share(*gauge, |c| (c.failed, c.calls))),
            _ => self.per_second(Gauge::Calls, |r| f64::from(r.edges[e].calls + r.edges[e].retries)),
        };
        gauges.iter().map(read).collect()
    }

    /// Of the cache with keys that this caller asks and that lost most.
    fn hit_ratio(&self, caller: Party) -> Option<Reading> {
        let plan = self.graph.plan();
        let asked = |cache: &usize| {
            let to = plan.caches[*cache].component;
            plan.edges.iter().any(|e| e.from == caller && e.to == to)
        };
        let read = |cache: usize| {
            let (before, after) = hits(self.pair, cache, self.from, self.until);
            Some(Reading { gauge: Gauge::HitRatio, before: before?, after: after?, of: None })
        };
        let all = (0..plan.caches.len()).filter(asked).filter_map(read);
        all.max_by(|a, b| (a.before - a.after).total_cmp(&(b.before - b.after)))
    }

    /// Of the queue itself, or of the one at the end of the edge.
    fn messages(&self, component: ComponentId, via: Option<EdgeId>) -> Vec<Reading> {
        let plan = self.graph.plan();
        let queue = via.map_or(component, |e| plan.edges[e.index()].to);
        let owner = |component: ComponentId| {
            let topics = (0..plan.topics.len()).filter(|t| plan.topics[*t].component == component);
            topics.collect::<Vec<usize>>()
        };
        let topics = if owner(component).is_empty() { owner(queue) } else { owner(component) };
        let sum = |r: &Row, of: fn(&crate::measure::TopicCell) -> f64| -> f64 {
            topics.iter().filter_map(|t| r.topics.get(*t)).map(of).sum()
        };
        let backlog = self.level(Gauge::Backlog, None, |r| sum(r, |t| f64::from(t.backlog)));
        let blocked = self.per_second(Gauge::Blocked, |r| sum(r, |t| f64::from(t.blocked + t.refused)));
        std::iter::once(backlog).chain((blocked.after > 0.0).then_some(blocked)).collect()
    }

    fn replicas(&self, station: usize) -> Reading {
        self.ratio(Gauge::Replicas, |r| (f64::from(r.stations[station].up), 1.0))
    }

    fn ejections(&self, station: usize) -> Reading {
        let (h, f) = self
            .pair
            .rows(self.from, self.until)
            .fold((0, 0), |(h, f), (a, b)| (h + a.stations[station].ejected, f + b.stations[station].ejected));
        Reading { gauge: Gauge::Ejections, before: f64::from(h), after: f64::from(f), of: None }
    }

    /// Over the component's endpoints.
    fn mean(&self, component: ComponentId) -> Reading {
        let own = self.endpoints(component);
        self.ratio(Gauge::MeanMs, |r| {
            own.iter()
                .map(|e| r.endpoints[*e])
                .fold((0.0, 0.0), |(time, n), cell| (time + cell.latency_sum.seconds() * 1e3, n + f64::from(cell.good)))
        })
    }

    fn endpoints(&self, component: ComponentId) -> Vec<usize> {
        let all = 0..self.graph.plan().endpoints.len();
        all.filter(|e| self.graph.component_of(EndpointId::new(*e)) == component).collect()
    }
}
