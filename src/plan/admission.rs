//! What a station does with requests it cannot or will not serve now.

use super::DistId;
use crate::policies::{Codel, ConcurrencyLimit, LoadShedding};
use crate::units::SimDuration;

/// The line in front of the workers, and what turns requests away before they stand in it.
///
/// The default is first come, first served, with nothing else: it costs the engine nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Admission {
    /// Who is served next.
    pub order: Order,
    /// How long a request waits for a worker before it is shed.
    pub max_wait: Option<DistId>,
    /// Sheds what has waited too long in a line that never empties.
    pub codel: Option<Codel>,
    /// How many are let in at once, learned from how long they take; for each replica.
    pub concurrency_limit: Option<ConcurrencyLimit>,
    /// Turns some away under overload; for each replica.
    pub load_shedding: Option<LoadShedding>,
}

/// Who is served next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// First come, first served.
    #[default]
    Fifo,
    /// The newest first.
    Lifo,
    /// The oldest first; the newest once the line has not been empty for so long.
    AdaptiveLifo(SimDuration),
    /// By priority, and first come, first served among equals. A full line gives up its last place to what is more important.
    Priority,
}

/// How important a request is; everything it calls is as important.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Priority {
    /// 0: served first, shed last.
    Critical,
    /// 1
    High,
    /// 2
    #[default]
    Normal,
    /// 3: served last, shed first.
    Low,
}

impl Admission {
    /// Whether it is nothing but first come, first served.
    pub fn is_plain(&self) -> bool {
        *self == Admission::default()
    }

    /// Whether something keeps a line short that has no limit of its own.
    pub fn keeps_short(&self) -> bool {
        let Admission { order: _, max_wait, codel, concurrency_limit, load_shedding } = self;
        max_wait.is_some() || codel.is_some() || concurrency_limit.is_some() || load_shedding.is_some()
    }

    /// Its slowest mechanism.
    pub fn slowest(&self) -> SimDuration {
        let codel = self.codel.map_or(SimDuration::ZERO, |codel| codel.interval);
        let limit = self.concurrency_limit.map_or(SimDuration::ZERO, |limit| limit.slowest());
        let shedding = self.load_shedding.map_or(SimDuration::ZERO, |shedding| shedding.slowest());
        codel.max(limit).max(shedding)
    }
}
