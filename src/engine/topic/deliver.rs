//! Handing messages to consumers, and hearing how that went.

use super::super::call::{Made, Parent};
use super::super::outcome::Outcome;
use super::super::probe::{Mark, Probe};
use super::super::world::{Ready, World};
use super::{Stage, TopicState};
use crate::plan::{Consumer, OnFailure};
use crate::random::Lot;
use crate::units::SimTime;
use std::collections::VecDeque;

/// What a consumer has in hand.
#[derive(Clone, Debug, Default)]
pub(super) struct Hand {
    /// Messages in progress.
    working: u32,
    /// Received and not begun: message and delivery.
    hold: VecDeque<(u32, u32)>,
}

impl TopicState {
    /// A consumer that takes a further message: the first with a free hand; where consumers hold more than they work on, the
    /// next in turn whose hold is not full.
    fn taker(&mut self, consumers: &[Consumer]) -> Option<usize> {
        if !self.prefetches {
            return self.hands.iter().zip(consumers).position(|(hand, consumer)| hand.working < consumer.concurrency);
        }
        let count = self.hands.len();
        let takes = |at: &usize| {
            let hand = &self.hands[*at];
            hand.working + (hand.hold.len() as u32) < consumers[*at].prefetch
        };
        let at = (0..count).map(|i| (self.turn + i) % count).find(takes)?;
        self.turn = (at + 1) % count;
        Some(at)
    }
}

impl World<'_> {
    /// Hands messages to consumers that take them.
    pub(in super::super) fn dispatch<P: Probe>(&mut self, t: u32, probe: &mut P) {
        let plan = self.plan;
        let topic = &plan.topics[t as usize];
        let stopped = self.knobs.topics[t as usize].paused || self.now < self.topics[t as usize].resumes;
        if stopped || self.stations[topic.station.index()].up.is_empty() {
            return;
        }
        if self.topics[t as usize].prefetches {
            self.go_on_with_holds(t, probe);
        }
        while self.topics[t as usize].out < topic.max_in_flight && self.topics[t as usize].waiting > 0 {
            let state = &mut self.topics[t as usize];
            if topic.partitions.is_some() && state.able.is_empty() {
                break;
            }
            let Some(hand) = state.taker(&topic.consumers) else { break };
            let Some(m) = self.next_message(t) else { break };
            self.hand(t, hand, m, probe);
        }
        self.make_room(t);
    }

    /// Takes the next message out of its line.
    fn next_message(&mut self, t: u32) -> Option<u32> {
        let state = &mut self.topics[t as usize];
        let m = match state.partitions.is_empty() {
            true => state.line.pop_front(),
            false => {
                let partition = state.able.pop_front()?;
                let partition = &mut state.partitions[partition as usize];
                (partition.listed, partition.busy) = (false, true);
                partition.line.pop_front()
            }
        };
        state.waiting -= u32::from(m.is_some());
        m
    }

    /// Consumers with a free hand go on with what they hold.
    fn go_on_with_holds<P: Probe>(&mut self, t: u32, probe: &mut P) {
        let consumers = &self.plan.topics[t as usize].consumers;
        for (at, consumer) in consumers.iter().enumerate() {
            while self.topics[t as usize].hands[at].working < consumer.concurrency {
                let Some((m, ticket)) = self.topics[t as usize].hands[at].hold.pop_front() else { break };
                self.begin(t, at, m, ticket, probe);
            }
        }
    }

    /// A consumer receives a message, which has left its line.
    fn hand<P: Probe>(&mut self, t: u32, at: usize, m: u32, probe: &mut P) {
        let tally = &mut self.tallies.topics[t as usize];
        tally.delivered += 1;
        let message = &mut self.messages[m];
        message.ticket = message.ticket.wrapping_add(1);
        message.stage = Stage::Held;
        message.deliveries += 1;
        message.pending += 1;
        if message.deliveries == 1 && message.counted {
            let waited = self.now - message.published;
            tally.received += 1;
            tally.waited.0 += waited;
            tally.longest.0 = tally.longest.0.max(waited);
        }
        let ticket = message.ticket;
        let topic = &self.plan.topics[t as usize];
        let state = &mut self.topics[t as usize];
        state.out += 1;
        let begins = state.hands[at].working < topic.consumers[at].concurrency;
        if !begins {
            state.hands[at].hold.push_back((m, ticket));
        }
        if topic.visibility.is_some() {
            self.set_timer(self.topics[t as usize].lanes.visibility, m, ticket);
        }
        if begins {
            self.begin(t, at, m, ticket, probe);
        }
    }

    /// A consumer begins to work on a delivery, even if the message is its own no longer: it cannot know.
    fn begin<P: Probe>(&mut self, t: u32, at: usize, m: u32, ticket: u32, probe: &mut P) {
        self.topics[t as usize].hands[at].working += 1;
        let message = &self.messages[m];
        let (lot, counted) = (Lot(message.lot).child(message.deliveries), message.counted);
        let link = self.plan.topics[t as usize].consumers[at].link;
        probe.marks(SimTime(self.now), Mark::Delivers { message: message.lot });
        let parent = Parent::Message(m, ticket);
        self.new_call(link, Made { parent, lot, replica: 0, start: self.now, counted }, probe);
    }

    /// A consumer is done with a delivery; the message is finished if that went well.
    pub(in super::super) fn delivery_over(&mut self, m: u32, ticket: u32, link: u32, outcome: Outcome) {
        let message = &mut self.messages[m];
        message.pending -= 1;
        let t = message.topic as usize;
        let good = outcome.is_good() && !message.poison;
        let (over, mine, copy) = (message.stage == Stage::Over, message.ticket == ticket, message.copy);
        let topic = &self.plan.topics[t];
        let at = topic.consumers.iter().position(|c| c.link.0 == link).unwrap_or(0);
        self.topics[t].hands[at].working -= 1;
        self.ready.push(Ready::Dispatch(t as u32));
        if over {
            self.tallies.topics[t].duplicates += u64::from(good);
        } else if good {
            self.tallies.topics[t].acknowledged += 1;
            self.tallies.topics[t].duplicates += u64::from(copy);
            self.finish_message(m);
        } else if mine {
            match topic.on_failure {
                OnFailure::Wait => {}
                OnFailure::Requeue(_) => {
                    self.take_back(m);
                    self.deliver_again(m, true);
                }
                OnFailure::DeadLetter => {
                    self.take_back(m);
                    self.give_up(m, true);
                }
            }
        }
        self.forget_message_if_over(m);
    }
}
