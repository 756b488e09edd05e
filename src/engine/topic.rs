//! Message queues: at-least-once delivery with a visibility time-out, as SQS does it.
//!
//! A message that a consumer has received is invisible until it is finished or its time is over; then it is delivered
//! again, at most so many times, and after that goes to the dead letters.

use super::call::{Made, Parent};
use super::outcome::Outcome;
use super::probe::Probe;
use super::world::{Ready, World};
use crate::plan::{Topic, UNLIMITED};
use crate::random::Lot;
use std::collections::VecDeque;

/// The state of a topic.
#[derive(Clone, Debug)]
pub(super) struct TopicState {
    /// Messages that can be delivered, with their tickets.
    visible: VecDeque<u32>,
    /// Free hands of each consumer.
    free: Vec<u32>,
    /// The lane of its visibility time-outs.
    pub lane: u32,
}

/// A message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    lot: u64,
    /// Changes with every delivery and at the end: what carries an older one is too late.
    pub ticket: u32,
    topic: u32,
    deliveries: u32,
    /// Deliveries that have not come back.
    pending: u32,
    over: bool,
    counted: bool,
}

impl TopicState {
    pub(super) fn new(topic: &Topic) -> TopicState {
        TopicState {
            visible: VecDeque::new(),
            free: topic.consumers.iter().map(|c| c.concurrency).collect(),
            lane: super::frame::NONE,
        }
    }
}

impl World<'_> {
    /// Accepts a message; false if the queue is full.
    pub(super) fn enqueue(&mut self, t: u32, lot: Lot) -> bool {
        let capacity = self.plan.topics[t as usize].capacity;
        if capacity != UNLIMITED && self.topics[t as usize].visible.len() >= capacity as usize {
            self.tallies.topics[t as usize].rejected += 1;
            return false;
        }
        self.add_message(t, lot, self.counting);
        true
    }

    fn add_message(&mut self, t: u32, lot: Lot, counted: bool) {
        let ticket = self.messages.next_free().map_or(0, |old| old.ticket.wrapping_add(1));
        let message = Message { lot: lot.0, ticket, topic: t, deliveries: 0, pending: 0, over: false, counted };
        let m = self.messages.insert(message);
        let tally = &mut self.tallies.topics[t as usize];
        tally.published += 1;
        tally.backlog.raise(self.now);
        if self.plan.topics[t as usize].consumers.is_empty() {
            // Nobody reads it: it is kept as a number, so that memory follows what is in progress.
            self.messages.release(m);
            return;
        }
        self.topics[t as usize].visible.push_back(m);
        self.ready.push(Ready::Dispatch(t));
    }

    /// Hands visible messages to consumers with a free hand, in the order in which consumers are written.
    pub(super) fn dispatch<P: Probe>(&mut self, t: u32, probe: &mut P) {
        let plan = self.plan;
        let topic = &plan.topics[t as usize];
        if self.knobs.topics[t as usize].paused || self.stations[topic.station.index()].up.is_empty() {
            return;
        }
        while let Some(hand) = self.topics[t as usize].free.iter().position(|&n| n > 0) {
            let Some(m) = self.topics[t as usize].visible.pop_front() else { return };
            self.topics[t as usize].free[hand] -= 1;
            self.tallies.topics[t as usize].delivered += 1;
            let message = &mut self.messages[m];
            message.ticket = message.ticket.wrapping_add(1);
            message.deliveries += 1;
            message.pending += 1;
            let (ticket, deliveries, lot, counted) =
                (message.ticket, message.deliveries, Lot(message.lot), message.counted);
            self.set_timer(self.topics[t as usize].lane, m, ticket);
            let link = topic.consumers[hand].link;
            let parent = Parent::Message(m, ticket);
            let made = Made { parent, lot: lot.child(deliveries), replica: 0, start: self.now, counted };
            self.new_call(link, made, probe);
        }
    }

    /// A consumer is done with a delivery; the message is finished if that went well.
    pub(super) fn delivery_over(&mut self, m: u32, ticket: u32, link: u32, outcome: Outcome) {
        let message = &mut self.messages[m];
        message.pending -= 1;
        let t = message.topic as usize;
        let hand = self.plan.topics[t].consumers.iter().position(|c| c.link.0 == link).unwrap_or(0);
        self.topics[t].free[hand] += 1;
        self.ready.push(Ready::Dispatch(t as u32));
        if outcome.is_good() && message.over {
            self.tallies.topics[t].duplicates += 1;
        } else if outcome.is_good() {
            let in_hand = message.ticket == ticket;
            self.finish_message(m, in_hand);
            self.tallies.topics[t].acknowledged += 1;
        }
        self.forget_message_if_over(m);
    }

    /// A message was not finished in time: it is delivered again, or has been often enough.
    pub(super) fn visible_again(&mut self, m: u32) {
        let message = &mut self.messages[m];
        message.ticket = message.ticket.wrapping_add(1);
        let (t, lot, counted) = (message.topic as usize, Lot(message.lot), message.counted);
        let topic = &self.plan.topics[t];
        if topic.max_receives == UNLIMITED || message.deliveries < topic.max_receives {
            self.tallies.topics[t].redelivered += 1;
            self.topics[t].visible.push_back(m);
            return self.ready.push(Ready::Dispatch(t as u32));
        }
        message.over = true;
        self.tallies.topics[t].backlog.lower(self.now);
        self.forget_message_if_over(m);
        match topic.dead_letter {
            Some(dead) => {
                self.tallies.topics[t].dead_lettered += 1;
                self.add_message(dead.0, lot, counted);
            }
            None => self.tallies.topics[t].dropped += 1,
        }
    }

    /// A message is finished, by the delivery that holds it or by an earlier one that came back late.
    fn finish_message(&mut self, m: u32, in_hand: bool) {
        let message = &mut self.messages[m];
        let t = message.topic as usize;
        message.over = true;
        message.ticket = message.ticket.wrapping_add(1);
        self.tallies.topics[t].backlog.lower(self.now);
        // A delivery that came back late finishes a message that is visible again, or that another consumer holds.
        let waiting = if in_hand { None } else { self.topics[t].visible.iter().position(|&v| v == m) };
        match waiting {
            Some(at) => drop(self.topics[t].visible.remove(at)),
            None => self.cancel_timer(self.topics[t].lane),
        }
    }

    fn forget_message_if_over(&mut self, m: u32) {
        if self.messages[m].over && self.messages[m].pending == 0 {
            self.messages.release(m);
        }
    }
}
