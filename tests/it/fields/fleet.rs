//! Replicas that come and go.

use super::*;

/// Two replicas, one of which is dead for a while.
const MORTAL: &str = "
traffic: { rate: 100/s, to: api }
services: { api: { replicas: 2, concurrency: 2, queue: 20, work: 10ms } }
scenarios: { trouble: { faults: [ { kill: api, at: 10s, for: 10s } ] } }
";

/// A version is rolled out.
const DEPLOYED: &str = "
traffic: { rate: 100/s, to: api }
services:
  api: { replicas: 4, concurrency: 2, queue: 20, work: 20ms, startup: 3s, grace: 5s, rollout: { surge: 1, unavailable: 0 } }
scenarios: { trouble: { faults: [ { deploy: api, at: 10s } ] } }
";

/// The load doubles and goes back.
const SCALED: &str = "
traffic: { rate: 100/s, to: api.ask }
services:
  api:
    replicas: { min: 2, max: 20, cpu: 60%, sync: 5s, down_window: 10s }
    cpu: 1
    concurrency: 20
    queue: 20
    startup: 3s
    endpoints: { ask: [ { work: 10ms }, { publish: jobs } ], other: [ { work: 10ms } ] }
queues: { jobs: { consumers: [ { call: api.other, concurrency: 40 } ] }, idle: {} }
scenarios: { trouble: { faults: [ { load: 4x, at: 15s, for: 20s } ] } }
";

/// Dies at once, and is noticed in time.
const PROBED: &str = "
traffic: { rate: 100/s, to: api.ask }
services:
  api:
    replicas: 4
    concurrency: 4
    queue: 200
    startup: 2s
    health_check: { interval: 2s, timeout: 500ms, unhealthy: 2, healthy: 1 }
    endpoints: { ask: [ { work: 10ms } ], stored: [ { call: db } ] }
databases: { db: { query: 1ms } }
scenarios: { trouble: { faults: [ { kill: api, replicas: 2, at: 10s, for: 20s } ] } }
";

/// Too much for a while: lines grow long.
const CROWDED: &[(&str, &str)] = &[("scenarios.trouble.faults", "[ { load: 25x, at: 10s, for: 10s } ]")];

/// What it calls is gone for a while.
const UNSTORED: &[(&str, &str)] = &[("scenarios.trouble.faults", "[ { kill: db, at: 10s, for: 20s } ]")];

/// Errors come in rows.
const FLAWED: &str = "
traffic: { rate: 200/s, to: api.ask }
services:
  api:
    replicas: 10
    concurrency: unlimited
    outlier_ejection: { errors: 3, base: 5s, share: 50%, panic: 0% }
    endpoints: { ask: [ { work: 5ms }, { error: 20% } ] }
";

fn ejections(s: &Seen) -> f64 {
    s.fleet("api").ejections as f64
}

const fn scaled(field: &'static str, change: (&'static str, &'static str), see: fn(&Seen) -> f64, goes: Goes) -> Case {
    case(field, SCALED, change, see, goes).over(60)
}

fn mean(s: &Seen) -> f64 {
    s.fleet("api").mean
}

const BACKLOG: &[(&str, &str)] = &[(
    "services.api.replicas",
    "{ min: 2, max: 20, backlog: { queue: jobs, messages: 50 }, sync: 5s, down_window: 10s }",
)];

/// A replica begins slowly and drops what it does when it is stopped.
const SLOW_ROLLOUT: &[(&str, &str)] = &[
    ("services.api.startup", "20s"),
    ("services.api.grace", "0s"),
    ("services.api.work", "1s"),
    ("services.api.concurrency", "unlimited"),
    ("services.api.queue", "unlimited"),
];

/// Callers and callees in three zones.
const ZONED: &str = "
traffic: { rate: 100/s, to: front.ask }
services:
  front: { replicas: 6, zones: { count: 3 }, endpoints: { ask: [ { call: back } ] } }
  back: { replicas: 6, concurrency: 4, queue: 20, zones: { count: 3, crossing: 5ms }, work: 2ms, balance: random }
scenarios: { trouble: { faults: [ { zone: 1, at: 10s, for: 20s } ] } }
";

pub const CASES: &[Case] = &[
    case("fleet.replicas", MORTAL, ("services.api.replicas", "1"), |s| s.mean_ms(), Up),
    case("fleet.startup", MORTAL, ("services.api.startup", "10s"), |s| s.success(), Down),
    case("fleet.slow_start", DEPLOYED, ("services.api.slow_start", "20s"), |s| s.p99_ms(), Up)
        .of(&[("traffic.rate", "340/s")]),
    case("fleet.grace", DEPLOYED, ("services.api.grace", "0s"), |s| s.failed(Cause::Reset), Up),
    case("fleet.rollout", DEPLOYED, ("services.api.rollout", "{ surge: 0, unavailable: 4 }"), |s| s.success(), Down),
    case("rollout.surge", DEPLOYED, ("services.api.rollout.surge", "4"), |s| s.failed(Cause::Reset), Up)
        .of(SLOW_ROLLOUT),
    case("rollout.unavailable", DEPLOYED, ("services.api.rollout.unavailable", "4"), |s| s.success(), Down),
    case(
        "fault.deploy.deploy",
        DEPLOYED,
        ("scenarios.trouble.faults", "[ { deploy: api, at: 20s } ]"),
        |s| s.mean_ms(),
        Up,
    )
    .of(&[("scenarios.trouble.faults", "[]"), ("services.api.rollout", "{ surge: 0, unavailable: 3 }")]),
    case("fleet.crash_on_error", FLAWED, ("services.api.crash_on_error", "50%"), |s| s.success(), Down)
        .of(&[("services.api.startup", "2s")]),
    case("fleet.health_check", PROBED, ("services.api.health_check", "{ interval: 5s }"), |s| s.success(), Down),
    case("health_check.interval", PROBED, ("services.api.health_check.interval", "15s"), |s| s.success(), Down),
    case("health_check.unhealthy", PROBED, ("services.api.health_check.unhealthy", "6"), |s| s.success(), Down),
    case("health_check.healthy", PROBED, ("services.api.health_check.healthy", "12"), |s| s.success(), Down)
        .of(&[("traffic.rate", "1200/s")]),
    case("health_check.timeout", PROBED, ("services.api.health_check.timeout", "50ms"), |s| s.success(), Down)
        .of(CROWDED),
    case("health_check.depth", PROBED, ("services.api.health_check.depth", "deep"), |s| s.success(), Down).of(UNSTORED),
    case("health_check.then", PROBED, ("services.api.health_check.then", "restart"), |s| s.failed(Cause::Reset), Up)
        .of(CROWDED),
    case("health_check.panic", PROBED, ("services.api.health_check.panic", "90%"), |s| s.success(), Down),
    case("fleet.outlier_ejection", FLAWED, ("services.api.outlier_ejection", "{ errors: 2 }"), ejections, Down),
    case("outlier_ejection.errors", FLAWED, ("services.api.outlier_ejection.errors", "5"), ejections, Down),
    case("outlier_ejection.base", FLAWED, ("services.api.outlier_ejection.base", "30s"), ejections, Down),
    case("outlier_ejection.longest", FLAWED, ("services.api.outlier_ejection.longest", "1s"), ejections, Up),
    case("outlier_ejection.interval", FLAWED, ("services.api.outlier_ejection.interval", "1s"), ejections, Up),
    case("outlier_ejection.share", FLAWED, ("services.api.outlier_ejection.share", "10%"), ejections, Down),
    case("outlier_ejection.panic", FLAWED, ("services.api.outlier_ejection.panic", "100%"), ejections, Up)
        .of(&[("services.api.outlier_ejection.share", "30%")]),
    case("fleet.peers", MORTAL, ("services.api.peers", "{ each: 3, limit: 2 }"), |s| s.success(), Down),
    case("peers.each", MORTAL, ("services.api.peers.each", "4"), |s| s.success(), Down)
        .of(&[("services.api.replicas", "4"), ("services.api.peers", "{ each: 1, limit: 10 }")]),
    case("peers.limit", MORTAL, ("services.api.peers.limit", "2"), |s| s.success(), Down)
        .of(&[("services.api.replicas", "4"), ("services.api.peers", "{ each: 1, limit: 10 }")]),
    scaled("replicas.min", ("services.api.replicas.min", "6"), mean, Up),
    scaled("replicas.max", ("services.api.replicas.max", "4"), mean, Down),
    scaled("replicas.cpu", ("services.api.replicas.cpu", "30%"), mean, Up),
    scaled(
        "replicas.concurrency",
        ("services.api.replicas", "{ min: 2, max: 20, concurrency: 15, sync: 5s, down_window: 10s }"),
        mean,
        Down,
    ),
    scaled("replicas.sync", ("services.api.replicas.sync", "15s"), mean, Down),
    scaled("replicas.tolerance", ("services.api.replicas.tolerance", "90%"), mean, Down),
    scaled("replicas.up_window", ("services.api.replicas.up_window", "15s"), mean, Down),
    scaled("replicas.down_window", ("services.api.replicas.down_window", "100s"), mean, Up).over(120),
    scaled(
        "replicas.backlog",
        (
            "services.api.replicas",
            "{ min: 2, max: 20, backlog: { queue: jobs, messages: 1 }, sync: 5s, down_window: 10s }",
        ),
        mean,
        Up,
    ),
    scaled("backlog.queue", ("services.api.replicas.backlog.queue", "idle"), mean, Down).of(BACKLOG),
    scaled("backlog.messages", ("services.api.replicas.backlog.messages", "5"), mean, Up).of(BACKLOG),
    case("fleet.zones", ZONED, ("services.back.zones", "{ count: 2, aware: true }"), |s| s.mean_ms(), Down),
    case("zones.count", ZONED, ("services.back.zones.count", "2"), |s| s.success(), Down)
        .of(&[("services.back.zones.count", "6"), ("traffic.rate", "9000/s")]),
    case("zones.aware", ZONED, ("services.back.zones.aware", "true"), |s| s.mean_ms(), Down),
    case("zones.crossing", ZONED, ("services.back.zones.crossing", "20ms"), |s| s.mean_ms(), Up),
    case(
        "fault.zone.zone",
        ZONED,
        ("scenarios.trouble.faults", "[ { zone: 2, at: 10s, for: 20s } ]"),
        |s| s.success(),
        Down,
    )
    .of(&[("scenarios.trouble.faults", "[]"), ("traffic.rate", "11000/s")]),
];
