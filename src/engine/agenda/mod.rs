//! The calendar: what is to happen, in the order of its keys.
//!
//! A few pending events are in a heap, which nothing beats. Many are in a timing wheel, whose cost hardly grows with their
//! number. Where they are decides how long things take, and nothing else.

mod heap;
mod key;
#[cfg(test)]
mod tests;
mod wheel;

pub(super) use key::{Class, Key, Kind};

use crate::units::SimTime;
use heap::Heap;
use wheel::Wheel;

/// A full heap of so many makes way for a wheel. Between 300 and 3,000 events both cost the same,
/// within a fifth.
const MANY: usize = 341;

/// A wheel of so few makes way for a heap. Far enough from [`MANY`] that a load does not go to and fro.
const FEW: usize = 128;

/// Events to come.
#[derive(Clone, Debug)]
pub(super) struct Agenda {
    /// One event beside all the others, or [`Key::NEVER`]: the next request of a source, mostly. Where the taken one is
    /// followed by the next of its kind, a place of its own costs less than to move through the heap. Empty beside a wheel.
    apart: Key,
    /// All of them, if there is no wheel; else closed, so that whatever is asked of it is passed on to the wheel.
    heap: Heap,
    wheel: Option<Box<Wheel>>,
    /// Numbers events in the order of scheduling.
    seq: u64,
}

impl Default for Agenda {
    fn default() -> Agenda {
        Agenda { apart: Key::NEVER, heap: Heap::default(), wheel: None, seq: 0 }
    }
}

impl Agenda {
    /// The number of the event that is scheduled next.
    #[inline]
    pub(super) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// Schedules an event and returns its stamp. Times beyond the last one mean that one.
    #[inline]
    pub(super) fn schedule(&mut self, time: u64, class: Class, kind: Kind, index: u32) -> u32 {
        let seq = self.next_seq();
        self.push(Key::new(time.min(SimTime::MAX.0), class, seq, kind, index));
        seq as u32
    }

    /// The same for an event that is followed by the next of its kind as soon as it has been taken.
    #[inline]
    pub(super) fn schedule_next(&mut self, time: u64, class: Class, kind: Kind, index: u32) -> u32 {
        let seq = self.next_seq();
        self.push_apart(Key::new(time.min(SimTime::MAX.0), class, seq, kind, index));
        seq as u32
    }

    #[inline]
    fn push_apart(&mut self, key: Key) {
        if self.apart == Key::NEVER && self.wheel.is_none() {
            self.apart = key;
        } else {
            self.push(key);
        }
    }

    #[inline]
    pub(super) fn push(&mut self, key: Key) {
        if !self.heap.replace(key) {
            if self.heap.is_full() {
                return self.push_far(key);
            }
            self.heap.add(key);
        }
    }

    /// Takes the first event if it is below `limit`.
    #[inline]
    pub(super) fn pop_below(&mut self, limit: Key) -> Option<Key> {
        let first = self.heap.first();
        if self.apart < first {
            // So there is no wheel.
            return (self.apart < limit).then(|| std::mem::replace(&mut self.apart, Key::NEVER));
        }
        if first >= limit {
            return self.pop_far(limit);
        }
        self.heap.take_first();
        Some(first)
    }

    /// Shows every event that is to come, in no particular order.
    pub(super) fn each(&mut self, mut see: impl FnMut(Key)) {
        if self.apart != Key::NEVER {
            see(self.apart);
        }
        self.heap.each(&mut see);
        if let Some(wheel) = &mut self.wheel {
            wheel.each(&mut see);
        }
    }

    /// The heap is full, or closed.
    #[inline(never)]
    fn push_far(&mut self, key: Key) {
        match &mut self.wheel {
            Some(wheel) => wheel.push(key),
            None => self.push_full(key),
        }
    }

    #[cold]
    fn push_full(&mut self, key: Key) {
        if self.heap.len() < MANY {
            self.heap.add(key);
        } else {
            let mut keys = self.heap.close();
            keys.extend(Some(std::mem::replace(&mut self.apart, Key::NEVER)).filter(|apart| *apart != Key::NEVER));
            self.wheel.insert(Box::new(Wheel::new(keys))).push(key);
        }
    }

    /// The heap's first event is not below the limit, or the heap is closed.
    #[inline(never)]
    fn pop_far(&mut self, limit: Key) -> Option<Key> {
        let wheel = self.wheel.as_mut()?;
        wheel.pop_below(limit).or_else(|| self.pop_last(limit))
    }

    /// The wheel has nothing below the limit, or it is worth no wheel.
    #[cold]
    fn pop_last(&mut self, limit: Key) -> Option<Key> {
        let keys = self.wheel.as_mut()?.few()?;
        self.wheel = None;
        self.heap = Heap::default();
        keys.into_iter().for_each(|key| self.heap.add(key));
        self.pop_below(limit)
    }
}
