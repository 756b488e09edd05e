//! Requests in progress.

use super::Outcome;
use super::program::Op;
use crate::plan::{LinkId, Priority};
use crate::random::Lot;

/// No link, no slot, no parent.
pub(super) const NONE: u32 = u32::MAX;

/// A request being served, or one branch of it: 64 bytes, one cache line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// The request's own choices.
    pub lot: u64,
    /// When it arrived at its station.
    pub entered: u64,
    /// Work it has caused so far, in nanoseconds, by itself and by what it called.
    pub work: u64,
    /// Next step.
    pub pc: u32,
    /// Changes whenever what it waited for is over: replies that carry an older ticket come too late.
    pub ticket: u32,
    /// Stamp of the event that may wake it.
    pub wake: u32,
    /// Whom to reply to: a frame, a call if [`CALLED`], or a source if [`ASKED`].
    pub parent: u32,
    /// The parent's ticket, or which entry of the source's mix was asked for.
    pub parent_ticket: u32,
    /// How it was called; `NONE` for a branch.
    pub link: u32,
    /// The replica it is on; `NONE` before it has one.
    pub slot: u32,
    /// Iterations left of its loop.
    pub loops: u32,
    /// Successes it still waits for.
    pub need: u16,
    /// Failures it can still bear while it waits.
    pub spare: u16,
    /// Where it is.
    pub place: Place,
    /// [`HOLDS`] and the others.
    pub flags: u16,
    /// How it ended, while the reply is under way.
    pub outcome: Outcome,
}

/// Where a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Place {
    /// Nowhere: the arena's entry is free.
    Free,
    /// On its way to the station.
    Transit,
    /// Waiting for a worker.
    Queued,
    /// Being served: working, sleeping or waiting for others.
    Serving,
    /// Its reply is on its way back.
    Replying,
}

/// Holds a worker.
pub(super) const HOLDS: u16 = 1;
/// Arrived in the measured part.
pub(super) const COUNTED: u16 = 2;
/// Its answer is a substitute, in part or whole.
pub(super) const DEGRADED: u16 = 4;
/// Its parent is a call record, not a frame.
pub(super) const CALLED: u16 = 8;
/// Its end decides something for a cache: it loads a key, or writes behind one.
pub(super) const LOADS: u16 = 16;
/// Was let in by a concurrency limit, which counts it.
pub(super) const ADMITTED: u16 = 32;
/// Two bits for its priority, so that a normal one is 0; see [`flags_of`]. What it calls inherits them.
pub(super) const PRIORITY: u16 = 64 + 128;
/// Holds rows or a connection, or waits for a row.
pub(super) const HANDS: u16 = 1 << 8;
/// Is a query of a transaction, which runs on the connection that its caller holds.
pub(super) const INSIDE: u16 = 1 << 9;
/// Was sent from one zone to another.
pub(super) const CROSSES: u16 = 1 << 10;
/// Its parent is a source: the request of a user who tries once and waits for ever.
pub(super) const ASKED: u16 = 1 << 11;
/// Is served by an async station: it gives its worker away while it waits.
pub(super) const ASYNC: u16 = 1 << 12;

/// The flags of a priority.
#[inline]
pub(super) fn flags_of(priority: Priority) -> u16 {
    u16::from(priority as u8 ^ Priority::Normal as u8) << 6
}

impl Frame {
    /// A frame with nothing in it.
    pub(super) const EMPTY: Frame = Frame {
        lot: 0,
        entered: 0,
        work: 0,
        pc: 0,
        ticket: 0,
        wake: 0,
        parent: NONE,
        parent_ticket: 0,
        link: NONE,
        slot: NONE,
        loops: 0,
        need: 0,
        spare: 0,
        place: Place::Transit,
        flags: 0,
        outcome: Outcome::Succeeded,
    };

    /// Begins a new request in the place of an old one. The ticket goes on from there, so that no late reply can be
    /// mistaken; the caller says who waits for it.
    #[inline(always)]
    pub(super) fn begin(&mut self, lot: Lot, entry: u32, link: LinkId, flags: u16) {
        self.lot = lot.0;
        self.work = 0;
        self.pc = entry;
        self.wake = 0;
        self.link = link.0;
        self.slot = NONE;
        self.loops = 0;
        (self.need, self.spare) = (0, 0);
        self.place = Place::Transit;
        self.flags = flags;
        self.outcome = Outcome::Succeeded;
    }

    #[inline]
    pub(super) fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// 1 for requests of the measured part: the index into pairs of tallies.
    #[inline]
    pub(super) fn counted(&self) -> usize {
        usize::from(self.has(COUNTED))
    }

    /// From 0, the most important, to 3.
    #[inline]
    pub(super) fn priority(&self) -> u8 {
        ((self.flags & PRIORITY) >> 6) as u8 ^ Priority::Normal as u8
    }

    /// A branch of another frame, which holds the worker and is accounted for in its place.
    #[inline]
    pub(super) fn is_branch(&self) -> bool {
        self.link == NONE
    }

    /// The number of a choice made at the step before the next one, different in each iteration of a loop.
    #[inline]
    pub(super) fn choice(&self, program: &[Op]) -> u32 {
        self.choice_of(program[self.pc as usize - 1].number)
    }

    /// That of a choice made at the step of this number.
    #[inline(always)]
    pub(super) fn choice_of(&self, number: u32) -> u32 {
        number.wrapping_add(self.loops.wrapping_mul(0x9e37_79b1))
    }

    /// The number of a choice that was or would be made at another step, in this iteration.
    pub(super) fn choice_at(&self, step: crate::plan::Pc, program: &[Op]) -> u32 {
        self.choice_of(program[step.index()].number)
    }
}

/// Entries that are used again when they are free.
#[derive(Clone, Debug)]
pub(super) struct Arena<T> {
    items: Vec<T>,
    free: Vec<u32>,
}

impl<T: Copy> Arena<T> {
    pub(super) fn new() -> Arena<T> {
        Arena { items: Vec::new(), free: Vec::new() }
    }

    #[inline]
    pub(super) fn insert(&mut self, item: T) -> u32 {
        match self.free.pop() {
            Some(at) => {
                self.items[at as usize] = item;
                at
            }
            None => {
                self.items.push(item);
                (self.items.len() - 1) as u32
            }
        }
    }

    /// A free place, with the item that was there or a `blank` one: to be written over where it lies, as a copy of what
    /// has just been written field by field would have to wait for it.
    #[inline(always)]
    pub(super) fn claim(&mut self, blank: T) -> (u32, &mut T) {
        let at = match self.free.pop() {
            Some(at) => at,
            None => {
                self.items.push(blank);
                (self.items.len() - 1) as u32
            }
        };
        (at, &mut self.items[at as usize])
    }

    /// What a new item will replace, if anything: its ticket must go on from there.
    #[inline]
    pub(super) fn next_free(&self) -> Option<&T> {
        self.free.last().map(|&at| &self.items[at as usize])
    }

    #[inline]
    pub(super) fn release(&mut self, at: u32) {
        self.free.push(at);
    }

    /// Entries in use.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.items.len() - self.free.len()
    }

    /// Memory that all entries take up, free ones included.
    pub(super) fn bytes(&self) -> usize {
        self.items.len() * size_of::<T>()
    }

    /// All entries, free ones included.
    pub(super) fn all(&self) -> &[T] {
        &self.items
    }
}

impl<T> std::ops::Index<u32> for Arena<T> {
    type Output = T;
    #[inline]
    fn index(&self, at: u32) -> &T {
        &self.items[at as usize]
    }
}

impl<T> std::ops::IndexMut<u32> for Arena<T> {
    #[inline]
    fn index_mut(&mut self, at: u32) -> &mut T {
        &mut self.items[at as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_fills_one_cache_line() {
        assert_eq!(size_of::<Frame>(), 64);
    }
}
