//! Cancellation: callees that are told when nobody waits for them any more, and stop.
//!
//! A notice takes half a round trip, as everything does. What is stopped gives back what it holds and tells those it had
//! called in its turn. Without `cancellation` on an edge none of this happens: the callee works on for nobody.

use super::agenda::{Class, Kind};
use super::call::{Parent, State};
use super::frame::{CALLED, NONE, Place};
use super::outcome::{Cause, Outcome};
use super::probe::{Mark, Probe};
use super::world::{Ready, World};
use crate::units::SimTime;

/// Whom each frame waits for: its calls and its branches, in lists through two arrays. Kept only for plans that cancel.
#[derive(Clone, Debug, Default)]
pub(super) struct Family {
    /// The first child of each frame.
    first: Vec<u32>,
    /// Neighbours of each child, and its frame. A child is a call (even) or a branch (odd).
    links: Vec<[u32; 3]>,
}

/// A notice on its way: the frame it is for, and the call and try it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notice {
    frame: u32,
    call: u32,
    ticket: u32,
}

/// A child of a frame.
#[derive(Clone, Copy, Debug)]
enum Child {
    Call(u32),
    Branch(u32),
}

impl Family {
    pub(super) fn adopt_call(&mut self, frame: u32, call: u32) {
        self.adopt(frame, 2 * call);
    }

    pub(super) fn adopt_branch(&mut self, frame: u32, branch: u32) {
        self.adopt(frame, 2 * branch + 1);
    }

    pub(super) fn orphan_call(&mut self, call: u32) {
        self.orphan(2 * call);
    }

    pub(super) fn orphan_branch(&mut self, branch: u32) {
        self.orphan(2 * branch + 1);
    }

    /// A frame ends: it leaves its parent's list, and its own children have no parent any more.
    pub(super) fn leave(&mut self, frame: u32) {
        self.orphan_branch(frame);
        while self.first(frame) != NONE {
            self.orphan(self.first(frame));
        }
    }

    fn adopt(&mut self, frame: u32, child: u32) {
        if self.first.len() <= frame as usize {
            self.first.resize(frame as usize + 1, NONE);
        }
        if self.links.len() <= child as usize {
            self.links.resize(child as usize + 1, [NONE; 3]);
        }
        let next = self.first[frame as usize];
        if next != NONE {
            self.links[next as usize][0] = child;
        }
        self.links[child as usize] = [NONE, next, frame];
        self.first[frame as usize] = child;
    }

    fn orphan(&mut self, child: u32) {
        let Some(link) = self.links.get_mut(child as usize) else { return };
        let [before, next, frame] = std::mem::replace(link, [NONE; 3]);
        if frame == NONE {
            return;
        }
        match before {
            NONE => self.first[frame as usize] = next,
            before => self.links[before as usize][1] = next,
        }
        if next != NONE {
            self.links[next as usize][0] = before;
        }
    }

    fn child(&self, number: u32) -> Option<Child> {
        match number {
            NONE => None,
            n if n % 2 == 0 => Some(Child::Call(n / 2)),
            n => Some(Child::Branch(n / 2)),
        }
    }

    fn first(&self, frame: u32) -> u32 {
        self.first.get(frame as usize).copied().unwrap_or(NONE)
    }
}

impl World<'_> {
    /// The caller has given up the tries of a call that carry this ticket: whoever works on them is told, if the edge
    /// cancels.
    pub(super) fn notify<P: Probe>(&mut self, c: u32, ticket: u32, probe: &mut P) {
        let call = self.calls[c];
        let edge = self.plan.links[call.link as usize].edge;
        if !self.plan.edges[edge.index()].cancellation || call.pending == 0 || self.edges[edge.index()].cut {
            return;
        }
        for frame in call.frames {
            if frame == NONE || !self.is_try(frame, c, ticket) {
                continue;
            }
            let delay = if self.edges[edge.index()].direct { 0 } else { self.one_way(edge) };
            if delay == 0 {
                self.cancel_frame(frame, probe);
                continue;
            }
            let notice = self.notices.insert(Notice { frame, call: c, ticket });
            self.schedule(delay, Class::Arrival, Kind::Notice, notice);
        }
    }

    fn is_try(&self, f: u32, c: u32, ticket: u32) -> bool {
        let frame = &self.frames[f];
        frame.place != Place::Free && frame.has(CALLED) && frame.parent == c && frame.parent_ticket == ticket
    }

    /// A notice arrives, perhaps after what it is about has ended.
    pub(super) fn notice_due<P: Probe>(&mut self, n: u32, probe: &mut P) {
        let Notice { frame, call, ticket } = self.notices[n];
        self.notices.release(n);
        if self.is_try(frame, call, ticket) {
            self.cancel_frame(frame, probe);
        }
    }

    /// Stops a frame wherever it is, but for its reply when that is on its way.
    fn cancel_frame<P: Probe>(&mut self, f: u32, probe: &mut P) {
        if self.troubles.aside.replicas > 0 && self.frames[f].place != Place::Free && self.frames[f].is_aside() {
            // Nobody there reads the notice.
            return;
        }
        match self.frames[f].place {
            Place::Free | Place::Replying => return,
            Place::Transit => {
                // The notice has overtaken it: the station never sees it.
                let frame = &mut self.frames[f];
                frame.wake = 0;
                frame.ticket = frame.ticket.wrapping_add(1);
                frame.outcome = Outcome::Failed(Cause::Cancelled);
                return self.deliver(f, probe);
            }
            Place::Queued => self.leave_queue(f),
            Place::Serving => {
                self.cancel_children(f, probe);
                self.frames[f].wake = 0;
                self.ready
                    .iter_mut()
                    .filter(|r| matches!(r, Ready::Run(g) if *g == f))
                    .for_each(|r| *r = Ready::Nothing);
                let slot = self.frames[f].slot as usize;
                let now = self.now;
                if let Some(cpu) = &mut self.slots[slot].cpu {
                    cpu.remove(f, now);
                }
            }
        }
        let frame = &self.frames[f];
        if !frame.is_branch() {
            let edge = self.plan.links[frame.link as usize].edge.index();
            self.tallies.edges[edge][frame.counted()].cancelled += 1;
        }
        self.finish(f, Outcome::Failed(Cause::Cancelled), probe);
    }

    /// Takes a frame out of the line it stands in.
    pub(super) fn leave_queue(&mut self, f: u32) {
        self.end_patience(f);
        let slot = self.frames[f].slot as usize;
        let replica = &mut self.slots[slot];
        let station = replica.station as usize;
        replica.queue.retain(|waiting| waiting.frame != f);
        self.tallies.stations[station].queue.lower(self.now);
    }

    fn cancel_children<P: Probe>(&mut self, f: u32, probe: &mut P) {
        // Nothing of it is told to the frame, which is ending.
        self.frames[f].ticket = self.frames[f].ticket.wrapping_add(1);
        while let Some(child) = self.family.child(self.family.first(f)) {
            match child {
                Child::Call(c) => self.cancel_call(c, probe),
                Child::Branch(b) => {
                    self.family.orphan_branch(b);
                    self.cancel_frame(b, probe);
                }
            }
        }
    }

    /// A request goes on, or fails, while some of what it called is under way: calls along edges that cancel are.
    pub(super) fn cancel_losers<P: Probe>(&mut self, f: u32, probe: &mut P) {
        let mut at = self.family.first(f);
        while let Some(child) = self.family.child(at) {
            at = self.family.links[at as usize][1];
            if let Child::Call(c) = child
                && self.plan.edges[self.calls[c].edge as usize].cancellation
            {
                self.cancel_call(c, probe);
            }
        }
    }

    /// Ends a call that nobody waits for.
    fn cancel_call<P: Probe>(&mut self, c: u32, probe: &mut P) {
        let (state, ticket) = (self.calls[c].state, self.calls[c].ticket);
        if !matches!(state, State::Backoff | State::Done) {
            self.give_try_up(c);
            self.end_retry(c);
            self.notify(c, ticket, probe);
        }
        let outcome = Outcome::Failed(Cause::Cancelled);
        probe.marks(SimTime(self.now), Mark::CallEnded { call: c, outcome });
        self.close(c);
        self.calls[c].parent = Parent::Gone;
        self.forget_if_over(c);
    }
}
