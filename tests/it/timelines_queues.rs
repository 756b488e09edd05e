//! Queues, worked out by hand: a message is published every second, at 1 s, 2 s, …; the measured part ends at 5.5 s.

use crate::common::{Run, counts, run};
use tenfold::engine::TopicTally;
use tenfold::plan::TopicId;

/// A queue with these settings; its consumer takes so long.
fn queue(settings: &str, consumer: &str, work: &str) -> String {
    format!(
        "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: front.ask }} }}
services:
  front: {{ endpoints: {{ ask: [ {{ publish: events }} ] }} }}
  back: {{ endpoints: {{ reply: [ {{ work: {{ constant: {work} }} }} ], other: [ {{ work: {{ constant: 10ms }} }} ] }} }}
queues:
  events: {{ consumers: [ {{ call: back.reply, {consumer} }} ], {settings} }}
  lost: {{}}
"
    )
}

fn after(text: &str, measured: &str, faults: &[&str]) -> TopicTally {
    *run(text, measured, faults).topic("events")
}

/// Nobody takes messages, and each lives 2.5 s: those of 1 s and 2 s are over at 3.5 s and 4.5 s. By retention they are lost, by
/// `ttl` they are dead letters.
#[test]
fn messages_have_a_life() {
    let stopped = &["consumer_stop:events@0s"];
    let kept = after(&queue("retention: 2500ms", "concurrency: 4", "100ms"), "5400ms", stopped);
    assert_eq!((kept.published, kept.lost, kept.backlog.level), (5, 2, 3));
    let ttl = run(&queue("ttl: 2500ms, dead_letter: lost", "concurrency: 4", "100ms"), "5400ms", stopped);
    assert_eq!((ttl.topic("events").dead_lettered, ttl.topic("lost").published), (2, 2));
}

/// Nobody takes messages: none for the first second, then one, two, three and four. That is two on average, and more in the end.
#[test]
fn a_backlog_is_a_mean_over_time() {
    let kept = run(&queue("retention: 1h", "concurrency: 4", "100ms"), "5s", &["consumer_stop:events@0s"]);
    let component = kept.model.plan.component("events").unwrap();
    let topic = kept.model.plan.topics.iter().position(|t| t.component == component).unwrap();
    assert_eq!(kept.measured.mean_backlog(TopicId::new(topic)), 2.0);
    assert!(kept.topic("events").backlog.level >= 4);
}

/// Each message is received 700 ms after it was published: four of five within the measured part.
#[test]
fn delivery_can_be_delayed() {
    let delayed = after(&queue("delay: 700ms", "concurrency: 4", "100ms"), "5500ms", &[]);
    assert_eq!((delayed.published, delayed.received, delayed.waited.millis()), (5, 4, 2_800.0));
}

/// A message takes 1.5 s, and only one may be in flight: the first is done at 2.5 s, the second at 4 s. Without that limit the
/// third is, too, at 4.5 s.
#[test]
fn so_many_are_in_flight() {
    assert_eq!(after(&queue("max_in_flight: 1", "concurrency: 4", "1500ms"), "5400ms", &[]).acknowledged, 2);
    assert_eq!(after(&queue("max_in_flight: 9", "concurrency: 4", "1500ms"), "5400ms", &[]).acknowledged, 3);
}

#[test]
fn a_message_may_be_there_twice() {
    let twice = after(&queue("duplicates: 100%", "concurrency: 4", "100ms"), "5500ms", &[]);
    assert_eq!((twice.published, twice.copies, twice.acknowledged, twice.duplicates), (5, 5, 10, 5));
}

/// Four messages a second, 700 ms each, one at a time, to be finished within a second of being received. Whoever takes the
/// next only when it is done with the last is always in time. Whoever receives three at once has the second since 500 ms and
/// begins it at 950 ms, and the third since 750 ms: at 1.5 s and at 1.75 s they are delivered again, though the second is done at
/// 1.65 s.
#[test]
fn what_is_prefetched_waits_while_its_time_runs() {
    let text = |prefetch: &str| {
        queue("visibility_timeout: 1s", &format!("concurrency: 1{prefetch}"), "700ms").replace("rate: 1/s", "rate: 4/s")
    };
    let plain = after(&text(""), "1900ms", &[]);
    assert_eq!((plain.acknowledged, plain.redelivered), (2, 0));
    let greedy = after(&text(", prefetch: 3"), "1900ms", &[]);
    assert_eq!((greedy.acknowledged, greedy.redelivered), (2, 2));
}

/// The consumer's callee is down until 2 s. The first message fails at 1 s, 1.3 s, 1.6 s and 1.9 s, and is handled from 2.2 s on.
#[test]
fn what_failed_goes_back_to_the_head() {
    let text = queue("on_failure: requeue, requeue_after: 300ms", "concurrency: 4", "100ms");
    let requeued = after(&text, "5500ms", &["kill:back@0s+2s"]);
    assert_eq!((requeued.delivered, requeued.redelivered, requeued.acknowledged), (9, 4, 5));
}

/// Nobody can handle any of them: each is worked on three times, within 302 ms, and is then a dead letter. When a failure is the
/// end, once.
#[test]
fn poison_is_worked_on_in_vain() {
    let text =
        queue("poison: 100%, on_failure: requeue, max_receives: 3, dead_letter: lost", "concurrency: 4", "100ms");
    let thrice = run(&text, "5500ms", &[]);
    let topic = thrice.topic("events");
    assert_eq!((topic.delivered, topic.dead_lettered, topic.acknowledged), (15, 5, 0));
    assert_eq!(counts(thrice.served("back.reply")), [15, 15, 0, 0]);
    let once = after(
        &queue("poison: 100%, on_failure: dead_letter, dead_letter: lost", "concurrency: 4", "100ms"),
        "5500ms",
        &[],
    );
    assert_eq!((once.delivered, once.dead_lettered), (5, 5));
}

/// One message may wait; handling takes 2.5 s, one at a time: the first until 3.5 s, the second from then to 6 s.
///
/// | at | `reject` | `drop_head` | `block` |
/// |---|---|---|---|
/// | 3 s | refused | the second is lost | the publisher waits until 3.5 s |
/// | 4 s | waits | waits | the publisher waits until 6 s |
#[test]
fn a_full_queue_refuses_or_drops_or_blocks() {
    let full = |overflow: &str| {
        let text = queue(&format!("capacity: 1, overflow: {overflow}"), "concurrency: 1", "2500ms");
        run(&text, "4500ms", &[])
    };
    let reject = full("reject");
    assert_eq!(counts(reject.source("people")), [4, 3, 0, 1]);
    assert_eq!(reject.topic("events").rejected, 1);
    let head = full("drop_head");
    assert_eq!(counts(head.source("people")), [4, 4, 0, 0]);
    assert_eq!(head.topic("events").lost, 1);
    let block = full("block");
    assert_eq!(counts(block.source("people")), [4, 4, 0, 0]);
    assert_eq!((block.topic("events").blocked, block.latency_sum("people").millis()), (2, 2_500.0));
}

/// A message takes 1.5 s. In two partitions every second message goes to the other one, and nobody waits; in one partition they
/// are handled one after the other, whatever the number of hands: the second waits 0.5 s, the third 1 s.
#[test]
fn a_partition_is_handled_in_order() {
    let two = after(&queue("partitions: { count: 2 }", "concurrency: 4", "1500ms"), "5400ms", &[]);
    assert_eq!((two.acknowledged, two.waited.millis()), (3, 0.0));
    let one = after(&queue("partitions: { count: 1 }", "concurrency: 4", "1500ms"), "5400ms", &[]);
    assert_eq!((one.acknowledged, one.received, one.waited.millis()), (2, 3, 1_500.0));
    // A message that fails holds up its partition, and nobody else's.
    let poison = |count: u32| {
        let text = queue(&format!("partitions: {{ count: {count} }}, poison: 100%"), "concurrency: 4", "100ms");
        after(&text, "5400ms", &[]).received
    };
    assert_eq!((poison(1), poison(2)), (1, 2));
}

/// A message takes 100 ms. Consumers commit every 2 s, stop at 3.2 s, and are back at 4.2 s; it takes them 500 ms to share the
/// partition out. What they had handled at 2.1 s and 3.1 s is delivered again, at 4.7 s and 4.8 s, before the message of 4 s.
#[test]
fn what_was_not_committed_is_delivered_again() {
    let text = queue("partitions: { count: 1, commit_interval: 2s, rebalance: 500ms }", "concurrency: 4", "100ms");
    let stopped = after(&text, "5500ms", &["consumer_stop:events@3200ms+1s"]);
    assert_eq!((stopped.published, stopped.replayed, stopped.acknowledged, stopped.duplicates), (5, 2, 7, 2));
    // The message of 4 s waits 0.9 s; that of 5 s comes just when it is done.
    assert_eq!((stopped.received, stopped.waited.millis()), (7, 900.0 + 1_500.0 + 1_600.0));
    let each = after(
        &text.replace("commit_interval: 2s", "commit_interval: 0s"),
        "5500ms",
        &["consumer_stop:events@3200ms+1s"],
    );
    assert_eq!((each.replayed, each.acknowledged), (0, 5));
}

/// Each of two consumers gets every message, and the slow one has a backlog of its own.
#[test]
fn every_consumer_gets_a_copy() {
    let text =
        queue("mode: pub_sub", "concurrency: 1", "4s").replace("consumers: [", "consumers: [ { call: back.other },");
    let run = run(&text, "5500ms", &[]);
    let topic = |run: &Run, name: &str| {
        let at = run.model.plan.topics.iter().position(|t| t.name == name).expect(name);
        run.measured.topics[at]
    };
    assert_eq!(topic(&run, "events>back.other").acknowledged, 5);
    let slow = topic(&run, "events>back.reply");
    assert_eq!((slow.published, slow.acknowledged, slow.backlog.level), (5, 1, 4));
}

/// Three messages every 2 s, beside those that are published: at 2 s and 4 s.
#[test]
fn a_publisher_keeps_its_timetable() {
    let text = queue("publishers: [ { every: 2s, messages: 3 } ]", "concurrency: 9", "100ms");
    let both = after(&text, "5500ms", &[]);
    assert_eq!((both.published, both.acknowledged, both.peak), (11, 11, 4));
}
