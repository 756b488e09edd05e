//! Message queues: what they keep, and how messages get in.
//!
//! A message waits in its line, is with a consumer, or stands aside for a while, until it is over. `deliver` hands messages
//! out and hears how that went, `ending` is for what is not finished, `group` for partitions and for consumers that stop,
//! `timetable` for messages that come on their own.

mod deliver;
mod ending;
mod group;
mod timetable;

use deliver::Hand;
use group::Partition;
pub(super) use timetable::Batch;

use super::frame::NONE;
use super::lanes::Purpose;
use super::world::{Ready, World};
use crate::plan::{OnFailure, Overflow, Topic, UNLIMITED};
use crate::random::Lot;
use crate::units::SimDuration;
use std::collections::VecDeque;

/// The state of a topic.
#[derive(Clone, Debug)]
pub(super) struct TopicState {
    /// Messages that can be delivered; in partitions each has a line of its own instead.
    line: VecDeque<u32>,
    partitions: Vec<Partition>,
    /// Partitions that can deliver, each once.
    able: VecDeque<u32>,
    /// The consumers, as they are written.
    hands: Vec<Hand>,
    /// Some consumer holds more messages than it works on.
    prefetches: bool,
    /// Which of those is next.
    turn: usize,
    /// The partition of the next message without a key.
    next_partition: u32,
    /// Messages in all lines.
    waiting: u32,
    /// Messages with consumers.
    out: u32,
    /// Publishers that wait for room: frame, its ticket, the lot of its message. Those that gave up are passed over.
    blocked: VecDeque<(u32, u32, u64)>,
    /// What was handled since the last commit: when, in which partition, and the lot.
    uncommitted: VecDeque<(u64, u32, u64)>,
    /// Nothing is delivered before.
    resumes: u64,
    pub lanes: Lanes,
}

/// The lanes of a topic's timers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lanes {
    pub visibility: u32,
    pub requeue: u32,
    pub delay: u32,
    pub lifetime: u32,
}

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// In its line.
    Waiting,
    /// Aside for a while: before its first delivery, or before the next.
    Delayed,
    /// With a consumer, or invisible until its time is over.
    Held,
    /// Finished or given up; deliveries may still come back.
    Over,
}

/// A message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    lot: u64,
    published: u64,
    /// Changes with every delivery and at the end: what carries an older one is too late.
    pub ticket: u32,
    /// The ticket it was born with: tells it from others that had its place in the arena.
    pub born: u32,
    topic: u32,
    partition: u32,
    deliveries: u32,
    /// Deliveries that have not come back.
    pending: u32,
    pub stage: Stage,
    counted: bool,
    /// It has been handled before, or somebody else has it too.
    copy: bool,
    /// Nobody can handle it.
    poison: bool,
    /// Its time is over: it is given up as soon as it is not with a consumer.
    pub expired: bool,
}

/// What became of a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Published {
    /// The broker has it.
    Accepted,
    /// The queue is full.
    Refused,
    /// The queue is full and the publisher waits.
    Waits,
}

/// The numbers of a message's own choices.
const POISON: u32 = u32::MAX;
const DUPLICATE: u32 = u32::MAX - 1;
const KEY: u32 = u32::MAX - 2;

impl TopicState {
    pub(super) fn new(topic: &Topic) -> TopicState {
        let partitions = topic.partitions.map_or(0, |p| p.count);
        TopicState {
            line: VecDeque::new(),
            partitions: vec![Partition::default(); partitions as usize],
            able: VecDeque::new(),
            hands: vec![Hand::default(); topic.consumers.len()],
            prefetches: topic.consumers.iter().any(|c| c.prefetch > c.concurrency),
            turn: 0,
            next_partition: 0,
            waiting: 0,
            out: 0,
            blocked: VecDeque::new(),
            uncommitted: VecDeque::new(),
            resumes: 0,
            lanes: Lanes { visibility: NONE, requeue: NONE, delay: NONE, lifetime: NONE },
        }
    }

    /// The line of a partition, or the only one.
    fn line(&mut self, partition: u32) -> &mut VecDeque<u32> {
        match self.partitions.get_mut(partition as usize) {
            Some(partition) => &mut partition.line,
            None => &mut self.line,
        }
    }
}

impl World<'_> {
    pub(super) fn build_topic_lanes(&mut self, t: usize, topic: &Topic) {
        let requeue = if let OnFailure::Requeue(after) = topic.on_failure { Some(after) } else { None };
        let mut lane = |time: Option<SimDuration>, purpose| time.map_or(NONE, |time| self.lane(time, purpose));
        let lanes = Lanes {
            visibility: lane(topic.visibility, Purpose::Visibility),
            requeue: lane(requeue, Purpose::Requeue),
            delay: lane(topic.delay, Purpose::Delay),
            lifetime: lane(topic.lifetime, Purpose::Lifetime),
        };
        self.topics[t].lanes = lanes;
    }

    /// Accepts a message of frame `f` ([`NONE`] for a publisher that waits for nothing), unless the queue is full.
    pub(super) fn publish(&mut self, t: u32, lot: Lot, f: u32) -> Published {
        if self.is_full(t) {
            let tally = &mut self.tallies.topics[t as usize];
            match self.plan.topics[t as usize].overflow {
                Overflow::DropHead => self.drop_head(t),
                Overflow::Block if f != NONE => {
                    tally.blocked += 1;
                    let ticket = self.frames[f].ticket;
                    self.topics[t as usize].blocked.push_back((f, ticket, lot.0));
                    return Published::Waits;
                }
                Overflow::Block | Overflow::Reject => {
                    tally.rejected += 1;
                    return Published::Refused;
                }
            }
        }
        self.add_message(t, lot, self.counting, false);
        Published::Accepted
    }

    /// How long the oldest message of a topic has been there.
    pub fn oldest(&self, t: usize) -> SimDuration {
        let mine = self.messages.all().iter().filter(|m| m.topic as usize == t && m.stage != Stage::Over);
        SimDuration(mine.map(|m| self.now - m.published).max().unwrap_or(0))
    }

    fn is_full(&self, t: u32) -> bool {
        let topic = &self.plan.topics[t as usize];
        topic.capacity != UNLIMITED && self.waiting(t) >= u64::from(topic.capacity)
    }

    /// Messages that wait. Where nobody reads, all of them do.
    fn waiting(&self, t: u32) -> u64 {
        match self.plan.topics[t as usize].consumers.is_empty() {
            true => self.tallies.topics[t as usize].backlog.level,
            false => self.topics[t as usize].waiting.into(),
        }
    }

    /// There may be room again: publishers that wait for it go on, first come first served.
    fn make_room(&mut self, t: u32) {
        while let Some(&(f, ticket, lot)) = self.topics[t as usize].blocked.front() {
            let gone = self.frames[f].ticket != ticket;
            if !gone && self.is_full(t) {
                return;
            }
            self.topics[t as usize].blocked.pop_front();
            if !gone {
                self.add_message(t, Lot(lot), self.counting, false);
                self.ready.push(Ready::Run(f));
            }
        }
    }

    /// A new message comes to the queue, twice if it is bound to.
    fn add_message(&mut self, t: u32, lot: Lot, counted: bool, poison: bool) {
        let topic = &self.plan.topics[t as usize];
        let poison = poison || topic.poison > 0.0 && lot.unit(POISON) < topic.poison;
        let partition = self.partition_of(t, lot);
        self.tallies.topics[t as usize].published += 1;
        self.settle_in(t, lot, partition, (counted, false, poison));
        if topic.duplicates > 0.0 && lot.unit(DUPLICATE) < topic.duplicates {
            self.tallies.topics[t as usize].copies += 1;
            self.settle_in(t, lot, partition, (counted, true, poison));
        }
    }

    /// Puts a message behind the others of its line, at once or later: whether it is counted, a copy, and poisonous.
    fn settle_in(&mut self, t: u32, lot: Lot, partition: u32, (counted, copy, poison): (bool, bool, bool)) {
        let topic = &self.plan.topics[t as usize];
        let tally = &mut self.tallies.topics[t as usize];
        tally.backlog.raise(self.now);
        if self.counting {
            tally.peak = tally.peak.max(tally.backlog.level);
        }
        if topic.consumers.is_empty() && topic.lifetime.is_none() {
            // Nobody reads it: it is kept as a number, so that memory follows what is in progress.
            return;
        }
        let born = self.messages.next_free().map_or(0, |old| old.ticket.wrapping_add(1));
        let m = self.messages.insert(Message {
            lot: lot.0,
            published: self.now,
            ticket: born,
            born,
            topic: t,
            partition,
            deliveries: 0,
            pending: 0,
            stage: Stage::Delayed,
            counted,
            copy,
            poison,
            expired: false,
        });
        if topic.lifetime.is_some() {
            self.set_timer(self.topics[t as usize].lanes.lifetime, m, born);
        }
        match topic.delay {
            Some(_) => {
                self.set_timer(self.topics[t as usize].lanes.delay, m, born);
            }
            None => self.join_line(m, false),
        }
    }

    /// A message can be delivered from now on: first of its line, or last.
    fn join_line(&mut self, m: u32, first: bool) {
        let message = &mut self.messages[m];
        message.stage = Stage::Waiting;
        let (t, partition) = (message.topic, message.partition);
        let state = &mut self.topics[t as usize];
        state.waiting += 1;
        let line = state.line(partition);
        if first {
            line.push_front(m)
        } else {
            line.push_back(m)
        }
        self.able(t, partition);
        self.ready.push(Ready::Dispatch(t));
    }

    /// A message that waits leaves its line.
    fn leave_line(&mut self, m: u32) {
        let message = &self.messages[m];
        let (t, partition) = (message.topic, message.partition);
        let state = &mut self.topics[t as usize];
        let line = state.line(partition);
        if let Some(at) = line.iter().position(|&waiting| waiting == m) {
            line.remove(at);
            state.waiting -= 1;
        }
        self.make_room(t);
    }

    /// What a topic counts as waiting and as out is what there is.
    pub(super) fn audit_lines(&self, t: usize) -> Result<(), String> {
        let state = &self.topics[t];
        let lines = state.partitions.iter().map(|p| p.line.len()).sum::<usize>() + state.line.len();
        let able = state.partitions.iter().filter(|p| !p.busy && !p.line.is_empty()).count();
        let name = &self.plan.topics[t].name;
        if lines != state.waiting as usize {
            return Err(format!("{name}: {} messages wait, {lines} are in lines", state.waiting));
        }
        if able > state.able.len() {
            return Err(format!("{name}: {able} partitions can deliver, {} are listed", state.able.len()));
        }
        Ok(())
    }
}
