//! Every finding has a model that shows it and a near miss that does not; the list agrees with the folder.

use super::*;
use crate::experiments::{Options, Quiet, review};
use crate::graph::Graph;
use crate::model::Model;
use crate::units::Quantity;

#[test]
fn the_list_agrees_with_the_folder_and_every_finding_explains_itself() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/findings");
    let shared = [
        "mod",
        "advice",
        "by-hand",
        "declared",
        "evidence",
        "expected",
        "finding",
        "guard",
        "policy",
        "queries",
        "remedy",
        "remedy-tests",
        "rubric",
        "rubric-tests",
        "tests",
        "words",
    ];
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().replace('_', "-"))
        .filter(|name| !shared.contains(&name.as_str()))
        .collect();
    files.sort();
    let codes: Vec<&str> = LINTS.iter().map(|l| l.code).collect();
    assert_eq!(files, codes);
    for lint in LINTS {
        for part in ["What it is:", "Why it is bad:", "How it is judged:", "What is close to it:"] {
            assert!(lint.doc.contains(part), "{} does not say {part}", lint.code);
        }
        assert!(super::lint(lint.code).is_some());
    }
}

pub(super) fn read(text: &str) -> Model {
    Model::read("test.yaml", text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Codes and subjects of what a check finds.
fn checked(text: &str) -> Vec<(&'static str, String)> {
    let model = read(text);
    let graph = Graph::new(&model.plan);
    let evidence = Evidence { model: &model, graph: &graph, review: None };
    look(&evidence).into_iter().map(|f| (f.code, f.subject)).collect()
}

/// What a small review at this load finds.
pub(super) fn reviewed(text: &str, load: f64) -> Vec<Finding> {
    reviewed_within(4e6, text, load)
}

fn reviewed_within(budget: f64, text: &str, load: f64) -> Vec<Finding> {
    let model = read(text);
    let graph = Graph::new(&model.plan);
    let options = Options { loads: vec![Quantity::Factor(load)], replications: 2, budget, ..Options::default() };
    let review = review(&model, &options, &Quiet);
    look(&Evidence { model: &model, graph: &graph, review: Some(&review) })
}

pub(super) fn find<'f>(findings: &'f [Finding], code: &str, subject: &str) -> Option<&'f Finding> {
    findings.iter().find(|f| f.code == code && f.subject == subject)
}

/// Three services in a row with these two policies.
fn row(first: &str, second: &str) -> String {
    format!(
        "
traffic: {{ rate: 10/s, to: a }}
services:
  a: {{ work: 1ms, calls: [b], dependencies: {{ b: {first} }} }}
  b: {{ work: 1ms, calls: [c], dependencies: {{ c: {second} }} }}
  c: {{ work: 1ms }}
"
    )
}

#[test]
fn timeouts_are_compared_along_the_chain() {
    let found = checked(&row("{ timeout: 1s }", "{ timeout: 400ms, retry: { attempts: 3, backoff: 10ms } }"));
    assert_eq!(found, [("timeout-inversion", "b>c".to_owned())]);
    assert!(checked(&row("{ timeout: 2s }", "{ timeout: 400ms, retry: { attempts: 3, backoff: 10ms } }")).is_empty());
    assert!(checked(&row("{ timeout: 1s }", "{ bulkhead: 10 }")).is_empty(), "no timeout is another finding");
}

#[test]
fn retries_multiply_only_on_several_layers() {
    let retry = "{ retry: { attempts: 4 } }";
    assert_eq!(checked(&row(retry, retry)), [("retry-amplification", "b>c".to_owned())]);
    assert!(checked(&row("{}", retry)).is_empty());
    let budget = "{ retry: { attempts: 4, budget: 20% } }";
    assert!(checked(&row(retry, budget)).is_empty(), "a budget holds it down");
}

#[test]
fn a_circle_is_found_where_everybody_waits() {
    let circle = |concurrency: &str| {
        format!(
            "
traffic: {{ rate: 10/s, to: a.in }}
services:
  a: {{ {concurrency} endpoints: {{ in: [ {{ call: b.through }} ], out: [ {{ work: 1ms }} ] }} }}
  b: {{ endpoints: {{ through: [ {{ call: a.out }} ] }} }}
"
        )
    };
    assert_eq!(checked(&circle("")), [("calling-in-circles", "a, b".to_owned())]);
    assert!(checked(&circle("model: async,")).is_empty());
}

#[test]
fn a_backlog_without_limit_is_found_where_consumers_are_too_slow() {
    let queue = |concurrency: u32| {
        format!(
            "
traffic: {{ rate: 10/s, to: web }}
services:
  web: {{ endpoints: {{ in: [ {{ work: 1ms }}, {{ publish: jobs }} ] }} }}
  worker: {{ work: 500ms }}
queues: {{ jobs: {{ consumers: [ {{ call: worker, concurrency: {concurrency} }} ] }} }}
"
        )
    };
    assert_eq!(checked(&queue(4)), [("unbounded-queue", "jobs.consumers".to_owned())]);
    assert!(checked(&queue(8)).is_empty());
}

#[test]
fn a_line_without_limit_is_found_unless_something_keeps_it_short() {
    let line = |more: &str| {
        format!(
            "
traffic: {{ rate: 20/s, to: web, timeout: 2s }}
services: {{ web: {{ concurrency: 1, replicas: 2, queue: {{ limit: unlimited{more} }}, work: 200ms }} }}
"
        )
    };
    assert_eq!(checked(&line("")), [("unbounded-queue", "web.workers".to_owned())]);
    assert!(checked(&line(", max_wait: 1s")).is_empty());
}

#[test]
fn queries_are_judged_by_what_they_say_of_their_rows() {
    let asks = |query: &str| {
        checked(&format!(
            "
traffic: {{ rate: 1/s, to: api }}
services: {{ api: {{ calls: [ db ] }} }}
databases: {{ db: {{ query: {query} }} }}
"
        ))
    };
    let found = |code: &'static str| vec![(code, "db.query".to_owned())];
    assert_eq!(asks("{ read: 1ms, rows: 100k, index: missing }"), found("missing-index"));
    assert!(asks("{ read: 1ms, rows: 99k, index: missing }").is_empty());
    assert_eq!(asks("{ read: 1ms, rows: 100k, limit: 20, page: offset, offset: 500 }"), found("offset-pagination"));
    assert!(asks("{ read: 1ms, rows: 100k, limit: 20, page: cursor }").is_empty());
    assert_eq!(asks("{ read: 1ms, rows: 10k }"), found("unbounded-query"));
    assert!(asks("{ read: 1ms, rows: 9k }").is_empty());
}

#[test]
fn a_transaction_that_waits_for_others_is_found() {
    let steps = |steps: &str| {
        checked(&format!(
            "
traffic: {{ rate: 1/s, to: api.pay }}
services: {{ api: {{ endpoints: {{ pay: {steps} }} }} }}
databases: {{ db: {{ query: 1ms }} }}
external: {{ provider: {{ latency: 200ms }} }}
"
        ))
    };
    let whole = "[ { transaction: { database: db, steps: [ { call: db }, { call: provider } ] } } ]";
    assert_eq!(steps(whole), [("long-transaction", "api>db".to_owned())]);
    assert!(steps("[ { transaction: { database: db, steps: [ { call: db } ] } }, { call: provider } ]").is_empty());
}

#[test]
fn messages_that_never_end_are_found() {
    let again = |p: &str| {
        let text = format!(
            "
traffic: {{ rate: 1/s, to: web.order }}
services:
  web: {{ endpoints: {{ order: [ {{ publish: orders }} ] }} }}
  worker: {{ endpoints: {{ ship: [ {{ publish: mails }} ], mail: [ {{ chance: {{ p: {p}, steps: [ {{ publish: orders }} ] }} }} ] }} }}
queues:
  orders: {{ consumers: [ {{ call: worker.ship, concurrency: 9 }} ] }}
  mails: {{ consumers: [ {{ call: worker.mail, concurrency: 9 }} ] }}
"
        );
        checked(&text)
    };
    assert_eq!(again("100%"), [("messages-in-circles", "orders, mails".to_owned())]);
    assert!(again("50%").is_empty());
}

#[test]
fn pools_are_added_up() {
    let replicas = |replicas: u32| {
        checked(&format!(
            "
traffic: {{ rate: 1/s, to: api }}
services: {{ api: {{ replicas: {replicas}, calls: [ db ], dependencies: {{ db: {{ pool: 10, timeout: 1s }} }} }} }}
databases: {{ db: {{ connections: 40, query: 1ms }} }}
"
        ))
    };
    assert_eq!(replicas(5), [("connection-pool-too-large", "db".to_owned())]);
    assert!(replicas(4).is_empty());
}

#[test]
fn a_query_for_each_row_is_found_and_a_few_are_not() {
    let times = |times: u32| {
        checked(&format!(
            "
traffic: {{ rate: 1/s, to: api.list }}
services: {{ api: {{ endpoints: {{ list: [ {{ call: db }}, {{ repeat: {{ times: {times}, steps: [ {{ call: db }} ] }} }} ] }} }} }}
databases: {{ db: {{ query: 1ms }} }}
"
        ))
    };
    assert_eq!(times(5), [("n-plus-one", "api.list".to_owned())]);
    assert!(times(4).is_empty());
}

/// One database with a pool that gives out at about 4x; replicas are single.
const SMALL: &str = "
traffic: { rate: 50/s, to: api, timeout: 2s }
services:
  api:
    concurrency: 50
    endpoints: { get: [ { work: 2ms }, { call: db } ] }
    dependencies: { db: { pool: 2 } }
databases: { db: { connections: 20, query: 10ms } }
slos: [ api.get success >= 99% ]
";

#[test]
fn what_gives_out_is_named_with_a_fix_that_was_proven() {
    let found = reviewed(SMALL, 6.0);
    let pool = find(&found, "connection-pool-too-small", "api>db.pool").expect("the pool gives out");
    assert_eq!(pool.severity, Severity::P1);
    assert!(pool.fix.as_ref().is_some_and(|f| f.changes[0].path == "services.api.dependencies.db.pool"));
    assert!(pool.effect.as_ref().is_some_and(|e| e.after.mean > e.before.mean));
    assert!(found.iter().all(|f| f.code != "saturated-resource"), "the database has room");
    assert!(found.iter().any(|f| f.code == "slo-missed-at-target"));

    let few = reviewed(&SMALL.replace("pool: 2", "pool: 20").replace("connections: 20", "connections: 2"), 6.0);
    assert!(find(&few, "saturated-resource", "db.connections").is_some(), "{few:?}");

    let alone = find(&found, "single-point-of-failure", "api").expect("there is one api");
    assert!(alone.fix.is_some() && alone.effect.as_ref().is_some_and(|e| e.after.mean > 0.9));

    let calm = reviewed(SMALL, 2.0);
    assert!(calm.iter().all(|f| !matches!(f.code, "connection-pool-too-small" | "slo-missed-at-target")));
    let two = reviewed(&SMALL.replace("concurrency: 50", "concurrency: 50\n    replicas: 2"), 2.0);
    assert!(find(&two, "single-point-of-failure", "api").is_none());
    assert!(find(&two, "single-point-of-failure", "db").is_some());
    let standby = reviewed(&SMALL.replace("connections: 20", "connections: 20, failover: 30s"), 2.0);
    assert!(find(&standby, "single-point-of-failure", "db").is_none());
}

/// Pages that do not need the slow part share twenty threads with it.
fn shared(policy: &str) -> String {
    format!(
        "
traffic: {{ rate: 60/s, mix: {{ web.page: 80%, web.report: 20% }}, timeout: 5s }}
services:
  web:
    concurrency: 20
    endpoints: {{ page: [ {{ work: 2ms }} ], report: [ {{ work: 2ms }}, {{ call: reports }} ] }}
    dependencies: {{ reports: {policy} }}
external: {{ reports: {{ latency: 20ms }} }}
"
    )
}

#[test]
fn a_missing_guard_is_the_one_that_helps() {
    let missing = |findings: &[Finding]| -> Vec<&'static str> {
        findings.iter().filter(|f| f.code.starts_with("missing-")).map(|f| f.code).collect()
    };
    assert_eq!(missing(&reviewed(&shared("{}"), 1.0)), ["missing-timeout"]);
    assert_eq!(missing(&reviewed(&shared("{ timeout: 4s }"), 1.0)), ["missing-circuit-breaker"]);
    // A breaker that counts no slow calls never opens for an answer that comes within the time-out.
    assert_eq!(missing(&reviewed(&shared("{ timeout: 8s, circuit_breaker: {} }"), 1.0)), ["missing-bulkhead"]);
    // A short time-out sets the threads free in time.
    assert!(missing(&reviewed(&shared("{ timeout: 100ms }"), 1.0)).is_empty());
}

/// A database of 300 queries a second under 220, asked twice by callers who wait a second: once it is slow, everybody asks
/// twice, and 440 a second keep it behind for good. Within a budget they recover.
#[test]
fn retries_can_keep_a_failure_going() {
    let storm = |retry: &str| {
        format!(
            "
traffic: {{ rate: 220/s, to: web }}
services:
  web:
    concurrency: 5000
    endpoints: {{ get: [ {{ call: db }} ] }}
    dependencies: {{ db: {{ timeout: 1s, retry: {{ attempts: 2, backoff: 10ms{retry} }} }} }}
databases: {{ db: {{ connections: 1, query: {{ constant: 3.3ms }} }} }}
"
        )
    };
    // So much that the wait for a backlog to drain is not cut short.
    let found = reviewed_within(40e6, &storm(""), 1.0);
    let stuck = find(&found, "does-not-recover", "db").expect("it stays down");
    assert_eq!(stuck.severity, Severity::P0);
    assert!(stuck.evidence.iter().any(|e| e.contains("when this is left out: retries")), "{:?}", stuck.evidence);
    let budget = find(&found, "retry-storm", "web>db").expect("a budget contains it");
    assert!(budget.effect.as_ref().is_some_and(|e| e.after.mean < 0.7 * e.before.mean), "{:?}", budget.effect);
    // Within it, what has piled up while the database stood still takes minutes to drain, but nothing is kept down.
    let within_budget = reviewed_within(40e6, &storm(", budget: 20%"), 1.0);
    let stays = |f: &&Finding| f.code == "does-not-recover" && f.subject == "db" && f.severity == Severity::P0;
    assert!(!within_budget.iter().any(|f| stays(&f)), "{within_budget:#?}");
}

/// A shop with these alerts whose payments take a while.
fn alerted(alerts: &str) -> String {
    format!(
        "
traffic: {{ rate: 50/s, to: api.pay, timeout: 5s }}
services:
  api: {{ replicas: 2, concurrency: 500, endpoints: {{ pay: [ {{ work: 2ms }}, {{ call: bank }} ] }}, dependencies: {{ bank: {{ timeout: 2s }} }} }}
external: {{ bank: {{ latency: 50ms }} }}
alerts: {{ {alerts} }}
"
    )
}

#[test]
fn silence_is_found_where_there_are_alerts_and_none_pages() {
    let silent = |alerts: &str| -> Vec<Finding> {
        let mut found = reviewed(&alerted(alerts), 1.0);
        found.retain(|f| f.code == "silent-failure");
        found
    };
    let deaf = silent("busy: { when: api rate > 1000/s, over: 10s, every: 5s }");
    assert!(!deaf.is_empty(), "nobody hears of anything");
    // The rules that are proposed can be written, one for each finding; with them, and those for what is silent then,
    // nothing is.
    let mut rules: Vec<String> = Vec::new();
    let mut left = deaf;
    for _ in 0..3 {
        for fix in left.iter().map(|f| f.fix.as_ref().expect("a rule was tried")) {
            let name = fix.changes[0].path.strip_prefix("alerts.").expect("it is an alert");
            rules.push(format!("{name}: {}", fix.changes[0].to));
        }
        rules.sort();
        rules.dedup();
        left = silent(&rules.join(", "));
    }
    assert_eq!(left, [], "with {rules:?}");
    assert_eq!(silent(""), [], "without alerts nothing is known of who is told");
}

#[test]
fn an_alert_that_pages_on_a_healthy_day_is_noisy() {
    let noisy = |alerts: &str| {
        let found = reviewed(&alerted(alerts), 1.0);
        found.into_iter().filter(|f| f.code == "noisy-alert").map(|f| f.subject).collect::<Vec<_>>()
    };
    assert_eq!(noisy("busy: { when: api rate > 40/s, over: 30s }"), ["busy"]);
    assert_eq!(noisy("busy: { when: api rate > 80/s, over: 30s }"), Vec::<String>::new());
}

#[test]
fn what_is_done_twice_is_found_unless_it_carries_a_key_or_changes_nothing() {
    let shop = |callee: &str, key: &str| {
        let text = format!(
            "
traffic: {{ rate: 20/s, to: api.pay, timeout: 10s }}
services:
  api: {{ replicas: 2, concurrency: 500, endpoints: {{ pay: [ {{ call: {callee} }} ] }}, dependencies: {{ {callee}: {{ timeout: 1s, retry: {{ attempts: 2, backoff: 10ms }}{key} }} }} }}
  catalog: {{ concurrency: 500, work: 50ms }}
external: {{ bank: {{ latency: 50ms }} }}
"
        );
        reviewed(&text, 1.0)
    };
    let twice = shop("bank", "");
    let found = find(&twice, "retry-not-idempotent", "api>bank").expect("a slow bank is asked twice");
    assert!(found.effect.as_ref().is_some_and(|e| e.before.mean > 100.0 && e.after.mean == 0.0), "{found:?}");
    assert!(find(&shop("bank", ", idempotent: true"), "retry-not-idempotent", "api>bank").is_none());
    assert!(find(&shop("catalog", ""), "retry-not-idempotent", "api>catalog").is_none(), "it only reads");
}

#[test]
fn lost_messages_and_stale_reads_are_found() {
    let jobs = |rules: &str| {
        let text = format!(
            "
traffic: {{ rate: 20/s, to: web.put }}
services: {{ web: {{ replicas: 2, endpoints: {{ put: [ {{ work: 1ms }}, {{ publish: jobs }} ] }} }}, worker: {{ replicas: 2, work: 10ms }} }}
queues: {{ jobs: {{ {rules} consumers: [ {{ call: worker }} ] }} }}
"
        );
        reviewed(&text, 1.0).into_iter().any(|f| f.code == "lost-messages")
    };
    assert!(jobs("capacity: 50, overflow: drop_head,"));
    assert!(!jobs("capacity: 50, overflow: reject,"), "the publisher is told");
    assert!(!jobs(""));
    let stale = |keys: &str| {
        let text = format!(
            "
traffic: {{ rate: 50/s, mix: {{ api.get: 70%, api.put: 30% }} }}
services: {{ api: {{ replicas: 2, endpoints: {{ get: [ {{ call: db.read }} ], put: [ {{ call: db.write }} ] }}, dependencies: {{ db: {{ timeout: 1s }} }} }} }}
databases: {{ db: {{ read_replicas: {{ count: 1, keys: {keys}, lag: 5ms }}, queries: {{ read: {{ read: 2ms }}, write: {{ write: 2ms }} }} }} }}
"
        );
        reviewed(&text, 1.0).into_iter().any(|f| f.code == "replication-lag-reads")
    };
    assert!(stale("10"));
    assert!(!stale("1M"), "hardly anybody reads what was just written");
}

/// A declaration that something is missing is a finding; one that it is there, and silence, are none.
#[test]
fn what_is_declared_missing_is_found_and_silence_is_not() {
    let with = |service: &str, database: &str| {
        format!(
            "
traffic: {{ rate: 10/s, to: api }}
services: {{ api: {{ work: 1ms, calls: [ db ], dependencies: {{ db: {{ timeout: 1s }} }}, replicas: 2{service} }} }}
databases: {{ db: {{ query: 1ms{database} }} }}
"
        )
    };
    let codes = |text: &str| {
        let mut codes: Vec<&str> = checked(text).into_iter().map(|(code, _)| code).collect();
        codes.retain(|code| *code != "single-point-of-failure");
        codes
    };
    assert_eq!(codes(&with("", "")), Vec::<&str>::new());
    let bad = ", sessions: local, files: local_disk, api: { versioning: none, pagination: offset }, observability: { logs: plain, \
               correlation_ids: false, metrics: true, dashboards: false, alerts: false, traces: false, error_tracking: false }";
    let good = ", sessions: shared, files: object_storage, api: { versioning: url, pagination: cursor }, observability: { logs: \
                structured, correlation_ids: true, metrics: true, dashboards: true, alerts: true, traces: true, error_tracking: true }";
    assert_eq!(codes(&with(good, ", backups: tested")), Vec::<&str>::new());
    let mut found = codes(&with(bad, ", backups: untested, observability: { metrics: false }"));
    found.sort_unstable();
    let expected = [
        "local-files",
        "local-sessions",
        "missing-alerts",
        "missing-api-versioning",
        "missing-correlation-ids",
        "missing-dashboards",
        "missing-error-tracking",
        "missing-metrics",
        "missing-structured-logs",
        "missing-tracing",
        "unpaginated-api",
        "untested-backups",
    ];
    assert_eq!(found, expected);
    // Nobody is logged out where there is only one replica.
    let alone = with(", sessions: local", "").replace("replicas: 2", "replicas: 1");
    assert_eq!(codes(&alone), Vec::<&str>::new());
}

#[test]
fn sessions_that_are_lost_with_their_replica_are_told_from_those_that_are_nowhere() {
    let shop = |more: &str| {
        let text =
            format!("traffic: {{ rate: 1/s, to: shop }}\nservices: {{ shop: {{ replicas: 2, work: 1ms{more} }} }}\n");
        checked(&text).into_iter().map(|(code, _)| code).collect::<Vec<_>>()
    };
    let sticky = ", balance: { sticky: { sessions: 100 } }";
    assert_eq!(shop(&format!(", sessions: local{sticky}")), ["sticky-session-loss"]);
    assert_eq!(shop(", sessions: local"), ["local-sessions"]);
    assert!(shop(&format!(", sessions: shared{sticky}")).is_empty());
}
