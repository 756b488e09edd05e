//! Lines and doors with constant times, each worked out by hand and asserted to the nanosecond.
//!
//! Requests come evenly, one a second, at 1 s, 2 s, … 10 s; the measured part ends at 10.5 s, traffic goes on uncounted, and
//! what is under way is followed to its end.

use crate::common::{Run, counts, duration, failed, run};
use tenfold::engine::Cause;

/// One worker, with the line, the work and the patience of the users given.
fn one(queue: &str, work: &str, patience: &str) -> Run {
    let text = format!(
        "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: one.serve{patience} }} }}
services:
  one: {{ concurrency: 1, queue: {queue}, endpoints: {{ serve: [ {{ work: {{ constant: {work} }} }} ] }} }}
"
    );
    run(&text, "10500ms", &[])
}

/// 2500 ms each, and the newest first. Users wait 4 s.
///
/// | at | waiting | served |
/// |---|---|---|
/// | 1 s | | 1: 2.5 s |
/// | 3.5 s | 2, 3 | 3: 3 s |
/// | 6 s | 2, 4, 5 (6 comes later at this instant) | 5: 3.5 s |
/// | 8.5 s | 2, 4, 6, 7, 8 | 8: 3 s |
/// | 11 s | 2, 4, 6, 7, 9, 10 | 10: 3.5 s |
///
/// First come, first served, 1 and 2 (at 6 s: completions come before time-outs) are answered in time, and nobody after.
#[test]
fn the_newest_first() {
    let lifo = one("{ order: lifo, limit: unlimited }", "2500ms", ", timeout: 4s");
    assert_eq!(counts(lifo.source("people")), [10, 5, 0, 5]);
    assert_eq!(lifo.latency_sum("people"), duration("15500ms"));
    let fifo = one("unlimited", "2500ms", ", timeout: 4s");
    assert_eq!(counts(fifo.source("people")), [10, 2, 0, 8]);
    assert_eq!(fifo.latency_sum("people"), duration("6500ms"));
}

/// As above, the newest first once somebody has stood in line for more than 3 s: the line forms at 2 s. At 3.5 s the
/// oldest is served (2: 4 s), at 6 s and later the newest (5, 8 and 10).
#[test]
fn the_newest_first_once_the_line_stands() {
    let run = one("{ order: adaptive_lifo, switch_after: 3s, limit: unlimited }", "2500ms", ", timeout: 4s");
    assert_eq!(counts(run.source("people")), [10, 5, 0, 5]);
    assert_eq!(run.latency_sum("people"), duration("16500ms"));
}

/// 1500 ms each; target 500 ms, interval 2 s.
///
/// | at | leaves the line, its delay | least of the interval | |
/// |---|---|---|---|
/// | 1 s | 1: 0 | 0 | passes |
/// | 2.5 s | 2: 0.5 s | the last was 0: not overloaded until 4.5 s; 0.5 | passes |
/// | 4 s | 3: 1 s | 0.5 | passes |
/// | 5.5 s | 4: 1.5 s | 0.5 is not above 0.5: not overloaded until 7.5 s; 1.5 | passes |
/// | 7 s | 5: 2 s | 1.5 | passes |
/// | 8.5 s | 6: 2.5 s | 1.5: overloaded until 10.5 s; 2.5 | the first of its interval passes |
/// | 10 s | 7: 3 s | 2.5 | shed: more than 1 s |
/// | 10 s | 8: 2 s | 2 | shed |
/// | 10 s | 9: 1 s | 1 | passes: not more than 1 s |
/// | 11.5 s | 10: 1.5 s | 1: overloaded until 13.5 s; 1.5 | the first passes |
///
/// Stays: 1.5 + 2 + 2.5 + 3 + 3.5 + 4 + 2.5 + 3 = 22 s.
#[test]
fn codel_sheds_what_stood_in_a_standing_queue() {
    let run = one("{ limit: unlimited, codel: { target: 500ms, interval: 2s } }", "1500ms", "");
    assert_eq!(counts(run.source("people")), [10, 8, 0, 2]);
    assert_eq!(failed(run.source("people"), Cause::Shed), 2);
    assert_eq!(run.latency_sum("people"), duration("22s"));
}

/// 2500 ms each, and nobody waits longer than 2 s.
///
/// | request | waits until | |
/// |---|---|---|
/// | 1 | | 1 to 3.5 s |
/// | 2 | 4 s | 3.5 to 6 s |
/// | 3 | 5 s | shed |
/// | 4 | 6 s | 6 to 8.5 s: the worker is free before patience ends |
/// | 5, 6 | 7, 8 s | shed |
/// | 7 | 9 s | 8.5 to 11 s |
/// | 8 | 10 s | shed |
/// | 9 | 11 s | 11 to 13.5 s |
/// | 10 | 12 s | shed |
///
/// Stays: 2.5 + 4 + 4.5 + 4 + 4.5 = 19.5 s.
#[test]
fn nobody_waits_longer_than_the_longest_wait() {
    let run = one("{ limit: unlimited, max_wait: 2s }", "2500ms", "");
    assert_eq!(counts(run.source("people")), [10, 5, 0, 5]);
    assert_eq!(failed(run.source("people"), Cause::Shed), 5);
    assert_eq!(run.latency_sum("people"), duration("19500ms"));
}

/// As above, but patience ends just before 2 s, drawn anew for each: 4 leaves before the worker is free at 6 s, so that 5 is
/// served (6 to 8.5 s), then 7 (to 11 s), and 10 instead of 9 (to 13.5 s). Stays: 2.5 + 4 + 3.5 + 4 + 3.5 = 17.5 s.
#[test]
fn patience_may_be_drawn_for_each() {
    let run = one("{ limit: unlimited, max_wait: { uniform: [ 1998ms, 1999ms ] } }", "2500ms", "");
    assert_eq!(counts(run.source("people")), [10, 5, 0, 5]);
    assert_eq!(run.latency_sum("people"), duration("17500ms"));
}

/// Two sources that ask at the same instants, the unimportant one first; the way to the worker is given.
fn two(queue: &str, work: &str, front: &str, to: &str) -> Run {
    let text = format!(
        "traffic:
  rest: {{ rate: 1/s, arrivals: constant, to: {to}, priority: low, timeout: 3s }}
  gold: {{ rate: 1/s, arrivals: constant, to: {to}, priority: 0 }}
services:
  front: {{ concurrency: unlimited, calls: [ one ]{front} }}
  one: {{ concurrency: 1, queue: {queue}, endpoints: {{ serve: [ {{ work: {{ constant: {work} }} }} ] }} }}
"
    );
    run(&text, "10500ms", &[])
}

/// 700 ms each. Served: r1 at 1 s (nobody waits yet), g1 1.7, g2 2.4, g3 3.1, r2 3.8, g4 4.5, g5 5.2, r3 5.9, g6 6.6, g7 7.3,
/// r4 8.0, g8 8.7, g9 9.4, g10 10.1 s.
///
/// Stays of the important: 1.4 + 1.1 + 0.8 + 1.2 + 0.9 + 1.3 + 1 + 1.4 + 1.1 + 0.8 = 11 s. Of the others only r1 (0.7) and
/// r2 (2.5) are answered within 3 s. It is the same when a service stands between, whose calls are plain or not.
#[test]
fn what_is_important_is_served_first() {
    let queue = "{ order: priority, limit: unlimited }";
    for (front, to) in [("", "one"), ("", "front"), (", dependencies: { one: { timeout: 1h } }", "front")] {
        let run = two(queue, "700ms", front, to);
        assert_eq!(counts(run.source("gold")), [10, 10, 0, 0], "{front} {to}");
        assert_eq!(run.latency_sum("gold"), duration("11s"), "{front} {to}");
        assert_eq!(counts(run.source("rest")), [10, 2, 0, 8], "{front} {to}");
        assert_eq!(run.latency_sum("rest"), duration("3200ms"), "{front} {to}");
    }
}

/// 2500 ms each, and room for one who waits.
///
/// | at | worker | waiting | comes | |
/// |---|---|---|---|---|
/// | 1 s | | | r1, g1 | r1 to 3.5 s; g1 waits |
/// | 2, 3 s | r1 | g1 | both | refused: nobody waits who is less important |
/// | 4 s | g1 to 6 s | | r4, g4 | r4 gives its place up to g4 |
/// | 5 s | g1 | g4 | both | refused |
/// | 6 s | g4 to 8.5 s | | r6, g6 | r6 gives its place up |
/// | 7, 8 s | g4 | g6 | both | refused |
/// | 9 s | g6 to 11 s | | r9, g9 | r9 gives its place up |
/// | 10 s | g6 | g9 | both | refused |
#[test]
fn a_full_line_gives_its_last_place_to_what_is_more_important() {
    let run = two("{ order: priority, limit: 1 }", "2500ms", "", "one");
    let (gold, rest) = (run.source("gold"), run.source("rest"));
    assert_eq!(counts(gold), [10, 4, 0, 6]);
    assert_eq!(failed(gold, Cause::Refused), 6);
    assert_eq!(run.latency_sum("gold"), duration("19s"));
    assert_eq!(counts(rest), [10, 1, 0, 9]);
    assert_eq!((failed(rest, Cause::Shed), failed(rest, Cause::Refused)), (3, 6));
    let seen = run.measured.resources.iter().find(|r| r.name == "one.workers").map(|r| r.rejected);
    assert_eq!(seen, Some(15), "what is shed is turned away, too");
}

/// One at a time is let in, though there are two workers: 1 (to 3.5 s), 4, 7 and 10 are served.
#[test]
fn a_concurrency_limit_of_one_lets_one_in() {
    let text = "traffic: { people: { rate: 1/s, arrivals: constant, to: one } }
services:
  one: { concurrency: 2, concurrency_limit: { algorithm: aimd, min: 1, max: 1 }, work: { constant: 2500ms } }
";
    let run = run(text, "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 4, 0, 6]);
    assert_eq!(failed(run.source("people"), Cause::Shed), 6);
    assert_eq!(run.latency_sum("people"), duration("10s"));
}

/// Two in five seconds:
///
/// | counting | pass |
/// |---|---|
/// | token bucket of two, 0.4 a second | 1, 2 (1.4 left), 4 (1.2), 6 (1.0), 9 (1.2) |
/// | one each 2.5 s | 1, 4, 7, 10 |
/// | windows from 0, 5, 10 s | 1, 2, 5, 6, 10 |
/// | sliding | 1, 2, 8 (2 · 0.4 = 0.8), 10 (1 of the window before) |
#[test]
fn rate_limits_count_in_different_ways() {
    let passes = |limit: &str| {
        let text = format!(
            "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: one }} }}
services: {{ one: {{ rate_limit: {{ rate: 0.4/s, {limit} }}, work: {{ constant: 1ms }} }} }}
"
        );
        let run = run(&text, "10500ms", &[]);
        let [_, passed, _, failures] = counts(run.source("people"));
        assert_eq!(failed(run.source("people"), Cause::RateLimited), failures);
        passed
    };
    assert_eq!(passes("burst: 2"), 5);
    assert_eq!(passes("algorithm: gcra"), 4);
    assert_eq!(passes("algorithm: fixed_window, window: 5s"), 5);
    assert_eq!(passes("algorithm: sliding_window, window: 5s"), 4);
}

/// Two replicas in turn, one call a window of 5 s each, or one for both.
#[test]
fn a_rate_limit_may_count_for_each_replica() {
    let passed = |scope: &str| {
        let text = format!(
            "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: one }} }}
services:
  one:
    replicas: 2
    rate_limit: {{ rate: 0.2/s, algorithm: fixed_window, window: 5s, scope: {scope} }}
    work: {{ constant: 1ms }}
"
        );
        counts(run(&text, "10500ms", &[]).source("people"))[1]
    };
    // 1, 5 and 10 s; with one for each replica also 2 and 6 s.
    assert_eq!((passed("all"), passed("replica")), (3, 5));
}

/// Two permits in each cycle of 5 s, at most 5 s of waiting; calls at t + 10 ms take 20 ms.
///
/// | call | permit | |
/// |---|---|---|
/// | 1, 2 | at once | 30 ms |
/// | 3, 4 | of the cycle from 5 s | 2020, 1020 ms |
/// | 5, 6 | of the cycle from 10 s | 5020, 4020 ms |
/// | 7, 8, 9 | of the cycle from 15 s: 7.99, 6.99, 5.99 s | refused at once |
/// | 10 | of the cycle from 15 s: 4.99 s | 5020 ms |
#[test]
fn resilience4j_makes_callers_wait_for_cycles_to_come() {
    let text = "traffic: { people: { rate: 1/s, arrivals: constant, to: front.ask } }
services:
  front:
    endpoints: { ask: [ { work: { constant: 10ms } }, { call: back } ] }
    dependencies: { back: { timeout: 100ms, rate_limit: { rate: 0.4/s, preset: resilience4j, window: 5s } } }
  back: { work: { constant: 20ms } }
";
    let run = run(text, "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 7, 0, 3]);
    assert_eq!(run.latency_sum("people"), duration("17160ms"));
    assert_eq!((run.edge("front>back").rejected, run.edge("front>back").timeouts), (3, 0), "patience begins later");
}

/// As above, with a second for the whole call and work of 5 ms: 3 waits for 5 s and gives up at 4.01 s, but its permit is
/// gone; 4 gets the other one at 5 s, within its time; 5, 6 and 10 give up, 7 to 9 are refused as before.
#[test]
fn a_deadline_counts_the_wait_for_a_permit() {
    let text = "traffic: { people: { rate: 1/s, arrivals: constant, to: front.ask } }
services:
  front:
    endpoints: { ask: [ { work: { constant: 10ms } }, { call: back } ] }
    dependencies: { back: { deadline: 1s, rate_limit: { rate: 0.4/s, preset: resilience4j, window: 5s } } }
  back: { work: { constant: 5ms } }
";
    let run = run(text, "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 3, 0, 7]);
    assert_eq!(run.latency_sum("people"), duration("1035ms"));
    assert_eq!((run.edge("front>back").rejected, run.edge("front>back").timeouts), (3, 4));
}

/// A call that the breaker lets pass and the rate limit stops is a failure to the breaker, as Resilience4j has it: a probe
/// must not be lost. One token, one more each 5 s; the breaker needs two calls.
///
/// | call | breaker | token | |
/// |---|---|---|---|
/// | 1 | closed | 1 | answered |
/// | 2 | closed | 0.2 | refused: 1 of 2 failed, opens at 2.01 s |
/// | 3, 4 | open | | refused |
/// | 5 | half-open: a probe | 0.8 | refused: opens at 5.01 s |
/// | 6, 7 | open | | refused |
/// | 8 | half-open: a probe | 1 | answered: closes |
/// | 9 | closed | 0.2 | refused: 1 of 1 |
/// | 10 | closed | 0.4 | refused: 2 of 2, opens |
#[test]
fn what_the_rate_limit_stops_is_a_failure_to_the_breaker() {
    let text = "traffic: { people: { rate: 1/s, arrivals: constant, to: front.ask } }
services:
  front:
    endpoints: { ask: [ { work: { constant: 10ms } }, { call: back } ] }
    dependencies:
      back:
        rate_limit: { rate: 0.2/s, burst: 1 }
        circuit_breaker:
          { failure_rate: 50%, window: 10 calls, minimum_calls: 2, open_for: 2500ms, half_open_calls: 1 }
  back: { work: { constant: 5ms } }
";
    let run = run(text, "10500ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 2, 0, 8]);
    let edge = run.edge("front>back");
    assert_eq!((edge.rejected, edge.breaker_opened), (8, 3));
    assert_eq!(counts(run.served("back.call")), [2, 2, 0, 0]);
}
