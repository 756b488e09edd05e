//! The calendar and its timers by themselves, for the benchmarks: nobody else can reach them, and within a run they cannot
//! be told from the rest.

use super::agenda::{Agenda, Class, Key, Kind};
use super::lanes::{Lane, Purpose};
use crate::random::Stream;
use crate::units::NANOS;

/// The hold model, by which calendars are compared: always as many events pending, each put off by an exponential time
/// when its turn comes.
#[derive(Clone, Debug)]
pub struct Hold {
    agenda: Agenda,
    now: u64,
    seq: u64,
    distances: Stream,
}

impl Hold {
    /// So many events pending. Each has been put off once, for calendars that learn from what they see.
    pub fn new(pending: u32) -> Hold {
        let distances = Stream::new(1, 0, "calendar", "benchmark");
        let mut hold = Hold { agenda: Agenda::default(), now: 0, seq: 0, distances };
        (0..pending).for_each(|index| hold.push(index));
        hold.turn(pending);
        hold
    }

    /// So many times: the first event is taken, and put in again. The time it is then.
    pub fn turn(&mut self, times: u32) -> u64 {
        for _ in 0..times {
            let Some(key) = self.agenda.pop_below(Key::before(FOREVER)) else { break };
            self.now = key.time();
            self.push(key.index());
        }
        self.now
    }

    #[inline]
    fn push(&mut self, index: u32) {
        self.seq += 1;
        let time = self.now + (self.distances.exponential() * NANOS as f64) as u64;
        self.agenda.push(Key::new(time, Class::Completion, self.seq, Kind::Done, index));
    }
}

/// Calls that are always answered in time: each sets a timer, and does not need it any more when the call ends.
#[derive(Clone, Debug)]
pub struct Timers {
    agenda: Agenda,
    lane: Lane,
    /// For each call in progress, which timer is its own.
    tickets: Vec<u32>,
    /// Time between calls.
    gap: u64,
    now: u64,
    seq: u64,
}

impl Timers {
    /// So many calls in progress, each of which takes a tenth of its patience.
    pub fn new(in_progress: u32) -> Timers {
        let mut timers = Timers {
            agenda: Agenda::default(),
            lane: Lane::new(PATIENCE, Purpose::Patience),
            tickets: vec![0; in_progress as usize],
            gap: PATIENCE / 10 / u64::from(in_progress),
            now: 0,
            seq: 0,
        };
        (0..in_progress).for_each(|call| timers.set(call));
        timers
    }

    /// So many times: the oldest call is answered and another takes its place. How often the calendar asked after a timer.
    pub fn turn(&mut self, times: u32) -> u32 {
        let mut asked = 0;
        for _ in 0..times {
            self.now += self.gap;
            while self.agenda.pop_below(Key::before(self.now)).is_some() {
                let tickets = &self.tickets;
                self.lane.fire(0, &mut self.agenda, |timer| tickets[timer.key.index() as usize] == timer.ticket);
                asked += 1;
            }
            let call = (self.seq % self.tickets.len() as u64) as u32;
            self.tickets[call as usize] += 1;
            if self.lane.cancel() {
                let tickets = &self.tickets;
                self.lane.compact(|timer| tickets[timer.key.index() as usize] == timer.ticket);
            }
            self.set(call);
        }
        asked
    }

    #[inline]
    fn set(&mut self, call: u32) {
        self.seq += 1;
        self.lane.set(self.now, call, self.tickets[call as usize], 0, &mut self.agenda);
    }
}

/// Later than any event.
const FOREVER: u64 = (1 << 60) - 1;

/// As long as a client of the shop waits.
const PATIENCE: u64 = NANOS / 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_as_many_events_as_are_pending_per_second() {
        let mut hold = Hold::new(100);
        let seconds = hold.turn(100_000) as f64 / NANOS as f64;
        assert!((seconds / 1_000.0 - 1.0).abs() < 0.02, "{seconds}");
    }

    #[test]
    fn no_timer_that_is_asked_after_is_still_wanted() {
        let mut timers = Timers::new(100);
        // A hundred calls take a tenth of a patience, so this is 200 times the patience, and the head of the lane comes
        // due about once in each. Had any timer been wanted, the lane would count fewer than none.
        let asked = timers.turn(200_000);
        assert!((150..250).contains(&asked), "{asked}");
    }
}
