//! The door of a replica, for stations that do more than refuse what finds their queue full: rate limit, load shedding and
//! adaptive concurrency limit of each replica, and what its line knows about delays.
//!
//! Stations without any of this have no hall, and their requests pass none of it.

use super::call::Parent;
use super::frame::{ADMITTED, ASKED, CALLED, NONE, PRIORITY, flags_of};
use super::outcome::{Cause, Outcome};
use super::station::Waiting;
use super::world::{Ready, World};
use crate::plan::{Admission, Order};
use crate::policies::{Bucket, CodelState, Limiter, Sensor, Shedder, Verdict};
use crate::random::{Dist, Lot, Stream};
use crate::units::{SimDuration, SimTime};

/// What a station with doors keeps, over all its replicas.
#[derive(Clone, Debug)]
pub(super) struct Hall {
    first_door: u32,
    /// The lane of its waits, where all are of one length; else `NONE`.
    pub lane: u32,
    /// Draws of the time for which requests wait.
    pub patience: Stream,
    /// Draws of the concurrency limit.
    limit: Stream,
}

/// What one replica keeps.
#[derive(Clone, Debug)]
pub(super) struct Door {
    bucket: Option<Bucket>,
    shedder: Option<Shedder>,
    limiter: Option<Limiter>,
    codel: CodelState,
    /// Requests that were let in and are not over; only counted where they are limited.
    pub in_flight: u32,
    /// Since when its line has not been empty.
    pub standing_since: u64,
}

/// The number of a request's own class among those of its priority, apart from all steps and mixes.
const CLASS_CHOICE: u32 = u32::MAX - 1;

impl World<'_> {
    pub(super) fn build_doors(&mut self, seed: u64, replication: u32) {
        for (i, station) in self.plan.stations.iter().enumerate() {
            let own_bucket = station.rate_limit.is_some_and(|limit| limit.per_replica);
            if station.admission.is_plain() && !own_bucket {
                continue;
            }
            let stream = |purpose| Stream::new(seed, replication, &station.name, purpose);
            let (patience, limit) = (stream("patience"), stream("concurrency limit"));
            self.stations[i].hall = self.halls.len() as u32;
            self.halls.push(Hall { first_door: self.doors.len() as u32, lane: NONE, patience, limit });
            for _ in 0..self.stations[i].slots {
                let door = self.new_door(i);
                self.doors.push(door);
            }
        }
    }

    fn new_door(&self, station: usize) -> Door {
        let station = &self.plan.stations[station];
        Door {
            bucket: station.rate_limit.as_ref().filter(|limit| limit.per_replica).map(Bucket::new),
            shedder: station.admission.load_shedding.map(|_| Shedder::default()),
            limiter: station.admission.concurrency_limit.as_ref().map(Limiter::new),
            codel: CodelState::default(),
            in_flight: 0,
            standing_since: 0,
        }
    }

    /// A replica has died: another one knows nothing of what it had learned.
    pub(super) fn forget_door(&mut self, slot: u32) {
        let station = self.slots[slot as usize].station as usize;
        if self.stations[station].hall != NONE {
            let door = self.door_of(slot);
            self.doors[door] = self.new_door(station);
        }
    }

    /// The door of a replica whose station has a hall.
    pub(super) fn door_of(&self, slot: u32) -> usize {
        let station = &self.stations[self.slots[slot as usize].station as usize];
        (self.halls[station.hall as usize].first_door + slot - station.first_slot) as usize
    }

    /// A request stands at the door of its replica: why it is turned back, if it is.
    #[cold]
    pub(super) fn turned_back(&mut self, f: u32, slot: u32) -> Option<Cause> {
        let at = self.slots[slot as usize].station as usize;
        let (door, now) = (self.door_of(slot), SimTime(self.now));
        let plan = self.plan;
        let station = &plan.stations[at];
        if let (Some(bucket), Some(limit)) = (&mut self.doors[door].bucket, &station.rate_limit)
            && bucket.admit(limit, now) == Verdict::Refuse
        {
            self.tallies.stations[at].refused += 1;
            return Some(Cause::RateLimited);
        }
        if self.is_shed(f, slot, &station.admission) {
            self.tallies.stations[at].shed += 1;
            return Some(Cause::Shed);
        }
        if let (Some(limiter), Some(spec)) = (&self.doors[door].limiter, &station.admission.concurrency_limit) {
            if limiter.admit(spec, self.doors[door].in_flight) == Verdict::Refuse {
                self.tallies.stations[at].shed += 1;
                return Some(Cause::Shed);
            }
            self.doors[door].in_flight += 1;
            self.frames[f].flags |= ADMITTED;
            if self.seats.len() <= f as usize {
                self.seats.resize(f as usize + 1, 0);
            }
            self.seats[f as usize] = self.doors[door].in_flight;
        }
        if self.slots[slot as usize].busy < self.stations[at].workers {
            // It is served at once: nothing is ever shed for a delay of zero.
            self.delayed(slot, SimDuration::ZERO);
        }
        None
    }

    fn is_shed(&mut self, f: u32, slot: u32, admission: &Admission) -> bool {
        let Some(spec) = &admission.load_shedding else { return false };
        let replica = &self.slots[slot as usize];
        let reading = match spec.when {
            Sensor::QueueDelay => 0.0,
            Sensor::Cpu => {
                let cores = self.plan.stations[replica.station as usize].cores.unwrap_or(1.0);
                replica.cpu.as_ref().map_or(0.0, |cpu| cpu.used_at(self.now)) / cores
            }
            Sensor::Concurrency => f64::from(replica.busy) / f64::from(self.stations[replica.station as usize].workers),
        };
        let frame = &self.frames[f];
        let rank = Shedder::rank(frame.priority() as u32, self.root_lot(f).unit(CLASS_CHOICE));
        let (door, now) = (self.door_of(slot), SimTime(self.now));
        let shedder = &mut self.doors[door].shedder;
        shedder.as_mut().is_some_and(|shedder| shedder.admit(spec, rank, now, reading) == Verdict::Refuse)
    }

    /// The flags of the priority that a call has from its maker.
    #[cold]
    pub(super) fn priority_of(&self, parent: Parent) -> u16 {
        match parent {
            Parent::Frame(f, _) => self.frames[f].flags & PRIORITY,
            Parent::User(source, _) => flags_of(self.plan.sources[source as usize].priority),
            Parent::Message(..) | Parent::Gone => 0,
        }
    }

    /// The lot of the request of a user, or the delivery of a message, that a frame belongs to: as long as those who wait for
    /// it are there, all that one request causes is of the same class, whatever is tried again.
    fn root_lot(&self, f: u32) -> Lot {
        let mut frame = &self.frames[f];
        loop {
            let parent = if frame.has(CALLED) {
                let call = &self.calls[frame.parent];
                match call.parent {
                    Parent::Frame(parent, ticket) if self.frames[parent].ticket == ticket => parent,
                    _ => return Lot(call.lot),
                }
            } else if !frame.has(ASKED) && self.frames[frame.parent].ticket == frame.parent_ticket {
                frame.parent
            } else {
                return Lot(frame.lot);
            };
            frame = &self.frames[parent];
        }
    }

    /// A request is going to be served after this delay; false if it is shed for it.
    fn delayed(&mut self, slot: u32, delay: SimDuration) -> bool {
        let (door, now) = (self.door_of(slot), SimTime(self.now));
        let admission = &self.plan.stations[self.slots[slot as usize].station as usize].admission;
        let door = &mut self.doors[door];
        if let Some(codel) = &admission.codel
            && door.codel.dequeue(codel, delay, now) == Verdict::Refuse
        {
            return false;
        }
        if let (Some(shedder), Some(spec)) = (&mut door.shedder, &admission.load_shedding)
            && spec.when == Sensor::QueueDelay
        {
            shedder.waited(delay);
        }
        true
    }

    /// Who is served next on a replica; those who have waited too long are shed on the way.
    #[cold]
    pub(super) fn next_to_serve(&mut self, slot: u32) -> Option<Waiting> {
        let station = self.slots[slot as usize].station as usize;
        let standing = self.now - self.doors[self.door_of(slot)].standing_since;
        loop {
            let queue = &mut self.slots[slot as usize].queue;
            let next = match self.plan.stations[station].admission.order {
                Order::Fifo | Order::Priority => queue.pop_front(),
                Order::Lifo => queue.pop_back(),
                Order::AdaptiveLifo(after) if standing > after.0 => queue.pop_back(),
                Order::AdaptiveLifo(_) => queue.pop_front(),
            }?;
            self.tallies.stations[station].queue.lower(self.now);
            self.end_patience(next.frame);
            if !self.is_new(next.frame) || self.delayed(slot, SimDuration(self.now - next.since)) {
                return Some(next);
            }
            self.shed(next.frame);
        }
    }

    /// Whether a waiting frame has not been served before: an async request that wants its worker back is in already.
    pub(super) fn is_new(&self, f: u32) -> bool {
        let frame = &self.frames[f];
        !frame.is_branch() && frame.next_step() == self.routes[frame.link as usize].entry
    }

    /// A request that has left the line is not going to be served.
    pub(super) fn shed(&mut self, f: u32) {
        let frame = &mut self.frames[f];
        frame.place = super::frame::Place::Serving;
        let ticket = frame.ticket;
        let station = self.slots[frame.slot as usize].station as usize;
        self.tallies.stations[station].shed += 1;
        self.ready.push(Ready::Shed(f, ticket));
    }

    /// A request that was let in is over: the limit learns from it, unless it failed for a reason that tells nothing.
    #[cold]
    pub(super) fn leave_door(&mut self, f: u32, outcome: Outcome) {
        let frame = &mut self.frames[f];
        frame.flags &= !ADMITTED;
        let (slot, rtt) = (frame.slot, SimDuration(self.now - frame.entered));
        let at = self.slots[slot as usize].station as usize;
        let door = self.door_of(slot);
        let door = &mut self.doors[door];
        door.in_flight -= 1;
        let dropped = match outcome {
            Outcome::Succeeded | Outcome::Degraded => false,
            Outcome::Failed(Cause::Refused | Cause::Shed | Cause::Deadline | Cause::Cancelled) => true,
            Outcome::Failed(_) => return,
        };
        if let (Some(limiter), Some(spec)) = (&mut door.limiter, &self.plan.stations[at].admission.concurrency_limit) {
            let hall = &mut self.halls[self.stations[at].hall as usize];
            limiter.sample(spec, rtt, self.seats[f as usize], dropped, SimTime(self.now), &mut hall.limit);
        }
    }

    /// The lanes of waits that are all of one length.
    pub(super) fn build_patience(&mut self) {
        for (i, station) in self.plan.stations.iter().enumerate() {
            if let Some(wait) = station.admission.max_wait
                && let Dist::Constant(wait) = self.plan.dists[wait.index()]
            {
                let lane = self.lane(wait, super::lanes::Purpose::Line);
                self.halls[self.stations[i].hall as usize].lane = lane;
            }
        }
    }
}
