//! Runs.

use super::{Estimate, Place, estimate, place, review};
use crate::report::{self, SloVerdict};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Run<'a> {
    name: &'a str,
    load: f64,
    faults: Vec<review::Fault<'a>>,
    warmup_s: f64,
    duration_s: f64,
    events: u64,
    requests: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<&'a str>,
    endpoints: IndexMap<&'a str, Tally<'a>>,
    traffic: IndexMap<&'a str, Traffic<'a>>,
    resources: IndexMap<&'a str, Resource<'a>>,
    dependencies: IndexMap<&'a str, Dependency>,
    queues: IndexMap<&'a str, Queue>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    caches: IndexMap<&'a str, Cache>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    replicas: IndexMap<&'a str, Replicas>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    locks: IndexMap<&'a str, Locks>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    replication: IndexMap<&'a str, Replication>,
    slos: Vec<Slo<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    phases: Vec<Phase<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alerts: Vec<super::alerts::Heard<'a>>,
}

#[derive(JsonSchema, Serialize)]
struct Tally<'a> {
    offered: u64,
    succeeded: u64,
    degraded: u64,
    failed: u64,
    in_flight: u64,
    failures: &'a IndexMap<String, u64>,
    rate_per_s: f64,
    goodput_per_s: f64,
    success_rate: Option<Estimate>,
    mean_ms: Option<Estimate>,
    p50_ms: Option<Estimate>,
    p95_ms: Option<Estimate>,
    p99_ms: Option<Estimate>,
}

#[derive(JsonSchema, Serialize)]
struct Traffic<'a> {
    #[serde(flatten)]
    total: Tally<'a>,
    #[serde(skip_serializing_if = "is_zero")]
    late: u64,
    endpoints: IndexMap<&'a str, Tally<'a>>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Resource<'a> {
    kind: &'a str,
    capacity: f64,
    utilization: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    static_utilization: Option<f64>,
    queue_mean: f64,
    wait_mean_ms: f64,
    rejected: u64,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Dependency {
    calls: u64,
    attempts: u64,
    retries: u64,
    timeouts: u64,
    breaker_opened: u64,
    rejected: u64,
    failed: u64,
    duplicates: u64,
    wasted_work_s: f64,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Queue {
    published: u64,
    rejected: u64,
    delivered: u64,
    redelivered: u64,
    acknowledged: u64,
    dead_lettered: u64,
    dropped: u64,
    lost: u64,
    duplicates: u64,
    blocked: u64,
    wait_mean_ms: f64,
    wait_max_ms: f64,
    peak: u64,
    backlog: u64,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Cache {
    looked: u64,
    hits: u64,
    stale: u64,
    misses: u64,
    coalesced: u64,
    negative: u64,
    evicted: u64,
    lost_writes: u64,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Replication {
    reads: u64,
    stale: u64,
    lag_mean_ms: f64,
    lag_max_ms: f64,
    lost_writes: u64,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Replicas {
    mean: f64,
    least: u32,
    most: u32,
    ejections: u64,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Locks {
    taken: u64,
    waits: u64,
    timeouts: u64,
    deadlocks: u64,
    conflicts: u64,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Slo<'a> {
    slo: &'a str,
    subject: Option<&'a str>,
    metric: String,
    measured: Option<Estimate>,
    verdict: &'static str,
    #[serde(rename = "where")]
    place: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replications: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Phase<'a> {
    name: &'a str,
    from_s: f64,
    to_s: f64,
    traffic: IndexMap<&'a str, PhaseTraffic>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct PhaseTraffic {
    rate_per_s: f64,
    goodput_per_s: f64,
    success_rate: Option<Estimate>,
    mean_ms: Option<Estimate>,
}

pub(super) fn run(r: &report::Run) -> Run<'_> {
    Run {
        name: &r.name,
        load: r.load,
        faults: r.faults.iter().map(review::fault).collect(),
        warmup_s: r.warmup_s,
        duration_s: r.duration_s,
        events: r.events,
        requests: r.requests,
        stopped: r.stopped.as_deref(),
        endpoints: mapped(&r.endpoints, tally),
        traffic: mapped(&r.traffic, |t| Traffic {
            total: tally(&t.total),
            late: t.late,
            endpoints: mapped(&t.endpoints, tally),
        }),
        resources: mapped(&r.resources, resource),
        dependencies: mapped(&r.dependencies, dependency),
        queues: mapped(&r.queues, queue),
        caches: mapped(&r.caches, cache),
        replicas: mapped(&r.replicas, replicas),
        locks: mapped(&r.locks, locks),
        replication: mapped(&r.replication, replication),
        slos: r.slos.iter().map(slo).collect(),
        phases: r.phases.iter().map(phase).collect(),
        alerts: r.alerts.iter().map(super::alerts::heard).collect(),
    }
}

fn mapped<'a, T, U>(map: &'a IndexMap<String, T>, to: impl Fn(&'a T) -> U) -> IndexMap<&'a str, U> {
    map.iter().map(|(name, value)| (name.as_str(), to(value))).collect()
}

fn tally(t: &report::Tally) -> Tally<'_> {
    Tally {
        offered: t.offered,
        succeeded: t.succeeded,
        degraded: t.degraded,
        failed: t.failed,
        in_flight: t.in_flight,
        failures: &t.failures,
        rate_per_s: t.rate_per_s,
        goodput_per_s: t.goodput_per_s,
        success_rate: estimate(&t.success_rate),
        mean_ms: estimate(&t.mean_ms),
        p50_ms: estimate(&t.p50_ms),
        p95_ms: estimate(&t.p95_ms),
        p99_ms: estimate(&t.p99_ms),
    }
}

fn resource(r: &report::Resource) -> Resource<'_> {
    Resource {
        kind: &r.kind,
        capacity: r.capacity,
        utilization: r.utilization,
        static_utilization: r.static_utilization,
        queue_mean: r.queue_mean,
        wait_mean_ms: r.wait_mean_ms,
        rejected: r.rejected,
    }
}

fn dependency(d: &report::Dependency) -> Dependency {
    Dependency {
        calls: d.calls,
        attempts: d.attempts,
        retries: d.retries,
        timeouts: d.timeouts,
        breaker_opened: d.breaker_opened,
        rejected: d.rejected,
        failed: d.failed,
        duplicates: d.duplicates,
        wasted_work_s: d.wasted_work_s,
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

fn queue(q: &report::Queue) -> Queue {
    Queue {
        published: q.published,
        rejected: q.rejected,
        delivered: q.delivered,
        redelivered: q.redelivered,
        acknowledged: q.acknowledged,
        dead_lettered: q.dead_lettered,
        dropped: q.dropped,
        lost: q.lost,
        duplicates: q.duplicates,
        blocked: q.blocked,
        wait_mean_ms: q.wait_mean_ms,
        wait_max_ms: q.wait_max_ms,
        peak: q.peak,
        backlog: q.backlog,
    }
}

fn replication(r: &report::Replication) -> Replication {
    Replication {
        reads: r.reads,
        stale: r.stale,
        lag_mean_ms: r.lag_mean_ms,
        lag_max_ms: r.lag_max_ms,
        lost_writes: r.lost_writes,
    }
}

fn replicas(r: &report::Replicas) -> Replicas {
    Replicas { mean: r.mean, least: r.least, most: r.most, ejections: r.ejections }
}

fn locks(l: &report::Locks) -> Locks {
    Locks { taken: l.taken, waits: l.waits, timeouts: l.timeouts, deadlocks: l.deadlocks, conflicts: l.conflicts }
}

fn cache(c: &report::Cache) -> Cache {
    Cache {
        looked: c.looked,
        hits: c.hits,
        stale: c.stale,
        misses: c.misses,
        coalesced: c.coalesced,
        negative: c.negative,
        evicted: c.evicted,
        lost_writes: c.lost_writes,
    }
}

fn slo(s: &report::SloResult) -> Slo<'_> {
    Slo {
        slo: &s.text,
        subject: s.subject.as_deref(),
        metric: s.measure.key(),
        measured: estimate(&s.measured),
        verdict: match s.verdict {
            SloVerdict::Met => "met",
            SloVerdict::Missed => "missed",
            SloVerdict::Unclear => "unclear",
        },
        place: place(&s.place),
        replications: s.replications,
        detail: s.detail.as_deref(),
    }
}

fn phase(p: &report::Phase) -> Phase<'_> {
    Phase {
        name: &p.name,
        from_s: p.from_s,
        to_s: p.to_s,
        traffic: mapped(&p.traffic, |t| PhaseTraffic {
            rate_per_s: t.rate_per_s,
            goodput_per_s: t.goodput_per_s,
            success_rate: estimate(&t.success_rate),
            mean_ms: estimate(&t.mean_ms),
        }),
    }
}
