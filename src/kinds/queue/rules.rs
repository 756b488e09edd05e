//! What a queue does with its messages.

use super::super::MOST;
use super::super::service::UNLIMITED_WORD;
use crate::plan::{OnFailure, Overflow, Partitions, Publisher, UNLIMITED};
use crate::random::{Keys, Popularity};
use crate::units::SimDuration;
use crate::yaml::{Field, Fields, Item, Shape, Takes};

pub(super) const LIMIT: Takes = Takes::Any(&[Takes::Whole(1, UNLIMITED - 1), UNLIMITED_WORD]);

/// Everything but the broker and the consumers.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub capacity: u32,
    pub overflow: Overflow,
    /// What is written.
    pub visibility: Option<SimDuration>,
    pub on_failure: OnFailure,
    pub max_receives: u32,
    pub max_in_flight: u32,
    pub lifetime: Option<SimDuration>,
    pub expires_to_dead_letters: bool,
    pub delay: Option<SimDuration>,
    pub duplicates: f64,
    pub poison: f64,
    pub publishers: Vec<Publisher>,
    pub partitions: Option<Partitions>,
}

/// The fields of a queue that say what it does with its messages.
pub static RULES_SHAPE: Shape = Shape::new(
    "messages",
    "What a queue does with its messages.",
    &[
        Field::new(
            "capacity",
            LIMIT,
            "Messages that may wait; `overflow` says what happens to a further one. Default `unlimited`, as in SQS.",
        ),
        Field::new(
            "overflow",
            Takes::Word(&["reject", "drop_head", "block"]),
            "A full queue refuses a further message, which fails its publisher (RabbitMQ's reject-publish); gives up the message that has \
             waited longest (its default); or lets the publisher wait until there is room. Default `reject`.",
        ),
        Field::new(
            "visibility_timeout",
            Takes::Duration,
            "A message received and not finished within this time is delivered again, while the first consumer may still be \
             working on it. At most 12 h. Default 30 s, as in SQS; with another `on_failure` than `wait`, and in partitions: none.",
        ),
        Field::new(
            "on_failure",
            Takes::Word(&["wait", "requeue", "dead_letter"]),
            "A message whose handling failed is delivered again after its visibility time-out (SQS), goes back to the head of the queue \
             (RabbitMQ's nack with requeue), or becomes a dead letter. Default `wait`; in partitions `requeue`.",
        ),
        Field::new(
            "requeue_after",
            Takes::Duration,
            "With `requeue`: how long until it is at the head again. Default 1 ms, the way to the broker and back; in partitions 100 ms.",
        ),
        Field::new(
            "max_receives",
            LIMIT,
            "After so many deliveries a message becomes a dead letter, or is dropped without `dead_letter` (SQS's maxReceiveCount, \
             RabbitMQ's delivery-limit). Default `unlimited`.",
        ),
        Field::new("dead_letter", Takes::Name, "The queue for dead letters. Default: none."),
        Field::new(
            "max_in_flight",
            LIMIT,
            "Messages that may be received and not finished at once; no more are handed out (SQS: 120,000). Default `unlimited`.",
        ),
        Field::new(
            "retention",
            Takes::Duration,
            "A message that was not finished so long after its publication is lost (SQS: 4 days, Kafka: 7). Default: it is kept.",
        ),
        Field::new(
            "ttl",
            Takes::Duration,
            "A message that was not finished so long after its publication becomes a dead letter, or is lost without `dead_letter` \
             (RabbitMQ's message-ttl). Default: it is kept.",
        ),
        Field::new("delay", Takes::Duration, "How long after its publication a message can be received. Default 0 s."),
        Field::new(
            "duplicates",
            Takes::Share,
            "Share of the messages that are there twice, as at-least-once delivery may have it. Default 0%.",
        ),
        Field::new(
            "poison",
            Takes::Share,
            "Share of the messages that nobody can handle: each delivery of one is worked on, and fails. Default 0%.",
        ),
        Field::new(
            "publishers",
            Takes::List(&Takes::Map(&PUBLISHER)),
            "Messages that come on their own, at regular times: a nightly job, a poller.",
        ),
        Field::new(
            "partitions",
            Takes::Map(&PARTITIONS),
            "Each partition is handled in order, one message at a time (Kafka, SQS FIFO). Default: there are none, and order is not kept.",
        ),
    ],
);

static PUBLISHER: Shape = Shape::new(
    "publisher",
    "A batch of messages at regular times. The load multiplies their number.",
    &[
        Field::required("every", Takes::Duration, "The time between two batches; the first comes after it."),
        Field::required("messages", Takes::Whole(1, MOST), "Messages in a batch."),
    ],
);

static PARTITIONS: Shape = Shape::new(
    "partitions",
    "Lines of which each is handled in order. No more messages are in progress than there are partitions, and a message that fails \
     holds up its own.",
    &[
        Field::required("count", Takes::Whole(1, 100_000), "How many."),
        Field::new(
            "keys",
            Takes::Whole(1, MOST),
            "Different keys; the messages of one go to one partition. Default: there are none, and messages go round.",
        ),
        Field::new("popularity", Takes::Popularity, "How messages spread over the keys. Default `uniform`."),
        Field::new(
            "rebalance",
            Takes::Duration,
            "How long nothing is delivered when consumers are back after a `consumer_stop`. Default 3 s.",
        ),
        Field::new(
            "commit_interval",
            Takes::Duration,
            "Consumers commit what they have handled in this rhythm; what they handled since is delivered again when they stop. `0s` \
             commits each message. Default 5 s, as Kafka's auto-commit.",
        ),
    ],
);

impl Rules {
    /// Reads them from among the fields of a queue; `read` tells whether somebody receives.
    pub(super) fn read(fields: &mut Fields<'_>, received: bool) -> Rules {
        let limit = |item: Item<'_>| item.whole_or_unlimited(1, UNLIMITED - 1).unwrap_or(UNLIMITED);
        fields.exclusive("partitions", "visibility_timeout", "a partition waits until its message is handled");
        fields.exclusive("retention", "ttl", "both end the life of a message");
        if !received {
            Rules::without_consumers(fields);
        }
        let capacity = fields.optional("capacity").map_or(UNLIMITED, limit);
        let overflow = fields.optional("overflow");
        if let Some(item) = overflow.as_ref().filter(|_| capacity == UNLIMITED) {
            item.problem_at_key(
                "`overflow` has no effect without `capacity`",
                "add for instance `capacity: 10k`, or remove it",
            );
        }
        let words = [("reject", Overflow::Reject), ("drop_head", Overflow::DropHead), ("block", Overflow::Block)];
        let overflow = overflow.and_then(|item| item.word(&words)).unwrap_or_default();
        let visibility = fields.optional("visibility_timeout").map(|item| visibility(&item));
        let partitions = fields.optional("partitions").and_then(|item| read_partitions(&item));
        let on_failure = on_failure(fields, partitions.is_some());
        let (retention, ttl) = (fields.optional("retention"), fields.optional("ttl"));
        let expires_to_dead_letters = ttl.is_some();
        let share = |fields: &mut Fields<'_>, name| fields.optional(name).and_then(|item| item.ratio()).unwrap_or(0.0);
        Rules {
            capacity,
            overflow,
            visibility,
            on_failure,
            max_receives: fields.optional("max_receives").map_or(UNLIMITED, limit),
            max_in_flight: fields.optional("max_in_flight").map_or(UNLIMITED, limit),
            lifetime: retention.or(ttl).and_then(|item| item.positive_duration()),
            expires_to_dead_letters,
            delay: fields.optional("delay").and_then(|item| item.positive_duration()),
            duplicates: share(fields, "duplicates"),
            poison: share(fields, "poison"),
            publishers: fields.optional("publishers").map(|item| read_publishers(&item)).unwrap_or_default(),
            partitions,
        }
    }

    /// Nobody receives: most of it has no effect.
    fn without_consumers(fields: &mut Fields<'_>) {
        let idle = [
            "on_failure",
            "requeue_after",
            "max_receives",
            "dead_letter",
            "max_in_flight",
            "delay",
            "poison",
            "partitions",
        ];
        for name in idle {
            if name == "dead_letter" && fields.has("ttl") {
                continue;
            }
            if let Some(item) = fields.optional(name) {
                let message = format!("`{name}` has no effect without `consumers`");
                item.problem_at_key(message, "add `consumers: [ { call: … } ]`, or remove it");
            }
        }
    }
}

fn visibility(item: &Item<'_>) -> SimDuration {
    const LONGEST: SimDuration = SimDuration::from_secs(12 * 3600);
    let time = item.positive_duration().unwrap_or(LONGEST);
    if time > LONGEST {
        item.problem(format!("a visibility timeout of {time} is too long"), "write at most `12h`, as SQS allows");
    }
    time
}

fn on_failure(fields: &mut Fields<'_>, partitioned: bool) -> OnFailure {
    let written = fields.optional("on_failure");
    let after = fields.optional("requeue_after");
    let word = written.as_ref().and_then(|item| item.word(&[("wait", 0), ("requeue", 1), ("dead_letter", 2)]));
    if let Some(item) = written.filter(|_| partitioned && word == Some(0)) {
        item.problem("nothing in a partition waits for a visibility time-out", "write `requeue` or `dead_letter`");
    }
    let word = word.unwrap_or(if partitioned { 1 } else { 0 });
    if let Some(item) = after.as_ref().filter(|_| word != 1) {
        item.problem_at_key("`requeue_after` has no effect without `on_failure: requeue`", "add it, or remove this");
    }
    let default = SimDuration::from_millis(if partitioned { 100 } else { 1 });
    match word {
        0 => OnFailure::Wait,
        1 => OnFailure::Requeue(after.map_or(default, |item| item.positive_duration().unwrap_or(default))),
        _ => OnFailure::DeadLetter,
    }
}

fn read_publishers(item: &Item<'_>) -> Vec<Publisher> {
    let read = |item: &Item<'_>| {
        let mut fields = item.shaped(&PUBLISHER)?;
        let every = fields.required("every", "every: 1min").and_then(|item| item.positive_duration());
        let messages = fields.required("messages", "messages: 100").and_then(|item| item.whole(1, MOST));
        fields.finish();
        Some(Publisher { every: every?, messages: messages? })
    };
    item.items().iter().filter_map(read).collect()
}

fn read_partitions(item: &Item<'_>) -> Option<Partitions> {
    let mut fields = item.shaped(&PARTITIONS)?;
    let count = fields.required("count", "count: 12").and_then(|item| item.whole(1, 100_000));
    let keys = fields.optional("keys").map(|item| item.whole(1, MOST));
    let popularity = fields.optional("popularity");
    if let Some(item) = popularity.as_ref().filter(|_| keys.is_none()) {
        item.problem_at_key("`popularity` has no effect without `keys`", "add the number of keys, such as `keys: 10k`");
    }
    let popularity = popularity.map_or(Some(Popularity::default()), |item| Popularity::read(&item));
    let rebalance = fields.optional("rebalance").and_then(|item| item.duration());
    let commit_interval = fields.optional("commit_interval").and_then(|item| item.duration());
    fields.finish();
    let keys = match keys {
        Some(keys) => Some(Keys { count: keys?, popularity: popularity? }),
        None => None,
    };
    Some(Partitions {
        count: count?,
        keys,
        rebalance: rebalance.unwrap_or(SimDuration::from_secs(3)),
        commit_interval: commit_interval.unwrap_or(SimDuration::from_secs(5)),
    })
}
