//! The interpreter: runs a frame until it has to wait, and ends it.

use super::agenda::{Class, Kind};
use super::frame::{
    ADMITTED, CALLED, COUNTED, CROSSES, DEGRADED, Frame, HANDS, HOLDS, INSIDE, LOADS, NONE, PRIORITY, Place,
};
use super::outcome::{Cause, Outcome};
use super::probe::Probe;
use super::topic::Published;
use super::world::{Ready, World};
use crate::plan::{Branch, LinkId, Pc, Step};
use crate::random::Lot;
use crate::units::SimDuration;

impl World<'_> {
    /// Runs steps until the frame waits for something or ends.
    pub(super) fn exec<P: Probe>(&mut self, f: u32, probe: &mut P) {
        let plan = self.plan;
        loop {
            let frame = &mut self.frames[f];
            let pc = frame.pc;
            if pc == Pc::FAIL.0 {
                return self.finish(f, Outcome::Failed(Cause::Dependency), probe);
            }
            frame.pc += 1;
            match plan.steps[pc as usize] {
                Step::Work { time } => {
                    if self.is_too_late(f) {
                        return self.finish(f, Outcome::Failed(Cause::Deadline), probe);
                    }
                    let frame = &self.frames[f];
                    if !frame.has(HOLDS) && self.lacks_worker(f) && !self.acquire(f) {
                        self.frames[f].pc = pc;
                        return;
                    }
                    if self.work(f, time.index()) {
                        return;
                    }
                }
                Step::Sleep { time } => {
                    let time = &plan.dists[time.index()];
                    let slot = self.frames[f].slot as usize;
                    let stream = &mut self.stations[self.slots[slot].station as usize].work;
                    let d = time.sample(stream).0;
                    self.pause(f);
                    let wake = self.schedule(d, Class::Completion, Kind::Done, f);
                    self.frames[f].wake = wake;
                    return;
                }
                Step::Call { link, .. } => {
                    if self.is_too_late(f) {
                        return self.finish(f, Outcome::Failed(Cause::Deadline), probe);
                    }
                    let frame = &mut self.frames[f];
                    (frame.need, frame.spare) = (1, 0);
                    let (ticket, choice) = (frame.ticket, frame.choice(&self.numbers));
                    self.pause(f);
                    return self.call(f, ticket, link, choice, probe);
                }
                Step::Fork { fork, .. } => {
                    let fork = &plan.forks[fork.index()];
                    frame.need = fork.need as u16;
                    frame.spare = (fork.branches.len() as u32 - fork.need) as u16;
                    self.pause(f);
                    return self.fork(f, &fork.branches, probe);
                }
                Step::Chance { p, otherwise } => {
                    if Lot(frame.lot).unit(frame.choice(&self.numbers)) >= p {
                        frame.pc = otherwise.0;
                    }
                }
                Step::Lookup { cache, miss } => {
                    if Lot(frame.lot).unit(frame.choice(&self.numbers)) >= self.knobs.hit_ratios[cache.index()] {
                        frame.pc = miss.0;
                    }
                }
                Step::Look { cache, look } => {
                    if !self.look(f, cache, look, probe) {
                        return;
                    }
                }
                Step::Fill { cache, look } => self.fill(f, cache, look, probe),
                Step::Drop { cache, look } => self.drop_entry(f, cache, look),
                Step::Defer { cache, program, full } => {
                    if !self.defer(f, cache, program) {
                        self.frames[f].pc = full.0;
                    }
                }
                Step::Switch { switch } => {
                    let u = Lot(frame.lot).unit(frame.choice(&self.numbers));
                    let cases = &plan.switches[switch.index()].cases;
                    if let Some((_, to)) = cases.iter().find(|(up_to, _)| u < *up_to).or(cases.last()) {
                        frame.pc = to.0;
                    }
                }
                Step::Repeat { times, end } => {
                    frame.loops = 0;
                    frame.loops = times.at(Lot(frame.lot).unit(frame.choice(&self.numbers)));
                    if frame.loops == 0 {
                        frame.pc = end.0;
                    }
                }
                Step::Again { body } => {
                    frame.loops -= 1;
                    if frame.loops > 0 {
                        frame.pc = body.0;
                    }
                }
                Step::Enqueue { topic } => {
                    let (lot, choice) = (Lot(frame.lot), frame.choice(&self.numbers));
                    match self.publish(topic.0, lot.child(choice), f) {
                        Published::Accepted => {}
                        Published::Waits => return self.pause(f),
                        Published::Refused => return self.finish(f, Outcome::Failed(Cause::QueueFull), probe),
                    }
                }
                Step::Hold => {
                    if self.hold(f, probe) {
                        return;
                    }
                }
                Step::Settle => {
                    if !self.settle(f) {
                        return self.finish(f, Outcome::Failed(Cause::Conflict), probe);
                    }
                }
                Step::Commit { .. } => {
                    if !self.commit(f) {
                        return self.finish(f, Outcome::Failed(Cause::Reset), probe);
                    }
                    return;
                }
                Step::Lock { lock, optimistic } => {
                    if !self.lock(f, lock, optimistic) {
                        return;
                    }
                }
                Step::Unlock { lock } => {
                    if !self.unlock(f, lock) {
                        return self.finish(f, Outcome::Failed(Cause::Conflict), probe);
                    }
                }
                Step::Ship { replicas } => self.ship(f, replicas),
                Step::Peek { replicas } => self.peek(f, replicas),
                Step::Degrade => frame.flags |= DEGRADED,
                Step::Jump { to } => frame.pc = to.0,
                Step::Error => return self.finish(f, Outcome::Failed(Cause::Error), probe),
                Step::Return => {
                    let degraded = frame.has(DEGRADED);
                    let outcome = if degraded { Outcome::Degraded } else { Outcome::Succeeded };
                    return self.finish(f, outcome, probe);
                }
            }
        }
    }

    /// Whether a frame without a worker needs one to work. A branch of a threaded request works under the request's own.
    fn lacks_worker(&self, f: u32) -> bool {
        let frame = &self.frames[f];
        frame.more & INSIDE == 0
            && (!frame.is_branch() || self.stations[self.slots[frame.slot as usize].station as usize].is_async)
    }

    /// Begins a stretch of work; false if it takes no time.
    #[inline]
    fn work(&mut self, f: u32, time: usize) -> bool {
        let frame = &mut self.frames[f];
        let slot = frame.slot as usize;
        let station = &mut self.stations[self.slots[slot].station as usize];
        let mut d = self.plan.dists[time].sample(&mut station.work);
        if station.stretches {
            let crowding = self.plan.stations[self.slots[slot].station as usize].crowding;
            d = d.times(station.slowdown * crowding.map_or(1.0, |c| c.stretch(self.slots[slot].busy)));
        }
        frame.work += d.0;
        if d == SimDuration::ZERO {
            return false;
        }
        if self.slots[slot].cpu.is_some() {
            self.cpu_begin(f, d.0);
        } else {
            let wake = self.schedule(d.0, Class::Completion, Kind::Done, f);
            self.frames[f].wake = wake;
        }
        true
    }

    /// The frame is going to wait: an async one gives its worker away meanwhile.
    #[inline]
    pub(super) fn pause(&mut self, f: u32) {
        let frame = &self.frames[f];
        if frame.has(HOLDS) && self.stations[self.slots[frame.slot as usize].station as usize].is_async {
            self.release(f);
        }
    }

    fn fork<P: Probe>(&mut self, f: u32, branches: &[Branch], probe: &mut P) {
        let parent = self.frames[f];
        for (i, branch) in branches.iter().enumerate() {
            let choice = parent.choice(&self.numbers).wrapping_add((i as u32 + 1).wrapping_mul(0x85eb_ca6b));
            match *branch {
                Branch::Call(link) => self.call(f, parent.ticket, link, choice, probe),
                Branch::Program(pc) => {
                    let at = self.insert(Frame {
                        lot: Lot(parent.lot).child(choice).0,
                        entered: self.now,
                        pc: pc.0,
                        parent: f,
                        parent_ticket: parent.ticket,
                        slot: parent.slot,
                        place: Place::Serving,
                        flags: parent.flags & (COUNTED | PRIORITY),
                        ..Frame::EMPTY
                    });
                    if self.cancels {
                        self.family.adopt_branch(f, at);
                    }
                    self.ready.push(Ready::Run(at));
                }
            }
        }
    }

    /// Puts a new frame into the arena. Its ticket goes on from its predecessor's, so that no late reply can be mistaken.
    #[inline]
    pub(super) fn insert(&mut self, mut frame: Frame) -> u32 {
        if let Some(old) = self.frames.next_free() {
            frame.ticket = old.ticket;
        }
        self.frames.insert(frame)
    }

    /// Ends a frame, whatever the way: gives back what it holds, accounts for it, and sends the reply.
    /// What it had called goes on, as work whose result nobody waits for.
    pub(super) fn finish<P: Probe>(&mut self, f: u32, outcome: Outcome, probe: &mut P) {
        let frame = &mut self.frames[f];
        frame.ticket = frame.ticket.wrapping_add(1);
        frame.outcome = outcome;
        let (flags, more) = (frame.flags, frame.more);
        if more & HANDS != 0 {
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
        let frame = &mut self.frames[f];
        if !frame.is_branch() {
            let link = self.plan.links[frame.link as usize];
            let latency = SimDuration(self.now - frame.entered);
            self.tallies.endpoints[link.to.index()][frame.counted()].end(outcome, latency);
            if frame.has(COUNTED) {
                probe.served(link.to, outcome, latency);
            }
            frame.place = Place::Replying;
            let (slot, crosses) = (frame.slot, frame.more & CROSSES != 0);
            let replies = crosses || frame.has(CALLED) && !self.edges[link.edge.index()].direct;
            if self.watches && slot != NONE {
                self.watch(slot, outcome);
            }
            if replies {
                return self.send_reply(f, link.edge, probe);
            }
        }
        self.deliver(f, probe);
    }

    /// A reply has reached the party that waited for it, or that no longer does.
    pub(super) fn deliver<P: Probe>(&mut self, f: u32, probe: &mut P) {
        let frame = self.frames[f];
        self.frames[f].place = Place::Free;
        self.frames.release(f);
        if frame.has(CALLED) {
            self.attempt_ended(&frame, probe);
        } else if self.frames[frame.parent].ticket == frame.parent_ticket {
            if frame.link != NONE && !frame.outcome.is_good() {
                let edge = self.plan.links[frame.link as usize].edge;
                self.tallies.edges[edge.index()][frame.counted()].failed += 1;
            }
            self.resume(frame.parent, frame.outcome, frame.work, probe);
        } else if frame.link != NONE {
            let edge = self.plan.links[frame.link as usize].edge;
            self.tallies.edges[edge.index()][frame.counted()].wasted_work.0 += frame.work;
        }
    }

    /// Tells a waiting frame how one of the things it waits for ended.
    pub(super) fn resume<P: Probe>(&mut self, f: u32, outcome: Outcome, work: u64, probe: &mut P) {
        let frame = &mut self.frames[f];
        frame.work += work;
        match outcome {
            Outcome::Failed(_) if frame.spare > 0 => {
                frame.spare -= 1;
                return;
            }
            Outcome::Failed(_) => {
                frame.pc = match self.plan.steps[frame.pc as usize - 1] {
                    Step::Call { failed, .. } | Step::Fork { failed, .. } => failed.0,
                    _ => Pc::FAIL.0,
                };
            }
            good => {
                if good == Outcome::Degraded {
                    frame.flags |= DEGRADED;
                }
                frame.need -= 1;
                if frame.need > 0 {
                    return;
                }
            }
        }
        frame.ticket = frame.ticket.wrapping_add(1);
        self.ready.push(Ready::Run(f));
        if self.cancels {
            self.cancel_losers(f, probe);
        }
    }

    /// Makes a call for a frame that waits with `ticket`.
    #[inline]
    fn call<P: Probe>(&mut self, f: u32, ticket: u32, link: LinkId, choice: u32, probe: &mut P) {
        let frame = &self.frames[f];
        let lot = Lot(frame.lot).child(choice);
        let edge = self.plan.links[link.index()].edge;
        if !self.edges[edge.index()].plain {
            return self.begin_call(f, ticket, link, lot, probe);
        }
        let flags = frame.flags & (COUNTED | PRIORITY);
        let tally = &mut self.tallies.edges[edge.index()][frame.counted()];
        tally.calls += 1;
        tally.attempts += 1;
        let pc = self.programs[self.plan.links[link.index()].to.index()].1;
        let child = self.insert(Frame {
            lot: lot.0,
            pc,
            parent: f,
            parent_ticket: ticket,
            link: link.0,
            flags,
            ..Frame::EMPTY
        });
        self.arrive(child, probe);
    }
}
