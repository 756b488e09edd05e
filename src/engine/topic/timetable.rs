//! Messages that come on their own, at regular times.

use super::super::agenda::{Class, Kind};
use super::super::frame::NONE;
use super::super::world::World;
use crate::plan::Publisher;
use crate::random::{Lot, Stream};

/// A publisher.
#[derive(Clone, Debug)]
pub(in super::super) struct Batch {
    topic: u32,
    publisher: Publisher,
    lots: Stream,
}

impl World<'_> {
    pub(in super::super) fn build_batches(&mut self, seed: u64, replication: u32) {
        for (t, topic) in self.plan.topics.iter().enumerate() {
            for (i, publisher) in topic.publishers.iter().enumerate() {
                let lots = Stream::new(seed, replication, &topic.name, &format!("publisher {i}"));
                self.batches.push(Batch { topic: t as u32, publisher: *publisher, lots });
                let number = self.batches.len() as u32 - 1;
                self.schedule(publisher.every.0, Class::Arrival, Kind::Batch, number);
            }
        }
    }

    /// The next batch of a publisher. What finds no room is lost to it.
    pub(in super::super) fn batch_due(&mut self, number: u32) {
        let Publisher { every, messages } = self.batches[number as usize].publisher;
        let topic = self.batches[number as usize].topic;
        for _ in 0..(f64::from(messages) * self.knobs.load).round() as u64 {
            let lot = Lot(self.batches[number as usize].lots.bits());
            self.publish(topic, lot, NONE);
        }
        self.schedule(every.0, Class::Arrival, Kind::Batch, number);
    }
}
