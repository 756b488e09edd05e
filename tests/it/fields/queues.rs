//! Queues.

use super::*;

/// A consumer that keeps up, and fails now and then.
const MAILS: &str = "
traffic: { rate: 20/s, to: shop.order }
services:
  shop: { endpoints: { order: [ { work: 1ms }, { publish: mails } ] } }
  mailer: { endpoints: { send: [ { work: 20ms }, { error: 20% } ], slow: [ { work: 200ms } ] } }
queues:
  mails: { consumers: [ { call: mailer.send, concurrency: 1 } ], visibility_timeout: 2s, max_receives: 3, dead_letter: dead }
  dead: {}
  other: {}
";

fn mails(s: &Seen) -> &tenfold::engine::TopicTally {
    s.topic("mails")
}

/// The consumer cannot keep up with a queue of ten.
const FULL: &[(&str, &str)] = &[("queues.mails.consumers.0.call", "mailer.slow"), ("queues.mails.capacity", "10")];

const SLOW_MANY: &[(&str, &str)] =
    &[("queues.mails.consumers.0.call", "mailer.slow"), ("queues.mails.consumers.0.concurrency", "9")];

const SLOW: &[(&str, &str)] = &[("queues.mails.consumers.0.call", "mailer.slow")];

const ONE_IN_FLIGHT: &[(&str, &str)] = &[
    ("queues.mails.consumers.0.call", "mailer.slow"),
    ("queues.mails.consumers.0.concurrency", "9"),
    ("queues.mails.max_in_flight", "1"),
];

const SLOW_AND_SHORT: &[(&str, &str)] =
    &[("queues.mails.consumers.0.call", "mailer.slow"), ("queues.mails.visibility_timeout", "1s")];

const PUBLISHER: &[(&str, &str)] = &[("queues.mails.publishers", "[ { every: 10s, messages: 100 } ]")];

/// Partitions whose consumers stop for a while.
const KEYED: &str = "
traffic: { rate: 20/s, to: shop.order }
services:
  shop: { endpoints: { order: [ { work: 1ms }, { publish: mails } ] } }
  mailer: { endpoints: { send: [ { work: 100ms } ] } }
queues:
  mails: { consumers: [ { call: mailer.send, concurrency: 20 } ], partitions: { count: 10, commit_interval: 1s } }
scenarios: { trouble: { faults: [ { consumer_stop: mails, at: 27s, for: 2s } ] } }
";

/// Mean wait of a message for a consumer.
fn wait_s(s: &Seen) -> f64 {
    mails(s).waited.seconds() / mails(s).received as f64
}

pub const CASES: &[Case] = &[
    case("queue.publish", MAILS, ("queues.mails.publish", "10ms"), |s| s.mean_ms(), Up),
    case("messages.capacity", MAILS, ("queues.mails.capacity", "1"), |s| s.success(), Down)
        .of(&[("queues.mails.consumers.0.call", "mailer.slow")]),
    case("messages.capacity", MAILS, ("queues.mails.capacity", "unlimited"), |s| s.success(), Up)
        .of(&[("queues.mails.consumers.0.call", "mailer.slow"), ("queues.mails.capacity", "1")]),
    case(
        "messages.visibility_timeout",
        MAILS,
        ("queues.mails.visibility_timeout", "20s"),
        |s| mails(s).backlog.level as f64,
        Up,
    ),
    case("messages.max_receives", MAILS, ("queues.mails.max_receives", "1"), |s| mails(s).dead_lettered as f64, Up),
    case(
        "messages.max_receives",
        MAILS,
        ("queues.mails.max_receives", "unlimited"),
        |s| mails(s).dead_lettered as f64,
        Down,
    ),
    case(
        "messages.dead_letter",
        MAILS,
        ("queues.mails.dead_letter", "other"),
        |s| s.topic("other").published as f64,
        Up,
    ),
    case(
        "queue.consumers",
        MAILS,
        ("queues.mails.consumers", "[ { call: mailer.slow } ]"),
        |s| mails(s).acknowledged as f64,
        Down,
    ),
    case(
        "consumer.call",
        MAILS,
        ("queues.mails.consumers.0.call", "mailer.slow"),
        |s| mails(s).acknowledged as f64,
        Down,
    ),
    case(
        "consumer.concurrency",
        MAILS,
        ("queues.mails.consumers.0.concurrency", "10"),
        |s| mails(s).acknowledged as f64,
        Up,
    )
    .of(&[("queues.mails.consumers.0.call", "mailer.slow")]),
    case("messages.overflow", MAILS, ("queues.mails.overflow", "drop_head"), |s| s.success(), Up).of(FULL),
    case("messages.overflow", MAILS, ("queues.mails.overflow", "block"), |s| s.mean_ms(), Up).of(FULL),
    case("messages.on_failure", MAILS, ("queues.mails.on_failure", "requeue"), |s| mails(s).backlog.level as f64, Down),
    case(
        "messages.on_failure",
        MAILS,
        ("queues.mails.on_failure", "dead_letter"),
        |s| mails(s).dead_lettered as f64,
        Up,
    ),
    case("messages.requeue_after", MAILS, ("queues.mails.requeue_after", "5s"), |s| mails(s).peak as f64, Up)
        .of(&[("queues.mails.on_failure", "requeue")]),
    case("messages.max_in_flight", MAILS, ("queues.mails.max_in_flight", "1"), |s| mails(s).acknowledged as f64, Down)
        .of(SLOW_MANY),
    case(
        "messages.max_in_flight",
        MAILS,
        ("queues.mails.max_in_flight", "unlimited"),
        |s| mails(s).acknowledged as f64,
        Up,
    )
    .of(ONE_IN_FLIGHT),
    case("messages.retention", MAILS, ("queues.mails.retention", "5s"), |s| mails(s).lost as f64, Up).of(SLOW),
    case("messages.ttl", MAILS, ("queues.mails.ttl", "5s"), |s| mails(s).dead_lettered as f64, Up).of(SLOW),
    case("messages.delay", MAILS, ("queues.mails.delay", "3s"), |s| mails(s).peak as f64, Up),
    case("messages.duplicates", MAILS, ("queues.mails.duplicates", "20%"), |s| mails(s).duplicates as f64, Up),
    case("messages.poison", MAILS, ("queues.mails.poison", "20%"), |s| mails(s).dead_lettered as f64, Up),
    case(
        "messages.publishers",
        MAILS,
        ("queues.mails.publishers", "[ { every: 10s, messages: 100 } ]"),
        |s| mails(s).published as f64,
        Up,
    ),
    case("publisher.every", MAILS, ("queues.mails.publishers.0.every", "5s"), |s| mails(s).published as f64, Up)
        .of(PUBLISHER),
    case("publisher.messages", MAILS, ("queues.mails.publishers.0.messages", "300"), |s| mails(s).peak as f64, Up)
        .of(PUBLISHER),
    case("queue.mode", MAILS, ("queues.mails.mode", "pub_sub"), |s| s.endpoint("mailer.slow").offered as f64, Up).of(
        &[(
            "queues.mails.consumers",
            "[ { call: mailer.send, concurrency: 9 }, { call: mailer.slow, concurrency: 9 } ]",
        )],
    ),
    case("consumer.prefetch", MAILS, ("queues.mails.consumers.0.prefetch", "10"), |s| mails(s).redelivered as f64, Up)
        .of(SLOW_AND_SHORT),
    case("messages.partitions", KEYED, ("queues.mails.partitions", "{ count: 1 }"), wait_s, Up),
    case("partitions.count", KEYED, ("queues.mails.partitions.count", "2"), wait_s, Up),
    case("partitions.keys", KEYED, ("queues.mails.partitions.keys", "2"), wait_s, Up),
    case("partitions.popularity", KEYED, ("queues.mails.partitions.popularity", "zipf(2)"), wait_s, Up)
        .of(&[("queues.mails.partitions.keys", "100")]),
    case("partitions.rebalance", KEYED, ("queues.mails.partitions.rebalance", "10s"), |s| mails(s).peak as f64, Up),
    case(
        "partitions.commit_interval",
        KEYED,
        ("queues.mails.partitions.commit_interval", "7s"),
        |s| mails(s).duplicates as f64,
        Up,
    ),
];
