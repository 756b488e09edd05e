//! How the replicas of a service come and go, as written.

use super::{MOST, Target, Wiring};
use crate::plan::{Ejection, Fleet, HealthCheck, Scaling, Signal, Zones};
use crate::random::{Dist, SETTING};
use crate::units::SimDuration;
use crate::yaml::{Field, Fields, Item, Shape, Takes};

/// The most replicas of a service whose replicas come and go: each that does is looked at beside all others.
const MOST_MOVING: u32 = 10_000;

/// Everything about replicas.
#[derive(Debug, Default)]
pub(super) struct FleetSpec<'a> {
    /// How many there are, at most.
    pub replicas: Option<u32>,
    /// Something but their number is written.
    written: bool,
    startup: Option<Dist>,
    slow_start: SimDuration,
    grace: Option<SimDuration>,
    rollout: Rollout,
    crash: f64,
    scaling: Option<Scaling>,
    /// The queue whose backlog is looked at.
    backlog: Option<Target<'a>>,
    health: Option<HealthCheck>,
    ejection: Option<Ejection>,
    most_peers: Option<u32>,
    zones: Zones,
}

#[derive(Clone, Copy, Debug, Default)]
struct Rollout {
    surge: Option<u32>,
    unavailable: Option<u32>,
}

/// The fields of a service about its replicas.
pub static FLEET_SHAPE: Shape = Shape::new(
    "fleet",
    "How the replicas of a service come and go.",
    &[
        Field::new(
            "replicas",
            Takes::Any(&[Takes::Whole(1, MOST), Takes::Map(&SCALING)]),
            "How many there are: a number, or the rule of an autoscaler. At most 10,000 where they come and go, as an autoscaler or any other \
             field of this table makes them. Default 1.",
        ),
        Field::new(
            "startup",
            Takes::Alias(&SETTING),
            "How long a replica takes from being wanted until it serves: scheduling, image, boot, readiness. It holds for new ones and for \
             those that come back. Default: no time.",
        ),
        Field::new(
            "slow_start",
            Takes::Duration,
            "A replica that has begun to serve gets its full share of requests after this time, and at least a tenth before. Default 0 s.",
        ),
        Field::new(
            "grace",
            Takes::Duration,
            "How long a replica that is stopped may finish what it does (terminationGracePeriodSeconds); it gets nothing new. `0s` drops \
             what is in progress. Default 30 s.",
        ),
        Field::new("rollout", Takes::Map(&ROLLOUT), "How a `deploy` replaces them. Default: Kubernetes' 25% and 25%."),
        Field::new(
            "crash_on_error",
            Takes::Share,
            "Share of its own errors that take the replica down with all it does; it begins anew. Default 0%.",
        ),
        Field::new(
            "health_check",
            Takes::Map(&HEALTH),
            "Probes of each replica. Default: a dead one is noticed at once.",
        ),
        Field::new(
            "outlier_ejection",
            Takes::Map(&EJECTION),
            "Leaves a replica out that answers with errors in a row. `{}` takes Envoy's defaults. Default: none is left out.",
        ),
        Field::new(
            "zones",
            Takes::Map(&ZONES),
            "Zones that the replicas stand in, the first in the first and so on in turn. Default: one.",
        ),
        Field::new(
            "peers",
            Takes::Map(&PEERS),
            "A limit that is reached by the number of replicas itself. Default: none.",
        ),
    ],
);

static SCALING: Shape = Shape::new(
    "replicas",
    "The rule of the Kubernetes HPA: desired = ceil(replicas × signal / target). At most twice as many, or four more, each time.",
    &[
        Field::required("min", Takes::Whole(1, MOST), "At least so many; so many at the beginning."),
        Field::required("max", Takes::Whole(1, MOST), "At most so many."),
        Field::new(
            "cpu",
            Takes::Share,
            "Target share of the cores in use; the service says `cpu`. One of these three is written.",
        ),
        Field::new("concurrency", Takes::Number, "Target number of workers in use, per replica."),
        Field::new("backlog", Takes::Map(&BACKLOG), "Target number of messages of a queue, per replica (KEDA)."),
        Field::new("sync", Takes::Duration, "How often it looks. Default 15 s."),
        Field::new("tolerance", Takes::Share, "Nothing changes while the signal is off by no more. Default 10%."),
        Field::new(
            "up_window",
            Takes::Duration,
            "The lowest advice of so long counts before there are more (stabilizationWindowSeconds). Default 0 s.",
        ),
        Field::new(
            "down_window",
            Takes::Duration,
            "The highest advice of so long counts before there are fewer. Default 300 s.",
        ),
    ],
);

static BACKLOG: Shape = Shape::new(
    "backlog",
    "Messages of a queue that are not finished.",
    &[
        Field::required("queue", Takes::Name, "Which."),
        Field::required("messages", Takes::Whole(1, MOST), "How many there should be for each replica."),
    ],
);

static ROLLOUT: Shape = Shape::new(
    "rollout",
    "How replicas are replaced.",
    &[
        Field::new(
            "surge",
            Takes::Whole(0, MOST),
            "So many more than wanted at a time (maxSurge); never more than are to be replaced. Default 25%, rounded up.",
        ),
        Field::new(
            "unavailable",
            Takes::Whole(0, MOST),
            "So many fewer than wanted at a time (maxUnavailable). Default 25%, rounded down.",
        ),
    ],
);

static HEALTH: Shape = Shape::new(
    "health_check",
    "Each replica is probed at regular times. A probe waits in its line: it fails when the request at the head of it has waited longer \
     than `timeout`, and when the replica is dead.",
    &[
        Field::new("interval", Takes::Duration, "How often. Default 10 s, as in Kubernetes."),
        Field::new("timeout", Takes::Duration, "How long an answer may take. Default 1 s."),
        Field::new(
            "unhealthy",
            Takes::Whole(1, 1_000),
            "So many failures in a row take it out of the rotation. Default 3.",
        ),
        Field::new("healthy", Takes::Whole(1, 1_000), "So many successes in a row take it in again. Default 1."),
        Field::new(
            "depth",
            Takes::Word(&["shallow", "deep"]),
            "Whether only the replica is asked, or what it calls, too: then it fails while one of them has no replica. Default `shallow`.",
        ),
        Field::new(
            "then",
            Takes::Word(&["leave_out", "restart"]),
            "What is unhealthy gets no requests (readiness), or is restarted (liveness). Default `leave_out`.",
        ),
        Field::new(
            "panic",
            Takes::Share,
            "With a smaller share than this in rotation all replicas get requests. Default 0%: if need be, none does.",
        ),
    ],
);

static EJECTION: Shape = Shape::new(
    "outlier_ejection",
    "Envoy's outlier detection, over all callers.",
    &[
        Field::new("errors", Takes::Whole(1, 10_000), "Errors in a row (consecutive_5xx). Default 5."),
        Field::new(
            "base",
            Takes::Duration,
            "It is left out for this time, times how often it was (base_ejection_time). Default 30 s.",
        ),
        Field::new("longest", Takes::Duration, "For this time at most (max_ejection_time). Default 300 s."),
        Field::new(
            "interval",
            Takes::Duration,
            "Each so long in rotation takes one from how often it was. Default 10 s.",
        ),
        Field::new(
            "share",
            Takes::Share,
            "At most this share of the replicas is left out, but always one (max_ejection_percent). Default 10%.",
        ),
        Field::new(
            "panic",
            Takes::Share,
            "With a smaller share than this in rotation all replicas get requests. Default 50%.",
        ),
    ],
);

static ZONES: Shape = Shape::new(
    "zones",
    "Where replicas stand. Replica k of a caller with zones stands in zone k, too.",
    &[
        Field::required("count", Takes::Whole(2, 32), "How many."),
        Field::new(
            "aware",
            Takes::Boolean,
            "Requests stay in the zone of their caller as far as it has its share of the replicas that are up (Envoy's zone-aware routing). \
             Default `false`.",
        ),
        Field::new(
            "crossing",
            Takes::Duration,
            "What leaving a zone adds to the round trip of a call. Default 0 s; about 1 ms.",
        ),
    ],
);

static PEERS: Shape = Shape::new(
    "peers",
    "Each replica keeps something for each of the others (threads, connections), of which there are only so many: beyond that number all \
     fail (Amazon Kinesis, November 2020).",
    &[
        Field::required("each", Takes::Whole(1, MOST), "How many for each other replica."),
        Field::required("limit", Takes::Whole(1, MOST), "How many one replica can have."),
    ],
);

impl<'a> FleetSpec<'a> {
    pub(super) fn read(fields: &mut Fields<'a>) -> FleetSpec<'a> {
        let mut spec = FleetSpec::default();
        let replicas = fields.optional("replicas");
        if let Some(item) = &replicas {
            spec.read_replicas(item);
        }
        let others = FLEET_SHAPE.fields.iter().map(|field| field.name).filter(|name| *name != "replicas");
        spec.written = spec.scaling.is_some() || others.into_iter().any(|name| fields.has(name));
        spec.startup = fields.optional("startup").and_then(|item| Dist::read_setting(&item));
        spec.slow_start = fields.optional("slow_start").and_then(|item| item.positive_duration()).unwrap_or_default();
        spec.grace = fields.optional("grace").and_then(|item| item.duration());
        spec.rollout = fields.optional("rollout").map(|item| rollout(&item)).unwrap_or_default();
        spec.crash = fields.optional("crash_on_error").and_then(|item| item.positive_ratio()).unwrap_or(0.0);
        spec.health = fields.optional("health_check").and_then(|item| health(&item));
        spec.ejection = fields.optional("outlier_ejection").and_then(|item| ejection(&item));
        spec.most_peers = fields.optional("peers").and_then(|item| peers(&item));
        spec.zones = fields.optional("zones").and_then(|item| zones(&item)).unwrap_or_default();
        if let Some(item) = replicas.filter(|_| spec.written && spec.replicas > Some(MOST_MOVING)) {
            let message = format!("replicas that come and go are {MOST_MOVING} at most");
            item.problem(message, "write fewer, or leave out what says how they come and go (`startup`, `rollout` …)");
        }
        spec
    }

    fn read_replicas(&mut self, item: &Item<'a>) {
        if !item.is_map() {
            self.replicas = Some(item.whole(1, MOST).unwrap_or(1));
            return;
        }
        let Some(mut fields) = item.shaped(&SCALING) else { return };
        let min = fields.required("min", "min: 2").and_then(|item| item.whole(1, MOST));
        let max = fields.required("max", "max: 10").and_then(|item| item.whole(1, MOST));
        fields.exclusive("cpu", "concurrency", "an autoscaler looks at one signal");
        fields.exclusive("cpu", "backlog", "an autoscaler looks at one signal");
        fields.exclusive("concurrency", "backlog", "an autoscaler looks at one signal");
        let cpu = fields.optional("cpu").and_then(|item| item.positive_ratio()).map(|t| (Signal::Cpu, t));
        let concurrency =
            fields.optional("concurrency").and_then(|item| item.number()).map(|t| (Signal::Concurrency, t));
        let backlog = fields.optional("backlog").and_then(|item| self.read_backlog(&item));
        let duration = |fields: &mut Fields<'a>, name, default: u64| {
            fields.optional(name).and_then(|item| item.duration()).unwrap_or(SimDuration::from_secs(default))
        };
        let sync = duration(&mut fields, "sync", 15).max(SimDuration::from_millis(1));
        let tolerance = fields.optional("tolerance").and_then(|item| item.ratio()).unwrap_or(0.1);
        let (up_window, down_window) =
            (duration(&mut fields, "up_window", 0), duration(&mut fields, "down_window", 300));
        fields.finish();
        let (Some(min), Some(max)) = (min, max) else { return };
        if min >= max {
            item.problem_at_key(
                "there is nothing to scale: `min` is not below `max`",
                "write one number, or a larger `max`",
            );
        }
        self.replicas = Some(max);
        match cpu.or(concurrency).or(backlog) {
            Some((signal, target)) if target > 0.0 => {
                self.scaling = Some(Scaling { min, signal, target, sync, tolerance, up_window, down_window });
            }
            _ => item.problem_at_key("an autoscaler needs a signal with a target", "add for instance `cpu: 60%`"),
        }
    }

    fn read_backlog(&mut self, item: &Item<'a>) -> Option<(Signal, f64)> {
        let mut fields = item.shaped(&BACKLOG)?;
        self.backlog = fields.required("queue", "queue: jobs").and_then(|item| Target::read(&item));
        let messages = fields.required("messages", "messages: 100").and_then(|item| item.whole(1, MOST));
        fields.finish();
        // Which queue it is, is known when all components are.
        Some((Signal::Concurrency, f64::from(messages?)))
    }

    /// What the plan says, with so many replicas.
    pub(super) fn lower(
        &self,
        item: &Item<'a>,
        cores: bool,
        replicas: u32,
        wiring: &mut Wiring<'a>,
    ) -> Option<Box<Fleet>> {
        if !self.written {
            return None;
        }
        if self.scaling.is_some_and(|s| s.signal == Signal::Cpu) && !cores {
            item.problem_at_key("scaling by `cpu` needs cores", "add for instance `cpu: 2` to the service");
        }
        let surge = self.rollout.surge.unwrap_or(replicas.div_ceil(4)).min(replicas);
        let unavailable = self.rollout.unavailable.unwrap_or(replicas / 4);
        Some(Box::new(Fleet {
            startup: self.startup.clone().map(|dist| wiring.builder.dist(dist)),
            slow_start: self.slow_start,
            grace: self.grace.unwrap_or(SimDuration::from_secs(30)),
            surge,
            unavailable,
            crash: self.crash,
            scaling: self.scaling,
            health: self.health,
            ejection: self.ejection,
            most_peers: self.most_peers,
            zones: self.zones,
        }))
    }

    /// The queue that is looked at, when all components are known.
    pub(super) fn find_queue(&self, wiring: &Wiring<'a>) -> Option<Signal> {
        let target = self.backlog.as_ref()?;
        wiring.queue(target).map(|(topic, _)| Signal::Backlog(topic))
    }

    /// Where more capacity is written.
    pub(super) fn capacity_path(&self, path: &str) -> String {
        if self.scaling.is_some() { format!("{path}.replicas.max") } else { format!("{path}.replicas") }
    }
}

fn rollout(item: &Item<'_>) -> Rollout {
    let Some(mut fields) = item.shaped(&ROLLOUT) else { return Rollout::default() };
    let mut number = |name| fields.optional(name).and_then(|item| item.whole(0, MOST));
    let rollout = Rollout { surge: number("surge"), unavailable: number("unavailable") };
    fields.finish();
    if (rollout.surge, rollout.unavailable) == (Some(0), Some(0)) {
        item.problem_at_key("nothing could ever be replaced", "let `surge` or `unavailable` be at least 1");
    }
    rollout
}

fn health(item: &Item<'_>) -> Option<HealthCheck> {
    let mut fields = item.shaped(&HEALTH)?;
    let duration = |fields: &mut Fields<'_>, name, default: u64| {
        fields.optional(name).and_then(|item| item.positive_duration()).unwrap_or(SimDuration::from_secs(default))
    };
    let (interval, timeout) = (duration(&mut fields, "interval", 10), duration(&mut fields, "timeout", 1));
    let mut number = |name, default| fields.optional(name).and_then(|item| item.whole(1, 1_000)).unwrap_or(default);
    let (unhealthy, healthy) = (number("unhealthy", 3), number("healthy", 1));
    let deep = fields.optional("depth").and_then(|item| item.word(&[("shallow", false), ("deep", true)]));
    let restart = fields.optional("then").and_then(|item| item.word(&[("leave_out", false), ("restart", true)]));
    let panic = fields.optional("panic").and_then(|item| item.ratio()).unwrap_or(0.0);
    fields.finish();
    let (deep, restart) = (deep.unwrap_or(false), restart.unwrap_or(false));
    Some(HealthCheck { interval, timeout, unhealthy, healthy, deep, restart, panic })
}

fn ejection(item: &Item<'_>) -> Option<Ejection> {
    let mut fields = item.shaped(&EJECTION)?;
    let errors = fields.optional("errors").and_then(|item| item.whole(1, 10_000)).unwrap_or(5);
    let mut duration = |name, default: u64| {
        let written = fields.optional(name).and_then(|item| item.positive_duration());
        written.unwrap_or(SimDuration::from_secs(default))
    };
    let (base, longest, interval) = (duration("base", 30), duration("longest", 300), duration("interval", 10));
    let mut share = |name, default| fields.optional(name).and_then(|item| item.ratio()).unwrap_or(default);
    let (share, panic) = (share("share", 0.1), share("panic", 0.5));
    fields.finish();
    Some(Ejection { errors, base, longest, interval, share, panic })
}

fn zones(item: &Item<'_>) -> Option<Zones> {
    let mut fields = item.shaped(&ZONES)?;
    let count = fields.required("count", "count: 3").and_then(|item| item.whole(2, 32));
    let aware = fields.optional("aware").and_then(|item| item.boolean()).unwrap_or(false);
    let crossing = fields.optional("crossing").and_then(|item| item.duration()).unwrap_or_default();
    fields.finish();
    Some(Zones { count: count?, aware, crossing })
}

fn peers(item: &Item<'_>) -> Option<u32> {
    let mut fields = item.shaped(&PEERS)?;
    let each = fields.required("each", "each: 1").and_then(|item| item.whole(1, MOST));
    let limit = fields.required("limit", "limit: 1000").and_then(|item| item.whole(1, MOST));
    fields.finish();
    // A replica is not its own peer.
    Some(limit? / each? + 1)
}
