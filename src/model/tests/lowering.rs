//! What models are compiled to.

use super::{show, valid};
use crate::plan::{Arrivals, Balance, Concurrency, UNLIMITED};
use crate::policies::RateLimit;
use crate::random::Dist;
use crate::units::SimDuration;

#[test]
fn three_lines_are_a_model() {
    let model = valid(
        "traffic: { rate: 100/s, to: api }\nservices: { api: { work: 5ms, calls: [db] } }\ndatabases: { db: { connections: 20, query: 10ms } }\n",
    );
    assert_eq!(model.name, "m");
    insta::assert_snapshot!(show::programs(&model.plan), @"
    api.call:
      0 work 5ms
      1 call db.query by api>db
      2 return
    db.query:
      3 work 10ms
      4 return
    ");
    insta::assert_snapshot!(show::edges(&model.plan), @"
    api>db (services.api.dependencies.db) from services.api.calls.0:2
    traffic>api (traffic) from traffic:1
    ");
    assert_eq!(
        model.assumed,
        ["services.api.replicas = 1", "services.api.concurrency = 200", "services.api.queue = 100"]
    );
}

/// A model around the steps of one endpoint.
fn steps(steps: &str, dependencies: &str) -> String {
    let text = format!(
        "traffic: {{ rate: 1/s, to: a.x }}
services:
  a:
    endpoints:
      x: {steps}
    dependencies: {dependencies}
  b: {{ endpoints: {{ p: {{ work: 1ms }}, q: {{ work: 1ms }} }} }}
  z: {{ endpoints: {{ z: [ {{ cached: {{ cache: cache, miss: [] }} }}, {{ cached: {{ cache: store, miss: [] }} }} ] }} }}
databases: {{ db: {{ query: 1ms }} }}
caches:
  cache: {{ hit_ratio: 90%, get: 1ms }}
  store: {{ hit_ratio: 90%, get: 1ms, set: 2ms }}
queues: {{ events: {{ publish: 3ms }} }}
"
    );
    let all = show::programs(&valid(&text).plan);
    let begin = all.find("a.x:\n").unwrap();
    all[begin..].split("\nb.p:").next().unwrap().to_owned()
}

#[test]
fn plain_steps_follow_one_another() {
    insta::assert_snapshot!(
        steps("[ { work: 1ms }, { sleep: 2ms }, { call: db }, { call: b.p }, { publish: events }, { error: 1% } ]", "{}"),
        @"
    a.x:
      0 work 1ms
      1 sleep 2ms
      2 call db.query by a>db
      3 call b.p by a>b
      4 call events.publish by a>events
      5 chance 0.01 else @7
      6 error
      7 return
    "
    );
}

#[test]
fn substitutes_stand_behind_the_return() {
    insta::assert_snapshot!(steps("[ { call: b.p }, { work: 1ms } ]", "{ b: { optional: true } }"), @"
    a.x:
      0 call b.p by a>b failed @3
      1 work 1ms
      2 return
      3 degrade
      4 jump @1
    ");
    insta::assert_snapshot!(steps("[ { call: b.p }, { work: 1ms } ]", "{ b: { fallback: degraded } }"), @"
    a.x:
      0 call b.p by a>b failed @3
      1 work 1ms
      2 return
      3 degrade
      4 jump @1
    ");
    insta::assert_snapshot!(steps("[ { call: b.p }, { work: 1ms } ]", "{ b.p: { fallback: { call: db } } }"), @"
    a.x:
      0 call b.p by a>b.p failed @3
      1 work 1ms
      2 return
      3 call db.query by a>db
      4 degrade
      5 jump @1
    ");
    insta::assert_snapshot!(
        steps("[ { call: b.p } ]", "{ b.p: { fallback: { stale: cache }, optional: true }, cache: { timeout: 5ms } }"),
        @"
    a.x:
      0 call b.p by a>b.p failed @2
      1 return
      2 call cache.get by a>cache failed @3
      3 degrade
      4 jump @1
    "
    );
}

#[test]
fn a_cached_block_loads_and_stores_what_it_misses() {
    insta::assert_snapshot!(steps("[ { cached: { cache: cache, miss: [ { call: db } ] } }, { work: 1ms } ]", "{}"), @"
    a.x:
      0 call cache.get by a>cache failed @4
      1 lookup 0.9 miss @4
      2 work 1ms
      3 return
      4 call db.query by a>db
      5 jump @2
    ");
    insta::assert_snapshot!(steps("[ { cached: { cache: store, miss: [ { call: db } ] } } ]", "{}"), @"
    a.x:
      0 call store.get by a>store failed @3
      1 lookup 0.9 miss @3
      2 return
      3 call db.query by a>db
      4 call store.set by a>store failed @5
      5 jump @2
    ");
    insta::assert_snapshot!(steps("[ { call: store }, { call: store.set } ]", "{}"), @"
    a.x:
      0 call store.get by a>store
      1 call store.set by a>store
      2 return
    ");
}

#[test]
fn branches_are_calls_where_they_can_be() {
    insta::assert_snapshot!(
        steps("[ { parallel: [ { call: b.p }, { call: b.q }, [ { work: 1ms }, { call: db } ], [] ] }, { work: 2ms } ]", "{}"),
        @"
    a.x:
      0 fork 4 of [b.p by a>b, b.q by a>b,  @3,  @6]
      1 work 2ms
      2 return
      3 work 1ms
      4 call db.query by a>db
      5 return
      6 return
    "
    );
    insta::assert_snapshot!(
        steps("[ { parallel: { need: any, branches: [ { call: b.p }, { call: b.q } ] } } ]", "{ b.q: { optional: true } }"),
        @"
    a.x:
      0 fork 1 of [b.p by a>b,  @2]
      1 return
      2 call b.q by a>b.q failed @4
      3 return
      4 degrade
      5 jump @3
    "
    );
}

#[test]
fn nested_loops_get_programs_of_their_own() {
    insta::assert_snapshot!(
        steps(
            "[ { repeat: { times: 3, steps: [ { call: b.p }, { repeat: { times: { min: 1, max: 2 }, steps: [ { call: db } ] } } ] } }, { repeat: { times: { mean: 2 }, steps: [ { work: 1ms } ] } } ]",
            "{ b: { optional: true } }"
        ),
        @"
    a.x:
      0 repeat Constant(3) end @4
      1 call b.p by a>b failed @8
      2 fork 1 of [ @10]
      3 again @1
      4 repeat Geometric(2.0) end @7
      5 work 1ms
      6 again @5
      7 return
      8 degrade
      9 jump @2
      10 repeat Uniform(1, 2) end @13
      11 call db.query by a>db
      12 again @11
      13 return
    "
    );
}

#[test]
fn alternatives_come_back() {
    insta::assert_snapshot!(
        steps(
            "[ { chance: { p: 25%, steps: [ { work: 1ms } ] } }, { chance: { p: 25%, steps: [ { work: 2ms } ], else: [ { work: 3ms } ] } }, { choose: [ { p: 40%, steps: [ { work: 4ms } ] }, { p: 60%, steps: [] } ] } ]",
            "{}"
        ),
        @"
    a.x:
      0 chance 0.25 else @2
      1 work 1ms
      2 chance 0.25 else @6
      3 work 2ms
      4 switch [(0.4, 8), (1.0, 10)]
      5 return
      6 work 3ms
      7 jump @4
      8 work 4ms
      9 jump @5
      10 jump @5
    "
    );
}

#[test]
fn policies_are_inherited_and_switched_off() {
    let model = valid(
        "traffic:
  shoppers: { rate: 10/s, arrivals: constant, mix: { a.x: 60%, b.p: 40% }, timeout: 10s, retry: { attempts: 2 } }
  staff: { users: 5, think_time: 1s, to: a.x }
services:
  a:
    replicas: 3
    endpoints: { x: [ { call: b.p }, { call: b.q }, { call: db }, { publish: events } ] }
    dependencies:
      b: { network: 1ms, timeout: 2s, retry: { attempts: 3, budget: 20% }, bulkhead: 5, idempotent: true }
      b.q: { timeout: 1s, retry: none, loss: 1%, circuit_breaker: {} }
      events: { timeout: 50ms }
  b: { endpoints: { p: { work: 1ms }, q: { work: 1ms } } }
databases: { db: { query: 1ms } }
queues:
  events:
    consumers:
      - { call: b.p, timeout: 3s }
      - { call: b.q, concurrency: 4 }
    max_receives: 5
    dead_letter: dead
    capacity: 1k
  dead:
",
    );
    insta::assert_snapshot!(show::edges(&model.plan), @r#"
    a>b (services.a.dependencies.b) from services.a.dependencies.b:9, instances 3, network Constant(SimDuration(1000000)), timeout 2s, attempts 3, bulkhead 5, idempotent 
    a>b.q (services.a.dependencies."b.q") from services.a.dependencies."b.q":10, instances 3, network Constant(SimDuration(1000000)), loss 0.01, timeout 1s, breaker 0.5, bulkhead 5, idempotent 
    a>db (services.a.dependencies.db) from services.a.endpoints.x.2.call:7, instances 3
    a>events (services.a.dependencies.events) from services.a.dependencies.events:11, instances 3, timeout 50ms
    events>b (queues.events.consumers.0) from queues.events.consumers.0:17, timeout 3s
    events>b.q (queues.events.consumers.1) from queues.events.consumers.1:18
    shoppers>a (traffic.shoppers) from traffic.shoppers:2, timeout 10s, attempts 2
    shoppers>b (traffic.shoppers) from traffic.shoppers:2, timeout 10s, attempts 2
    staff>a (traffic.staff) from traffic.staff:3
    "#);
    let topic = &model.plan.topics[0];
    assert_eq!((topic.capacity, topic.max_receives, topic.consumers.len()), (1000, 5, 2));
    assert_eq!(topic.dead_letter.map(|t| t.index()), Some(1));
    assert_eq!(topic.visibility, Some(SimDuration::from_secs(30)));
    let [shoppers, staff] = &model.plan.sources[..] else { panic!("two sources") };
    assert_eq!(shoppers.arrivals, Arrivals::Constant(10.0));
    assert_eq!(shoppers.mix.iter().map(|(up_to, _)| *up_to).collect::<Vec<_>>(), [0.6, 1.0]);
    assert!(matches!(staff.arrivals, Arrivals::Closed { users: 5, .. }));
}

#[test]
fn stations_have_what_is_written() {
    let model = valid(
        "traffic: { rate: 1/s, to: a }
services:
  a: { work: 1ms, calls: [db.r, db.w, api], replicas: 2, concurrency: unlimited, model: async, queue: unlimited, cpu: 250m, balance: two_choices, rate_limit: { rate: 10/s, burst: 3 } }
databases:
  db: { engine: postgres, connections: 7, read_replicas: 2, cpu: 4, queries: { r: { read: 1ms }, w: { write: { p50: 1ms, p99: 2ms } } } }
external:
  api: { latency: { constant: 5ms }, availability: 99%, rate_limit: 5/s }
",
    );
    let [a, db, read, api] = &model.plan.stations[..] else { panic!("four stations") };
    assert_eq!((a.replicas, a.workers, a.queue, a.cores), (2, UNLIMITED, UNLIMITED, Some(0.25)));
    assert_eq!((a.concurrency, a.balance), (Concurrency::Async, Balance::TwoChoices));
    assert_eq!(a.rate_limit, Some(RateLimit::bucket(10.0, 3.0)));
    assert_eq!(a.rate_limit_path, "services.a.rate_limit.rate");
    assert_eq!((db.name.as_str(), db.replicas, db.workers, db.queue, db.cores), ("db", 1, 7, UNLIMITED, Some(4.0)));
    assert_eq!((read.name.as_str(), read.replicas, read.workers), ("db.read", 2, 7));
    assert_eq!(read.capacity_path, "databases.db.connections");
    assert_eq!((api.workers, api.queue), (UNLIMITED, UNLIMITED));
    assert!((api.error_rate - 0.01).abs() < 1e-12);
    assert_eq!(api.rate_limit, Some(RateLimit::bucket(5.0, 5.0)));
    assert_eq!(api.rate_limit_path, "external.api.rate_limit");
    let station_of = |name: &str| model.plan.endpoints[model.plan.endpoint(name).unwrap().index()].station.index();
    assert_eq!((station_of("db.r"), station_of("db.w"), station_of("api.call")), (2, 1, 3));
    assert_eq!(model.plan.dists[0], Dist::Exponential { mean: 1e6 });
}

#[test]
fn changes_are_read_anew() {
    let model = valid("traffic: { rate: 1/s, to: a }\nservices: { a: { work: 1ms, calls: [b] }, b: { work: 1ms } }\n");
    let change = model.change("services.a.dependencies.b.circuit_breaker", "{ failure_rate: 30% }");
    assert_eq!(change.from, None);
    let changed = model.with(&[change, model.change("services.b.replicas", "4")]).unwrap();
    let edge = &changed.plan.edges[changed.plan.edge("a>b").unwrap().index()];
    assert_eq!(edge.breaker.as_ref().and_then(|b| b.failure_rate), Some(0.3));
    assert_eq!(changed.plan.stations[1].replicas, 4);
    assert_eq!(changed.change("services.b.replicas", "8").from.as_deref(), Some("4"));
    let typo = model.with(&[model.change("services.bb.replicas", "4")]).unwrap_err();
    assert_eq!(typo[0].message, "there is no `bb` under `services`");
    assert_eq!(typo[0].hint.as_deref(), Some("`services` has `a` and `b`"));
    let problems = model.with(&[model.change("services.b.replicas", "none")]).unwrap_err();
    assert_eq!(problems[0].message, "`none` is not a number");
    assert!(model.with(&[model.change("services.c.replicas.0.x", "1")]).is_err());
}
