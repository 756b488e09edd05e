//! The network between caller and callee: delays, losses and cuts.

use super::agenda::{Class, Kind};
use super::call::State;
use super::edge::HEDGE;
use super::frame::{CALLED, COUNTED, Frame, Place};
use super::outcome::{Cause, Outcome};
use super::probe::{Maker, Mark, Probe};
use super::world::World;
use crate::plan::{EdgeId, LinkId};
use crate::random::Lot;
use crate::units::SimTime;

/// TCP's first retransmission time-out on an established connection (Linux: 200 ms, doubling).
const RETRANSMIT: u64 = 200_000_000;

impl World<'_> {
    /// Sends a try on its way.
    pub(super) fn send<P: Probe>(&mut self, c: u32, probe: &mut P) {
        let call = &mut self.calls[c];
        call.state = State::Trying;
        call.pending += 1;
        // Copies of one try share its number; the first one's lot does not depend on whether others follow.
        let copy = u32::from(call.sent) << 24;
        call.copies += 1;
        call.sent += 1;
        let sent = usize::from(call.sent - 1);
        let link = self.plan.links[call.link as usize];
        let (f, frame) = self.frames.claim(Frame::EMPTY);
        let flags = CALLED | call.priority | if call.counted { COUNTED } else { 0 };
        let entry = self.routes[call.link as usize].entry;
        frame.begin(Lot(call.lot).child(call.attempt | copy), entry, LinkId(call.link), flags);
        (frame.parent, frame.parent_ticket) = (c, call.ticket);
        call.frames[sent % 4] = f;
        let link_id = LinkId(call.link);
        probe.marks(SimTime(self.now), Mark::Sent { frame: f, link: link_id, maker: Maker::Call(c) });
        if self.edges[link.edge.index()].has & HEDGE != 0 {
            self.await_hedge(c);
        }
        let state = &self.edges[link.edge.index()];
        if state.direct {
            return self.arrive(f, probe);
        }
        if state.cut {
            let ticket = self.frames[f].ticket;
            return self.edges[link.edge.index()].held.push((f, ticket));
        }
        match self.one_way(link.edge) {
            0 => self.arrive(f, probe),
            delay => self.frames[f].wake = self.schedule(delay, Class::Arrival, Kind::Arrive, f),
        }
    }

    /// Sends a reply on its way.
    pub(super) fn send_reply<P: Probe>(&mut self, f: u32, edge: EdgeId, probe: &mut P) {
        if self.edges[edge.index()].cut {
            let ticket = self.frames[f].ticket;
            return self.edges[edge.index()].held.push((f, ticket));
        }
        match self.one_way(edge) + self.crossing(f) {
            0 => self.deliver(f, probe),
            delay => self.frames[f].wake = self.schedule(delay, Class::Completion, Kind::Reply, f),
        }
    }

    /// Half a round trip, and the waits for what was lost.
    pub(super) fn one_way(&mut self, edge: EdgeId) -> u64 {
        let state = &mut self.edges[edge.index()];
        let trip = self.plan.edges[edge.index()].network.map_or(0, |network| {
            let stream = &mut state.network;
            self.plan.dists[network.index()].sample(stream).0
        });
        let mut delay = (trip + state.delay) / 2;
        let mut wait = RETRANSMIT;
        while state.network.chance(state.loss) && wait < RETRANSMIT << 8 {
            delay += wait;
            wait *= 2;
        }
        delay
    }

    /// A cut has healed, or nothing is held: what was under way is lost, and its connections are reset.
    pub(super) fn drop_held<P: Probe>(&mut self, e: usize, probe: &mut P) {
        for (f, ticket) in std::mem::take(&mut self.edges[e].held) {
            if self.frames[f].ticket != ticket {
                continue;
            }
            self.frames[f].outcome = Outcome::Failed(Cause::Reset);
            self.frames[f].ticket = ticket.wrapping_add(1);
            debug_assert!(matches!(self.frames[f].place, Place::Transit | Place::Replying));
            self.deliver(f, probe);
        }
    }
}
