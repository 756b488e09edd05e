//! The entries of a cache, over all its nodes.

use super::super::frame::NONE;
use super::lfu::Lfu;
use super::lru::Lru;
use crate::plan::{Eviction, Spread, Store, UNLIMITED};
use crate::random::Stream;

/// An entry as it is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    place: u32,
    node: u32,
    /// When it expires, in nanoseconds.
    pub expires: u64,
    /// It remembers that a load failed.
    pub failed: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Contents {
    /// The entry at each place, [`NONE`] for none.
    entry_at: Vec<u32>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    /// Entries on each node.
    used: Vec<u32>,
    /// Room of each node.
    room: u32,
    order: Order,
}

/// Who goes next.
#[derive(Clone, Debug)]
enum Order {
    Lru(Lru),
    Lfu(Lfu),
}

impl Contents {
    pub(super) fn new(store: &Store, lives: &mut Stream) -> Contents {
        let copies = if store.spread == Spread::Any { store.nodes } else { 1 };
        let places = store.keys.count as usize * copies as usize;
        let room = if store.capacity == UNLIMITED { UNLIMITED } else { (store.capacity / store.nodes).max(1) };
        let order = match store.eviction {
            Eviction::Lru => Order::Lru(Lru::new(store.nodes)),
            Eviction::Lfu => Order::Lfu(Lfu::new(store.nodes, places)),
        };
        let mut contents = Contents {
            entry_at: vec![NONE; places],
            entries: Vec::new(),
            free: Vec::new(),
            used: vec![0; store.nodes as usize],
            room,
            order,
        };
        if store.warm {
            contents.warm(store, lives);
        }
        contents
    }

    /// As it would be after a long time: the most popular keys, of any age. The least popular come first, so that they
    /// count as used longest ago.
    pub(super) fn warm(&mut self, store: &Store, lives: &mut Stream) {
        let mut expires = || store.ttl.map_or(u64::MAX, |ttl| ttl.times(lives.unit()).0);
        let full = if store.capacity == UNLIMITED { store.keys.count } else { store.capacity.min(store.keys.count) };
        match store.spread {
            Spread::ByKey => {
                for key in (0..full).rev() {
                    self.put(key, store.keys.home(key, store.nodes), expires(), false);
                }
            }
            Spread::Any => {
                for node in 0..store.nodes {
                    for key in (0..self.room.min(store.keys.count)).rev() {
                        self.put(node * store.keys.count + key, node, expires(), false);
                    }
                }
            }
        }
    }

    /// Places that entries may be at.
    pub(super) fn places(&self) -> usize {
        self.entry_at.len()
    }

    /// The entry at a place, expired or not; it has been used.
    pub(super) fn get(&mut self, place: u32, _now: u64) -> Option<Entry> {
        let at = self.entry_at[place as usize];
        match &mut self.order {
            Order::Lru(lru) if at != NONE => lru.touch(at, self.entries[at as usize].node),
            Order::Lru(_) => {}
            Order::Lfu(lfu) => lfu.touch(place, at, at != NONE),
        }
        (at != NONE).then(|| self.entries[at as usize])
    }

    /// Puts or renews an entry; true when another had to go for it.
    pub(super) fn put(&mut self, place: u32, node: u32, expires: u64, failed: bool) -> bool {
        let at = self.entry_at[place as usize];
        if at != NONE {
            let entry = &mut self.entries[at as usize];
            (entry.expires, entry.failed) = (expires, failed);
            return false;
        }
        let full = self.used[node as usize] >= self.room;
        if full && !self.make_room(place, node) {
            return false;
        }
        let entry = Entry { place, node, expires, failed };
        let at = match self.free.pop() {
            Some(at) => {
                self.entries[at as usize] = entry;
                at
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        self.entry_at[place as usize] = at;
        self.used[node as usize] += 1;
        match &mut self.order {
            Order::Lru(lru) => lru.insert(at, node),
            Order::Lfu(lfu) => lfu.insert(place, at, node),
        }
        full
    }

    /// Lets the next entry of a node go; false when the newcomer is not worth it.
    fn make_room(&mut self, place: u32, node: u32) -> bool {
        let victim = match &self.order {
            Order::Lru(lru) => lru.oldest(node),
            Order::Lfu(lfu) if lfu.is_rarer_than_all(place, node) => return false,
            Order::Lfu(lfu) => lfu.rarest(node),
        };
        self.remove(self.entries[victim as usize].place);
        true
    }

    pub(super) fn remove(&mut self, place: u32) {
        let at = std::mem::replace(&mut self.entry_at[place as usize], NONE);
        if at == NONE {
            return;
        }
        let node = self.entries[at as usize].node;
        match &mut self.order {
            Order::Lru(lru) => lru.remove(at, node),
            Order::Lfu(lfu) => lfu.remove(at, node),
        }
        self.used[node as usize] -= 1;
        self.free.push(at);
    }

    pub(super) fn clear(&mut self) {
        (0..self.used.len() as u32).for_each(|node| self.clear_node(node));
    }

    pub(super) fn clear_node(&mut self, node: u32) {
        let of_node = |entry: &&Entry| entry.node == node && self.entry_at[entry.place as usize] != NONE;
        let places: Vec<u32> = self.entries.iter().filter(of_node).map(|entry| entry.place).collect();
        places.into_iter().for_each(|place| self.remove(place));
    }
}
