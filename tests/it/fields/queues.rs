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

pub const CASES: &[Case] = &[
    case("queue.publish", MAILS, ("queues.mails.publish", "10ms"), |s| s.mean_ms(), Up),
    case("queue.capacity", MAILS, ("queues.mails.capacity", "1"), |s| s.success(), Down)
        .of(&[("queues.mails.consumers.0.call", "mailer.slow")]),
    case("queue.capacity", MAILS, ("queues.mails.capacity", "unlimited"), |s| s.success(), Up)
        .of(&[("queues.mails.consumers.0.call", "mailer.slow"), ("queues.mails.capacity", "1")]),
    case(
        "queue.visibility_timeout",
        MAILS,
        ("queues.mails.visibility_timeout", "20s"),
        |s| mails(s).backlog.level as f64,
        Up,
    ),
    case("queue.max_receives", MAILS, ("queues.mails.max_receives", "1"), |s| mails(s).dead_lettered as f64, Up),
    case(
        "queue.max_receives",
        MAILS,
        ("queues.mails.max_receives", "unlimited"),
        |s| mails(s).dead_lettered as f64,
        Down,
    ),
    case("queue.dead_letter", MAILS, ("queues.mails.dead_letter", "other"), |s| s.topic("other").published as f64, Up),
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
];
