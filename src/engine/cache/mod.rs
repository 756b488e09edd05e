//! Caches with keys: what they hold, who loads what is missing, and what is written behind them.

mod contents;
mod flights;
mod lfu;
mod lru;
mod writes;

use super::frame::NONE;
use super::probe::Probe;
use super::world::World;
use crate::plan::{CacheId, Flight, Look, LookId, Pc, Spread, Store};
use crate::random::{Lot, Stream};
use contents::{Contents, Entry};
use flights::Flights;
pub(super) use flights::{Load, Waiter};
use writes::Buffer;

/// The state of a cache with keys.
#[derive(Clone, Debug)]
pub(super) struct CacheState {
    contents: Contents,
    flights: Flights,
    buffer: Buffer,
    /// Draws of lifetimes.
    lives: Stream,
    /// Look-ups miss and nothing is kept: it has been flushed.
    flushed: bool,
    /// What the last load took, in nanoseconds.
    load_time: u64,
}

/// A key on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Its number among all places of the cache.
    at: u32,
    node: u32,
}

impl CacheState {
    /// Replaces what is in it by what would be there after a long time.
    pub(super) fn fill(&mut self, store: &Store) {
        if !self.flushed {
            self.contents.clear();
            self.contents.warm(store, &mut self.lives);
        }
    }
}

impl World<'_> {
    pub(super) fn build_caches(&mut self, seed: u64, replication: u32) {
        for cache in &self.plan.caches {
            let name = &self.plan.components[cache.component.index()].name;
            let mut lives = Stream::new(seed, replication, name, "lives");
            let state = cache.store().map(|store| {
                let contents = Contents::new(store, &mut lives);
                let flights = Flights::new(store, contents.places());
                Box::new(CacheState {
                    contents,
                    flights,
                    buffer: Buffer::new(cache.write),
                    lives,
                    flushed: false,
                    load_time: 0,
                })
            });
            self.caches.push(state);
        }
    }

    /// Looks for the key of frame `f` at the step before its next one. True when the frame goes on at once: its next step
    /// has been set if it missed.
    pub(super) fn look<P: Probe>(&mut self, f: u32, cache: CacheId, look: LookId, probe: &mut P) -> bool {
        let look = self.plan.looks[look.index()];
        let Some(store) = self.plan.caches[cache.index()].store() else { return true };
        let c = cache.index();
        let counted = self.frames[f].counted();
        self.tallies.caches[c][counted].looked += 1;
        let Some(place) = self.place(f, cache, look) else {
            self.tallies.caches[c][counted].misses += 1;
            self.frames[f].pc = look.miss.0;
            return true;
        };
        let now = self.now;
        let Some(state) = &mut self.caches[c] else { return true };
        match state.contents.get(place.at, now) {
            Some(entry) if entry.failed && now < entry.expires => {
                self.tallies.caches[c][counted].negative += 1;
                self.frames[f].pc = Pc::FAIL.0;
                true
            }
            Some(entry) if now < entry.expires => {
                let early = store.early.is_some_and(|beta| self.comes_early(f, cache, entry, beta));
                if !early {
                    self.tallies.caches[c][counted].hits += 1;
                    return true;
                }
                self.begin_load(f, cache, place, look)
            }
            Some(entry) if !entry.failed && now < entry.expires.saturating_add(store.stale.0) => {
                let tally = &mut self.tallies.caches[c][counted];
                (tally.hits, tally.stale) = (tally.hits + 1, tally.stale + 1);
                self.refresh(f, cache, place, look, probe);
                true
            }
            expired => {
                // Whoever holds no lease takes what is left.
                let kept = expired.is_some_and(|entry| !entry.failed);
                let held = self.caches[c].as_ref().is_some_and(|state| state.flights.of(place.at) != NONE);
                if kept && held && matches!(store.flight, Flight::Lease(_)) {
                    let tally = &mut self.tallies.caches[c][counted];
                    (tally.hits, tally.stale) = (tally.hits + 1, tally.stale + 1);
                    return true;
                }
                self.begin_load(f, cache, place, look)
            }
        }
    }

    /// Whether this look-up, of an entry that is about to expire, loads it anew: with probability
    /// exp(-time left / (beta · time of a load)) (Vattani, Chierichetti and Lowenstein 2015, XFetch).
    fn comes_early(&self, f: u32, cache: CacheId, entry: Entry, beta: f64) -> bool {
        let load = self.caches[cache.index()].as_ref().map_or(0, |state| state.load_time) as f64;
        let left = (entry.expires - self.now) as f64;
        let frame = &self.frames[f];
        load > 0.0 && Lot(frame.lot).unit(frame.choice(&self.program) ^ EARLY) < libm::exp(-left / (load * beta))
    }

    /// Where the key of a frame is kept; `None` where nothing can be kept now.
    fn place(&self, f: u32, cache: CacheId, look: Look) -> Option<Place> {
        let plan = &self.plan.caches[cache.index()];
        let store = plan.store()?;
        let state = self.caches[cache.index()].as_ref()?;
        let frame = &self.frames[f];
        let choice = frame.choice_at(look.key, &self.program) ^ KEY;
        let key = store.keys.draw(Lot(frame.lot), choice);
        let (node, at) = match store.spread {
            Spread::ByKey => (store.keys.home(key, store.nodes), key),
            Spread::Any => {
                let node = (Lot(frame.lot).unit(choice ^ NODE) * f64::from(store.nodes)) as u32;
                (node, node * store.keys.count + key)
            }
        };
        let station = &self.stations[plan.station.index()];
        let alive = station.up.len() == station.slots as usize || station.up.contains(&(station.first_slot + node));
        (alive && !state.flushed).then_some(Place { at, node })
    }

    /// The answer of a load is there: it is kept, and whoever waited for it goes on.
    pub(super) fn fill<P: Probe>(&mut self, f: u32, cache: CacheId, look: LookId, probe: &mut P) {
        let look = self.plan.looks[look.index()];
        let place = self.place(f, cache, look);
        self.land(f, cache, place, probe);
        let Some(place) = place else { return };
        let counted = self.frames[f].counted();
        self.keep(cache, place, counted);
    }

    fn keep(&mut self, cache: CacheId, place: Place, counted: usize) {
        let now = self.now;
        let (Some(state), Some(store)) = (&mut self.caches[cache.index()], self.plan.caches[cache.index()].store())
        else {
            return;
        };
        let life = match store.ttl {
            None => u64::MAX - now,
            Some(ttl) if store.jitter == 0.0 => ttl.0,
            Some(ttl) => ttl.times(1.0 + store.jitter * (2.0 * state.lives.unit() - 1.0)).0,
        };
        let evicted = state.contents.put(place.at, place.node, now.saturating_add(life), false);
        self.tallies.caches[cache.index()][counted].evicted += u64::from(evicted);
    }

    /// What a write has changed is not kept any more.
    pub(super) fn drop_entry(&mut self, f: u32, cache: CacheId, look: LookId) {
        let place = self.place(f, cache, self.plan.looks[look.index()]);
        if let (Some(place), Some(state)) = (place, &mut self.caches[cache.index()]) {
            state.contents.remove(place.at);
        }
    }

    /// Empties what died or was flushed, and notes what is flushed from now on. Writes that waited in it are lost.
    pub(super) fn turn_caches(&mut self, died: &[u32]) {
        for (c, cache) in self.plan.caches.iter().enumerate() {
            let Some(state) = &mut self.caches[c] else { continue };
            let flushed = self.knobs.hit_ratios[c] == 0.0;
            if flushed && !state.flushed {
                state.contents.clear();
                self.tallies.caches[c][usize::from(self.counting)].lost += state.buffer.lose();
            }
            state.flushed = flushed;
            let station = &self.stations[cache.station.index()];
            for slot in
                died.iter().filter(|slot| (station.first_slot..station.first_slot + station.slots).contains(slot))
            {
                state.contents.clear_node(*slot - station.first_slot);
                self.tallies.caches[c][usize::from(self.counting)].lost += state.buffer.lose();
            }
        }
    }
}

/// Told apart from other choices made at the same step.
const KEY: u32 = 0x85eb_ca6b;
const NODE: u32 = 0x5bd1_e995;
const EARLY: u32 = 0x27d4_eb2f;
