//! Workers and the line in front of them: who gets one, who waits, who is refused.

use super::frame::{CALLED, COUNTED, HOLDS, Place};
use super::outcome::{Cause, Outcome};
use super::probe::Probe;
use super::station::Waiting;
use super::world::{Ready, World};
use crate::plan::UNLIMITED;

impl World<'_> {
    /// A request has reached its station: it is refused, waits, or runs.
    pub(super) fn arrive<P: Probe>(&mut self, f: u32, probe: &mut P) {
        let frame = &mut self.frames[f];
        frame.entered = self.now;
        frame.place = Place::Serving;
        let link = self.plan.links[frame.link as usize];
        let counted = frame.counted();
        self.tallies.endpoints[link.to.index()][counted].offered += 1;
        let at = self.programs[link.to.index()].0;
        if let Some(cause) = self.turned_away(at) {
            return self.finish(f, Outcome::Failed(cause), probe);
        }
        let slot = self.choose(at);
        self.frames[f].slot = slot;
        let station = &self.stations[at as usize];
        let replica = &mut self.slots[slot as usize];
        if replica.busy < station.workers {
            self.grant(f, slot, self.now);
            return self.ready.push(Ready::Run(f));
        }
        // A pooled client opens a connection and is refused when the server has no more; others wait in line.
        let connects = self.frames[f].has(CALLED) && self.plan.edges[link.edge.index()].pool.is_some();
        let full = station.queue_limit != UNLIMITED && replica.queue.len() >= station.queue_limit as usize;
        if connects && self.plan.stations[at as usize].workers_word == "connections" || full {
            self.tallies.stations[at as usize].refused += 1;
            return self.finish(f, Outcome::Failed(Cause::Refused), probe);
        }
        replica.queue.push_back(Waiting { frame: f, since: self.now });
        self.frames[f].place = Place::Queued;
        self.tallies.stations[at as usize].queue.raise(self.now);
    }

    /// Gives `f` a worker of its replica; it has waited since `since`.
    #[inline]
    pub(super) fn grant(&mut self, f: u32, slot: u32, since: u64) {
        let replica = &mut self.slots[slot as usize];
        replica.busy += 1;
        let tally = &mut self.tallies.stations[replica.station as usize];
        tally.busy.raise(self.now);
        let frame = &mut self.frames[f];
        frame.flags |= HOLDS;
        frame.place = Place::Serving;
        if frame.has(COUNTED) {
            tally.granted += 1;
            tally.waited.0 += self.now - since;
        }
    }

    /// Takes the worker of `f` back; the next in line gets it.
    #[inline]
    pub(super) fn release(&mut self, f: u32) {
        let frame = &mut self.frames[f];
        frame.flags &= !HOLDS;
        let slot = frame.slot;
        let replica = &mut self.slots[slot as usize];
        replica.busy -= 1;
        let tally = &mut self.tallies.stations[replica.station as usize];
        tally.busy.lower(self.now);
        if let Some(next) = replica.queue.pop_front() {
            tally.queue.lower(self.now);
            self.grant(next.frame, slot, next.since);
            self.ready.push(Ready::Run(next.frame));
        }
    }

    /// A frame that held no worker needs one to go on; false if it has to wait. Never refused: it is in already.
    pub(super) fn acquire(&mut self, f: u32) -> bool {
        let slot = self.frames[f].slot;
        let station = self.slots[slot as usize].station;
        if self.slots[slot as usize].busy < self.stations[station as usize].workers {
            self.grant(f, slot, self.now);
            return true;
        }
        self.slots[slot as usize].queue.push_back(Waiting { frame: f, since: self.now });
        self.frames[f].place = Place::Queued;
        self.tallies.stations[station as usize].queue.raise(self.now);
        false
    }
}
