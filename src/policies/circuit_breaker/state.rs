//! The three states, and what leads from one to the next.

use super::window::{Remembered, Tally, bucket};
use super::{CircuitBreaker, Preset, Window};
use crate::policies::Verdict;
use crate::units::{SimDuration, SimTime};

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

/// The state of one circuit breaker.
#[derive(Clone, Debug, PartialEq)]
pub struct Breaker {
    state: BreakerState,
    /// When it entered this state.
    since: SimTime,
    /// Changes with every state: calls remember the one they began in.
    generation: u32,
    window: Remembered,
    /// Failures in a row.
    in_a_row: u32,
    /// Probes let through in the half-open state, and how those that came back ended.
    permits: u32,
    probes: Tally,
    /// Hystrix: the last snapshot judged, by its number.
    snapshot: u64,
    openings: u32,
}

impl Breaker {
    /// Closed, with nothing to remember.
    pub fn new() -> Breaker {
        Breaker {
            state: BreakerState::Closed,
            since: SimTime::ZERO,
            generation: 0,
            window: Remembered::default(),
            in_a_row: 0,
            permits: 0,
            probes: Tally::default(),
            snapshot: 0,
            openings: 0,
        }
    }

    /// The present state, as of the last call or result.
    pub fn state(&self) -> BreakerState {
        self.state
    }

    /// The state a call that is let through now belongs to; [`Breaker::settle`] wants it back.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// How often it has opened since this was last asked.
    pub fn take_openings(&mut self) -> u32 {
        std::mem::take(&mut self.openings)
    }

    /// Asks whether a call may go ahead. A probe of the half-open state is spent when it is let through.
    pub fn admit(&mut self, spec: &CircuitBreaker, now: SimTime) -> Verdict {
        self.catch_up(spec, now);
        if spec.preset == Preset::Opossum {
            // Counted when made, refused or not.
            self.window.add(spec, now, Tally { calls: 1, ..Tally::default() });
        }
        if self.state == BreakerState::Open && now.since(self.since) > spec.open_for {
            self.enter(BreakerState::HalfOpen, now);
        }
        match self.state {
            BreakerState::Closed => Verdict::Pass,
            BreakerState::HalfOpen if self.permits < spec.half_open_calls => {
                self.permits += 1;
                Verdict::Pass
            }
            BreakerState::Open | BreakerState::HalfOpen => Verdict::Refuse,
        }
    }

    /// Tells how a call of this generation ended, after so long.
    ///
    /// A call that began before a change of state is counted in the state it ends in, unless stale results are dropped;
    /// results that come while it is open have no effect.
    pub fn settle(&mut self, spec: &CircuitBreaker, now: SimTime, generation: u32, failed: bool, took: SimDuration) {
        self.catch_up(spec, now);
        if spec.drop_stale && generation != self.generation {
            return;
        }
        let slow = spec.slow_call.is_some_and(|limit| took > limit);
        let calls = u32::from(spec.preset != Preset::Opossum);
        let tally = Tally { calls, failed: u32::from(failed), slow: u32::from(slow) };
        self.in_a_row = if failed { self.in_a_row + 1 } else { 0 };
        match self.state {
            BreakerState::Open => {}
            BreakerState::Closed => {
                self.window.add(spec, now, tally);
                let judged = match spec.preset {
                    Preset::Hystrix => false,
                    preset => failed || !preset.judges_failures_only(),
                };
                if judged && self.has_had_enough(spec) {
                    self.open(now);
                }
            }
            BreakerState::HalfOpen => self.probe_ended(spec, now, Tally { calls: 1, ..tally }),
        }
    }

    fn probe_ended(&mut self, spec: &CircuitBreaker, now: SimTime, tally: Tally) {
        self.probes.calls += tally.calls;
        self.probes.failed += tally.failed;
        self.probes.slow += tally.slow;
        if spec.preset.probes_one_by_one() {
            if tally.failed > 0 {
                self.open(now);
            } else if self.probes.calls >= spec.half_open_calls {
                self.enter(BreakerState::Closed, now);
            }
            return;
        }
        if self.probes.calls >= spec.minimum_calls.min(spec.half_open_calls).max(1) {
            match over(spec, self.probes) {
                true => self.open(now),
                false => self.enter(BreakerState::Closed, now),
            }
        }
    }

    /// What happens by itself, without a call: it is worked out when somebody looks. It may open and half-open several times
    /// meanwhile.
    fn catch_up(&mut self, spec: &CircuitBreaker, now: SimTime) {
        if spec.preset == Preset::Hystrix {
            self.judge_snapshots(spec, now);
        }
        if let (BreakerState::Open, true, Some(limit)) = (self.state, spec.automatic_half_open, spec.half_open_timeout)
        {
            // Whole rounds of which nobody saw anything, in one go.
            let round = spec.open_for + limit;
            let rounds = now.since(self.since).0 / round.0.max(1);
            self.since = self.since + SimDuration(rounds * round.0);
            self.openings = self.openings.saturating_add(u32::try_from(rounds).unwrap_or(u32::MAX));
            self.generation = self.generation.wrapping_add(rounds as u32);
        }
        loop {
            match (self.state, spec.half_open_timeout) {
                (BreakerState::Open, _) if spec.automatic_half_open && now.since(self.since) >= spec.open_for => {
                    self.enter(BreakerState::HalfOpen, self.since + spec.open_for);
                }
                (BreakerState::HalfOpen, Some(limit)) if now.since(self.since) >= limit => {
                    self.open(self.since + limit);
                }
                _ => return,
            }
        }
    }

    /// Hystrix publishes its counts every half second and judges them then; what ends in between waits for the next.
    fn judge_snapshots(&mut self, spec: &CircuitBreaker, now: SimTime) {
        let length = bucket(spec);
        let due = now.0 / length;
        // Once the window has passed without a call nothing is left to judge.
        let reach = match spec.window {
            Window::Time(window) => window.0.div_ceil(length),
            Window::Calls(_) => 1,
        };
        for snapshot in self.snapshot + 1..=due.min(self.snapshot + reach) {
            let at = SimTime(snapshot * length);
            // The bucket that begins now is not part of what is published now.
            self.window.forget_old(spec, SimTime(at.0 - 1));
            if self.state == BreakerState::Closed && self.has_had_enough(spec) {
                self.open(at);
            }
        }
        self.snapshot = due;
    }

    fn has_had_enough(&self, spec: &CircuitBreaker) -> bool {
        if spec.consecutive_failures.is_some_and(|most| self.in_a_row >= most) {
            return true;
        }
        let minimum = match spec.window {
            Window::Calls(n) => spec.minimum_calls.min(n),
            Window::Time(_) => spec.minimum_calls,
        };
        self.window.sum.calls >= minimum.max(1) && over(spec, self.window.sum)
    }

    fn open(&mut self, now: SimTime) {
        self.enter(BreakerState::Open, now);
        self.openings += 1;
    }

    fn enter(&mut self, state: BreakerState, now: SimTime) {
        self.state = state;
        self.since = now;
        self.generation = self.generation.wrapping_add(1);
        self.permits = 0;
        self.probes = Tally::default();
        self.in_a_row = 0;
        if state == BreakerState::Closed {
            self.window = Remembered::default();
        }
    }
}

impl Default for Breaker {
    fn default() -> Breaker {
        Breaker::new()
    }
}

fn over(spec: &CircuitBreaker, tally: Tally) -> bool {
    let share = |n: u32| f64::from(n) / f64::from(tally.calls);
    let failing = spec.failure_rate.is_some_and(|limit| match spec.preset {
        Preset::Opossum => share(tally.failed) > limit,
        _ => share(tally.failed) >= limit,
    });
    failing || (spec.slow_call.is_some() && share(tally.slow) >= spec.slow_call_rate)
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;

    fn at(ms: u64) -> SimTime {
        SimTime(ms * 1_000_000)
    }

    /// Settles a call that began in the present state; true if this opened it.
    fn settle(b: &mut Breaker, s: &CircuitBreaker, now: SimTime, failed: bool, took: SimDuration) -> bool {
        b.settle(s, now, b.generation(), failed, took);
        b.take_openings() > 0
    }

    fn spec() -> CircuitBreaker {
        CircuitBreaker { minimum_calls: 4, half_open_calls: 2, ..CircuitBreaker::default() }
    }

    /// Closed, open, half-open, open again, half-open, closed; worked out by hand from Resilience4j's rules.
    #[test]
    fn the_states_follow_one_another() {
        let s = spec();
        let mut b = Breaker::new();
        let none = SimDuration::ZERO;
        for (ms, failed, opens) in [(0, false, false), (100, true, false), (200, false, false), (300, true, true)] {
            assert_eq!(b.admit(&s, at(ms)), Verdict::Pass);
            assert_eq!(settle(&mut b, &s, at(ms), failed, none), opens, "at {ms} ms");
        }
        assert_eq!(b.admit(&s, at(5_300)), Verdict::Refuse, "the wait is over strictly after 5 s");
        assert_eq!(b.admit(&s, SimTime(at(5_300).0 + 1)), Verdict::Pass);
        assert_eq!(b.state(), BreakerState::HalfOpen);
        assert_eq!(b.admit(&s, at(5_301)), Verdict::Pass);
        assert_eq!(b.admit(&s, at(5_302)), Verdict::Refuse, "two probes, no more");
        assert!(!settle(&mut b, &s, at(5_310), false, none));
        assert!(settle(&mut b, &s, at(5_320), true, none), "1 of 2 failed: 50% reaches the threshold");
        assert_eq!(b.admit(&s, at(10_321)), Verdict::Pass);
        assert!(!settle(&mut b, &s, at(10_330), false, none));
        assert_eq!(b.admit(&s, at(10_331)), Verdict::Pass);
        assert!(!settle(&mut b, &s, at(10_340), false, none));
        assert_eq!(b.state(), BreakerState::Closed);
    }

    #[test]
    fn old_seconds_are_forgotten_whole() {
        let s = spec();
        let mut b = Breaker::new();
        for i in 0..3 {
            settle(&mut b, &s, at(i), true, SimDuration::ZERO);
        }
        // The failures of second 0 leave the window of ten seconds when second 10 begins.
        assert!(!settle(&mut b, &s, at(10_000), true, SimDuration::ZERO));
        assert!(!settle(&mut b, &s, at(10_001), false, SimDuration::ZERO));
        assert!(!settle(&mut b, &s, at(10_002), false, SimDuration::ZERO));
        assert!(settle(&mut b, &s, at(10_003), true, SimDuration::ZERO), "2 of 4 in the window");
    }

    #[test]
    fn a_window_of_calls_is_a_ring_and_caps_the_minimum() {
        let s = CircuitBreaker { window: Window::Calls(2), minimum_calls: 100, failure_rate: Some(1.0), ..spec() };
        let mut b = Breaker::new();
        assert!(!settle(&mut b, &s, at(0), true, SimDuration::ZERO));
        assert!(!settle(&mut b, &s, at(1), false, SimDuration::ZERO));
        assert!(!settle(&mut b, &s, at(2), true, SimDuration::ZERO));
        assert!(settle(&mut b, &s, at(3), true, SimDuration::ZERO));
    }

    #[test]
    fn slow_successes_open_it_too() {
        let s = CircuitBreaker { slow_call: Some(SimDuration::from_millis(100)), slow_call_rate: 0.5, ..spec() };
        let mut b = Breaker::new();
        for i in 0..3 {
            assert!(!settle(&mut b, &s, at(i), false, SimDuration::from_millis(100)), "exactly the limit is not slow");
        }
        assert!(!settle(&mut b, &s, at(3), false, SimDuration::from_millis(101)));
        assert!(!settle(&mut b, &s, at(4), false, SimDuration::from_millis(101)));
        assert!(settle(&mut b, &s, at(5), false, SimDuration::from_millis(101)), "3 of 6");
    }

    /// Opens with four calls of which two fail, and lets one call pass as a probe 5 s later.
    fn half_open(s: &CircuitBreaker) -> Breaker {
        let mut b = Breaker::new();
        for i in 0..4 {
            b.admit(s, at(i));
            b.settle(s, at(i), b.generation(), i > 1, SimDuration::ZERO);
        }
        assert_eq!((b.state(), b.take_openings()), (BreakerState::Open, 1));
        assert_eq!(b.admit(s, at(5_004)), Verdict::Pass);
        b
    }

    /// Probes are judged by their rate, of slow ones too, once there are as many as decide: the fewer of those that are let
    /// through and of `minimum_calls`.
    #[test]
    fn probes_are_judged_once_there_are_enough_of_them() {
        let ms = SimDuration::from_millis;
        let slow = CircuitBreaker { slow_call: Some(ms(100)), slow_call_rate: 0.5, ..spec() };
        for (took, opens) in [(101, true), (100, false)] {
            let mut b = half_open(&slow);
            assert!(!settle(&mut b, &slow, at(5_100), false, ms(took)));
            assert_eq!(settle(&mut b, &slow, at(5_200), false, ms(1)), opens, "1 of 2 took {took} ms");
        }
        let many = CircuitBreaker { half_open_calls: 10, ..spec() };
        let mut b = half_open(&many);
        for i in 0..3 {
            assert!(!settle(&mut b, &many, at(5_100 + i), i == 0, ms(1)));
            assert_eq!(b.state(), BreakerState::HalfOpen);
        }
        assert!(!settle(&mut b, &many, at(5_200), false, ms(1)));
        assert_eq!(b.state(), BreakerState::Closed, "four are the minimum, and one of them failed");
    }

    /// Polly, Hystrix, opossum and gobreaker: one failed probe is enough to open, and all must succeed to close.
    #[test]
    fn one_failed_probe_opens_it_again_where_probes_count_one_by_one() {
        let s = CircuitBreaker { preset: Preset::Polly, half_open_calls: 3, ..spec() };
        let mut b = half_open(&s);
        assert!(!settle(&mut b, &s, at(5_100), false, SimDuration::ZERO));
        assert!(!settle(&mut b, &s, at(5_101), false, SimDuration::ZERO));
        assert_eq!(b.state(), BreakerState::HalfOpen);
        assert!(!settle(&mut b, &s, at(5_102), false, SimDuration::ZERO));
        assert_eq!(b.state(), BreakerState::Closed);
        let mut b = half_open(&s);
        assert!(!settle(&mut b, &s, at(5_100), false, SimDuration::ZERO));
        assert!(settle(&mut b, &s, at(5_101), true, SimDuration::ZERO));
        assert!(!settle(&mut b, &s, at(5_102), true, SimDuration::ZERO), "what ends while it is open changes nothing");
    }

    /// Polly, opossum and gobreaker look when a call fails: with the fourth call two of four have failed, but it is a success.
    /// Resilience4j's rules look at every result.
    #[test]
    fn a_success_opens_it_only_where_every_result_is_judged() {
        for (preset, opens) in [(Preset::Polly, false), (Preset::Resilience4j, true)] {
            let s = CircuitBreaker { preset, ..spec() };
            let mut b = Breaker::new();
            for (ms, failed) in [(0, true), (1, true), (2, false)] {
                assert!(!settle(&mut b, &s, at(ms), failed, SimDuration::ZERO));
            }
            assert_eq!(settle(&mut b, &s, at(3), false, SimDuration::ZERO), opens, "{preset:?}");
            assert_eq!(settle(&mut b, &s, at(4), true, SimDuration::ZERO), !opens, "{preset:?}");
        }
    }

    /// Open for 5 s, half-open for 2 s in which no probe comes, and so on by itself: opened at 3 ms, it opens again after 7,
    /// 14, … 49 s, of which nobody sees anything. It is half-open from 54 to 56 s.
    #[test]
    fn rounds_that_nobody_sees_are_gone_through() {
        let s =
            CircuitBreaker { automatic_half_open: true, half_open_timeout: Some(SimDuration::from_secs(2)), ..spec() };
        let mut b = Breaker::new();
        (0..4).for_each(|i| b.settle(&s, at(i), 0, true, SimDuration::ZERO));
        assert_eq!(b.take_openings(), 1);
        assert_eq!((b.admit(&s, at(50_003)), b.take_openings()), (Verdict::Refuse, 7));
        assert_eq!(b.admit(&s, at(54_002)), Verdict::Refuse);
        assert_eq!((b.admit(&s, at(54_003)), b.state()), (Verdict::Pass, BreakerState::HalfOpen));
        assert_eq!((b.admit(&s, at(56_002)), b.state()), (Verdict::Pass, BreakerState::HalfOpen));
        assert_eq!((b.admit(&s, at(56_003)), b.state(), b.take_openings()), (Verdict::Refuse, BreakerState::Open, 1));
    }

    /// Thirty failures within 290 ms are judged at 500 ms, whether anybody calls then or only after a minute: open since then,
    /// for 5 s or for longer.
    #[test]
    fn hystrix_judges_while_nobody_calls() {
        let hystrix =
            |open_for| CircuitBreaker { open_for: SimDuration::from_secs(open_for), ..Preset::Hystrix.defaults() };
        let failed = |s: &CircuitBreaker| {
            let mut b = Breaker::new();
            (0..30).for_each(|i| b.settle(s, at(i * 10), 0, true, SimDuration::ZERO));
            b
        };
        let s = hystrix(5);
        let mut b = failed(&s);
        assert_eq!((b.admit(&s, at(60_000)), b.state()), (Verdict::Pass, BreakerState::HalfOpen));
        assert_eq!((b.take_openings(), b.admit(&s, at(60_001))), (1, Verdict::Refuse));
        let s = hystrix(60);
        let mut b = failed(&s);
        assert_eq!(b.admit(&s, at(20_000)), Verdict::Refuse);
        assert_eq!(b.admit(&s, at(60_500)), Verdict::Refuse);
        assert_eq!(b.admit(&s, at(60_501)), Verdict::Pass);
    }

    /// Thirty good calls at 0.4 s and twenty failures at 0.6 s: those are all there is from 10.5 s on, when what came before
    /// 0.5 s is not published any more, and until 11 s. Nobody calls meanwhile, and it opens at 10.5 s.
    #[test]
    fn hystrix_judges_to_the_end_of_its_window() {
        let s = CircuitBreaker { open_for: SimDuration::from_secs(30), ..Preset::Hystrix.defaults() };
        let mut b = Breaker::new();
        (0..30).for_each(|_| b.settle(&s, at(400), 0, false, SimDuration::ZERO));
        (0..20).for_each(|_| b.settle(&s, at(600), 0, true, SimDuration::ZERO));
        assert_eq!((b.admit(&s, at(40_500)), b.take_openings()), (Verdict::Refuse, 1));
        assert_eq!(b.admit(&s, at(40_501)), Verdict::Pass);
    }

    /// Opossum counts calls when they are made, those it refuses among them; once a probe has closed it, they are forgotten:
    /// the first failure is one of one.
    #[test]
    fn a_breaker_closes_with_nothing_to_remember() {
        let s = Preset::Opossum.defaults();
        let mut b = Breaker::new();
        let call = |b: &mut Breaker, ms: u64, failed: bool| {
            assert_eq!(b.admit(&s, at(ms)), Verdict::Pass);
            settle(b, &s, at(ms), failed, SimDuration::ZERO)
        };
        assert!(call(&mut b, 0, true));
        (0..50).for_each(|i| assert_eq!(b.admit(&s, at(29_000 + i)), Verdict::Refuse));
        assert!(!call(&mut b, 30_000, false));
        assert_eq!(b.state(), BreakerState::Closed);
        assert!(call(&mut b, 30_001, true));
    }

    /// Hystrix remembers 10 s in buckets of half a second: twenty failures at 5 s are 40% beside thirty good calls at 0 s, and
    /// all there is once those are forgotten, with the counts that are published at 10.5 s.
    #[test]
    fn hystrix_forgets_what_is_older_than_its_window() {
        let s = Preset::Hystrix.defaults();
        let tell = |b: &mut Breaker, ms: u64, n: u32, failed: bool| {
            (0..n).for_each(|_| b.settle(&s, at(ms), b.generation(), failed, SimDuration::ZERO));
        };
        let mut b = Breaker::new();
        tell(&mut b, 0, 30, false);
        tell(&mut b, 5_000, 20, true);
        assert_eq!(b.admit(&s, at(10_400)), Verdict::Pass, "20 of 50 failed");
        assert_eq!((b.admit(&s, at(10_499)), b.admit(&s, at(10_500))), (Verdict::Pass, Verdict::Refuse));
    }
}
