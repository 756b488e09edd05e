//! A queue of messages behind a broker, with the consumers that handle them.

mod consumer;
mod rules;

use super::declared::{self, DECLARED_SHAPE};
use super::{Caller, Kind, Target, Wiring, origin};
use crate::plan::{
    ComponentId, Consumer, Declarations, EndpointId, OnFailure, Party, Role, Station, StationId, Step, Topic, TopicId,
    UNLIMITED,
};
use crate::random::{Dist, TIME};
use crate::units::SimDuration;
use crate::yaml::{Field, Item, Shape, Takes};
use consumer::ConsumerSpec;
use rules::{RULES_SHAPE, Rules};

/// An entry under `queues`; the fields are those of `QUEUE_SHAPE`.
#[derive(Debug)]
pub struct Queue<'a> {
    item: Item<'a>,
    declarations: Declarations,
    engine: Option<String>,
    publish: Option<Dist>,
    /// Every consumer gets a copy.
    copies: bool,
    rules: Rules,
    dead_letter: Option<Target<'a>>,
    consumers: Vec<ConsumerSpec<'a>>,
    declared: Option<Declared>,
}

#[derive(Clone, Debug)]
struct Declared {
    component: ComponentId,
    /// One; of a queue that hands out copies one for each consumer.
    topics: Vec<TopicId>,
    publish: EndpointId,
}

/// A queue.
pub static QUEUE_SHAPE: Shape = Shape::new(
    "queue",
    "Messages behind a broker, and who handles them. A queue without consumers keeps what it gets.",
    &[
        Field::new("engine", Takes::Text, "Such as `sqs` or `rabbitmq`; only words the advice."),
        Field::new(
            "mode",
            Takes::Word(&["work", "pub_sub"]),
            "A message is handled by one of the consumers, or each of them gets a copy (groups of Kafka, queues behind an exchange or \
             SNS): then each has its own line, with these rules. Default `work`.",
        ),
        Field::new("publish", Takes::Alias(&TIME), "How long the broker takes to accept a message. Default: no time."),
        Field::new("consumers", Takes::List(&Takes::Map(&consumer::SHAPE)), "Who handles the messages."),
    ],
)
.with(&[&RULES_SHAPE, &DECLARED_SHAPE]);

impl<'a> Queue<'a> {
    /// Reads a queue.
    pub fn read(item: &Item<'a>) -> Option<Queue<'a>> {
        let mut fields = item.shaped(&QUEUE_SHAPE)?;
        let engine = fields.optional("engine").and_then(|item| item.text()).map(str::to_owned);
        let publish = fields.optional("publish").and_then(|item| Dist::read(&item));
        let mode = fields.optional("mode");
        let copies = mode.as_ref().and_then(|item| item.word(&[("work", false), ("pub_sub", true)])).unwrap_or(false);
        let received = fields.has("consumers");
        let consumers = fields.optional("consumers").map(|item| item.items()).unwrap_or_default();
        let consumers: Vec<_> = consumers.iter().filter_map(ConsumerSpec::read).collect();
        if let Some(item) = mode.filter(|_| !received) {
            item.problem_at_key("`mode` has no effect without `consumers`", "add them, or remove it");
        }
        let dead_letter = fields.optional("dead_letter");
        let expires = fields.has("ttl");
        let limited = fields.has("max_receives");
        let rules = Rules::read(&mut fields, received);
        let reached = limited || expires || rules.on_failure == OnFailure::DeadLetter;
        if let Some(field) = dead_letter.as_ref().filter(|_| received && !reached) {
            let hint = "add for instance `max_receives: 5`";
            field.problem_at_key("`dead_letter` has no effect without `max_receives`", hint);
        }
        fields.synonyms(&[("length", "capacity"), ("max_length", "capacity"), ("limit", "capacity")]);
        let declarations = declared::read(&mut fields);
        fields.finish();
        Some(Queue {
            declarations,
            item: item.clone(),
            engine,
            publish,
            copies,
            rules,
            dead_letter: dead_letter.and_then(|item| Target::read(&item)),
            consumers,
            declared: None,
        })
    }

    /// The dead-letter queue; it exists and is another one.
    fn dead_letter(&self, wiring: &Wiring<'a>, own: &[TopicId]) -> Option<TopicId> {
        let target = self.dead_letter.as_ref()?;
        let (topic, _) = wiring.queue(target)?;
        if own.contains(&topic) {
            target.problem(format!("`{}` is its own dead-letter queue", target.text), "declare another queue for them");
            return None;
        }
        Some(topic)
    }

    /// How long a message that was received stays invisible.
    fn visibility(&self, wiring: &mut Wiring<'a>) -> Option<SimDuration> {
        let default = SimDuration::from_secs(30);
        let Rules { visibility, on_failure, .. } = self.rules;
        match (on_failure, self.consumers.is_empty()) {
            (OnFailure::Wait, false) => Some(wiring.or_assume(visibility, &self.item, "visibility_timeout", default)),
            (OnFailure::Wait, true) => Some(visibility.unwrap_or(default)),
            _ => visibility,
        }
    }

    fn topic(
        &self,
        name: String,
        component: ComponentId,
        station: StationId,
        visibility: Option<SimDuration>,
    ) -> Topic {
        Topic {
            name,
            component,
            station,
            capacity: self.rules.capacity,
            overflow: self.rules.overflow,
            visibility,
            on_failure: self.rules.on_failure,
            max_receives: self.rules.max_receives,
            max_in_flight: self.rules.max_in_flight,
            dead_letter: None,
            lifetime: self.rules.lifetime,
            expires_to_dead_letters: self.rules.expires_to_dead_letters,
            delay: self.rules.delay,
            duplicates: self.rules.duplicates,
            poison: self.rules.poison,
            publishers: self.rules.publishers.clone(),
            partitions: self.rules.partitions,
            consumers: Vec::new(),
            origin: origin(&self.item),
        }
    }
}

impl<'a> Kind<'a> for Queue<'a> {
    fn declare(&mut self, wiring: &mut Wiring<'a>) {
        let item = &self.item;
        let Some(component) = wiring.component(item, Role::Queue, self.engine.clone(), self.declarations.clone())
        else {
            return;
        };
        let station = wiring.builder.station(Station {
            name: item.name.clone(),
            component,
            workers: UNLIMITED,
            capacity_path: format!("{}.consumers", item.path),
            origin: origin(item),
            ..Station::default()
        });
        let publish = wiring.endpoint(&item.name, "publish", station, item);
        let names: Vec<String> = match self.copies {
            true => self.consumers.iter().map(|c| format!("{}>{}", item.name, c.call.text)).collect(),
            false => vec![item.name.clone()],
        };
        let visibility = self.visibility(wiring);
        let topic = |name| wiring.builder.topic(self.topic(name, component, station, visibility));
        let topics: Vec<TopicId> = names.into_iter().map(topic).collect();
        if let Some(first) = topics.first() {
            wiring.set_topic(&item.name, *first);
        }
        self.declared = Some(Declared { component, topics, publish });
    }

    fn lower(&self, wiring: &mut Wiring<'a>) {
        let Some(Declared { component, topics, publish }) = &self.declared else { return };
        self.lower_publish(wiring, topics, *publish);
        let dead_letter = self.dead_letter(wiring, topics);
        for (i, spec) in self.consumers.iter().enumerate() {
            let caller =
                Caller::in_place(Party::Component(*component), &self.item.name, &spec.item, spec.policy.clone());
            if wiring.role(spec.call.component()) == Some(Role::Queue) {
                spec.call.problem("a consumer calls a service, not a queue", "let a service publish the message on");
                continue;
            }
            let Some(to) = wiring.resolve(&spec.call) else { continue };
            let (link, _) = caller.link(wiring, to, &spec.call.item);
            let concurrency = wiring.or_assume(spec.concurrency, &spec.item, "concurrency", 1);
            let prefetch = spec.prefetch(concurrency, self.rules.partitions.is_some());
            let topic = topics[if self.copies { i } else { 0 }];
            let consumer = Consumer { link, concurrency, prefetch };
            wiring.builder.plan_mut().topics[topic.index()].consumers.push(consumer);
        }
        for topic in topics {
            wiring.builder.plan_mut().topics[topic.index()].dead_letter = dead_letter;
        }
    }
}

impl<'a> Queue<'a> {
    fn lower_publish(&self, wiring: &mut Wiring<'a>, topics: &[TopicId], publish: EndpointId) {
        wiring.builder.begin(publish);
        if let Some(time) = &self.publish {
            let time = wiring.builder.dist(time.clone());
            wiring.builder.emit(Step::Work { time });
        }
        for &topic in topics {
            wiring.builder.emit(Step::Enqueue { topic });
        }
        wiring.builder.emit(Step::Return);
    }
}
