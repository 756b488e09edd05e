//! Random plans under random faults, with every invariant checked while they run.

mod parts;

use super::{Limits, Silent, World};
use crate::plan::{
    Admission, Arrivals, Balance, Branch, Builder, Bursts, Cache, CacheId, Clients, Component, ComponentId,
    Concurrency, Consumer, Contents, DistId, Edge, EdgeId, EndpointId, Fork, Knobs, Line, LinkId, Look, Order, Origin,
    Party, Pc, Plan, Priority, Profile, ReplicaKnobs, Role, Source, SourceId, Station, StationId, Step, UNLIMITED,
    Writes,
};
use crate::policies::{
    AdmissionControl, Budget, CircuitBreaker, Codel, ConcurrencyLimit, Counting, Hedge, Jitter, KillSwitch,
    LoadShedding, Preset, RateLimit, Retry, Sensor, Throttle,
};
use crate::random::{Count, Dist, Stream};
use crate::units::{SimDuration, SimTime};
use parts::{fleet, followed, inside, keyed_cache, locked, look_up, rows, topic, transaction};

struct Dice(Stream);

impl Dice {
    fn up_to(&mut self, n: u32) -> u32 {
        self.0.below(n + 1)
    }

    fn maybe<T>(&mut self, p: f64, value: impl FnOnce(&mut Dice) -> T) -> Option<T> {
        self.0.chance(p).then(|| value(self))
    }

    fn millis(&mut self, most: u32) -> SimDuration {
        SimDuration::from_millis(u64::from(1 + self.up_to(most - 1)))
    }
}

/// A chain of services in which each endpoint calls some of those behind it, and one queue.
fn plan(dice: &mut Dice) -> Plan {
    let mut b = Builder::new();
    let n = 2 + dice.up_to(4);
    let times: Vec<DistId> = vec![
        b.dist(Dist::Exponential { mean: 3e6 }),
        b.dist(Dist::Constant(SimDuration::from_millis(2))),
        b.dist(Dist::Uniform { low: 0.0, high: 5e6 }),
        b.dist(Dist::Constant(SimDuration::ZERO)),
    ];
    let stations: Vec<StationId> = (0..n).map(|i| station(&mut b, dice, i)).collect();
    let endpoints: Vec<EndpointId> =
        stations.iter().enumerate().map(|(i, s)| b.endpoint(format!("s{i}.call"), *s, Origin::default())).collect();
    let stated = Contents::Stated(0.7);
    let cache =
        b.cache(Cache { component: ComponentId(0), station: stations[0], contents: stated, write: Writes::default() });
    let kept = keyed_cache(&mut b, dice, stations[n as usize - 1]);
    let rows = rows(&mut b, dice);
    let begin = b.endpoint("last.transaction", stations[n as usize - 1], Origin::default());
    let (topic, publish) = topic(&mut b, dice, stations[n as usize - 1]);
    for i in (0..n as usize).rev() {
        let from = Party::Component(ComponentId::new(i));
        let replicas = b.plan().stations[i].replicas;
        let callees: Vec<LinkId> = (i + 1..n as usize)
            .filter_map(|to| dice.maybe(0.7, |d| link(&mut b, d, from, replicas, endpoints[to], to, times[1])))
            .collect();
        b.begin(endpoints[i]);
        program(&mut b, dice, &times, &callees, cache, kept);
        if i + 1 < n as usize && dice.0.chance(0.4) {
            let open = link(&mut b, dice, from, replicas, begin, n as usize - 1, times[1]);
            let ask = inside(&mut b, dice, from, replicas, endpoints[n as usize - 1], n as usize - 1);
            transaction(&mut b, dice, &times, [open, ask], &callees, &rows);
        }
        locked(&mut b, dice, &times, &rows);
        if i + 1 == n as usize {
            followed(&mut b, dice, stations[i], times[0]);
        }
        if i == 0 {
            let send = link(&mut b, dice, from, replicas, publish, n as usize, times[1]);
            b.emit(Step::Call { link: send, failed: Pc::FAIL });
        }
        b.emit(Step::Return);
    }
    b.begin(begin);
    for step in [Step::Hold, Step::Settle, Step::Return] {
        b.emit(step);
    }
    let consumer = Party::Component(ComponentId(n));
    let handle = link(&mut b, dice, consumer, 1, endpoints[n as usize - 1], n as usize - 1, times[1]);
    b.plan_mut().topics[topic].consumers = {
        let concurrency = 1 + dice.up_to(3);
        let more = if b.plan().topics[topic].partitions.is_some() { 0 } else { dice.up_to(4) };
        vec![Consumer { link: handle, concurrency, prefetch: concurrency + more }]
    };
    for s in 0..=dice.up_to(1) {
        source(&mut b, dice, s, endpoints[0], &times);
    }
    b.finish()
}

fn source(b: &mut Builder, dice: &mut Dice, s: u32, to: EndpointId, times: &[DistId]) {
    let from = Party::Source(SourceId(s));
    let ask = link(b, dice, from, 1, to, 0, times[1]);
    let arrivals = match dice.up_to(2) {
        0 => Arrivals::Closed { users: 1 + dice.up_to(50), think: times[2] },
        1 => Arrivals::Constant(200.0),
        _ => Arrivals::Poisson(300.0),
    };
    let priority = [Priority::Critical, Priority::High, Priority::Normal, Priority::Low][dice.up_to(3) as usize];
    let (name, mix) = (format!("t{s}"), vec![(1.0, ask)]);
    let open = !matches!(arrivals, Arrivals::Closed { .. });
    let bursts = Bursts { factor: 4.0, length: SimDuration::from_millis(300), every: SimDuration::from_secs(1) };
    let profile = Profile::new(vec![(SimDuration::ZERO, 1.0), (SimDuration::from_secs(2), 3.0)]);
    b.source(Source {
        name,
        arrivals,
        profile: dice.maybe(0.3, |_| profile),
        bursts: dice.maybe(0.3, |_| bursts).filter(|_| open),
        max_users: dice.maybe(0.3, |d| 1 + d.up_to(40)).filter(|_| open),
        mix,
        priority,
        origin: Origin::default(),
    });
}

fn station(b: &mut Builder, dice: &mut Dice, i: u32) -> StationId {
    let name = format!("s{i}");
    let component = b.component(Component {
        name: name.clone(),
        role: Role::Service,
        technology: None,
        declared: Default::default(),
        origin: Origin::default(),
    });
    let balance = [Balance::RoundRobin, Balance::Random, Balance::LeastRequest, Balance::TwoChoices];
    let admission = admission(b, dice);
    let replicas = 1 + dice.up_to(3);
    let fleet = dice.maybe(0.4, |d| Box::new(fleet(b, d, replicas)));
    b.station(Station {
        name,
        component,
        replicas,
        workers: dice.maybe(0.8, |d| 1 + d.up_to(6)).unwrap_or(UNLIMITED),
        fleet: fleet.filter(|_| i < 50),
        failover: dice.maybe(0.2, |d| d.millis(400)),
        clients: dice
            .maybe(0.3, |d| Clients { most: 1 + d.up_to(6), wait: d.maybe(0.5, |d| d.millis(40)).unwrap_or_default() }),
        queue: dice.maybe(0.8, |d| d.up_to(20)).unwrap_or(UNLIMITED),
        cores: dice.maybe(0.4, |d| 0.5 + f64::from(d.up_to(3))),
        concurrency: if dice.0.chance(0.3) { Concurrency::Async } else { Concurrency::Threads },
        balance: balance[dice.up_to(3) as usize],
        error_rate: dice.maybe(0.3, |_| 0.05).unwrap_or(0.0),
        rate_limit: dice.maybe(0.1, |d| rate_limit(d, false)),
        admission,
        ..Station::default()
    })
}

fn link(
    b: &mut Builder,
    dice: &mut Dice,
    from: Party,
    instances: u32,
    endpoint: EndpointId,
    to: usize,
    network: DistId,
) -> LinkId {
    let plain = dice.0.chance(0.3);
    let p = if plain { 0.0 } else { 0.5 };
    let retry = dice.maybe(p, |d| Retry {
        attempts: 1 + d.up_to(3),
        backoff: SimDuration::from_millis(u64::from(d.up_to(20))),
        jitter: JITTERS[d.up_to(JITTERS.len() as u32 - 1) as usize],
        budget: d.maybe(0.5, |d| BUDGETS[d.up_to(BUDGETS.len() as u32 - 1) as usize]),
        ..Retry::default()
    });
    let rare = p / 3.0;
    let edge: EdgeId = b.edge(Edge {
        name: format!("{from:?}>{to}"),
        from,
        to: ComponentId::new(to),
        instances,
        network: dice.maybe(p, |_| network),
        loss: dice.maybe(p / 2.0, |_| 0.05).unwrap_or(0.0),
        pool: dice.maybe(p, |d| 1 + d.up_to(4)),
        timeout: dice.maybe(p, |d| d.millis(60)),
        retry,
        breaker: dice.maybe(p, |d| CircuitBreaker {
            open_for: SimDuration::from_millis(300),
            ..PRESETS[d.up_to(PRESETS.len() as u32 - 1) as usize].defaults()
        }),
        bulkhead: dice.maybe(p, |d| 1 + d.up_to(8)),
        pool_line: line(dice),
        connect: dice.maybe(rare, |_| network),
        bulkhead_line: line(dice),
        deadline: dice.maybe(rare, |d| d.millis(150)),
        propagate_deadline: dice.0.chance(rare),
        cancellation: dice.0.chance(p),
        hedge: dice.maybe(rare, |d| Hedge { after: d.millis(20), attempts: 2 + d.up_to(2) }),
        throttle: dice.maybe(rare, |_| Throttle { k: 2.0, window: SimDuration::from_secs(1) }),
        admission_control: dice.maybe(rare, |_| AdmissionControl {
            window: SimDuration::from_secs(1),
            success_rate: 0.95,
            aggression: 1.5,
            minimum_rate: 1.0,
            max_rejection: 0.8,
        }),
        rate_limit: dice.maybe(rare, |d| rate_limit(d, true)),
        kill_switch: dice.maybe(rare, |d| KillSwitch {
            at: d.millis(3_000),
            duration: d.maybe(0.5, |d| d.millis(1_000)),
            propagation: d.millis(100),
            skip: d.0.chance(0.5),
        }),
        ..Edge::default()
    });
    b.link(edge, endpoint)
}

fn rate_limit(dice: &mut Dice, waits: bool) -> RateLimit {
    let window = dice.millis(500);
    let algorithm = match dice.up_to(if waits { 4 } else { 3 }) {
        0 => Counting::TokenBucket { burst: 10.0 },
        1 => Counting::Gcra { burst: 3.0 },
        2 => Counting::FixedWindow(window),
        3 => Counting::SlidingWindow(window),
        _ => Counting::Cycles { period: SimDuration::from_millis(100), max_wait: dice.millis(300) },
    };
    RateLimit { rate: 50.0, algorithm, per_replica: dice.0.chance(0.5) }
}

/// Lines in every order, with and without patience, CoDel, limits and shedding.
fn admission(b: &mut Builder, dice: &mut Dice) -> Admission {
    let orders = [Order::Fifo, Order::Lifo, Order::AdaptiveLifo(SimDuration::from_millis(20)), Order::Priority];
    let patience = [b.dist(Dist::Constant(SimDuration::from_millis(15))), b.dist(Dist::Exponential { mean: 15e6 })];
    let sensors = [(Sensor::QueueDelay, 5e6), (Sensor::Cpu, 0.5), (Sensor::Concurrency, 0.5)];
    let limits = ["aimd", "vegas", "gradient2", "gradient"];
    Admission {
        order: if dice.0.chance(0.5) { Order::Fifo } else { orders[dice.up_to(3) as usize] },
        max_wait: dice.maybe(0.2, |d| patience[d.up_to(1) as usize]),
        codel: dice
            .maybe(0.2, |_| Codel { target: SimDuration::from_millis(2), interval: SimDuration::from_millis(20) }),
        concurrency_limit: dice.maybe(0.2, |d| {
            let limit = ConcurrencyLimit::defaults(limits[d.up_to(3) as usize]);
            limit.map_or_else(|| unreachable!(), |limit| ConcurrencyLimit { initial: 6, min: 3, max: 30, ..limit })
        }),
        load_shedding: dice.maybe(0.2, |d| {
            let (when, above) = sensors[d.up_to(2) as usize];
            let (window, requests) = (SimDuration::from_millis(100), 50);
            LoadShedding { when, above, window, requests, decrease: 0.2, increase: 0.05 }
        }),
    }
}

const JITTERS: [Jitter; 6] =
    [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Exponential, Jitter::Decorrelated, Jitter::Within(0.2)];

const BUDGETS: [Budget; 4] = [
    Budget::Share { ratio: 0.2, min_per_second: 1.0, window: SimDuration::from_secs(10) },
    Budget::Active { ratio: 0.2, at_least: 1 },
    Budget::Tokens { max: 10.0, ratio: 0.5 },
    Budget::Quota { max: 20.0, cost: 2.0, timeout_cost: 4.0 },
];

const PRESETS: [Preset; 6] =
    [Preset::Tenfold, Preset::Resilience4j, Preset::Hystrix, Preset::Polly, Preset::Opossum, Preset::Gobreaker];

fn line(dice: &mut Dice) -> Line {
    let room = dice.maybe(0.7, |d| d.up_to(5)).unwrap_or(UNLIMITED);
    Line { room, max_wait: dice.maybe(0.5, |d| d.millis(30)) }
}

fn program(b: &mut Builder, dice: &mut Dice, times: &[DistId], callees: &[LinkId], cache: CacheId, kept: CacheId) {
    b.emit(Step::Work { time: times[dice.up_to(3) as usize] });
    if callees.len() >= 2 && dice.0.chance(0.4) {
        let branch = b.emit(Step::Jump { to: Pc::FAIL });
        let inner = b.emit(Step::Work { time: times[0] });
        b.emit(Step::Call { link: callees[0], failed: Pc::FAIL });
        b.emit(Step::Return);
        let to = b.here();
        b.patch(branch, Step::Jump { to });
        let branches = vec![Branch::Program(inner), Branch::Call(callees[0]), Branch::Call(callees[1])];
        let fork = b.fork(Fork { branches, need: 1 + dice.up_to(2) });
        b.emit(Step::Fork { fork, failed: Pc::FAIL });
    }
    for &link in callees {
        let at = b.here();
        match dice.up_to(6) {
            5 => look_up(b, dice, kept, link),
            6 => {
                let look = b.look(Look { miss: Pc::FAIL, refresh: Pc::FAIL, key: at });
                b.emit(match dice.up_to(2) {
                    0 => Step::Drop { cache: kept, look },
                    1 => Step::Fill { cache: kept, look },
                    _ => Step::Defer { cache: kept, program: Pc(at.0 + 3), full: Pc(at.0 + 1) },
                });
                b.emit(Step::Call { link, failed: Pc::FAIL });
                b.emit(Step::Jump { to: Pc(at.0 + 5) });
                b.emit(Step::Call { link, failed: Pc::FAIL });
                b.emit(Step::Return);
            }
            0 => {
                b.emit(Step::Chance { p: 0.5, otherwise: Pc(at.0 + 2) });
                b.emit(Step::Call { link, failed: Pc::FAIL });
            }
            1 => {
                b.emit(Step::Repeat { times: Count::Uniform(0, 3), end: Pc(at.0 + 3) });
                b.emit(Step::Call { link, failed: Pc::FAIL });
                b.emit(Step::Again { body: Pc(at.0 + 1) });
            }
            2 => {
                b.emit(Step::Lookup { cache, miss: Pc(at.0 + 2) });
                b.emit(Step::Jump { to: Pc(at.0 + 3) });
                b.emit(Step::Call { link, failed: Pc::FAIL });
            }
            3 => {
                b.emit(Step::Call { link, failed: Pc(at.0 + 2) });
                b.emit(Step::Jump { to: Pc(at.0 + 3) });
                b.emit(Step::Degrade);
                b.emit(Step::Sleep { time: times[1] });
            }
            _ => {
                b.emit(Step::Call { link, failed: Pc::FAIL });
            }
        }
    }
}

fn disturb(plan: &Plan, dice: &mut Dice, deploys: u32) -> Knobs {
    let mut knobs = Knobs::baseline(plan, 0.5 + f64::from(dice.up_to(4)));
    for station in &mut knobs.stations {
        station.down = dice.maybe(0.2, |d| d.up_to(4)).unwrap_or(0);
        station.zones_down = dice.maybe(0.2, |d| d.up_to(7)).unwrap_or(0);
        station.deploys = deploys + u32::from(dice.0.chance(0.3));
        station.error_rate = dice.maybe(0.1, |_| 0.3).unwrap_or(0.0);
        station.hung = dice.maybe(0.2, |d| d.up_to(3)).unwrap_or(0);
        if dice.0.chance(0.2) {
            station.first(1)[0] = ReplicaKnobs { slowdown: 2.0, share: 0.5 };
        }
        station.slowdown = dice.maybe(0.2, |d| f64::from(1 + d.up_to(5))).unwrap_or(1.0);
    }
    for edge in &mut knobs.edges {
        edge.delay = dice.maybe(0.2, |d| d.millis(100)).unwrap_or(SimDuration::ZERO);
        edge.away.refused = dice.maybe(0.1, |_| 0.5).unwrap_or(0.0);
        edge.away.unresolved = dice.maybe(0.1, |_| 0.5).unwrap_or(0.0);
        edge.quota = dice.maybe(0.1, |d| f64::from(1 + d.up_to(50)));
        edge.cut = dice.0.chance(0.1);
        edge.loss = dice.maybe(0.1, |_| 0.1).unwrap_or(0.0);
    }
    for endpoint in &mut knobs.endpoints {
        endpoint.away.reset = dice.maybe(0.1, |_| 0.5).unwrap_or(0.0);
        endpoint.slowdown = dice.maybe(0.1, |_| 3.0).unwrap_or(1.0);
    }
    for ratio in &mut knobs.hit_ratios {
        *ratio = if dice.0.chance(0.1) { 0.0 } else { *ratio };
    }
    for topic in &mut knobs.topics {
        topic.paused = dice.0.chance(0.2);
    }
    knobs
}

/// 300 plans of a few components, ten turns of the knobs each, audited after every turn; then a quiet time, in which
/// everything that can end must have ended the same way in a fork.
#[test]
fn invariants_hold_whatever_happens() {
    for case in 0..300 {
        let mut dice = Dice(Stream::new(1, case, "random plans", "test"));
        let plan = plan(&mut dice);
        let limits = Limits { events: 300_000, in_flight: 20_000, ..Limits::default() };
        let mut world = World::new(&plan, 1.0, 1, case);
        for turn in 1..=10u64 {
            world.count(turn > 2);
            let stopped = world.run_until(SimTime(turn * 500_000_000), &limits, &mut Silent);
            world.audit().unwrap_or_else(|broken| panic!("case {case}, turn {turn}: {broken}"));
            if stopped.is_some() {
                break;
            }
            let knobs = disturb(&plan, &mut dice, turn as u32);
            world.turn(&knobs, &mut Silent);
            world.audit().unwrap_or_else(|broken| panic!("case {case}, after turn {turn}: {broken}"));
        }
        let mut fork = world.clone();
        let end = SimTime(world.now().0 + 2_000_000_000);
        let limits = Limits { events: world.tallies().events + 100_000, in_flight: 20_000, ..Limits::default() };
        for w in [&mut world, &mut fork] {
            w.turn(&Knobs::baseline(&plan, 1e-6), &mut Silent);
            w.run_until(end, &limits, &mut Silent);
        }
        assert_eq!(world.tallies(), fork.tallies(), "case {case}");
        world.audit().unwrap_or_else(|broken| panic!("case {case}, at the end: {broken}"));
    }
}
