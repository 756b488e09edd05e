//! Workers and the line in front of them: who gets one, who waits, who is refused.

use super::agenda::{Class, Kind};
use super::frame::{ASYNC, COUNTED, Frame, HOLDS, NONE, Place};
use super::outcome::{Cause, Outcome};
use super::probe::{Mark, Probe};
use super::station::Waiting;
use super::tally::StationTally;
use super::world::{Ready, World};
use crate::plan::{Order, UNLIMITED};
use crate::units::SimTime;

impl StationTally {
    /// A worker is given to a request that has waited since `since`.
    #[inline(always)]
    fn grant(&mut self, frame: &mut Frame, since: u64, now: u64) {
        self.busy.raise(now);
        frame.flags |= HOLDS;
        frame.place = Place::Serving;
        if frame.has(COUNTED) {
            self.granted += 1;
            self.waited.0 += now - since;
        }
    }
}

impl World<'_> {
    /// A request has reached its station: it is refused, waits, or runs.
    #[inline(never)]
    pub(super) fn arrive<P: Probe>(&mut self, f: u32, probe: &mut P) {
        let f = self.arrive_here(f, probe);
        self.run_last(f);
    }

    /// As [`World::arrive`], within the loop that runs the steps. Returns the frame if it can run.
    #[inline(always)]
    pub(super) fn arrive_here<P: Probe>(&mut self, f: u32, probe: &mut P) -> u32 {
        let frame = &mut self.frames[f];
        let route = &self.routes[frame.link as usize];
        self.tallies.endpoints[route.endpoint as usize][frame.counted()].offered += 1;
        frame.entered = self.now;
        frame.place = Place::Serving;
        probe.marks(SimTime(self.now), Mark::Arrives { frame: f });
        let at = route.station;
        let station = &self.stations[at as usize];
        if !station.open || route.guarded {
            self.arrive_guarded(f, probe);
            return NONE;
        }
        let slot = if station.only == NONE { self.choose(at, f) } else { station.only };
        self.seat(f, at, slot, probe)
    }

    /// As [`World::arrive`], where something may turn the request away.
    #[inline(never)]
    fn arrive_guarded<P: Probe>(&mut self, f: u32, probe: &mut P) {
        let route = &self.routes[self.frames[f].link as usize];
        let (at, inside, away) = (route.station, route.inside, route.away);
        if away && let Some(cause) = self.answered_away(self.frames[f].link) {
            return self.finish(f, Outcome::Failed(cause), probe);
        }
        if let Some(cause) = self.turned_away(at) {
            return self.finish(f, Outcome::Failed(cause), probe);
        }
        if inside {
            return self.arrive_inside(f, probe);
        }
        let slot = if self.stations[at as usize].tended { self.choose_tended(at, f) } else { self.choose(at, f) };
        if slot == NONE {
            return self.finish(f, Outcome::Failed(Cause::Unavailable), probe);
        }
        self.frames[f].slot = slot;
        if self.is_bad(slot) {
            return self.finish(f, Outcome::Failed(Cause::Error), probe);
        }
        self.come_to(f);
        if self.stations[at as usize].hall != NONE {
            if self.stations[at as usize].is_async {
                self.frames[f].flags |= ASYNC;
            }
            if let Some(cause) = self.turned_back(f, slot) {
                return self.finish(f, Outcome::Failed(cause), probe);
            }
            if self.slots[slot as usize].busy >= self.stations[at as usize].workers {
                return self.line_up(f, slot, probe);
            }
        }
        let f = self.seat(f, at, slot, probe);
        self.run_last(f);
    }

    /// Gives a request a worker of its replica, or a place in the line for one, or refuses it. Returns its frame if it can
    /// run.
    #[inline(always)]
    fn seat<P: Probe>(&mut self, f: u32, at: u32, slot: u32, probe: &mut P) -> u32 {
        let frame = &mut self.frames[f];
        frame.slot = slot;
        let station = &self.stations[at as usize];
        if station.is_async {
            frame.flags |= ASYNC;
        }
        let replica = &mut self.slots[slot as usize];
        let tally = &mut self.tallies.stations[at as usize];
        if replica.busy < station.workers {
            replica.busy += 1;
            tally.grant(frame, self.now, self.now);
            return f;
        }
        if station.queue_limit != UNLIMITED && replica.queue.len() >= station.queue_limit as usize {
            tally.refused += 1;
            self.finish(f, Outcome::Failed(Cause::Refused), probe);
            return NONE;
        }
        replica.queue.push_back(Waiting { frame: f, since: self.now });
        frame.place = Place::Queued;
        tally.queue.raise(self.now);
        NONE
    }

    /// Gives `f` a worker of its replica; it has waited since `since`.
    pub(super) fn grant(&mut self, f: u32, slot: u32, since: u64) {
        let replica = &mut self.slots[slot as usize];
        replica.busy += 1;
        self.tallies.stations[replica.station as usize].grant(&mut self.frames[f], since, self.now);
    }

    /// Takes the worker of `f` back; the next in line gets it.
    #[inline]
    pub(super) fn release(&mut self, f: u32) {
        let frame = &mut self.frames[f];
        frame.flags &= !HOLDS;
        let slot = frame.slot;
        let replica = &mut self.slots[slot as usize];
        let tally = &mut self.tallies.stations[replica.station as usize];
        tally.busy.lower(self.now);
        if replica.queue.is_empty() {
            replica.busy -= 1;
            if self.draining > 0 {
                self.drained(slot);
            }
            return;
        }
        if self.stations[replica.station as usize].hall != NONE {
            replica.busy -= 1;
            return self.serve_next(slot);
        }
        tally.queue.lower(self.now);
        if let Some(next) = replica.queue.pop_front() {
            tally.grant(&mut self.frames[next.frame], next.since, self.now);
            self.ready.push(Ready::Run(next.frame));
        }
    }

    /// Gives a worker that is free to whom the door lets in next.
    #[inline(never)]
    fn serve_next(&mut self, slot: u32) {
        if let Some(next) = self.next_to_serve(slot) {
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
        self.frames[f].wake = 0;
        self.stand_in_line(f, slot);
        false
    }

    /// Where requests pass a door: takes its place in the line, or is refused.
    #[cold]
    fn line_up<P: Probe>(&mut self, f: u32, slot: u32, probe: &mut P) {
        let replica = &mut self.slots[slot as usize];
        let at = replica.station as usize;
        let limit = self.stations[at].queue_limit;
        if limit != UNLIMITED && replica.queue.len() >= limit as usize {
            let by_priority = self.plan.stations[at].admission.order == Order::Priority;
            let last = replica.queue.back().map(|last| last.frame).filter(|_| by_priority);
            let Some(last) =
                last.filter(|&last| self.frames[last].priority() > self.frames[f].priority() && self.is_new(last))
            else {
                self.tallies.stations[at].refused += 1;
                return self.finish(f, Outcome::Failed(Cause::Refused), probe);
            };
            self.leave_queue(last);
            self.shed(last);
        }
        self.stand_in_line(f, slot);
        self.begin_patience(f, at);
    }

    /// Puts a frame into the line of its replica.
    fn stand_in_line(&mut self, f: u32, slot: u32) {
        let replica = &mut self.slots[slot as usize];
        let at = replica.station as usize;
        let waiting = Waiting { frame: f, since: self.now };
        if self.stations[at].hall == NONE {
            replica.queue.push_back(waiting);
        } else {
            let place = self.place_in_line(f, slot);
            self.slots[slot as usize].queue.insert(place, waiting);
        }
        self.frames[f].place = Place::Queued;
        self.tallies.stations[at].queue.raise(self.now);
    }

    /// Where in the line of its replica a frame belongs: behind all, or behind those that are as important.
    fn place_in_line(&mut self, f: u32, slot: u32) -> usize {
        let replica = &self.slots[slot as usize];
        if replica.queue.is_empty() {
            let door = self.door_of(slot);
            self.doors[door].standing_since = self.now;
            return 0;
        }
        if self.plan.stations[replica.station as usize].admission.order != Order::Priority {
            return replica.queue.len();
        }
        let own = self.frames[f].priority();
        replica.queue.partition_point(|other| self.frames[other.frame].priority() <= own)
    }

    /// A request stands in line for so long at most.
    fn begin_patience(&mut self, f: u32, at: usize) {
        self.frames[f].wake = 0;
        let Some(wait) = self.plan.stations[at].admission.max_wait else { return };
        if self.frames[f].is_aside() {
            return;
        }
        let hall = &mut self.halls[self.stations[at].hall as usize];
        if hall.lane != NONE {
            let lane = hall.lane;
            self.frames[f].wake = self.set_timer(lane, f, 0);
        } else {
            let wait = self.plan.dists[wait.index()].sample(&mut hall.patience);
            self.frames[f].wake = self.schedule(wait.0, Class::Timeout, Kind::Impatient, f);
        }
    }

    /// A frame leaves its line before its patience is over.
    pub(super) fn end_patience(&mut self, f: u32) {
        if self.halls.is_empty() || self.frames[f].wake == 0 {
            return;
        }
        self.frames[f].wake = 0;
        let station = &self.stations[self.slots[self.frames[f].slot as usize].station as usize];
        if station.hall != NONE && self.halls[station.hall as usize].lane != NONE {
            self.cancel_timer(self.halls[station.hall as usize].lane);
        }
    }

    /// A frame has waited for a worker as long as it would.
    pub(super) fn patience_in_line_over<P: Probe>(&mut self, f: u32, probe: &mut P) {
        self.frames[f].wake = 0;
        self.leave_queue(f);
        let slot = self.frames[f].slot;
        self.tallies.stations[self.slots[slot as usize].station as usize].shed += 1;
        self.finish(f, Outcome::Failed(Cause::Shed), probe);
    }

    /// Ends a frame that was shed, unless something else has ended it meanwhile.
    pub(super) fn shed_now<P: Probe>(&mut self, f: u32, ticket: u32, probe: &mut P) {
        if self.frames[f].ticket == ticket && self.frames[f].place == Place::Serving {
            self.finish(f, Outcome::Failed(Cause::Shed), probe);
        }
    }
}
