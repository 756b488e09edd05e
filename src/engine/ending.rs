//! How a frame ends: what it holds is given back, it is accounted for, and whoever waits for it is told.

use super::frame::{ADMITTED, ASKED, CALLED, COUNTED, CROSSES, DEGRADED, HANDS, HOLDS, LOADS, NONE, Place};
use super::outcome::Outcome;
use super::probe::{Mark, Probe};
use super::world::{Ready, World};
use crate::plan::{EdgeId, EndpointId, Pc, Step};
use crate::units::{SimDuration, SimTime};

impl World<'_> {
    /// Ends a frame, whatever the way: gives back what it holds, accounts for it, and sends the reply.
    /// What it had called goes on, as work whose result nobody waits for.
    #[inline(never)]
    pub(super) fn finish<P: Probe>(&mut self, f: u32, outcome: Outcome, probe: &mut P) {
        let then = self.finish_here(f, outcome, probe);
        self.run_last(then);
    }

    /// As [`World::finish`], within the loop that runs the steps. Returns the frame that waited for it, if it can go on.
    #[inline(always)]
    pub(super) fn finish_here<P: Probe>(&mut self, f: u32, outcome: Outcome, probe: &mut P) -> u32 {
        let frame = &mut self.frames[f];
        frame.ticket = frame.ticket.wrapping_add(1);
        frame.outcome = outcome;
        probe.marks(SimTime(self.now), Mark::Served { frame: f, outcome });
        let burdened = frame.has(HANDS | ADMITTED | LOADS | CROSSES) || self.cancels || self.watches;
        if burdened {
            self.put_down(f, outcome, probe);
        } else if frame.has(HOLDS) {
            self.release(f);
        }
        let frame = &mut self.frames[f];
        if !frame.is_branch() {
            let route = &self.routes[frame.link as usize];
            let latency = SimDuration(self.now - frame.entered);
            let endpoint = EndpointId(route.endpoint);
            self.tallies.endpoints[endpoint.index()][frame.counted()].end(outcome, latency);
            if frame.has(COUNTED) {
                probe.served(endpoint, outcome, latency);
            }
            frame.place = Place::Replying;
            if burdened || !route.direct {
                return self.reply(f, probe);
            }
        }
        self.deliver_here(f, probe)
    }

    /// The reply has a way to go, or somebody watches it leave.
    #[inline(never)]
    fn reply<P: Probe>(&mut self, f: u32, probe: &mut P) -> u32 {
        let frame = &self.frames[f];
        let route = &self.routes[frame.link as usize];
        let travels = frame.has(CROSSES) || !route.direct && frame.has(CALLED | ASKED);
        let (slot, edge, outcome) = (frame.slot, EdgeId(route.edge), frame.outcome);
        if self.watches && slot != NONE {
            self.watch(slot, outcome);
        }
        if travels {
            self.send_reply(f, edge, probe);
            return NONE;
        }
        self.deliver_here(f, probe)
    }

    /// Gives back all that a frame holds beside a worker, and the worker too.
    #[inline(never)]
    fn put_down<P: Probe>(&mut self, f: u32, outcome: Outcome, probe: &mut P) {
        let flags = self.frames[f].flags;
        if flags & HANDS != 0 {
            self.let_go(f);
        }
        if flags & ADMITTED != 0 {
            self.leave_door(f, outcome);
        }
        if flags & HOLDS != 0 {
            self.release(f);
        }
        if flags & LOADS != 0 {
            self.loads_ended(f, outcome, probe);
        }
        if self.cancels {
            self.family.leave(f);
        }
    }

    /// A reply has reached the party that waited for it, or that no longer does.
    #[inline(never)]
    pub(super) fn deliver<P: Probe>(&mut self, f: u32, probe: &mut P) {
        let then = self.deliver_here(f, probe);
        self.run_last(then);
    }

    #[inline(always)]
    fn deliver_here<P: Probe>(&mut self, f: u32, probe: &mut P) -> u32 {
        self.frames.release(f);
        let frame = &mut self.frames[f];
        frame.place = Place::Free;
        probe.marks(SimTime(self.now), Mark::Replied { frame: f, outcome: frame.outcome });
        if frame.has(CALLED) {
            let (call, ticket, outcome, work) = (frame.parent, frame.parent_ticket, frame.outcome, frame.work);
            self.attempt_ended(call, ticket, outcome, work, probe);
        } else if frame.has(ASKED) {
            self.asked_ended(f, probe);
        } else {
            let (parent, ticket, outcome, work) = (frame.parent, frame.parent_ticket, frame.outcome, frame.work);
            if self.frames[parent].ticket != ticket {
                self.done_in_vain(f);
                return NONE;
            }
            if !outcome.is_good() {
                self.plain_call_failed(f);
            }
            return self.resume_here(parent, outcome, work, probe);
        }
        NONE
    }

    #[cold]
    fn plain_call_failed(&mut self, f: u32) {
        let frame = &self.frames[f];
        if frame.link != NONE {
            let edge = self.routes[frame.link as usize].edge as usize;
            self.tallies.edges[edge][frame.counted()].failed += 1;
        }
    }

    /// A reply for which nobody waits any more.
    #[cold]
    fn done_in_vain(&mut self, f: u32) {
        let frame = &self.frames[f];
        if frame.link != NONE {
            let edge = self.routes[frame.link as usize].edge as usize;
            self.tallies.edges[edge][frame.counted()].wasted_work.0 += frame.work;
        }
    }

    /// Tells a waiting frame how one of the things it waits for ended.
    pub(super) fn resume<P: Probe>(&mut self, f: u32, outcome: Outcome, work: u64, probe: &mut P) {
        let f = self.resume_here(f, outcome, work, probe);
        self.run_last(f);
    }

    #[inline(always)]
    fn resume_here<P: Probe>(&mut self, f: u32, outcome: Outcome, work: u64, probe: &mut P) -> u32 {
        let frame = &mut self.frames[f];
        frame.work += work;
        match outcome {
            Outcome::Failed(_) if frame.spare > 0 => {
                frame.spare -= 1;
                return NONE;
            }
            Outcome::Failed(_) => {
                let pc = match self.plan.steps[frame.next_step() as usize - 1] {
                    Step::Call { failed, .. } | Step::Fork { failed, .. } => failed.0,
                    _ => Pc::FAIL.0,
                };
                frame.send_to(pc);
            }
            good => {
                if good == Outcome::Degraded {
                    frame.flags |= DEGRADED;
                }
                frame.need -= 1;
                if frame.need > 0 {
                    return NONE;
                }
            }
        }
        frame.ticket = frame.ticket.wrapping_add(1);
        if self.cancels {
            self.ready.push(Ready::Run(f));
            self.cancel_losers(f, probe);
            return NONE;
        }
        f
    }
}
