//! Circuit breaker: after too many failures, refuse calls for a while, then try a few.
//!
//! Rules and names are Resilience4j's (`CircuitBreakerStateMachine`): both window types, `>=` trips, slow calls count,
//! the first call after the wait opens the half-open state. Our defaults react faster than that library's, because its
//! hundred calls and sixty seconds show nothing in a short run.

use super::Verdict;
use crate::units::{NANOS, SimDuration, SimTime};
use crate::yaml::Item;

/// Settings of a circuit breaker. One state exists for each instance of the caller.
#[derive(Clone, Debug, PartialEq)]
pub struct CircuitBreaker {
    /// Share of failures in the window that opens it, in (0, 1]. Default 50%.
    pub failure_rate: f64,
    /// Share of slow calls in the window that opens it, in (0, 1]. Default 100%; has an effect only with `slow_call`.
    pub slow_call_rate: f64,
    /// A call that takes longer (strictly) is slow. Default: none is.
    pub slow_call: Option<SimDuration>,
    /// What is remembered. Default 10 s.
    pub window: Window,
    /// Fewer calls in the window decide nothing. Default 20; at most the size of a window of calls.
    pub minimum_calls: u32,
    /// How long calls are refused before a probe is let through. Default 5 s.
    pub open_for: SimDuration,
    /// How many probes decide in the half-open state. Default 5.
    pub half_open_calls: u32,
}

/// What a breaker remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The last so many seconds, in whole one-second buckets aligned to the clock.
    Time(SimDuration),
    /// The last so many calls.
    Calls(u32),
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        CircuitBreaker {
            failure_rate: 0.5,
            slow_call_rate: 1.0,
            slow_call: None,
            window: Window::Time(SimDuration::from_secs(10)),
            minimum_calls: 20,
            open_for: SimDuration::from_secs(5),
            half_open_calls: 5,
        }
    }
}

impl CircuitBreaker {
    /// Reads `{ failure_rate: 50%, window: 10s, minimum_calls: 20, open_for: 5s, half_open_calls: 5 }` with
    /// `slow_call_rate` and `slow_call_duration`; each may be left out. The window is a time or `100 calls`.
    pub fn read(item: &Item<'_>) -> Option<CircuitBreaker> {
        /// The tallies of all instances are kept in memory.
        const MOST: u32 = 10_000;
        let before = item.problems().len();
        let mut breaker = CircuitBreaker::default();
        let mut fields = item.fields()?;
        if let Some(rate) = fields.optional("failure_rate").and_then(|item| item.positive_ratio()) {
            breaker.failure_rate = rate;
        }
        breaker.slow_call = fields.optional("slow_call_duration").and_then(|item| item.positive_duration());
        if let Some(slow) = fields.optional("slow_call_rate") {
            breaker.slow_call_rate = slow.positive_ratio().unwrap_or(breaker.slow_call_rate);
            if !fields.has("slow_call_duration") {
                slow.problem_at_key(
                    "`slow_call_rate` has no effect alone",
                    "say what is slow: `slow_call_duration: 2s`",
                );
            }
        }
        if let Some(window) = fields.optional("window").and_then(|item| Window::read(&item, MOST)) {
            breaker.window = window;
        }
        if let Some(calls) = fields.optional("minimum_calls").and_then(|item| item.whole(1, u32::MAX - 1)) {
            breaker.minimum_calls = calls;
        }
        if let Some(wait) = fields.optional("open_for").and_then(|item| item.positive_duration()) {
            breaker.open_for = wait;
        }
        if let Some(calls) = fields.optional("half_open_calls").and_then(|item| item.whole(1, MOST)) {
            breaker.half_open_calls = calls;
        }
        fields.finish();
        (item.problems().len() == before).then_some(breaker)
    }
}

impl Window {
    fn read(item: &Item<'_>, most: u32) -> Option<Window> {
        let text = item.text()?;
        if let Some(calls) = text.strip_suffix("calls").or(text.strip_suffix("call")) {
            let calls: Option<u32> = calls.trim().parse().ok().filter(|n| (1..=most).contains(n));
            if calls.is_none() {
                item.problem(
                    format!("`{text}` is no window"),
                    format!("write from `1 calls` to `{most} calls`, or `10s`"),
                );
            }
            return calls.map(Window::Calls);
        }
        let time = item.duration()?;
        if time.0 < NANOS || time.0 / NANOS > u64::from(most) {
            item.problem(
                format!("a window of {time} is out of range"),
                format!("write a time from `1s` to `{most}s`, or a number of calls such as `100 calls`"),
            );
            return None;
        }
        Some(Window::Time(time))
    }
}

/// The three states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// Calls are refused.
    Open,
    /// A few calls pass, as probes.
    HalfOpen,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    calls: u32,
    failed: u32,
    slow: u32,
}

impl Tally {
    fn add(&mut self, failed: bool, slow: bool) {
        self.calls += 1;
        self.failed += u32::from(failed);
        self.slow += u32::from(slow);
    }
}

/// The state of one breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaker {
    state: BreakerState,
    since: SimTime,
    /// Closed: one tally a second (window of time), or one a call (window of calls), as a ring.
    ring: Vec<Tally>,
    /// Position in the ring: the second of the newest bucket, or the number of calls so far.
    at: u64,
    sum: Tally,
    permits: u32,
    probes: Tally,
}

impl Breaker {
    /// Closed, with nothing remembered.
    pub fn new(spec: &CircuitBreaker) -> Breaker {
        let slots = match spec.window {
            Window::Time(d) => d.0.div_ceil(NANOS).max(1),
            Window::Calls(n) => u64::from(n.max(1)),
        };
        Breaker {
            state: BreakerState::Closed,
            since: SimTime::ZERO,
            ring: vec![Tally::default(); slots as usize],
            at: 0,
            sum: Tally::default(),
            permits: 0,
            probes: Tally::default(),
        }
    }

    /// Which state it is in. An open breaker stays open until a call comes after its wait.
    pub fn state(&self) -> BreakerState {
        self.state
    }

    /// Asks for a call at `now`. The first one strictly after the wait turns an open breaker half-open.
    pub fn admit(&mut self, spec: &CircuitBreaker, now: SimTime) -> Verdict {
        match self.state {
            BreakerState::Closed => Verdict::Pass,
            BreakerState::Open if now.since(self.since) > spec.open_for => {
                self.state = BreakerState::HalfOpen;
                self.since = now;
                self.permits = spec.half_open_calls.max(1) - 1;
                self.probes = Tally::default();
                Verdict::Pass
            }
            BreakerState::Open => Verdict::Refuse,
            BreakerState::HalfOpen if self.permits > 0 => {
                self.permits -= 1;
                Verdict::Pass
            }
            BreakerState::HalfOpen => Verdict::Refuse,
        }
    }

    /// Tells how a call ended. Returns true when this opened the breaker.
    ///
    /// A call that began before a change of state is counted in the state it ends in; results that come while it is open
    /// have no effect.
    pub fn settle(&mut self, spec: &CircuitBreaker, now: SimTime, failed: bool, took: SimDuration) -> bool {
        let slow = spec.slow_call.is_some_and(|limit| took > limit);
        match self.state {
            BreakerState::Open => false,
            BreakerState::Closed => {
                self.remember(spec, now, failed, slow);
                let minimum = match spec.window {
                    Window::Calls(n) => spec.minimum_calls.min(n),
                    Window::Time(_) => spec.minimum_calls,
                };
                self.sum.calls >= minimum.max(1) && over(spec, self.sum) && self.open(now)
            }
            BreakerState::HalfOpen => {
                self.probes.add(failed, slow);
                if self.probes.calls < spec.minimum_calls.min(spec.half_open_calls).max(1) {
                    return false;
                }
                if over(spec, self.probes) {
                    return self.open(now);
                }
                *self = Breaker { since: now, ..Breaker::new(spec) };
                false
            }
        }
    }

    fn open(&mut self, now: SimTime) -> bool {
        self.state = BreakerState::Open;
        self.since = now;
        true
    }

    fn remember(&mut self, spec: &CircuitBreaker, now: SimTime, failed: bool, slow: bool) {
        let slots = self.ring.len() as u64;
        let slot = match spec.window {
            Window::Time(_) => {
                let second = now.0 / NANOS;
                for passed in (self.at + 1..=second).rev().take(slots as usize) {
                    self.forget((passed % slots) as usize);
                }
                self.at = second;
                second % slots
            }
            Window::Calls(_) => {
                let slot = self.at % slots;
                self.forget(slot as usize);
                self.at += 1;
                slot
            }
        };
        self.ring[slot as usize].add(failed, slow);
        self.sum.add(failed, slow);
    }

    fn forget(&mut self, slot: usize) {
        let old = std::mem::take(&mut self.ring[slot]);
        self.sum.calls -= old.calls;
        self.sum.failed -= old.failed;
        self.sum.slow -= old.slow;
    }
}

fn over(spec: &CircuitBreaker, tally: Tally) -> bool {
    let share = |n: u32| f64::from(n) / f64::from(tally.calls);
    share(tally.failed) >= spec.failure_rate || (spec.slow_call.is_some() && share(tally.slow) >= spec.slow_call_rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SimTime {
        SimTime(ms * 1_000_000)
    }

    fn spec() -> CircuitBreaker {
        CircuitBreaker { minimum_calls: 4, half_open_calls: 2, ..CircuitBreaker::default() }
    }

    /// Closed, open, half-open, open again, half-open, closed; worked out by hand from Resilience4j's rules.
    #[test]
    fn the_states_follow_one_another() {
        let s = spec();
        let mut b = Breaker::new(&s);
        let none = SimDuration::ZERO;
        for (ms, failed, opens) in [(0, false, false), (100, true, false), (200, false, false), (300, true, true)] {
            assert_eq!(b.admit(&s, at(ms)), Verdict::Pass);
            assert_eq!(b.settle(&s, at(ms), failed, none), opens, "at {ms} ms");
        }
        assert_eq!(b.admit(&s, at(5_300)), Verdict::Refuse, "the wait is over strictly after 5 s");
        assert_eq!(b.admit(&s, SimTime(at(5_300).0 + 1)), Verdict::Pass);
        assert_eq!(b.state(), BreakerState::HalfOpen);
        assert_eq!(b.admit(&s, at(5_301)), Verdict::Pass);
        assert_eq!(b.admit(&s, at(5_302)), Verdict::Refuse, "two probes, no more");
        assert!(!b.settle(&s, at(5_310), false, none));
        assert!(b.settle(&s, at(5_320), true, none), "1 of 2 failed: 50% reaches the threshold");
        assert_eq!(b.admit(&s, at(10_321)), Verdict::Pass);
        assert!(!b.settle(&s, at(10_330), false, none));
        assert_eq!(b.admit(&s, at(10_331)), Verdict::Pass);
        assert!(!b.settle(&s, at(10_340), false, none));
        assert_eq!(b.state(), BreakerState::Closed);
    }

    #[test]
    fn old_seconds_are_forgotten_whole() {
        let s = spec();
        let mut b = Breaker::new(&s);
        for i in 0..3 {
            b.settle(&s, at(i), true, SimDuration::ZERO);
        }
        // The failures of second 0 leave the window of ten seconds when second 10 begins.
        assert!(!b.settle(&s, at(10_000), true, SimDuration::ZERO));
        assert!(!b.settle(&s, at(10_001), false, SimDuration::ZERO));
        assert!(!b.settle(&s, at(10_002), false, SimDuration::ZERO));
        assert!(b.settle(&s, at(10_003), true, SimDuration::ZERO), "2 of 4 in the window");
    }

    #[test]
    fn a_window_of_calls_is_a_ring_and_caps_the_minimum() {
        let s = CircuitBreaker { window: Window::Calls(2), minimum_calls: 100, failure_rate: 1.0, ..spec() };
        let mut b = Breaker::new(&s);
        assert!(!b.settle(&s, at(0), true, SimDuration::ZERO));
        assert!(!b.settle(&s, at(1), false, SimDuration::ZERO));
        assert!(!b.settle(&s, at(2), true, SimDuration::ZERO));
        assert!(b.settle(&s, at(3), true, SimDuration::ZERO));
    }

    #[test]
    fn slow_successes_open_it_too() {
        let s = CircuitBreaker { slow_call: Some(SimDuration::from_millis(100)), slow_call_rate: 0.5, ..spec() };
        let mut b = Breaker::new(&s);
        for i in 0..3 {
            assert!(!b.settle(&s, at(i), false, SimDuration::from_millis(100)), "exactly the limit is not slow");
        }
        assert!(!b.settle(&s, at(3), false, SimDuration::from_millis(101)));
        assert!(!b.settle(&s, at(4), false, SimDuration::from_millis(101)));
        assert!(b.settle(&s, at(5), false, SimDuration::from_millis(101)), "3 of 6");
    }
}
