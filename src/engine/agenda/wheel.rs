//! A hierarchical timing wheel: the calendar while many events are pending.
//!
//! Time is read in digits of six bits. `edge` parts what is pending: what comes later is in slots, at the level of the
//! highest digit in which its time differs from the edge, in the slot of its digit there. So all of a level comes before
//! all of the next, and all of a slot before all of the next.
//!
//! When nothing is left up to the edge, the first slots are opened. A few events are sorted, and served from there; many
//! are dealt out to the level below. The slots that are served hence have the width that suits the load: nobody need
//! measure it, and another load finds other widths, slot by slot. (Varghese & Lauck, "Hashed and hierarchical timing
//! wheels", 1987; sorting what is served next is the idea of the ladder queue, Tang & al. 2005.)

use super::heap::Heap;
use super::key::Key;

/// Bits of a digit.
const DIGIT: u32 = 6;

/// Slots of a level.
const SLOTS: usize = 1 << DIGIT;

/// Enough for times of 60 bits.
const LEVELS: usize = 10;

/// A slot of more events than this is dealt out to the level below, if there is one. Anything from 8 to 32 costs the same,
/// within a tenth.
const SOME: usize = 32;

/// When so many events are ready to be served, no further slot is opened. Less is dearer, more is not cheaper.
const ENOUGH: usize = 24;

/// What has room for more events than this gives it back as soon as it is empty: it may be long before it is needed again.
const ROOM: usize = 512;

#[derive(Clone, Debug)]
pub(super) struct Wheel {
    /// What was in the slots that were opened last, in order.
    run: Vec<Key>,
    /// The first in the run that has not been taken.
    next: usize,
    /// What has come up to the edge since then.
    late: Heap,
    /// The last nanosecond of the slot that was opened last.
    edge: u64,
    /// Events in slots.
    len: usize,
    /// A bit for each level that holds anything.
    filled: u32,
    /// The narrowest slots first.
    levels: Vec<Level>,
}

#[derive(Clone, Debug)]
struct Level {
    /// A bit for each slot that holds anything.
    filled: u64,
    slots: [Vec<Key>; SLOTS],
}

impl Wheel {
    pub(super) fn new(keys: Vec<Key>) -> Wheel {
        let level = Level { filled: 0, slots: [const { vec![] }; SLOTS] };
        let levels = vec![level; LEVELS];
        let mut wheel =
            Wheel { run: vec![], next: 0, late: Heap::default(), edge: u64::MAX, len: 0, filled: 0, levels };
        wheel.narrow(keys);
        wheel
    }

    #[inline]
    pub(super) fn push(&mut self, key: Key) {
        let time = key.time();
        if time > self.edge {
            self.place(key);
        } else if !self.late.replace(key) {
            if self.late.is_full() {
                return self.push_narrow(key);
            }
            self.late.add(key);
        }
    }

    /// Takes the first event if it is below `limit`.
    #[inline]
    pub(super) fn pop_below(&mut self, limit: Key) -> Option<Key> {
        loop {
            let late = self.late.first();
            if let Some(&first) = self.run.get(self.next).filter(|first| **first < late) {
                if first >= limit {
                    return None;
                }
                self.next += 1;
                return Some(first);
            }
            if late < limit {
                self.late.take_first();
                return Some(late);
            }
            if late < Key::NEVER || self.len <= super::FEW || !self.advance(limit) {
                return None;
            }
        }
    }

    /// Shows all there is, in any order.
    pub(super) fn each(&mut self, see: &mut impl FnMut(Key)) {
        self.run[self.next..].iter().for_each(|key| see(*key));
        self.late.each(see);
        let slots = self.levels.iter().flat_map(|level| level.slots.iter().flatten());
        slots.for_each(|key| see(*key));
    }

    /// All there is, if it is only a few.
    pub(super) fn few(&mut self) -> Option<Vec<Key>> {
        let few = self.len <= super::FEW && self.next == self.run.len() && self.late.first() == Key::NEVER;
        few.then(|| self.levels.iter().flat_map(|level| level.slots.iter().flatten()).copied().collect())
    }

    /// Opens the first slots when nothing is left up to the edge. False if the first begins at `limit` or later.
    #[inline(never)]
    fn advance(&mut self, limit: Key) -> bool {
        self.next = 0;
        empty(&mut self.run);
        self.late.shrink(ROOM);
        let mut dealt = false;
        while self.filled != 0 && self.run.len() < ENOUGH {
            let number = self.filled.trailing_zeros();
            let (below, from) = self.levels.split_at_mut(number as usize);
            let Some(level) = from.first_mut() else { break };
            let slot = level.filled.trailing_zeros();
            let start = start(self.edge, number, slot);
            let keys = &mut level.slots[slot as usize % SLOTS];
            let few = keys.len() <= SOME || number == 0;
            if Key::before(start) >= limit || (!few && !self.run.is_empty()) {
                if dealt {
                    // What is dealt out stays so. The first slot of this level began before the limit, so this is not it,
                    // and the time before it differs in this digit.
                    self.edge = start - 1;
                }
                break;
            }
            if few {
                self.len -= keys.len();
                let run = self.run.len();
                self.run.extend_from_slice(keys);
                self.run[run..].sort_unstable();
                self.edge = end(start, number);
            } else if let Some(lower) = below.last_mut() {
                let shift = (number - 1) * DIGIT;
                keys.iter().for_each(|key| lower.place(*key, shift));
                self.filled |= 1 << (number - 1);
                self.edge = start;
            }
            dealt = !few;
            empty(keys);
            level.filled &= level.filled - 1;
            if level.filled == 0 {
                self.filled &= !(1 << number);
            }
        }
        !self.run.is_empty()
    }

    /// Too many may have come up to the edge.
    #[cold]
    #[inline(never)]
    fn push_narrow(&mut self, key: Key) {
        if self.late.len() < super::MANY {
            self.late.add(key);
        } else if self.late.first().time() == self.edge {
            // All of the same instant.
            self.late.reserve(2 * self.late.len());
            self.late.add(key);
        } else {
            let mut keys = self.late.take_all();
            keys.extend(self.run.drain(self.next..));
            keys.push(key);
            self.next = 0;
            self.run.clear();
            self.narrow(keys);
        }
    }

    /// Moves the edge to where only a few of these come up to it, if it can be.
    fn narrow(&mut self, mut keys: Vec<Key>) {
        let (before, next, _) = keys.select_nth_unstable(SOME);
        let first = before.iter().min().map_or(0, |k| k.time());
        let edge = end(first, level(first, next.time()));
        // Below the level at which the two edges differ, there would be disorder.
        if level(edge, self.edge) <= self.filled.trailing_zeros() {
            self.edge = edge;
        }
        let (late, behind): (Vec<Key>, Vec<Key>) = keys.into_iter().partition(|key| key.time() <= self.edge);
        behind.into_iter().for_each(|key| self.place(key));
        // Twice the room, for a crowd that cannot be parted: else it would be looked through again at every push.
        self.late.reserve(2 * late.len());
        late.into_iter().for_each(|key| self.late.add(key));
    }

    /// Puts what comes behind the edge into its slot.
    #[inline]
    fn place(&mut self, key: Key) {
        let level = level(key.time(), self.edge);
        self.len += 1;
        self.filled |= 1 << level;
        self.levels[level as usize].place(key, level * DIGIT);
    }
}

impl Level {
    #[inline]
    fn place(&mut self, key: Key, shift: u32) {
        let slot = (key.time() >> shift) as usize % SLOTS;
        self.filled |= 1 << slot;
        self.slots[slot].push(key);
    }
}

/// That of the highest digit in which the two differ, or the lowest.
#[inline]
fn level(a: u64, b: u64) -> u32 {
    (u64::BITS - 1 - ((a ^ b) | 1).leading_zeros()) / DIGIT
}

/// The first nanosecond of a slot which agrees with `time` in all digits above its level.
#[inline]
fn start(time: u64, level: u32, slot: u32) -> u64 {
    (((time >> (level * DIGIT)) & !(SLOTS as u64 - 1)) | u64::from(slot)) << (level * DIGIT)
}

/// The last nanosecond of the slot of this level in which `time` is.
#[inline]
fn end(time: u64, level: u32) -> u64 {
    time | ((1 << (level * DIGIT)) - 1)
}

fn empty(keys: &mut Vec<Key>) {
    keys.clear();
    if keys.capacity() > ROOM {
        *keys = vec![];
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::{Class, Kind};
    use super::*;
    use crate::random::Stream;

    fn key(time: u64, seq: u64) -> Key {
        Key::new(time, Class::Arrival, seq, Kind::User, 0)
    }

    #[test]
    fn the_first_that_differs_of_the_digits_is_the_level() {
        assert_eq!([level(5, 5), level(5, 6), level(5, 64), level(1 << 59, 0)], [0, 0, 1, 9]);
        assert_eq!(
            (start(3 * 4_096 + 77, 1, 9), end(3 * 4_096 + 9 * 64, 1)),
            (3 * 4_096 + 9 * 64, 3 * 4_096 + 9 * 64 + 63)
        );
    }

    /// Once per second something happens, then a thousand times until the next second.
    #[test]
    fn a_crowd_before_the_edge_moves_it_back() {
        let mut wheel = Wheel::new((0..1_000).map(|i| key(i << 30, i)).collect());
        assert_eq!(wheel.pop_below(Key::NEVER), Some(key(0, 0)));
        for i in 0..10_000 {
            wheel.push(key(7_919 * i % 1_000_003, 1_000 + i));
            assert!(wheel.late.len() <= super::super::MANY);
        }
        assert!(wheel.edge < 1_000_003, "{}", wheel.edge);
    }

    /// No more than all slots of two levels could hold for good.
    #[test]
    fn slots_that_were_big_give_their_memory_back() {
        let mut rng = Stream::new(1, 0, "wheel", "memory");
        let mut wheel = Wheel::new((0..200_000).map(|i| key((rng.exponential() * 1e9) as u64, i)).collect());
        let room = |wheel: &Wheel| -> usize {
            wheel.levels.iter().flat_map(|level| &level.slots).map(Vec::capacity).sum::<usize>() + wheel.run.capacity()
        };
        assert!(room(&wheel) >= 200_000);
        for _ in 0..199_000 {
            wheel.pop_below(Key::NEVER);
        }
        assert!(room(&wheel) < 40_000, "{}", room(&wheel));
    }
}
