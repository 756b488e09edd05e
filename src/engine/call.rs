//! Calls with a policy: one try after the other, until the policy, its maker or an answer ends them.
//!
//! A try passes the guards (kill switch, throttle, breaker, rate limit), then the gates (bulkhead, pool), and is sent as
//! a frame. Whatever a try holds is given back by [`World::free_try`], however it ends.

use super::agenda::{Class, Kind};
use super::edge::{BUDGET, CANCELS, DEADLINE, GUARDS, TIMEOUT};
use super::frame::{COUNTED, NONE};
use super::outcome::{Cause, Outcome};
use super::probe::{Maker, Mark, Probe};
use super::world::{Ready, World};
use crate::plan::{LinkId, SourceId};
use crate::random::Lot;
use crate::units::{SimDuration, SimTime};

/// One call with a policy, or one request of a user, or one delivery of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub lot: u64,
    /// When the call was meant to start.
    pub start: u64,
    /// When the present try started.
    pub tried: u64,
    /// When the whole call must be over; `u64::MAX` for never.
    pub deadline: u64,
    pub work: u64,
    pub parent: Parent,
    pub link: u32,
    /// The edge of its link.
    pub edge: u32,
    pub instance: u32,
    /// Changes with every try and at the end: what carries an older one is too late.
    pub ticket: u32,
    /// The ticket it was born with: tells it from others that had its place in the arena.
    pub born: u32,
    /// Stamp of the event that ends the wait before a retry, or for a connection to open.
    pub wake: u32,
    /// Stamp of the event of an inherited deadline.
    pub expire: u32,
    pub attempt: u32,
    /// Tries that have not come back, wanted or not.
    pub pending: u32,
    /// Copies of the present try that are wanted and have not come back; each holds a connection.
    pub copies: u8,
    /// Copies of the present try sent so far.
    pub sent: u8,
    /// Tries that were executed with success, seen or unseen.
    pub executed: u32,
    /// The breaker's generation when the present try was admitted.
    pub generation: u32,
    /// Frames of the last tries, in turn, for those that may be cancelled.
    pub frames: [u32; 4],
    last_wait: u64,
    /// A further copy is due after a wait.
    pub hedging: bool,
    /// The timer of its own deadline runs.
    pub timed: bool,
    pub state: State,
    pub counted: bool,
    /// As flags of the frames it sends.
    pub priority: u16,
}

impl Call {
    /// A call with nothing in it.
    pub(super) const BLANK: Call = Call {
        lot: 0,
        start: 0,
        tried: 0,
        deadline: u64::MAX,
        work: 0,
        parent: Parent::Gone,
        link: NONE,
        edge: NONE,
        instance: NONE,
        ticket: 0,
        born: 0,
        wake: 0,
        expire: 0,
        attempt: 0,
        pending: 0,
        copies: 0,
        sent: 0,
        executed: 0,
        generation: 0,
        frames: [NONE; 4],
        last_wait: 0,
        hedging: false,
        timed: false,
        state: State::Granted,
        counted: false,
        priority: 0,
    };

    /// Begins a new call in the place of an old one, whose ticket it goes on from. What every try sets anew stays.
    #[inline(always)]
    pub(super) fn begin(&mut self, made: Made, link: u32, edge: u32, instance: u32, now: u64) {
        self.lot = made.lot.0;
        self.start = made.start;
        self.tried = now;
        self.deadline = u64::MAX;
        self.work = 0;
        self.parent = made.parent;
        (self.link, self.edge, self.instance) = (link, edge, instance);
        self.born = self.ticket;
        (self.wake, self.expire, self.attempt, self.pending) = (0, 0, 0, 0);
        (self.executed, self.generation, self.last_wait) = (0, 0, 0);
        self.frames = [NONE; 4];
        (self.hedging, self.timed, self.counted) = (false, false, made.counted);
        self.state = State::Granted;
    }
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

impl Parent {
    /// As probes are told.
    #[inline(always)]
    pub(super) fn maker(self) -> Maker {
        match self {
            Parent::Frame(f, _) => Maker::Frame(f),
            Parent::User(source, asked) => Maker::User(SourceId(source), asked),
            Parent::Message(..) => Maker::Message,
            Parent::Gone => Maker::Nobody,
        }
    }
}

/// Who makes a call, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made {
    pub parent: Parent,
    /// What it chooses by.
    pub lot: Lot,
    /// Which replica of the caller makes it.
    pub replica: u32,
    /// When it was meant to start.
    pub start: u64,
    pub counted: bool,
}

/// What a call is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Waits for the permit of a rate limit that it has reserved.
    Reserved,
    /// Waits for a permit of its bulkhead.
    Permit,
    /// Has a permit, waits for a connection of its pool.
    Pool,
    /// Has a permit, and goes on at this instant.
    Granted,
    /// Has a connection too, and goes on at this instant.
    Connected,
    /// Its connection is being opened.
    Connecting,
    /// Its connection cannot be opened: the server, or a pooler, has as many clients as it takes.
    Barred,
    /// A try is under way.
    Trying,
    /// Has begun a transaction, which holds its connection.
    Open,
    /// Waits before a retry.
    Backoff,
    /// Is over; tries may still come back.
    Done,
}

impl World<'_> {
    /// Begins a call of a frame.
    pub(super) fn begin_call<P: Probe>(&mut self, f: u32, ticket: u32, link: LinkId, lot: Lot, probe: &mut P) {
        let frame = &self.frames[f];
        let counted = frame.has(COUNTED);
        let slot = &self.slots[frame.slot as usize];
        let replica = frame.slot - self.stations[slot.station as usize].first_slot;
        let made = Made { parent: Parent::Frame(f, ticket), lot, replica, start: self.now, counted };
        self.new_call(link, made, probe);
    }

    /// Begins a call of whomever.
    pub(super) fn new_call<P: Probe>(&mut self, link: LinkId, made: Made, probe: &mut P) {
        let Made { parent, replica, counted, .. } = made;
        let route = &self.routes[link.index()];
        if route.straight {
            let f = self.call_straight(link, made, probe);
            return self.run_last(f);
        }
        let edge = route.edge;
        let e = edge as usize;
        let state = &self.edges[e];
        let has = state.has;
        let instance = state.first_instance + replica.min(state.instances - 1);
        self.tallies.edges[e][usize::from(counted)].calls += 1;
        if has & BUDGET != 0
            && let Some(budget) = self.plan.edges[e].retry.as_ref().and_then(|r| r.budget.as_ref())
        {
            self.instances[instance as usize].budget.deposit(budget, SimTime(self.now));
        }
        let priority = if self.ranks { self.priority_of(parent) } else { 0 };
        let (c, call) = self.calls.claim(Call::BLANK);
        call.begin(made, link.0, edge, instance, self.now);
        call.priority = priority;
        let maker = parent.maker();
        probe.marks(SimTime(self.now), Mark::Calls { call: c, link, maker, start: SimTime(made.start) });
        if self.cancels
            && let Parent::Frame(f, _) = parent
        {
            self.family.adopt_call(f, c);
        }
        if has & DEADLINE != 0 || self.propagates {
            self.set_deadline(c);
        }
        self.try_call(c, probe);
    }

    /// Makes the next try.
    pub(super) fn try_call<P: Probe>(&mut self, c: u32, probe: &mut P) {
        let now = self.now;
        let call = &mut self.calls[c];
        call.attempt += 1;
        call.ticket = call.ticket.wrapping_add(1);
        call.tried = now;
        (call.copies, call.sent) = (0, 0);
        let counted = usize::from(call.counted);
        let retried = call.attempt > 1;
        probe.marks(SimTime(now), Mark::Tries { call: c, attempt: call.attempt });
        let (e, late) = (call.edge as usize, call.deadline <= now);
        let tally = &mut self.tallies.edges[e][counted];
        tally.attempts += 1;
        tally.retries += u64::from(retried);
        if retried && self.edges[e].has & BUDGET != 0 {
            let i = self.calls[c].instance as usize;
            self.instances[i].retries += 1;
        }
        if late {
            return self.refuse(c, Cause::Deadline, probe);
        }
        if self.edges[e].has & GUARDS != 0 && !self.pass_guards(c, probe) {
            return;
        }
        if let Some(cause) = self.enter_bulkhead(c, probe) {
            self.tell_breaker(c, true);
            self.refuse(c, cause, probe);
        }
    }

    /// Asks what may refuse a try. False when it does not go on to the gates now.
    #[inline(never)]
    fn pass_guards<P: Probe>(&mut self, c: u32, probe: &mut P) -> bool {
        let (e, counted) = (self.calls[c].edge as usize, usize::from(self.calls[c].counted));
        if let Some(switch) = self.plan.edges[e].kill_switch.filter(|switch| self.is_switched_off(c, switch)) {
            self.end_retry(c);
            let outcome = if switch.skip { Outcome::Degraded } else { Outcome::Failed(Cause::SwitchedOff) };
            self.tallies.edges[e][counted].rejected += 1;
            self.end_call(c, outcome, probe);
            return false;
        }
        match self.guarded(c) {
            Ok(SimDuration::ZERO) => return true,
            Ok(wait) => self.await_permit(c, wait),
            Err(cause) => self.refuse(c, cause, probe),
        }
        false
    }

    /// A try was refused on the caller's side.
    pub(super) fn refuse<P: Probe>(&mut self, c: u32, cause: Cause, probe: &mut P) {
        self.end_retry(c);
        let call = &self.calls[c];
        let e = call.edge as usize;
        self.tallies.edges[e][usize::from(call.counted)].rejected += 1;
        self.try_failed(c, cause, probe);
    }

    /// A try has come back, wanted or not.
    pub(super) fn attempt_ended<P: Probe>(&mut self, c: u32, ticket: u32, outcome: Outcome, work: u64, probe: &mut P) {
        if self.end_straight(c, ticket, outcome, work, probe) {
            return;
        }
        let call = &mut self.calls[c];
        call.pending -= 1;
        let e = call.edge as usize;
        let tally = &mut self.tallies.edges[e][usize::from(call.counted)];
        if outcome.is_good() {
            call.executed += 1;
            if call.executed > 1 && !self.plan.edges[e].idempotent {
                tally.duplicates += 1;
            }
        }
        let own = call.ticket == ticket;
        if call.state == State::Open && own {
            return self.session_over(c, outcome, probe);
        }
        if call.state != State::Trying || !own {
            tally.wasted_work.0 += work;
            return self.forget_if_over(c);
        }
        call.work += work;
        if let Outcome::Failed(cause) = outcome {
            self.connection_ended(c, cause);
            if self.goes_on(c, cause, probe) {
                return;
            }
        }
        self.try_over(c);
        self.tell_guards(c, outcome);
        self.end_retry(c);
        // Copies that lost.
        if self.edges[e].has & CANCELS != 0 {
            self.notify(c, ticket, probe);
        }
        match outcome {
            Outcome::Failed(cause) => self.try_failed(c, cause, probe),
            good => self.end_call(c, good, probe),
        }
    }

    /// The caller's patience for one try is over.
    pub(super) fn patience_over<P: Probe>(&mut self, c: u32, probe: &mut P) {
        let call = &self.calls[c];
        let (e, ticket) = (call.edge as usize, call.ticket);
        self.tallies.edges[e][usize::from(call.counted)].timeouts += 1;
        // The timer has fired: it is not cancelled again.
        self.free_try(c);
        self.tell_guards(c, Outcome::Failed(Cause::Timeout));
        self.end_retry(c);
        self.notify(c, ticket, probe);
        self.try_failed(c, Cause::Timeout, probe);
    }

    /// A try came back in time: its timer is not needed any more, and what it held is free.
    pub(super) fn try_over(&mut self, c: u32) {
        self.free_try(c);
        let e = self.calls[c].edge as usize;
        if self.edges[e].has & TIMEOUT != 0 {
            self.cancel_timer(self.edges[e].lane);
        }
    }

    /// A try failed: try again, if the policy, the budget and the caller still want to, or fail.
    pub(super) fn try_failed<P: Probe>(&mut self, c: u32, cause: Cause, probe: &mut P) {
        let now = self.now;
        probe.marks(SimTime(now), Mark::TryFailed { call: c, cause });
        let call = &self.calls[c];
        let e = call.edge as usize;
        let wanted = match call.parent {
            Parent::Frame(f, ticket) => self.frames[f].ticket == ticket,
            Parent::Gone => false,
            Parent::User(..) | Parent::Message(..) => true,
        };
        let Some(retry) = &self.plan.edges[e].retry else { return self.end_call(c, Outcome::Failed(cause), probe) };
        let instance = &mut self.instances[call.instance as usize];
        let after_timeout = cause == Cause::Timeout;
        let again = call.attempt < retry.attempts
            && cause.is_retryable()
            && retry.is_on(cause as u32)
            && wanted
            && retry.budget.as_ref().is_none_or(|b| {
                instance.budget.withdraw(b, SimTime(now), after_timeout, instance.permits.used, instance.retries)
            });
        if !again {
            return self.end_call(c, Outcome::Failed(cause), probe);
        }
        let wait = retry.wait(call.attempt, SimDuration(call.last_wait), &mut self.edges[e].backoff).0;
        let call = &mut self.calls[c];
        call.state = State::Backoff;
        call.last_wait = wait;
        if wait == 0 {
            self.ready.push(Ready::Try(c, self.calls[c].ticket));
        } else {
            let wake = self.schedule(wait, Class::Arrival, Kind::Retry, c);
            self.calls[c].wake = wake;
        }
    }

    /// A retry, if this try was one, is over.
    pub(super) fn end_retry(&mut self, c: u32) {
        let call = &self.calls[c];
        if call.attempt > 1 && self.edges[call.edge as usize].has & BUDGET != 0 {
            self.instances[call.instance as usize].retries -= 1;
        }
    }

    /// A call is over, one way or the other: its maker is told.
    pub(super) fn end_call<P: Probe>(&mut self, c: u32, outcome: Outcome, probe: &mut P) {
        probe.marks(SimTime(self.now), Mark::CallEnded { call: c, outcome });
        self.close(c);
        let call = &self.calls[c];
        let (parent, link, start, counted, work) = (call.parent, call.link, call.start, call.counted, call.work);
        if !outcome.is_good() {
            self.tallies.edges[call.edge as usize][usize::from(counted)].failed += 1;
        }
        self.forget_if_over(c);
        self.tell_maker(parent, link, start, counted, outcome, work, probe);
    }

    /// Tells whoever made a call how it ended.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "what is left of a record that is free already")]
    pub(super) fn tell_maker<P: Probe>(
        &mut self,
        parent: Parent,
        link: u32,
        start: u64,
        counted: bool,
        outcome: Outcome,
        work: u64,
        probe: &mut P,
    ) {
        match parent {
            Parent::Frame(f, ticket) if self.frames[f].ticket == ticket => self.resume(f, outcome, work, probe),
            Parent::Frame(..) | Parent::Gone => {}
            Parent::User(source, asked) => self.answer(source, asked, start, counted, outcome, probe),
            Parent::Message(message, delivery) => self.delivery_over(message, delivery, link, outcome),
        }
    }

    /// The record takes no more part in anything, but for tries that come back.
    pub(super) fn close(&mut self, c: u32) {
        let call = &mut self.calls[c];
        call.state = State::Done;
        call.ticket = call.ticket.wrapping_add(1);
        (call.wake, call.expire) = (0, 0);
        let e = call.edge as usize;
        if self.cancels {
            self.family.orphan_call(c);
        }
        if std::mem::take(&mut self.calls[c].timed) {
            self.cancel_timer(self.edges[e].deadline_lane);
        }
    }

    /// The maker of a call is dead: nothing more is tried. What its instance held is reset as a whole.
    pub(super) fn orphan_call(&mut self, c: u32) {
        let call = self.calls[c];
        let e = call.edge as usize;
        let pooled = self.plan.edges[e].pool.is_some();
        let now = self.now;
        match call.state {
            State::Pool => self.tallies.pools[e].waiting.lower(now),
            State::Connected | State::Connecting | State::Barred => self.tallies.pools[e].used.lower(now),
            State::Trying | State::Open if pooled => {
                (0..call.copies).for_each(|_| self.tallies.pools[e].used.lower(now));
            }
            _ => {}
        }
        let entered = !matches!(call.state, State::Reserved | State::Open | State::Backoff | State::Done);
        if entered && self.plan.edges[e].timeout.is_some() {
            // The ticket changes first, so that the lane knows which timers to keep.
            self.calls[c].ticket = call.ticket.wrapping_add(1);
            self.cancel_timer(self.edges[e].lane);
        }
        self.cancel_waits(c, call.state);
        self.close(c);
        self.calls[c].parent = Parent::Gone;
        self.forget_if_over(c);
    }

    /// Frees the record when nothing refers to it any more.
    pub(super) fn forget_if_over(&mut self, c: u32) {
        let call = &mut self.calls[c];
        if call.state == State::Done && call.pending == 0 {
            call.parent = Parent::Gone;
            self.calls.release(c);
        }
    }
}
