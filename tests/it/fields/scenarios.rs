//! Scenarios and their faults.

use super::*;

/// Two replicas before a database and a cache, and a scenario in which nothing happens yet.
const CALM: &str = "
traffic: { rate: 50/s, to: web.get, timeout: 2s }
services:
  web:
    replicas: 2
    concurrency: 20
    endpoints: { get: [ { work: 5ms }, { cached: { cache: memory, miss: [ { call: db } ] } }, { publish: mails } ] }
  mailer: { work: 1ms }
databases: { db: { connections: 20, query: 20ms } }
caches: { memory: { hit_ratio: 80% } }
queues: { mails: { consumers: [ { call: mailer } ] } }
scenarios: { trouble: { faults: [] } }
";

const FAULTS: &str = "scenarios.trouble.faults";

/// A fault added to a calm scenario.
const fn fault(field: &'static str, faults: &'static str, see: fn(&Seen) -> f64, goes: Goes) -> Case {
    case(field, CALM, (FAULTS, faults), see, goes)
}

const KILLED: &str = "
traffic: { rate: 150/s, to: web, timeout: 2s }
services: { web: { replicas: 4, concurrency: 1, queue: 20, work: 20ms } }
scenarios: { trouble: { faults: [ { kill: web, replicas: 2, at: 10s, for: 20s } ] } }
";

const DEAD: &str = "
traffic: { rate: 50/s, to: web }
services: { web: { work: 5ms } }
scenarios: { trouble: { faults: [ { kill: web, at: 10s } ] } }
";

const SLOW: &str = "
traffic: { rate: 50/s, to: web, timeout: 2s }
services: { web: { concurrency: 20, work: 5ms } }
scenarios: { trouble: { faults: [ { latency: web, add: 100ms, at: 10s, for: 20s } ] } }
";

pub const CASES: &[Case] = &[
    fault("scenario.faults", "[ { kill: web, at: 10s, for: 20s } ]", |s| s.success(), Down),
    case("scenario.load", CALM, ("scenarios.trouble.load", "3x"), |s| s.users().offered as f64, Up),
    case("when.at", DEAD, ("scenarios.trouble.faults.0.at", "40s"), |s| s.success(), Up),
    case("when.for", KILLED, (FAULTS, "[ { kill: web, replicas: 3, at: 10s, for: 45s } ]"), |s| s.success(), Down),
    fault("fault.kill.kill", "[ { kill: db, at: 10s, for: 30s } ]", |s| s.success(), Down),
    case("fault.kill.replicas", KILLED, ("scenarios.trouble.faults.0.replicas", "4"), |s| s.success(), Down),
    case(
        "fault.kill.share",
        KILLED,
        (FAULTS, "[ { kill: web, share: 100%, at: 10s, for: 20s } ]"),
        |s| s.success(),
        Down,
    ),
    fault("fault.latency.latency", "[ { latency: web>db, add: 100ms, at: 10s, for: 30s } ]", |s| s.mean_ms(), Up),
    case("fault.latency.add", SLOW, ("scenarios.trouble.faults.0.add", "800ms"), |s| s.mean_ms(), Up),
    case(
        "fault.latency.factor",
        SLOW,
        (FAULTS, "[ { latency: web, factor: 60x, at: 10s, for: 20s } ]"),
        |s| s.mean_ms(),
        Up,
    ),
    fault("fault.errors.errors", "[ { errors: db, share: 100%, at: 10s, for: 40s } ]", |s| s.success(), Down),
    fault("fault.errors.share", "[ { errors: web, share: 50%, at: 10s, for: 30s } ]", |s| s.success(), Down),
    fault("fault.partition.partition", "[ { partition: web>db, at: 10s, for: 30s } ]", |s| s.success(), Down),
    fault("fault.cache_flush.cache_flush", "[ { cache_flush: memory, at: 10s, for: 30s } ]", |s| s.mean_ms(), Up),
    fault(
        "fault.consumer_stop.consumer_stop",
        "[ { consumer_stop: mails, at: 10s } ]",
        |s| s.topic("mails").acknowledged as f64,
        Down,
    ),
    fault("fault.load.load", "[ { load: 3x, at: 10s, for: 30s } ]", |s| s.users().offered as f64, Up),
];
