//! Why a component became impaired: what was full, refused, timed out or passed on from then on.

use super::signs::{Watch, all_busy, no_core_left};
use super::{Mechanism, Pair, Struck};
use crate::graph::Graph;
use crate::measure::{EdgeCell, Row};
use crate::plan::{ComponentId, EdgeId, Party, Role};

/// A pair of runs, and who became impaired when.
pub(super) struct Scene<'s, 'g, 'a> {
    pub(super) graph: &'g Graph<'g>,
    pub(super) struck: &'s [Struck],
    pub(super) pair: Pair<'a>,
    /// Windows from which components are impaired, in order.
    pub(super) onsets: &'s [(usize, ComponentId)],
    pub(super) watch: &'s Watch<'g, 'a>,
}

/// Further calls than in the twin that make a flood.
const FLOOD: f64 = 1.2;
/// A hit ratio that fell by so much is a cache gone cold.
const COLDER: f64 = 0.1;

impl Scene<'_, '_, '_> {
    /// The mechanism, and the edge along which it came.
    pub(super) fn explain(&self, component: ComponentId, row: usize, until: usize) -> (Mechanism, Option<EdgeId>) {
        let via = self.troubled(component, row, until);
        let flood = if via.is_none() { self.flood(component, row, until) } else { None };
        if let Some((mechanism, edge)) = flood {
            return (mechanism, Some(edge));
        }
        let stations: Vec<usize> = self.graph.plan().stations_of(component).map(|s| s.index()).collect();
        let own = self.fleet(&stations, until).or_else(|| self.full(&stations, row, until));
        if let Some(mechanism) = own {
            return (mechanism, via);
        }
        if let Some(edge) = self.waits_for_pool(component, row, until) {
            return (Mechanism::PoolExhausted, Some(edge));
        }
        if let Some(edge) = self.blocked(component, row, until) {
            return (Mechanism::QueueBlocked, edge.or(via));
        }
        let cores = stations.iter().any(|s| self.often(row, until, |r| no_core_left(self.graph, *s, r)));
        match via {
            None if cores => (Mechanism::CoresExhausted, None),
            None => (Mechanism::SlowAnswers, None),
            Some(edge) => (self.passed_on(edge, row, until), Some(edge)),
        }
    }

    /// Whether a window shows the mechanism itself, which may set in after the first signs.
    pub(super) fn shows(&self, component: ComponentId, how: Mechanism, via: Option<EdgeId>, row: usize) -> bool {
        let Some((h, f)) = self.pair.rows(row, row + 1).next() else { return false };
        let plan = self.graph.plan();
        let mut stations = plan.stations_of(component).map(|s| s.index());
        let edge = via.map(|e| f.edges[e.index()]).unwrap_or_default();
        match how {
            Mechanism::WorkersExhausted => stations.any(|s| all_busy(self.graph, s, f)),
            Mechanism::CoresExhausted => stations.any(|s| no_core_left(self.graph, s, f)),
            Mechanism::QueueFull => stations.any(|s| f.stations[s].refused > h.stations[s].refused),
            Mechanism::PoolExhausted => edge.waiting > 0.5,
            Mechanism::RetryAmplification => edge.retries > 0,
            Mechanism::BreakerOpen => edge.rejected > 0,
            Mechanism::TimedOut => edge.timeouts > 0,
            Mechanism::ErrorPassedOn => edge.failed > 0,
            Mechanism::EjectedHealthy => stations.any(|s| f.stations[s].ejected > 0),
            Mechanism::CacheCold | Mechanism::QueueBlocked | Mechanism::ScaledDown | Mechanism::SlowAnswers => true,
        }
    }

    fn edge(&self, edge: EdgeId, row: usize, until: usize) -> (EdgeCell, EdgeCell) {
        let mut sums = (EdgeCell::default(), EdgeCell::default());
        for (h, f) in self.pair.rows(row, until) {
            add(&mut sums.0, &h.edges[edge.index()]);
            add(&mut sums.1, &f.edges[edge.index()]);
        }
        let rows = until.saturating_sub(row).max(1) as f32;
        sums.0.waiting /= rows;
        sums.1.waiting /= rows;
        sums
    }

    /// The edge to a callee in trouble that was impaired before, with most trouble on it; what is struck comes first.
    fn troubled(&self, component: ComponentId, row: usize, until: usize) -> Option<EdgeId> {
        let plan = self.graph.plan();
        let rank = |e: &EdgeId| {
            let to = plan.edges[e.index()].to;
            if self.struck.iter().any(|s| s.meets(plan, *e)) {
                return Some(0);
            }
            self.onsets.iter().find(|(at, c)| *c == to && *at <= row).map(|(at, _)| at + 1)
        };
        let trouble = |e: &EdgeId| {
            let (h, f) = self.edge(*e, row, until);
            f.failed.saturating_sub(h.failed) + f.timeouts
        };
        let out = (0..plan.edges.len()).map(EdgeId::new);
        out.filter(|e| plan.edges[e.index()].from == Party::Component(component))
            .filter(|e| rank(e).is_some())
            .max_by_key(|e| (trouble(e), usize::MAX - rank(e).unwrap_or(0)))
    }

    /// More came than in the twin: retries, or what a cache used to answer.
    fn flood(&self, component: ComponentId, row: usize, until: usize) -> Option<(Mechanism, EdgeId)> {
        let plan = self.graph.plan();
        let into: Vec<(EdgeId, EdgeCell, EdgeCell)> = (self.graph.edges_into(component).into_iter())
            .map(|e| {
                let (h, f) = self.edge(e, row, until);
                (e, h, f)
            })
            .collect();
        let calm: u32 = into.iter().map(|(_, h, _)| tries(h)).sum();
        let now: u32 = into.iter().map(|(_, _, f)| tries(f)).sum();
        if f64::from(now) <= FLOOD * f64::from(calm) {
            return None;
        }
        let retries: u32 = into.iter().map(|(_, _, f)| f.retries).sum();
        if f64::from(retries) > 0.1 * f64::from(now) {
            let worst = into.iter().max_by_key(|(_, _, f)| f.retries)?;
            return Some((Mechanism::RetryAmplification, worst.0));
        }
        let colder = into.iter().filter(|(e, _, _)| match plan.edges[e.index()].from {
            Party::Component(caller) => self.lost_its_cache(caller, row, until),
            Party::Source(_) => false,
        });
        let worst = colder.max_by_key(|(_, h, f)| f.calls.saturating_sub(h.calls))?;
        Some((Mechanism::CacheCold, worst.0))
    }

    /// Whether a cache that this component asks is struck, or finds much less than in the twin.
    fn lost_its_cache(&self, caller: ComponentId, row: usize, until: usize) -> bool {
        let plan = self.graph.plan();
        let asked = |cache: ComponentId| {
            plan.edges.iter().any(|e| e.from == Party::Component(caller) && e.to == cache)
                && plan.components[cache.index()].role == Role::Cache
        };
        self.struck.iter().any(|s| asked(s.component))
            || (0..plan.caches.len()).filter(|c| asked(plan.caches[*c].component)).any(|cache| {
                let (h, f) = hits(self.pair, cache, row, until);
                h.zip(f).is_some_and(|(h, f)| h - f >= COLDER)
            })
    }

    /// Replicas were left out, or taken away, that the twin has.
    fn fleet(&self, stations: &[usize], until: usize) -> Option<Mechanism> {
        let from = self.pair.span().0;
        for &s in stations {
            let fleet = self.graph.plan().stations[s].fleet.as_ref();
            let (mut ejected, mut up) = ([0, 0], [0, 0]);
            for (h, f) in self.pair.rows(from, until) {
                for (side, row) in [h, f].into_iter().enumerate() {
                    ejected[side] += row.stations[s].ejected;
                    up[side] += row.stations[s].up;
                }
            }
            if ejected[1] > ejected[0] {
                return Some(Mechanism::EjectedHealthy);
            }
            let scales = fleet.is_some_and(|f| f.scaling.is_some());
            if scales && f64::from(up[1]) < 0.9 * f64::from(up[0]) {
                return Some(Mechanism::ScaledDown);
            }
        }
        None
    }

    fn full(&self, stations: &[usize], row: usize, until: usize) -> Option<Mechanism> {
        if stations.iter().any(|s| self.often(row, until, |r| all_busy(self.graph, *s, r))) {
            return Some(Mechanism::WorkersExhausted);
        }
        let refuses = stations.iter().any(|s| {
            let sums = self
                .pair
                .rows(row, until)
                .fold((0, 0), |(h, f), (a, b)| (h + a.stations[*s].refused, f + b.stations[*s].refused));
            sums.1 > 2 * sums.0 + 5
        });
        refuses.then_some(Mechanism::QueueFull)
    }

    /// Whether something is seen with the fault for a second at least.
    fn often(&self, row: usize, until: usize, seen: impl Fn(&Row) -> bool) -> bool {
        self.pair.rows(row, until).filter(|(_, f)| seen(f)).count() >= self.pair.windows(super::SMOOTH)
    }

    fn waits_for_pool(&self, component: ComponentId, row: usize, until: usize) -> Option<EdgeId> {
        let plan = self.graph.plan();
        let out = (0..plan.edges.len()).map(EdgeId::new);
        out.filter(|e| plan.edges[e.index()].from == Party::Component(component))
            .filter(|e| plan.edges[e.index()].pool.is_some())
            .map(|e| (e, self.edge(e, row, until)))
            .filter(|(_, (h, f))| f.waiting > 1.0 + 2.0 * h.waiting)
            .max_by(|a, b| a.1.1.waiting.total_cmp(&b.1.1.waiting))
            .map(|(e, _)| e)
    }

    /// A queue whose messages pile up, or one that publishes into a full one; the edge there.
    fn blocked(&self, component: ComponentId, row: usize, until: usize) -> Option<Option<EdgeId>> {
        let plan = self.graph.plan();
        let topics = || 0..plan.topics.len();
        if topics().any(|t| plan.topics[t].component == component && self.watch.backs_up(t, row)) {
            return Some(None);
        }
        let waits = |t: usize| {
            let count = |r: &Row| r.topics.get(t).map_or(0, |t| t.blocked + t.refused);
            let sums = self.pair.rows(row, until).fold((0, 0), |(h, f), (a, b)| (h + count(a), f + count(b)));
            sums.1 > 2 * sums.0 + 5
        };
        let full: Vec<ComponentId> = topics().filter(|t| waits(*t)).map(|t| plan.topics[t].component).collect();
        let mut out = plan.edges.iter().enumerate().filter(|(_, e)| e.from == Party::Component(component));
        out.find(|(_, e)| full.contains(&e.to)).map(|(e, _)| Some(EdgeId::new(e)))
    }

    /// How trouble at the other end of an edge reaches this one.
    fn passed_on(&self, edge: EdgeId, row: usize, until: usize) -> Mechanism {
        let f = self.edge(edge, row, until).1;
        match () {
            () if f.rejected > 0 && 2 * f.rejected >= f.failed => Mechanism::BreakerOpen,
            () if f.timeouts > 0 && 2 * f.timeouts >= f.failed => Mechanism::TimedOut,
            () if f.failed > 0 => Mechanism::ErrorPassedOn,
            () => Mechanism::SlowAnswers,
        }
    }
}

/// Components to which many more calls come than in the twin, whether they bear it or not.
pub fn loaded(graph: &Graph, pair: Pair) -> Vec<ComponentId> {
    let (from, until) = pair.span();
    let more = |component: &ComponentId| {
        let (mut calm, mut now) = (0, 0);
        for edge in graph.edges_into(*component) {
            for (h, f) in pair.rows(from, until) {
                calm += tries(&h.edges[edge.index()]);
                now += tries(&f.edges[edge.index()]);
            }
        }
        let (calm, now) = (f64::from(calm), f64::from(now));
        now > FLOOD * calm + 6.0 * calm.sqrt() + 20.0
    };
    (0..graph.plan().components.len()).map(ComponentId::new).filter(more).collect()
}

fn tries(cell: &EdgeCell) -> u32 {
    cell.calls + cell.retries
}

fn add(total: &mut EdgeCell, cell: &EdgeCell) {
    total.calls += cell.calls;
    total.retries += cell.retries;
    total.timeouts += cell.timeouts;
    total.rejected += cell.rejected;
    total.failed += cell.failed;
    total.opened += cell.opened;
    total.waiting += cell.waiting;
}

/// The hit ratio of a cache with keys, without the fault and with it, where it was asked.
pub(super) fn hits(pair: Pair, cache: usize, from: usize, until: usize) -> (Option<f64>, Option<f64>) {
    let mut sums = [(0u32, 0u32); 2];
    for (h, f) in pair.rows(from, until) {
        for (sum, row) in sums.iter_mut().zip([h, f]) {
            let cell = row.caches.get(cache).copied().unwrap_or_default();
            sum.0 += cell.looked;
            sum.1 += cell.hits;
        }
    }
    let ratio = |(looked, hits): (u32, u32)| (looked > 0).then(|| f64::from(hits) / f64::from(looked));
    (ratio(sums[0]), ratio(sums[1]))
}
