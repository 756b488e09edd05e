//! Transactions: a connection that a request keeps while it does other things.
//!
//! A transaction begins as a call, with all that the caller's policy says of calls. The frame that serves it does not answer by
//! ending: it holds ([`crate::plan::Step::Hold`]), and so keeps its worker at the server and, through the record of its call,
//! the connection of the caller's pool. Queries of the transaction run on its replica without a worker of their own. It goes
//! on, and ends, when its client commits, fails or dies.

use super::super::agenda::{Class, Kind};
use super::super::call::{Parent, State};
use super::super::frame::{ASKED, CALLED, HANDS, INSIDE, NONE};
use super::super::outcome::{Cause, Outcome};
use super::super::probe::Probe;
use super::super::world::{Ready, World};

impl World<'_> {
    /// The server has begun a transaction: says so to the caller, and keeps the connection. False when nobody is there to
    /// hear it: then it is over.
    pub(in super::super) fn hold<P: Probe>(&mut self, s: u32, probe: &mut P) -> bool {
        let edge = self.plan.links[self.frames[s].link as usize].edge;
        if self.edges[edge.index()].cut {
            return false;
        }
        let delay = if self.edges[edge.index()].direct { 0 } else { self.one_way(edge) };
        if delay == 0 {
            return self.begun(s, probe);
        }
        self.frames[s].wake = self.schedule(delay, Class::Completion, Kind::Begun, s);
        true
    }

    /// The word that a transaction has begun has crossed the network; if nobody is there to hear it, it is over.
    pub(in super::super) fn begun_due<P: Probe>(&mut self, s: u32, stamp: u32, probe: &mut P) {
        if self.frames[s].wake == stamp && !self.begun(s, probe) {
            self.ready.push(Ready::Run(s));
        }
    }

    /// The caller hears that its transaction has begun. False when it has given up meanwhile.
    fn begun<P: Probe>(&mut self, s: u32, probe: &mut P) -> bool {
        let frame = self.frames[s];
        let (client, ticket, work) = if frame.has(CALLED) {
            match self.open_call(s, probe) {
                Some(found) => found,
                None => return false,
            }
        } else if frame.has(ASKED) {
            return false;
        } else {
            (frame.parent, frame.parent_ticket, 0)
        };
        if self.frames[client].ticket != ticket {
            return false;
        }
        self.holdings.hand_mut(client).session = s;
        self.holdings.hand_mut(s).client = client;
        self.frames[client].flags |= HANDS;
        self.frames[s].flags |= HANDS;
        self.resume(client, Outcome::Succeeded, work, probe);
        true
    }

    /// The call of a transaction has its answer, and goes on to hold what it holds. Returns its maker.
    fn open_call<P: Probe>(&mut self, s: u32, probe: &mut P) -> Option<(u32, u32, u64)> {
        let c = self.frames[s].parent;
        let call = self.calls[c];
        let Parent::Frame(client, ticket) = call.parent else { return None };
        if call.state != State::Trying || call.ticket != self.frames[s].parent_ticket {
            return None;
        }
        if self.frames[client].ticket != ticket {
            return None;
        }
        self.cancel_waits(c, State::Trying);
        self.tell_guards(c, Outcome::Succeeded);
        self.end_retry(c);
        let e = call.edge as usize;
        let open = &mut self.calls[c];
        open.state = State::Open;
        open.ticket = call.ticket.wrapping_add(1);
        (open.wake, open.expire) = (0, 0);
        open.parent = Parent::Gone;
        self.frames[s].parent_ticket = open.ticket;
        if std::mem::take(&mut open.timed) {
            self.cancel_timer(self.edges[e].deadline_lane);
        }
        if self.plan.edges[e].timeout.is_some() {
            self.cancel_timer(self.edges[e].lane);
        }
        if self.cancels {
            self.family.orphan_call(c);
        }
        // Copies that lost.
        while self.calls[c].copies > 1 {
            self.free_copy(c);
        }
        self.notify(c, call.ticket, probe);
        Some((client, ticket, call.work))
    }

    /// A client commits: it waits for the server's answer. False when its transaction is gone.
    pub(in super::super) fn commit(&mut self, f: u32) -> bool {
        let s = std::mem::replace(&mut self.holdings.hand_mut(f).session, NONE);
        if s == NONE {
            return false;
        }
        self.holdings.hand_mut(s).client = NONE;
        let frame = &mut self.frames[f];
        (frame.need, frame.spare) = (1, 0);
        let ticket = frame.ticket;
        self.pause(f);
        if self.frames[s].has(CALLED) {
            let c = self.frames[s].parent;
            self.calls[c].parent = Parent::Frame(f, ticket);
        } else {
            self.frames[s].parent_ticket = ticket;
        }
        self.wake_session(s);
        true
    }

    /// A client ends without a commit: the server undoes what was done.
    pub(super) fn roll_back(&mut self, f: u32) {
        let s = std::mem::replace(&mut self.holdings.hand_mut(f).session, NONE);
        if s != NONE {
            self.holdings.hand_mut(s).client = NONE;
            // Behind the step that settles what was done.
            self.frames[s].pc += 1;
            self.wake_session(s);
        }
    }

    /// The word of the client crosses the network.
    fn wake_session(&mut self, s: u32) {
        let edge = self.plan.links[self.frames[s].link as usize].edge;
        let state = &self.edges[edge.index()];
        let delay = if state.direct || state.cut { 0 } else { self.one_way(edge) };
        if delay == 0 {
            self.ready.push(Ready::Run(s));
        } else {
            self.frames[s].wake = self.schedule(delay, Class::Arrival, Kind::Done, s);
        }
    }

    /// A session ends by itself: its client will find it gone.
    pub(in super::super) fn end_session(&mut self, s: u32) {
        let client = std::mem::replace(&mut self.holdings.hand_mut(s).client, NONE);
        if client != NONE {
            self.holdings.hand_mut(client).session = NONE;
        }
    }

    /// The record of a transaction's call is free, and the connection with it.
    pub(in super::super) fn session_over<P: Probe>(&mut self, c: u32, outcome: Outcome, probe: &mut P) {
        self.free_try(c);
        if let Outcome::Failed(cause) = outcome {
            self.connection_ended(c, cause);
        }
        self.end_call(c, outcome, probe);
    }

    /// A query of a transaction reaches the server: it runs on the connection that is kept.
    #[cold]
    pub(in super::super) fn arrive_inside<P: Probe>(&mut self, f: u32, probe: &mut P) {
        let s = self.session_of(f);
        if s == NONE {
            return self.finish(f, Outcome::Failed(Cause::Reset), probe);
        }
        let frame = &mut self.frames[f];
        frame.flags |= INSIDE;
        self.frames[f].slot = self.frames[s].slot;
        self.come_to(f);
        self.ready.push(Ready::Run(f));
    }

    /// The session that a frame's caller, or a caller of its branches, has.
    pub(super) fn session_of(&self, f: u32) -> u32 {
        let frame = &self.frames[f];
        let (mut at, mut ticket) = if frame.has(CALLED) {
            let call = &self.calls[frame.parent];
            match call.parent {
                Parent::Frame(client, ticket) if call.ticket == frame.parent_ticket => (client, ticket),
                _ => return NONE,
            }
        } else {
            (frame.parent, frame.parent_ticket)
        };
        loop {
            let client = &self.frames[at];
            if client.ticket != ticket {
                return NONE;
            }
            let session = self.holdings.hand(at).session;
            if session != NONE || !client.is_branch() {
                return session;
            }
            (at, ticket) = (client.parent, client.parent_ticket);
        }
    }
}
