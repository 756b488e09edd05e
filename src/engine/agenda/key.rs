//! What stands in the calendar: an event, packed into a key.
//!
//! A key is 128 bits: time (60), class (2), sequence (34), kind (6), index (26). Comparing keys compares times first, then
//! completions before time-outs before arrivals, then the order of scheduling; kind and index never decide.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// What an event is about; its index says which one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(in crate::engine) enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// Its name, for profiles.
            pub(in crate::engine) fn name(self) -> &'static str {
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
pub(in crate::engine) enum Class {
    Completion,
    Timeout,
    Arrival,
}

/// An event's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) struct Key(pub(super) u128);

/// Indices have 26 bits: as many frames, calls and messages as can be in flight at once.
const MAX_INDEX: usize = (1 << 26) - 1;

impl Key {
    #[inline]
    pub(in crate::engine) fn new(time: u64, class: Class, seq: u64, kind: Kind, index: u32) -> Key {
        debug_assert!(index as usize <= MAX_INDEX && seq < 1 << 34 && time < 1 << 60);
        let low = (seq << 32) | ((kind as u64) << 26) | u64::from(index);
        let high = (time << 4) | ((class as u64) << 2) | (seq >> 32);
        Key((u128::from(high) << 64) | u128::from(low))
    }

    /// Behind every event.
    pub(super) const NEVER: Key = Key(u128::MAX);

    /// The same instant and order, about something else.
    pub(in crate::engine) fn with_index(self, index: u32) -> Key {
        Key((self.0 & !(MAX_INDEX as u128)) | u128::from(index))
    }

    /// Below every event of `time` or later, above every earlier one.
    pub(in crate::engine) fn before(time: u64) -> Key {
        Key(u128::from(time << 4) << 64)
    }

    #[inline]
    pub(in crate::engine) fn time(self) -> u64 {
        (self.0 >> 68) as u64
    }

    /// The low 32 bits of the sequence number: what a sleeper compares to know that this event is its own.
    #[inline]
    pub(in crate::engine) fn stamp(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    pub(in crate::engine) fn kind(self) -> Kind {
        Kind::ALL[((self.0 >> 26) & 63) as usize]
    }

    #[inline]
    pub(in crate::engine) fn index(self) -> u32 {
        self.0 as u32 & MAX_INDEX as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
