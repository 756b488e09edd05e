//! Findings that rest on a change that was tried: each with a model that has it, and a near miss that has not.

use super::tests::{find, reviewed};

/// Of each finding that rests on a remedy: a model, the part to blame, and what makes the model a near miss.
const REMEDIES: &[(&str, &str, &str, [&str; 2])] = &[
    (
        "harmful-guard",
        "api>db",
        "
traffic: { rate: 50/s, to: api }
services: { api: { calls: [ db ], dependencies: { db: { timeout: 12ms } } } }
databases: { db: { query: 10ms } }
",
        ["timeout: 12ms", "timeout: 500ms"],
    ),
    (
        "deep-health-check",
        "api",
        "
traffic: { rate: 50/s, mix: { api.page: 80%, api.report: 20% } }
services:
  api:
    replicas: 2
    health_check: { interval: 1s, unhealthy: 2, depth: deep }
    endpoints: { page: [ { work: 1ms } ], report: [ { work: 1ms }, { call: db } ] }
databases: { db: { query: 5ms } }
",
        ["depth: deep", "depth: shallow"],
    ),
    (
        "not-graceful-shutdown",
        "api",
        "
traffic: { rate: 100/s, to: api }
services: { api: { replicas: 4, startup: 1s, grace: 0s, work: 400ms } }
",
        ["grace: 0s", "grace: 10s"],
    ),
    (
        "publisher-blocks",
        "jobs",
        "
traffic: { rate: 50/s, to: web.order, timeout: 1s }
services: { web: { endpoints: { order: [ { work: 1ms }, { publish: jobs } ] } }, worker: { work: 5ms } }
queues: { jobs: { capacity: 100, overflow: block, consumers: [ { call: worker, concurrency: 8 } ] } }
",
        ["capacity: 100", "capacity: 100k"],
    ),
    (
        "breaker-never-trips",
        "web>reports",
        "
traffic: { rate: 60/s, mix: { web.page: 80%, web.report: 20% }, timeout: 5s }
services:
  web:
    concurrency: 20
    endpoints: { page: [ { work: 2ms } ], report: [ { work: 2ms }, { call: reports } ] }
    dependencies: { reports: { timeout: 8s, circuit_breaker: { open_for: 5s } } }
external: { reports: { latency: 20ms } }
",
        ["open_for: 5s", "open_for: 5s, slow_call_duration: 500ms, slow_call_rate: 50%"],
    ),
    (
        "retry-without-backoff",
        "api>pay",
        "
traffic: { rate: 50/s, to: api, timeout: 10s }
services: { api: { calls: [ pay ], dependencies: { pay: { timeout: 1s, retry: { attempts: 4, backoff: 0s } } } }, pay: { work: 5ms } }
",
        ["backoff: 0s", "backoff: 1s"],
    ),
    (
        "breaker-flaps",
        "api>pay",
        "
traffic: { rate: 50/s, to: api, timeout: 5s }
services: { api: { calls: [ pay ], dependencies: { pay: { timeout: 1s, circuit_breaker: { failure_rate: 20%, minimum_calls: 5, open_for: 5s } } } }, pay: { work: 5ms } }
",
        ["failure_rate: 20%, minimum_calls: 5,", "failure_rate: 50%, minimum_calls: 50,"],
    ),
    (
        "hung-half-open",
        "api>pay",
        "
traffic: { rate: 50/s, to: api, timeout: 5s }
services: { api: { concurrency: 2000, calls: [ pay ], dependencies: { pay: { circuit_breaker: { open_for: 5s } } } }, pay: { work: 5ms } }
",
        ["open_for: 5s", "open_for: 5s, half_open_timeout: 5s"],
    ),
    (
        "missing-fallback",
        "web>tips.like",
        "
traffic: { rate: 50/s, mix: { web.home: 50%, web.item: 50% }, timeout: 5s }
services:
  web:
    endpoints: { home: [ { work: 2ms }, { call: tips.top } ], item: [ { work: 2ms }, { call: tips.like } ] }
    dependencies: { tips.top: { timeout: 200ms, optional: true }, tips.like: { timeout: 200ms } }
  tips: { replicas: 2, endpoints: { top: { work: 5ms }, like: { work: 5ms } } }
",
        ["tips.like: { timeout: 200ms }", "tips.like: { timeout: 200ms, optional: true }"],
    ),
    (
        "autoscaler-too-slow",
        "api",
        "
traffic: { rate: 100/s, to: api, timeout: 1s }
services: { api: { replicas: { min: 2, max: 20, cpu: 60% }, cpu: 1, concurrency: 20, startup: 10s, work: 8ms } }
",
        ["min: 2", "min: 8"],
    ),
    (
        "autoscaler-wrong-signal",
        "api",
        "
traffic: { rate: 30/s, to: api, timeout: 2s }
services: { api: { replicas: { min: 2, max: 20, cpu: 60%, sync: 5s }, cpu: 2, concurrency: 10, queue: 20, startup: 2s, work: 5ms, calls: [ bank ] } }
external: { bank: { latency: 400ms } }
",
        ["cpu: 60%", "concurrency: 7"],
    ),
    (
        "ejects-busy-replicas",
        "api",
        "
traffic: { rate: 120/s, to: api, timeout: 3s }
services:
  api: { replicas: 4, concurrency: 4, queue: 50, work: 50ms, health_check: { interval: 1s, timeout: 300ms, unhealthy: 2 } }
",
        ["unhealthy: 2", "unhealthy: 2, panic: 60%"],
    ),
    (
        "zone-imbalance",
        "api",
        "
traffic: { rate: 130/s, to: api, timeout: 1s }
services: { api: { replicas: 4, zones: { count: 3 }, concurrency: 1, queue: 20, work: 18ms } }
",
        ["replicas: 4", "replicas: 6"],
    ),
    (
        "poison-message",
        "jobs",
        "
traffic: { rate: 40/s, to: shop.order }
services: { shop: { endpoints: { order: [ { publish: jobs } ] } }, worker: { work: 20ms } }
queues: { jobs: { on_failure: requeue, poison: 2%, consumers: [ { call: worker, concurrency: 8 } ] } }
",
        ["poison: 2%", "poison: 2%, max_receives: 5"],
    ),
    (
        "missing-dead-letter",
        "jobs",
        "
traffic: { rate: 40/s, to: shop.order }
services: { shop: { endpoints: { order: [ { publish: jobs } ] } }, worker: { work: 20ms } }
queues: { jobs: { on_failure: requeue, consumers: [ { call: worker, concurrency: 8 } ] } }
",
        ["on_failure: requeue", "on_failure: requeue, max_receives: 5"],
    ),
    (
        "consumer-too-slow",
        "jobs",
        "
traffic: { rate: 40/s, to: shop.order }
services: { shop: { endpoints: { order: [ { publish: jobs } ] } }, worker: { work: 90ms } }
queues: { jobs: { max_receives: 5, dead_letter: failed, consumers: [ { call: worker, concurrency: 4 } ] }, failed: {} }
",
        ["concurrency: 4", "concurrency: 8"],
    ),
    (
        "cache-stampede",
        "pages",
        "
traffic: { rate: 500/s, to: api.show, timeout: 2s }
services: { api: { concurrency: 4000, endpoints: { show: [ { cached: { cache: pages, miss: [ { call: db } ] } } ] } } }
databases: { db: { connections: 4, query: 200ms } }
caches: { pages: { keys: 20, ttl: 10s } }
",
        ["ttl: 10s", "ttl: 10s, single_flight: true"],
    ),
    (
        "cache-hides-capacity",
        "pages",
        "
traffic: { rate: 200/s, to: api.show, timeout: 2s }
services: { api: { concurrency: 400, endpoints: { show: [ { cached: { cache: pages, miss: [ { call: db } ] } } ] } } }
databases: { db: { connections: 4, query: 30ms } }
caches: { pages: { hit_ratio: 90% } }
",
        ["connections: 4", "connections: 12"],
    ),
    (
        "hot-shard",
        "db",
        "
traffic: { rate: 200/s, to: api.find, timeout: 1s }
services: { api: { concurrency: 400, endpoints: { find: [ { call: db } ] } } }
databases: { db: { connections: 2, shards: { count: 4, keys: 40, popularity: zipf(0.6) }, query: 10ms } }
",
        ["keys: 40, popularity: zipf(0.6)", "keys: 100k, popularity: uniform"],
    ),
    (
        "hot-key",
        "api",
        "
traffic: { rate: 200/s, to: api, timeout: 1s }
services: { api: { replicas: 8, concurrency: 1, queue: 50, balance: { consistent_hash: { keys: 1000, popularity: zipf(1.1) } }, work: 10ms } }
",
        ["zipf(1.1)", "uniform"],
    ),
    (
        "missing-load-shedding",
        "api",
        "
traffic: { rate: 50/s, to: api, timeout: 500ms }
services: { api: { concurrency: 4, queue: 1000, work: 40ms } }
",
        ["queue: 1000", "queue: 20"],
    ),
    (
        "rate-limit-missing",
        "crawler",
        "
traffic:
  people: { rate: 20/s, to: api.page, timeout: 1s }
  crawler: { rate: 20/s, to: api.page, timeout: 1s }
services: { api: { concurrency: 2, queue: 200, endpoints: { page: { work: 20ms } } } }
",
        ["crawler: { rate: 20/s,", "crawler: { rate: 20/s, rate_limit: 40/s,"],
    ),
    (
        "hot-key",
        "clicks",
        "
traffic: { rate: 120/s, to: shop.view }
services: { shop: { endpoints: { view: [ { publish: clicks } ] } }, stats: { replicas: 2, work: 30ms } }
queues: { clicks: { partitions: { count: 8, keys: 100, popularity: zipf(1.5), commit_interval: 0s }, consumers: [ { call: stats, concurrency: 8 } ] } }
",
        ["popularity: zipf(1.5)", "popularity: uniform"],
    ),
];

/// What waiting for somebody else costs is shown by leaving the call out, which is no change to be made.
#[test]
fn waiting_for_somebody_else_is_told_without_a_change() {
    let model = "
traffic: { rate: 20/s, to: shop.buy, timeout: 3s }
services: { shop: { endpoints: { buy: [ { work: 5ms }, { call: mail } ] } } }
external: { mail: { latency: 200ms } }
";
    let found = reviewed(model, 1.0);
    let told = find(&found, "synchronous-external-call", "shop>mail").unwrap_or_else(|| panic!("{found:#?}"));
    assert!(told.fix.is_none() && told.effect.as_ref().is_some_and(|e| e.after.mean < e.before.mean), "{told:#?}");
    for (bad, good) in [
        ("latency: 200ms", "latency: 4ms"),
        ("{ call: mail } ] }", "{ call: mail } ] }, dependencies: { mail: { optional: true } }"),
    ] {
        let near = reviewed(&model.replace(bad, good), 1.0);
        assert!(find(&near, "synchronous-external-call", "shop>mail").is_none(), "{good}: {near:#?}");
    }
}

#[test]
fn a_remedy_is_told_where_it_helps_and_nowhere_else() {
    for (code, subject, model, [bad, good]) in REMEDIES {
        let found = reviewed(model, 1.0);
        let told = find(&found, code, subject).unwrap_or_else(|| panic!("{code}: {found:#?}"));
        assert!(told.fix.is_some() && told.effect.as_ref().is_some_and(|e| e.after.mean < e.before.mean), "{told:#?}");
        let near = reviewed(&model.replace(bad, good), 1.0);
        assert!(find(&near, code, subject).is_none(), "{code}: {near:#?}");
    }
}
