//! Caches: with a stated hit ratio, or with keys that are simulated.

use super::{ComponentId, Pc, StationId, UNLIMITED};
use crate::random::Keys;
use crate::units::SimDuration;

/// A cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Cache {
    /// Its component.
    pub component: ComponentId,
    /// Where look-ups are served: its replicas are the nodes that keep the keys.
    pub station: StationId,
    /// What it holds.
    pub contents: Contents,
    /// How writes go.
    pub write: Writes,
}

/// What a cache holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Contents {
    /// Whatever makes this share of look-ups hit, in [0, 1].
    Stated(f64),
    /// Keys.
    Simulated(Store),
}

/// Keys in a cache, and the rules by which they come and go.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    /// Which keys are asked for.
    pub keys: Keys,
    /// Entries, over all nodes; [`UNLIMITED`] for no limit.
    pub capacity: u32,
    /// Nodes with contents of their own.
    pub nodes: u32,
    /// Which node is asked for a key.
    pub spread: Spread,
    /// Who goes when it is full.
    pub eviction: Eviction,
    /// How long an entry lives; `None` for ever.
    pub ttl: Option<SimDuration>,
    /// Lifetimes are spread by this share to each side, in [0, 1].
    pub jitter: f64,
    /// An entry that has expired is still served for so long, while one request in the background loads it anew.
    pub stale: SimDuration,
    /// Beta of early expiration (XFetch), above 0.
    pub early: Option<f64>,
    /// How long a failed load is remembered: look-ups fail at once meanwhile.
    pub negative: Option<SimDuration>,
    /// Who loads a key that is missing.
    pub flight: Flight,
    /// Filled with the most popular keys at the beginning.
    pub warm: bool,
}

/// Which node is asked for a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// The one the key belongs to: each key is in one node.
    #[default]
    ByKey,
    /// Any: each node has contents of its own, as the edges of a CDN do.
    Any,
}

/// Who goes when a cache is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eviction {
    /// What was used longest ago.
    #[default]
    Lru,
    /// What was asked for least often, counted since the beginning; a key asked for less often than all of them is not
    /// let in.
    Lfu,
}

/// Who loads a key that is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flight {
    /// Everybody who misses.
    #[default]
    Everybody,
    /// The first; the others wait for it, and fail with it.
    Single,
    /// The first, who holds a lease; within this time nobody else gets one, though the load may have failed.
    Lease(SimDuration),
}

/// How writes go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Writes {
    /// To the store, and the entry is dropped.
    #[default]
    Invalidate,
    /// To the store, then into the cache.
    Through,
    /// Into the cache; the store follows later.
    Behind {
        /// Writes that may wait; a further one goes to the store at once.
        buffer: u32,
        /// Writes to the store at once.
        flushers: u32,
    },
}

/// A place in a program that looks into a cache with keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Where to go on when it has not got the key.
    pub miss: Pc,
    /// The program that loads the key for nobody in particular; [`Pc::FAIL`] where nothing is served stale.
    pub refresh: Pc,
    /// The step by whose number the key is drawn: places that share it are about the same key.
    pub key: Pc,
}

impl Cache {
    /// The share of look-ups that hit by arithmetic: as stated; else of a cache that is warm and in which nothing expires
    /// (an upper bound of what a simulated one with a `ttl` reaches).
    pub fn expected_hit_ratio(&self) -> f64 {
        match &self.contents {
            Contents::Stated(ratio) => *ratio,
            Contents::Simulated(store) => store.ideal_hit_ratio(),
        }
    }

    /// Its keys, if they are simulated.
    pub fn store(&self) -> Option<&Store> {
        match &self.contents {
            Contents::Stated(_) => None,
            Contents::Simulated(store) => Some(store),
        }
    }
}

impl Store {
    fn ideal_hit_ratio(&self) -> f64 {
        // A node that shares its keys with no other has room for its own share of entries only.
        let nodes = if self.spread == Spread::Any { self.nodes } else { 1 };
        let room = if self.capacity == UNLIMITED { self.keys.count } else { self.capacity / nodes.max(1) };
        match self.eviction {
            _ if room >= self.keys.count => 1.0,
            Eviction::Lru => self.keys.lru_hit_ratio(room),
            Eviction::Lfu => self.keys.most_popular(room),
        }
    }

    /// Its slowest mechanism: until what is in it has expired.
    pub fn slowest(&self) -> SimDuration {
        let lease = if let Flight::Lease(time) = self.flight { time } else { SimDuration::ZERO };
        (self.ttl.unwrap_or_default() + self.stale).max(lease).max(self.negative.unwrap_or_default())
    }
}
