//! What follows from a model by arithmetic: figures, limits and words.

use super::*;

/// What a check finds of this kind.
fn checked(text: &str, code: &str) -> Vec<Finding> {
    let model = tests::read(text);
    let graph = Graph::new(&model.plan);
    let mut found = look(&Evidence { model: &model, graph: &graph, review: None });
    found.retain(|finding| finding.code == code);
    found
}

#[track_caller]
fn one(text: &str, code: &str) -> Finding {
    let found = checked(text, code);
    let [one] = found.as_slice() else { panic!("{found:#?}") };
    one.clone()
}

/// A query of 20,000 rows without a limit, and one that nobody asks.
#[test]
fn a_query_is_told_with_its_cost_if_somebody_asks_it() {
    let text = "
traffic: { rate: 1/s, to: api }
services: { api: { calls: [ db.all ] } }
databases: { db: { queries: { all: { read: { constant: 2ms }, rows: 20k }, more: { read: 2ms, rows: 20k } } } }
";
    let found = one(text, "unbounded-query");
    assert_eq!((found.subject.as_str(), found.title.as_str()), ("db.all", "db.all has no limit"));
    let model = tests::read(text);
    let query = &model.plan.endpoints[model.plan.endpoint("db.all").unwrap().index()];
    let rows = query.rows.unwrap();
    let took = Graph::new(&model.plan).profile(model.plan.endpoint("db.all").unwrap()).work;
    let took = SimDuration((took * 1e9) as u64);
    assert!(took > SimDuration::from_millis(2), "the rows are read as well: {took}");
    let cost = format!("It reads {} of {} rows each time and takes {took} on an idle server.", rows.touched, rows.rows);
    assert_eq!(found.evidence, [cost.as_str(), "Read a page at a time (`limit`)."]);
}

/// Three queries of 1 ms behind a call of 200 ms: the connection is kept for all of it.
#[test]
fn a_long_transaction_is_told_with_its_times() {
    let text = "
traffic: { rate: 1/s, to: api.pay }
services:
  api:
    endpoints:
      pay: [ { transaction: { database: db, steps: [ { call: db }, { call: bank }, { call: db } ] } } ]
databases: { db: { query: { constant: 1ms } } }
external: { bank: { latency: { constant: 200ms } } }
";
    let found = one(text, "long-transaction");
    assert_eq!(found.title, "A transaction on api>db waits for bank.call");
    assert!(found.evidence[0].ends_with("200ms of that for others."), "{:?}", found.evidence);
    assert!(found.evidence[0].starts_with("It keeps its connection for 20"), "{:?}", found.evidence);
}

/// A database that is kept waiting twice is told of once, two databases are told of twice.
#[test]
fn long_transactions_are_told_once_for_each_connection() {
    let told = |second: &str| {
        let text = format!(
            "
traffic: {{ rate: 1/s, mix: {{ api.pay: 50%, api.send: 50% }} }}
services:
  api:
    endpoints:
      pay: [ {{ transaction: {{ database: db, steps: [ {{ call: db }}, {{ call: bank }} ] }} }} ]
      send: [ {{ transaction: {{ database: {second}, steps: [ {{ call: {second} }}, {{ call: bank }} ] }} }} ]
databases: {{ db: {{ query: 1ms }}, mails: {{ query: 1ms }} }}
external: {{ bank: {{ latency: 200ms }} }}
"
        );
        checked(&text, "long-transaction").into_iter().map(|f| f.subject).collect::<Vec<_>>()
    };
    assert_eq!(told("db"), ["api>db"]);
    assert_eq!(told("mails"), ["api>db", "api>mails"]);
}

/// What it is in a line: the first sentence of its documentation.
#[test]
fn a_finding_is_summed_up_in_its_first_sentence() {
    let summary = lint("breaker-flaps").unwrap().summary();
    assert_eq!(summary, "a circuit breaker that opens although most calls would succeed");
    for lint in LINTS {
        let summary = lint.summary();
        assert!(summary.len() > 20 && !summary.contains("What it is") && !summary.ends_with('.'), "{}", lint.code);
    }
}

/// Nobody asks for a list that nobody calls.
#[test]
fn a_query_in_a_loop_is_told_with_its_time_if_somebody_runs_it() {
    let text = "
traffic: { rate: 1/s, to: api.list }
services:
  api:
    endpoints:
      list: [ { repeat: { times: 6, steps: [ { call: db } ] } } ]
      other: [ { repeat: { times: 6, steps: [ { call: db } ] } } ]
databases: { db: { query: { constant: 2ms } } }
";
    let found = one(text, "n-plus-one");
    assert_eq!((found.subject.as_str(), found.title.as_str()), ("api.list", "api.list asks db.query 6 times in a row"));
    assert_eq!(found.evidence[0], "Each takes 2ms when nothing waits, all of them 12ms.");
}

/// Two endpoints wait over the same connection, which is one sentence; another caller is another one; and a second call that
/// is as patient is another finding.
#[test]
fn patience_is_told_once_for_each_pair_of_connections() {
    let text = "
traffic: { rate: 1/s, mix: { a.one: 40%, a.two: 30%, d.three: 30% } }
services:
  a: { endpoints: { one: [ { call: b } ], two: [ { call: b } ] }, dependencies: { b: { timeout: 1s } } }
  d: { endpoints: { three: [ { call: b } ] }, dependencies: { b: { timeout: 2s } } }
  b: { calls: [ c, e ], dependencies: { c: { timeout: 3s }, e: { timeout: 1500ms } } }
  c: { work: 1ms }
  e: { work: 1ms }
";
    let found = checked(text, "timeout-inversion");
    let told: Vec<(&str, Vec<&str>)> =
        found.iter().map(|f| (f.subject.as_str(), f.evidence.iter().map(String::as_str).collect())).collect();
    let (first, other) = ("On a>b a caller waits 1s for an answer;", "On d>b a caller waits 2s for an answer;");
    let c = [format!("{first} b>c may go on for 3s."), format!("{other} b>c may go on for 3s.")];
    let e = format!("{first} b>e may go on for 1.5s.");
    assert_eq!(told, [("b>c", vec![c[0].as_str(), c[1].as_str()]), ("b>e", vec![e.as_str()])]);
}

#[test]
fn tries_are_multiplied_along_the_chain() {
    const CODE: &str = "retry-amplification";
    let row = |first: &str, second: &str| {
        let text = format!(
            "
traffic: {{ rate: 10/s, to: a }}
services:
  a: {{ work: 1ms, calls: [ b ], dependencies: {{ b: {{ retry: {{ attempts: {first} }} }} }} }}
  b: {{ work: 1ms, calls: [ c ], dependencies: {{ c: {{ retry: {{ attempts: {second} }} }} }} }}
  c: {{ work: 1ms }}
"
        );
        checked(&text, CODE)
    };
    let [found] = &row("4", "5")[..] else { panic!("one edge") };
    assert_eq!((found.severity, found.title.as_str()), (Severity::P1, "one request can become 20 calls of b>c"));
    assert_eq!(found.evidence, ["The tries multiply along traffic>a (1 try), then a>b (4 tries), then b>c (5 tries)."]);
    assert_eq!(row("4", "4")[0].severity, Severity::P2);
    assert_eq!((row("2", "3").len(), row("2", "2").len()), (1, 0), "six calls are many, four are not");
    let [found] = &row("2", "unlimited, backoff: 1s")[..] else { panic!("one edge") };
    assert_eq!(found.title, "one request can become any number of calls of b>c");
    assert_eq!(
        found.evidence,
        ["The tries multiply along traffic>a (1 try), then a>b (2 tries), then b>c (without limit)."]
    );
}

/// Ten messages a second of half a second each keep five consumers busy.
#[test]
fn a_backlog_grows_where_more_comes_than_can_be_done() {
    const CODE: &str = "unbounded-queue";
    let text = |concurrency: u32, limits: &str| {
        format!(
            "
traffic: {{ rate: 10/s, to: web.in }}
services:
  web: {{ replicas: 2, concurrency: 500, endpoints: {{ in: [ {{ work: 1ms }}, {{ publish: jobs }} ] }} }}
  worker: {{ concurrency: 500, work: {{ constant: 500ms }} }}
queues: {{ jobs: {{ {limits} consumers: [ {{ call: worker, concurrency: {concurrency} }} ] }} }}
"
        )
    };
    assert_eq!(checked(&text(5, ""), CODE), [], "five are just enough");
    assert_eq!(one(&text(4, ""), CODE).severity, Severity::P0);
    assert_eq!(checked(&text(4, "capacity: 100,"), CODE), []);
    // A review looks at the load that was asked for, here four times as much.
    let reviewed = |concurrency: u32| Case::of(&text(concurrency, "")).found(CODE);
    let [found] = &reviewed(10)[..] else { panic!("one queue") };
    assert_eq!((found.severity, found.subject.as_str()), (Severity::P1, "jobs.consumers"));
    assert_eq!(found.title, "from 2x on messages pile up without limit before jobs.consumers");
    let told = "At 4x they would keep 20.0 of 10 busy, by arithmetic; nothing limits how many wait.";
    assert_eq!(found.evidence, [told]);
    assert_eq!(reviewed(5)[0].severity, Severity::P0, "today's load is all that it can take");
    assert_eq!(reviewed(20), []);
}

#[test]
fn a_line_without_limit_is_one_of_a_service_that_gives_out() {
    let line = |queue: &str| {
        format!(
            "
traffic: {{ rate: 10/s, to: web }}
services: {{ web: {{ concurrency: 1, queue: {queue}, work: 200ms }} }}
"
        )
    };
    let found = one(&line("unlimited"), "unbounded-queue");
    assert_eq!(found.title, "from 0.5x on requests pile up without limit before web.workers");
    assert_eq!(checked(&line("100"), "unbounded-queue"), []);
    // Those who wait for a database are limited by the workers of its callers.
    let database = "
traffic: { rate: 10/s, to: web }
services: { web: { concurrency: 500, calls: [ db ] } }
databases: { db: { connections: 1, query: 200ms } }
";
    assert_eq!(checked(database, "unbounded-queue"), []);
}

#[test]
fn a_service_that_calls_itself_is_a_circle_of_one() {
    let text = |more: &str| {
        format!(
            "
traffic: {{ rate: 10/s, to: a.in }}
services: {{ a: {{ {more} endpoints: {{ in: [ {{ call: a.out }} ], out: [ {{ work: 1ms }} ] }} }} }}
"
        )
    };
    let found = one(&text(""), "calling-in-circles");
    assert_eq!(found.title, "a calls itself and holds a worker while it waits");
    assert_eq!(checked(&text("concurrency: unlimited,"), "calling-in-circles"), [], "workers never give out");
}

/// Where metrics are declared missing, that is the finding: there is nothing to look at or to be told of.
#[test]
fn what_needs_metrics_is_not_told_where_there_are_none() {
    let codes = |declared: &str| {
        let text = format!(
            "traffic: {{ rate: 1/s, to: a }}\nservices: {{ a: {{ work: 1ms, observability: {{ {declared} }} }} }}\n"
        );
        ["missing-metrics", "missing-dashboards", "missing-alerts"].map(|code| checked(&text, code).len())
    };
    assert_eq!(codes("dashboards: false, alerts: false"), [0, 1, 1]);
    assert_eq!(codes("metrics: true, dashboards: false, alerts: false"), [0, 1, 1]);
    assert_eq!(codes("metrics: false, dashboards: false, alerts: false"), [1, 0, 0]);
    assert_eq!(codes("metrics: true, dashboards: true, alerts: true"), [0, 0, 0]);
}
