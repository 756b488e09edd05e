//! How one party treats another: the fields under `dependencies`, which traffic and consumers take in place.

use super::{MOST, Target};
use crate::plan::{Line, UNLIMITED};
use crate::policies::{
    ADMISSION_CONTROL_SHAPE, AdmissionControl, CIRCUIT_BREAKER_SHAPE, CircuitBreaker, HEDGE_SHAPE, Hedge,
    KILL_SWITCH_SHAPE, KillSwitch, RATE_LIMIT_SHAPE, RETRY_SHAPE, RateLimit, RateLimited, Retry, THROTTLE_SHAPE,
    Throttle,
};
use crate::random::{Dist, SETTING};
use crate::units::SimDuration;
use crate::yaml::{Field, Fields, Item, Shape, Takes};

/// A setting that may be missing (`None`), switched off by `none` (`Some(None)`), or given.
type Setting<T> = Option<Option<T>>;

/// How one caller treats one callee; the fields are those of `POLICY_SHAPE`. All but the booleans may be `none`, which in
/// the policy of one endpoint (`payments.charge`) switches off what the component's policy (`payments`) says.
#[derive(Clone, Debug, Default)]
pub struct Policy<'a> {
    /// Round-trip time.
    pub network: Setting<Dist>,
    /// Probability that a message is lost.
    pub loss: Setting<f64>,
    /// Connections per replica of the caller.
    pub pool: Setting<Pool>,
    /// Patience for one try.
    pub timeout: Setting<SimDuration>,
    /// Patience for the whole call.
    pub deadline: Setting<SimDuration>,
    /// The callee learns of both.
    pub propagate_deadline: Option<bool>,
    /// The callee stops when the caller gives up.
    pub cancellation: Option<bool>,
    /// Further tries.
    pub retry: Setting<Retry>,
    /// Further copies.
    pub hedge: Setting<Hedge>,
    /// Refuses calls after failures.
    pub circuit_breaker: Setting<CircuitBreaker>,
    /// Calls in progress per replica of the caller, and who may wait.
    pub bulkhead: Setting<(u32, Line)>,
    /// Refuses calls while the callee refuses many.
    pub throttle: Setting<Throttle>,
    /// Refuses calls while too few succeed.
    pub admission_control: Setting<AdmissionControl>,
    /// Refuses calls beyond a rate.
    pub rate_limit: Setting<RateLimit>,
    /// Takes it out of use.
    pub kill_switch: Setting<KillSwitch>,
    /// What to do when the call has failed for good.
    pub fallback: Setting<Fallback<'a>>,
    /// The request goes on without the answer, degraded.
    pub optional: Option<bool>,
    /// Repeating a call does no harm.
    pub idempotent: Option<bool>,
}

/// A pool of connections.
#[derive(Clone, Debug)]
pub struct Pool {
    /// How many.
    pub size: u32,
    /// Who may wait for one.
    pub line: Line,
    /// What opening one takes.
    pub connect: Option<Dist>,
}

/// The policy of a service towards what it calls.
pub static POLICY_SHAPE: Shape = Shape::new(
    "dependency",
    "How one caller treats one callee. Every replica of the caller has its own pool, permits, breaker and budget.",
    &[
        Field::new(
            "fallback",
            Takes::Any(&[Takes::Word(&["degraded", "none"]), Takes::Map(&FALLBACK)]),
            "What to do when the call has failed for good; the answer is then degraded. `degraded` goes on without it. \
             Default: the request fails.",
        ),
        Field::new("optional", Takes::Boolean, "The request goes on without the answer, degraded. Default `false`."),
    ],
)
.with(&[&IN_PLACE_SHAPE]);

/// The part of a policy that traffic and consumers write in place.
pub static IN_PLACE_SHAPE: Shape = Shape::new(
    "policy",
    "How calls are made: the network, patience, retries and guards.",
    &[
        Field::new(
            "network",
            Takes::Any(&[Takes::Alias(&SETTING), NONE]),
            "Round-trip time, half of it each way. Default: none, the time is part of the callee's own figures. Within one \
             zone 0.1 to 0.5 ms, between zones about 1 ms (published measurements).",
        ),
        Field::new(
            "loss",
            Takes::Any(&[Takes::Share, NONE]),
            "Probability that a message is lost and sent again after 200 ms, doubling (TCP). Default 0%.",
        ),
        Field::new(
            "pool",
            Takes::Any(&[Takes::Whole(1, MOST), Takes::Map(&POOL), NONE]),
            "Connections per replica of the caller; further calls wait for a free one, first come first served. Default: \
             none; calls go straight to the callee.",
        ),
        Field::new(
            "timeout",
            Takes::Any(&[Takes::Duration, NONE]),
            "Patience for one try, waiting for a permit and a connection included. The callee works on unless it is \
             cancelled. Default: none, as in gRPC and most HTTP clients.",
        ),
        Field::new(
            "deadline",
            Takes::Any(&[Takes::Duration, NONE]),
            "Patience for the whole call, all tries and the waits between them included (Envoy's route timeout, gRPC's \
             deadline). Default: none.",
        ),
        Field::new(
            "propagate_deadline",
            Takes::Boolean,
            "The callee is told until when the caller waits: it drops the request at the head of its queue, before further \
             work and before further calls once that time is over, and its own calls inherit it. Default `false`.",
        ),
        Field::new(
            "cancellation",
            Takes::Boolean,
            "The callee is told, half a round trip later, when the caller gives up or another copy has won; it stops, frees \
             what it holds and cancels its own calls where they say so. Default `false`: it works on for nobody.",
        ),
        Field::new(
            "retry",
            Takes::Any(&[Takes::Map(&RETRY_SHAPE), NONE]),
            "Tries again what failed. Default: no retry.",
        ),
        Field::new(
            "hedge",
            Takes::Any(&[Takes::Duration, Takes::Map(&HEDGE_SHAPE), NONE]),
            "A further copy of a try that takes long, after this time. Default: none.",
        ),
        Field::new(
            "circuit_breaker",
            Takes::Any(&[Takes::Map(&CIRCUIT_BREAKER_SHAPE), NONE]),
            "Refuses calls for a while after too many failures. Default: none.",
        ),
        Field::new(
            "bulkhead",
            Takes::Any(&[Takes::Whole(1, MOST), Takes::Map(&BULKHEAD), NONE]),
            "Calls in progress per replica of the caller; more are refused at once (Envoy calls it a circuit breaker). \
             Default: none.",
        ),
        Field::new(
            "throttle",
            Takes::Any(&[Takes::Map(&THROTTLE_SHAPE), NONE]),
            "Adaptive throttling on the caller's side. `{}` takes every default. Default: none.",
        ),
        Field::new(
            "admission_control",
            Takes::Any(&[Takes::Map(&ADMISSION_CONTROL_SHAPE), NONE]),
            "Refuses calls on the caller's side while too few succeed. `{}` takes every default. Default: none.",
        ),
        Field::new(
            "rate_limit",
            Takes::Any(&[Takes::Rate, Takes::Map(&RATE_LIMIT_SHAPE), NONE]),
            "Tries beyond this rate are refused on the caller's side, for each of its replicas. Default: none.",
        ),
        Field::new(
            "kill_switch",
            Takes::Any(&[Takes::Map(&KILL_SWITCH_SHAPE), NONE]),
            "A feature flag that takes the dependency out of use at a time. Default: none.",
        ),
        Field::new(
            "idempotent",
            Takes::Boolean,
            "Calls carry an idempotency key, so that repeating one does no harm. Default `false`.",
        ),
    ],
);

const NONE: Takes = Takes::Word(&["none"]);

static POOL: Shape = Shape::new(
    "pool",
    "Connections of each replica of the caller.",
    &[
        Field::required("size", Takes::Whole(1, MOST), "How many (maximumPoolSize, max_connections)."),
        Field::new(
            "pending",
            Takes::Any(&[Takes::Whole(0, MOST), Takes::Word(&["unlimited"])]),
            "Calls that may wait for one; more are refused at once (max_pending_requests). Default `unlimited`.",
        ),
        Field::new(
            "max_wait",
            Takes::Duration,
            "The longest wait for one (connectionTimeout). Default: as long as the `timeout` allows.",
        ),
        Field::new(
            "connect",
            Takes::Alias(&SETTING),
            "What opening a connection takes. Connections are opened when first needed, kept, and break with the callee; \
             all callers then open theirs anew. Default: they are there.",
        ),
    ],
);

static BULKHEAD: Shape = Shape::new(
    "bulkhead",
    "Calls in progress per replica of the caller.",
    &[
        Field::required("calls", Takes::Whole(1, MOST), "How many (maxConcurrentCalls, max_requests)."),
        Field::new("queue", Takes::Whole(0, MOST), "Calls that may wait for a permit (queueCapacity). Default 0."),
        Field::new(
            "max_wait",
            Takes::Duration,
            "The longest wait for a permit (maxWaitDuration). Default: as long as the `timeout` allows.",
        ),
    ],
);

static FALLBACK: Shape = Shape::new(
    "fallback",
    "What to do instead of a call that has failed.",
    &[
        Field::new("call", Takes::Name, "Call this endpoint."),
        Field::new("stale", Takes::Name, "Take an old answer from this cache."),
    ],
)
.one_of();

/// What to do instead of a call that has failed. The answer is degraded.
#[derive(Clone, Debug)]
pub enum Fallback<'a> {
    /// `degraded`: go on without it.
    Degraded,
    /// `{ call: payments-backup.charge }`: call another endpoint.
    Call(Target<'a>),
    /// `{ stale: catalog-cache }`: take an old answer from a cache.
    Stale(Target<'a>),
}

impl<'a> Policy<'a> {
    /// Reads the policy of a service towards something it calls.
    pub fn read(item: &Item<'a>) -> Option<Policy<'a>> {
        let mut fields = item.shaped(&POLICY_SHAPE)?;
        let mut policy = Policy::read_fields(&mut fields, RateLimited::Dependency);
        policy.fallback = setting(&mut fields, "fallback", Fallback::read);
        policy.optional = fields.optional("optional").and_then(|item| item.boolean());
        fields.finish();
        Some(policy)
    }

    /// Reads the policy of a caller that writes it among its own fields. It answers to nobody, so it has no fallback.
    pub fn read_in_place(fields: &mut Fields<'a>) -> Policy<'a> {
        let policy = Policy::read_fields(fields, RateLimited::Single);
        fields.not_here("fallback", "only a service can answer with a substitute: write it under its `dependencies`");
        fields.not_here("optional", "only a service can go on without an answer: write it under its `dependencies`");
        policy
    }

    fn read_fields(fields: &mut Fields<'a>, who: RateLimited) -> Policy<'a> {
        let flag = |fields: &mut Fields<'a>, name| fields.optional(name).and_then(|item| item.boolean());
        Policy {
            network: setting(fields, "network", Dist::read_setting),
            loss: setting(fields, "loss", loss),
            pool: setting(fields, "pool", Pool::read),
            timeout: setting(fields, "timeout", Item::positive_duration),
            deadline: setting(fields, "deadline", Item::positive_duration),
            propagate_deadline: flag(fields, "propagate_deadline"),
            cancellation: flag(fields, "cancellation"),
            retry: setting(fields, "retry", Retry::read),
            hedge: setting(fields, "hedge", Hedge::read),
            circuit_breaker: setting(fields, "circuit_breaker", CircuitBreaker::read),
            bulkhead: setting(fields, "bulkhead", read_bulkhead),
            throttle: setting(fields, "throttle", Throttle::read),
            admission_control: setting(fields, "admission_control", AdmissionControl::read),
            rate_limit: setting(fields, "rate_limit", |item| RateLimit::read(item, who)),
            kill_switch: setting(fields, "kill_switch", KillSwitch::read),
            idempotent: flag(fields, "idempotent"),
            fallback: None,
            optional: None,
        }
    }

    /// This policy, with what it does not say taken from a more general one.
    #[must_use]
    pub fn inherit(self, general: &Policy<'a>) -> Policy<'a> {
        let general = general.clone();
        Policy {
            network: self.network.or(general.network),
            loss: self.loss.or(general.loss),
            pool: self.pool.or(general.pool),
            timeout: self.timeout.or(general.timeout),
            deadline: self.deadline.or(general.deadline),
            propagate_deadline: self.propagate_deadline.or(general.propagate_deadline),
            cancellation: self.cancellation.or(general.cancellation),
            hedge: self.hedge.or(general.hedge),
            throttle: self.throttle.or(general.throttle),
            admission_control: self.admission_control.or(general.admission_control),
            rate_limit: self.rate_limit.or(general.rate_limit),
            kill_switch: self.kill_switch.or(general.kill_switch),
            retry: self.retry.or(general.retry),
            circuit_breaker: self.circuit_breaker.or(general.circuit_breaker),
            bulkhead: self.bulkhead.or(general.bulkhead),
            fallback: self.fallback.or(general.fallback),
            optional: self.optional.or(general.optional),
            idempotent: self.idempotent.or(general.idempotent),
        }
    }

    /// Whether a failed call does not fail the request.
    pub fn has_substitute(&self) -> bool {
        self.optional == Some(true) || matches!(self.fallback, Some(Some(_)))
    }
}

impl<'a> Fallback<'a> {
    fn read(item: &Item<'a>) -> Option<Fallback<'a>> {
        if !item.is_map() {
            return item.word(&[("degraded", ())]).map(|()| Fallback::Degraded);
        }
        let mut fields = item.shaped(&FALLBACK)?;
        let call = fields.optional("call");
        let stale = fields.optional("stale");
        let fallback = match (call, stale) {
            (Some(target), None) => Target::read(&target).map(Fallback::Call),
            (None, Some(cache)) => Target::read(&cache).map(Fallback::Stale),
            _ => {
                let hint = "write `degraded`, `{ call: other.endpoint }` or `{ stale: some-cache }`";
                item.problem_at_key("a fallback is one thing", hint);
                None
            }
        };
        fields.finish();
        fallback
    }
}

impl Pool {
    /// Reads a number of connections, or a map.
    fn read(item: &Item<'_>) -> Option<Pool> {
        let open = Line { room: UNLIMITED, max_wait: None };
        if !item.is_map() {
            return item.whole(1, MOST).map(|size| Pool { size, line: open, connect: None });
        }
        let mut fields = item.shaped(&POOL)?;
        let size = fields.required("size", "size: 10").and_then(|item| item.whole(1, MOST));
        let room = fields.optional("pending").and_then(|item| item.whole_or_unlimited(0, MOST)).unwrap_or(UNLIMITED);
        let max_wait = longest_wait(&mut fields, room, "pending");
        let connect = fields.optional("connect").and_then(|item| Dist::read_setting(&item));
        fields.finish();
        Some(Pool { size: size?, line: Line { room, max_wait }, connect })
    }
}

/// Reads a number of calls, or a map.
fn read_bulkhead(item: &Item<'_>) -> Option<(u32, Line)> {
    if !item.is_map() {
        return item.whole(1, MOST).map(|calls| (calls, Line { room: 0, max_wait: None }));
    }
    let mut fields = item.shaped(&BULKHEAD)?;
    let calls = fields.required("calls", "calls: 25").and_then(|item| item.whole(1, MOST));
    let room = fields.optional("queue").and_then(|item| item.whole(0, MOST)).unwrap_or(0);
    let max_wait = longest_wait(&mut fields, room, "queue");
    fields.finish();
    Some((calls?, Line { room, max_wait }))
}

/// `max_wait`, which needs somebody who may wait.
fn longest_wait(fields: &mut Fields<'_>, room: u32, room_word: &str) -> Option<SimDuration> {
    let item = fields.optional("max_wait")?;
    if room == 0 {
        let hint = format!("write `{room_word}: 100`, or remove it");
        item.problem_at_key("`max_wait` has no effect where nobody may wait", hint);
    }
    item.positive_duration()
}

fn setting<'a, T>(fields: &mut Fields<'a>, name: &'static str, read: impl Fn(&Item<'a>) -> Option<T>) -> Setting<T> {
    let item = fields.optional(name)?;
    if item.is_word("none") { Some(None) } else { read(&item).map(Some) }
}

/// A message is sent until it arrives, so it cannot always be lost.
fn loss(item: &Item<'_>) -> Option<f64> {
    let loss = item.ratio()?;
    if loss > 0.99 {
        item.problem("a loss above 99% is no connection", "write less, or cut the connection by a `partition` fault");
        return None;
    }
    Some(loss)
}
