//! Caches.

use super::*;

const STATED: &str = "
traffic: { rate: 50/s, to: api.get }
services: { api: { concurrency: unlimited, endpoints: { get: [ { cached: { cache: pages, miss: [ { call: db } ] } } ] } } }
databases: { db: { query: 20ms } }
caches: { pages: { hit_ratio: 80% } }
scenarios: { gone: { faults: [] } }
";

/// A thousand keys, of which a tenth has room.
const KEYED: &str = "
traffic: { rate: 200/s, to: api.get }
services: { api: { concurrency: unlimited, endpoints: { get: [ { cached: { cache: pages, miss: [ { call: db } ] } } ] } } }
databases: { db: { query: 20ms } }
caches: { pages: { keys: 1000, popularity: zipf(1.0), capacity: 100 } }
scenarios: { gone: { faults: [] } }
";

/// One key, of which everybody wants the same at once, and which takes long to find.
const HOT: &str = "
traffic: { rate: 200/s, to: api.get }
services: { api: { concurrency: unlimited, endpoints: { get: [ { cached: { cache: pages, miss: [ { call: db } ] } } ] } } }
databases: { db: { query: { constant: 100ms } } }
caches: { pages: { keys: 1, ttl: 1s } }
scenarios: { gone: { faults: [] } }
";

/// Keys that are read and written.
const WRITTEN: &str = "
traffic: { rate: 100/s, mix: { api.get: 90%, api.put: 10% } }
services:
  api:
    concurrency: unlimited
    endpoints:
      get: [ { cached: { cache: pages, miss: [ { call: db.read } ] } } ]
      put: [ { write: { cache: pages, steps: [ { call: db.write } ] } } ]
databases: { db: { connections: 20, queries: { read: 10ms, write: 50ms } } }
caches: { pages: { keys: 20, write: invalidate } }
scenarios: { gone: { faults: [ { cache_flush: pages, at: 59s } ] } }
";

/// Edges of a CDN, each with contents of its own.
const CDN: &str = "
traffic: { rate: 200/s, to: site.get }
services: { site: { concurrency: unlimited, endpoints: { get: [ { cached: { cache: cdn, miss: [ { call: origin } ] } } ] } } }
external: { origin: { latency: 50ms } }
caches:
  cdn: { replicas: 10, spread: any, keys: 1000, popularity: zipf(0.8), ttl: 60s, shield: { get: 20ms, ttl: 60s, capacity: unlimited } }
";

fn hits(s: &Seen) -> f64 {
    s.cache("pages").hits as f64
}

fn loads(s: &Seen) -> f64 {
    s.cache("pages").misses as f64
}

fn origin(s: &Seen) -> f64 {
    s.endpoint("origin.call").offered as f64
}

const fn keyed(field: &'static str, change: (&'static str, &'static str), goes: Goes) -> Case {
    case(field, KEYED, change, hits, goes)
}

const fn hot(field: &'static str, change: (&'static str, &'static str), see: fn(&Seen) -> f64, goes: Goes) -> Case {
    case(field, HOT, change, see, goes)
}

pub const CASES: &[Case] = &[
    case("cache.get", STATED, ("caches.pages.get", "10ms"), |s| s.mean_ms(), Up),
    case("cache.set", STATED, ("caches.pages.set", "50ms"), |s| s.mean_ms(), Up),
    case("cache.hit_ratio", STATED, ("caches.pages.hit_ratio", "20%"), |s| s.mean_ms(), Up),
    case("cache.connections", STATED, ("caches.pages.connections", "1"), |s| s.mean_ms(), Up).of(&[("caches.pages.get", "15ms")]),
    case("cache.replicas", STATED, ("caches.pages.replicas", "4"), |s| s.mean_ms(), Down)
        .of(&[("caches.pages.get", "15ms"), ("caches.pages.connections", "1")]),
    case("cache.on_failure", STATED, ("caches.pages.on_failure", "error"), |s| s.success(), Down)
        .of(&[("scenarios.gone.faults", "[ { kill: pages, at: 10s } ]")]),
    keyed("cache.keys", ("caches.pages.keys", "100k"), Down),
    keyed("cache.popularity", ("caches.pages.popularity", "uniform"), Down),
    keyed("cache.capacity", ("caches.pages.capacity", "500"), Up),
    keyed("cache.capacity", ("caches.pages.capacity", "unlimited"), Up),
    keyed("cache.eviction", ("caches.pages.eviction", "lfu"), Up),
    keyed("cache.ttl", ("caches.pages.ttl", "1s"), Down),
    keyed("cache.start", ("caches.pages.start", "warm"), Up).of(&[("traffic.rate", "4/s"), ("caches.pages.capacity", "300")]),
    case(
        "cache.ttl_jitter",
        TOGETHER,
        ("caches.pages.ttl_jitter", "50%"),
        |s| s.resource("db.connections").queue_mean,
        Down,
    ),
    hot("cache.stale_while_revalidate", ("caches.pages.stale_while_revalidate", "10s"), |s| s.mean_ms(), Down),
    hot("cache.early_expiration", ("caches.pages.early_expiration", "1"), loads, Down),
    hot("cache.negative_ttl", ("caches.pages.negative_ttl", "5s"), loads, Down)
        .of(&[("scenarios.gone.faults", "[ { errors: db, share: 90%, at: 10s, for: 30s } ]")]),
    hot("cache.single_flight", ("caches.pages.single_flight", "true"), loads, Down),
    hot("cache.lease", ("caches.pages.lease", "10s"), loads, Down)
        .of(&[("scenarios.gone.faults", "[ { errors: db, share: 90%, at: 10s, for: 30s } ]")]),
    case("cache.spread", CDN, ("caches.cdn.spread", "by_key"), origin, Down).of(&[("caches.cdn.shield", "{ get: 20ms, ttl: 1s }")]),
    case("cache.shield", CDN, ("caches.cdn.shield", "{ get: 500ms, ttl: 60s }"), |s| s.mean_ms(), Up),
    case("shield.get", CDN, ("caches.cdn.shield.get", "500ms"), |s| s.mean_ms(), Up),
    case("shield.capacity", CDN, ("caches.cdn.shield.capacity", "5"), origin, Up),
    case("shield.ttl", CDN, ("caches.cdn.shield.ttl", "1s"), origin, Up),
    case("cache.write", WRITTEN, ("caches.pages.write", "through"), hits, Up),
    case("cache.write", WRITTEN, ("caches.pages.write", "{ behind: {} }"), |s| s.endpoint("api.put").latency.mean().unwrap(), Down),
    case("write_behind.behind", WRITTEN, (BEHIND, "{ buffer: 0 }"), |s| s.endpoint("api.put").latency.mean().unwrap(), Up)
        .of(&[("caches.pages.write", "{ behind: {} }")]),
    case("buffer.buffer", WRITTEN, ("caches.pages.write.behind.buffer", "1"), |s| s.endpoint("api.put").latency.mean().unwrap(), Up)
        .of(&[("caches.pages.write", "{ behind: { buffer: 1000 } }"), ("databases.db.queries.write", "200ms")]),
    case("buffer.flushers", WRITTEN, ("caches.pages.write.behind.flushers", "10"), |s| s.cache("pages").lost as f64, Down)
        .of(&[("caches.pages.write", "{ behind: { flushers: 1 } }"), ("databases.db.queries.write", "200ms")]),
    case("write.cache", WRITTEN, ("services.api.endpoints.put.0.write.cache", "other"), hits, Up).of(&[("caches.other", "{ keys: 20 }")]),
    case("write.steps", WRITTEN, ("services.api.endpoints.put.0.write.steps", "[]"), |s| s.mean_ms(), Down),
    case("write.key", WRITTEN, (PUT, "[ { cached: { cache: pages, key: it, miss: [ { call: db.read } ] } }, { write: { cache: pages, key: it, steps: [] } } ]"), loads, Up)
        .of(&[(PUT, "[ { cached: { cache: pages, key: it, miss: [ { call: db.read } ] } }, { write: { cache: pages, steps: [] } } ]"), ("caches.pages.keys", "300"), ("traffic.rate", "500/s"), ("caches.pages.popularity", "zipf(2)"), ("traffic.mix", "{ api.put: 100% }")]),
    case("step.write", WRITTEN, (PUT, "[ { write: { cache: pages, steps: [ { call: db.write } ] } } ]"), hits, Down)
        .of(&[(PUT, "[ { call: db.write } ]")]),
    case("cached.key", TWICE, ("services.api.endpoints.get.0.cached.key", "it"), loads, Down),
];

const BEHIND: &str = "caches.pages.write.behind";
const PUT: &str = "services.api.endpoints.put";

/// Keys that were loaded at the same time, and so expire at the same time.
const TOGETHER: &str = "
traffic: { rate: 2000/s, to: api.get }
services: { api: { concurrency: unlimited, endpoints: { get: [ { cached: { cache: pages, miss: [ { call: db } ] } } ] } } }
databases: { db: { connections: 2, query: { constant: 10ms } } }
caches: { pages: { keys: 200, ttl: 10s, single_flight: true } }
";

/// The same cache is asked twice in one request.
const TWICE: &str = "
traffic: { rate: 100/s, to: api.get }
services:
  api:
    concurrency: unlimited
    endpoints:
      get:
        - cached: { cache: pages, miss: [ { call: db } ] }
        - cached: { cache: pages, key: it, miss: [ { call: db } ] }
databases: { db: { query: 1ms } }
caches: { pages: { keys: 100k, capacity: 1000 } }
";
