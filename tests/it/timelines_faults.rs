//! Faults, worked out by hand. Requests come every second, at 1 s, 2 s, …; the measured part ends at 10.5 s.

use crate::common::{Run, counts, failed, run};
use tenfold::engine::Cause;

/// A service with these settings, asked by people.
fn api(settings: &str) -> String {
    format!(
        "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: api }} }}
services: {{ api: {{ {settings} }} }}
"
    )
}

/// A service that asks a database with this policy; another service asks it, too.
fn two_tiers(query: &str, policy: &str) -> String {
    format!(
        "traffic:
  people: {{ rate: 1/s, arrivals: constant, to: api.get }}
  others: {{ rate: 1/s, arrivals: constant, to: jobs.get }}
services:
  api: {{ endpoints: {{ get: [ {{ call: db.read }} ] }}, dependencies: {{ db: {{ {policy} }} }} }}
  jobs: {{ endpoints: {{ get: [ {{ call: db.write }} ] }} }}
databases: {{ db: {{ queries: {{ read: {{ constant: {query} }}, write: {{ constant: {query} }} }} }} }}
"
    )
}

fn people(run: &Run) -> ([u64; 4], f64) {
    (counts(run.source("people")), run.latency_sum("people").millis())
}

/// One worker, 400 ms for each request; it hangs from 2.2 s to 4.2 s.
///
/// | request of | |
/// |---|---|
/// | 1 s | until 1.4 s |
/// | 2 s | has half of its work behind it at 2.2 s, goes on at 4.2 s, until 4.4 s |
/// | 3, 4, 5 s | wait for the worker, until 4.8, 5.2 and 5.6 s |
/// | from 6 s on | 400 ms each |
///
/// On one core with a worker for each, what waits is worked on at once from 4.2 s on, in equal parts: 200, 400 and 400 ms are
/// left; the first is done at 4.8 s; at 5 s 100, 100 and the 400 of the next are left; two are done at 5.3 s, the last at 5.6 s.
#[test]
fn what_hangs_goes_on_where_it_was() {
    let hang = &["hang:api@2200ms+2s"];
    let one = run(&api("concurrency: 1, work: { constant: 400ms }"), "10500ms", hang);
    assert_eq!(people(&one), ([10, 10, 0, 0], 400.0 + 2400.0 + 1800.0 + 1200.0 + 600.0 + 5.0 * 400.0));
    let shared = run(&api("concurrency: 10, cpu: 1, work: { constant: 400ms }"), "10500ms", hang);
    // Each end is rounded up to a nanosecond.
    let (answered, waited) = people(&shared);
    let expected = 400.0 + 2800.0 + 2300.0 + 1300.0 + 600.0 + 5.0 * 400.0;
    assert!(answered == [10, 10, 0, 0] && (0.0..1e-5).contains(&(waited - expected)), "{waited}");
    let room_for_one = run(&api("concurrency: 1, queue: 1, work: { constant: 400ms }"), "10500ms", hang);
    assert_eq!(failed(room_for_one.source("people"), Cause::Refused), 1, "the request of 4 s finds the line full");
}

/// The same for one of two replicas that take turns, the second one first: of the requests of 2 to 6 s only those of 2 s and
/// 4 s go to the one that hangs.
#[test]
fn some_replicas_hang() {
    let text = api("replicas: 2, concurrency: 1, work: { constant: 400ms }");
    for fault in ["hang:api:1@2200ms+2s", "hang:api:50%@2200ms+2s"] {
        let run = run(&text, "10500ms", &[fault]);
        assert_eq!(people(&run), ([10, 10, 0, 0], 2400.0 + 800.0 + 8.0 * 400.0), "{fault}");
    }
}

/// The database takes 400 ms, and its caller hangs from 1.2 s to 3.3 s: the answer of 1.4 s is read at 3.3 s, and the requests of
/// 2 s and 3 s are only then begun. People who wait for a second at most give up at 2, 3 and 4 s, and nobody tells the caller.
#[test]
fn a_caller_that_hangs_reads_no_answers() {
    let text = two_tiers("400ms", "");
    let run_with = |text: &str| run(text, "10500ms", &["hang:api@1200ms+2100ms"]);
    let patient = run_with(&text);
    assert_eq!(people(&patient), ([10, 10, 0, 0], 2300.0 + 1700.0 + 700.0 + 7.0 * 400.0));
    let hurried = run_with(&text.replace("to: api.get", "to: api.get, timeout: 1s"));
    assert_eq!(people(&hurried).0, [10, 8, 0, 2]);
    assert_eq!(failed(hurried.source("people"), Cause::Timeout), 2);
    assert_eq!(counts(hurried.served("db.read")), [10, 10, 0, 0]);
}

/// Probed every second from 1 s on, what hangs at 2.2 s is found out at 4 s, dies with the requests of 3 s and 4 s (that of 2 s
/// was done before), and is back at 4.5 s: it does not hang any more.
#[test]
fn a_restart_ends_a_hang() {
    let settings = "work: { constant: 100ms }, startup: 500ms, rollout: { surge: 0, unavailable: 1 }";
    let healed = format!("{settings}, health_check: {{ interval: 1s, unhealthy: 2, then: restart }}");
    let healed = run(&api(&healed), "10500ms", &["hang:api@2200ms+60s"]);
    assert_eq!(people(&healed), ([10, 8, 0, 2], 800.0));
    assert_eq!(failed(healed.source("people"), Cause::Reset) + failed(healed.source("people"), Cause::Unavailable), 2);
    let left_alone = run(&api(settings), "10500ms", &["hang:api@2200ms+7900ms"]);
    let waited: f64 = (3..=10).map(|k| 10_100.0 - 1000.0 * f64::from(k) + 100.0).sum();
    assert_eq!(people(&left_alone), ([10, 10, 0, 0], 200.0 + waited));
}

/// Calls along one edge are refused at once from 1.5 s to 3.5 s; the others who call the same database notice nothing, unless it is
/// the database or their query that refuses.
#[test]
fn calls_are_refused_on_one_edge_or_at_one_endpoint() {
    let refused = |fault: &str| {
        let run = run(&two_tiers("200ms", ""), "10500ms", &[fault]);
        let others = counts(run.source("others"));
        (people(&run), others[3], run.edge("api>db").failed)
    };
    let hit = ([10, 8, 0, 2], 8.0 * 200.0);
    let spared = ([10, 10, 0, 0], 10.0 * 200.0);
    assert_eq!(refused("refuse:api>db@1500ms+2s"), (hit, 0, 2));
    assert_eq!(refused("refuse:db.read@1500ms+2s"), (hit, 0, 2));
    assert_eq!(refused("refuse:db.write@1500ms+2s"), (spared, 2, 0));
    assert_eq!(refused("refuse:db@1500ms+2s"), (hit, 2, 2));
    assert_eq!(refused("errors:api>db:100%@1500ms+2s"), (hit, 0, 2));
    assert_eq!(refused("errors:db.write:100%@1500ms+2s"), (spared, 2, 0));
}

/// What was in progress goes on: a request of 800 ms that began at 1 s is answered, though nobody is let in from 1.5 s to 2.5 s.
#[test]
fn what_a_refusal_finds_in_progress_is_finished() {
    let text = api("work: { constant: 800ms }");
    assert_eq!(people(&run(&text, "10500ms", &["refuse:api@1500ms+1s"])), ([10, 9, 0, 1], 9.0 * 800.0));
    assert_eq!(people(&run(&text, "10500ms", &["kill:api@1500ms+1s"])).0, [10, 8, 0, 2]);
}

/// Half of a second's calls may come at once (5 per second: at least one): of four requests a second, two get through, those of
/// 250 ms, 750 ms, 1250 ms, … until 5 s. A lower limit counts beside a higher one; what ends later is not undone by what ends
/// first.
#[test]
fn a_quota_lets_so_many_through() {
    let text = api("work: { constant: 10ms }").replace("rate: 1/s", "rate: 4/s");
    let limited = |faults: &[&str]| {
        let run = run(&text, "10100ms", faults);
        assert_eq!(counts(run.source("people"))[0], 40);
        failed(run.source("people"), Cause::RateLimited)
    };
    assert_eq!(limited(&["throttle:api:2/s@0s+5s"]), 9);
    assert_eq!(limited(&["throttle:people>api:2/s@0s+5s"]), 9);
    assert_eq!(limited(&["throttle:api:2/s@0s+5s", "throttle:api:100/s@0s+3s"]), 9);
    assert_eq!(limited(&["throttle:api:2/s@0s+5s", "latency:api:2x@1s+1s", "throttle:people>api:100/s@2s+1s"]), 9);
    assert_eq!(limited(&["throttle:api:100%@0s+1100ms"]), 4);
}

/// Work takes 100 ms; three quarters of the processor are gone from 2.5 s to 6.5 s: 400 ms for the requests of 3, 4, 5 and 6 s; on
/// one of two replicas for those of 4 s and 6 s, as the second has the first turn. On a core, work in progress slows
/// down at once: half of the processor is gone from 1.2 s to 1.4 s, so that work of 400 ms from 1 s on has 100 ms left at 1.4 s.
#[test]
fn work_gets_what_is_left_of_the_processor() {
    let text = api("work: { constant: 100ms }");
    let stressed = |text: &str, faults: &[&str]| people(&run(text, "10500ms", faults)).1;
    assert_eq!(stressed(&text, &["cpu:api:75%@2500ms+4s"]), 1000.0 + 4.0 * 300.0);
    let two = text.replace("work", "replicas: 2, work");
    assert_eq!(stressed(&two, &["cpu:api:75%:share=50%@2500ms+4s"]), 1000.0 + 2.0 * 300.0);
    assert_eq!(stressed(&two, &["latency:api:4x:replicas=1@2500ms+4s"]), 1000.0 + 2.0 * 300.0);
    // Half of it, twice, is three quarters; each alone, a half.
    assert_eq!(
        stressed(&text, &["cpu:api:50%@2500ms+4s", "cpu:api:50%@2500ms+2s"]),
        1000.0 + 2.0 * 300.0 + 2.0 * 100.0
    );
    let core = api("cpu: 1, work: { constant: 400ms }");
    assert_eq!(stressed(&core, &["cpu:api:50%@1200ms+200ms"]), 4000.0 + 100.0);
}

/// One query becomes three times as slow; the other one does not.
#[test]
fn one_endpoint_is_slow() {
    let slow = |fault: &str| people(&run(&two_tiers("200ms", ""), "10500ms", &[fault])).1;
    assert_eq!(slow("latency:db.read:3x@2500ms+2s"), 2000.0 + 2.0 * 400.0);
    assert_eq!(slow("latency:db.write:3x@2500ms+2s"), 2000.0);
}

/// A delay grows by 100 ms every 500 ms, up to 2 s at 10 s. The request of k s takes half of the 200 k ms that stand then on its way
/// there, and half of what stands 100 k ms later on its way back: at 1.1, 2.2, … 11 s it has grown 2, 4, 6, 8, 11, 13, 15, 17, 19
/// and 20 times.
#[test]
fn a_fault_grows_in_steps() {
    let run = run(&api("work: { constant: 0s }"), "10500ms", &["latency:api:+2s:ramp=10s"]);
    let there: f64 = (1..=10).map(|k| 100.0 * f64::from(k)).sum();
    let back = 50.0 * f64::from(2 + 4 + 6 + 8 + 11 + 13 + 15 + 17 + 19 + 20);
    assert_eq!(people(&run), ([10, 10, 0, 0], there + back));
}

/// The caller keeps one connection, which takes 100 ms to open; a query takes 200 ms.
///
/// | | refused from 2.5 s to 3.5 s | reset |
/// |---|---|---|
/// | 1 s | opens it: 300 ms | the same |
/// | 2 s | 200 ms | 200 ms |
/// | 3 s | fails | fails, and breaks the connection |
/// | 4 s | 200 ms | opens it anew: 300 ms |
#[test]
fn a_reset_breaks_the_connection() {
    let text = two_tiers("200ms", "pool: { size: 1, connect: 100ms }");
    let broken = |faults: &[&str]| people(&run(&text, "10500ms", faults));
    assert_eq!(broken(&["refuse:api>db@2500ms+1s"]), ([10, 9, 0, 1], 300.0 + 8.0 * 200.0));
    assert_eq!(broken(&["reset:api>db@2500ms+1s"]), ([10, 9, 0, 1], 2.0 * 300.0 + 7.0 * 200.0));
}

/// The name of the database leads nowhere. A connection that is open goes on; one that has to be opened, the first one or one that
/// was reset, cannot be; and the others, who keep none, fail each time.
#[test]
fn a_lost_name_concerns_new_connections() {
    let text = two_tiers("200ms", "pool: { size: 1, connect: 100ms }");
    let lost = |faults: &[&str]| {
        let run = run(&text, "10500ms", faults);
        (people(&run), counts(run.source("others"))[3])
    };
    assert_eq!(lost(&["dns:db@1500ms+2s"]), (([10, 10, 0, 0], 300.0 + 9.0 * 200.0), 2));
    assert_eq!(lost(&["dns:api>db@0s+1500ms"]), (([10, 9, 0, 1], 300.0 + 8.0 * 200.0), 0));
    let both = lost(&["reset:api>db@2500ms+1s", "dns:api>db@2500ms+2s"]);
    assert_eq!(both, (([10, 8, 0, 2], 2.0 * 300.0 + 6.0 * 200.0), 0));
}

/// A database with a read replica: reads take 100 ms, writes 200 ms. Its primary is gone from 1.5 s to 3.5 s, or until another one
/// has taken over after 700 ms; its disk is full, or three times as slow, in the same time.
#[test]
fn a_database_fails_over_or_has_a_bad_disk() {
    let text = "traffic:
  people: { rate: 1/s, arrivals: constant, to: api.get }
  others: { rate: 1/s, arrivals: constant, to: api.put }
services: { api: { endpoints: { get: [ { call: db.read } ], put: [ { call: db.write } ] } } }
databases:
  db: { read_replicas: 1, queries: { read: { read: { constant: 100ms } }, write: { write: { constant: 200ms } } } }
";
    let struck = |text: &str, fault: &str| {
        let run = run(text, "10500ms", &[fault]);
        assert_eq!(people(&run), ([10, 10, 0, 0], 1000.0), "reads go on");
        (counts(run.source("others"))[3], run.latency_sum("others").millis())
    };
    assert_eq!(struck(text, "failover:db@1500ms+2s"), (2, 8.0 * 200.0));
    let standby = text.replace("read_replicas", "failover: 700ms, read_replicas");
    assert_eq!(struck(&standby, "failover:db@1500ms"), (1, 9.0 * 200.0));
    assert_eq!(struck(text, "disk_full:db@1500ms+2s"), (2, 8.0 * 200.0));
    assert_eq!(struck(text, "io:db:3x@1500ms+2s"), (0, 8.0 * 200.0 + 2.0 * 600.0));
    assert_eq!(struck(text, "io:db:100%@1500ms+2s"), (2, 8.0 * 200.0));
}

/// A new version comes at 1.2 s and serves from 1.7 s on; rolled back at 4.2 s, the old one serves again from 4.7 s on. Of the
/// requests of 2, 3 and 4 s all fail, or take three times as long.
#[test]
fn a_bad_version_is_rolled_back() {
    let text = api("work: { constant: 100ms }, startup: 500ms, grace: 1s, rollout: { surge: 1, unavailable: 0 }");
    let failing = run(&text, "10500ms", &["deploy:api:100%@1200ms+3s"]);
    assert_eq!(people(&failing), ([10, 7, 0, 3], 700.0));
    assert_eq!(failed(failing.source("people"), Cause::Error), 3);
    let slow = run(&text, "10500ms", &["deploy:api:3x@1200ms+3s"]);
    assert_eq!(people(&slow), ([10, 10, 0, 0], 1000.0 + 3.0 * 200.0));
    let kept = run(&text, "10500ms", &["deploy:api:3x@1200ms"]);
    assert_eq!(people(&kept).1, 100.0 + 9.0 * 300.0);
}

/// Memory is used up within 10 s: at k s work takes 1 + 0.2 k times its 100 ms; at 10 s nobody is there, for 2 s. Twice as fast, the
/// replica dies at 5 s and at 11 s, and is back in between: at 5, 6 s nobody is there; at 6, 7, … s it begins anew.
#[test]
fn memory_leaks_until_the_end() {
    let text = api("work: { constant: 100ms }");
    let slow = run(&text, "10500ms", &["memory:api:3x:ramp=10s:restart=2s"]);
    assert_eq!(people(&slow), ([10, 9, 0, 1], 900.0 + 20.0 * 45.0));
    let fast = run(&text, "10500ms", &["memory:api:3x:ramp=5s:restart=1s"]);
    let leak = 40.0 * f64::from(1 + 2 + 3 + 4);
    assert_eq!(people(&fast), ([10, 9, 0, 1], 900.0 + 2.0 * leak));
}

/// What is lost is sent again 200 ms later, and what is lost again 400 ms after that: all waits are multiples of 200 ms.
#[test]
fn what_is_lost_comes_later() {
    let text = api("work: { constant: 0s }");
    let lossy = run(&text, "10500ms", &["loss:api:50%"]);
    let ([_, answered, ..], waited) = people(&lossy);
    assert_eq!((answered, waited % 200.0), (10, 0.0));
    assert!((600.0..30_000.0).contains(&waited), "{waited}");
}
