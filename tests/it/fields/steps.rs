//! Steps of endpoints.

use super::*;

/// A service with steps of its own, a callee, a queue and a cache.
const SHOP: &str = "
traffic: { rate: 50/s, to: api.get }
services:
  api: { concurrency: 20, endpoints: { get: [ { work: 10ms } ] } }
  slow: { work: 20ms }
  fast: { work: 1ms }
  mailer: { work: 1ms }
queues: { mails: { consumers: [ { call: mailer } ] } }
caches: { memory: { get: 0.1ms, hit_ratio: 50% } }
";

const GET: &str = "services.api.endpoints.get";

/// The steps of a list replaced by others.
const fn steps(field: &'static str, steps: &'static str, see: fn(&Seen) -> f64, goes: Goes) -> Case {
    case(field, SHOP, (GET, steps), see, goes)
}

const PARALLEL: &str = "
traffic: { rate: 50/s, to: api.get }
services:
  api: { endpoints: { get: [ { parallel: { branches: [ { call: slow }, { call: fast } ], need: all } } ] } }
  slow: { concurrency: 50, work: 20ms }
  fast: { concurrency: 50, work: 1ms }
";

const REPEAT: &str = "
traffic: { rate: 20/s, to: api.get }
services: { api: { endpoints: { get: [ { repeat: { times: 3, steps: [ { call: db } ] } } ] } } }
databases: { db: { query: 2ms } }
";

const CHANCE: &str = "
traffic: { rate: 50/s, to: api.get }
services: { api: { endpoints: { get: [ { chance: { p: 10%, steps: [ { call: db } ], else: [] } } ] } } }
databases: { db: { query: 5ms } }
";

const CHOOSE: &str = "
traffic: { rate: 50/s, to: api.get }
services:
  api:
    endpoints:
      get:
        - choose:
            - { p: 50%, steps: [ { call: db } ] }
            - { p: 50%, steps: [ { work: 1ms } ] }
databases: { db: { query: 5ms } }
";

const CACHED: &str = "
traffic: { rate: 50/s, to: api.get }
services: { api: { endpoints: { get: [ { cached: { cache: good, miss: [ { call: db } ] } } ] } } }
databases: { db: { query: 20ms } }
caches: { good: { hit_ratio: 95% }, bad: { hit_ratio: 20% } }
";

pub const CASES: &[Case] = &[
    steps("step.work", "[ { work: 20ms } ]", |s| s.mean_ms(), Up),
    steps("step.sleep", "[ { work: 10ms }, { sleep: 15ms } ]", |s| s.mean_ms(), Up),
    steps("step.call", "[ { work: 10ms }, { call: slow } ]", |s| s.mean_ms(), Up),
    steps("step.publish", "[ { work: 10ms }, { publish: mails } ]", |s| s.topic("mails").published as f64, Up),
    steps("step.parallel", "[ { parallel: [ { call: slow }, { call: fast } ] } ]", |s| s.mean_ms(), Up),
    steps("step.repeat", "[ { repeat: { times: 3, steps: [ { work: 10ms } ] } } ]", |s| s.mean_ms(), Up),
    steps("step.chance", "[ { chance: { p: 50%, steps: [ { work: 10ms } ] } } ]", |s| s.mean_ms(), Down),
    steps(
        "step.choose",
        "[ { choose: [ { p: 50%, steps: [ { work: 10ms } ] }, { p: 50%, steps: [] } ] } ]",
        |s| s.mean_ms(),
        Down,
    ),
    steps("step.cached", "[ { cached: { cache: memory, miss: [ { work: 10ms } ] } } ]", |s| s.mean_ms(), Down),
    steps("step.error", "[ { work: 10ms }, { error: 30% } ]", |s| s.success(), Down),
    case("parallel.need", PARALLEL, (NEED, "any"), |s| s.mean_ms(), Down),
    case("parallel.need", PARALLEL, (NEED, "1"), |s| s.mean_ms(), Down),
    case("parallel.branches", PARALLEL, (BRANCHES, "[ { call: fast }, { call: fast } ]"), |s| s.mean_ms(), Down),
    case("repeat.times", REPEAT, ("services.api.endpoints.get.0.repeat.times", "9"), |s| s.mean_ms(), Up),
    case(
        "repeat.steps",
        REPEAT,
        ("services.api.endpoints.get.0.repeat.steps", "[ { work: 0.1ms } ]"),
        |s| s.mean_ms(),
        Down,
    ),
    case("between.min", REPEAT, (TIMES, "{ min: 3, max: 9 }"), |s| s.mean_ms(), Up),
    case("between.max", REPEAT, (TIMES, "{ min: 3, max: 9 }"), |s| s.mean_ms(), Up),
    case("geometric.mean", REPEAT, (TIMES, "{ mean: 1.5 }"), |s| s.mean_ms(), Down),
    case("chance.p", CHANCE, ("services.api.endpoints.get.0.chance.p", "60%"), |s| s.mean_ms(), Up),
    case("chance.steps", CHANCE, ("services.api.endpoints.get.0.chance.steps", "[]"), |s| s.mean_ms(), Down),
    case("chance.else", CHANCE, ("services.api.endpoints.get.0.chance.else", "[ { work: 5ms } ]"), |s| s.mean_ms(), Up),
    case("case.p", CHOOSE, ("services.api.endpoints.get.0.choose", OTHERWISE), |s| s.mean_ms(), Up),
    case(
        "case.steps",
        CHOOSE,
        ("services.api.endpoints.get.0.choose.1.steps", "[ { work: 50ms } ]"),
        |s| s.mean_ms(),
        Up,
    ),
    case("cached.cache", CACHED, ("services.api.endpoints.get.0.cached.cache", "bad"), |s| s.mean_ms(), Up),
    case(
        "cached.miss",
        CACHED,
        ("services.api.endpoints.get.0.cached.miss", "[ { work: 500ms } ]"),
        |s| s.mean_ms(),
        Up,
    ),
];

const NEED: &str = "services.api.endpoints.get.0.parallel.need";
const BRANCHES: &str = "services.api.endpoints.get.0.parallel.branches";
const TIMES: &str = "services.api.endpoints.get.0.repeat.times";
const OTHERWISE: &str = "[ { p: 90%, steps: [ { call: db } ] }, { p: 10%, steps: [ { work: 1ms } ] } ]";
