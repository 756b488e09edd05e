//! Queues of messages.

use super::{ComponentId, LinkId, Origin, StationId, TopicId, UNLIMITED};
use crate::random::Keys;
use crate::units::SimDuration;

/// A queue of messages behind a broker; of a queue that hands every consumer a copy, the messages of one of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// Its name in reports: the component's, or that of the one consumer that gets these copies.
    pub name: String,
    /// Its component; the broker's station and the `publish` endpoint belong to it too.
    pub component: ComponentId,
    /// The broker: while it is down nothing is published or delivered.
    pub station: StationId,
    /// Messages that may wait. [`UNLIMITED`] for no limit.
    pub capacity: u32,
    /// What happens to a further one.
    pub overflow: Overflow,
    /// A message received and not finished within this time is delivered again. `None`: it stays with its consumer.
    pub visibility: Option<SimDuration>,
    /// What happens when handling a message fails.
    pub on_failure: OnFailure,
    /// After so many deliveries a message goes to the dead letters (or is dropped). [`UNLIMITED`] for no limit.
    pub max_receives: u32,
    /// Messages that may be received and not finished at once. [`UNLIMITED`] for no limit.
    pub max_in_flight: u32,
    /// Where dead letters go.
    pub dead_letter: Option<TopicId>,
    /// How long after its publication a message that is not with a consumer is given up.
    pub lifetime: Option<SimDuration>,
    /// Messages given up for their age go to the dead letters.
    pub expires_to_dead_letters: bool,
    /// How long after its publication a message can be delivered.
    pub delay: Option<SimDuration>,
    /// Probability that a message is there twice.
    pub duplicates: f64,
    /// Probability that a message cannot be handled by anyone.
    pub poison: f64,
    /// Messages that come on their own.
    pub publishers: Vec<Publisher>,
    /// In what order messages are handled; without it, by any consumer in the order of their arrival.
    pub partitions: Option<Partitions>,
    /// Who handles them.
    pub consumers: Vec<Consumer>,
    /// Where it is defined.
    pub origin: Origin,
}

/// What a full queue does with a further message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// Refuses it.
    #[default]
    Reject,
    /// Gives up the message that has waited longest.
    DropHead,
    /// Lets the publisher wait until there is room.
    Block,
}

/// What happens to a message whose handling failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// It is delivered again after its visibility time-out.
    #[default]
    Wait,
    /// It goes back to the head of the queue after this time, above zero; its partition waits for it.
    Requeue(SimDuration),
    /// It goes to the dead letters at once, or is dropped without them.
    DeadLetter,
}

/// Publishes messages at regular times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// The time between two batches; the first comes after it.
    pub every: SimDuration,
    /// Messages in a batch at load 1x.
    pub messages: u32,
}

/// Lines of which each is handled in order, one message at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partitions {
    /// How many.
    pub count: u32,
    /// The messages of one key go to one partition; without keys they go round.
    pub keys: Option<Keys>,
    /// How long nothing is delivered when consumers come back.
    pub rebalance: SimDuration,
    /// What was handled since the last commit is delivered again when consumers come back. Zero: each message is committed.
    pub commit_interval: SimDuration,
}

/// Handles messages, several at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// What is called for each message.
    pub link: LinkId,
    /// Messages in progress at once.
    pub concurrency: u32,
    /// Messages it holds at once, those in progress included; at least `concurrency`.
    pub prefetch: u32,
}

impl Default for Topic {
    fn default() -> Topic {
        Topic {
            name: String::new(),
            component: ComponentId::default(),
            station: StationId::default(),
            capacity: UNLIMITED,
            overflow: Overflow::Reject,
            visibility: Some(SimDuration::from_secs(30)),
            on_failure: OnFailure::Wait,
            max_receives: UNLIMITED,
            max_in_flight: UNLIMITED,
            dead_letter: None,
            lifetime: None,
            expires_to_dead_letters: false,
            delay: None,
            duplicates: 0.0,
            poison: 0.0,
            publishers: Vec::new(),
            partitions: None,
            consumers: Vec::new(),
            origin: Origin::default(),
        }
    }
}

impl Topic {
    /// Messages that can be in progress at once: by the consumers, the partitions, and the share of the fullest one.
    pub fn parallelism(&self) -> f64 {
        let hands: f64 = self.consumers.iter().map(|c| f64::from(c.concurrency)).sum();
        let partitions = self.partitions.map_or(f64::INFINITY, |p| match p.keys {
            Some(keys) => 1.0 / keys.hottest(p.count, |key| keys.home(key, p.count)),
            None => f64::from(p.count),
        });
        hands.min(partitions)
    }

    /// Messages a second that come on their own at load 1x.
    pub fn own_rate(&self) -> f64 {
        self.publishers.iter().map(|p| f64::from(p.messages) / p.every.seconds()).sum()
    }

    /// Its slowest mechanism: where somebody receives, the time until a message is delivered (again) and until consumers have
    /// come to terms; the time between two batches. What ends the life of a message is not among them: days of retention
    /// would make runs of days.
    pub fn slowest(&self) -> SimDuration {
        let batches = self.publishers.iter().map(|p| p.every).max().unwrap_or_default();
        if self.consumers.is_empty() {
            return batches;
        }
        let again = if let OnFailure::Requeue(after) = self.on_failure { after } else { SimDuration::ZERO };
        let group = self.partitions.map_or(SimDuration::ZERO, |p| p.rebalance.max(p.commit_interval));
        let times = [batches, again, group, self.delay.unwrap_or_default(), self.visibility.unwrap_or_default()];
        times.into_iter().fold(SimDuration::ZERO, SimDuration::max)
    }
}
