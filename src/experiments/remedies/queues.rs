//! Remedies for queues: room, limits to deliveries, more hands.

use super::{Remedy, Spares, Supposition, change};
use crate::experiments::contain::Works;
use crate::plan::{Overflow, Topic, TopicId, UNLIMITED};

impl Works<'_, '_> {
    fn topics(&self) -> impl Iterator<Item = (TopicId, &Topic)> {
        let topics = self.field.graph.plan().topics.iter().enumerate();
        topics.map(|(i, t)| (TopicId::new(i), t)).filter(|(_, t)| !t.consumers.is_empty())
    }

    /// Full queues that let their publishers wait: room for what comes while consumers stand still, or a refusal.
    pub(super) fn queues(&self) -> Vec<Remedy> {
        let plan = self.field.graph.plan();
        let one = |(i, topic): (usize, &Topic)| {
            if topic.overflow != Overflow::Block {
                return None;
            }
            let stopped = self.fault(&format!("consumer_stop:{}", self.name(topic.component)), None)?;
            let rate = self.field.graph.visits().topics[i];
            let room = f64::from(topic.capacity) + 1.5 * rate * self.drill.lasting.seconds();
            let set = |field: &str, to: String| change(format!("{}.{field}", topic.origin.path), to);
            let changes = vec![set("capacity", format!("{}", room.ceil())), set("overflow", "reject".into())];
            Some(Remedy::new("publisher-blocks", &topic.name, vec![stopped], changes))
        };
        plan.topics.iter().enumerate().filter_map(one).collect()
    }

    /// Messages that nobody can handle and that are delivered again and again: those of the model, or one in a hundred.
    pub(super) fn letters(&self) -> Vec<Remedy> {
        let one = |(id, topic): (TopicId, &Topic)| {
            if topic.max_receives != UNLIMITED {
                return None;
            }
            let set = |field: &str, to: &str| change(format!("{}.{field}", topic.origin.path), to);
            let few = vec![set("max_receives", "5")];
            let mut remedy = Remedy::new("poison-message", &topic.name, Vec::new(), few);
            remedy.spares = Spares::Messages(id);
            if topic.poison == 0.0 {
                remedy.code = "missing-dead-letter";
                let words = "one message in a hundred that nobody can handle".into();
                remedy.given = Some(Supposition { words, changes: vec![set("poison", "1%")] });
            }
            Some(remedy)
        };
        self.topics().filter_map(one).collect()
    }

    /// Consumers with little to spare, who need long for what came while they stood still.
    pub(super) fn slow_consumers(&self) -> Vec<Remedy> {
        let bounds = self.field.graph.bounds();
        let one = |(id, topic): (TopicId, &Topic)| {
            let [consumer] = topic.consumers[..] else { return None };
            let hands = crate::graph::Resource::Consumers(id);
            let bound = bounds.iter().find(|b| b.resource == hands).filter(|b| b.busy > BUSY * b.capacity)?;
            let stopped = self.fault(&format!("consumer_stop:{}", self.name(topic.component)), None)?;
            let more = [2, 4].map(|times| change(&bound.path, (times * consumer.concurrency).to_string()));
            let mut remedy = Remedy::new("consumer-too-slow", &topic.name, vec![stopped], more.to_vec());
            remedy.spares = Spares::Messages(id);
            Some(remedy)
        };
        self.topics().filter_map(one).collect()
    }
}

/// Consumers that are busier than this need four times as long as they stood still, or longer, to be done.
const BUSY: f64 = 0.8;
