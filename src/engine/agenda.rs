//! The calendar: a 4-ary min-heap of packed keys.
//!
//! A key is 128 bits: time (60), class (2), sequence (34), kind (6), index (26). Comparing keys compares times first, then
//! completions before time-outs before arrivals, then the order of scheduling; kind and index never decide.

use crate::units::SimTime;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// What an event is about; its index says which one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// Its name, for profiles.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Kind::$name => concat!("event ", stringify!($name)),)*
                }
            }

            /// By their six bits; what is not used yet is filled up, so that no look-up can fail.
            const ALL: [Kind; 64] = {
                let used = [$(Kind::$name,)*];
                let mut all = [used[0]; 64];
                let mut at = 0;
                while at < used.len() {
                    all[at] = used[at];
                    at += 1;
                }
                all
            };
        }
    };
}

kinds! {
    /// A frame's work or sleep is done.
    Done
    /// The next job on a replica's cores may be done.
    Cpu
    /// A reply has crossed the network.
    Reply
    /// The head of a lane of timers is due.
    Lane
    /// An attempt has crossed the network.
    Arrive
    /// A source sends its next request.
    Source
    /// The number of a source's users follows its shape.
    Crowd
    /// A user of a closed source has thought enough.
    User
    /// A call's wait before a retry is over.
    Retry
    /// A connection has been opened.
    Opened
    /// A call's inherited deadline has come.
    Expire
    /// The notice that nobody waits any more arrives.
    Notice
    /// The lease of a load that failed is over.
    Lease
    /// A frame has waited for a worker as long as it would.
    Impatient
    /// A call's permit of a rate limit has come.
    Permitted
    /// A caller hears that its transaction has begun.
    Begun
    /// A frame has waited for a row for some time.
    Stuck
    /// A standby takes over.
    Failover
    /// Consumers have come to terms.
    Dispatch
    /// A publisher sends its next batch.
    Batch
    /// A replica has begun to serve, or its grace is over.
    Started
    /// An autoscaler looks at its signal.
    Scale
    /// A replica is probed.
    Probe
    /// The time of an ejected replica is over.
    Readmit
}

/// The order among events of the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    Completion,
    Timeout,
    Arrival,
}

/// An event's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u128);

/// Indices have 26 bits: as many frames, calls and messages as can be in flight at once.
pub(super) const MAX_INDEX: usize = (1 << 26) - 1;

impl Key {
    #[inline]
    pub(super) fn new(time: u64, class: Class, seq: u64, kind: Kind, index: u32) -> Key {
        debug_assert!(index as usize <= MAX_INDEX && seq < 1 << 34 && time < 1 << 60);
        let low = (seq << 32) | ((kind as u64) << 26) | u64::from(index);
        let high = (time << 4) | ((class as u64) << 2) | (seq >> 32);
        Key((u128::from(high) << 64) | u128::from(low))
    }

    /// Behind every event.
    const NEVER: Key = Key(u128::MAX);

    /// The same instant and order, about something else.
    pub(super) fn with_index(self, index: u32) -> Key {
        Key((self.0 & !(MAX_INDEX as u128)) | u128::from(index))
    }

    /// Below every event of `time` or later, above every earlier one.
    pub(super) fn before(time: u64) -> Key {
        Key(u128::from(time << 4) << 64)
    }

    #[inline]
    pub(super) fn time(self) -> u64 {
        (self.0 >> 68) as u64
    }

    /// The low 32 bits of the sequence number: what a sleeper compares to know that this event is its own.
    #[inline]
    pub(super) fn stamp(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    pub(super) fn kind(self) -> Kind {
        Kind::ALL[((self.0 >> 26) & 63) as usize]
    }

    #[inline]
    pub(super) fn index(self) -> u32 {
        self.0 as u32 & MAX_INDEX as u32
    }
}

/// Events to come.
#[derive(Clone, Debug)]
pub(super) struct Agenda {
    /// A 4-ary heap of `len` keys, then [`Key::NEVER`] up to the end of the last group of four children, so that a group is
    /// there whole or not at all.
    keys: Vec<Key>,
    len: usize,
    /// Numbers events in the order of scheduling.
    seq: u64,
    /// The first key has been taken and not yet replaced: the next push, which mostly follows at once, fills the hole
    /// with a single sift.
    hole: bool,
}

impl Default for Agenda {
    fn default() -> Agenda {
        Agenda { keys: vec![Key::NEVER], len: 0, seq: 0, hole: false }
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

    #[inline]
    pub(super) fn push(&mut self, key: Key) {
        if self.hole {
            self.hole = false;
            self.sift_down(key);
        } else {
            if self.len == self.keys.len() {
                self.keys.extend([Key::NEVER; 4]);
            }
            self.sift_up(key);
            self.len += 1;
        }
    }

    /// Takes the first event if it is below `limit`.
    #[inline]
    pub(super) fn pop_below(&mut self, limit: Key) -> Option<Key> {
        if self.hole {
            self.close_hole();
        }
        let first = self.keys[0];
        if first >= limit {
            return None;
        }
        self.hole = true;
        Some(first)
    }

    /// Nothing has followed what was taken: the last key takes its place.
    fn close_hole(&mut self) {
        self.hole = false;
        self.len -= 1;
        let last = std::mem::replace(&mut self.keys[self.len], Key::NEVER);
        if self.len > 0 {
            self.sift_down(last);
        }
    }

    /// Puts `key` behind the last one, and moves it up.
    fn sift_up(&mut self, key: Key) {
        let keys = &mut self.keys[..];
        let mut at = self.len;
        while at > 0 {
            let parent = (at - 1) / 4;
            if keys[parent] <= key {
                break;
            }
            keys[at] = keys[parent];
            at = parent;
        }
        keys[at] = key;
    }

    /// Puts `key` where the first one was, and moves it down.
    #[inline]
    fn sift_down(&mut self, key: Key) {
        let keys = &mut self.keys[..];
        let mut at = 0;
        while let Some(&[a, b, c, d]) = keys.get(4 * at + 1..).and_then(<[Key]>::first_chunk) {
            let left = if b < a { (1, b) } else { (0, a) };
            let right = if d < c { (3, d) } else { (2, c) };
            let (least, smallest) = if right.1 < left.1 { right } else { left };
            if key <= smallest {
                break;
            }
            keys[at] = smallest;
            at = 4 * at + 1 + least;
        }
        keys[at] = key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn keys_keep_what_they_were_given_and_order_by_time_class_and_sequence() {
        let k = Key::new(123_456_789, Class::Timeout, (3 << 32) + 7, Kind::Retry, 99);
        assert_eq!((k.time(), k.stamp(), k.kind(), k.index()), (123_456_789, 7, Kind::Retry, 99));
        assert!(Key::new(5, Class::Completion, 9, Kind::Done, 0) < Key::new(5, Class::Timeout, 1, Kind::Lane, 0));
        assert!(Key::new(5, Class::Arrival, 9, Kind::Source, 0) < Key::new(6, Class::Completion, 1, Kind::Done, 0));
        assert!(Key::new(5, Class::Arrival, 1 << 33, Kind::Done, 0) > Key::new(5, Class::Arrival, 7, Kind::Retry, 9));
        assert!(Key::before(5) <= Key::new(5, Class::Completion, 0, Kind::Done, 0));
        assert!(Key::before(5) > Key::new(4, Class::Arrival, 1 << 33, Kind::Retry, 1));
    }

    /// Against a sorted list, for pushes and pops in random order.
    #[test]
    fn events_come_out_in_order() {
        let mut rng = Stream::new(1, 0, "agenda", "test");
        let mut agenda = Agenda::default();
        let mut reference: Vec<Key> = vec![];
        for seq in 0..20_000u64 {
            if rng.chance(0.55) || reference.is_empty() {
                let key = Key::new(u64::from(rng.below(1_000)), Class::Completion, seq, Kind::Done, seq as u32);
                agenda.push(key);
                let at = reference.partition_point(|k| *k > key);
                reference.insert(at, key);
            } else {
                let limit = Key::before(u64::from(rng.below(1_200)));
                let expected = reference.last().copied().filter(|k| *k < limit);
                assert_eq!(agenda.pop_below(limit), expected);
                if expected.is_some() {
                    reference.pop();
                }
            }
        }
    }
}
