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
    /// Messages of the batch that comes now which have not come yet.
    rest: u64,
}

/// Messages that come in one event. More take several at the same instant, so that limits are looked at in between.
const PORTION: u64 = 1_000;

impl World<'_> {
    pub(in super::super) fn build_batches(&mut self, seed: u64, replication: u32) {
        for (t, topic) in self.plan.topics.iter().enumerate() {
            for (i, publisher) in topic.publishers.iter().enumerate() {
                let lots = Stream::new(seed, replication, &topic.name, &format!("publisher {i}"));
                self.batches.push(Batch { topic: t as u32, publisher: *publisher, lots, rest: 0 });
                let number = self.batches.len() as u32 - 1;
                self.schedule(publisher.every.0, Class::Arrival, Kind::Batch, number);
            }
        }
    }

    /// The next batch of a publisher. What finds no room is lost to it.
    pub(in super::super) fn batch_due(&mut self, number: u32) {
        let Batch { topic, publisher: Publisher { every, messages }, rest, .. } = self.batches[number as usize];
        let due = if rest > 0 { rest } else { (f64::from(messages) * self.knobs.load).round() as u64 };
        let portion = due.min(PORTION);
        for _ in 0..portion {
            let lot = Lot(self.batches[number as usize].lots.bits());
            self.publish(topic, lot, NONE);
        }
        self.batches[number as usize].rest = due - portion;
        let next = if due > portion { 0 } else { every.0 };
        self.schedule(next, Class::Arrival, Kind::Batch, number);
    }
}
