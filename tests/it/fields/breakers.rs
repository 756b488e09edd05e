//! Circuit breakers.

use super::*;

/// The callee's answers fail for a while, and some of them always do.
const FLAKY: &str = "
traffic: { rate: 100/s, to: web }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: { circuit_breaker: {} } } }
  pay: { concurrency: 100, endpoints: { charge: [ { work: 2ms }, { error: 5% } ] } }
scenarios: { bad: { faults: [ { errors: pay, share: 40%, at: 10s, for: 30s } ] } }
";

/// The callee is slow for a while.
const SLOW: &str = "
traffic: { rate: 100/s, to: web }
services:
  web:
    concurrency: unlimited
    calls: [ pay ]
    dependencies: { pay: { circuit_breaker: { slow_call_duration: 50ms, slow_call_rate: 40% } } }
  pay: { concurrency: 100, work: 2ms }
scenarios: { slow: { faults: [ { latency: pay, factor: 40x, at: 10s, for: 30s } ] } }
";

/// Nothing gets through for a while.
const CUT: &str = "
traffic: { rate: 20/s, to: web }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: { circuit_breaker: { failure_rate: 20% } } } }
  pay: { concurrency: 100, work: 2ms }
scenarios:
  cut:
    faults: [ { errors: pay, share: 100%, at: 4s, for: 12s }, { partition: pay, at: 16s, for: 40s } ]
";

const BREAKER: &str = "services.web.dependencies.pay.circuit_breaker";

fn rejected(seen: &Seen) -> f64 {
    seen.edge("web>pay").rejected as f64
}

fn opened(seen: &Seen) -> f64 {
    seen.edge("web>pay").breaker_opened as f64
}

const fn flaky(field: &'static str, to: &'static str, see: fn(&Seen) -> f64, goes: Goes) -> Case {
    case(field, FLAKY, (BREAKER, to), see, goes)
}

pub const CASES: &[Case] = &[
    flaky("circuit_breaker.preset", "{ preset: resilience4j }", opened, Down).of(&[(BREAKER, "{ failure_rate: 40% }")]),
    flaky("circuit_breaker.preset", "{ preset: hystrix, failure_rate: 40% }", rejected, Up),
    flaky("circuit_breaker.preset", "{ preset: polly }", rejected, Up),
    flaky("circuit_breaker.preset", "{ preset: opossum, failure_rate: 40% }", rejected, Up),
    flaky("circuit_breaker.preset", "{ preset: gobreaker, consecutive_failures: 4 }", rejected, Up),
    flaky("circuit_breaker.failure_rate", "{ failure_rate: 30% }", rejected, Up),
    case(
        "circuit_breaker.slow_call_rate",
        SLOW,
        ("services.web.dependencies.pay.circuit_breaker.slow_call_rate", "90%"),
        rejected,
        Down,
    ),
    case(
        "circuit_breaker.slow_call_duration",
        SLOW,
        ("services.web.dependencies.pay.circuit_breaker.slow_call_duration", "1s"),
        rejected,
        Down,
    ),
    flaky("circuit_breaker.consecutive_failures", "{ consecutive_failures: 3 }", rejected, Up),
    flaky("circuit_breaker.window", "{ failure_rate: 40%, window: 10 calls, minimum_calls: 10 }", opened, Up)
        .of(&[(BREAKER, "{ failure_rate: 40%, window: 100 calls, minimum_calls: 10 }")]),
    flaky("circuit_breaker.minimum_calls", "{ failure_rate: 40%, minimum_calls: 2000 }", rejected, Down)
        .of(&[(BREAKER, "{ failure_rate: 40% }")]),
    flaky("circuit_breaker.open_for", "{ failure_rate: 40%, open_for: 20s }", opened, Down)
        .of(&[(BREAKER, "{ failure_rate: 40% }")]),
    flaky("circuit_breaker.half_open_calls", "{ failure_rate: 40%, half_open_calls: 1 }", opened, Up)
        .of(&[(BREAKER, "{ failure_rate: 40%, half_open_calls: 50 }")]),
    case(
        "circuit_breaker.half_open_timeout",
        CUT,
        ("services.web.dependencies.pay.circuit_breaker.half_open_timeout", "2s"),
        opened,
        Up,
    ),
    case(
        "circuit_breaker.automatic_half_open",
        CUT,
        ("services.web.dependencies.pay.circuit_breaker.automatic_half_open", "true"),
        opened,
        Up,
    )
    .of(&[
        ("services.web.dependencies.pay.circuit_breaker.half_open_timeout", "2s"),
        ("traffic.rate", "0.5/s"),
        ("services.web.dependencies.pay.circuit_breaker.minimum_calls", "1"),
    ]),
    case(
        "circuit_breaker.stale_results",
        STALE,
        ("services.web.dependencies.pay.circuit_breaker.stale_results", "drop"),
        rejected,
        Down,
    ),
];

/// Calls from before the breaker opened fail after it has let probes through.
const STALE: &str = "
traffic: { rate: 50/s, to: web }
services:
  web:
    concurrency: unlimited
    calls: [ pay ]
    dependencies: { pay: { timeout: 6s, circuit_breaker: { window: 2s, minimum_calls: 5, open_for: 1s, half_open_calls: 100 } } }
  pay: { concurrency: 1000, work: 2ms }
scenarios:
  hang:
    faults: [ { latency: pay, add: 20s, at: 10s, for: 5s }, { errors: pay, share: 100%, at: 15s, for: 1s } ]
";
