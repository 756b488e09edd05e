//! What a service lets in: workers, queues, limits, shedding.

use super::*;

/// One worker under 1.2 times its load, whose users wait a third of the time that the line can last.
const LINE: &str = "
traffic: { rate: 120/s, to: api, timeout: 300ms }
services: { api: { concurrency: 1, queue: { limit: 100 }, work: 10ms } }
";
const QUEUE: &str = "services.api.queue";
const ADAPTIVE: &[(&str, &str)] = &[(QUEUE, "{ limit: 100, order: adaptive_lifo }")];
const CODEL: &[(&str, &str)] = &[(QUEUE, "{ limit: 100, codel: {} }")];

/// Two sources under 1.6 times the load.
const TWO: &str = "
traffic:
  gold: { rate: 80/s, to: api }
  rest: { rate: 80/s, to: api }
services: { api: { concurrency: 1, queue: { limit: 20, order: priority }, work: 10ms } }
";

/// As above, where the line does not look at the priority, and load shedding never sets in.
const RANKED: &str = "
traffic:
  gold: { rate: 80/s, to: api, priority: high }
  rest: { rate: 80/s, to: api, priority: low }
services: { api: { concurrency: 1, queue: { limit: 20 }, load_shedding: { above: 1h }, work: 10ms } }
";

/// A core under twice its load, shared by all.
const CORE: &str = "
traffic: { rate: 200/s, to: api, timeout: 500ms }
services: { api: { cpu: 1, concurrency: 2000, queue: unlimited, concurrency_limit: { algorithm: aimd }, work: 10ms } }
";
const LIMIT: &str = "services.api.concurrency_limit";

/// Requests that wait for something else for a second, so that a hundred must be in flight.
const SLOW: &str = "
traffic: { rate: 100/s, to: api }
services: { api: { concurrency: 1000, concurrency_limit: { algorithm: gradient2 }, work: { constant: 1s } } }
";
const ENVOY: &[(&str, &str)] = &[(LIMIT, "{ algorithm: gradient }")];

/// Requests of a minute, so that the limit has no time to move.
const MINUTE: &str = "
traffic: { rate: 1/s, to: api }
services: { api: { concurrency: 1000, concurrency_limit: { algorithm: aimd }, work: { constant: 50s } } }
";

/// A service under twice its load that sheds.
const SHED: &str = "
traffic: { rate: 200/s, to: api }
services: { api: { cpu: 1, concurrency: 10, queue: 20, load_shedding: { above: 20ms }, work: 10ms } }
";
const SHEDDING: &str = "services.api.load_shedding";

/// Workers that are busy most of the time with waiting, and hardly any line.
const BUSY: &str = "
traffic: { rate: 80/s, to: api.get }
services:
  api:
    cpu: 2
    concurrency: 10
    queue: 1
    load_shedding: { above: 1s }
    endpoints: { get: [ { work: 8ms }, { sleep: 80ms } ] }
";

/// A callee that fails more than half of the time.
const FAILING: &str = "
traffic: { rate: 50/s, to: web }
services:
  web: { calls: [ pay ], dependencies: { pay: { admission_control: {} } } }
  pay: { endpoints: { charge: [ { work: 2ms }, { error: 60% } ] } }
";
const CONTROL: &str = "services.web.dependencies.pay.admission_control";

/// A callee that fails for ten seconds.
const FAILED: &str = "
traffic: { rate: 50/s, to: web }
services:
  web: { calls: [ pay ], dependencies: { pay: { admission_control: {} } } }
  pay: { work: 2ms }
scenarios: { bad: { faults: [ { errors: pay, share: 90%, at: 2s, for: 10s } ] } }
";

/// Four replicas that may take ten requests a second in all, of ten.
const QUOTA: &str = "
traffic: { rate: 10/s, to: api }
services: { api: { replicas: 4, rate_limit: { rate: 10/s }, work: 5ms } }
";
const RATE: &str = "services.api.rate_limit";
const WINDOWS: &[(&str, &str)] = &[(RATE, "{ rate: 10/s, algorithm: fixed_window }")];

/// Four replicas that limit what they send.
const SENDING: &str = "
traffic: { rate: 15/s, to: web }
services:
  web: { replicas: 4, calls: [ pay ], dependencies: { pay: { rate_limit: { rate: 3/s } } } }
  pay: { work: 5ms }
";
const SENT: &str = "services.web.dependencies.pay.rate_limit";
const WAITING: &[(&str, &str)] = &[(SENT, "{ rate: 3/s, preset: resilience4j }")];

/// A callee that sheds what finds two in flight.
const SHEDDER: &str = "
traffic: { rate: 50/s, to: web }
services:
  web: { calls: [ pay ], dependencies: { pay: { retry: { attempts: 3, backoff: 50ms, on: [ error ] } } } }
  pay: { concurrency_limit: { algorithm: aimd, min: 1, max: 1 }, work: 10ms }
";

fn gold(seen: &Seen) -> f64 {
    seen.source("gold").success_rate()
}

fn called(seen: &Seen) -> f64 {
    seen.measured.endpoints.last().map_or(0.0, |endpoint| endpoint.offered as f64)
}

pub const CASES: &[Case] = &[
    case("admission.queue", LINE, (QUEUE, "5"), |s| s.success(), Up),
    case("admission.queue", LINE, (QUEUE, "unlimited"), |s| s.resource("api.workers").queue_mean, Up),
    case("accept_queue.limit", LINE, ("services.api.queue.limit", "10"), |s| s.success(), Up),
    case(
        "accept_queue.limit",
        LINE,
        ("services.api.queue.limit", "unlimited"),
        |s| s.resource("api.workers").queue_mean,
        Up,
    ),
    case("accept_queue.order", LINE, ("services.api.queue.order", "lifo"), |s| s.success(), Up),
    case("accept_queue.order", LINE, ("services.api.queue.order", "adaptive_lifo"), |s| s.success(), Up),
    case("accept_queue.order", RANKED, ("services.api.queue.order", "priority"), gold, Up),
    case("accept_queue.switch_after", LINE, ("services.api.queue.switch_after", "1h"), |s| s.success(), Down)
        .of(ADAPTIVE),
    case("accept_queue.max_wait", LINE, ("services.api.queue.max_wait", "250ms"), |s| s.success(), Up),
    case("accept_queue.codel", LINE, ("services.api.queue.codel", "{}"), |s| s.success(), Up),
    case("codel.target", LINE, ("services.api.queue.codel.target", "200ms"), |s| s.success(), Down).of(CODEL),
    case("codel.interval", LINE, ("services.api.queue.codel.interval", "10s"), |s| s.success(), Down).of(CODEL),
    case("traffic.priority", TWO, ("traffic.gold.priority", "critical"), gold, Up),
    case("traffic.priority", TWO, ("traffic.gold.priority", "high"), gold, Up),
    case("traffic.priority", TWO, ("traffic.gold.priority", "1"), gold, Up),
    case("traffic.priority", TWO, ("traffic.gold.priority", "low"), gold, Down),
    case("admission.concurrency_limit", LINE, (LIMIT, "{ algorithm: vegas }"), |s| s.success(), Up),
    case(
        "concurrency_limit.algorithm",
        CORE,
        ("services.api.concurrency_limit.algorithm", "vegas"),
        |s| s.success(),
        Up,
    ),
    case(
        "concurrency_limit.algorithm",
        CORE,
        ("services.api.concurrency_limit.algorithm", "gradient2"),
        |s| s.success(),
        Up,
    ),
    case(
        "concurrency_limit.algorithm",
        CORE,
        ("services.api.concurrency_limit.algorithm", "gradient"),
        |s| s.success(),
        Up,
    ),
    case("concurrency_limit.initial", MINUTE, ("services.api.concurrency_limit.initial", "60"), |s| s.success(), Up)
        .over(30),
    case("concurrency_limit.min", CORE, (LIMIT, "{ algorithm: aimd, timeout: 1ms, min: 1 }"), |s| s.success(), Down)
        .of(&[(LIMIT, "{ algorithm: aimd, timeout: 1ms }")]),
    case("concurrency_limit.max", CORE, ("services.api.concurrency_limit.max", "30"), |s| s.success(), Up),
    case("concurrency_limit.timeout", CORE, ("services.api.concurrency_limit.timeout", "250ms"), |s| s.success(), Up),
    case("concurrency_limit.backoff", CORE, ("services.api.concurrency_limit.backoff", "50%"), |s| s.mean_ms(), Down)
        .of(&[(LIMIT, "{ algorithm: aimd, timeout: 250ms, min: 1 }")]),
    case("concurrency_limit.tolerance", CORE, ("services.api.concurrency_limit.tolerance", "5"), |s| s.mean_ms(), Up)
        .of(&[(LIMIT, "{ algorithm: gradient2 }")]),
    case(
        "concurrency_limit.smoothing",
        SLOW,
        ("services.api.concurrency_limit.smoothing", "1%"),
        |s| s.success(),
        Down,
    )
    .over(30),
    case(
        "concurrency_limit.update_interval",
        SLOW,
        ("services.api.concurrency_limit.update_interval", "20s"),
        |s| s.success(),
        Down,
    )
    .of(ENVOY),
    case(
        "concurrency_limit.min_rtt_interval",
        SLOW,
        ("services.api.concurrency_limit.min_rtt_interval", "2s"),
        |s| s.success(),
        Down,
    )
    .of(ENVOY),
    case("admission.load_shedding", SHED, (SHEDDING, "{ above: 1h }"), |s| s.mean_ms(), Up),
    case("load_shedding.when", BUSY, (SHEDDING, "{ when: cpu, above: 20% }"), |s| s.success(), Down),
    case("load_shedding.when", BUSY, (SHEDDING, "{ when: concurrency, above: 40% }"), |s| s.success(), Down),
    case("load_shedding.above", SHED, ("services.api.load_shedding.above", "200ms"), |s| s.mean_ms(), Up),
    case("load_shedding.window", SHED, ("services.api.load_shedding.window", "10s"), |s| s.mean_ms(), Up).over(20),
    case("load_shedding.requests", SHED, ("services.api.load_shedding.requests", "20"), |s| s.mean_ms(), Down).over(10),
    case("load_shedding.decrease", SHED, ("services.api.load_shedding.decrease", "50%"), |s| s.mean_ms(), Down)
        .over(10),
    case("load_shedding.increase", SHED, ("services.api.load_shedding.increase", "30%"), |s| s.mean_ms(), Up),
    case("policy.admission_control", FAILING, (CONTROL, "none"), called, Up),
    case("admission_control.success_rate", FAILING, (CONTROL, "{ success_rate: 30% }"), called, Up),
    case("admission_control.aggression", FAILING, (CONTROL, "{ aggression: 3 }"), called, Down),
    case("admission_control.minimum_rate", FAILING, (CONTROL, "{ minimum_rate: 1000/s }"), called, Up),
    case("admission_control.max_rejection", FAILING, (CONTROL, "{ max_rejection: 20% }"), called, Up),
    case("admission_control.window", FAILED, (CONTROL, "{ window: 1s }"), |s| s.success(), Up),
    case("service.rate_limit", QUOTA, (RATE, "5/s"), |s| s.success(), Down),
    case("rate_limit.algorithm", QUOTA, ("services.api.rate_limit.algorithm", "gcra"), |s| s.success(), Down),
    case(
        "rate_limit.algorithm",
        QUOTA,
        (RATE, "{ rate: 10/s, algorithm: fixed_window, window: 100ms }"),
        |s| s.success(),
        Down,
    ),
    case(
        "rate_limit.algorithm",
        QUOTA,
        (RATE, "{ rate: 10/s, algorithm: sliding_window, window: 100ms }"),
        |s| s.success(),
        Down,
    ),
    case("rate_limit.window", QUOTA, ("services.api.rate_limit.window", "100ms"), |s| s.success(), Down).of(WINDOWS),
    case("rate_limit.scope", QUOTA, (RATE, "{ rate: 5/s, scope: replica }"), |s| s.success(), Up)
        .of(&[(RATE, "{ rate: 5/s }")]),
    case("rate_limit.scope", SENDING, (SENT, "{ rate: 3/s, scope: all }"), |s| s.success(), Down),
    case("rate_limit.preset", SENDING, (SENT, "{ rate: 3/s, preset: resilience4j }"), |s| s.mean_ms(), Up),
    case(
        "rate_limit.max_wait",
        SENDING,
        (SENT, "{ rate: 3/s, preset: resilience4j, max_wait: 0.1s }"),
        |s| s.mean_ms(),
        Down,
    )
    .of(WAITING),
    case("retry.on", SHEDDER, ("services.web.dependencies.pay.retry.on", "[ shed ]"), |s| s.success(), Up),
];
