//! Queues of messages.

use super::{ComponentId, LinkId, Origin, StationId, TopicId, UNLIMITED};
use crate::units::SimDuration;

/// A queue of messages behind a broker.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// Its component; the broker's station and the `publish` endpoint belong to it too.
    pub component: ComponentId,
    /// The broker: while it is down nothing is published or delivered.
    pub station: StationId,
    /// Messages that may wait; a further one is refused. [`UNLIMITED`] for no limit.
    pub capacity: u32,
    /// A message received and not finished within this time is delivered again.
    pub visibility: SimDuration,
    /// After so many deliveries a message goes to the dead letters (or is dropped). [`UNLIMITED`] for no limit.
    pub max_receives: u32,
    /// Where dead letters go.
    pub dead_letter: Option<TopicId>,
    /// Who handles them.
    pub consumers: Vec<Consumer>,
    /// Where it is defined.
    pub origin: Origin,
}

/// Handles messages, several at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// What is called for each message.
    pub link: LinkId,
    /// Messages in progress at once.
    pub concurrency: u32,
}

impl Default for Topic {
    fn default() -> Topic {
        Topic {
            component: ComponentId::default(),
            station: StationId::default(),
            capacity: UNLIMITED,
            visibility: SimDuration::from_secs(30),
            max_receives: UNLIMITED,
            dead_letter: None,
            consumers: Vec::new(),
            origin: Origin::default(),
        }
    }
}

impl Topic {
    /// Its slowest mechanism: the visibility time-out, where somebody receives.
    pub fn slowest(&self) -> SimDuration {
        if self.consumers.is_empty() { SimDuration::ZERO } else { self.visibility }
    }
}
