//! Calls with a policy: one try after the other, until the policy, its maker or an answer ends them.
//!
//! A try passes the guards (kill switch, throttle, breaker, rate limit), then the gates (bulkhead, pool), and is sent as
//! a frame. Whatever a try holds is given back by [`World::free_try`], however it ends.

use super::agenda::{Class, Kind};
use super::frame::{COUNTED, NONE};
use super::gate::Gate;
use super::outcome::{Cause, Outcome};
use super::probe::Probe;
use super::world::{Ready, World};
use crate::plan::{Edge, LinkId};
use crate::policies::{AdmissionState, Breaker, Bucket, BudgetState, ThrottleState};
use crate::random::{Lot, Stream};
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

/// The state of an edge, over all instances of its caller.
#[derive(Clone, Debug)]
pub(super) struct EdgeState {
    /// Calls need no record.
    pub plain: bool,
    /// What its policy has: [`GUARDS`] and the others.
    pub has: u16,
    /// Its policy has nothing but a time-out and retries, and nobody tells anybody of deadlines or gives up aloud.
    pub straight: bool,
    /// Nothing delays what is sent.
    pub direct: bool,
    /// The lanes of its time-outs, of its deadline, of the waits for a permit and for a connection, and of its hedges.
    pub lane: u32,
    pub deadline_lane: u32,
    pub permit_lane: u32,
    pub pool_lane: u32,
    pub hedge_lane: u32,
    pub first_instance: u32,
    pub instances: u32,
    /// The station that counts the connections of its pools, or `NONE`.
    pub server: u32,
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
    pub connect: Stream,
    pub throttle: Stream,
    pub admission: Stream,
    /// Of a rate limit over all instances.
    pub bucket: Option<Bucket>,
}

/// Something may refuse a try before it reaches the gates, or learns from how it ends.
pub(super) const GUARDS: u16 = 1;
/// Retries have a budget.
pub(super) const BUDGET: u16 = 2;
/// Tries have a time-out.
pub(super) const TIMEOUT: u16 = 4;
/// Whole calls have a deadline.
pub(super) const DEADLINE: u16 = 8;
/// Permits are limited.
pub(super) const BULKHEAD: u16 = 16;
/// Connections are.
pub(super) const POOL: u16 = 32;
/// Somebody asks how many permits are in use: a bulkhead or a budget.
pub(super) const COUNTS: u16 = BULKHEAD | BUDGET;
/// Further copies may be sent.
pub(super) const HEDGE: u16 = 64;
/// The callee hears that its caller has given up.
pub(super) const CANCELS: u16 = 128;

/// What the policy of an edge has, in one look: what it has not costs no more than that.
fn features(edge: &Edge) -> u16 {
    let guarded = edge.kill_switch.is_some()
        || edge.throttle.is_some()
        || edge.admission_control.is_some()
        || edge.breaker.is_some()
        || edge.rate_limit.is_some();
    let all = [
        (GUARDS, guarded),
        (BUDGET, edge.retry.as_ref().is_some_and(|retry| retry.budget.is_some())),
        (TIMEOUT, edge.timeout.is_some()),
        (DEADLINE, edge.deadline.is_some()),
        (BULKHEAD, edge.bulkhead.is_some()),
        (POOL, edge.pool.is_some()),
        (HEDGE, edge.hedge.is_some()),
        (CANCELS, edge.cancellation),
    ];
    all.into_iter().filter(|(_, has)| *has).fold(0, |sum, (bit, _)| sum | bit)
}

/// What one instance of a caller keeps for an edge.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub breaker: Option<Breaker>,
    pub budget: BudgetState,
    pub throttle: ThrottleState,
    pub admission: AdmissionState,
    pub bucket: Option<Bucket>,
    /// Permits of the bulkhead; without one, calls in progress, where a budget asks for them.
    pub permits: Gate,
    /// Connections of the pool.
    pub pool: Gate,
    /// Connections that are open, in use or idle; only where opening one takes time, or the server takes only so many.
    pub open: u32,
    /// Retries in progress, where a budget asks for them.
    pub retries: u32,
}

impl Instance {
    pub(super) fn new(edge: &Edge) -> Instance {
        Instance {
            breaker: edge.breaker.as_ref().map(|_| Breaker::new()),
            budget: BudgetState::default(),
            throttle: ThrottleState::default(),
            admission: AdmissionState::default(),
            bucket: edge.rate_limit.as_ref().filter(|limit| limit.per_replica).map(Bucket::new),
            permits: Gate::default(),
            pool: Gate::default(),
            open: 0,
            retries: 0,
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
                has: features(edge),
                straight: features(edge) & !TIMEOUT == 0 && !self.cancels && !self.propagates,
                direct: edge.network.is_none() && edge.loss == 0.0,
                lane: NONE,
                deadline_lane: NONE,
                permit_lane: NONE,
                pool_lane: NONE,
                hedge_lane: NONE,
                first_instance,
                instances: edge.instances.max(1),
                server: self.server_of(edge),
                consumes,
                delay: 0,
                loss: edge.loss,
                cut: false,
                held: Vec::new(),
                backoff: stream("backoff"),
                network: stream("network"),
                connect: stream("connect"),
                throttle: stream("throttle"),
                admission: stream("admission"),
                bucket: edge.rate_limit.as_ref().filter(|limit| !limit.per_replica).map(Bucket::new),
            });
        }
    }

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
            return self.call_straight(link, made, probe);
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
