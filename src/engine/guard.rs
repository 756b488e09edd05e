//! What may refuse a try on the caller's side, and what learns from how it ended: throttle, breaker, rate limit, budget.

use super::agenda::{Class, Kind};
use super::call::State;
use super::edge::{BUDGET, GUARDS};
use super::outcome::{Cause, Outcome};
use super::probe::Probe;
use super::world::World;
use crate::policies::{KillSwitch, Verdict};
use crate::units::{SimDuration, SimTime};

impl World<'_> {
    /// Whether the flag has reached the instance that calls.
    pub(super) fn is_switched_off(&self, c: u32, switch: &KillSwitch) -> bool {
        let call = &self.calls[c];
        let edge = &self.edges[call.edge as usize];
        let Some(start) = self.measured_from else { return false };
        switch.is_off(SimTime(start), SimTime(self.now), call.instance - edge.first_instance, edge.instances)
    }

    /// Asks the guards, from the outside in; the first that refuses says why. A rate limit may let it wait for so long.
    pub(super) fn guarded(&mut self, c: u32) -> Result<SimDuration, Cause> {
        let call = &mut self.calls[c];
        let e = call.edge as usize;
        let edge = &self.plan.edges[e];
        let now = SimTime(self.now);
        let instance = &mut self.instances[call.instance as usize];
        if let Some(spec) = &edge.throttle {
            let refusal = instance.throttle.refusal(spec, now);
            instance.throttle.tried(spec, now);
            if self.edges[e].throttle.chance(refusal) {
                return Err(Cause::Throttled);
            }
        }
        if let Some(spec) = &edge.admission_control
            && self.edges[e].admission.chance(instance.admission.refusal(spec, now))
        {
            return Err(Cause::Throttled);
        }
        if let (Some(breaker), Some(spec)) = (&mut instance.breaker, &edge.breaker) {
            let verdict = breaker.admit(spec, now);
            call.generation = breaker.generation();
            self.tallies.edges[e][usize::from(call.counted)].breaker_opened += u64::from(breaker.take_openings());
            if verdict == Verdict::Refuse {
                return Err(Cause::BreakerOpen);
            }
        }
        let Some(limit) = &edge.rate_limit else { return Ok(SimDuration::ZERO) };
        let shared = self.edges[e].bucket.as_mut();
        match shared.or(instance.bucket.as_mut()).map(|bucket| bucket.admit(limit, now)) {
            Some(Verdict::Refuse) => {
                // The breaker let it pass, and counts what stops it further in.
                self.tell_breaker(c, true);
                Err(Cause::RateLimited)
            }
            Some(Verdict::Wait(wait)) => Ok(wait),
            Some(Verdict::Pass) | None => Ok(SimDuration::ZERO),
        }
    }

    /// A try waits for the permit of a rate limit that it has reserved.
    #[cold]
    pub(super) fn await_permit(&mut self, c: u32, wait: SimDuration) {
        self.calls[c].state = State::Reserved;
        let wake = self.schedule(wait.0, Class::Arrival, Kind::Permitted, c);
        self.calls[c].wake = wake;
    }

    /// Its permit has come: it goes on to the gates.
    pub(super) fn permitted<P: Probe>(&mut self, c: u32, probe: &mut P) {
        if let Some(cause) = self.enter_bulkhead(c, probe) {
            self.tell_breaker(c, true);
            self.refuse(c, cause, probe);
        }
    }

    /// A try is given up wherever it stands: its timer does not run yet while it waits for the permit of a rate limit.
    pub(super) fn give_try_up(&mut self, c: u32) {
        match self.calls[c].state {
            State::Reserved => self.free_try(c),
            _ => self.try_over(c),
        }
    }

    /// Tells them how a try ended that had passed.
    #[inline]
    pub(super) fn tell_guards(&mut self, c: u32, outcome: Outcome) {
        if self.edges[self.calls[c].edge as usize].has & (GUARDS | BUDGET) != 0 {
            self.tell_each_guard(c, outcome);
        }
    }

    #[inline(never)]
    fn tell_each_guard(&mut self, c: u32, outcome: Outcome) {
        self.tell_breaker(c, !outcome.is_good());
        let call = &self.calls[c];
        let edge = &self.plan.edges[call.edge as usize];
        let instance = &mut self.instances[call.instance as usize];
        if let Some(spec) = &edge.throttle
            && is_accepted(outcome)
        {
            instance.throttle.accepted(spec, SimTime(self.now));
        }
        if let Some(spec) = &edge.admission_control
            && !matches!(outcome, Outcome::Failed(Cause::BulkheadFull | Cause::PoolFull))
        {
            instance.admission.settle(spec, outcome.is_good(), SimTime(self.now));
        }
        if let Some(budget) = edge.retry.as_ref().and_then(|r| r.budget.as_ref()) {
            let good = match outcome {
                Outcome::Failed(cause) if !cause.is_retryable() => return,
                outcome => outcome.is_good(),
            };
            instance.budget.settle(budget, good, call.attempt > 1);
        }
    }

    pub(super) fn tell_breaker(&mut self, c: u32, failed: bool) {
        let call = &self.calls[c];
        let e = call.edge as usize;
        let instance = &mut self.instances[call.instance as usize];
        if let (Some(breaker), Some(spec)) = (&mut instance.breaker, &self.plan.edges[e].breaker) {
            let took = SimDuration(self.now - call.tried);
            breaker.settle(spec, SimTime(self.now), call.generation, failed, took);
            self.tallies.edges[e][usize::from(call.counted)].breaker_opened += u64::from(breaker.take_openings());
        }
    }
}

/// A callee has accepted what it did not turn away: an error of its own is an answer.
fn is_accepted(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Succeeded | Outcome::Degraded => true,
        Outcome::Failed(cause) => matches!(cause, Cause::Error | Cause::Dependency),
    }
}
