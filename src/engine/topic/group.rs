//! Partitions, each handled in order, and consumers that stop and come back, as in Kafka.

use super::super::agenda::{Class, Kind};
use super::super::frame::NONE;
use super::super::world::{Ready, World};
use super::KEY;
use crate::random::Lot;
use std::collections::VecDeque;

/// One partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Partition {
    pub line: VecDeque<u32>,
    /// A message of it is with a consumer, or will be delivered again before all others.
    pub busy: bool,
    /// Stands in the list of those that can deliver.
    pub listed: bool,
}

impl World<'_> {
    /// Where a message goes: by its key, or in turn.
    pub(super) fn partition_of(&mut self, t: u32, lot: Lot) -> u32 {
        let Some(partitions) = &self.plan.topics[t as usize].partitions else { return NONE };
        if let Some(keys) = partitions.keys {
            return keys.home(keys.draw(lot, KEY), partitions.count);
        }
        let next = &mut self.topics[t as usize].next_partition;
        *next = (*next + 1) % partitions.count;
        *next
    }

    /// A partition may be able to deliver.
    pub(super) fn able(&mut self, t: u32, number: u32) {
        let state = &mut self.topics[t as usize];
        let Some(partition) = state.partitions.get_mut(number as usize) else { return };
        if !partition.busy && !partition.listed && !partition.line.is_empty() {
            partition.listed = true;
            state.able.push_back(number);
        }
    }

    /// The partition of a message waits for it no longer.
    pub(super) fn free_partition(&mut self, m: u32) {
        let message = &self.messages[m];
        let (t, number) = (message.topic, message.partition);
        let Some(partition) = self.topics[t as usize].partitions.get_mut(number as usize) else { return };
        partition.busy = false;
        self.able(t, number);
        self.ready.push(Ready::Dispatch(t));
    }

    /// A message was handled: if its consumer stops before the next commit, it is delivered again.
    pub(super) fn note_uncommitted(&mut self, m: u32) {
        let message = self.messages[m];
        let t = message.topic as usize;
        let Some(partitions) = self.plan.topics[t].partitions else { return };
        let interval = partitions.commit_interval.0;
        if interval == 0 {
            return;
        }
        let last = self.now / interval * interval;
        let uncommitted = &mut self.topics[t].uncommitted;
        while uncommitted.front().is_some_and(|(at, ..)| *at < last) {
            uncommitted.pop_front();
        }
        uncommitted.push_back((self.now, message.partition, message.lot));
    }

    /// Consumers have stopped, or are back: partitions are handed out anew, which takes a while, and whoever gets one begins
    /// behind its last commit.
    pub(in super::super) fn consumers_turned(&mut self, t: usize, was_paused: bool) {
        let paused = self.knobs.topics[t].paused;
        let Some(partitions) = self.plan.topics[t].partitions.filter(|_| paused != was_paused) else { return };
        if paused {
            let interval = partitions.commit_interval.0.max(1);
            let last = self.now / interval * interval;
            let handled = std::mem::take(&mut self.topics[t].uncommitted);
            for (_, partition, lot) in handled.into_iter().filter(|(at, ..)| *at >= last) {
                self.tallies.topics[t].replayed += 1;
                self.settle_in(t as u32, Lot(lot), partition, (self.counting, true, false));
            }
            return;
        }
        self.topics[t].resumes = self.now + partitions.rebalance.0;
        if partitions.rebalance.0 > 0 {
            self.schedule(partitions.rebalance.0, Class::Completion, Kind::Dispatch, t as u32);
        }
    }
}
