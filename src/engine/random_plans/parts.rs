//! Queues, caches, transactions and rows of random plans.

use super::{Dice, station};
use crate::plan::{
    Builder, Cache, CacheId, ComponentId, Contents, DistId, Edge, Ejection, EndpointId, Eviction, Fleet, Flight,
    HealthCheck, LinkId, Lock, LockId, Look, OnFailure, Origin, Overflow, Partitions, Party, Pc, Publisher,
    Replication, Scaling, Signal, Spread, StationId, Step, Store, Topic, TopicId, UNLIMITED, Writes, Zones,
};
use crate::random::{Dist, Keys, Popularity};
use crate::units::SimDuration;

pub(super) fn topic(b: &mut Builder, dice: &mut Dice, _last: StationId) -> (usize, EndpointId) {
    let broker = station(b, dice, 99);
    let component = b.plan().stations[broker.index()].component;
    let dead = b.topic(Topic {
        component,
        station: broker,
        capacity: dice.maybe(0.5, |d| 1 + d.up_to(30)).unwrap_or(UNLIMITED),
        overflow: Overflow::DropHead,
        lifetime: dice.maybe(0.5, |d| d.millis(500)),
        ..Topic::default()
    });
    let partitions = dice.maybe(0.4, |d| Partitions {
        count: 1 + d.up_to(6),
        keys: d.maybe(0.5, |d| Keys { count: 1 + d.up_to(20), popularity: Popularity::Zipf(1.0) }),
        rebalance: SimDuration::from_millis(u64::from(d.up_to(300))),
        commit_interval: SimDuration::from_millis(u64::from(d.up_to(300))),
    });
    let after = [OnFailure::Requeue(dice.millis(30)), OnFailure::DeadLetter, OnFailure::Wait];
    let on_failure = after[dice.up_to(if partitions.is_some() { 1 } else { 2 }) as usize];
    let visibility = dice.millis(200);
    let held = partitions.is_none() && (on_failure == OnFailure::Wait || dice.0.chance(0.5));
    let overflows = [Overflow::Reject, Overflow::DropHead, Overflow::Block];
    let topic = b.topic(Topic {
        name: "q".into(),
        component,
        station: broker,
        capacity: dice.maybe(0.5, |d| 1 + d.up_to(30)).unwrap_or(UNLIMITED),
        overflow: overflows[dice.up_to(2) as usize],
        visibility: held.then_some(visibility),
        on_failure,
        max_receives: dice.maybe(0.7, |d| 1 + d.up_to(3)).unwrap_or(UNLIMITED),
        max_in_flight: dice.maybe(0.2, |d| 1 + d.up_to(5)).unwrap_or(UNLIMITED),
        dead_letter: dice.maybe(0.5, |_| dead),
        lifetime: dice.maybe(0.3, |d| d.millis(400)),
        expires_to_dead_letters: dice.0.chance(0.5),
        delay: dice.maybe(0.3, |d| d.millis(50)),
        duplicates: dice.maybe(0.3, |_| 0.1).unwrap_or(0.0),
        poison: dice.maybe(0.3, |_| 0.05).unwrap_or(0.0),
        publishers: dice.maybe(0.3, |d| Publisher { every: d.millis(400), messages: 3 }).into_iter().collect(),
        partitions,
        ..Topic::default()
    });
    let publish = b.endpoint("q.publish", broker, Origin::default());
    b.begin(publish);
    b.emit(Step::Enqueue { topic });
    b.emit(Step::Return);
    (topic.index(), publish)
}

/// A cache of a few keys with whatever rules.
pub(super) fn keyed_cache(b: &mut Builder, dice: &mut Dice, station: StationId) -> CacheId {
    let nodes = b.plan().stations[station.index()].replicas;
    let store = Store {
        keys: Keys { count: 1 + dice.up_to(20), popularity: Popularity::Zipf(1.0) },
        capacity: dice.maybe(0.7, |d| nodes + d.up_to(10)).unwrap_or(UNLIMITED),
        nodes,
        spread: if dice.0.chance(0.5) { Spread::Any } else { Spread::ByKey },
        eviction: if dice.0.chance(0.5) { Eviction::Lfu } else { Eviction::Lru },
        ttl: dice.maybe(0.7, |d| d.millis(300)),
        jitter: dice.maybe(0.5, |_| 0.3).unwrap_or(0.0),
        stale: dice.maybe(0.5, |d| d.millis(200)).unwrap_or_default(),
        early: dice.maybe(0.3, |_| 1.0),
        negative: dice.maybe(0.3, |d| d.millis(50)),
        flight: match dice.up_to(2) {
            0 => Flight::Everybody,
            1 => Flight::Single,
            _ => Flight::Lease(dice.millis(100)),
        },
        warm: dice.0.chance(0.5),
    };
    let write = Writes::Behind { buffer: dice.up_to(5), flushers: 1 + dice.up_to(2) };
    b.cache(Cache { component: ComponentId(0), station, contents: Contents::Simulated(store), write })
}

/// A look-up whose miss is a call, and which may be served stale.
pub(super) fn look_up(b: &mut Builder, dice: &mut Dice, cache: CacheId, link: LinkId) {
    let at = b.here();
    let refresh = if dice.0.chance(0.5) { Pc(at.0 + 5) } else { Pc::FAIL };
    let look = b.look(Look { miss: Pc(at.0 + 2), refresh, key: at });
    b.emit(Step::Look { cache, look });
    b.emit(Step::Jump { to: Pc(at.0 + 8) });
    b.emit(Step::Call { link, failed: Pc::FAIL });
    b.emit(Step::Fill { cache, look });
    b.emit(Step::Jump { to: Pc(at.0 + 8) });
    b.emit(Step::Call { link, failed: Pc::FAIL });
    b.emit(Step::Fill { cache, look });
    b.emit(Step::Return);
}

/// A few rows that many want.
pub(super) fn rows(b: &mut Builder, dice: &mut Dice) -> Vec<LockId> {
    let mut lock = |i: u32| {
        let keys = Keys { count: 1 + dice.up_to(3), popularity: Popularity::Uniform };
        let wait = dice.maybe(0.5, |d| d.millis(200));
        b.lock(Lock { name: format!("rows{i}"), keys, wait, origin: Origin::default() })
    };
    (0..3).map(&mut lock).collect()
}

/// Work with one row after another, in an order that may end in a deadlock.
pub(super) fn locked(b: &mut Builder, dice: &mut Dice, times: &[DistId], rows: &[LockId]) {
    let chosen: Vec<LockId> = (0..dice.up_to(2)).map(|_| rows[dice.up_to(2) as usize]).collect();
    for &lock in &chosen {
        b.emit(Step::Lock { lock, optimistic: dice.0.chance(0.3) });
        b.emit(Step::Work { time: times[dice.up_to(3) as usize] });
    }
    for &lock in chosen.iter().rev() {
        b.emit(Step::Unlock { lock });
    }
}

pub(super) fn transaction(
    b: &mut Builder,
    dice: &mut Dice,
    times: &[DistId],
    [open, ask]: [LinkId; 2],
    callees: &[LinkId],
    rows: &[LockId],
) {
    b.emit(Step::Call { link: open, failed: Pc::FAIL });
    b.emit(Step::Call { link: ask, failed: Pc::FAIL });
    locked(b, dice, times, rows);
    for &link in callees.iter().take(dice.up_to(2) as usize) {
        b.emit(Step::Call { link, failed: Pc::FAIL });
    }
    b.emit(Step::Call { link: ask, failed: Pc::FAIL });
    b.emit(Step::Commit { link: open });
}

pub(super) fn inside(
    b: &mut Builder,
    dice: &mut Dice,
    from: Party,
    instances: u32,
    to: EndpointId,
    component: usize,
) -> LinkId {
    let edge = b.edge(Edge {
        name: format!("{from:?}>{component} in transaction"),
        from,
        to: ComponentId::new(component),
        instances,
        timeout: dice.maybe(0.3, |d| d.millis(60)),
        inside: true,
        ..Edge::default()
    });
    b.link(edge, to)
}

/// Rows that are read and written where replicas follow.
pub(super) fn followed(b: &mut Builder, dice: &mut Dice, replicas: StationId, lag: DistId) {
    let keys = Keys { count: 1 + dice.up_to(9), popularity: Popularity::Zipf(1.0) };
    let replicas = b.replication(Replication { replicas, keys, lag, replay: dice.millis(5) });
    b.emit(Step::Peek { replicas });
    b.emit(Step::Ship { replicas });
}

/// Replicas that come and go for every reason there is.
pub(super) fn fleet(b: &mut Builder, dice: &mut Dice, replicas: u32) -> Fleet {
    let startup = b.dist(Dist::Uniform { low: 0.0, high: 3e8 });
    let signals = [Signal::Concurrency, Signal::Backlog(TopicId(1))];
    let scaling = dice.maybe(if replicas > 1 { 0.5 } else { 0.0 }, |d| Scaling {
        min: 1,
        signal: signals[d.up_to(1) as usize],
        target: 2.0,
        sync: d.millis(300),
        tolerance: 0.1,
        up_window: SimDuration::ZERO,
        down_window: d.millis(500),
    });
    let (surge, unavailable) = [(1, 0), (0, 1), (1, 1)][dice.up_to(2) as usize];
    Fleet {
        startup: dice.maybe(0.7, |_| startup),
        slow_start: dice.maybe(0.3, |d| d.millis(500)).unwrap_or_default(),
        grace: dice.maybe(0.7, |d| d.millis(200)).unwrap_or_default(),
        surge,
        unavailable,
        crash: dice.maybe(0.3, |_| 0.02).unwrap_or(0.0),
        scaling,
        health: dice.maybe(0.4, |d| HealthCheck {
            interval: d.millis(100),
            timeout: d.millis(20),
            unhealthy: 1 + d.up_to(2),
            healthy: 1 + d.up_to(1),
            deep: d.0.chance(0.5),
            restart: d.0.chance(0.5),
            panic: if d.0.chance(0.5) { 0.5 } else { 0.0 },
        }),
        ejection: dice.maybe(0.4, |d| Ejection {
            errors: 1 + d.up_to(3),
            base: d.millis(300),
            longest: SimDuration::from_secs(1),
            interval: d.millis(500),
            share: 0.5,
            panic: if d.0.chance(0.5) { 0.5 } else { 0.0 },
        }),
        most_peers: dice.maybe(0.1, |d| 1 + d.up_to(4)),
        zones: Zones { count: 1 + dice.up_to(2), aware: dice.0.chance(0.5), crossing: dice.millis(5) },
    }
}
