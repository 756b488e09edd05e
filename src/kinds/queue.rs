//! A queue of messages behind a broker, with the consumers that handle them.

use super::declared::{self, DECLARED_SHAPE};
use super::service::UNLIMITED_WORD;
use super::{Caller, IN_PLACE_SHAPE, Kind, MOST, Policy, Target, Wiring, origin};
use crate::plan::{
    ComponentId, Consumer, Declarations, EndpointId, Party, Role, Station, Step, Topic, TopicId, UNLIMITED,
};
use crate::random::{Dist, TIME};
use crate::units::SimDuration;
use crate::yaml::{Field, Item, Shape, Takes};

/// An entry under `queues`; the fields are those of `QUEUE_SHAPE`.
#[derive(Debug)]
pub struct Queue<'a> {
    item: Item<'a>,
    declarations: Declarations,
    engine: Option<String>,
    publish: Option<Dist>,
    capacity: u32,
    visibility_timeout: Option<SimDuration>,
    max_receives: u32,
    dead_letter: Option<Target<'a>>,
    consumers: Vec<ConsumerSpec<'a>>,
    declared: Option<Declared>,
}

#[derive(Clone, Copy, Debug)]
struct Declared {
    component: ComponentId,
    topic: TopicId,
    publish: EndpointId,
}

/// One entry of `consumers`.
#[derive(Debug)]
struct ConsumerSpec<'a> {
    call: Target<'a>,
    concurrency: Option<u32>,
    policy: Policy<'a>,
    item: Item<'a>,
}

/// A queue.
pub static QUEUE_SHAPE: Shape = Shape::new(
    "queue",
    "Messages behind a broker, and who handles them. A queue without consumers keeps what it gets.",
    &[
        Field::new("engine", Takes::Text, "Such as `sqs` or `rabbitmq`; only words the advice."),
        Field::new("publish", Takes::Alias(&TIME), "How long the broker takes to accept a message. Default: no time."),
        Field::new(
            "capacity",
            LIMIT,
            "Messages that may wait; publishing a further one fails. Default `unlimited`, as in SQS.",
        ),
        Field::new(
            "visibility_timeout",
            Takes::Duration,
            "A message received and not finished within this time is delivered again, while the first consumer may still be \
             working on it. At most 12 h. Default 30 s, as in SQS.",
        ),
        Field::new(
            "max_receives",
            LIMIT,
            "After so many deliveries a message goes to the dead letters, or is dropped without them. Default `unlimited`, as \
             in SQS without a redrive policy.",
        ),
        Field::new("dead_letter", Takes::Name, "The queue for messages that were received too often. Default: none."),
        Field::new("consumers", Takes::List(&Takes::Map(&CONSUMER_SHAPE)), "Who handles the messages."),
    ],
)
.with(&[&DECLARED_SHAPE]);

const LIMIT: Takes = Takes::Any(&[Takes::Whole(1, UNLIMITED - 1), UNLIMITED_WORD]);

static CONSUMER_SHAPE: Shape = Shape::new(
    "consumer",
    "Who handles messages: the message is finished when the call succeeds; when it fails, it is delivered again after its \
     visibility time-out. The fields of a policy stand in place.",
    &[
        Field::required("call", Takes::Name, "What is called for each message."),
        Field::new("concurrency", Takes::Whole(1, MOST), "Messages in progress at once. Default 1."),
    ],
)
.with(&[&IN_PLACE_SHAPE]);

impl<'a> Queue<'a> {
    /// Reads a queue.
    pub fn read(item: &Item<'a>) -> Option<Queue<'a>> {
        let mut fields = item.shaped(&QUEUE_SHAPE)?;
        let limit = |item: Item<'a>, least: u32| item.whole_or_unlimited(least, UNLIMITED - 1).unwrap_or(UNLIMITED);
        let engine = fields.optional("engine").and_then(|item| item.text()).map(str::to_owned);
        let publish = fields.optional("publish").and_then(|item| Dist::read(&item));
        let capacity = fields.optional("capacity").map_or(UNLIMITED, |item| limit(item, 1));
        let visibility_timeout = fields.optional("visibility_timeout").map(|item| visibility(&item));
        let max_receives = fields.optional("max_receives");
        let dead_letter = fields.optional("dead_letter");
        let consumers = fields.optional("consumers").map(|item| item.items()).unwrap_or_default();
        let consumers: Vec<_> = consumers.iter().filter_map(ConsumerSpec::read).collect();
        if consumers.is_empty() && !fields.has("consumers") {
            for field in [&max_receives, &dead_letter].into_iter().flatten() {
                let message = format!("`{}` has no effect without `consumers`", field.name);
                field.problem_at_key(message, "add `consumers: [ { call: … } ]`, or remove it");
            }
        }
        if let (Some(field), None) = (&dead_letter, &max_receives) {
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
            capacity,
            visibility_timeout,
            max_receives: max_receives.map_or(UNLIMITED, |item| limit(item, 1)),
            dead_letter: dead_letter.and_then(|item| Target::read(&item)),
            consumers,
            declared: None,
        })
    }

    /// The dead-letter queue; it exists and is another one.
    fn dead_letter(&self, wiring: &Wiring<'a>, own: TopicId) -> Option<TopicId> {
        let target = self.dead_letter.as_ref()?;
        let (topic, _) = wiring.queue(target)?;
        if topic == own {
            target.problem(format!("`{}` is its own dead-letter queue", target.text), "declare another queue for them");
            return None;
        }
        Some(topic)
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

impl<'a> ConsumerSpec<'a> {
    fn read(item: &Item<'a>) -> Option<ConsumerSpec<'a>> {
        let mut fields = item.shaped(&CONSUMER_SHAPE)?;
        let call = fields.required("call", "call: mailer.send").and_then(|item| Target::read(&item));
        let concurrency = fields.optional("concurrency").map(|item| item.whole(1, MOST).unwrap_or(1));
        let policy = Policy::read_in_place(&mut fields);
        fields.finish();
        Some(ConsumerSpec { call: call?, concurrency, policy, item: item.clone() })
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
        let default = SimDuration::from_secs(30);
        let visibility = if self.consumers.is_empty() {
            self.visibility_timeout.unwrap_or(default)
        } else {
            wiring.or_assume(self.visibility_timeout, item, "visibility_timeout", default)
        };
        let topic = wiring.builder.topic(Topic {
            component,
            station,
            capacity: self.capacity,
            visibility,
            max_receives: self.max_receives,
            consumers: Vec::new(),
            origin: origin(item),
            ..Topic::default()
        });
        wiring.set_topic(&item.name, topic);
        self.declared = Some(Declared { component, topic, publish });
    }

    fn lower(&self, wiring: &mut Wiring<'a>) {
        let Some(Declared { component, topic, publish }) = self.declared else { return };
        self.lower_publish(wiring, topic, publish);
        let dead_letter = self.dead_letter(wiring, topic);
        let mut consumers = Vec::new();
        for spec in &self.consumers {
            let caller =
                Caller::in_place(Party::Component(component), &self.item.name, &spec.item, spec.policy.clone());
            if wiring.role(spec.call.component()) == Some(Role::Queue) {
                spec.call.problem("a consumer calls a service, not a queue", "let a service publish the message on");
                continue;
            }
            let Some(to) = wiring.resolve(&spec.call) else { continue };
            let (link, _) = caller.link(wiring, to, &spec.call.item);
            let concurrency = wiring.or_assume(spec.concurrency, &spec.item, "concurrency", 1);
            consumers.push(Consumer { link, concurrency });
        }
        let entry = &mut wiring.builder.plan_mut().topics[topic.index()];
        entry.dead_letter = dead_letter;
        entry.consumers = consumers;
    }
}

impl<'a> Queue<'a> {
    fn lower_publish(&self, wiring: &mut Wiring<'a>, topic: TopicId, publish: EndpointId) {
        wiring.builder.begin(publish);
        if let Some(time) = &self.publish {
            let time = wiring.builder.dist(time.clone());
            wiring.builder.emit(Step::Work { time });
        }
        wiring.builder.emit(Step::Enqueue { topic });
        wiring.builder.emit(Step::Return);
    }
}
