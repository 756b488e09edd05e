//! What a service does with requests it cannot or will not serve now, as it is written: `queue`, `concurrency_limit`,
//! `load_shedding`.

use super::{MOST, Wiring};
use crate::plan::{self, Order, UNLIMITED};
use crate::policies::{
    CODEL_SHAPE, CONCURRENCY_LIMIT_SHAPE, Codel, ConcurrencyLimit, LOAD_SHEDDING_SHAPE, LoadShedding, RateLimit,
    RateLimited, Sensor,
};
use crate::random::{Dist, SETTING};
use crate::units::SimDuration;
use crate::yaml::{Field, Fields, Item, Shape, Takes};

/// Fields of a service about requests it cannot or will not serve now.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// Requests waiting per replica.
    pub queue: Option<u32>,
    order: Order,
    max_wait: Option<Dist>,
    codel: Option<Codel>,
    concurrency_limit: Option<ConcurrencyLimit>,
    load_shedding: Option<LoadShedding>,
}

/// The fields, which a service writes among its own.
pub static ADMISSION_SHAPE: Shape = Shape::new(
    "admission",
    "What a service does with requests it cannot or will not serve now.",
    &[
        Field::new(
            "queue",
            Takes::Any(&[Takes::Whole(0, MOST), Takes::Word(&["unlimited"]), Takes::Map(&QUEUE_SHAPE)]),
            "Requests waiting for a worker, per replica; more are refused. Default 100, as in Tomcat. As a map it also says who \
             is served next and who is shed.",
        ),
        Field::new(
            "concurrency_limit",
            Takes::Map(&CONCURRENCY_LIMIT_SHAPE),
            "An adaptive limit on the requests that a replica lets in, those that wait included; more are shed. Default: none.",
        ),
        Field::new(
            "load_shedding",
            Takes::Map(&LOAD_SHEDDING_SHAPE),
            "Turns requests away under overload, those of low priority first. `{}` takes every default. Default: none.",
        ),
    ],
);

/// `queue: { limit: 100, order: lifo, max_wait: 1s }`
static QUEUE_SHAPE: Shape = Shape::new(
    "accept_queue",
    "The line of requests that wait for a worker, one for each replica.",
    &[
        Field::new(
            "limit",
            Takes::Any(&[Takes::Whole(1, MOST), Takes::Word(&["unlimited"])]),
            "So many may wait; more are refused. Default 100.",
        ),
        Field::new(
            "order",
            Takes::Word(&["fifo", "lifo", "adaptive_lifo", "priority"]),
            "Who is served next: the oldest; the newest; the oldest, but the newest once the line has not been empty for \
             `switch_after` (Facebook's adaptive LIFO); or by the `priority` of the traffic, the oldest among equals, where a \
             full line gives up its last place to what is more important. Default `fifo`.",
        ),
        Field::new(
            "switch_after",
            Takes::Duration,
            "Of `adaptive_lifo`: the newest are served first once the line has not been empty for so long. Default 100 ms.",
        ),
        Field::new(
            "max_wait",
            Takes::Alias(&SETTING),
            "Who has waited so long is shed. A distribution gives each request a patience of its own. Default: none.",
        ),
        Field::new(
            "codel",
            Takes::Map(&CODEL_SHAPE),
            "Sheds what has waited too long in a line that never empties. `{}` takes every default. Default: none.",
        ),
    ],
);

/// A rate limit, and the path of its rate in the model: where more would be written.
#[derive(Clone, Debug, Default)]
pub struct Quota {
    /// The limit, if there is one.
    pub limit: Option<RateLimit>,
    /// `services.web.rate_limit`, or `services.web.rate_limit.rate`.
    pub path: String,
}

impl Quota {
    /// Reads the field `rate_limit` of a component.
    pub fn read(fields: &mut Fields<'_>, who: RateLimited) -> Quota {
        let Some(item) = fields.optional("rate_limit") else { return Quota::default() };
        let path = if item.is_map() { format!("{}.rate", item.path) } else { item.path.clone() };
        Quota { limit: RateLimit::read(&item, who), path }
    }
}

impl Admission {
    /// Reads the fields of a service.
    pub fn read(fields: &mut Fields<'_>) -> Admission {
        let mut admission = Admission::default();
        if let Some(item) = fields.optional("queue") {
            if item.is_map() {
                admission.read_queue(&item);
            } else {
                admission.queue = Some(item.whole_or_unlimited(0, MOST).unwrap_or(0));
            }
        }
        let limit = fields.optional("concurrency_limit");
        admission.concurrency_limit = limit.and_then(|item| ConcurrencyLimit::read(&item));
        if let Some(item) = fields.optional("load_shedding") {
            admission.load_shedding = LoadShedding::read(&item);
        }
        admission.check_shedding(fields);
        admission
    }

    fn read_queue(&mut self, item: &Item<'_>) {
        let Some(mut fields) = item.shaped(&QUEUE_SHAPE) else { return };
        self.queue = fields.optional("limit").map(|item| item.whole_or_unlimited(1, MOST).unwrap_or(1));
        let switch = fields.optional("switch_after");
        let adaptive = Order::AdaptiveLifo(SimDuration::from_millis(100));
        let words =
            [("fifo", Order::Fifo), ("lifo", Order::Lifo), ("adaptive_lifo", adaptive), ("priority", Order::Priority)];
        self.order = fields.optional("order").and_then(|item| item.word(&words)).unwrap_or_default();
        match (&mut self.order, switch) {
            (Order::AdaptiveLifo(after), Some(item)) => *after = item.positive_duration().unwrap_or_default(),
            (_, Some(item)) => {
                let message = "`switch_after` has no effect without `order: adaptive_lifo`";
                item.problem_at_key(message, "write that, or remove it");
            }
            (_, None) => {}
        }
        self.max_wait = fields.optional("max_wait").and_then(|item| Dist::read_setting(&item));
        self.codel = fields.optional("codel").and_then(|item| Codel::read(&item));
        fields.finish();
    }

    /// A sensor needs something to look at.
    fn check_shedding(&self, fields: &mut Fields<'_>) {
        let Some(spec) = self.load_shedding else { return };
        let unlimited = fields.optional("concurrency").is_some_and(|item| item.is_word("unlimited"));
        let (missing, hint) = match spec.when {
            Sensor::Cpu => (!fields.has("cpu"), "`when: cpu` needs the cores of the service: add `cpu: 2`"),
            _ => {
                (unlimited, "where `concurrency` is unlimited nobody waits and no share is busy: write a number there")
            }
        };
        if let Some(item) = fields.optional("load_shedding").filter(|_| missing) {
            item.problem_at_key("`load_shedding` has nothing to go by", hint);
        }
    }

    /// For the plan.
    pub fn lower(&self, wiring: &mut Wiring<'_>) -> plan::Admission {
        plan::Admission {
            order: self.order,
            max_wait: self.max_wait.clone().map(|wait| wiring.builder.dist(wait)),
            codel: self.codel,
            concurrency_limit: self.concurrency_limit,
            load_shedding: self.load_shedding,
        }
    }

    /// Reports a line in which nobody ever stands.
    pub fn check_line(&self, item: &Item<'_>, concurrency: u32) {
        let told = self.order != Order::Fifo || self.max_wait.is_some() || self.codel.is_some();
        if told && concurrency == UNLIMITED {
            let message = format!("nobody ever waits for a worker of `{}`", item.name);
            item.problem_at_key(message, "write a number as its `concurrency`, or remove the map under `queue`");
        }
    }
}
