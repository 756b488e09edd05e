//! Retries, their budgets, and circuit breakers.

use super::*;

/// Half of the callee's answers are errors, and a further try may follow.
const FLAKY: &str = "
traffic: { rate: 100/s, to: web }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: { retry: { attempts: 3, backoff: 20ms } } } }
  pay: { concurrency: 100, endpoints: { charge: [ { work: 2ms }, { error: 50% } ] } }
";

/// Nothing works, and calls wait for their last try.
const DEAD: &str = "
traffic: { rate: 20/s, to: web }
services:
  web:
    concurrency: unlimited
    endpoints: { get: [ { call: pay } ] }
    dependencies: { pay: { timeout: 10s, retry: { attempts: 4, backoff: 100ms, jitter: none } } }
  pay: { concurrency: 100, work: 2ms }
scenarios: { dead: { faults: [ { errors: pay, share: 90% } ] } }
";

/// Each kind of failure can be told from the others: the callee takes no more than a few at a time.
const REFUSING: &str = "
traffic: { rate: 100/s, to: web }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: { retry: { attempts: 3, backoff: 20ms } } } }
  pay: { concurrency: 1, queue: 0, endpoints: { charge: [ { work: 8ms }, { error: 20% } ] } }
";

/// Failures that are tried again: the system is made so that this one kind happens.
const fn on(word: &'static str, model: &'static str) -> Case {
    case("retry.on", model, (ON, word), |s| s.edge("web>pay").retries as f64, Down)
}

const ON: &str = "services.web.dependencies.pay.retry.on";

const UNREACHABLE: &str = "
traffic: { rate: 20/s, to: web }
services:
  web:
    concurrency: unlimited
    calls: [ pay ]
    dependencies: { pay: { timeout: 100ms, retry: { attempts: 3, backoff: 20ms } } }
  pay: { concurrency: 100, queue: 1, rate_limit: { rate: 15/s, burst: 1 }, endpoints: { charge: [ { work: 50ms }, { call: bank } ] } }
  bank: { endpoints: { ask: [ { work: 1ms }, { error: 30% } ] } }
scenarios:
  trouble:
    faults:
      - { kill: pay, at: 10s, for: 10s }
      - { kill: pay, at: 30s, for: 10s }
      - { errors: pay, share: 30% }
";

const PUBLISHING: &str = "
traffic: { rate: 20/s, to: web.get }
services:
  web:
    concurrency: unlimited
    endpoints: { get: [ { publish: mails } ] }
    dependencies: { mails: { retry: { attempts: 3, backoff: 20ms } } }
  mailer: { work: 1ms }
queues: { mails: { capacity: 1, consumers: [ { call: mailer } ] } }
scenarios: { stopped: { faults: [ { consumer_stop: mails, at: 10s } ] } }
";

const BUDGETED: &str = "
traffic: { rate: 100/s, to: web }
services:
  web:
    concurrency: unlimited
    calls: [ pay ]
    dependencies: { pay: { retry: { attempts: 3, backoff: 20ms, budget: { ratio: 10%, min_per_second: 1, window: 10s } } } }
  pay: { concurrency: 100, endpoints: { charge: [ { work: 2ms }, { error: 50% } ] } }
";

const BUDGET: &str = "services.web.dependencies.pay.retry.budget";
const RETRY: &str = "services.web.dependencies.pay.retry";

const fn budget(
    field: &'static str,
    to: &'static str,
    given: &'static [(&'static str, &'static str)],
    goes: Goes,
) -> Case {
    case(field, BUDGETED, (BUDGET, to), |s| s.edge("web>pay").retries as f64, goes).of(given)
}

/// The callee takes too long, with time-outs that cost more.
const SLOW: &str = "
traffic: { rate: 100/s, to: web }
services:
  web:
    concurrency: unlimited
    calls: [ pay ]
    dependencies: { pay: { timeout: 10ms, retry: { attempts: 3, backoff: 20ms, budget: { quota: 20, timeout_cost: 5 } } } }
  pay: { concurrency: 100, work: 15ms }
";

const fn preset(to: &'static str, see: fn(&Seen) -> f64, goes: Goes) -> Case {
    case("retry.preset", FLAKY, (RETRY, to), see, goes)
}

pub const CASES: &[Case] = &[
    preset("{ preset: envoy }", |s| s.edge("web>pay").retries as f64, Down),
    preset("{ preset: istio }", |s| s.mean_ms(), Up),
    preset("{ preset: resilience4j }", |s| s.mean_ms(), Up),
    preset("{ preset: polly }", |s| s.mean_ms(), Up),
    preset("{ preset: aws }", |s| s.mean_ms(), Up),
    case("retry.attempts", FLAKY, ("services.web.dependencies.pay.retry.attempts", "6"), |s| s.success(), Up),
    case("retry.attempts", FLAKY, ("services.web.dependencies.pay.retry.attempts", "unlimited"), |s| s.success(), Up),
    case("retry.backoff", FLAKY, ("services.web.dependencies.pay.retry.backoff", "100ms"), |s| s.mean_ms(), Up),
    case(
        "retry.max_backoff",
        DEAD,
        ("services.web.dependencies.pay.retry.max_backoff", "100ms"),
        |s| s.mean_ms(),
        Down,
    ),
    case("retry.multiplier", DEAD, ("services.web.dependencies.pay.retry.multiplier", "5"), |s| s.mean_ms(), Up),
    case("retry.jitter", DEAD, ("services.web.dependencies.pay.retry.jitter", "full"), |s| s.mean_ms(), Down),
    case("retry.jitter", DEAD, ("services.web.dependencies.pay.retry.jitter", "equal"), |s| s.mean_ms(), Down),
    case("retry.jitter", DEAD, ("services.web.dependencies.pay.retry.jitter", "decorrelated"), |s| s.mean_ms(), Up),
    case("retry.jitter", DEAD, ("services.web.dependencies.pay.retry.jitter", "exponential"), |s| s.mean_ms(), Down),
    case("retry.jitter", DEAD, ("services.web.dependencies.pay.retry.jitter", "90%"), |s| s.p99_ms(), Up),
    case("retry.budget", FLAKY, ("services.web.dependencies.pay.retry.budget", "5%"), |s| s.success(), Down),
    on("[ error ]", REFUSING),
    on("[ refused ]", REFUSING),
    on("[ dependency ]", UNREACHABLE),
    on("[ timeout ]", UNREACHABLE),
    on("[ unavailable ]", UNREACHABLE),
    on("[ reset ]", UNREACHABLE),
    on("[ rate_limited ]", UNREACHABLE),
    case(
        "retry.on",
        PUBLISHING,
        ("services.web.dependencies.mails.retry.on", "[ error ]"),
        |s| s.edge("web>mails").retries as f64,
        Down,
    ),
    case(
        "retry.on",
        PUBLISHING,
        ("services.web.dependencies.mails.retry.on", "[ queue_full ]"),
        |s| s.edge("web>mails").retries as f64,
        Up,
    )
    .of(&[("services.web.dependencies.mails.retry.on", "[ error ]")]),
    budget("budget.ratio", "{ ratio: 60%, min_per_second: 1, window: 10s }", &[], Up),
    budget("budget.min_per_second", "{ ratio: 10%, min_per_second: 30, window: 10s }", &[], Up),
    budget("budget.active", "{ active: 1%, at_least: 0 }", &[(BUDGET, "{ active: 100%, at_least: 0 }")], Down),
    budget("budget.at_least", "{ active: 1%, at_least: 2 }", &[(BUDGET, "{ active: 1%, at_least: 0 }")], Up),
    budget("budget.tokens", "{ tokens: 1000, token_ratio: 0.1 }", &[(BUDGET, "{ tokens: 10, token_ratio: 0.1 }")], Up),
    budget(
        "budget.token_ratio",
        "{ tokens: 10, token_ratio: 0.9 }",
        &[(BUDGET, "{ tokens: 10, token_ratio: 0.1 }")],
        Up,
    ),
    budget("budget.quota", "{ quota: 2000, cost: 5 }", &[(BUDGET, "{ quota: 20, cost: 5 }")], Up),
    budget("budget.cost", "{ quota: 200, cost: 50 }", &[(BUDGET, "{ quota: 200, cost: 1 }")], Down),
    case(
        "budget.timeout_cost",
        SLOW,
        ("services.web.dependencies.pay.retry.budget.timeout_cost", "20"),
        |s| s.edge("web>pay").retries as f64,
        Down,
    ),
    case(
        "budget.window",
        RARELY,
        ("services.web.dependencies.pay.retry.budget.window", "60s"),
        |s| s.edge("web>pay").retries as f64,
        Up,
    ),
];

/// Half a minute of calm fills the budget, then everything fails.
const RARELY: &str = "
traffic: { rate: 100/s, to: web }
services:
  web:
    concurrency: unlimited
    calls: [ pay ]
    dependencies: { pay: { retry: { attempts: 3, backoff: 20ms, budget: { ratio: 10%, min_per_second: 0, window: 2s } } } }
  pay: { concurrency: 100, work: 2ms }
scenarios: { bad: { faults: [ { errors: pay, share: 100%, at: 40s, for: 3s } ] } }
";
