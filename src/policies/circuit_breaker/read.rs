//! How a circuit breaker is written in a model.

use super::{CircuitBreaker, Preset, Window};
use crate::units::NANOS;
use crate::yaml::{Field, Fields, Item, Shape, Takes};

/// The tallies of all instances are kept in memory.
const MOST: u32 = 10_000;

/// The largest number stands for no limit elsewhere.
const MOST_CALLS: u32 = 4_294_967_294;

/// `circuit_breaker: { … }`
pub static SHAPE: Shape = Shape::new(
    "circuit_breaker",
    "Refuses calls for a while after too many failures, then lets a few probes through. `{}` takes every default.",
    &[
        Field::new(
            "preset",
            Takes::Word(&["resilience4j", "hystrix", "polly", "opossum", "gobreaker"]),
            "The rules and the defaults of a library. Default: Resilience4j's rules with the defaults named here.",
        ),
        Field::new(
            "failure_rate",
            Takes::Share,
            "Share of failures in the window that opens it (failureRateThreshold, errorThresholdPercentage, FailureRatio). \
             Default 50%.",
        ),
        Field::new(
            "slow_call_rate",
            Takes::Share,
            "Share of slow calls in the window that opens it, successes among them. Default 100%.",
        ),
        Field::new("slow_call_duration", Takes::Duration, "A call that takes longer is slow. Default: none is."),
        Field::new(
            "consecutive_failures",
            Takes::Whole(1, MOST),
            "So many failures in a row open it, whatever the rate. Default: any number may follow one another.",
        ),
        Field::new(
            "window",
            Takes::Any(&[Takes::Duration, Takes::Text]),
            "What is remembered: a time such as `10s`, or a number of calls such as `100 calls`. Default 10 s.",
        ),
        Field::new(
            "minimum_calls",
            Takes::Whole(1, MOST_CALLS),
            "Fewer calls in the window decide nothing (minimumNumberOfCalls, requestVolumeThreshold). Default 20.",
        ),
        Field::new(
            "open_for",
            Takes::Duration,
            "How long calls are refused before a probe is let through (waitDurationInOpenState, sleepWindow, \
             resetTimeout). Default 5 s.",
        ),
        Field::new(
            "half_open_calls",
            Takes::Whole(1, MOST),
            "Probes that decide in the half-open state (permittedNumberOfCallsInHalfOpenState). Default 5.",
        ),
        Field::new(
            "half_open_timeout",
            Takes::Duration,
            "It opens again when the half-open state has lasted so long without a decision (maxWaitDurationInHalfOpenState). \
             Default: it waits for ever, so that a probe that never comes back keeps it half-open.",
        ),
        Field::new(
            "automatic_half_open",
            Takes::Boolean,
            "The half-open state begins by itself when the wait is over, not with the next call. Default `false`.",
        ),
        Field::new(
            "stale_results",
            Takes::Word(&["count", "drop"]),
            "Results of calls that began before the last change of state: `count` in the state they end in, or `drop`. \
             Default `count`; of gobreaker `drop`.",
        ),
    ],
);

const PRESETS: &[(&str, Preset)] = &[
    ("resilience4j", Preset::Resilience4j),
    ("hystrix", Preset::Hystrix),
    ("polly", Preset::Polly),
    ("opossum", Preset::Opossum),
    ("gobreaker", Preset::Gobreaker),
];

impl CircuitBreaker {
    /// Reads a map of [`SHAPE`]; every field may be left out.
    pub fn read(item: &Item<'_>) -> Option<CircuitBreaker> {
        let before = item.problems().len();
        let mut fields = item.shaped(&SHAPE)?;
        let preset = fields.optional("preset").map(|item| preset(&item)).unwrap_or_default();
        let mut breaker = preset.defaults();
        rates(&mut fields, &mut breaker);
        if let Some(most) = fields.optional("consecutive_failures") {
            breaker.consecutive_failures = most.whole(1, MOST);
        }
        if let Some(window) = fields.optional("window") {
            breaker.window = Window::read(&window).unwrap_or(breaker.window);
            if preset != Preset::Tenfold && preset != Preset::Resilience4j && matches!(breaker.window, Window::Calls(_))
            {
                window.problem("this library remembers a time, not a number of calls", "write a time, such as `10s`");
            }
        }
        if let Some(calls) = fields.optional("minimum_calls") {
            breaker.minimum_calls = calls.whole(1, MOST_CALLS).unwrap_or(1);
        }
        if let Some(wait) = fields.optional("open_for").and_then(|item| item.positive_duration()) {
            breaker.open_for = wait;
        }
        if let Some(calls) = fields.optional("half_open_calls").and_then(|item| item.whole(1, MOST)) {
            breaker.half_open_calls = calls;
        }
        breaker.half_open_timeout = fields.optional("half_open_timeout").and_then(|item| item.positive_duration());
        if let Some(automatic) = fields.optional("automatic_half_open").and_then(|item| item.boolean()) {
            breaker.automatic_half_open = automatic;
        }
        if let Some(drop) = fields.optional("stale_results").and_then(|i| i.word(&[("count", false), ("drop", true)])) {
            breaker.drop_stale = drop;
        }
        without_rate(&mut fields, &breaker);
        fields.finish();
        (item.problems().len() == before).then_some(breaker)
    }
}

fn preset(item: &Item<'_>) -> Preset {
    if item.is_word("envoy") || item.is_word("istio") {
        item.problem(
            "what Envoy calls a circuit breaker is a limit on calls in progress",
            "write `bulkhead: 1024`, and `outlier_ejection` at the service for what it does about failing replicas",
        );
        return Preset::default();
    }
    item.word(PRESETS).unwrap_or_default()
}

fn rates(fields: &mut Fields<'_>, breaker: &mut CircuitBreaker) {
    if let Some(rate) = fields.optional("failure_rate").and_then(|item| item.positive_ratio()) {
        breaker.failure_rate = Some(rate);
    }
    if let Some(limit) = fields.optional("slow_call_duration").and_then(|item| item.positive_duration()) {
        breaker.slow_call = Some(limit);
    }
    if let Some(slow) = fields.optional("slow_call_rate") {
        breaker.slow_call_rate = slow.positive_ratio().unwrap_or(breaker.slow_call_rate);
        if breaker.slow_call.is_none() {
            slow.problem_at_key("`slow_call_rate` has no effect alone", "say what is slow: `slow_call_duration: 2s`");
        }
    }
}

/// A window decides nothing where only failures in a row do.
fn without_rate(fields: &mut Fields<'_>, breaker: &CircuitBreaker) {
    if breaker.failure_rate.is_some() || breaker.slow_call.is_some() {
        return;
    }
    for name in ["window", "minimum_calls"] {
        if let Some(item) = fields.optional(name) {
            let message = format!("`{name}` has no effect: this breaker counts failures in a row");
            item.problem_at_key(message, "remove it, or add a `failure_rate`");
        }
    }
}

impl Window {
    fn read(item: &Item<'_>) -> Option<Window> {
        let text = item.text()?;
        if let Some(calls) = text.strip_suffix("calls").or(text.strip_suffix("call")) {
            let calls: Option<u32> = calls.trim().parse().ok().filter(|n| (1..=MOST).contains(n));
            if calls.is_none() {
                item.problem(
                    format!("`{text}` is no window"),
                    format!("write from `1 calls` to `{MOST} calls`, or `10s`"),
                );
            }
            return calls.map(Window::Calls);
        }
        let time = item.duration()?;
        if time.0 < NANOS || time.0 / NANOS > u64::from(MOST) {
            item.problem(
                format!("a window of {time} is out of range"),
                format!("write a time from `1s` to `{MOST}s`, or a number of calls such as `100 calls`"),
            );
            return None;
        }
        Some(Window::Time(time))
    }
}
