//! Small systems with constant times, each worked out by hand and asserted to the nanosecond.
//!
//! Requests come evenly, one a second, at 1 s, 2 s, … 10 s; the measured part ends at 10.5 s and what is under way is
//! followed to its end.

use crate::common::{close, counts, duration, failed, run};
use tenfold::engine::Cause;
use tenfold::units::SimDuration;

/// A caller `front` and a callee `back`, with the policy and the work given.
fn pair(policy: &str, work: &str) -> String {
    format!(
        "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: front.ask }} }}
services:
  front:
    endpoints: {{ ask: [ {{ work: {{ constant: 10ms }} }}, {{ call: back.reply }} ] }}
    dependencies: {{ back: {policy} }}
  back:
    endpoints: {{ reply: [ {{ work: {{ constant: {work} }} }} ] }}
"
    )
}

/// | request at | calls back | gives up | back is done | seen by the user |
/// |---|---|---|---|---|
/// | t | t + 10 ms | t + 110 ms | t + 260 ms | failure |
///
/// A worker of `front` is busy 110 ms for each; `back` works 250 ms for each, all of it in vain.
#[test]
fn a_timeout_frees_the_caller_and_the_callee_works_on_in_vain() {
    let run = run(&pair("{ timeout: 100ms }", "250ms"), "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 0, 0, 10]);
    assert_eq!(failed(run.source("people"), Cause::Dependency), 10);
    assert_eq!(counts(run.served("back.reply")), [10, 10, 0, 0]);
    let edge = run.edge("front>back");
    assert_eq!((edge.calls, edge.attempts, edge.timeouts, edge.failed, edge.retries), (10, 10, 10, 10, 0));
    assert_eq!(edge.wasted_work, duration("2500ms"));
    let busy = |name: &str| {
        let found = run.measured.resources.iter().find(|r| r.name == name);
        let resource = found.unwrap_or_else(|| panic!("no `{name}` in {:?}", run.measured.resources));
        resource.utilization * resource.capacity * 10.5
    };
    close(busy("front.workers"), 10.0 * 0.110);
    // The tenth piece of work began at 10.01 s and ended at 10.26 s, within the measured part too.
    close(busy("back.workers"), 10.0 * 0.250);
}

/// `back` is down from 900 ms to 1250 ms. Only the first request meets it:
///
/// | try | at | ends |
/// |---|---|---|
/// | 1 | 1010 ms | refused at once |
/// | 2 | 1110 ms (100 ms later) | refused at once |
/// | 3 | 1310 ms (200 ms later) | answered at 1330 ms |
///
/// It takes 330 ms, the nine others 10 + 20 ms.
#[test]
fn three_tries_with_waits_that_double() {
    let policy = "{ retry: { attempts: 3, backoff: 100ms, jitter: none } }";
    let run = run(&pair(policy, "20ms"), "10500ms", &["kill:back@900ms+350ms"]);
    assert_eq!(counts(run.source("people")), [10, 10, 0, 0]);
    assert_eq!(run.latency_sum("people"), SimDuration(330_000_000 + 9 * 30_000_000));
    let edge = run.edge("front>back");
    assert_eq!((edge.calls, edge.attempts, edge.retries, edge.failed), (10, 12, 2, 0));
    assert_eq!(counts(run.served("back.reply")), [12, 10, 0, 2]);
    assert_eq!(failed(run.served("back.reply"), Cause::Unavailable), 2);
}

/// As above, but `back` returns at 1350 ms only: the third try at 1310 ms is the last.
#[test]
fn after_the_last_try_a_call_fails() {
    let policy = "{ retry: { attempts: 3, backoff: 100ms, jitter: none } }";
    let run = run(&pair(policy, "20ms"), "10500ms", &["kill:back@900ms+450ms"]);
    assert_eq!(counts(run.source("people")), [10, 9, 0, 1]);
    assert_eq!(run.latency_sum("people"), SimDuration(9 * 30_000_000));
    let edge = run.edge("front>back");
    assert_eq!((edge.calls, edge.attempts, edge.retries, edge.failed), (10, 12, 2, 1));
}

/// A call that timed out is tried again while its first try still runs: both are executed, the second is a duplicate.
///
/// | try | at | gives up | back is done |
/// |---|---|---|---|
/// | 1 | t + 10 ms | t + 60 ms | t + 90 ms |
/// | 2 | t + 60 ms | t + 110 ms | t + 140 ms |
///
/// 80 ms of work each, so 160 ms in vain for each request; the first execution counts, the second is once too often.
#[test]
fn a_retry_after_a_timeout_executes_twice() {
    let policy = "{ timeout: 50ms, retry: { attempts: 2, backoff: 0s } }";
    let once = run(&pair(policy, "80ms"), "10500ms", &[]);
    assert_eq!(counts(once.source("people")), [10, 0, 0, 10]);
    let edge = once.edge("front>back");
    assert_eq!((edge.attempts, edge.timeouts, edge.duplicates), (20, 20, 10));
    assert_eq!(edge.wasted_work, duration("1600ms"));
    let policy = "{ timeout: 50ms, retry: { attempts: 2, backoff: 0s }, idempotent: true }";
    let keyed = run(&pair(policy, "80ms"), "10500ms", &[]);
    assert_eq!(keyed.edge("front>back").duplicates, 0);
}

const BREAKER: &str = "{ circuit_breaker: { failure_rate: 50%, window: 10 calls, minimum_calls: 3, open_for: 2500ms, half_open_calls: 2 } }";

/// `back` is down until 4500 ms. Calls are made at t + 10 ms.
///
/// | t | breaker | call | result |
/// |---|---|---|---|
/// | 1, 2 s | closed | passes | fails: 1 of 1, 2 of 2, below the minimum of 3 |
/// | 3 s | closed | passes | fails: 3 of 3, opens at 3010 ms |
/// | 4, 5 s | open | refused | 1 s and 2 s of the 2.5 s have passed |
/// | 6 s | half-open | first probe | answered at 6030 ms |
/// | 7 s | half-open | second probe | answered at 7030 ms: 0 of 2 failed, closes |
/// | 8, 9, 10 s | closed | passes | answered |
#[test]
fn a_breaker_opens_half_opens_and_closes() {
    let run = run(&pair(BREAKER, "20ms"), "10500ms", &["kill:back@0s+4500ms"]);
    assert_eq!(counts(run.source("people")), [10, 5, 0, 5]);
    assert_eq!(run.latency_sum("people"), SimDuration(5 * 30_000_000));
    let edge = run.edge("front>back");
    assert_eq!((edge.calls, edge.rejected, edge.breaker_opened, edge.failed), (10, 2, 1, 5));
    assert_eq!(counts(run.served("back.reply")), [8, 5, 0, 3], "what the breaker refuses never reaches the callee");
}

/// `back` is down until 6500 ms: the first probe at 6 s fails, the second at 7 s is answered at 7030 ms. 1 of 2 reaches
/// 50%: open again from 7030 ms. At 8 and 9 s refused; at 10 s 2980 ms have passed: half-open, the probe is answered.
#[test]
fn a_failed_probe_opens_the_breaker_again() {
    let run = run(&pair(BREAKER, "20ms"), "10500ms", &["kill:back@0s+6500ms"]);
    assert_eq!(counts(run.source("people")), [10, 2, 0, 8]);
    let edge = run.edge("front>back");
    assert_eq!((edge.rejected, edge.breaker_opened), (4, 2));
    assert_eq!(counts(run.served("back.reply")), [6, 2, 0, 4]);
}

/// Two calls at a time, 2500 ms each. Requests at 1 s and 2 s get the two permits (until 3510 and 4510 ms), the one at
/// 3 s is refused; and so on with a period of three: 1, 2, 4, 5, 7, 8, 10 s pass, 3, 6, 9 s are refused.
#[test]
fn a_full_bulkhead_refuses_at_once() {
    let run = run(&pair("{ bulkhead: 2 }", "2500ms"), "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 7, 0, 3]);
    assert_eq!(run.latency_sum("people"), SimDuration(7 * 2_510_000_000));
    let edge = run.edge("front>back");
    assert_eq!((edge.calls, edge.rejected, edge.failed), (10, 3, 3));
    assert_eq!(counts(run.served("back.reply")), [7, 7, 0, 0]);
}

/// Patience ends at t + 110 ms; the answer without `back` is degraded, at that moment.
#[test]
fn a_fallback_answers_without_the_callee() {
    let run = run(&pair("{ timeout: 100ms, fallback: degraded }", "250ms"), "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 0, 10, 0]);
    assert_eq!(run.latency_sum("people"), SimDuration(10 * 110_000_000));
    assert_eq!(run.edge("front>back").failed, 10, "the call failed all the same");
}

/// Patience ends at t + 110 ms, then the spare takes 5 ms.
#[test]
fn a_fallback_may_call_somebody_else() {
    let text = pair("{ timeout: 100ms, fallback: { call: spare.reply } }", "250ms")
        + "  spare:\n    endpoints: { reply: [ { work: { constant: 5ms } } ] }\n";
    let run = run(&text, "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 0, 10, 0]);
    assert_eq!(run.latency_sum("people"), SimDuration(10 * 115_000_000));
    assert_eq!(run.edge("front>spare").calls, 10);
}

/// Something optional is left out when it fails: the answer comes at t + 110 ms and is degraded.
#[test]
fn an_optional_call_may_fail() {
    let run = run(&pair("{ timeout: 100ms, optional: true }", "250ms"), "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 0, 10, 0]);
    assert_eq!(run.latency_sum("people"), SimDuration(10 * 110_000_000));
}

/// The cache takes 1 ms and always has the answer, but is emptied from 3500 to 6500 ms: the requests at 4, 5 and 6 s also
/// ask the database, 10 ms. 7 x 1 ms + 3 x 11 ms.
#[test]
fn a_miss_asks_the_database_too() {
    let text = "traffic: { people: { rate: 1/s, arrivals: constant, to: front.ask } }
services:
  front:
    endpoints: { ask: [ { cached: { cache: memory, miss: [ { call: db.load } ] } } ] }
databases:
  db: { queries: { load: { read: { constant: 10ms } } } }
caches:
  memory: { get: { constant: 1ms }, hit_ratio: 100% }
";
    let run = run(text, "10500ms", &["cache_flush:memory@3500ms+3s"]);
    assert_eq!(counts(run.source("people")), [10, 10, 0, 0]);
    assert_eq!(run.latency_sum("people"), SimDuration(7 * 1_000_000 + 3 * 11_000_000));
    assert_eq!(counts(run.served("db.load")), [3, 3, 0, 0]);
}

/// `front` publishes at t + 10 ms; the consumer hands each message to `back`, 50 ms. `back` is down from 500 to 2500 ms:
///
/// | message | delivered | result |
/// |---|---|---|
/// | 1 | 1010 ms | fails at once; invisible until 4010 ms |
/// | 1 | 4010 ms | done at 4060 ms |
/// | 2 | 2010 ms | fails at once; invisible until 5010 ms |
/// | 2 | 5010 ms | done at 5060 ms |
/// | 3 to 10 | at once | done 50 ms later |
///
/// Twelve deliveries, two of them second ones. Messages are counted until the end of the measured part.
#[test]
fn a_message_that_failed_is_delivered_again() {
    let text = queue("visibility_timeout: 3s, max_receives: 3", "50ms");
    let run = run(&text, "10500ms", &["kill:back@500ms+2s"]);
    assert_eq!(counts(run.source("people")), [10, 10, 0, 0], "whoever publishes does not wait for the consumer");
    let topic = run.topic("events");
    assert_eq!((topic.published, topic.delivered, topic.redelivered, topic.acknowledged), (10, 12, 2, 10));
    assert_eq!((topic.dead_lettered, topic.dropped, topic.backlog.level), (0, 0, 0));
    assert_eq!(counts(run.served("back.reply")), [12, 10, 0, 2]);
}

/// Each message takes 600 ms but is visible again after 300 ms: it is handed out a second time at t + 310 ms. The first
/// delivery finishes it at t + 610 ms; the second works on until t + 910 ms, in vain. All of it within 11 s.
#[test]
fn slow_handling_is_repeated() {
    let text = queue("visibility_timeout: 300ms, max_receives: 5", "600ms");
    let run = run(&text, "11s", &[]);
    let topic = run.topic("events");
    assert_eq!((topic.published, topic.delivered, topic.redelivered, topic.acknowledged), (10, 20, 10, 10));
    assert_eq!(topic.duplicates, 10);
    assert_eq!(counts(run.served("back.reply")), [20, 20, 0, 0]);
}

/// `back` never returns. A message is delivered at t + 10 ms and t + 1010 ms, and is a dead letter at t + 2010 ms. At 10.5 s
/// messages 1 to 8 are (the eighth since 10.01 s), 9 has been delivered twice, 10 once: 19 deliveries, 9 of them again.
#[test]
fn what_fails_too_often_goes_to_the_dead_letters() {
    let text = queue("visibility_timeout: 1s, max_receives: 2, dead_letter: lost", "50ms") + "  lost: {}\n";
    let run = run(&text, "10500ms", &["kill:back"]);
    let (topic, lost) = (run.topic("events"), run.topic("lost"));
    assert_eq!((topic.published, topic.delivered, topic.redelivered, topic.dead_lettered), (10, 19, 9, 8));
    assert_eq!((topic.acknowledged, topic.backlog.level), (0, 2));
    assert_eq!((lost.published, lost.backlog.level), (8, 8));
}

fn queue(settings: &str, work: &str) -> String {
    format!(
        "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: front.ask }} }}
services:
  front:
    endpoints: {{ ask: [ {{ work: {{ constant: 10ms }} }}, {{ publish: events }} ] }}
  back:
    endpoints: {{ reply: [ {{ work: {{ constant: {work} }} }} ] }}
queues:
  events: {{ consumers: [ {{ call: back.reply, concurrency: 4 }} ], {settings} }}
"
    )
}

/// 1 ms of work, then three calls at once of 30, 50 and 20 ms, then 1 ms more: 52 ms.
#[test]
fn a_parallel_join_waits_for_the_slowest() {
    let run = run(&parallel("{}"), "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 10, 0, 0]);
    assert_eq!(run.latency_sum("people"), SimDuration(10 * 52_000_000));
}

/// The slowest is given 40 ms and may be missing: 1 + 40 + 1 ms, degraded.
#[test]
fn a_parallel_join_goes_on_without_what_is_optional() {
    let run = run(&parallel("{ timeout: 40ms, optional: true }"), "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 0, 10, 0]);
    assert_eq!(run.latency_sum("people"), SimDuration(10 * 42_000_000));
    assert_eq!(run.edge("front>b").wasted_work, duration("500ms"));
}

/// The slowest is given 40 ms and is needed: the request fails at t + 41 ms, with everything else long done.
#[test]
fn a_parallel_join_fails_with_its_first_failure() {
    let run = run(&parallel("{ timeout: 40ms }"), "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 0, 0, 10]);
    assert_eq!(counts(run.served("a.reply")), [10, 10, 0, 0]);
}

fn parallel(policy: &str) -> String {
    format!(
        "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: front.ask }} }}
services:
  front:
    endpoints:
      ask:
        - work: {{ constant: 1ms }}
        - parallel: [ {{ call: a.reply }}, {{ call: b.reply }}, {{ call: c.reply }} ]
        - work: {{ constant: 1ms }}
    dependencies: {{ b: {policy} }}
  a: {{ endpoints: {{ reply: [ {{ work: {{ constant: 30ms }} }} ] }} }}
  b: {{ endpoints: {{ reply: [ {{ work: {{ constant: 50ms }} }} ] }} }}
  c: {{ endpoints: {{ reply: [ {{ work: {{ constant: 20ms }} }} ] }} }}
"
    )
}

/// One worker, 1500 ms for each, one request a second: request k = 0, 1, … waits k x 500 ms. 10 x 1500 ms and
/// 45 x 500 ms of waiting.
#[test]
fn waiting_adds_up_behind_one_worker() {
    let text = "traffic: { people: { rate: 1/s, arrivals: constant, to: one.serve } }
services:
  one: { concurrency: 1, endpoints: { serve: [ { work: { constant: 1500ms } } ] } }
";
    let run = run(text, "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 10, 0, 0]);
    assert_eq!(run.latency_sum("people"), duration("37500ms"));
}

/// One worker and room for two who wait, 2500 ms for each. Who is there when request t comes:
///
/// | t | in service (ends) | waiting | result |
/// |---|---|---|---|
/// | 1 s | none | | ends at 3.5 s |
/// | 2 s | 1 (3.5) | | waits, 3.5 to 6 s |
/// | 3 s | 1 (3.5) | 2 | waits, 6 to 8.5 s |
/// | 4 s | 2 (6) | 3 | waits, 8.5 to 11 s |
/// | 5 s | 2 (6) | 3, 4 | refused |
/// | 6 s | 3 (8.5): 2 ends first at 6 s | 4 | waits, 11 to 13.5 s |
/// | 7, 8 s | 3 (8.5) | 4, 6 | refused |
/// | 9 s | 4 (11) | 6 | waits, 13.5 to 16 s |
/// | 10 s | 4 (11) | 6, 9 | refused |
///
/// Stays: 2.5 + 4 + 5.5 + 7 + 7.5 + 7 = 33.5 s. Six served, four refused.
#[test]
fn a_full_queue_refuses() {
    let text = "traffic: { people: { rate: 1/s, arrivals: constant, to: one.serve } }
services:
  one: { concurrency: 1, queue: 2, endpoints: { serve: [ { work: { constant: 2500ms } } ] } }
";
    let run = run(text, "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 6, 0, 4]);
    assert_eq!(failed(run.source("people"), Cause::Refused), 4);
    assert_eq!(run.latency_sum("people"), duration("33500ms"));
}

/// One connection, 1500 ms a call, 2 s of patience with the wait for the connection included.
///
/// | call at | has the connection | would end | patience ends | result |
/// |---|---|---|---|---|
/// | 1 s | 1 s | 2.5 s | 3 s | 1500 ms |
/// | 2 s | 2.5 s | 4 s | 4 s | 2000 ms: at the same instant completions come before time-outs |
/// | 3 s | 4 s | 5.5 s | 5 s | timeout, frees the connection at 5 s |
/// | 4 s | 5 s | 6.5 s | 6 s | timeout |
/// | 5 to 10 s | a second later | | | timeout |
///
/// The eight that ended for nothing worked 1500 ms each, the last of them until 12.5 s.
#[test]
fn patience_includes_the_wait_for_a_connection() {
    let text = "traffic: { people: { rate: 1/s, arrivals: constant, to: front.ask } }
services:
  front:
    endpoints: { ask: [ { call: back.reply } ] }
    dependencies: { back: { pool: 1, timeout: 2s } }
  back: { endpoints: { reply: [ { work: { constant: 1500ms } } ] } }
";
    let run = run(text, "11s", &[]);
    assert_eq!(counts(run.source("people")), [10, 2, 0, 8]);
    assert_eq!(run.latency_sum("people"), duration("3500ms"));
    let edge = run.edge("front>back");
    assert_eq!((edge.timeouts, edge.wasted_work), (8, duration("12s")));
}

/// A round trip of 6 ms is 3 ms each way: 10 + 3 + 20 + 3 ms.
#[test]
fn the_network_takes_half_a_round_trip_each_way() {
    let run = run(&pair("{ network: 6ms }", "20ms"), "10500ms", &[]);
    assert_eq!(run.latency_sum("people"), SimDuration(10 * 36_000_000));
    assert_eq!(run.served("back.reply").latency.sum(), 10 * 20_000_000, "the callee does not see it");
}

/// A network of 4 ms, cut from 1500 to 5500 ms. Patience of 1 s: the requests at 2, 3 and 4 s end without an answer
/// after 1010 ms; the one at 5 s is reset when the cut heals, after 500 ms.
#[test]
fn a_partition_swallows_calls_until_it_heals() {
    let run = run(&pair("{ network: 4ms, timeout: 1s }", "20ms"), "10500ms", &["partition:front>back@1500ms+4s"]);
    assert_eq!(counts(run.source("people")), [10, 6, 0, 4]);
    assert_eq!(run.latency_sum("people"), SimDuration(6 * 34_000_000));
    assert_eq!(run.edge("front>back").timeouts, 3);
    assert_eq!(counts(run.served("back.reply")), [6, 6, 0, 0]);
}

/// Users give up after 100 ms and reload once, at once: both tries fail, and the second ends 200 ms after the first began.
#[test]
fn users_give_up_and_reload() {
    let text = "traffic:
  people: { rate: 1/s, arrivals: constant, to: one.serve, timeout: 100ms, retry: { attempts: 2, backoff: 0s } }
services:
  one: { endpoints: { serve: [ { work: { constant: 150ms } } ] } }
";
    let run = run(text, "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 0, 0, 10]);
    assert_eq!(failed(run.source("people"), Cause::Timeout), 10);
    assert_eq!(counts(run.served("one.serve")), [20, 20, 0, 0]);
}
