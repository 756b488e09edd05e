//! What is refused about lines, limits and shedding, and with which words.

use super::in_short;

#[test]
fn settings_that_have_no_effect() {
    let text = "traffic:
  people: { rate: 1/s, to: web, priority: high, rate_limit: { rate: 5/s, scope: all } }
services:
  web:
    concurrency: unlimited
    queue: { order: newest, switch_after: 1s, max_wait: 2s }
    concurrency_limit: { algorithm: vegas, timeout: 1s, min: 50, max: 20 }
    rate_limit: { rate: 5/s, preset: resilience4j, algorithm: gcra }
    work: 1ms
    calls: [api]
    dependencies: { api: { rate_limit: { rate: 5/s, algorithm: fixed_window, burst: 5, max_wait: 1s } } }
  api:
    queue: { limit: 0 }
    rate_limit: { rate: 1/min, algorithm: fixed_window, window: 1s }
    concurrency_limit: { algorithm: aimd, initial: 500 }
    work: 1ms
";
    insta::assert_snapshot!(in_short(text), @"
    2:33 priority -- `priority` has no effect: no service looks at it -- add `queue: { order: priority }` or `load_shedding: {}` to a service, or remove it
    2:74 scope -- `scope` has no effect where there is only one instance -- remove it
    4:3 web -- nobody ever waits for a worker of `web` -- write a number as its `concurrency`, or remove the map under `queue`
    6:21 newest -- `newest` is no `order` -- write one of `fifo`, `lifo`, `adaptive_lifo` and `priority`
    6:29 switch_after -- `switch_after` has no effect without `order: adaptive_lifo` -- write that, or remove it
    7:5 concurrency_limit -- 50 is not between 50 and 20 -- write `min`, `initial` and `max` in this order
    7:44 timeout -- `timeout` has no effect: it belongs to `aimd` -- remove it
    8:30 preset -- `algorithm` and `preset` exclude each other -- a preset has its own algorithm
    8:30 preset -- `preset` has no effect on what comes in -- it makes callers wait: write it under the caller's `dependencies`
    11:78 burst -- `burst` has no effect: the window decides -- remove it
    11:88 max_wait -- `max_wait` has no effect: nobody waits without `preset: resilience4j` -- remove it
    13:21 0 -- `limit` cannot be 0 -- write a whole number from 1 to 1M
    14:5 rate_limit -- less than one call fits into a window -- write a longer `window`, or a higher `rate`
    15:5 concurrency_limit -- 500 is not between 20 and 200 -- write `min`, `initial` and `max` in this order
    ");
}

#[test]
fn shedding_needs_something_to_go_by() {
    let text = "traffic: { rate: 1/s, to: web, admission_control: { aggression: 0.5 } }
services:
  web: { concurrency: unlimited, load_shedding: {}, work: 1ms, calls: [ api, db ] }
  api: { load_shedding: { when: cpu, above: 100% }, work: 1ms }
  db: { load_shedding: { when: cpu, above: 5ms }, work: 1ms }
";
    insta::assert_snapshot!(in_short(text), @"
    1:65 0.5 -- `aggression` is at least 1 -- write for instance `1.5`
    3:34 load_shedding -- `load_shedding` has nothing to go by -- where `concurrency` is unlimited nobody waits and no share is busy: write a number there
    4:45 100% -- nothing is ever above 100% -- write for instance `90%`
    5:44 5ms -- `5ms` is not a percentage -- write a percentage, such as `30%`
    ");
}
