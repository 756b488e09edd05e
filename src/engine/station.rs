//! Stations: choosing a replica, granting workers, queueing and refusing.

use super::cpu::Cpu;
use super::frame::{CALLED, COUNTED, HOLDS, Place};
use super::outcome::{Cause, Outcome};
use super::probe::Probe;
use super::world::{Ready, World};
use crate::plan::{Balance, Concurrency, UNLIMITED};
use crate::policies::{Bucket, Verdict};
use crate::random::Stream;
use std::collections::VecDeque;

/// The state of a station, over all its replicas.
#[derive(Clone, Debug)]
pub(super) struct StationState {
    pub first_slot: u32,
    pub slots: u32,
    pub workers: u32,
    pub queue_limit: u32,
    pub is_async: bool,
    /// Slots of the replicas that are up.
    pub up: Vec<u32>,
    cursor: u32,
    /// Draws of the time of work.
    pub work: Stream,
    /// Draws of the choice of a replica.
    balance: Stream,
    /// Draws of errors of its own.
    errors: Stream,
    bucket: Option<Bucket>,
    /// Share of requests answered with an error: its own and the faults'.
    pub error_rate: f64,
    /// Multiplies the time of work.
    pub slowdown: f64,
}

/// One replica.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub station: u32,
    pub busy: u32,
    pub queue: VecDeque<Waiting>,
    pub cpu: Option<Cpu>,
}

/// A frame in a replica's queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub frame: u32,
    pub since: u64,
}

impl World<'_> {
    pub(super) fn build_stations(&mut self, seed: u64, replication: u32) {
        for (i, station) in self.plan.stations.iter().enumerate() {
            let first_slot = self.slots.len() as u32;
            let stream = |purpose| Stream::new(seed, replication, &station.name, purpose);
            self.stations.push(StationState {
                first_slot,
                slots: station.replicas,
                workers: station.workers,
                queue_limit: station.queue,
                is_async: station.concurrency == Concurrency::Async,
                up: (first_slot..first_slot + station.replicas).collect(),
                cursor: 0,
                work: stream("work"),
                balance: stream("balance"),
                errors: stream("errors"),
                bucket: station.rate_limit.as_ref().map(Bucket::new),
                error_rate: station.error_rate,
                slowdown: 1.0,
            });
            self.slots.extend((0..station.replicas).map(|_| Slot {
                station: i as u32,
                busy: 0,
                queue: VecDeque::new(),
                cpu: station.cores.map(Cpu::new),
            }));
        }
    }

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

    /// Whether a station answers at once without looking at the request.
    fn turned_away(&mut self, at: u32) -> Option<Cause> {
        let station = &mut self.stations[at as usize];
        if station.up.is_empty() {
            return Some(Cause::Unavailable);
        }
        if let (Some(bucket), Some(limit)) = (&mut station.bucket, &self.plan.stations[at as usize].rate_limit)
            && bucket.admit(limit, crate::units::SimTime(self.now)) == Verdict::Refuse
        {
            self.tallies.stations[at as usize].refused += 1;
            return Some(Cause::RateLimited);
        }
        let rate = station.error_rate;
        (rate > 0.0 && station.errors.chance(rate)).then_some(Cause::Error)
    }

    /// The replica for the next request; at least one is up.
    fn choose(&mut self, at: u32) -> u32 {
        let station = &mut self.stations[at as usize];
        let n = station.up.len() as u32;
        if n == 1 {
            return station.up[0];
        }
        let load = |slots: &[Slot], s: u32| slots[s as usize].busy + slots[s as usize].queue.len() as u32;
        match self.plan.stations[at as usize].balance {
            Balance::RoundRobin => {
                station.cursor = (station.cursor + 1) % n;
                station.up[station.cursor as usize]
            }
            Balance::Random => station.up[station.balance.below(n) as usize],
            Balance::LeastRequest => {
                station.cursor = (station.cursor + 1) % n;
                let (before, from) = station.up.split_at(station.cursor as usize);
                // The first of the least from the cursor on, so that ties go in turn.
                from.iter().chain(before).copied().min_by_key(|&s| load(&self.slots, s)).unwrap_or(from[0])
            }
            Balance::TwoChoices => {
                let a = station.up[station.balance.below(n) as usize];
                let b = station.up[station.balance.below(n) as usize];
                match load(&self.slots, a).cmp(&load(&self.slots, b)) {
                    std::cmp::Ordering::Less => a,
                    std::cmp::Ordering::Greater => b,
                    std::cmp::Ordering::Equal if station.balance.bits() & 1 == 0 => a,
                    std::cmp::Ordering::Equal => b,
                }
            }
        }
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
