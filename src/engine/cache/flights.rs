//! Loads under way: who fetches a key that is missing, who waits for it, and what becomes of it.

use super::super::agenda::{Class, Kind};
use super::super::frame::{ASYNC, COUNTED, Frame, LOADS, NONE, PRIORITY, Place as At};
use super::super::outcome::{Cause, Outcome};
use super::super::probe::Probe;
use super::super::world::{Ready, World};
use super::Place;
use crate::plan::{CacheId, Flight, Look, Pc, Store};

/// A load under way, or a lease whose holder has failed; also a write on its way to the store.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Load {
    cache: u32,
    /// [`NONE`] for a write.
    place: u32,
    node: u32,
    started: u64,
    /// The load of the same frame in whose course this one began.
    outer: u32,
    /// Who waits, first come first served.
    first: u32,
    last: u32,
    /// Stamp of the event that ends the lease, once its holder has failed.
    wake: u32,
}

/// A frame that waits for somebody else's load.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Waiter {
    frame: u32,
    ticket: u32,
    /// Where it loads by itself.
    miss: Pc,
    next: u32,
}

/// Which load is under way for each place, where that matters.
#[derive(Clone, Debug)]
pub(super) struct Flights {
    of: Vec<u32>,
    /// Loads are remembered: something depends on how long they take or how they end.
    tracked: bool,
}

impl Flights {
    pub(super) fn new(store: &Store, places: usize) -> Flights {
        let alone = store.flight != Flight::Everybody || store.stale.0 > 0;
        let of = if alone { vec![NONE; places] } else { Vec::new() };
        Flights { of, tracked: alone || store.negative.is_some() || store.early.is_some() }
    }

    /// The load under way for a place, or [`NONE`].
    pub(super) fn of(&self, place: u32) -> u32 {
        self.of.get(place as usize).copied().unwrap_or(NONE)
    }
}

impl World<'_> {
    /// A frame has missed: it loads the key, or waits for whoever does. True when it goes on at once.
    pub(super) fn begin_load(&mut self, f: u32, cache: CacheId, place: Place, look: Look) -> bool {
        let c = cache.index();
        let counted = self.frames[f].counted();
        let Some(store) = self.plan.caches[c].store() else { return true };
        let (flight, tracked) =
            self.caches[c].as_ref().map_or((NONE, false), |s| (s.flights.of(place.at), s.flights.tracked));
        let shared = store.flight != Flight::Everybody;
        // Nobody waits for a load of its own.
        if shared && flight != NONE && !self.holds(f, flight) {
            self.tallies.caches[c][counted].coalesced += 1;
            self.wait_for(flight, f, look.miss);
            return false;
        }
        self.tallies.caches[c][counted].misses += 1;
        self.frames[f].pc = look.miss.0;
        if tracked {
            let load = self.new_load(f, cache, place);
            if let Some(state) = self.caches[c].as_mut().filter(|_| shared && flight == NONE) {
                state.flights.of[place.at as usize] = load;
            }
        }
        true
    }

    /// Somebody was served an old answer: unless that is being done, the key is loaded anew by a request of nobody.
    pub(super) fn refresh<P: Probe>(&mut self, f: u32, cache: CacheId, place: Place, look: Look, _probe: &mut P) {
        let under_way = self.caches[cache.index()].as_ref().is_none_or(|s| s.flights.of(place.at) != NONE);
        if under_way || look.refresh == Pc::FAIL {
            return;
        }
        let at = self.spawn(self.frames[f], look.refresh);
        let load = self.new_load(at, cache, place);
        if let Some(state) = &mut self.caches[cache.index()] {
            state.flights.of[place.at as usize] = load;
        }
    }

    /// A request that nobody waits for, on the replica of another and about the same things.
    pub(super) fn spawn(&mut self, of: Frame, program: Pc) -> u32 {
        let at = self.insert(Frame {
            lot: of.lot,
            loops: of.loops,
            entered: self.now,
            pc: program.0,
            slot: of.slot,
            place: At::Serving,
            flags: of.flags & (COUNTED | PRIORITY | ASYNC),
            ..Frame::EMPTY
        });
        // Its end is told to nobody: to itself, by a ticket it no longer has.
        let frame = &mut self.frames[at];
        (frame.parent, frame.parent_ticket) = (at, frame.ticket.wrapping_sub(1));
        self.ready.push(Ready::Run(at));
        at
    }

    fn new_load(&mut self, f: u32, cache: CacheId, place: Place) -> u32 {
        self.note_load(
            f,
            Load {
                cache: cache.0,
                place: place.at,
                node: place.node,
                started: self.now,
                outer: NONE,
                first: NONE,
                last: NONE,
                wake: 0,
            },
        )
    }

    /// Notes that the end of frame `f` decides something.
    fn note_load(&mut self, f: u32, load: Load) -> u32 {
        if self.loading.len() <= f as usize {
            self.loading.resize(f as usize + 1, NONE);
        }
        let outer = if self.frames[f].has(LOADS) { self.loading[f as usize] } else { NONE };
        let load = self.loads.insert(Load { outer, ..load });
        self.loading[f as usize] = load;
        self.frames[f].flags |= LOADS;
        load
    }

    /// Notes that frame `f` writes to the store behind a cache.
    pub(super) fn note_write(&mut self, f: u32, cache: u32) {
        let started = self.now;
        self.note_load(f, Load { cache, place: NONE, node: 0, started, outer: NONE, first: NONE, last: NONE, wake: 0 });
    }

    fn holds(&self, f: u32, flight: u32) -> bool {
        let mut load = if self.frames[f].has(LOADS) { self.loading[f as usize] } else { NONE };
        while load != NONE && load != flight {
            load = self.loads[load].outer;
        }
        load == flight
    }

    fn wait_for(&mut self, flight: u32, f: u32, miss: Pc) {
        self.pause(f);
        let waiter = self.waiters.insert(Waiter { frame: f, ticket: self.frames[f].ticket, miss, next: NONE });
        let load = &mut self.loads[flight];
        match std::mem::replace(&mut load.last, waiter) {
            NONE => load.first = waiter,
            last => self.waiters[last].next = waiter,
        }
    }

    /// The load of a frame has come to its good end. `place` is where its answer is kept, if it can be.
    pub(super) fn land<P: Probe>(&mut self, f: u32, cache: CacheId, _place: Option<Place>, _probe: &mut P) {
        let Some(load) = self.take_load(f, Some(cache)) else { return };
        let record = self.loads[load];
        if let Some(state) = &mut self.caches[cache.index()] {
            state.load_time = self.now - record.started;
        }
        self.close_flight(load);
        while let Some(waiter) = self.next_waiter(load) {
            self.wake(waiter.frame, self.frames[waiter.frame].next_step());
        }
        self.loads.release(load);
    }

    /// A frame that was loading has ended without an answer, or a write behind a cache has ended.
    pub(in crate::engine) fn loads_ended<P: Probe>(&mut self, f: u32, outcome: Outcome, probe: &mut P) {
        while let Some(load) = self.take_load(f, None) {
            if self.loads[load].place == NONE {
                let cache = self.loads[load].cache;
                self.loads.release(load);
                self.flush_over(cache, probe);
            } else {
                self.load_failed(load, outcome);
            }
        }
    }

    fn load_failed(&mut self, load: u32, outcome: Outcome) {
        let record = self.loads[load];
        let c = record.cache as usize;
        let Some(store) = self.plan.caches[c].store() else { return };
        let is_error = matches!(outcome, Outcome::Failed(cause) if !matches!(cause, Cause::Cancelled | Cause::Reset));
        if let (Some(time), true, Some(state)) = (store.negative, is_error, &mut self.caches[c]) {
            state.contents.put(record.place, record.node, self.now.saturating_add(time.0), true);
        }
        if let (Flight::Lease(lease), true) = (store.flight, self.is_flight(load)) {
            // The lease goes on without its holder.
            let left = (record.started + lease.0).saturating_sub(self.now);
            let wake = self.schedule(left, Class::Timeout, Kind::Lease, load);
            self.loads[load].wake = wake;
            return;
        }
        self.close_flight(load);
        while let Some(waiter) = self.next_waiter(load) {
            self.wake(waiter.frame, Pc::FAIL.0);
        }
        self.loads.release(load);
    }

    /// The lease of a load that failed is over: the next in line gets one.
    pub(in crate::engine) fn lease_over(&mut self, load: u32, stamp: u32) {
        if self.loads[load].wake != stamp {
            return;
        }
        let record = self.loads[load];
        let Some(waiter) = self.next_waiter(load) else {
            self.close_flight(load);
            return self.loads.release(load);
        };
        let heir = self.note_load(waiter.frame, Load { outer: NONE, wake: 0, started: self.now, ..self.loads[load] });
        if let Some(state) = &mut self.caches[record.cache as usize] {
            state.flights.of[record.place as usize] = heir;
        }
        self.loads[load].wake = 0;
        self.loads.release(load);
        self.wake(waiter.frame, waiter.miss.0);
    }

    fn is_flight(&self, load: u32) -> bool {
        let record = &self.loads[load];
        self.caches[record.cache as usize].as_ref().is_some_and(|state| state.flights.of(record.place) == load)
    }

    fn close_flight(&mut self, load: u32) {
        if self.is_flight(load) {
            let record = self.loads[load];
            if let Some(state) = &mut self.caches[record.cache as usize] {
                state.flights.of[record.place as usize] = NONE;
            }
        }
    }

    /// Takes the innermost load of a frame, if it is one of this cache.
    fn take_load(&mut self, f: u32, cache: Option<CacheId>) -> Option<u32> {
        if !self.frames[f].has(LOADS) {
            return None;
        }
        let load = self.loading[f as usize];
        let record = self.loads[load];
        if cache.is_some_and(|cache| cache.0 != record.cache || record.place == NONE) {
            return None;
        }
        self.loading[f as usize] = record.outer;
        if record.outer == NONE {
            self.frames[f].flags &= !LOADS;
        }
        Some(load)
    }

    /// The next of those who wait for a load that is still there.
    fn next_waiter(&mut self, load: u32) -> Option<Waiter> {
        loop {
            let first = self.loads[load].first;
            if first == NONE {
                return None;
            }
            let waiter = self.waiters[first];
            self.waiters.release(first);
            let record = &mut self.loads[load];
            record.first = waiter.next;
            if waiter.next == NONE {
                record.last = NONE;
            }
            if self.frames[waiter.frame].ticket == waiter.ticket {
                return Some(waiter);
            }
        }
    }

    fn wake(&mut self, f: u32, pc: u32) {
        let frame = &mut self.frames[f];
        frame.send_to(pc);
        frame.ticket = frame.ticket.wrapping_add(1);
        self.ready.push(Ready::Run(f));
    }
}
