//! The straight way of a call: along an edge whose policy has nothing but a time-out and retries without a budget, with
//! nothing on the way that delays it. What `call`, `guard`, `gate` and `transit` do one after the other for any policy is
//! done here in one piece; whatever does not go straight on goes their way.

use super::call::{Call, Made, Parent, State};
use super::frame::{CALLED, COUNTED, Frame, NONE};
use super::outcome::Outcome;
use super::probe::{Maker, Mark, Probe};
use super::world::World;
use crate::plan::LinkId;
use crate::random::Lot;
use crate::units::SimTime;

impl World<'_> {
    /// Begins a call, and its first try. Returns the frame of that if it can run.
    #[inline(always)]
    pub(super) fn call_straight<P: Probe>(&mut self, link: LinkId, made: Made, probe: &mut P) -> u32 {
        let route = &self.routes[link.index()];
        let (e, entry, lane) = (route.edge, route.entry, route.lane);
        let instance = route.first_instance + made.replica.min(route.instances - 1);
        let tally = &mut self.tallies.edges[e as usize][usize::from(made.counted)];
        tally.calls += 1;
        tally.attempts += 1;
        let priority = if self.ranks { self.priority_of(made.parent) } else { 0 };
        let (c, call) = self.calls.claim(Call::BLANK);
        call.begin(made, link.0, e, instance, self.now);
        call.priority = priority;
        call.ticket = call.ticket.wrapping_add(1);
        (call.attempt, call.pending, call.copies, call.sent) = (1, 1, 1, 1);
        call.state = State::Trying;
        let ticket = call.ticket;
        let at = SimTime(self.now);
        let maker = made.parent.maker();
        probe.marks(at, Mark::Calls { call: c, link, maker, start: SimTime(made.start) });
        probe.marks(at, Mark::Tries { call: c, attempt: 1 });
        let (f, frame) = self.frames.claim(Frame::EMPTY);
        let counted = if made.counted { COUNTED } else { 0 };
        frame.begin(Lot(made.lot.0).child(1), entry, link, CALLED | priority | counted);
        (frame.parent, frame.parent_ticket) = (c, ticket);
        probe.marks(at, Mark::Sent { frame: f, link, maker: Maker::Call(c) });
        if lane != NONE {
            self.set_timer(lane, c, ticket);
        }
        self.arrive_here(f, probe)
    }

    /// The try that a call waits for has succeeded. False, with nothing done, unless it is all that is left of the call.
    #[inline]
    pub(super) fn end_straight<P: Probe>(
        &mut self,
        c: u32,
        ticket: u32,
        outcome: Outcome,
        work: u64,
        p: &mut P,
    ) -> bool {
        let call = &mut self.calls[c];
        let route = &self.routes[call.link as usize];
        let alone = call.pending == 1 && call.executed == 0;
        if !route.straight || !alone || call.ticket != ticket || call.state != State::Trying || !outcome.is_good() {
            return false;
        }
        call.ticket = ticket.wrapping_add(1);
        call.state = State::Done;
        let (parent, start, counted) = (std::mem::replace(&mut call.parent, Parent::Gone), call.start, call.counted);
        let (work, link) = (call.work + work, call.link);
        let lane = route.lane;
        p.marks(SimTime(self.now), Mark::CallEnded { call: c, outcome });
        self.calls.release(c);
        if lane != NONE {
            self.cancel_timer(lane);
        }
        self.tell_maker(parent, link, start, counted, outcome, work, p);
        true
    }
}
