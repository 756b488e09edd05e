//! Faults beyond those of the first version, and when faults strike.

use super::*;

/// Four replicas before a database, and nothing that goes wrong yet.
const CALM: &str = "
traffic: { rate: 100/s, to: web.get, timeout: 2s }
services:
  web:
    replicas: 4
    concurrency: 4
    queue: 20
    endpoints: { get: [ { work: 10ms }, { call: db.read } ] }
    dependencies: { db: { pool: { size: 10, connect: 100ms } } }
databases: { db: { queries: { read: { read: 2ms }, write: { write: 2ms } } } }
scenarios: { trouble: { faults: [] } }
";

/// The same for what writes.
const WRITING: &str = "
traffic: { rate: 100/s, to: web.put, timeout: 2s }
services: { web: { concurrency: 20, endpoints: { put: [ { call: db.write } ] } } }
databases: { db: { queries: { read: { read: 2ms }, write: { write: 2ms } } } }
scenarios: { trouble: { faults: [] } }
";

const DEPLOYED: &str = "
traffic: { rate: 100/s, to: api }
services:
  api: { replicas: 4, concurrency: 8, work: 20ms, startup: 3s, grace: 5s, rollout: { surge: 1, unavailable: 0 } }
scenarios: { trouble: { faults: [ { deploy: api, at: 10s } ] } }
";

const FAULTS: &str = "scenarios.trouble.faults";

/// A fault added to a calm scenario.
const fn fault(field: &'static str, faults: &'static str, see: fn(&Seen) -> f64, goes: Goes) -> Case {
    case(field, CALM, (FAULTS, faults), see, goes)
}

/// The same on what writes.
const fn written(field: &'static str, faults: &'static str, see: fn(&Seen) -> f64, goes: Goes) -> Case {
    case(field, WRITING, (FAULTS, faults), see, goes)
}

pub const CASES: &[Case] = &[
    fault("fault.hang.hang", "[ { hang: web, at: 10s, for: 20s } ]", |s| s.success(), Down),
    fault("fault.hang.replicas", "[ { hang: web, replicas: 4, at: 10s, for: 20s } ]", |s| s.success(), Down)
        .of(&[(FAULTS, "[ { hang: web, replicas: 1, at: 10s, for: 20s } ]")]),
    fault("fault.hang.share", "[ { hang: web, share: 100%, at: 10s, for: 20s } ]", |s| s.success(), Down)
        .of(&[(FAULTS, "[ { hang: web, share: 25%, at: 10s, for: 20s } ]")]),
    fault("fault.refuse.refuse", "[ { refuse: web>db, at: 10s, for: 20s } ]", |s| s.success(), Down),
    fault("fault.refuse.share", "[ { refuse: web, share: 60%, at: 10s, for: 20s } ]", |s| s.success(), Up)
        .of(&[(FAULTS, "[ { refuse: web, at: 10s, for: 20s } ]")]),
    fault("fault.reset.reset", "[ { reset: db.read, at: 10s, for: 20s } ]", |s| s.failed(Cause::Dependency), Up),
    fault("fault.reset.share", "[ { reset: web>db, share: 40%, at: 10s, for: 20s } ]", |s| s.success(), Up)
        .of(&[(FAULTS, "[ { reset: web>db, at: 10s, for: 20s } ]")]),
    fault("fault.cpu.cpu", "[ { cpu: web, load: 80%, at: 10s, for: 20s } ]", |s| s.mean_ms(), Up),
    fault("fault.cpu.load", "[ { cpu: web, load: 80%, at: 10s, for: 20s } ]", |s| s.mean_ms(), Up)
        .of(&[(FAULTS, "[ { cpu: web, load: 20%, at: 10s, for: 20s } ]")]),
    fault("fault.cpu.replicas", "[ { cpu: web, load: 80%, replicas: 1, at: 10s, for: 20s } ]", |s| s.mean_ms(), Down)
        .of(&[(FAULTS, "[ { cpu: web, load: 80%, at: 10s, for: 20s } ]")]),
    fault("fault.cpu.share", "[ { cpu: web, load: 80%, share: 25%, at: 10s, for: 20s } ]", |s| s.mean_ms(), Down)
        .of(&[(FAULTS, "[ { cpu: web, load: 80%, at: 10s, for: 20s } ]")]),
    fault(
        "fault.latency.replicas",
        "[ { latency: web, factor: 5x, replicas: 1, at: 10s, for: 20s } ]",
        |s| s.mean_ms(),
        Down,
    )
    .of(&[(FAULTS, "[ { latency: web, factor: 5x, at: 10s, for: 20s } ]")]),
    fault(
        "fault.latency.share",
        "[ { latency: web, factor: 5x, share: 25%, at: 10s, for: 20s } ]",
        |s| s.mean_ms(),
        Down,
    )
    .of(&[(FAULTS, "[ { latency: web, factor: 5x, at: 10s, for: 20s } ]")]),
    fault(
        "fault.throttle.throttle",
        "[ { throttle: web, rate: 20/s, at: 10s, for: 20s } ]",
        |s| s.failed(Cause::RateLimited),
        Up,
    ),
    fault("fault.throttle.rate", "[ { throttle: web, rate: 60/s, at: 10s, for: 20s } ]", |s| s.success(), Up)
        .of(&[(FAULTS, "[ { throttle: web, rate: 20/s, at: 10s, for: 20s } ]")]),
    fault("fault.throttle.share", "[ { throttle: web.get, share: 60%, at: 10s, for: 20s } ]", |s| s.success(), Down)
        .of(&[(FAULTS, "[ { throttle: web.get, share: 20%, at: 10s, for: 20s } ]")]),
    written("fault.failover.failover", "[ { failover: db, at: 10s, for: 20s } ]", |s| s.success(), Down),
    written("fault.dns.dns", "[ { dns: web>db, at: 10s, for: 20s } ]", |s| s.success(), Down),
    written("fault.dns.share", "[ { dns: db, share: 40%, at: 10s, for: 20s } ]", |s| s.success(), Up)
        .of(&[(FAULTS, "[ { dns: db, at: 10s, for: 20s } ]")]),
    fault("fault.memory.memory", "[ { memory: web, ramp: 10s } ]", |s| s.success(), Down),
    fault("fault.memory.factor", "[ { memory: web, factor: 8x, ramp: 10s } ]", |s| s.mean_ms(), Up)
        .of(&[(FAULTS, "[ { memory: web, ramp: 10s } ]")]),
    fault("fault.memory.restart", "[ { memory: web, restart: 1s, ramp: 10s } ]", |s| s.success(), Up)
        .of(&[(FAULTS, "[ { memory: web, ramp: 10s } ]")]),
    fault("fault.memory.replicas", "[ { memory: web, replicas: 2, ramp: 10s } ]", |s| s.success(), Up)
        .of(&[(FAULTS, "[ { memory: web, ramp: 10s } ]")]),
    fault("fault.memory.share", "[ { memory: web, share: 50%, ramp: 10s } ]", |s| s.success(), Up)
        .of(&[(FAULTS, "[ { memory: web, ramp: 10s } ]")]),
    written("fault.io.io", "[ { io: db, factor: 10x, at: 10s, for: 20s } ]", |s| s.mean_ms(), Up),
    written("fault.io.factor", "[ { io: db, factor: 20x, at: 10s, for: 20s } ]", |s| s.mean_ms(), Up)
        .of(&[(FAULTS, "[ { io: db, factor: 10x, at: 10s, for: 20s } ]")]),
    written("fault.io.share", "[ { io: db, share: 60%, at: 10s, for: 20s } ]", |s| s.success(), Down)
        .of(&[(FAULTS, "[ { io: db, share: 20%, at: 10s, for: 20s } ]")]),
    written("fault.disk_full.disk_full", "[ { disk_full: db, at: 10s, for: 20s } ]", |s| s.success(), Down),
    fault("fault.loss.loss", "[ { loss: web>db, share: 10%, at: 10s, for: 20s } ]", |s| s.mean_ms(), Up),
    fault("fault.loss.share", "[ { loss: web>db, share: 40%, at: 10s, for: 20s } ]", |s| s.mean_ms(), Up)
        .of(&[(FAULTS, "[ { loss: web>db, share: 10%, at: 10s, for: 20s } ]")]),
    case(
        "fault.deploy.errors",
        DEPLOYED,
        (FAULTS, "[ { deploy: api, errors: 50%, at: 10s, for: 20s } ]"),
        |s| s.success(),
        Down,
    ),
    case("fault.deploy.factor", DEPLOYED, (FAULTS, "[ { deploy: api, factor: 3x, at: 10s } ]"), |s| s.mean_ms(), Up),
    fault("fault.kill.each", "[ { kill: web, each: true, mtbf: 5s, mttr: 5s } ]", |s| s.success(), Up)
        .of(&[(FAULTS, "[ { kill: web, mtbf: 5s, mttr: 5s } ]")]),
    fault("when.ramp", "[ { latency: web, add: 400ms, ramp: 40s, at: 10s, for: 40s } ]", |s| s.mean_ms(), Down)
        .of(&[(FAULTS, "[ { latency: web, add: 400ms, at: 10s, for: 40s } ]")]),
    fault("when.mtbf", "[ { kill: web, mtbf: 20s, mttr: 5s } ]", |s| s.success(), Up)
        .of(&[(FAULTS, "[ { kill: web, mtbf: 2s, mttr: 5s } ]")]),
    fault("when.mttr", "[ { kill: web, mtbf: 5s, mttr: 1s } ]", |s| s.success(), Up)
        .of(&[(FAULTS, "[ { kill: web, mtbf: 5s, mttr: 10s } ]")]),
];
