//! Dependencies: what lies between a caller and a callee, and what happens when a call fails for good.

use super::*;

/// A caller with as many workers as it wants, and a callee that takes 20 ms.
const PAIR: &str = "
traffic: { rate: 50/s, to: web }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: {} } }
  pay: { concurrency: 100, work: 20ms }
";

/// The callee refuses what it cannot do at once.
const CROWDED: &str = "
traffic: { rate: 150/s, to: web }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: {} } }
  pay: { concurrency: 4, queue: 1000, work: 20ms }
";

/// Some of the callee's answers are errors.
const FLAKY: &str = "
traffic: { rate: 50/s, to: web }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: {} } }
  pay: { concurrency: 100, endpoints: { charge: [ { work: 20ms }, { error: 50% } ] } }
";

/// The answer comes too late for the caller, and another try follows.
const LATE: &str = "
traffic: { rate: 20/s, to: web }
services:
  web:
    concurrency: unlimited
    calls: [ pay ]
    dependencies: { pay: { timeout: 30ms, retry: { attempts: 2, backoff: 0s } } }
  pay: { concurrency: 100, work: 20ms }
";

/// The callee waits for a third party, and its caller does not wait that long.
const CHAIN: &str = "
traffic: { rate: 20/s, to: web }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: { timeout: 20ms } } }
  pay: { concurrency: 100, endpoints: { charge: [ { work: 10ms }, { work: 10ms }, { call: bank } ] } }
  bank: { concurrency: 100, work: 50ms }
";

const POOLED: &str = "
traffic: { rate: 100/s, to: web }
services:
  web:
    concurrency: unlimited
    calls: [ pay ]
    dependencies: { pay: { pool: { size: 4, pending: 100, max_wait: 1s, connect: 0s } } }
  pay: { concurrency: 100, work: 30ms }
scenarios: { restart: { faults: [ { kill: pay, at: 10s, for: 1s }, { kill: pay, at: 30s, for: 1s } ] } }
";

const BULKHEAD: &str = "
traffic: { rate: 150/s, to: web }
services:
  web:
    concurrency: unlimited
    calls: [ pay ]
    dependencies: { pay: { bulkhead: { calls: 4, queue: 10, max_wait: 1s } } }
  pay: { concurrency: 100, work: 30ms }
";

/// What happens instead: to another, or to an old answer.
const SUBSTITUTE: &str = "
traffic: { rate: 50/s, to: web }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: { fallback: { call: other } } } }
  pay: { concurrency: 100, endpoints: { charge: [ { work: 1ms }, { error: 50% } ] } }
  other: { work: 5ms }
  slow: { work: 100ms }
caches: { old: { get: 5ms }, older: { get: 60ms } }
";

const RATED: &str = "
traffic: { rate: 50/s, to: web }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: { throttle: { k: 2, window: 2min } } } }
  pay: { concurrency: 100, work: 2ms, rate_limit: { rate: 20/s, burst: 1 } }
scenarios: { stricter: { faults: [] } }
";

const SWITCHED: &str = "
traffic: { rate: 50/s, to: web }
services:
  web:
    concurrency: unlimited
    calls: [ pay ]
    dependencies: { pay: { kill_switch: { at: 20s, for: 20s, then: fail, propagation: 0s } } }
  pay: { concurrency: 100, work: 20ms }
";

const HEDGED: &str = "
traffic: { rate: 20/s, to: web }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: { hedge: { after: 40ms, attempts: 2 } } } }
  pay: { concurrency: 100, work: { mixture: [ { p: 80%, time: 5ms }, { p: 20%, time: { constant: 500ms } } ] } }
";

pub const CASES: &[Case] = &[
    case("policy.network", PAIR, ("services.web.dependencies.pay.network", "30ms"), |s| s.mean_ms(), Up),
    case("policy.loss", PAIR, ("services.web.dependencies.pay.loss", "10%"), |s| s.mean_ms(), Up),
    case(
        "policy.pool",
        CROWDED,
        ("services.web.dependencies.pay.pool", "3"),
        |s| s.resource("pay.workers").queue_mean,
        Down,
    ),
    case("policy.timeout", PAIR, ("services.web.dependencies.pay.timeout", "30ms"), |s| s.success(), Down),
    case("policy.deadline", PAIR, ("services.web.dependencies.pay.deadline", "30ms"), |s| s.success(), Down),
    case("policy.propagate_deadline", CHAIN, (PROPAGATE, "true"), |s| s.edge("pay>bank").calls as f64, Down),
    case("policy.cancellation", CHAIN, (CANCEL, "true"), |s| s.resource("pay.workers").utilization, Down),
    case("policy.retry", FLAKY, ("services.web.dependencies.pay.retry", "{}"), |s| s.success(), Up),
    case("policy.hedge", HEDGED, ("services.web.dependencies.pay.hedge", "none"), |s| s.mean_ms(), Up),
    case(
        "policy.circuit_breaker",
        FLAKY,
        ("services.web.dependencies.pay.circuit_breaker", "{}"),
        |s| s.success(),
        Down,
    ),
    case("policy.bulkhead", CROWDED, ("services.web.dependencies.pay.bulkhead", "3"), |s| s.success(), Down),
    case("policy.throttle", RATED, (THROTTLE, "none"), |s| s.edge("web>pay").rejected as f64, Down),
    case("policy.rate_limit", PAIR, ("services.web.dependencies.pay.rate_limit", "20/s"), |s| s.success(), Down),
    case("policy.kill_switch", PAIR, (SWITCH, "{ at: 20s }"), |s| s.success(), Down),
    case(
        "policy.idempotent",
        LATE,
        ("services.web.dependencies.pay.idempotent", "true"),
        |s| s.edge("web>pay").duplicates as f64,
        Down,
    ),
    case("dependency.fallback", FLAKY, ("services.web.dependencies.pay.fallback", "degraded"), |s| s.success(), Up),
    case("dependency.optional", FLAKY, ("services.web.dependencies.pay.optional", "true"), |s| s.success(), Up),
    case("fallback.call", SUBSTITUTE, ("services.web.dependencies.pay.fallback.call", "slow"), |s| s.mean_ms(), Up),
    case(
        "fallback.stale",
        SUBSTITUTE,
        ("services.web.dependencies.pay.fallback", "{ stale: older }"),
        |s| s.mean_ms(),
        Up,
    ),
    case("pool.size", POOLED, ("services.web.dependencies.pay.pool.size", "8"), |s| s.mean_ms(), Down),
    case("pool.pending", POOLED, ("services.web.dependencies.pay.pool.pending", "2"), |s| s.success(), Down),
    case(
        "pool.pending",
        POOLED,
        ("services.web.dependencies.pay.pool.pending", "unlimited"),
        |s| s.edge("web>pay").overflows as f64 + 1.0,
        Down,
    )
    .of(&[("services.web.dependencies.pay.pool.pending", "2")]),
    case("pool.max_wait", POOLED, ("services.web.dependencies.pay.pool.max_wait", "10ms"), |s| s.success(), Down),
    case("pool.connect", POOLED, ("services.web.dependencies.pay.pool.connect", "3s"), |s| s.mean_ms(), Up),
    case("bulkhead.calls", BULKHEAD, ("services.web.dependencies.pay.bulkhead.calls", "10"), |s| s.success(), Up),
    case("bulkhead.queue", BULKHEAD, ("services.web.dependencies.pay.bulkhead.queue", "100"), |s| s.mean_ms(), Up),
    case(
        "bulkhead.max_wait",
        BULKHEAD,
        ("services.web.dependencies.pay.bulkhead.max_wait", "10ms"),
        |s| s.mean_ms(),
        Down,
    ),
    case("hedge.after", HEDGED, ("services.web.dependencies.pay.hedge.after", "400ms"), |s| s.mean_ms(), Up),
    case("hedge.attempts", HEDGED, ("services.web.dependencies.pay.hedge.attempts", "4"), |s| s.mean_ms(), Down),
    case(
        "throttle.k",
        RATED,
        ("services.web.dependencies.pay.throttle.k", "1"),
        |s| s.edge("web>pay").rejected as f64,
        Up,
    ),
    case("throttle.window", RELIEVED, ("services.web.dependencies.pay.throttle.window", "2s"), |s| s.success(), Up),
    case("kill_switch.at", SWITCHED, ("services.web.dependencies.pay.kill_switch.at", "50s"), |s| s.success(), Up),
    case("kill_switch.for", SWITCHED, ("services.web.dependencies.pay.kill_switch.for", "40s"), |s| s.success(), Down),
    case("kill_switch.then", SWITCHED, ("services.web.dependencies.pay.kill_switch.then", "skip"), |s| s.success(), Up),
    case(
        "kill_switch.propagation",
        SWITCHED,
        ("services.web.dependencies.pay.kill_switch.propagation", "30s"),
        |s| s.success(),
        Up,
    )
    .of(&[("services.web.dependencies.pay.kill_switch.for", "60s")]),
];

const PROPAGATE: &str = "services.web.dependencies.pay.propagate_deadline";
const CANCEL: &str = "services.web.dependencies.pay.cancellation";
const THROTTLE: &str = "services.web.dependencies.pay.throttle";
const SWITCH: &str = "services.web.dependencies.pay.kill_switch";

/// The callee's refusals end after half a minute.
const RELIEVED: &str = "
traffic: { rate: 50/s, to: web }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: { throttle: { k: 1.2, window: 2min } } } }
  pay: { concurrency: 1, queue: 5, work: 2ms }
scenarios: { slow: { faults: [ { latency: pay, factor: 30x, for: 20s } ] } }
";
