//! What is refused, and with which words. How that looks is in the other file.

use super::in_short;
use crate::model::Model;
use proptest::prelude::*;

/// Traffic and a service, for models that are wrong elsewhere.
const REST: &str = "traffic: { rate: 1/s, to: web }\nservices:\n  web: { work: 1ms }\n";

#[test]
fn missing_traffic_and_empty_sections() {
    insta::assert_snapshot!(in_short("services: { web: }\ndatabases: { db: { connections: 5 } }\ncaches:\n"), @"
    file -- the file has no `traffic` -- add `traffic: { rate: 100/s, to: api }`
    1:13 web -- `web` does nothing -- add for instance `work: 5ms`, or `endpoints:` with steps
    2:14 db -- `db` has no query -- add for instance `query: 10ms`, or `queries: { insert: { write: 3ms } }`
    ");
    insta::assert_snapshot!(in_short("traffic: {}\n"), @"1:1 traffic -- `traffic` is empty -- add for instance `{ rate: 100/s, to: api }`");
    let named =
        |name: &str| format!("traffic: {{ {name}: {{ rate: 5/s, to: web }} }}\nservices: {{ web: {{ work: 1ms }} }}\n");
    insta::assert_snapshot!(in_short(&named("rate")), @"1:12 rate -- a traffic source cannot be called `rate`, which is a field of one -- give it another name, such as `rate-traffic`");
    insta::assert_snapshot!(in_short(&named("users")), @"1:12 users -- a traffic source cannot be called `users`, which is a field of one -- give it another name, such as `users-traffic`");
    assert!(Model::read("m.yaml", &named("readers")).is_ok());
}

#[test]
fn settings_out_of_range() {
    let text = "traffic: { rate: 0/s, to: web }
services:
  web: { work: 5, replicas: 0, concurrency: 2M, queue: none, cpu: 0, model: thread, balance: roundrobin, rate_limit: 5 }
  api: { work: 1ms, replicas: { min: 1, max: 9 }, endpoints: { get: { work: 1ms } } }
";
    insta::assert_snapshot!(in_short(text), @"
    1:18 0/s -- `0/s` is out of range -- a rate is above zero, and at most 1G/s
    3:16 5 -- `5` is not a duration -- write the unit: `5ms` or `5s`
    3:29 0 -- `replicas` cannot be 0 -- write a whole number from 1 to 1M
    3:45 2M -- `concurrency` cannot be 2M -- write a whole number from 1 to 1M
    3:56 none -- `none` is neither a number nor `unlimited` -- write a whole number or `unlimited`
    3:67 0 -- `cpu` is out of range -- write a number of cores, such as `2` or `250m`
    3:77 thread -- `thread` is no `model` -- did you mean `threads`? It is one of `threads` and `async`
    3:94 roundrobin -- `roundrobin` is no `balance` -- did you mean `round_robin`? It is one of `round_robin`, `random`, `least_request` and `two_choices`
    3:118 5 -- `5` is not a rate -- write per what: `5/s`
    4:21 replicas -- an autoscaler needs a signal with a target -- add for instance `cpu: 60%`
    4:51 endpoints -- `work` and `endpoints` exclude each other -- write the work as a step of an endpoint
    ");
}

#[test]
fn policies_that_cannot_be() {
    let text = "traffic: { rate: 1/s, to: web, fallback: degraded }
services:
  web:
    work: 1ms
    calls: [api]
    dependencies:
      api:
        timeout: 0s
        timout: 5s
        retry: { attempts: unlimited, jitter: some }
        circuit_breaker: { failure_rate: 0%, window: 5 calls each, slow_call_rate: 50% }
        fallback: { stale: api, call: api }
        loss: 100%
        pool: 1.5
        optional: yes
      db: { timeout: 1s }
      dbb.query: { timeout: 1s }
  api: { work: 1ms }
databases: { db: { query: 5ms } }
";
    insta::assert_snapshot!(in_short(text), @"
    1:32 fallback -- `fallback` does not belong here -- only a service can answer with a substitute: write it under its `dependencies`
    8:18 0s -- `timeout` must be above zero -- write a duration such as `250ms`
    9:9 timout -- unknown field `timout` -- did you mean `timeout`? The fields here are `network`, `loss`, `pool`, `timeout`, `deadline`, `propagate_deadline`, `cancellation`, `retry`, `hedge`, `circuit_breaker`, `bulkhead`, `throttle`, `admission_control`, `rate_limit`, `kill_switch`, `idempotent` and 2 more
    10:9 retry -- unlimited attempts need a `backoff` above zero -- add for instance `backoff: 1s`
    10:47 some -- `some` is no `jitter` -- write one of `none`, `full`, `equal`, `decorrelated` and `exponential`
    11:42 0% -- `failure_rate` must be above 0% -- write a percentage, such as `30%`
    11:54 5 calls each -- `5 calls each` is not a duration -- write a number and a unit (ns, us, ms, s, min, h, d), such as `250ms`
    11:68 slow_call_rate -- `slow_call_rate` has no effect alone -- say what is slow: `slow_call_duration: 2s`
    12:9 fallback -- a fallback is one thing -- write `degraded`, `{ call: other.endpoint }` or `{ stale: some-cache }`
    13:15 100% -- a loss above 99% is no connection -- write less, or cut the connection by a `partition` fault
    14:15 1.5 -- `1.5` is not a whole number -- write a whole number from 1 to 1M
    15:19 yes -- `optional` is `true` or `false`, but this is `yes` -- write `true` or `false`
    16:7 db -- nothing in `web` calls `db` -- a policy without a call has no effect: remove it, or add the call
    17:7 dbb.query -- there is no `dbb` -- did you mean `db.query`?
    ");
}

#[test]
fn names_used_twice() {
    insta::assert_snapshot!(
        in_short("traffic:\n  web: { rate: 1/s, to: api }\nservices:\n  web: { work: 1ms }\n  api: { work: 1ms }\n  a b: { work: 1ms }\ncaches:\n  api: {}\n"),
        @"
    2:3 web -- `web` is already the name of a service -- give one of them another name: a name says what is called
    6:3 a b -- `a b` cannot be a name -- a name begins with a letter or digit and goes on with letters, digits, `-`, `_` or `/`
    8:3 api -- `api` is already the name of a service -- give one of them another name: a name says what is called
    "
    );
}

#[test]
fn queues_that_lead_nowhere() {
    let text = format!(
        "{REST}queues:
  events: {{ consumers: [ {{ call: web, concurrency: 0 }}, {{ call: jobs }} ], dead_letter: events, max_receives: 5 }}
  jobs: {{ dead_letter: nowhere, max_receives: 3, length: 10 }}
  more: {{ consumers: [ {{ call: web }} ], dead_letter: web, visibility_timeout: 13h }}
"
    );
    insta::assert_snapshot!(in_short(&text), @"
    5:52 0 -- `concurrency` cannot be 0 -- write a whole number from 1 to 1M
    5:65 jobs -- a consumer calls a service, not a queue -- let a service publish the message on
    5:88 events -- `events` is its own dead-letter queue -- declare another queue for them
    6:11 dead_letter -- `dead_letter` has no effect without `consumers` -- add `consumers: [ { call: … } ]`, or remove it
    6:24 nowhere -- there is no `nowhere` -- the model has `events`, `jobs`, `more` and `web`
    6:33 max_receives -- `max_receives` has no effect without `consumers` -- add `consumers: [ { call: … } ]`, or remove it
    6:50 length -- unknown field `length` -- the word for it is `capacity`
    7:41 dead_letter -- `dead_letter` has no effect without `max_receives` -- add for instance `max_receives: 5`
    7:54 web -- `web` is a service, not a queue -- write the name of a queue
    7:79 13h -- a visibility timeout of 13h is too long -- write at most `12h`, as SQS allows
    ");
}

#[test]
fn caches_and_steps_that_mean_nothing() {
    let text = "traffic: { rate: 1/s, to: web.a }
services:
  web:
    endpoints:
      a: [ { cached: { cache: c, key: id, miss: [ { call: db.r } ] } }, { cached: { cache: db, miss: [] } }, db.r ]
      b: [ { wrok: 1ms }, { work: 1ms, call: db.r }, { publish: db }, { call: events }, { parallel: { need: 3, branches: [ { call: db.w } ] } } ]
      c: 5ms
      d: [ { repeat: { times: -1, steps: [] } }, { chance: { steps: [] } }, { choose: [ { p: 10%, steps: [] } ] }, {} ]
databases: { db: { read_replicas: 2, queries: { r: 1ms, w: { write: 1ms, limit: 20 } } } }
caches: { c: { ttl: 5m } }
queues: { events: }
";
    insta::assert_snapshot!(in_short(text), @"
    5:31 c -- `c` does not say what it holds -- add for instance `hit_ratio: 90%` to `caches.c`
    5:92 db -- `db` is a database, not a cache -- write the name of a cache
    5:110 db.r -- `db.r` is not a step -- to call it, write `call: db.r`
    6:14 wrok -- there is no step `wrok` -- did you mean `work`? The steps are `work`, `sleep`, `call`, `publish`, `parallel`, `repeat`, `chance`, `choose`, `cached`, `write`, `transaction`, `lock` and `error`
    6:40 call -- `call` stands in the same step as `work` -- a step is one thing: begin a new one with `-`
    6:65 db -- `db` is a database, not a queue -- write the name of a queue
    6:79 events -- `events` is a queue, which is not called -- write `publish: events`
    6:109 3 -- `need` cannot be 3 -- write 1
    7:7 c -- `c` has no steps -- write a list of steps, or `{ work: 5ms, calls: [ … ] }`
    8:31 -1 -- `-1` is not a number -- write a number, with k, M or G for thousands, millions or thousand millions
    8:52 chance -- `chance` has no `p` -- add `p: 10%`
    8:79 choose -- `choose` does not sum to 100% -- the shares sum to 10%
    8:116 { -- a step is empty -- write one of `work`, `sleep`, `call`, `publish`, `parallel`, `repeat`, `chance`, `choose`, `cached`, `write`, `transaction`, `lock` and `error`
    9:49 r -- `r` neither reads nor writes -- with read replicas, write `{ read: 10ms }` or `{ write: 10ms }`
    9:74 limit -- `limit` has no effect without `rows` -- add the number of rows, such as `rows: 20k`, or remove it
    10:16 ttl -- `ttl` has no effect without `keys` -- add for instance `keys: 100k`, or remove it
    ");
}

#[test]
fn transactions_and_rows_that_cannot_be() {
    let text = "traffic: { rate: 1/s, to: a.x }
services:
  a:
    endpoints:
      x:
        - transaction: { database: db, steps: [ { transaction: { database: other, steps: [] } } ] }
        - transaction: { database: db, steps: [ { parallel: [ { call: db.q }, { call: a.y } ] } ] }
        - transaction: { database: pooled, steps: [ { call: pooled } ] }
        - transaction: { database: a, steps: [] }
        - lock: { rows: db.stok, steps: [] }
        - lock: { rows: other.stock, mode: careful, steps: [] }
      y: [ { work: 1ms } ]
databases:
  db: { locks: { stock: { keys: 10, timeout: 1s }, spare: { keys: 2 } }, queries: { q: { write: 1ms, lock: stock } } }
  other: { query: 1ms }
  pooled: { connections: 10, pooler: { mode: statement }, query: 1ms }
";
    insta::assert_snapshot!(in_short(text), @"
    6:76 other -- a transaction stands within another -- let the inner steps belong to the outer transaction, or do them behind it
    7:71 db.q -- a transaction runs its queries one after the other, on one connection -- ask one after the other, or outside the transaction
    8:36 pooled -- a pooler in mode `statement` allows no transaction -- use `mode: transaction`, or do its queries by themselves
    9:36 a -- `a` is no database but a service -- write the name of a database
    10:25 db.stok -- `db` has no rows `stok` -- did you mean `db.stock`?
    11:25 other.stock -- `other` has no rows `stock` -- add for instance `locks: { stock: { keys: 1000 } }` to the database, and write `other.stock`
    11:44 careful -- `careful` is no `mode` -- write one of `pessimistic` and `optimistic`
    14:37 timeout -- unknown field `timeout` -- the word for it is `wait`
    16:30 pooler -- the pooler wants 20 connections of a server that has 10 -- write `size: 10` or less, or more `connections`
    ");
}

#[test]
fn a_hit_ratio_without_a_miss() {
    let text = "traffic: { rate: 1/s, to: web }\nservices: { web: { work: 1ms, calls: [c] } }\ncaches:\n  c: { hit_ratio: 90% }\n  idle: { hit_ratio: 90% }\n";
    insta::assert_snapshot!(in_short(text), @"4:8 hit_ratio -- what `c` holds has no effect: a plain call of a cache never misses -- look it up by a step `cached: { cache: c, miss: [ … ] }`, or remove it");
}

#[test]
fn externals_and_databases_that_are_incomplete() {
    let text = format!(
        "{REST}external:
  a: {{ availability: 101% }}
  b: {{ latency: 1s, endpoints: {{ x: 2s }} }}
  c: {{ endpoints: {{ x: }} }}
databases:
  d: {{ query: 1ms, queries: {{ a: 1ms }} }}
  e: {{ read_replicas: 1, queries: {{ w: {{ write: 1ms }}, x: {{ read: 1ms, write: 1ms }} }} }}
  f: {{ read_replicas: 1, query: {{ write: 1ms }} }}
"
    );
    insta::assert_snapshot!(in_short(&text), @"
    5:3 a -- `a` has no `latency` -- add `latency: { p50: 120ms, p99: 900ms }`
    5:22 101% -- `101%` is not between 0% and 100% -- a share of something is at most 100%
    6:8 latency -- `latency` has no effect: every endpoint has its own -- remove it, or leave an endpoint's empty
    7:21 x -- `x` has no latency -- add one, such as `120ms`
    9:20 queries -- `query` and `queries` exclude each other -- move the query into `queries`
    10:72 write -- `read` and `write` exclude each other -- a query reads or writes; make it two queries
    11:8 read_replicas -- read replicas have no effect: no query reads -- write `{ read: 8ms }` for queries that read
    ");
}

#[test]
fn expectations_nobody_can_meet() {
    let text = format!(
        "{REST}slos:
  - web.cal success >= 99%
  - web success > 99
  - web p99 < 5
  - web p100 < 5ms
  - succes >= 99%
  - web
  - web success
  - web => success 99%
  - traffic>web p99 < 5ms
  - traffic>wbe retries < 5%
  - web.call utilization < 80%
  - utilization < 80%
  - web.call p99 p95 < 80ms
  - {{ web: 99% }}
  - recovers in 5s
  - recovers within 5
"
    );
    insta::assert_snapshot!(in_short(&text), @"
    5:5 web.cal success >= 99% -- there is no `web.cal` -- did you mean `web.call`?
    6:5 web success > 99 -- `99` is not a percentage -- write it as a percentage: `99%`
    7:5 web p99 < 5 -- `5` is not a duration -- write the unit: `5ms` or `5s`
    8:5 web p100 < 5ms -- `p100` is no percentile -- write one between p0 and p100, such as `p99`
    9:5 succes >= 99% -- there is no metric `succes` -- did you mean `success`? The metrics are `success`, `goodput`, `rate`, `mean`, `utilization`, `queue`, `age`, `retries`, `duplicates`, `p50`, `p95` and `p99`
    10:5 web -- `web` compares nothing -- write for instance `web.checkout success >= 99.9%`, `web.checkout p99 < 800ms` or `recovers within 30s`
    11:5 web success -- `web success` compares nothing -- write for instance `web.checkout success >= 99.9%`, `web.checkout p99 < 800ms` or `recovers within 30s`
    12:5 web => success 99% -- `web => success 99%` compares nothing -- write for instance `web.checkout success >= 99.9%`, `web.checkout p99 < 800ms` or `recovers within 30s`
    13:5 traffic>web p99 < 5ms -- `p99` is not measured on a connection -- connections have `success`, `rate` and `retries`; latency is measured at endpoints and sources
    14:5 traffic>wbe retries < 5% -- there is no `traffic>wbe` -- did you mean `traffic>web`?
    15:5 web.call utilization < 80% -- an endpoint has no `utilization` -- write `web utilization …`
    16:5 utilization < 80% -- `utilization` of what? -- write a component before it, such as `web utilization < …`
    17:5 web.call p99 p95 < 80ms -- `web.call p99 p95 < 80ms` is not of the form *subject metric comparison limit* -- write for instance `web.checkout success >= 99.9%`, `web.checkout p99 < 800ms` or `recovers within 30s`
    18:7 web -- an expectation is text, but this is a map -- write for instance `web.checkout success >= 99.9%`, `web.checkout p99 < 800ms` or `recovers within 30s`
    19:5 recovers in 5s -- `recovers in 5s` does not say how soon -- write for instance `recovers within 30s`
    20:5 recovers within 5 -- `5` is not a duration -- write the unit: `5ms` or `5s`
    ");
}

#[test]
fn scenarios_about_nothing() {
    let text = format!(
        "{REST}scenarios:
  slow: {{ load: fast, faults: [ {{ latency: wbe, add: 5s, at: 60s, for: 120s }}, {{ latency: web }} ], expect: [ web.x success > 1% ] }}
  odd: {{ faults: [ {{ kill: web, at: 60 }}, {{ explode: web }} ], fault: [] }}
"
    );
    insta::assert_snapshot!(in_short(&text), @"
    5:17 fast -- `fast` is not a multiple -- write how many times, such as `10x`
    5:35 latency -- there is no component `wbe` to strike -- did you mean `web`?
    5:82 latency -- a latency fault needs to know how much -- write a delay (`add: 2s`, or `+2s` in --fail) or a multiple (`factor: 5x`, or `5x` in --fail)
    5:110 web.x success > 1% -- there is no `web.x` -- `web` has `web.call`
    6:37 60 -- `60` is not a duration -- write the unit: `60ms` or `60s`
    6:45 explode -- this does not say what goes wrong -- name one of `kill`, `latency`, `errors`, `partition`, `cache_flush`, `consumer_stop`, `load`, `replication_lag`, `deploy`, `zone`, `hang`, `refuse`, `reset`, `cpu`, `throttle`, `failover` and 5 more, such as `{ kill: orders-db, at: 60s, for: 30s }`
    6:63 fault -- unknown field `fault` -- did you mean `faults`? The fields here are `load`, `faults` and `expect`
    ");
}

#[test]
fn what_has_no_meaning_yet_is_refused() {
    insta::assert_snapshot!(in_short(&format!("{REST}alerts: {{ a: {{ over: 5s }}, b: {{ when: web errors > 1%, slo: web success >= 99% }}, c: {{ slo: web p99 < 1s, burn: 2x }}, d: {{ when: web age > 5s }} }}\nzones: []\n")), @"
    4:11 a -- this alert has no condition -- write for instance `when: web.checkout errors > 1%`
    4:56 slo -- `when` and `slo` exclude each other -- an alert has one condition: `when`, or `slo` with `burn`
    4:93 web p99 < 1s -- `web p99 < 1s` has no error budget -- write an SLO of success, such as `web.checkout success >= 99.9%`
    4:130 web age > 5s -- `age` is something a queue has -- name a queue, as in `order-events age`
    5:1 zones -- unknown field `zones` -- the fields here are `name`, `traffic`, `services`, `databases`, `caches`, `queues`, `external`, `slos`, `scenarios`, `alerts`, `limits`, `ignore` and `margins`
    ");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Bits of the language in any order: some models are valid, most are not, none makes the reader panic.
    #[test]
    fn no_model_makes_it_panic(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        let text = words.join(" ");
        if let Err(problems) = Model::read("m.yaml", &text) {
            prop_assert!(!problems.is_empty());
            crate::yaml::render("m.yaml", &text, &problems, true);
        }
    }
}

#[rustfmt::skip]
const WORDS: &[&str] = &[
    "\ntraffic:", "\nservices:", "\ndatabases:", "\nqueues:", "\ncaches:", "\nexternal:", "\nslos:", "\nscenarios:",
    "\n  a:", "\n  b:", "\n    ", "\n      - ", "{", "}", "[", "]", ",", "work:", "calls:", "call:", "rate:", "to:", "mix:",
    "endpoints:", "dependencies:", "timeout:", "retry:", "parallel:", "repeat:", "times:", "steps:", "cached:", "miss:",
    "a", "b", "a.b", "5ms", "5/s", "50%", "100%", "8", "unlimited", "none", "users:", "think_time:", "query:", "latency:",
    "consumers:", "dead_letter:", "publish:", "faults:", "expect:", "success >= 99%", "kill:", "&x", "*x", "<<:", "~", "\"",
];
