//! Timers of one fixed duration expire in the order they were set: a lane is a queue of them, and only its head stands
//! in the calendar. A timer that is cancelled costs nothing; it is passed over when its turn comes, and a lane in which
//! more than three quarters are cancelled is compacted.

use super::agenda::{Agenda, Class, Key, Kind};
use std::collections::VecDeque;

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A call's patience.
    Patience,
    /// A message's visibility time-out.
    Visibility,
    /// The time until a message is delivered again.
    Requeue,
    /// The time until a message is delivered at all.
    Delay,
    /// The time a message lives.
    Lifetime,
    /// The longest wait for a permit.
    Permit,
    /// The longest wait for a connection.
    Pool,
    /// The wait before a further copy.
    Hedge,
    /// The time for a whole call.
    Deadline,
    /// The longest wait for a worker; its timers are of frames, and known by their stamps.
    Line,
}

/// A timer: its key in the calendar, whose index names a call, a message or a frame, and which attempt or delivery it is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timer {
    pub key: Key,
    pub ticket: u32,
}

/// All timers of one duration and purpose.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub duration: u64,
    pub purpose: Purpose,
    timers: VecDeque<Timer>,
    /// Neither expired nor cancelled.
    live: usize,
    /// The head stands in the calendar.
    posted: bool,
}

impl Lane {
    pub(super) fn new(duration: u64, purpose: Purpose) -> Lane {
        Lane { duration, purpose, timers: VecDeque::new(), live: 0, posted: false }
    }

    /// Sets a timer at `now`, and returns its stamp. `number` is the lane's own.
    #[inline]
    pub(super) fn set(&mut self, now: u64, index: u32, ticket: u32, number: u32, agenda: &mut Agenda) -> u32 {
        let seq = agenda.next_seq();
        let key = Key::new((now + self.duration).min(TIME_MAX), Class::Timeout, seq, Kind::Lane, index);
        self.timers.push_back(Timer { key, ticket });
        self.live += 1;
        if !self.posted {
            self.post(number, agenda);
        }
        key.stamp()
    }

    /// A timer that was set will not be needed; true when it is time to [`Lane::compact`].
    #[inline]
    pub(super) fn cancel(&mut self) -> bool {
        self.live -= 1;
        // Each time three quarters go: each timer is looked at 1.3 times.
        self.timers.len() > 64 && self.timers.len() > 4 * self.live
    }

    /// Drops the timers that are no longer wanted. The head stays: it stands in the calendar.
    pub(super) fn compact(&mut self, wanted: impl Fn(Timer) -> bool) {
        let mut first = true;
        self.timers.retain(|t| std::mem::take(&mut first) || wanted(*t));
    }

    /// The head is due: it is returned if it is still wanted. The next wanted one is posted.
    pub(super) fn fire(&mut self, number: u32, agenda: &mut Agenda, wanted: impl Fn(Timer) -> bool) -> Option<Timer> {
        self.posted = false;
        let head = self.timers.pop_front().filter(|t| wanted(*t));
        if head.is_some() {
            self.live -= 1;
        }
        while self.timers.front().is_some_and(|t| !wanted(*t)) {
            self.timers.pop_front();
        }
        self.post(number, agenda);
        head
    }

    fn post(&mut self, number: u32, agenda: &mut Agenda) {
        if let Some(head) = self.timers.front() {
            agenda.push(head.key.with_index(number));
            self.posted = true;
        }
    }
}

const TIME_MAX: u64 = crate::units::SimTime::MAX.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_in_order_and_cancelled_ones_are_passed_over() {
        let mut agenda = Agenda::default();
        let mut lane = Lane::new(100, Purpose::Patience);
        for i in 0..4u32 {
            lane.set(u64::from(i), i, 0, 0, &mut agenda);
        }
        lane.cancel();
        lane.cancel();
        let wanted = |t: Timer| t.key.index() != 1 && t.key.index() != 2;
        let mut fired = vec![];
        while let Some(key) = agenda.pop_below(Key::before(1_000)) {
            if let Some(timer) = lane.fire(0, &mut agenda, wanted) {
                fired.push((key.time(), timer.key.index()));
            }
        }
        assert_eq!(fired, [(100, 0), (103, 3)]);
        assert_eq!(lane.live, 0);
    }

    #[test]
    fn a_lane_of_cancelled_timers_stays_short() {
        let mut agenda = Agenda::default();
        let mut lane = Lane::new(1_000_000, Purpose::Patience);
        for i in 0..100_000u32 {
            lane.set(u64::from(i), i, 0, 0, &mut agenda);
            if lane.cancel() {
                lane.compact(|_| false);
            }
        }
        assert!(lane.timers.len() <= 66, "{}", lane.timers.len());
    }
}
