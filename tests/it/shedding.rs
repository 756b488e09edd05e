//! Overload, and what a service does about it: users who give up after a while are served too late or in time.

use crate::common::{Run, run};

/// 200 requests a second at a service that can do 100, whose users give up after half a second.
fn overloaded(service: &str) -> Run {
    let text = format!(
        "traffic: {{ people: {{ rate: 200/s, to: api, timeout: 500ms }} }}
services:
  api: {{ cpu: 1, concurrency: 2000, queue: unlimited, work: 10ms, {service} }}
"
    );
    run(&text, "60s", &[])
}

fn goodput(run: &Run) -> f64 {
    run.source("people").succeeded as f64 / 60.0
}

/// Without a limit everybody shares the core, and nearly everybody is answered too late. Each of the limits keeps goodput
/// at three quarters at least of the 100 a second that the core can do.
#[test]
fn a_concurrency_limit_keeps_goodput_near_capacity_under_overload() {
    let without = goodput(&overloaded("model: threads"));
    assert!(without < 15.0, "{without}");
    let limits = [
        "{ algorithm: aimd, timeout: 400ms, min: 5 }",
        "{ algorithm: vegas }",
        "{ algorithm: gradient2 }",
        "{ algorithm: gradient }",
    ];
    for limit in limits {
        let with = goodput(&overloaded(&format!("concurrency_limit: {limit}")));
        assert!(with > 75.0, "{limit}: {with}");
    }
}

/// A worker pool under twice its load: first come, first served, everybody waits too long.
#[test]
fn a_line_that_sheds_or_turns_round_keeps_goodput_near_capacity() {
    let goodput = |queue: &str| {
        let text = format!(
            "traffic: {{ people: {{ rate: 200/s, to: api, timeout: 500ms }} }}
services: {{ api: {{ concurrency: 1, queue: {queue}, work: 10ms }} }}
"
        );
        goodput(&run(&text, "60s", &[]))
    };
    let fifo = goodput("{ limit: 1000 }");
    assert!(fifo < 5.0, "{fifo}");
    let lines = [
        "{ limit: 1000, order: lifo }",
        "{ limit: 1000, order: adaptive_lifo }",
        "{ limit: 1000, codel: {} }",
        "{ limit: 1000, max_wait: 300ms }",
    ];
    for line in lines {
        let with = goodput(line);
        assert!(with > 90.0, "{line}: {with}");
    }
}

/// Two thirds of what comes cannot be served: the important fifth is, and little of the rest, where without shedding each
/// would have a third. The line is shorter than the users' patience, or its backlog would be worked off for nobody.
#[test]
fn load_shedding_turns_the_unimportant_away_first() {
    for when in ["queue_delay, above: 20ms", "cpu, above: 90%", "concurrency, above: 90%"] {
        let text = format!(
            "traffic:
  gold: {{ rate: 60/s, to: api, timeout: 500ms, priority: high }}
  rest: {{ rate: 240/s, to: api, timeout: 500ms, priority: low }}
services:
  api: {{ cpu: 1, concurrency: 10, queue: 20, work: 10ms, load_shedding: {{ when: {when} }} }}
"
        );
        let run = run(&text, "120s", &[]);
        let share = |name: &str| run.source(name).success_rate();
        assert!(share("gold") > 0.9, "{when}: {}", share("gold"));
        assert!(share("rest") < 0.2, "{when}: {}", share("rest"));
        let answered = (run.source("gold").succeeded + run.source("rest").succeeded) as f64 / 120.0;
        assert!(answered > 75.0, "{when}: {answered}");
    }
}

/// A request that needs the overloaded service twice: what it causes is of one class, so that whoever is let in once is let
/// in again. With the core busy all the time 100 calls a second pass for 50 answers; drawn anew for each call a share p = 0.62
/// would pass (p + p² = 1), and of two calls that pass only 2 p² / (p + p²) = 76% would end in an answer.
#[test]
fn load_shedding_lets_a_request_in_for_all_its_calls() {
    let text = "traffic: { people: { rate: 100/s, to: front } }
services:
  front: { concurrency: unlimited, calls: [ back, back ], dependencies: { back: { timeout: 10s } } }
  back: { cpu: 1, concurrency: 10, queue: 20, work: 10ms, load_shedding: { when: cpu, above: 90% } }
";
    let run = run(text, "200s", &[]);
    let (passed, answered) = (run.served("back.call").succeeded, run.source("people").succeeded);
    assert!(2 * answered > passed * 9 / 10, "{answered} answers of {passed} calls");
    assert!(passed > 80 * 200, "{passed}");
}
