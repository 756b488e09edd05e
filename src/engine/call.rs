//! Calls with a policy, from the decision to call until the caller has its answer or gives up.
//!
//! From the outside in: retry, circuit breaker, time-out of one try, bulkhead, connection pool, network. Each try is a
//! frame of its own; a call record lives until the last of its tries has come back, wanted or not, so that work done in
//! vain and work done twice can be told. A time-out frees what the caller holds; the callee works on.

use super::agenda::{Class, Kind};
use super::frame::{COUNTED, Frame, NONE};
use super::outcome::{Cause, Outcome};
use super::probe::Probe;
use super::world::{Ready, World};
use crate::plan::LinkId;
use crate::policies::{Breaker, BudgetState, Verdict};
use crate::random::{Lot, Stream};
use crate::units::{SimDuration, SimTime};
use std::collections::VecDeque;

/// One call with a policy, or one request of a user, or one delivery of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub lot: u64,
    /// When the call was meant to start.
    pub start: u64,
    /// When the present try started.
    tried: u64,
    work: u64,
    pub parent: Parent,
    pub link: u32,
    pub instance: u32,
    /// Changes with every try and at the end: what carries an older one is too late.
    pub ticket: u32,
    /// Stamp of the event that ends the wait before a retry.
    pub wake: u32,
    pub attempt: u32,
    /// Tries that have not come back.
    pub pending: u32,
    /// Tries that were executed with success, seen or unseen.
    executed: u32,
    pub state: State,
    pub counted: bool,
}

/// Who made a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parent {
    /// A frame that waits with this ticket.
    Frame(u32, u32),
    /// A user: source, and which entry of its mix was asked for.
    User(u32, u32),
    /// A message, in this delivery of it.
    Message(u32, u32),
    /// Nobody any more.
    Gone,
}

/// What a call is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Waits for a connection of its pool.
    Pool,
    /// A try is under way.
    Trying,
    /// Waits before a retry.
    Backoff,
    /// Is over; tries may still come back.
    Done,
}

/// The state of an edge, over all instances of its caller.
#[derive(Clone, Debug)]
pub(super) struct EdgeState {
    /// Calls need no record.
    pub plain: bool,
    /// Nothing delays what is sent.
    pub direct: bool,
    /// The lane of its time-outs.
    pub lane: u32,
    pub first_instance: u32,
    pub instances: u32,
    /// Consumers of a queue call along it.
    pub consumes: bool,
    /// Added to the round trip by faults, in nanoseconds.
    pub delay: u64,
    /// Probability that a message is lost once.
    pub loss: f64,
    /// Nothing gets through.
    pub cut: bool,
    /// Frames held up while it is cut: tries on their way, and replies.
    pub held: Vec<(u32, u32)>,
    pub backoff: Stream,
    pub network: Stream,
}

/// What one instance of a caller keeps for an edge.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub breaker: Option<Breaker>,
    pub budget: BudgetState,
    /// Calls in progress, for the bulkhead.
    pub in_progress: u32,
    /// Connections in use.
    pub used: u32,
    /// Calls waiting for a connection: call, ticket, since when. Those that gave up are passed over.
    pub waiting: VecDeque<(u32, u32, u64)>,
}

impl Instance {
    pub(super) fn new(edge: &crate::plan::Edge) -> Instance {
        Instance {
            breaker: edge.breaker.as_ref().map(Breaker::new),
            budget: BudgetState::default(),
            in_progress: 0,
            used: 0,
            waiting: VecDeque::new(),
        }
    }
}

impl World<'_> {
    pub(super) fn build_edges(&mut self, seed: u64, replication: u32) {
        for (e, edge) in self.plan.edges.iter().enumerate() {
            let consumers = self.plan.topics.iter().flat_map(|t| &t.consumers);
            let consumes = consumers.into_iter().any(|c| self.plan.links[c.link.index()].edge.index() == e);
            let first_instance = self.instances.len() as u32;
            let stream = |purpose| Stream::new(seed, replication, &edge.name, purpose);
            self.instances.extend((0..edge.instances.max(1)).map(|_| Instance::new(edge)));
            self.edges.push(EdgeState {
                plain: edge.is_plain(),
                direct: edge.network.is_none() && edge.loss == 0.0,
                lane: NONE,
                first_instance,
                instances: edge.instances.max(1),
                consumes,
                delay: 0,
                loss: edge.loss,
                cut: false,
                held: Vec::new(),
                backoff: stream("backoff"),
                network: stream("network"),
            });
        }
    }

    /// Begins a call of a frame.
    pub(super) fn begin_call<P: Probe>(&mut self, f: u32, ticket: u32, link: LinkId, lot: Lot, probe: &mut P) {
        let frame = &self.frames[f];
        let counted = frame.has(COUNTED);
        let slot = &self.slots[frame.slot as usize];
        let replica = frame.slot - self.stations[slot.station as usize].first_slot;
        self.new_call(Parent::Frame(f, ticket), link, lot, replica, counted, probe);
    }

    /// Begins a call of whomever.
    pub(super) fn new_call<P: Probe>(
        &mut self,
        parent: Parent,
        link: LinkId,
        lot: Lot,
        replica: u32,
        counted: bool,
        probe: &mut P,
    ) {
        let edge = self.plan.links[link.index()].edge;
        let state = &self.edges[edge.index()];
        let instance = state.first_instance + replica.min(state.instances - 1);
        self.tallies.edges[edge.index()][usize::from(counted)].calls += 1;
        if let Some(budget) = self.plan.edges[edge.index()].retry.as_ref().and_then(|r| r.budget.as_ref()) {
            self.instances[instance as usize].budget.deposit(budget, SimTime(self.now));
        }
        let call = Call {
            lot: lot.0,
            start: self.now,
            tried: self.now,
            work: 0,
            parent,
            link: link.0,
            instance,
            ticket: self.calls.next_free().map_or(0, |old| old.ticket),
            wake: 0,
            attempt: 0,
            pending: 0,
            executed: 0,
            state: State::Trying,
            counted,
        };
        let c = self.calls.insert(call);
        self.try_call(c, probe);
    }

    /// Makes the next try.
    pub(super) fn try_call<P: Probe>(&mut self, c: u32, probe: &mut P) {
        let plan = self.plan;
        let now = self.now;
        let call = &mut self.calls[c];
        call.attempt += 1;
        call.ticket = call.ticket.wrapping_add(1);
        call.tried = now;
        call.state = State::Trying;
        let (ticket, counted) = (call.ticket, usize::from(call.counted));
        let e = plan.links[call.link as usize].edge.index();
        let instance = &mut self.instances[call.instance as usize];
        let tally = &mut self.tallies.edges[e][counted];
        tally.attempts += 1;
        tally.retries += u64::from(call.attempt > 1);
        let edge = &plan.edges[e];
        if let (Some(breaker), Some(spec)) = (&mut instance.breaker, &edge.breaker)
            && breaker.admit(spec, SimTime(now)) == Verdict::Refuse
        {
            tally.rejected += 1;
            return self.try_failed(c, Cause::BreakerOpen, probe);
        }
        if edge.bulkhead.is_some_and(|limit| instance.in_progress >= limit) {
            tally.rejected += 1;
            self.tell_breaker(c, true);
            return self.try_failed(c, Cause::BulkheadFull, probe);
        }
        instance.in_progress += 1;
        if edge.timeout.is_some() {
            self.set_timer(self.edges[e].lane, c, ticket);
        }
        if let Some(pool) = edge.pool {
            let instance = &mut self.instances[self.calls[c].instance as usize];
            if instance.used >= pool {
                instance.waiting.push_back((c, ticket, now));
                self.calls[c].state = State::Pool;
                return self.tallies.pools[e].waiting.raise(now);
            }
            self.connect(c, now);
        }
        self.send(c, probe);
    }

    /// Takes a connection of the pool for a call that has waited since `since`.
    fn connect(&mut self, c: u32, since: u64) {
        let call = &self.calls[c];
        let e = self.plan.links[call.link as usize].edge.index();
        self.instances[call.instance as usize].used += 1;
        let levels = &mut self.tallies.pools[e];
        levels.used.raise(self.now);
        if call.counted {
            levels.granted += 1;
            levels.waited.0 += self.now - since;
        }
    }

    /// A try has come back, wanted or not.
    pub(super) fn attempt_ended<P: Probe>(&mut self, frame: &Frame, probe: &mut P) {
        let c = frame.parent;
        let call = &mut self.calls[c];
        call.pending -= 1;
        let e = self.plan.links[call.link as usize].edge.index();
        let tally = &mut self.tallies.edges[e][usize::from(call.counted)];
        if frame.outcome.is_good() {
            call.executed += 1;
            if call.executed > 1 && !self.plan.edges[e].idempotent {
                tally.duplicates += 1;
            }
        }
        if call.state != State::Trying || call.ticket != frame.parent_ticket {
            tally.wasted_work.0 += frame.work;
            return self.forget_if_over(c);
        }
        call.work += frame.work;
        self.try_over(c);
        self.tell_breaker(c, !frame.outcome.is_good());
        match frame.outcome {
            Outcome::Failed(cause) => self.try_failed(c, cause, probe),
            good => self.end_call(c, good, probe),
        }
    }

    /// The caller's patience for one try is over.
    pub(super) fn patience_over<P: Probe>(&mut self, c: u32, probe: &mut P) {
        let call = &self.calls[c];
        let e = self.plan.links[call.link as usize].edge.index();
        self.tallies.edges[e][usize::from(call.counted)].timeouts += 1;
        // The timer has fired: it is not cancelled again.
        self.free_try(c);
        self.tell_breaker(c, true);
        self.try_failed(c, Cause::Timeout, probe);
    }

    /// A try came back in time: its timer is not needed any more, and what it held is free.
    fn try_over(&mut self, c: u32) {
        self.free_try(c);
        let e = self.plan.links[self.calls[c].link as usize].edge.index();
        if self.plan.edges[e].timeout.is_some() {
            self.cancel_timer(self.edges[e].lane);
        }
    }

    /// Gives back the permit and the connection, or the place in the line for one.
    fn free_try(&mut self, c: u32) {
        let call = &mut self.calls[c];
        call.ticket = call.ticket.wrapping_add(1);
        let waits = call.state == State::Pool;
        let (i, link) = (call.instance as usize, call.link as usize);
        let e = self.plan.links[link].edge.index();
        self.instances[i].in_progress -= 1;
        if self.plan.edges[e].pool.is_none() {
            return;
        }
        if waits {
            return self.tallies.pools[e].waiting.lower(self.now);
        }
        self.instances[i].used -= 1;
        self.tallies.pools[e].used.lower(self.now);
        while let Some((next, ticket, since)) = self.instances[i].waiting.pop_front() {
            if self.calls[next].ticket == ticket {
                self.tallies.pools[e].waiting.lower(self.now);
                self.connect(next, since);
                self.calls[next].state = State::Trying;
                return self.ready.push(Ready::Send(next));
            }
        }
    }

    fn tell_breaker(&mut self, c: u32, failed: bool) {
        let call = &self.calls[c];
        let e = self.plan.links[call.link as usize].edge.index();
        let instance = &mut self.instances[call.instance as usize];
        if let (Some(breaker), Some(spec)) = (&mut instance.breaker, &self.plan.edges[e].breaker) {
            let took = SimDuration(self.now - call.tried);
            if breaker.settle(spec, SimTime(self.now), failed, took) {
                self.tallies.edges[e][usize::from(call.counted)].breaker_opened += 1;
            }
        }
    }

    /// A try failed: try again, if the policy, the budget and the caller still want to, or fail.
    fn try_failed<P: Probe>(&mut self, c: u32, cause: Cause, probe: &mut P) {
        let call = &self.calls[c];
        let e = self.plan.links[call.link as usize].edge.index();
        let wanted = match call.parent {
            Parent::Frame(f, ticket) => self.frames[f].ticket == ticket,
            Parent::Gone => false,
            Parent::User(..) | Parent::Message(..) => true,
        };
        let Some(retry) = &self.plan.edges[e].retry else { return self.end_call(c, Outcome::Failed(cause), probe) };
        let instance = &mut self.instances[call.instance as usize];
        let again = call.attempt < retry.attempts
            && cause.is_retryable()
            && wanted
            && retry.budget.as_ref().is_none_or(|b| instance.budget.withdraw(b, SimTime(self.now)));
        if !again {
            return self.end_call(c, Outcome::Failed(cause), probe);
        }
        let wait = retry.wait(call.attempt, &mut self.edges[e].backoff).0;
        self.calls[c].state = State::Backoff;
        if wait == 0 {
            self.ready.push(Ready::Try(c));
        } else {
            let wake = self.schedule(wait, Class::Arrival, Kind::Retry, c);
            self.calls[c].wake = wake;
        }
    }

    /// A call is over, one way or the other: its maker is told.
    fn end_call<P: Probe>(&mut self, c: u32, outcome: Outcome, probe: &mut P) {
        let call = &mut self.calls[c];
        call.state = State::Done;
        call.ticket = call.ticket.wrapping_add(1);
        let call = *call;
        if !outcome.is_good() {
            let e = self.plan.links[call.link as usize].edge.index();
            self.tallies.edges[e][usize::from(call.counted)].failed += 1;
        }
        self.forget_if_over(c);
        match call.parent {
            Parent::Frame(f, ticket) if self.frames[f].ticket == ticket => self.resume(f, outcome, call.work),
            Parent::Frame(..) | Parent::Gone => {}
            Parent::User(source, asked) => self.answer(source, asked, &call, outcome, probe),
            Parent::Message(message, delivery) => self.delivery_over(message, delivery, call.link, outcome),
        }
    }

    /// The maker of a call is dead: nothing more is tried. What its instance held is reset as a whole.
    pub(super) fn orphan_call(&mut self, c: u32) {
        let call = &mut self.calls[c];
        let e = self.plan.links[call.link as usize].edge.index();
        let timed = matches!(call.state, State::Trying | State::Pool) && self.plan.edges[e].timeout.is_some();
        if call.state == State::Pool {
            self.tallies.pools[e].waiting.lower(self.now);
        } else if call.state == State::Trying && self.plan.edges[e].pool.is_some() {
            self.tallies.pools[e].used.lower(self.now);
        }
        call.state = State::Done;
        call.parent = Parent::Gone;
        call.wake = 0;
        call.ticket = call.ticket.wrapping_add(1);
        if timed {
            self.cancel_timer(self.edges[e].lane);
        }
        self.forget_if_over(c);
    }

    /// Frees the record when nothing refers to it any more.
    fn forget_if_over(&mut self, c: u32) {
        let call = &mut self.calls[c];
        if call.state == State::Done && call.pending == 0 {
            call.parent = Parent::Gone;
            self.calls.release(c);
        }
    }
}
