//! Messages that are finished, delivered again, or given up.

use super::super::world::World;
use super::Stage;
use crate::plan::UNLIMITED;
use crate::random::Lot;

impl World<'_> {
    /// A message was not finished in time.
    pub(in super::super) fn visible_again(&mut self, m: u32) {
        let message = &mut self.messages[m];
        message.ticket = message.ticket.wrapping_add(1);
        let t = message.topic as usize;
        self.topics[t].out -= 1;
        self.deliver_again(m, false);
        self.forget_message_if_over(m);
    }

    /// A message is with its consumer no longer, before its time is over.
    pub(super) fn take_back(&mut self, m: u32) {
        let message = &mut self.messages[m];
        message.ticket = message.ticket.wrapping_add(1);
        let t = message.topic as usize;
        self.topics[t].out -= 1;
        if self.plan.topics[t].visibility.is_some() {
            self.cancel_timer(self.topics[t].lanes.visibility);
        }
    }

    /// A message that came back is delivered again (behind the others, or aside first and then before them), or has been
    /// often enough, or is too old.
    pub(super) fn deliver_again(&mut self, m: u32, aside: bool) {
        let message = &self.messages[m];
        let t = message.topic as usize;
        let topic = &self.plan.topics[t];
        if message.expired {
            return self.give_up(m, topic.expires_to_dead_letters);
        }
        if topic.max_receives != UNLIMITED && message.deliveries >= topic.max_receives {
            return self.give_up(m, true);
        }
        self.tallies.topics[t].redelivered += 1;
        if !aside {
            return self.join_line(m, false);
        }
        let ticket = message.ticket;
        self.messages[m].stage = Stage::Delayed;
        self.set_timer(self.topics[t].lanes.requeue, m, ticket);
    }

    /// A message has stood aside long enough.
    pub(in super::super) fn delay_over(&mut self, m: u32) {
        let again = self.messages[m].deliveries > 0;
        if again {
            self.free_partition(m);
        }
        self.join_line(m, again);
    }

    /// The life of a message is over. One that is with a consumer can still be finished there.
    pub(in super::super) fn lifetime_over(&mut self, m: u32) {
        let message = &mut self.messages[m];
        message.expired = true;
        let topic = &self.plan.topics[message.topic as usize];
        match message.stage {
            Stage::Held | Stage::Over => return,
            Stage::Waiting => self.leave_line(m),
            Stage::Delayed => self.cancel_delay(m),
        }
        self.give_up(m, topic.expires_to_dead_letters);
        self.forget_message_if_over(m);
    }

    /// The queue is full and takes another one: the message that has waited longest is given up.
    pub(super) fn drop_head(&mut self, t: u32) {
        let state = &self.topics[t as usize];
        let lines = state.partitions.iter().map(|p| &p.line).chain([&state.line]);
        let first = lines.filter_map(|line| line.front().copied()).min_by_key(|&m| self.messages[m].published);
        let Some(m) = first else {
            let tally = &mut self.tallies.topics[t as usize];
            tally.backlog.lower(self.now);
            tally.lost += 1;
            return;
        };
        let partition = self.messages[m].partition;
        let state = &mut self.topics[t as usize];
        state.line(partition).pop_front();
        state.waiting -= 1;
        self.give_up(m, self.plan.topics[t as usize].expires_to_dead_letters);
        self.forget_message_if_over(m);
    }

    /// A message is finished, by the delivery that holds it or by an earlier one that came back late.
    pub(super) fn finish_message(&mut self, m: u32) {
        match self.messages[m].stage {
            Stage::Waiting => self.leave_line(m),
            Stage::Delayed => self.cancel_delay(m),
            Stage::Held => {
                self.take_back(m);
                self.note_uncommitted(m);
            }
            Stage::Over => return,
        }
        self.end_message(m);
    }

    /// A message is delivered no more: it goes to the dead letters if it may; otherwise it is dropped after too many
    /// deliveries, or lost.
    pub(super) fn give_up(&mut self, m: u32, to_dead_letters: bool) {
        let message = self.messages[m];
        let t = message.topic as usize;
        self.end_message(m);
        let tally = &mut self.tallies.topics[t];
        match self.plan.topics[t].dead_letter.filter(|_| to_dead_letters) {
            Some(dead) => {
                tally.dead_lettered += 1;
                self.add_message(dead.0, Lot(message.lot), message.counted, message.poison);
            }
            None if message.expired || message.stage == Stage::Waiting => tally.lost += 1,
            None => tally.dropped += 1,
        }
    }

    fn end_message(&mut self, m: u32) {
        let message = self.messages[m];
        let t = message.topic as usize;
        if message.stage == Stage::Held || message.stage == Stage::Delayed && message.deliveries > 0 {
            self.free_partition(m);
        }
        self.messages[m].stage = Stage::Over;
        self.messages[m].ticket = message.ticket.wrapping_add(1);
        self.tallies.topics[t].backlog.lower(self.now);
        if !message.expired && self.plan.topics[t].lifetime.is_some() {
            self.cancel_timer(self.topics[t].lanes.lifetime);
        }
    }

    /// A message stands aside no longer.
    fn cancel_delay(&mut self, m: u32) {
        let message = &mut self.messages[m];
        message.ticket = message.ticket.wrapping_add(1);
        let (lanes, again) = (self.topics[message.topic as usize].lanes, message.deliveries > 0);
        self.cancel_timer(if again { lanes.requeue } else { lanes.delay });
    }

    pub(super) fn forget_message_if_over(&mut self, m: u32) {
        if self.messages[m].stage == Stage::Over && self.messages[m].pending == 0 {
            self.messages.release(m);
        }
    }
}
