//! Stations: what they and their replicas keep. `admission` refuses, `balance` chooses a replica, `line` lets wait and
//! grants workers.

use super::cpu::Cpu;
use super::frame::NONE;
use super::world::World;
use crate::plan::{Balance, Concurrency, UNLIMITED, Version};
use crate::policies::Bucket;
use crate::random::Stream;
use std::collections::VecDeque;

/// The state of a station, over all its replicas. The first cache line, and the next one with the draws, are all that most
/// requests look at.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct StationState {
    /// Whoever comes is let in: see [`StationState::look`].
    pub open: bool,
    pub is_async: bool,
    /// Something makes work take longer than it says.
    pub stretches: bool,
    /// Work competes for the cores of its replica.
    pub cores: bool,
    /// Its replicas come and go.
    pub tended: bool,
    /// The slot of its only replica, where it has one and is open; else `NONE`.
    pub only: u32,
    pub workers: u32,
    pub queue_limit: u32,
    /// Its hall, if requests pass a door; else `NONE`.
    pub hall: u32,
    pub first_slot: u32,
    pub slots: u32,
    pub cursor: u32,
    /// Slots of the replicas that are up.
    pub up: Vec<u32>,
    /// Draws of the time of work.
    pub work: Stream,
    /// Draws of the choice of a replica.
    pub balance: Stream,
    /// Draws of errors of its own.
    pub errors: Stream,
    pub bucket: Option<Bucket>,
    /// Share of requests answered with an error: its own and the faults'.
    pub error_rate: f64,
    /// The same, but for crowds.
    pub usual_error_rate: f64,
    /// Multiplies the time of work.
    pub slowdown: f64,
    /// Connections that callers have open to its component, where they are limited, and how many there may be.
    pub opened: u32,
    pub most_open: u32,
    /// Dead replicas whose place a standby has taken.
    pub stand_ins: u32,
    /// Stamp of the event that lets one take over.
    pub wake: u32,
    /// How many replicas faults let hang, and how many of them do.
    pub hung: u32,
    pub hangs: u32,
}

/// One replica. The first cache line is all that most requests look at.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Slot {
    pub station: u32,
    pub busy: u32,
    pub queue: VecDeque<Waiting>,
    pub cpu: Option<Cpu>,
    /// Does nothing.
    pub hung: bool,
    /// Multiplies the time of work here, beside that of the station.
    pub slowdown: f64,
    /// What it runs.
    pub version: Version,
    /// Share of the cores that faults leave for work.
    pub share: f64,
}

/// A frame in a replica's queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub frame: u32,
    pub since: u64,
}

impl StationState {
    /// Looks whether anything can turn a request away or lead it past a replica that is up: to be called whenever that may
    /// have changed.
    pub(super) fn look(&mut self, balance: Balance) {
        let sharded = matches!(balance, Balance::Shard(_));
        let all_up = self.up.len() == self.slots as usize;
        self.open = self.hall == NONE
            && self.bucket.is_none()
            && self.error_rate == 0.0
            && !self.tended
            && self.hangs == 0
            && !self.up.is_empty()
            && (all_up || !sharded);
        self.only = if self.open && self.up.len() == 1 { self.up[0] } else { NONE };
    }
}

impl World<'_> {
    /// Looks at every station.
    pub(super) fn look_at_stations(&mut self) {
        let plans = &self.plan.stations;
        self.stations.iter_mut().zip(plans).for_each(|(station, plan)| station.look(plan.balance));
    }

    pub(super) fn build_stations(&mut self, seed: u64, replication: u32) {
        for (i, station) in self.plan.stations.iter().enumerate() {
            let first_slot = self.slots.len() as u32;
            let slots = station.replicas + station.fleet.as_ref().map_or(0, |fleet| fleet.surge);
            let stream = |purpose| Stream::new(seed, replication, &station.name, purpose);
            self.stations.push(StationState {
                first_slot,
                slots,
                workers: station.workers,
                queue_limit: station.queue,
                opened: 0,
                most_open: self.plan.most_open(station.component).unwrap_or(UNLIMITED),
                is_async: station.concurrency == Concurrency::Async,
                up: (first_slot..first_slot + slots).collect(),
                tended: false,
                open: false,
                only: NONE,
                usual_error_rate: station.error_rate,
                stand_ins: 0,
                wake: 0,
                cursor: 0,
                work: stream("work"),
                balance: stream("balance"),
                errors: stream("errors"),
                bucket: station.rate_limit.as_ref().filter(|limit| !limit.per_replica).map(Bucket::new),
                hall: NONE,
                error_rate: station.error_rate,
                slowdown: 1.0,
                stretches: station.crowding.is_some(),
                cores: station.cores.is_some(),
                hung: 0,
                hangs: 0,
            });
            self.slots.extend((0..slots).map(|_| Slot {
                station: i as u32,
                busy: 0,
                queue: VecDeque::new(),
                cpu: station.cores.map(Cpu::new),
                hung: false,
                slowdown: 1.0,
                version: Version::GOOD,
                share: 1.0,
            }));
        }
    }
}
