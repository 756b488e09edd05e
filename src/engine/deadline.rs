//! Deadlines: by when a whole call must be over, and how callees learn of it.

use super::agenda::{Class, Kind};
use super::call::{Parent, State};
use super::frame::CALLED;
use super::outcome::{Cause, Outcome};
use super::probe::Probe;
use super::world::World;

impl World<'_> {
    /// A call begins: its own deadline, or the one it inherits, ends it in time.
    pub(super) fn set_deadline(&mut self, c: u32) {
        let call = &self.calls[c];
        let e = call.edge as usize;
        if let Some(deadline) = self.plan.edges[e].deadline {
            let born = call.born;
            self.calls[c].timed = true;
            self.calls[c].deadline = self.now.saturating_add(deadline.0);
            self.set_timer(self.edges[e].deadline_lane, c, born);
        }
        if !self.propagates {
            return;
        }
        let Parent::Frame(f, _) = self.calls[c].parent else { return };
        let inherited = self.deadline_of(f);
        if inherited < self.calls[c].deadline {
            self.calls[c].deadline = inherited;
            if inherited > self.now {
                let expire = self.schedule(inherited - self.now, Class::Timeout, Kind::Expire, c);
                self.calls[c].expire = expire;
            }
        }
    }

    /// Until when somebody waits for a frame, as far as it was told; `u64::MAX` for ever.
    fn deadline_of(&self, f: u32) -> u64 {
        let mut at = f;
        while self.frames[at].is_branch() {
            let parent = self.frames[at].parent;
            if parent == at {
                // What a cache does by itself, nobody waits for.
                return u64::MAX;
            }
            at = parent;
        }
        let frame = &self.frames[at];
        if !frame.has(CALLED) {
            return u64::MAX;
        }
        let edge = &self.plan.edges[self.plan.links[frame.link as usize].edge.index()];
        if !edge.propagate_deadline {
            return u64::MAX;
        }
        let call = &self.calls[frame.parent];
        if call.ticket != frame.parent_ticket && edge.hedge.is_none() {
            // The caller has given this try up: its time was over.
            return 0;
        }
        call.deadline.min(edge.timeout.map_or(u64::MAX, |timeout| call.tried + timeout.0))
    }

    /// Whether nobody waits for a frame any more, and it knows.
    #[inline]
    pub(super) fn is_too_late(&self, f: u32) -> bool {
        self.propagates && self.deadline_of(f) <= self.now
    }

    /// The time of a whole call is over.
    pub(super) fn deadline_over<P: Probe>(&mut self, c: u32, probe: &mut P) {
        let call = &self.calls[c];
        let (e, ticket) = (call.edge as usize, call.ticket);
        self.tallies.edges[e][usize::from(call.counted)].timeouts += 1;
        if call.state != State::Backoff {
            self.give_try_up(c);
            self.tell_guards(c, Outcome::Failed(Cause::Deadline));
            self.end_retry(c);
            self.notify(c, ticket, probe);
        }
        self.end_call(c, Outcome::Failed(Cause::Deadline), probe);
    }
}
