use super::*;
use crate::plan::ReplicaKnobs;
use crate::plan::{Arrivals, Consumer, Contents, Link, Priority, Step, Writes};
use crate::plan::{Builder, Cache, Component, Edge, Party, Role, Source, Station, Topic};
use crate::plan::{ComponentId, EdgeId, StationId};
use crate::random::Dist;
use proptest::prelude::*;
use proptest::sample::select;

const LUCK: Luck = Luck { seed: 1, replication: 0, until: SimDuration::from_secs(1_000) };

fn station(b: &mut Builder, name: &str, component: ComponentId, replicas: u32) -> StationId {
    b.station(Station { name: name.into(), component, replicas, workers: 10, queue: 10, ..Station::default() })
}

fn edge(b: &mut Builder, name: &str, from: Party, to: ComponentId) -> EdgeId {
    b.edge(Edge { name: name.into(), from, to, ..Edge::default() })
}

/// shoppers > web (3) > db (1 and two read replicas), web > cache, web > events > web.
fn plan() -> Plan {
    let mut b = Builder::new();
    let component = |b: &mut Builder, name: &str, role| {
        b.component(Component {
            name: name.into(),
            role,
            technology: None,
            declared: Default::default(),
            origin: Origin::default(),
        })
    };
    let web = component(&mut b, "web", Role::Service);
    let db = component(&mut b, "orders-db", Role::Database);
    let cache = component(&mut b, "catalog-cache", Role::Cache);
    let events = component(&mut b, "order-events", Role::Queue);
    let web_station = station(&mut b, "web", web, 3);
    station(&mut b, "orders-db", db, 1);
    station(&mut b, "orders-db.read", db, 2);
    let broker = station(&mut b, "order-events", events, 1);
    b.cache(Cache { component: cache, station: broker, contents: Contents::Stated(0.9), write: Writes::default() });
    let home = b.endpoint("web.home", web_station, Origin::default());
    b.begin(home);
    b.emit(Step::Return);
    let users = b.source(Source {
        name: "shoppers".into(),
        arrivals: Arrivals::Poisson(1.0),
        mix: Vec::new(),
        priority: Priority::Normal,
        origin: Origin::default(),
        ..Source::default()
    });
    let front = edge(&mut b, "shoppers>web", Party::Source(users), web);
    edge(&mut b, "web>orders-db", Party::Component(web), db);
    edge(&mut b, "web>orders-db.insert", Party::Component(web), db);
    let back = edge(&mut b, "order-events>web", Party::Component(events), web);
    b.dist(Dist::Constant(SimDuration::from_millis(1)));
    let link = b.link(back, home);
    b.topic(Topic {
        component: events,
        station: broker,
        consumers: vec![Consumer { link, concurrency: 1, prefetch: 1 }],
        ..Topic::default()
    });
    assert_eq!(b.plan().links, [Link { edge: back, to: home }]);
    assert_eq!(front.index(), 0);
    b.finish()
}

fn fault(text: &str) -> Fault {
    Fault::parse_flag(text).unwrap()
}

fn knobs(text: &str) -> Knobs {
    let plan = plan();
    let mut knobs = Knobs::baseline(&plan, 1.0);
    let fault = fault(text);
    fault.check(&plan).unwrap();
    fault.turn(&plan, fault.start, &mut knobs);
    knobs
}

#[test]
fn flags_are_read_and_written_alike() {
    for text in [
        "kill:orders-db@60s+30s",
        "kill:web:1",
        "kill:web:50%@0s+30s",
        "latency:stripe:+2s@60s+120s",
        "latency:db:5x@90s",
        "errors:payments:50%",
        "partition:orders>payments",
        "cache_flush:catalog-cache@60s",
        "consumer_stop:order-events",
        "load:3x@60s+30s",
        "hang:web:2@60s+30s",
        "refuse:web.home:20%@60s",
        "reset:web>orders-db",
        "cpu:web:80%:share=50%:ramp=10s@60s+30s",
        "throttle:web:100/s",
        "throttle:web:20%:ramp=5s",
        "latency:web:5x:replicas=1@5s",
        "kill:web:each=true:mtbf=1d:mttr=10min",
    ] {
        assert_eq!(fault(&fault(text).to_string()), fault(text));
    }
    assert_eq!(fault("latency:stripe:+2s@60s+2min").to_string(), "latency:stripe:+2s@60s+2min");
    assert_eq!(fault("kill:web:50%").to_string(), "kill:web:50%");
    assert_eq!(fault("latency:stripe:2s"), fault("latency:stripe:+2s"));
    for form in FORMS {
        assert_eq!(fault(form.example).kind.word(), form.word);
    }
}

#[test]
fn what_cannot_be_read_says_what_to_write() {
    let error = |text: &str| Fault::parse_flag(text).unwrap_err();
    assert_eq!(error("laetncy:stripe:+2s"), "there is no fault `laetncy`; did you mean `latency`?");
    assert!(error("errors:payments").contains("share"), "{}", error("errors:payments"));
    assert!(error("errors:payments:0%").contains("strikes nothing"));
    assert!(error("errors:payments:0.5").contains("`50%`"));
    assert!(error("latency:stripe").contains("`+2s`"));
    assert!(error("latency:stripe:5").contains("write the unit"));
    assert!(error("kill").contains("of what?"));
    assert!(error("kill:").contains("of what?"));
    assert!(error("kill:web:0").contains("whole number from 1"));
    assert!(error("kill:a>b").contains("not an edge"));
    assert!(error("kill:web.home").contains("not an endpoint"));
    assert!(error("partition:web.home").contains("not an endpoint"));
    assert!(error("cpu:web").contains("`load: 80%`"));
    assert!(error("cpu:web:100%").contains("`hang`"));
    assert!(error("throttle:web").contains("`100/s`"));
    assert!(error("throttle:web:20%:rate=5/s").contains("two different faults"));
    assert!(error("cpu:web:80%:shar=50%").contains("did you mean `share`?"));
    assert!(error("cpu:web:80%:load=50%").contains("written twice"));
    assert!(error("latency:web:+2s:share=50%").contains("on the way to all replicas"));
    assert!(error("kill:web:1:each=true").contains("how many does not matter"));
    assert!(error("kill:web:mtbf=1d").contains("`mttr`"));
    assert!(error("kill:web:mttr=1d").contains("`mtbf`"));
    assert!(error("kill:web:mtbf=99ms:mttr=1d").contains("at least 100ms"));
    assert!(error("partition:web:3").contains("takes no amount"));
    assert!(error("kill:web@60").contains("write the unit"));
    assert!(error("kill:web@60s+0").contains("changes nothing"));
    assert!(error("load:1x").contains("changes nothing"));
}

/// Ten days of a failure ten times a second would be more than eight million, each with its own positions of all knobs.
#[test]
fn of_failures_without_number_the_first_are_seen() {
    let (plan, days) = (plan(), SimDuration::from_secs(10 * 86_400));
    let luck = Luck { seed: 1, replication: 0, until: days };
    for text in ["kill:web:mtbf=100ms:mttr=1ms", "memory:web:ramp=100ms:restart=1ms"] {
        let strikes = timeline(&plan, &Knobs::baseline(&plan, 1.0), &[fault(text)], luck).len();
        assert!((5_000..150_000).contains(&strikes), "{text}: {strikes}");
    }
}

#[test]
fn each_kind_turns_its_knobs() {
    let stations = |text: &str| knobs(text).stations.iter().map(|s| s.down).collect::<Vec<_>>();
    assert_eq!(stations("kill:web"), [3, 0, 0, 0]);
    assert_eq!(stations("kill:web:50%"), [2, 0, 0, 0]);
    assert_eq!(stations("kill:orders-db"), [0, 1, 2, 0]);
    assert_eq!(stations("kill:orders-db:2"), [0, 1, 1, 0], "the primary dies first");

    let delays = |text: &str| knobs(text).edges.iter().map(|e| e.delay.millis()).collect::<Vec<_>>();
    assert_eq!(delays("latency:orders-db:+2s"), [0.0, 2000.0, 2000.0, 0.0]);
    assert_eq!(delays("latency:web>orders-db:+2s"), [0.0, 2000.0, 2000.0, 0.0]);
    assert_eq!(delays("latency:web>orders-db.insert:+2s"), [0.0, 0.0, 2000.0, 0.0]);
    assert_eq!(knobs("latency:orders-db:5x").stations.iter().map(|s| s.slowdown).collect::<Vec<_>>(), [1., 5., 5., 1.]);

    assert_eq!(knobs("errors:web:25%").stations[0].error_rate, 0.25);
    assert_eq!(
        knobs("partition:web").edges.iter().map(|e| e.cut).collect::<Vec<_>>(),
        [true, false, false, true],
        "of a component: all edges into it"
    );
    assert_eq!(knobs("cache_flush:catalog-cache").hit_ratios, [0.0]);
    assert!(knobs("consumer_stop:order-events").topics[0].paused);
    assert_eq!(knobs("load:3x").load, 3.0);
}

#[test]
fn a_fault_that_does_not_fit_names_what_does() {
    let plan = plan();
    let error = |text: &str| fault(text).check(&plan).unwrap_err();
    assert_eq!(error("kill:order-db").hint.unwrap(), "did you mean `orders-db`?");
    assert!(error("kill:zzz").hint.unwrap().contains("`web`, `orders-db`"));
    assert_eq!(error("partition:web>order-db").hint.unwrap(), "did you mean `web>orders-db`?");
    assert!(error("kill:web:4").message.contains("has 3 replicas, so 4 cannot be killed"));
    assert!(error("latency:web>orders-db:5x").message.contains("is an edge"));
    assert!(error("latency:catalog-cache:+2s").message.contains("nobody calls"));
    assert!(error("cache_flush:web").message.contains("is a service, not a cache"));
    assert!(error("hang:web:4").message.contains("so 4 cannot be stopped"));
    assert_eq!(error("errors:web.hom:10%").hint.unwrap(), "did you mean `web.home`?");
    assert!(error("latency:web.home:+2s").message.contains("is an endpoint"));
    assert!(error("partition:web:ramp=5s").message.contains("no amount that could grow"));
    assert!(error("throttle:web:5/s:ramp=5s").message.contains("no amount that could grow"));
    assert!(error("errors:web:5%:ramp=5s@0s+2s").message.contains("would grow for 5s"));
    assert!(error("errors:web:5%:ramp=5s:mtbf=1h:mttr=1h").message.contains("strikes at once"));
    assert!(error("kill:web:each=true").message.contains("random times"));
    assert!(error("consumer_stop:web").hint.unwrap().contains("`order-events`"));
}

#[test]
fn overlapping_faults_compose_and_end_without_a_trace() {
    let plan = plan();
    let baseline = Knobs::baseline(&plan, 2.0);
    let faults: Vec<Fault> =
        ["kill:web:1@10s+20s", "kill:web:2@20s+20s", "errors:web:50%@20s+10s", "errors:web:50%@20s+10s", "load:3x@20s"]
            .map(fault)
            .into();
    let timeline = timeline(&plan, &baseline, &faults, LUCK);
    let seen: Vec<_> =
        timeline.iter().map(|(t, k)| (t.seconds(), k.stations[0].down, k.stations[0].error_rate, k.load)).collect();
    assert_eq!(seen, [(10.0, 1, 0.0, 2.0), (20.0, 3, 0.75, 6.0), (30.0, 2, 0.0, 6.0), (40.0, 0, 0.0, 6.0)]);
    let reversed: Vec<Fault> = faults.iter().rev().cloned().collect();
    assert_eq!(super::timeline(&plan, &baseline, &reversed, LUCK), timeline);
    assert!(super::timeline(&plan, &baseline, &[], LUCK).is_empty());
}

#[test]
fn more_kinds_turn_their_knobs() {
    let hung = |text: &str| knobs(text).stations.iter().map(|s| s.hung).collect::<Vec<_>>();
    assert_eq!(hung("hang:web:50%"), [2, 0, 0, 0]);
    assert_eq!(hung("hang:orders-db:2"), [0, 1, 1, 0]);
    let slowed = knobs("cpu:web:75%:replicas=2");
    let shares = slowed.stations[0].replicas.iter().map(|r| r.share).collect::<Vec<_>>();
    assert_eq!(shares, [0.25, 0.25]);
    assert_eq!(knobs("latency:web:3x:share=30%").stations[0].replicas[0].slowdown, 3.0);
    assert_eq!(knobs("latency:web.home:3x").endpoints[0].slowdown, 3.0);
    let refused = |text: &str| knobs(text).edges.iter().map(|e| e.away.refused).collect::<Vec<_>>();
    assert_eq!(refused("refuse:web>orders-db"), [0.0, 1.0, 1.0, 0.0]);
    assert_eq!(refused("refuse:web"), [0.0; 4]);
    assert_eq!(knobs("refuse:web:25%").endpoints[0].away.refused, 0.25);
    assert_eq!(knobs("reset:web.home").endpoints[0].away.reset, 1.0);
    assert_eq!(knobs("throttle:web:25%").endpoints[0].away.limited, 0.25);
    assert_eq!(knobs("throttle:web:20/s").quotas[0], Some(20.0));
    assert_eq!(knobs("throttle:web>orders-db:20/s").edges[1].quota, Some(20.0));
    assert_eq!(knobs("errors:web.home:25%").endpoints[0].away.errors, 0.25);
}

/// One fault of each kind, and the times at which some of them are on.
fn any_faults() -> impl Strategy<Value = Vec<Fault>> {
    let kinds = select(vec![
        "kill:web:1",
        "kill:web:50%",
        "hang:web:1",
        "hang:orders-db",
        "latency:orders-db:+2s",
        "latency:web:3x",
        "latency:web:5x:replicas=2",
        "latency:web.home:2x",
        "errors:web:30%",
        "errors:web>orders-db:20%",
        "refuse:web.home:40%",
        "reset:web:10%",
        "cpu:web:60%:replicas=1",
        "throttle:web:10/s",
        "throttle:web:50/s",
        "throttle:web>orders-db:25%",
        "partition:web>orders-db",
        "cache_flush:catalog-cache",
        "consumer_stop:order-events",
        "load:3x",
    ]);
    let one = (kinds, 0..50u64, 1..50u64, prop_oneof![Just(None), (1..50u64).prop_map(Some)]);
    let read = |(text, at, lasts, ramp): (&str, u64, u64, Option<u64>)| {
        let kind = fault(text);
        let grows = kind.kind.effect().grown(0.5).is_some();
        Fault {
            start: SimDuration::from_secs(at),
            duration: Some(SimDuration::from_secs(lasts)),
            ramp: ramp.filter(|ramp| grows && *ramp <= lasts).map(SimDuration::from_secs),
            ..kind
        }
    };
    prop::collection::vec(one.prop_map(read), 1..8)
}

/// Two positions are the same but for the rounding of products taken in another order.
fn alike(a: &Knobs, b: &Knobs) -> bool {
    let numbers = |knobs: &Knobs| -> Vec<f64> {
        let text = format!("{knobs:?}");
        text.split(|c: char| !"0123456789.e-".contains(c)).filter_map(|word| word.parse().ok()).collect()
    };
    let (a, b) = (numbers(a), numbers(b));
    a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-9 * a.abs().max(1.0))
}

/// The knobs with one fault, at a time.
fn alone(plan: &Plan, fault: &Fault, time: SimDuration) -> Knobs {
    let mut knobs = Knobs::baseline(plan, 1.0);
    if fault.active_at(time) {
        fault.turn(plan, time, &mut knobs);
    }
    knobs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever overlaps: in whatever order they are written the positions are the same; at each time they are what the
    /// faults that are on then say together; and behind the last end every knob stands exactly as at the start.
    #[test]
    fn whatever_overlaps_composes_and_leaves_no_trace(faults in any_faults(), at in 0..100u64) {
        let plan = plan();
        let baseline = Knobs::baseline(&plan, 1.0);
        let positions = timeline(&plan, &baseline, &faults, LUCK);
        if let Some((time, last)) = positions.last() {
            prop_assert!(last == &baseline, "at {time}");
        }
        let reversed: Vec<Fault> = faults.iter().rev().cloned().collect();
        let other = timeline(&plan, &baseline, &reversed, LUCK);
        let time = SimDuration::from_secs(at);
        let position = |line: &[(SimDuration, Knobs)]| {
            line[..line.partition_point(|(t, _)| *t <= time)].last().map_or(baseline.clone(), |(_, knobs)| knobs.clone())
        };
        let now = position(&positions);
        prop_assert!(alike(&now, &position(&other)), "the order of the faults matters");
        let each: Vec<Knobs> = faults.iter().map(|fault| alone(&plan, fault, time)).collect();
        let product = |of: &dyn Fn(&Knobs) -> f64| each.iter().map(of).product::<f64>();
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9 * a.abs().max(1.0);
        let well = |k: &Knobs, r: usize| k.stations[0].replicas.get(r).copied().unwrap_or(ReplicaKnobs::WELL);
        // Rates of failure: what escapes one must escape all. Slowdowns and loads multiply.
        let escapes: [&dyn Fn(&Knobs) -> f64; 9] = [
            &|k| 1.0 - k.stations[0].error_rate,
            &|k| 1.0 - k.endpoints[0].away.refused,
            &|k| 1.0 - k.endpoints[0].away.reset,
            &|k| 1.0 - k.edges[1].away.errors,
            &|k| 1.0 - k.edges[1].away.limited,
            &|k| k.stations[0].slowdown,
            &|k| k.load,
            &|k| well(k, 0).share,
            &|k| well(k, 1).slowdown,
        ];
        for (i, of) in escapes.into_iter().enumerate() {
            prop_assert!(close(of(&now), product(of)), "{i}: {} of {}", of(&now), product(of));
        }
        // Delays add; so do the dead, as far as there are replicas; anything that is cut or flushed is so once.
        let delay: u64 = each.iter().map(|k| k.edges[1].delay.0).sum();
        prop_assert_eq!(now.edges[1].delay.0, delay);
        let down: u32 = each.iter().map(|k| k.stations[0].down).sum();
        prop_assert_eq!(now.stations[0].down, down.min(3));
        prop_assert_eq!(now.edges[1].cut, each.iter().any(|k| k.edges[1].cut));
        let least = each.iter().filter_map(|k| k.quotas[0]).reduce(f64::min);
        prop_assert_eq!(now.quotas[0], least);
    }
}
