use super::*;
use crate::plan::{Arrivals, Consumer, Contents, Link, Priority, Step, Writes};
use crate::plan::{Builder, Cache, Component, Edge, Party, Role, Source, Station, Topic};
use crate::plan::{ComponentId, EdgeId, StationId};
use crate::random::Dist;

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
    fault.turn(&plan, &mut knobs);
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
    assert!(error("partition:web:3").contains("takes no amount"));
    assert!(error("kill:web@60").contains("write the unit"));
    assert!(error("kill:web@60s+0").contains("changes nothing"));
    assert!(error("load:1x").contains("changes nothing"));
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
    let timeline = timeline(&plan, &baseline, &faults);
    let seen: Vec<_> =
        timeline.iter().map(|(t, k)| (t.seconds(), k.stations[0].down, k.stations[0].error_rate, k.load)).collect();
    assert_eq!(seen, [(10.0, 1, 0.0, 2.0), (20.0, 3, 0.75, 6.0), (30.0, 2, 0.0, 6.0), (40.0, 0, 0.0, 6.0)]);
    let reversed: Vec<Fault> = faults.iter().rev().cloned().collect();
    assert_eq!(super::timeline(&plan, &baseline, &reversed), timeline);
    assert!(super::timeline(&plan, &baseline, &[]).is_empty());
}
