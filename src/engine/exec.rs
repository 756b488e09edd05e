//! The interpreter: runs a frame until it has to wait, and ends it.

use super::agenda::{Class, Kind};
use super::frame::{ASYNC, COUNTED, DEGRADED, Frame, HOLDS, INSIDE, NONE, PRIORITY, Place};
use super::limits::WITHIN_EVENT;
use super::outcome::{Cause, Outcome};
use super::probe::{Maker, Mark, Probe};
use super::program::{Do, Op};
use super::topic::Published;
use super::world::{Ready, World};
use crate::plan::{Branch, LinkId, Pc, Step};
use crate::random::Lot;
use crate::units::{SimDuration, SimTime};

impl World<'_> {
    /// Runs a frame, unless it is `NONE`, and then everything that can go on at this instant. `false` once a limit has ended
    /// the run.
    #[inline(always)]
    pub(super) fn go<P: Probe>(&mut self, first: u32, probe: &mut P) -> bool {
        let (mut f, mut next) = (first, 0);
        loop {
            if f != NONE {
                f = self.exec(f, probe);
                if f != NONE {
                    if self.ready.len() == next {
                        continue;
                    }
                    self.ready.push(Ready::Run(f));
                }
            }
            // Looked at in place: a copy of what has just been written in parts would have to wait for it.
            f = match self.ready.get(next) {
                Some(Ready::Run(frame)) => *frame,
                Some(&item) => {
                    self.go_on(item, probe);
                    NONE
                }
                None => break,
            };
            next += 1;
            if next == WITHIN_EVENT {
                self.ready.drain(..next);
                next = 0;
                self.watch.broken = self.limit_met(WITHIN_EVENT as u64);
                if self.watch.broken.is_some() {
                    return false;
                }
            }
        }
        self.ready.clear();
        true
    }

    /// Runs steps until the frame waits for something or ends. Returns the frame that can go on because of it, as the last
    /// of those that can go on; else `NONE`.
    #[inline(always)]
    fn exec<P: Probe>(&mut self, f: u32, probe: &mut P) -> u32 {
        loop {
            let frame = &mut self.frames[f];
            let pc = frame.pc;
            // The only places that are no step are the one to which failures go and those of replicas that hang.
            let Some(&op) = self.program.get(pc as usize) else {
                return self.off_program(f, probe);
            };
            frame.pc = pc + 1;
            probe.turns_to(op.what.name());
            probe.marks(SimTime(self.now), Mark::Runs { frame: f, pc });
            match op.what {
                Do::WorkExponential | Do::Work => {
                    if self.propagates && self.is_too_late(f) {
                        return self.fail(f, Cause::Deadline, probe);
                    }
                    if !self.frames[f].has(HOLDS) && self.lacks_worker(f) && !self.acquire(f) {
                        self.frames[f].pc = pc;
                        return NONE;
                    }
                    if self.work(f, op, probe) {
                        return NONE;
                    }
                }
                Do::Call => {
                    if self.propagates && self.is_too_late(f) {
                        return self.fail(f, Cause::Deadline, probe);
                    }
                    let frame = &mut self.frames[f];
                    (frame.need, frame.spare) = (1, 0);
                    let (ticket, choice) = (frame.ticket, frame.choice_of(op.number));
                    self.pause(f);
                    return self.call(f, ticket, LinkId(op.a), choice, probe);
                }
                Do::Fork => {
                    self.fork(f, op, probe);
                    return NONE;
                }
                Do::Return => {
                    let degraded = frame.has(DEGRADED);
                    let outcome = if degraded { Outcome::Degraded } else { Outcome::Succeeded };
                    return self.finish_here(f, outcome, probe);
                }
                Do::Chance => {
                    if Lot(frame.lot).unit(frame.choice_of(op.number)) >= op.x {
                        frame.pc = op.a;
                    }
                }
                Do::Lookup => {
                    if Lot(frame.lot).unit(frame.choice_of(op.number)) >= self.knobs.hit_ratios[op.a as usize] {
                        frame.pc = op.b;
                    }
                }
                Do::Jump => frame.pc = op.a,
                Do::Rare => {
                    if !self.exec_rare(f, probe) {
                        return NONE;
                    }
                }
            }
        }
    }

    /// Runs one of the steps that few requests have, and that few models have at all: apart from the others, so that
    /// those need not save what these use. False when the frame waits or has ended.
    #[inline(never)]
    fn exec_rare<P: Probe>(&mut self, f: u32, probe: &mut P) -> bool {
        let plan = self.plan;
        let frame = &mut self.frames[f];
        match plan.steps[frame.pc as usize - 1] {
            Step::Sleep { time } => {
                self.sleep(f, time.index());
                return false;
            }
            Step::Look { cache, look } => return self.look(f, cache, look, probe),
            Step::Fill { cache, look } => self.fill(f, cache, look, probe),
            Step::Drop { cache, look } => self.drop_entry(f, cache, look),
            Step::Defer { cache, program, full } => {
                if !self.defer(f, cache, program) {
                    self.frames[f].pc = full.0;
                }
            }
            Step::Switch { switch } => {
                let u = Lot(frame.lot).unit(frame.choice(&self.program));
                let cases = &plan.switches[switch.index()].cases;
                if let Some((_, to)) = cases.iter().find(|(up_to, _)| u < *up_to).or(cases.last()) {
                    frame.pc = to.0;
                }
            }
            Step::Repeat { times, end } => {
                frame.loops = 0;
                frame.loops = times.at(Lot(frame.lot).unit(frame.choice(&self.program)));
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
                let (lot, choice) = (Lot(frame.lot), frame.choice(&self.program));
                let message = lot.child(choice);
                probe.marks(SimTime(self.now), Mark::Publishes { frame: f, message: message.0 });
                match self.publish(topic.0, message, f) {
                    Published::Accepted => {}
                    Published::Waits => {
                        self.pause(f);
                        return false;
                    }
                    Published::Refused => return self.ends(f, Cause::QueueFull, probe),
                }
            }
            Step::Hold => return !self.hold(f, probe),
            Step::Settle => return self.settle(f) || self.ends(f, Cause::Conflict, probe),
            Step::Commit { .. } => return !self.commit(f) && self.ends(f, Cause::Reset, probe),
            Step::Lock { lock, optimistic } => return self.lock(f, lock, optimistic),
            Step::Unlock { lock } => return self.unlock(f, lock) || self.ends(f, Cause::Conflict, probe),
            Step::Ship { replicas } => self.ship(f, replicas),
            Step::Peek { replicas } => self.peek(f, replicas),
            Step::Degrade => frame.flags |= DEGRADED,
            Step::Error => return self.ends(f, Cause::Error, probe),
            Step::Work { .. }
            | Step::Call { .. }
            | Step::Fork { .. }
            | Step::Chance { .. }
            | Step::Lookup { .. }
            | Step::Jump { .. }
            | Step::Return => unreachable!("not a rare step"),
        }
        true
    }

    #[cold]
    fn off_program<P: Probe>(&mut self, f: u32, probe: &mut P) -> u32 {
        if self.frames[f].is_aside() {
            self.note_woken(f);
            return NONE;
        }
        self.fail(f, Cause::Dependency, probe)
    }

    /// Ends a frame with a failure; `NONE`, as it lets nobody go on but by way of the others.
    fn fail<P: Probe>(&mut self, f: u32, cause: Cause, probe: &mut P) -> u32 {
        self.finish(f, Outcome::Failed(cause), probe);
        NONE
    }

    /// Likewise; false, as it does not go on.
    fn ends<P: Probe>(&mut self, f: u32, cause: Cause, probe: &mut P) -> bool {
        self.finish(f, Outcome::Failed(cause), probe);
        false
    }

    /// Waits for some time without working.
    fn sleep(&mut self, f: u32, time: usize) {
        let slot = self.frames[f].slot as usize;
        let stream = &mut self.stations[self.slots[slot].station as usize].work;
        let d = self.plan.dists[time].sample(stream).0;
        self.pause(f);
        let wake = self.schedule(d, Class::Completion, Kind::Done, f);
        self.frames[f].wake = wake;
    }

    /// Whether a frame without a worker needs one to work. A branch of a threaded request works under the request's own.
    fn lacks_worker(&self, f: u32) -> bool {
        let frame = &self.frames[f];
        !frame.has(INSIDE) && (!frame.is_branch() || frame.has(ASYNC))
    }

    /// Begins a stretch of work; false if it takes no time.
    #[inline(always)]
    fn work<P: Probe>(&mut self, f: u32, op: Op, probe: &mut P) -> bool {
        let frame = &mut self.frames[f];
        let replica = &self.slots[frame.slot as usize];
        let station = &mut self.stations[replica.station as usize];
        let d = match op.what {
            // By way of i64: never negative, and far beyond the last instant either way.
            Do::WorkExponential => SimDuration((station.work.exponential() * op.x) as i64 as u64),
            _ => self.plan.dists[op.a as usize].sample(&mut station.work),
        };
        if station.stretches {
            return self.work_stretched(f, d, probe);
        }
        frame.work += d.0;
        probe.marks(SimTime(self.now), Mark::Works { frame: f, time: d });
        if d == SimDuration::ZERO {
            return false;
        }
        if station.cores {
            self.cpu_begin(f, d.0);
        } else {
            frame.wake = self.agenda.schedule(self.now.saturating_add(d.0), Class::Completion, Kind::Done, f);
        }
        true
    }

    /// The same where something makes work take longer than it says: apart, so that other models pay nothing for it.
    #[inline(never)]
    fn work_stretched<P: Probe>(&mut self, f: u32, d: SimDuration, probe: &mut P) -> bool {
        let d = d.times(self.stretch(f));
        let frame = &mut self.frames[f];
        frame.work += d.0;
        probe.marks(SimTime(self.now), Mark::Works { frame: f, time: d });
        if d == SimDuration::ZERO {
            return false;
        }
        if self.stations[self.slots[frame.slot as usize].station as usize].cores {
            self.cpu_begin(f, d.0);
        } else {
            frame.wake = self.agenda.schedule(self.now.saturating_add(d.0), Class::Completion, Kind::Done, f);
        }
        true
    }

    /// How many times as long as it says the work of a frame takes that begins now.
    fn stretch(&self, f: u32) -> f64 {
        let replica = &self.slots[self.frames[f].slot as usize];
        let crowding = self.plan.stations[replica.station as usize].crowding;
        let mut root = &self.frames[f];
        while root.is_branch() && root.parent != NONE {
            root = &self.frames[root.parent];
        }
        let endpoint = self.routes.get(root.link as usize).map(|route| route.endpoint as usize);
        self.stations[replica.station as usize].slowdown
            * crowding.map_or(1.0, |c| c.stretch(replica.busy))
            * replica.slowdown
            * replica.version.slowdown
            * endpoint.map_or(1.0, |endpoint| self.knobs.endpoints[endpoint].slowdown)
    }

    /// The frame is going to wait: an async one gives its worker away meanwhile.
    #[inline(always)]
    pub(super) fn pause(&mut self, f: u32) {
        let frame = &self.frames[f];
        if frame.has(ASYNC) && frame.has(HOLDS) {
            self.release(f);
        }
    }

    fn fork<P: Probe>(&mut self, f: u32, op: Op, probe: &mut P) {
        let plan = self.plan;
        let fork = &plan.forks[op.a as usize];
        let frame = &mut self.frames[f];
        frame.need = fork.need as u16;
        frame.spare = (fork.branches.len() as u32 - fork.need) as u16;
        let (ticket, choice) = (frame.ticket, frame.choice_of(op.number));
        self.pause(f);
        for (i, branch) in fork.branches.iter().enumerate() {
            let choice = choice.wrapping_add((i as u32 + 1).wrapping_mul(0x85eb_ca6b));
            match *branch {
                Branch::Call(link) => {
                    let callee = self.call(f, ticket, link, choice, probe);
                    self.run_last(callee);
                }
                Branch::Program(pc) => self.branch(f, ticket, pc, choice, probe),
            }
        }
    }

    /// Begins a branch that runs steps of its own.
    fn branch<P: Probe>(&mut self, f: u32, ticket: u32, pc: Pc, choice: u32, probe: &mut P) {
        let parent = &self.frames[f];
        let at = self.insert(Frame {
            lot: Lot(parent.lot).child(choice).0,
            entered: self.now,
            pc: pc.0,
            parent: f,
            parent_ticket: ticket,
            slot: parent.slot,
            place: Place::Serving,
            flags: parent.flags & (COUNTED | PRIORITY | ASYNC),
            ..Frame::EMPTY
        });
        probe.marks(SimTime(self.now), Mark::Branches { frame: at, of: f });
        if self.cancels {
            self.family.adopt_branch(f, at);
        }
        self.ready.push(Ready::Run(at));
    }

    /// A frame, unless it is `NONE`, can go on behind all that can already.
    #[inline(always)]
    pub(super) fn run_last(&mut self, f: u32) {
        if f != NONE {
            self.ready.push(Ready::Run(f));
        }
    }

    /// Puts a new frame into the arena.
    pub(super) fn insert(&mut self, new: Frame) -> u32 {
        let (at, frame) = self.frames.claim(Frame::EMPTY);
        *frame = Frame { ticket: frame.ticket, ..new };
        if self.troubles.aside.replicas > 0 {
            self.come_to(at);
        }
        at
    }

    /// Makes a call for a frame that waits with `ticket`. Returns the callee's frame if it can run.
    #[inline(always)]
    fn call<P: Probe>(&mut self, f: u32, ticket: u32, link: LinkId, choice: u32, probe: &mut P) -> u32 {
        let frame = &self.frames[f];
        let lot = Lot(frame.lot).child(choice);
        let route = &self.routes[link.index()];
        if !route.plain {
            self.begin_call(f, ticket, link, lot, probe);
            return NONE;
        }
        let flags = frame.flags & (COUNTED | PRIORITY);
        let tally = &mut self.tallies.edges[route.edge as usize][frame.counted()];
        tally.calls += 1;
        tally.attempts += 1;
        let entry = route.entry;
        let (child, frame) = self.frames.claim(Frame::EMPTY);
        frame.begin(lot, entry, link, flags);
        (frame.parent, frame.parent_ticket) = (f, ticket);
        probe.marks(SimTime(self.now), Mark::Sent { frame: child, link, maker: Maker::Frame(f) });
        self.arrive_here(child, probe)
    }
}
