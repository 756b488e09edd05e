//! Replicas that come and go.
//!
//! A replica is off, starting, ready, draining or dead. Requests are balanced over those in rotation
//! ([`super::station::StationState::up`]): ready, not found unhealthy and not ejected; and over dead ones that nobody has
//! noticed. `scale` decides how many there should be, `rollout` replaces them, `health` and `ejection` leave some out.

mod ejection;
mod health;
mod rollout;
mod scale;
mod zones;

use super::agenda::{Class, Kind};
use super::frame::NONE;
use super::probe::Probe;
use super::world::{Ready, World};
use crate::plan::{Fleet, Zones};
use crate::random::Stream;
use crate::units::SimDuration;
use scale::Scaler;

/// The state of a station whose replicas come and go.
#[derive(Clone, Debug)]
pub(super) struct FleetState {
    pub replicas: Vec<Replica>,
    /// How many there should be.
    wanted: u32,
    /// How many faults hold dead.
    held: u32,
    /// Deployments begun so far.
    deploys: u32,
    scaler: Scaler,
    startup: Stream,
    crash: Stream,
    balance: Stream,
}

/// One replica.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replica {
    pub life: Life,
    /// Since when.
    since: u64,
    /// Stamp of the event that ends this part of its life.
    wake: u32,
    /// Is to be replaced.
    old: bool,
    /// Dead with its zone.
    zoned: bool,
    /// Probes that failed or succeeded in a row since they last did the other.
    failed: u32,
    passed: u32,
    /// Found unhealthy.
    sick: bool,
    /// Errors in a row, how often it was ejected, until when it is, and when that ended last.
    errors: u32,
    ejections: u32,
    ejected: bool,
    ejected_until: u64,
}

/// The life of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// Does not exist.
    Off,
    /// Is on its way.
    Starting,
    /// Serves.
    Ready,
    /// Finishes what it has begun.
    Draining,
    /// Is held dead by a fault.
    Dead,
}

impl Replica {
    const OFF: Replica = Replica {
        life: Life::Off,
        since: 0,
        wake: 0,
        old: false,
        zoned: false,
        failed: 0,
        passed: 0,
        sick: false,
        errors: 0,
        ejections: 0,
        ejected: false,
        ejected_until: 0,
    };
}

impl FleetState {
    fn count(&self, life: Life) -> u32 {
        self.replicas.iter().filter(|r| r.life == life).count() as u32
    }

    /// Ready, or soon.
    fn alive(&self) -> u32 {
        self.count(Life::Ready) + self.count(Life::Starting)
    }
}

impl World<'_> {
    pub(super) fn build_fleets(&mut self, seed: u64, replication: u32) {
        for (i, station) in self.plan.stations.iter().enumerate() {
            let Some(fleet) = &station.fleet else {
                self.fleets.push(None);
                continue;
            };
            self.watches |= fleet.crash > 0.0 || fleet.ejection.is_some();
            let first = fleet.scaling.map_or(station.replicas, |s| s.min);
            let stream = |purpose| Stream::new(seed, replication, &station.name, purpose);
            let mut replicas = vec![Replica::OFF; self.stations[i].slots as usize];
            replicas[..first as usize].iter_mut().for_each(|r| r.life = Life::Ready);
            self.fleets.push(Some(Box::new(FleetState {
                replicas,
                wanted: first,
                held: 0,
                deploys: 0,
                scaler: Scaler::default(),
                startup: stream("startup"),
                crash: stream("crash"),
                balance: stream("slow start"),
            })));
            self.stations[i].up.clear();
            self.stations[i].tended = true;
            self.set_rotation(i);
            self.begin_scaling(i, fleet);
            self.begin_probes(i, fleet);
        }
    }

    fn spec(&self, i: usize) -> &Fleet {
        // Whoever asks has a fleet.
        self.plan.stations[i].fleet.as_deref().unwrap_or(&PLAIN)
    }

    fn fleet(&mut self, i: usize) -> &mut FleetState {
        match &mut self.fleets[i] {
            Some(fleet) => fleet,
            None => unreachable!("station {i} has no fleet"),
        }
    }

    fn berth(&self, slot: u32) -> (usize, usize) {
        let i = self.slots[slot as usize].station as usize;
        (i, (slot - self.stations[i].first_slot) as usize)
    }

    /// Who is in rotation has changed.
    fn set_rotation(&mut self, i: usize) {
        let first = self.stations[i].first_slot;
        let spec = self.plan.stations[i].fleet.as_deref().unwrap_or(&PLAIN);
        let probed = spec.health.is_some();
        let panic = spec.health.map_or(0.0, |h| h.panic).max(spec.ejection.map_or(0.0, |e| e.panic));
        let Some(fleet) = &self.fleets[i] else { return };
        // A dead replica that nobody has noticed is as good as a ready one.
        let there = |r: &Replica| r.life == Life::Ready || r.life == Life::Dead && probed;
        let slots = |test: &dyn Fn(&Replica) -> bool| -> Vec<u32> {
            (first..).zip(&fleet.replicas).filter(|(_, r)| test(r)).map(|(slot, _)| slot).collect()
        };
        let all = slots(&there);
        let mut up = slots(&|r| there(r) && !r.sick && !r.ejected);
        if (up.len() as f64) < panic * all.len() as f64 {
            up = all;
        }
        let ready = fleet.count(Life::Ready);
        let crowded = spec.most_peers.is_some_and(|most| ready > most);
        let station = &mut self.stations[i];
        station.up = up;
        station.error_rate = if crowded { 1.0 } else { station.usual_error_rate };
        let serving = ready + fleet.count(Life::Draining);
        let tally = &mut self.tallies.stations[i];
        tally.replicas.set(ready.into(), self.now);
        tally.serving.set(serving.into(), self.now);
        if self.counting {
            let [least, most] = self.tallies.stations[i].ready_range;
            self.tallies.stations[i].ready_range = [least.min(ready.into()), most.max(ready.into())];
        }
    }

    /// A replica begins its life.
    fn begin_life(&mut self, slot: u32) {
        let (i, r) = self.berth(slot);
        let version = self.knobs.stations[i].version;
        self.slots[slot as usize].version = version;
        self.stations[i].stretches |= version.slowdown != 1.0;
        let startup = self.spec(i).startup;
        let fleet = self.fleet(i);
        fleet.replicas[r] = Replica {
            life: Life::Starting,
            ejections: fleet.replicas[r].ejections,
            ejected_until: fleet.replicas[r].ejected_until,
            ..Replica::OFF
        };
        let time = startup.map_or(0, |startup| {
            let dist = &self.plan.dists[startup.index()];
            dist.sample(&mut self.fleet(i).startup).0
        });
        if time == 0 {
            return self.started(slot);
        }
        let wake = self.schedule(time, Class::Completion, Kind::Started, slot);
        self.fleet(i).replicas[r].wake = wake;
    }

    /// A replica is ready.
    fn started(&mut self, slot: u32) {
        let (i, r) = self.berth(slot);
        let now = self.now;
        let replica = &mut self.fleet(i).replicas[r];
        (replica.life, replica.since, replica.wake) = (Life::Ready, now, 0);
        self.set_rotation(i);
        self.reconcile(i);
    }

    /// A replica stops: at once when it is only starting, and otherwise when it has finished, or its grace is over.
    fn end_life(&mut self, slot: u32) {
        let (i, r) = self.berth(slot);
        let grace = self.spec(i).grace;
        if self.fleet(i).replicas[r].life == Life::Starting {
            return self.gone(slot);
        }
        self.fleet(i).replicas[r].life = Life::Draining;
        self.set_rotation(i);
        if grace == SimDuration::ZERO {
            return self.ready.push(Ready::Bury(slot));
        }
        if self.is_idle(slot) {
            return self.gone(slot);
        }
        self.draining += 1;
        let wake = self.schedule(grace.0, Class::Timeout, Kind::Started, slot);
        self.fleet(i).replicas[r].wake = wake;
    }

    /// Nothing is in progress. What an async replica waits for is not known: it takes all of its grace.
    fn is_idle(&self, slot: u32) -> bool {
        let replica = &self.slots[slot as usize];
        replica.busy == 0 && replica.queue.is_empty() && !self.stations[replica.station as usize].is_async
    }

    /// A worker has become free: a draining replica may be done.
    #[cold]
    pub(super) fn drained(&mut self, slot: u32) {
        let (i, r) = self.berth(slot);
        let draining = self.fleets[i].as_ref().is_some_and(|f| f.replicas[r].life == Life::Draining);
        if draining && self.is_idle(slot) && self.fleet(i).replicas[r].wake != 0 {
            self.draining -= 1;
            self.gone(slot);
        }
    }

    /// A replica has begun to serve, or its grace is over.
    pub(super) fn life_due(&mut self, slot: u32, stamp: u32) {
        let (i, r) = self.berth(slot);
        if self.fleet(i).replicas[r].wake != stamp {
            return;
        }
        if self.fleet(i).replicas[r].life == Life::Starting {
            return self.started(slot);
        }
        self.ready.push(Ready::Bury(slot));
    }

    /// A replica exists no longer.
    fn gone(&mut self, slot: u32) {
        let (i, r) = self.berth(slot);
        self.cure(slot);
        let replica = &mut self.fleet(i).replicas[r];
        (replica.life, replica.wake, replica.old) = (Life::Off, 0, false);
        self.set_rotation(i);
        self.reconcile(i);
    }

    /// A replica dies with what it was doing: it stopped without grace, or crashed and begins anew.
    pub(super) fn bury_one<P: Probe>(&mut self, slot: u32, probe: &mut P) {
        let (i, r) = self.berth(slot);
        self.bury(&[slot], probe);
        match self.fleet(i).replicas[r].life {
            Life::Draining => {
                let waits = self.fleet(i).replicas[r].wake != 0;
                self.draining -= usize::from(waits);
                self.gone(slot);
            }
            Life::Ready | Life::Starting => {
                self.begin_life(slot);
                self.set_rotation(i);
            }
            Life::Off | Life::Dead => {}
        }
    }

    /// Faults hold so many replicas dead, and all in some zones. Returns those that died now; those they let go begin anew.
    pub(super) fn hold_dead(&mut self, i: usize, down: u32, zones_down: u32) -> Vec<u32> {
        let (first, zones) = (self.stations[i].first_slot, self.spec(i).zones.count);
        let (mut died, mut back, mut draining) = (Vec::new(), Vec::new(), 0);
        let fleet = self.fleet(i);
        for (r, replica) in (0..).zip(&mut fleet.replicas) {
            let lost = zones_down >> (r % zones) & 1 == 1;
            let exists = !matches!(replica.life, Life::Off | Life::Dead);
            if exists && (lost || fleet.held < down) {
                draining += usize::from(replica.life == Life::Draining && replica.wake != 0);
                (replica.life, replica.wake, replica.failed, replica.passed) = (Life::Dead, 0, 0, 0);
                replica.zoned = lost;
                fleet.held += u32::from(!lost);
                died.push(first + r);
            } else if replica.life == Life::Dead && replica.zoned && !lost {
                back.push(first + r);
            } else if replica.life == Life::Dead && !replica.zoned && fleet.held > down {
                fleet.held -= 1;
                back.push(first + r);
            }
        }
        self.draining -= draining;
        back.into_iter().for_each(|slot| self.begin_life(slot));
        self.set_rotation(i);
        died
    }

    /// The replica for a request, after where it comes from and how long the replica is there. [`super::frame::NONE`] when that
    /// one is dead, and nobody has noticed.
    #[cold]
    pub(super) fn choose_tended(&mut self, at: u32, f: u32) -> u32 {
        let (zoned, slow_start) = (self.spec(at as usize).zones.count > 1, self.spec(at as usize).slow_start);
        let mut slot = if zoned { self.choose_in_zone(at, f) } else { self.choose(at, f) };
        if slow_start > SimDuration::ZERO && slot != NONE {
            slot = self.spare_the_young(f, at, slot);
        }
        if slot != NONE && self.is_dead(slot) { NONE } else { slot }
    }

    /// Whether a replica exists and serves, or would.
    pub(super) fn is_there(&self, slot: u32) -> bool {
        let (i, r) = self.berth(slot);
        match &self.fleets[i] {
            Some(fleet) => matches!(fleet.replicas[r].life, Life::Ready | Life::Draining),
            None => self.stations[i].up.contains(&slot),
        }
    }

    /// Whether a replica that is still in rotation does not answer.
    fn is_dead(&self, slot: u32) -> bool {
        let (i, r) = self.berth(slot);
        self.fleets[i].as_ref().is_some_and(|fleet| fleet.replicas[r].life == Life::Dead)
    }

    /// A replica that has just begun gets a smaller share, at least a tenth: some of its requests go to another.
    fn spare_the_young(&mut self, f: u32, at: u32, slot: u32) -> u32 {
        let i = at as usize;
        let window = self.spec(i).slow_start.0;
        let now = self.now;
        let mut slot = slot;
        for _ in 0..3 {
            let (_, r) = self.berth(slot);
            let fleet = self.fleet(i);
            let age = (now - fleet.replicas[r].since).max(1) as f64 / window as f64;
            let born = fleet.replicas[r].since > 0;
            if !born || age >= 1.0 || fleet.balance.chance(age.max(0.1)) {
                break;
            }
            slot = self.choose(at, f);
        }
        slot
    }

    /// Who is in rotation is there, what does not exist has nothing to do, and who drains is counted.
    pub(super) fn audit_fleet(&self, i: usize) -> Result<(), String> {
        let Some(fleet) = &self.fleets[i] else { return Ok(()) };
        let (name, first) = (&self.plan.stations[i].name, self.stations[i].first_slot);
        for (slot, replica) in (first..).zip(&fleet.replicas) {
            let up = self.stations[i].up.contains(&slot);
            let serves = replica.life == Life::Ready || replica.life == Life::Dead && self.spec(i).health.is_some();
            if up && !serves {
                return Err(format!("{name}: replica {slot} is in rotation and {:?}", replica.life));
            }
            let busy = self.slots[slot as usize].busy > 0 || !self.slots[slot as usize].queue.is_empty();
            if busy && matches!(replica.life, Life::Off | Life::Starting | Life::Dead) {
                return Err(format!("{name}: replica {slot} is {:?} and works", replica.life));
            }
        }
        if self.tallies.stations[i].replicas.level != u64::from(fleet.count(Life::Ready)) {
            return Err(format!("{name}: {} replicas are counted", self.tallies.stations[i].replicas.level));
        }
        let drains =
            |fleet: &FleetState| fleet.replicas.iter().filter(|r| r.life == Life::Draining && r.wake != 0).count();
        let draining: usize = self.fleets.iter().flatten().map(|fleet| drains(fleet)).sum();
        if draining != self.draining {
            return Err(format!("{draining} replicas drain, {} are counted", self.draining));
        }
        Ok(())
    }
}

static PLAIN: Fleet = Fleet {
    startup: None,
    slow_start: SimDuration::ZERO,
    grace: SimDuration::ZERO,
    surge: 0,
    unavailable: 1,
    crash: 0.0,
    scaling: None,
    health: None,
    ejection: None,
    most_peers: None,
    zones: Zones { count: 1, aware: false, crossing: SimDuration::ZERO },
};
