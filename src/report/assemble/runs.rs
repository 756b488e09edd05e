//! Runs: requests, resources, connections, queues, SLOs.

use super::{Scribe, measure, scaled};
use crate::engine::{Cause, Stop};
use crate::experiments::{Judged, Shown, Verdict};
use crate::faults::Fault;
use crate::graph::Bound;
use crate::measure::{Estimate, Measurements, Served};
use crate::model::{Expectation, Subject, What};
use crate::plan::{Plan, Role};
use crate::report::{
    Cache, Dependency, FaultInfo, Locks, Measure, Phase, PhaseTraffic, Queue, Replicas, Replication, Resource, Run,
    SloResult, SloVerdict, Tally, Traffic,
};
use crate::units::SimDuration;
use indexmap::IndexMap;
use std::collections::BTreeMap;

impl Scribe<'_> {
    pub(super) fn run(&self, shown: &Shown, slos: &[Expectation]) -> Run {
        let plan = &self.model.plan;
        let runs = &shown.outcome.runs;
        let endpoints = plan.endpoints.iter().enumerate().filter(|(_, e)| {
            let component = plan.stations[e.station.index()].component;
            plan.components[component.index()].role == Role::Service
        });
        let tally = |of: &dyn Fn(&Measurements) -> Served| tally(runs, of);
        Run {
            name: shown.name.clone(),
            load: shown.load,
            faults: shown.faults.iter().map(FaultInfo::from).collect(),
            warmup_s: shown.length.schedule.warmup.seconds(),
            duration_s: shown.length.schedule.measured.seconds(),
            events: runs.iter().map(|m| m.events).sum(),
            requests: runs.iter().flat_map(|m| &m.sources).map(|s| s.total.offered).sum(),
            stopped: runs.iter().find_map(|m| m.stop).map(|stop| stopped(stop, plan)),
            endpoints: endpoints.map(|(i, e)| (e.name.clone(), tally(&|m| m.endpoints[i].clone()))).collect(),
            traffic: (plan.sources.iter().enumerate())
                .map(|(i, source)| {
                    let total = tally(&|m| m.sources[i].total.clone());
                    let late = runs.iter().map(|m| m.sources[i].late).sum();
                    (source.name.clone(), Traffic { total, late, endpoints: self.by_endpoint(i, runs) })
                })
                .collect(),
            resources: self.resources(shown.load, runs),
            dependencies: self.dependencies(runs),
            queues: self.queues(runs),
            caches: self.caches(runs),
            replicas: self.replicas(runs),
            locks: self.locks(runs),
            replication: self.replication(runs),
            slos: shown.outcome.judged.iter().map(|j| self.slo(j, slos)).chain(growth(shown)).collect(),
            phases: self.phases(shown),
            alerts: self.heard(shown),
            seconds: None,
        }
    }

    /// A source's requests by endpoint; an endpoint that stands in the mix twice is told once.
    fn by_endpoint(&self, source: usize, runs: &[Measurements]) -> IndexMap<String, Tally> {
        let mix = &self.model.plan.sources[source].mix;
        let ids = mix.iter().map(|(_, link)| self.model.plan.links[link.index()].to);
        ids.map(|id| {
            let of = |m: &Measurements| {
                let mut sum = Served::default();
                let mine = m.sources[source].by_link.iter().filter(|(e, _)| *e == id);
                mine.for_each(|(_, served)| sum.merge(served));
                sum
            };
            (self.model.plan.endpoints[id.index()].name.clone(), tally(runs, &of))
        })
        .collect()
    }

    fn resources(&self, load: f64, runs: &[Measurements]) -> IndexMap<String, Resource> {
        let bounds: BTreeMap<String, Bound> = self.graph.bounds().into_iter().map(|b| (b.name.clone(), b)).collect();
        let Some(first) = runs.first() else { return IndexMap::new() };
        let each = first.resources.iter().enumerate().map(|(i, r)| {
            let mean = |of: fn(&crate::measure::ResourceUse) -> f64| mean(runs.iter().map(|m| of(&m.resources[i])));
            let resource = Resource {
                kind: r.kind.into(),
                capacity: r.capacity,
                utilization: mean(|r| r.utilization),
                static_utilization: bounds.get(&r.name).map(|b| b.busy * load / b.capacity),
                queue_mean: mean(|r| r.queue_mean),
                wait_mean_ms: mean(|r| r.wait_mean) * 1e3,
                rejected: runs.iter().map(|m| m.resources[i].rejected).sum(),
            };
            (r.name.clone(), resource)
        });
        each.collect()
    }

    fn dependencies(&self, runs: &[Measurements]) -> IndexMap<String, Dependency> {
        let each = self.model.plan.edges.iter().enumerate().map(|(i, edge)| {
            let sum = |of: fn(&crate::engine::EdgeTally) -> u64| runs.iter().map(|m| of(&m.edges[i])).sum();
            let dependency = Dependency {
                calls: sum(|e| e.calls),
                attempts: sum(|e| e.attempts),
                retries: sum(|e| e.retries),
                timeouts: sum(|e| e.timeouts),
                breaker_opened: sum(|e| e.breaker_opened),
                rejected: sum(|e| e.rejected),
                failed: sum(|e| e.failed),
                duplicates: sum(|e| e.duplicates),
                wasted_work_s: runs.iter().map(|m| m.edges[i].wasted_work.seconds()).sum(),
            };
            (edge.name.clone(), dependency)
        });
        each.collect()
    }

    fn queues(&self, runs: &[Measurements]) -> IndexMap<String, Queue> {
        let plan = &self.model.plan;
        let each = plan.topics.iter().enumerate().map(|(i, topic)| {
            let each = |of: fn(&crate::engine::TopicTally) -> u64| runs.iter().map(move |m| of(&m.topics[i]));
            let sum = |of| each(of).sum::<u64>();
            let most = |of| each(of).max().unwrap_or(0);
            let queue = Queue {
                published: sum(|t| t.published),
                rejected: sum(|t| t.rejected),
                delivered: sum(|t| t.delivered),
                redelivered: sum(|t| t.redelivered),
                acknowledged: sum(|t| t.acknowledged),
                dead_lettered: sum(|t| t.dead_lettered),
                dropped: sum(|t| t.dropped),
                lost: sum(|t| t.lost),
                duplicates: sum(|t| t.duplicates),
                blocked: sum(|t| t.blocked),
                wait_mean_ms: sum(|t| t.waited.0) as f64 / 1e6 / sum(|t| t.received).max(1) as f64,
                wait_max_ms: most(|t| t.longest.0) as f64 / 1e6,
                peak: most(|t| t.peak),
                backlog: sum(|t| t.backlog.level),
            };
            (topic.name.clone(), queue)
        });
        each.collect()
    }

    fn caches(&self, runs: &[Measurements]) -> IndexMap<String, Cache> {
        let plan = &self.model.plan;
        let each = plan.caches.iter().enumerate().filter(|(_, cache)| cache.store().is_some()).map(|(i, cache)| {
            let sum = |of: fn(&crate::engine::CacheTally) -> u64| runs.iter().map(|m| of(&m.caches[i])).sum();
            let shown = Cache {
                looked: sum(|t| t.looked),
                hits: sum(|t| t.hits),
                stale: sum(|t| t.stale),
                misses: sum(|t| t.misses),
                coalesced: sum(|t| t.coalesced),
                negative: sum(|t| t.negative),
                evicted: sum(|t| t.evicted),
                lost_writes: sum(|t| t.lost),
            };
            // A second tier is named as its station is.
            (plan.stations[cache.station.index()].name.clone(), shown)
        });
        each.collect()
    }

    fn replicas(&self, runs: &[Measurements]) -> IndexMap<String, Replicas> {
        let each = self.model.plan.stations.iter().enumerate().filter(|(_, station)| station.fleet.is_some());
        let shown = each.map(|(i, station)| {
            let used = || runs.iter().filter_map(|m| m.fleets[i]);
            let shown = Replicas {
                mean: used().map(|f| f.mean).sum::<f64>() / runs.len().max(1) as f64,
                least: used().map(|f| f.least).min().unwrap_or(0),
                most: used().map(|f| f.most).max().unwrap_or(0),
                ejections: used().map(|f| f.ejections).sum(),
            };
            (station.name.clone(), shown)
        });
        shown.collect()
    }

    fn locks(&self, runs: &[Measurements]) -> IndexMap<String, Locks> {
        let each = self.model.plan.locks.iter().enumerate().map(|(i, lock)| {
            let sum = |of: fn(&crate::engine::LockTally) -> u64| runs.iter().map(|m| of(&m.locks[i])).sum();
            let shown = Locks {
                taken: sum(|t| t.taken),
                waits: sum(|t| t.waits),
                timeouts: sum(|t| t.timeouts),
                deadlocks: sum(|t| t.deadlocks),
                conflicts: sum(|t| t.conflicts),
            };
            (lock.name.clone(), shown)
        });
        each.collect()
    }

    fn replication(&self, runs: &[Measurements]) -> IndexMap<String, Replication> {
        let plan = &self.model.plan;
        let each = plan.replications.iter().enumerate().map(|(i, followed)| {
            let tallies = runs.iter().map(|m| &m.replications[i]);
            let reads: u64 = tallies.clone().map(|t| t.reads).sum();
            let behind: f64 = tallies.clone().map(|t| t.lag.millis()).sum();
            let shown = Replication {
                reads,
                stale: tallies.clone().map(|t| t.stale).sum(),
                lag_mean_ms: behind / reads.max(1) as f64,
                lost_writes: tallies.clone().map(|t| t.lost).sum(),
                lag_max_ms: tallies.map(|t| t.longest.millis()).fold(0.0, f64::max),
            };
            (plan.stations[followed.replicas.index()].name.clone(), shown)
        });
        each.collect()
    }

    pub(super) fn slo(&self, judged: &Judged, slos: &[Expectation]) -> SloResult {
        let slo = &slos[judged.index];
        let (subject, (measure, factor)) = self.about(slo);
        SloResult {
            text: judged.text.clone(),
            subject,
            measure,
            // Not back within the run is no length of time.
            measured: judged.value.mean.is_finite().then(|| scaled(judged.value, factor)),
            verdict: match judged.verdict {
                Verdict::Holds => SloVerdict::Met,
                Verdict::Unclear => SloVerdict::Unclear,
                Verdict::Fails => SloVerdict::Missed,
            },
            place: self.place(&slo.origin),
            replications: None,
            detail: None,
        }
    }

    /// Whose figure an expectation is about, which, and by what its value is multiplied.
    pub(super) fn about(&self, expectation: &Expectation) -> (Option<String>, (Measure, f64)) {
        match &expectation.what {
            What::Compare { subject, metric, .. } => (subject.map(|s| self.subject(s)), measure(*metric)),
            What::RecoversWithin(_) => (None, (Measure::RecoveryS, 1.0)),
            What::Metastable { .. } => (None, (Measure::Metastable, 1.0)),
            What::Capacity { .. } => (None, (Measure::CapacityLoad, 1.0)),
            What::No { on, .. } => (on.clone(), (Measure::Findings, 1.0)),
        }
    }

    pub(super) fn subject(&self, subject: Subject) -> String {
        let plan = &self.model.plan;
        match subject {
            Subject::Endpoint(e) => plan.endpoints[e.index()].name.clone(),
            Subject::Component(c) => plan.components[c.index()].name.clone(),
            Subject::Edge(e) => plan.edges[e.index()].name.clone(),
            Subject::Source(s) => plan.sources[s.index()].name.clone(),
        }
    }

    /// Before the first fault, while the same faults are active, and after the last.
    fn phases(&self, shown: &Shown) -> Vec<Phase> {
        let measured = shown.length.schedule.measured;
        let mut times: Vec<SimDuration> =
            shown.faults.iter().flat_map(|f| [Some(f.start), f.end()]).flatten().collect();
        times.extend([SimDuration::ZERO, measured]);
        times.retain(|t| *t <= measured);
        times.sort_unstable();
        times.dedup();
        if shown.faults.is_empty() {
            return Vec::new();
        }
        times.windows(2).map(|pair| self.phase(shown, pair[0], pair[1])).collect()
    }

    fn phase(&self, shown: &Shown, from: SimDuration, to: SimDuration) -> Phase {
        let active: Vec<&Fault> = shown.faults.iter().filter(|f| f.active_at(from)).collect();
        let earlier = shown.faults.iter().any(|f| f.start <= from);
        let name = match active.is_empty() {
            true if earlier => "after".into(),
            true => "before".into(),
            false => active.iter().map(|f| f.describe()).collect::<Vec<_>>().join(", "),
        };
        let sources = self.model.plan.sources.iter().enumerate();
        let traffic = sources.map(|(i, s)| (s.name.clone(), phase_traffic(&shown.outcome.runs, i, from, to))).collect();
        Phase { name, from_s: from.seconds(), to_s: to.seconds(), traffic }
    }
}

/// One source between two times, by whole windows.
fn phase_traffic(runs: &[Measurements], source: usize, from: SimDuration, to: SimDuration) -> PhaseTraffic {
    let mut rates = Vec::new();
    let mut goodputs = Vec::new();
    let mut shares = Vec::new();
    let mut means = Vec::new();
    for m in runs {
        let window = m.series.window.0.max(1);
        let (first, last) = ((from.0 / window) as usize, (to.0.div_ceil(window) as usize).min(m.series.rows.len()));
        let rows = m.series.rows.get(first..last).unwrap_or_default();
        let seconds = (rows.len() as f64 * m.series.window.seconds()).max(1e-9);
        let sum = |of: fn(&crate::measure::Cell) -> u64| -> f64 {
            rows.iter().filter_map(|row| row.sources.get(source)).map(of).sum::<u64>() as f64
        };
        let (good, failed) = (sum(|c| u64::from(c.good)), sum(|c| u64::from(c.failed)));
        rates.push(sum(|c| u64::from(c.offered)) / seconds);
        goodputs.push(good / seconds);
        if good + failed > 0.0 {
            shares.push(good / (good + failed));
        }
        if good > 0.0 {
            means.push(sum(|c| c.latency_sum.0) / good / 1e6);
        }
    }
    PhaseTraffic {
        rate_per_s: mean(rates.into_iter()),
        goodput_per_s: mean(goodputs.into_iter()),
        success_rate: (!shares.is_empty()).then(|| Estimate::of(&shares)),
        mean_ms: (!means.is_empty()).then(|| Estimate::of(&means)),
    }
}

/// Requests over all replications.
fn tally(runs: &[Measurements], of: &dyn Fn(&Measurements) -> Served) -> Tally {
    let each: Vec<(Served, SimDuration)> = runs.iter().map(|m| (of(m), m.measured)).collect();
    let sum = |of: fn(&Served) -> u64| each.iter().map(|(s, _)| of(s)).sum::<u64>();
    let estimate = |of: &dyn Fn(&Served) -> Option<f64>| {
        let values: Vec<f64> = each.iter().filter_map(|(s, _)| of(s)).collect();
        (!values.is_empty()).then(|| Estimate::of(&values))
    };
    let percentile = |q: f64| estimate(&move |s: &Served| s.latency.quantile(q).map(|d| d.millis()));
    let failures = Cause::ALL.iter().map(|cause| {
        let n: u64 = each.iter().map(|(s, _)| s.failures[*cause as usize]).sum();
        (cause.word().to_owned(), n)
    });
    Tally {
        offered: sum(|s| s.offered),
        succeeded: sum(|s| s.succeeded),
        degraded: sum(|s| s.degraded),
        failed: sum(Served::failed),
        in_flight: sum(|s| s.in_flight),
        failures: failures.filter(|(_, n)| *n > 0).collect(),
        rate_per_s: mean(each.iter().map(|(s, measured)| s.rate(*measured))),
        goodput_per_s: mean(each.iter().map(|(s, measured)| s.goodput(*measured))),
        success_rate: estimate(&|s| (s.offered > 0).then(|| s.success_rate())),
        mean_ms: estimate(&|s| s.latency.mean().map(|mean| mean * 1e3)),
        p50_ms: percentile(0.5),
        p95_ms: percentile(0.95),
        p99_ms: percentile(0.99),
    }
}

/// A load under which something grows without bound does not hold, whatever users see so far.
fn growth(shown: &Shown) -> Option<SloResult> {
    shown.outcome.grows.then(|| SloResult {
        text: GROWTH.into(),
        subject: None,
        measure: Measure::Queue,
        measured: None,
        verdict: SloVerdict::Missed,
        place: None,
        replications: None,
        detail: None,
    })
}

/// What is expected of every model, beside its SLOs.
pub(super) const GROWTH: &str = "nothing grows without bound";

fn stopped(stop: Stop, plan: &Plan) -> String {
    match stop {
        Stop::Events(at) => format!("after {at}, since it took too many events"),
        Stop::Memory(at) => format!("after {at}, since what was in progress took up too much memory"),
        Stop::Standstill(at, queue) => {
            let through = queue.map(|id| format!(" through {}", plan.topics[id.index()].name)).unwrap_or_default();
            format!(
                "after {at}, since one thing causes the next{through} without end and in no time: give some of it a time"
            )
        }
        Stop::Crowded(at) => {
            format!("after {at}, since too many requests were in progress: something grows without bound")
        }
    }
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0u32), |(sum, n), x| (sum + x, n + 1));
    if n == 0 { 0.0 } else { sum / f64::from(n) }
}
