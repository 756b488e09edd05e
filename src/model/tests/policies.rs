//! What is written about a policy is what runs: each form, the defaults, the presets of the libraries, and the bounds.

use super::{in_short, valid};
use crate::plan::{Admission, Edge};
use crate::policies::*;
use crate::units::SimDuration;

const MS: fn(u64) -> SimDuration = SimDuration::from_millis;
const S: fn(u64) -> SimDuration = SimDuration::from_secs;

fn model(policy: &str) -> String {
    format!(
        "traffic: {{ rate: 1/s, to: web }}
services:
  web: {{ work: 1ms, calls: [ pay ], dependencies: {{ pay: {{ {policy} }} }} }}
  pay: {{ work: 1ms }}
"
    )
}

/// The connection on which this is written.
fn edge(policy: &str) -> Edge {
    let plan = valid(&model(policy)).plan;
    plan.edges[plan.edge("web>pay").unwrap().index()].clone()
}

/// What is said about it: messages only.
fn told(policy: &str) -> Vec<String> {
    let short = in_short(&model(policy));
    short.lines().map(|line| line.split(" -- ").nth(1).unwrap_or_default().to_owned()).collect()
}

/// What a service that says this lets in.
fn admission(what: &str) -> Admission {
    let text = format!("traffic: {{ rate: 1/s, to: web }}\nservices: {{ web: {{ work: 1ms, cpu: 1, {what} }} }}\n");
    valid(&text).plan.stations[0].admission.clone()
}

fn breaker(written: &str) -> CircuitBreaker {
    edge(&format!("circuit_breaker: {{ {written} }}")).breaker.unwrap()
}

/// What a circuit breaker is when nothing is said.
fn ours() -> CircuitBreaker {
    CircuitBreaker {
        preset: Preset::Tenfold,
        failure_rate: Some(0.5),
        slow_call_rate: 1.0,
        slow_call: None,
        consecutive_failures: None,
        window: Window::Time(S(10)),
        minimum_calls: 20,
        open_for: S(5),
        half_open_calls: 5,
        half_open_timeout: None,
        automatic_half_open: false,
        drop_stale: false,
    }
}

/// The presets by the sources of their libraries.
#[test]
fn circuit_breakers_have_the_numbers_of_their_library() {
    let ours = ours();
    assert_eq!(breaker(""), ours);
    let resilience4j = CircuitBreaker {
        preset: Preset::Resilience4j,
        slow_call: Some(S(60)),
        window: Window::Calls(100),
        minimum_calls: 100,
        open_for: S(60),
        half_open_calls: 10,
        ..ours.clone()
    };
    assert_eq!(breaker("preset: resilience4j"), resilience4j);
    let hystrix = CircuitBreaker { preset: Preset::Hystrix, half_open_calls: 1, ..ours.clone() };
    assert_eq!(breaker("preset: hystrix"), hystrix);
    let polly = CircuitBreaker {
        preset: Preset::Polly,
        failure_rate: Some(0.1),
        window: Window::Time(S(30)),
        minimum_calls: 100,
        half_open_calls: 1,
        ..ours.clone()
    };
    assert_eq!(breaker("preset: polly"), polly);
    let opossum = CircuitBreaker {
        preset: Preset::Opossum,
        minimum_calls: 0,
        open_for: S(30),
        half_open_calls: 1,
        automatic_half_open: true,
        ..ours.clone()
    };
    assert_eq!(breaker("preset: opossum"), opossum);
    let gobreaker = CircuitBreaker {
        preset: Preset::Gobreaker,
        failure_rate: None,
        consecutive_failures: Some(6),
        open_for: S(60),
        half_open_calls: 1,
        drop_stale: true,
        ..ours
    };
    assert_eq!(breaker("preset: gobreaker"), gobreaker);
}

#[test]
fn a_circuit_breaker_is_what_is_written() {
    let written = "failure_rate: 30%, slow_call_duration: 1s, slow_call_rate: 40%, consecutive_failures: 7, \
                   window: 50 calls, minimum_calls: 3, open_for: 2s, half_open_calls: 4, half_open_timeout: 9s, \
                   automatic_half_open: true, stale_results: drop";
    let all = CircuitBreaker {
        failure_rate: Some(0.3),
        slow_call_rate: 0.4,
        slow_call: Some(S(1)),
        consecutive_failures: Some(7),
        window: Window::Calls(50),
        minimum_calls: 3,
        open_for: S(2),
        half_open_calls: 4,
        half_open_timeout: Some(S(9)),
        automatic_half_open: true,
        drop_stale: true,
        ..ours()
    };
    assert_eq!(breaker(written), all);
    assert!(!breaker("preset: gobreaker, stale_results: count").drop_stale);
}

#[test]
fn windows_of_circuit_breakers_have_bounds() {
    let window = |written: &str| edge(&format!("circuit_breaker: {{ window: {written} }}")).breaker.unwrap().window;
    assert_eq!(window("1 call"), Window::Calls(1));
    assert_eq!(window("10000 calls"), Window::Calls(10_000));
    assert_eq!(window("1s"), Window::Time(S(1)));
    assert_eq!(window("10000s"), Window::Time(S(10_000)));
    let refused = |written: &str| told(&format!("circuit_breaker: {{ {written} }}"));
    assert_eq!(refused("window: 0 calls"), ["`0 calls` is no window"]);
    assert_eq!(refused("window: 10001 calls"), ["`10001 calls` is no window"]);
    assert_eq!(refused("window: 999ms"), ["a window of 999ms is out of range"]);
    assert_eq!(refused("window: 10001s"), ["a window of 10001s is out of range"]);
    // Only Resilience4j's rules, ours among them, know a window of calls.
    assert_eq!(
        edge("circuit_breaker: { preset: resilience4j, window: 9 calls }").breaker.unwrap().window,
        Window::Calls(9)
    );
    for preset in ["hystrix", "polly", "opossum"] {
        let told = refused(&format!("preset: {preset}, window: 100 calls"));
        assert_eq!(told, ["this library remembers a time, not a number of calls"], "{preset}");
        let time = edge(&format!("circuit_breaker: {{ preset: {preset}, window: 20s }}"));
        assert_eq!(time.breaker.unwrap().window, Window::Time(S(20)), "{preset}");
    }
}

#[test]
fn a_circuit_breaker_says_what_has_no_effect() {
    let refused = |written: &str| told(&format!("circuit_breaker: {{ {written} }}"));
    assert_eq!(refused("slow_call_rate: 50%"), ["`slow_call_rate` has no effect alone"]);
    assert_eq!(
        refused("preset: gobreaker, window: 20s, minimum_calls: 5"),
        [
            "`window` has no effect: this breaker counts failures in a row",
            "`minimum_calls` has no effect: this breaker counts failures in a row"
        ]
    );
    // With a rate of one kind there is something to count.
    for rate in ["failure_rate: 40%", "slow_call_duration: 1s"] {
        let breaker = edge(&format!("circuit_breaker: {{ preset: gobreaker, window: 20s, {rate} }}")).breaker.unwrap();
        assert_eq!(breaker.window, Window::Time(S(20)), "{rate}");
    }
    assert_eq!(breaker("minimum_calls: 4294967294").minimum_calls, u32::MAX - 1);
    assert_eq!(refused("minimum_calls: 4294967295").len(), 1);
    for word in ["envoy", "istio"] {
        let told = refused(&format!("preset: {word}"));
        assert_eq!(told, ["what Envoy calls a circuit breaker is a limit on calls in progress"], "{word}");
    }
    assert_eq!(refused("preset: sentinel").len(), 1);
}

#[test]
fn retries_have_the_numbers_of_their_library() {
    let retry = |written: &str| edge(&format!("retry: {{ {written} }}")).retry.unwrap();
    let ours = Retry {
        attempts: 3,
        backoff: MS(100),
        max_backoff: S(20),
        growth: Growth::Powers(2.0),
        jitter: Jitter::Full,
        budget: None,
        on: u32::MAX,
    };
    assert_eq!(retry(""), ours);
    let envoy =
        Retry { attempts: 2, backoff: MS(25), max_backoff: MS(250), growth: Growth::PowersLessOne, ..ours.clone() };
    assert_eq!(retry("preset: envoy"), envoy);
    assert_eq!(retry("preset: istio"), Retry { attempts: 3, ..envoy });
    let constant = Retry { growth: Growth::Powers(1.0), jitter: Jitter::None, ..ours.clone() };
    assert_eq!(retry("preset: resilience4j"), Retry { backoff: MS(500), ..constant.clone() });
    assert_eq!(retry("preset: polly"), Retry { attempts: 4, backoff: S(2), ..constant });
    let quota = Some(Budget::Quota { max: 500.0, cost: 5.0, timeout_cost: 10.0 });
    assert_eq!(retry("preset: aws"), Retry { backoff: S(1), budget: quota, ..ours.clone() });
    let written = "attempts: 5, backoff: 200ms, max_backoff: 200ms, multiplier: 1.5, jitter: 20%, budget: 10%, \
                   on: [ timeout, reset ]";
    let all = Retry {
        attempts: 5,
        backoff: MS(200),
        max_backoff: MS(200),
        growth: Growth::Powers(1.5),
        jitter: Jitter::Within(0.2),
        budget: Some(Budget::Share { ratio: 0.1, min_per_second: 10.0, window: S(10) }),
        // The third and the sixth of `FAILURES`.
        on: 0b100100,
    };
    assert_eq!(retry(written), all);
    for (word, jitter) in [
        ("none", Jitter::None),
        ("full", Jitter::Full),
        ("equal", Jitter::Equal),
        ("decorrelated", Jitter::Decorrelated),
        ("exponential", Jitter::Exponential),
    ] {
        assert_eq!(retry(&format!("jitter: {word}")).jitter, jitter);
    }
    // A failure is written as often as one likes.
    assert_eq!(retry("on: [ error, error ]").on, 1);
    assert_eq!(retry("attempts: unlimited, backoff: 1s").attempts, u32::MAX);
}

#[test]
fn retries_that_cannot_be_are_refused() {
    let refused = |written: &str| told(&format!("retry: {{ {written} }}"));
    assert_eq!(refused("attempts: 1"), ["`attempts` counts the first try, so 1 never retries"]);
    assert_eq!(edge("retry: { attempts: 2 }").retry.unwrap().attempts, 2);
    assert_eq!(refused("attempts: unlimited"), ["unlimited attempts need a `backoff` above zero"]);
    assert_eq!(refused("attempts: unlimited, backoff: 0s"), ["unlimited attempts need a `backoff` above zero"]);
    assert_eq!(edge("retry: { backoff: 0s }").retry.unwrap().backoff, SimDuration::ZERO);
    assert_eq!(refused("backoff: 1s, max_backoff: 900ms"), ["`max_backoff` is below `backoff`"]);
    assert_eq!(refused("multiplier: 0.9"), ["`multiplier` is out of range"]);
    assert_eq!(refused("multiplier: 101"), ["`multiplier` is out of range"]);
    assert_eq!(refused("on: []"), ["`on` is empty: nothing would be tried again"]);
    assert_eq!(refused("on: error").len(), 1, "one word is no list, and that is all there is to say");
    assert_eq!(refused("on: [ bulkhead ]").len(), 1, "what a caller's own guard refuses is not tried again");
}

#[test]
fn a_budget_has_one_of_four_forms() {
    let budget = |written: &str| edge(&format!("retry: {{ budget: {written} }}")).retry.unwrap().budget.unwrap();
    assert_eq!(budget("20%"), Budget::Share { ratio: 0.2, min_per_second: 10.0, window: S(10) });
    assert_eq!(budget("{ ratio: 30% }"), Budget::Share { ratio: 0.3, min_per_second: 10.0, window: S(10) });
    let share = "{ ratio: 30%, min_per_second: 2, window: 5s }";
    assert_eq!(budget(share), Budget::Share { ratio: 0.3, min_per_second: 2.0, window: S(5) });
    assert_eq!(budget("{ active: 20% }"), Budget::Active { ratio: 0.2, at_least: 3 });
    assert_eq!(budget("{ active: 20%, at_least: 0 }"), Budget::Active { ratio: 0.2, at_least: 0 });
    assert_eq!(budget("{ tokens: 10 }"), Budget::Tokens { max: 10.0, ratio: 0.1 });
    assert_eq!(budget("{ tokens: 10, token_ratio: 0.5 }"), Budget::Tokens { max: 10.0, ratio: 0.5 });
    assert_eq!(budget("{ quota: 500 }"), Budget::Quota { max: 500.0, cost: 5.0, timeout_cost: 10.0 });
    let quota = "{ quota: 100, cost: 2, timeout_cost: 4 }";
    assert_eq!(budget(quota), Budget::Quota { max: 100.0, cost: 2.0, timeout_cost: 4.0 });
    let refused = |written: &str| told(&format!("retry: {{ budget: {written} }}"));
    assert_eq!(refused("{ ratio: 20%, tokens: 10 }"), ["a budget has one form"]);
    assert_eq!(refused("{ window: 5s }"), ["a budget has one form"]);
}

#[test]
fn callers_guards_have_defaults_and_bounds() {
    let control = |written: &str| edge(&format!("admission_control: {{ {written} }}")).admission_control.unwrap();
    let envoy =
        AdmissionControl { window: S(30), success_rate: 0.95, aggression: 1.0, minimum_rate: 0.0, max_rejection: 0.8 };
    assert_eq!(control(""), envoy);
    assert_eq!(control("aggression: 1"), envoy, "1 is allowed");
    let written = "window: 1min, success_rate: 90%, aggression: 1.5, minimum_rate: 5/s, max_rejection: 50%";
    let all =
        AdmissionControl { window: S(60), success_rate: 0.9, aggression: 1.5, minimum_rate: 5.0, max_rejection: 0.5 };
    assert_eq!(control(written), all);
    assert_eq!(told("admission_control: { aggression: 0.9 }"), ["`aggression` is at least 1"]);

    let throttle = |written: &str| edge(&format!("throttle: {{ {written} }}")).throttle.unwrap();
    assert_eq!(throttle(""), Throttle { k: 2.0, window: S(120) });
    assert_eq!(throttle("k: 1, window: 30s"), Throttle { k: 1.0, window: S(30) });
    assert_eq!(told("throttle: { k: 0.9 }"), ["`k` must be at least 1"]);

    let hedge = |written: &str| edge(&format!("hedge: {written}, idempotent: true")).hedge.unwrap();
    assert_eq!(hedge("50ms"), Hedge { after: MS(50), attempts: 2 });
    assert_eq!(hedge("{ after: 20ms }"), Hedge { after: MS(20), attempts: 2 });
    assert_eq!(hedge("{ after: 20ms, attempts: 3 }"), Hedge { after: MS(20), attempts: 3 });

    let switch = |written: &str| edge(&format!("kill_switch: {{ {written} }}")).kill_switch.unwrap();
    let at = KillSwitch { at: S(60), duration: None, propagation: SimDuration::ZERO, skip: false };
    assert_eq!(switch("at: 60s"), at);
    assert_eq!(switch("at: 60s, then: fail"), at);
    let all = KillSwitch { at: S(60), duration: Some(S(5)), propagation: S(2), skip: true };
    assert_eq!(switch("at: 60s, for: 5s, then: skip, propagation: 2s"), all);
    assert_eq!(told("kill_switch: { at: 60s, for: 0s }").len(), 1, "a switch that is flipped for no time is a mistake");
}

#[test]
fn rate_limits_say_how_they_count() {
    let limit = |written: &str| edge(&format!("rate_limit: {written}")).rate_limit.unwrap();
    let of = |rate: f64, algorithm: Counting| RateLimit { rate, algorithm, per_replica: true };
    assert_eq!(limit("5/s"), of(5.0, Counting::TokenBucket { burst: 5.0 }));
    assert_eq!(limit("30/min"), of(0.5, Counting::TokenBucket { burst: 1.0 }), "a burst of one at least");
    assert_eq!(limit("{ rate: 5/s }"), of(5.0, Counting::TokenBucket { burst: 5.0 }));
    assert_eq!(limit("{ rate: 5/s, burst: 2 }"), of(5.0, Counting::TokenBucket { burst: 2.0 }));
    assert_eq!(limit("{ rate: 5/s, algorithm: gcra }"), of(5.0, Counting::Gcra { burst: 1.0 }));
    assert_eq!(limit("{ rate: 5/s, algorithm: gcra, burst: 3 }"), of(5.0, Counting::Gcra { burst: 3.0 }));
    assert_eq!(limit("{ rate: 5/s, algorithm: fixed_window }"), of(5.0, Counting::FixedWindow(S(1))));
    assert_eq!(limit("{ rate: 5/s, algorithm: sliding_window, window: 2s }"), of(5.0, Counting::SlidingWindow(S(2))));
    let cycles = |period, max_wait| of(5.0, Counting::Cycles { period, max_wait });
    assert_eq!(limit("{ rate: 5/s, preset: resilience4j }"), cycles(S(1), S(5)));
    assert_eq!(limit("{ rate: 5/s, preset: resilience4j, window: 2s, max_wait: 0s }"), cycles(S(2), SimDuration::ZERO));
    assert!(!limit("{ rate: 5/s, scope: all }").per_replica && limit("{ rate: 5/s, scope: replica }").per_replica);
    let refused = |written: &str| told(&format!("rate_limit: {{ rate: 5/s, {written} }}"));
    assert_eq!(refused("window: 1s"), ["`window` has no effect on a bucket, which has a `burst`"]);
    assert_eq!(refused("algorithm: gcra, window: 1s"), ["`window` has no effect on a bucket, which has a `burst`"]);
    assert_eq!(refused("algorithm: fixed_window, burst: 2"), ["`burst` has no effect: the window decides"]);
    assert_eq!(refused("preset: resilience4j, burst: 2"), ["`burst` has no effect: the window decides"]);
    assert_eq!(refused("max_wait: 1s"), ["`max_wait` has no effect: nobody waits without `preset: resilience4j`"]);
    assert_eq!(refused("algorithm: fixed_window, window: 199ms"), ["less than one call fits into a window"]);
    assert_eq!(refused("preset: guava").len(), 1);
}

#[test]
fn what_a_service_lets_in_has_defaults_and_bounds() {
    let shedding = |written: &str| admission(&format!("load_shedding: {{ {written} }}")).load_shedding.unwrap();
    let dagor = LoadShedding {
        when: Sensor::QueueDelay,
        above: 20e6,
        window: S(1),
        requests: 2000,
        decrease: 0.05,
        increase: 0.01,
    };
    assert_eq!(shedding(""), dagor);
    assert_eq!(shedding("above: 5ms"), LoadShedding { above: 5e6, ..dagor });
    assert_eq!(shedding("when: cpu"), LoadShedding { when: Sensor::Cpu, above: 0.9, ..dagor });
    let all = LoadShedding {
        when: Sensor::Concurrency,
        above: 0.7,
        window: S(2),
        requests: 1,
        decrease: 0.1,
        increase: 0.02,
    };
    let written = "when: concurrency, above: 70%, window: 2s, requests: 1, decrease: 10%, increase: 2%";
    assert_eq!(shedding(written), all);

    let codel = |written: &str| admission(&format!("queue: {{ codel: {{ {written} }} }}")).codel.unwrap();
    assert_eq!(codel(""), Codel { target: MS(5), interval: MS(100) });
    assert_eq!(codel("target: 9ms, interval: 1s"), Codel { target: MS(9), interval: S(1) });

    let limit = |written: &str| {
        admission(&format!("concurrency: 500, concurrency_limit: {{ algorithm: {written} }}"))
            .concurrency_limit
            .unwrap()
    };
    let of = |algorithm, [min, initial, max]: [u32; 3]| ConcurrencyLimit { algorithm, initial, min, max };
    let aimd = Algorithm::Aimd { timeout: S(5), backoff: 0.9 };
    assert_eq!(limit("aimd"), of(aimd, [20, 20, 200]));
    assert_eq!(limit("vegas"), of(Algorithm::Vegas, [1, 20, 1000]));
    assert_eq!(limit("gradient2"), of(Algorithm::Gradient2 { tolerance: 1.5, smoothing: 0.2 }, [20, 20, 200]));
    assert_eq!(limit("gradient"), of(Algorithm::Gradient { update: MS(100), probe: S(60) }, [3, 3, 1000]));
    let told = "aimd, timeout: 1s, backoff: 50%, min: 5, initial: 10, max: 10";
    assert_eq!(limit(told), of(Algorithm::Aimd { timeout: S(1), backoff: 0.5 }, [5, 10, 10]));
    let told = "gradient2, tolerance: 1, smoothing: 100%";
    assert_eq!(limit(told), of(Algorithm::Gradient2 { tolerance: 1.0, smoothing: 1.0 }, [20, 20, 200]));
    let told = "gradient, update_interval: 1s, min_rtt_interval: 5s";
    assert_eq!(limit(told), of(Algorithm::Gradient { update: S(1), probe: S(5) }, [3, 3, 1000]));
    // What is written moves the bounds that are not.
    assert_eq!(limit("aimd, max: 10"), of(aimd, [10, 10, 10]));
    assert_eq!(limit("aimd, min: 300"), of(aimd, [300, 300, 300]));
    assert_eq!(limit("vegas, max: 20"), of(Algorithm::Vegas, [1, 20, 20]));
    let refused = |written: &str| {
        let text = format!(
            "traffic: {{ rate: 1/s, to: web }}\nservices: {{ web: {{ work: 1ms, concurrency_limit: {{ algorithm: {written} }} }} }}\n"
        );
        in_short(&text)
    };
    for (written, message) in [
        ("aimd, min: 20, max: 10", "20 is not between 20 and 10"),
        ("vegas, initial: 1001", "1001 is not between 1 and 1000"),
        ("aimd, backoff: 100%", "a limit that keeps 100% never falls"),
        ("gradient2, tolerance: 0.9", "`tolerance` is at least 1"),
        ("vegas, backoff: 50%", "`backoff` has no effect: it belongs to `aimd`"),
    ] {
        assert!(refused(written).contains(message), "{written}: {}", refused(written));
    }
}
