//! Cascades made by hand: what is read off them is known.

use super::*;
use crate::graph::samples;
use crate::measure::{Cell, EdgeCell, StationCell};
use crate::plan::Plan;

const WINDOW: SimDuration = SimDuration::from_millis(500);

/// A healthy minute of the page model: 100 pages a second, all answered.
fn calm(plan: &Plan, rows: usize) -> Series {
    let graph = Graph::new(plan);
    let cell = |rate: f64, latency_ms: u64| {
        let n = (rate * WINDOW.seconds()) as u32;
        Cell { offered: n, good: n, failed: 0, latency_sum: SimDuration::from_millis(latency_ms * u64::from(n)) }
    };
    let row = Row {
        sources: vec![cell(100.0, 30)],
        endpoints: graph.visits().endpoints.iter().map(|rate| cell(*rate, 10)).collect(),
        stations: vec![StationCell { busy: 1.0, up: 1, ..StationCell::default() }; plan.stations.len()],
        edges: vec![EdgeCell { calls: 50, ..EdgeCell::default() }; plan.edges.len()],
        ..Row::default()
    };
    Series { window: WINDOW, start: Default::default(), rows: vec![row; rows] }
}

fn fail(row: &mut Row, plan: &Plan, endpoint: &str, edge: &str) {
    let cell = &mut row.endpoints[plan.endpoint(endpoint).unwrap().index()];
    (cell.failed, cell.good) = (cell.good, 0);
    row.edges[plan.edge(edge).unwrap().index()].failed = 50;
}

fn pair<'a>(healthy: &'a Series, faulted: &'a Series) -> Pair<'a> {
    Pair { healthy, faulted, from: SimDuration::from_secs(5), until: SimDuration::from_secs(20) }
}

#[test]
fn the_order_the_edge_and_the_mechanism_are_read_off() {
    let plan = samples::page();
    let graph = Graph::new(&plan);
    let healthy = calm(&plan, 60);
    let mut faulted = healthy.clone();
    for row in &mut faulted.rows[10..40] {
        fail(row, &plan, "shop.list", "shop>db");
    }
    for row in &mut faulted.rows[16..40] {
        fail(row, &plan, "web.home", "web>shop");
        row.stations[0] = StationCell { busy: 200.0, queue: 90.0, up: 1, ..StationCell::default() };
        row.sources[0].good = 0;
    }
    let found = cascade(&graph, &[Struck::component(plan.component("db").unwrap())], pair(&healthy, &faulted));
    let told: Vec<_> = found
        .iter()
        .map(|i| {
            let via = i.via.map(|e| plan.edges[e.index()].name.as_str());
            (plan.components[i.component.index()].name.as_str(), i.at.seconds(), i.mechanism.words(), via)
        })
        .collect();
    assert_eq!(
        told,
        [("shop", 0.0, "error passed on", Some("shop>db")), ("web", 3.0, "workers exhausted", Some("web>shop")),]
    );
    assert_eq!(recovery(&graph, pair(&healthy, &faulted), SimDuration::from_secs(30)), Some(SimDuration::ZERO));
}

#[test]
fn a_short_dip_is_noise_and_a_callee_with_less_to_do_is_well() {
    let plan = samples::page();
    let graph = Graph::new(&plan);
    let healthy = calm(&plan, 60);
    let mut faulted = healthy.clone();
    for row in &mut faulted.rows[20..21] {
        let cell = &mut row.endpoints[0];
        (cell.good, cell.failed) = (cell.good - 8, 8);
    }
    for row in &mut faulted.rows[10..40] {
        row.endpoints[plan.endpoint("db.query").unwrap().index()] = Cell::default();
    }
    assert!(cascade(&graph, &[Struck::component(plan.component("ads").unwrap())], pair(&healthy, &faulted)).is_empty());
}

#[test]
fn recovery_takes_time_or_never_comes() {
    let plan = samples::page();
    let graph = Graph::new(&plan);
    let healthy = calm(&plan, 100);
    let until = |bad: std::ops::Range<usize>| {
        let mut faulted = healthy.clone();
        for row in &mut faulted.rows[bad] {
            row.sources[0].good = 10;
        }
        recovery(&graph, pair(&healthy, &faulted), SimDuration::from_secs(50))
    };
    let after = until(10..56).map(|d| d.seconds());
    assert!(after.is_some_and(|s| (7.0..=8.0).contains(&s)), "{after:?}");
    assert_eq!(until(10..100), None);
}

/// One run in which from window 10 to 40 something happens, told by what it does to a row; whom it strikes, and the step
/// that is found for a component.
fn step_of(plan: &Plan, component: &str, struck: &str, happens: impl Fn(&mut Row)) -> Impairment {
    let graph = Graph::new(plan);
    let mut healthy = calm(plan, 60);
    for row in &mut healthy.rows {
        row.topics = vec![Default::default(); plan.topics.len()];
        row.caches = vec![Default::default(); plan.caches.len()];
    }
    let mut faulted = healthy.clone();
    faulted.rows[10..40].iter_mut().for_each(happens);
    let found = cascade(&graph, &[Struck::component(plan.component(struck).unwrap())], pair(&healthy, &faulted));
    let id = plan.component(component).unwrap();
    found.iter().find(|s| s.component == id).unwrap_or_else(|| panic!("{component}: {found:?}")).clone()
}

fn told(step: &Impairment) -> Vec<(Gauge, f64, f64, Option<f64>)> {
    step.readings
        .iter()
        .map(|r| (r.gauge, (r.before * 100.0).round() / 100.0, (r.after * 100.0).round() / 100.0, r.of))
        .collect()
}

/// Nothing of an endpoint's is answered in time.
fn slow(row: &mut Row, plan: &Plan, endpoint: &str, times: u64) {
    row.endpoints[plan.endpoint(endpoint).unwrap().index()].latency_sum.0 *= times;
}

#[test]
fn a_full_pool_is_told_with_its_figures() {
    let plan = samples::page();
    let edge = plan.edge("shop>db").unwrap().index();
    let step = step_of(&plan, "shop", "ads", |row| {
        slow(row, &plan, "shop.list", 10);
        (row.edges[edge].used, row.edges[edge].waiting) = (2.0, 37.0);
    });
    assert_eq!(step.mechanism, Mechanism::PoolExhausted);
    assert_eq!(told(&step), [(Gauge::Pool, 0.0, 2.0, Some(2.0)), (Gauge::PoolQueue, 0.0, 37.0, None)]);
}

#[test]
fn retries_and_a_cold_cache_are_told_apart() {
    let mut plan = samples::page();
    let edge = plan.edge("web>shop").unwrap().index();
    let flooded = |row: &mut Row, calls, retries| {
        slow(row, &samples::page(), "shop.list", 10);
        (row.edges[edge].calls, row.edges[edge].retries) = (calls, retries);
    };
    // 50 calls in half a second become 50 calls with 85 further tries: 2.7 for each.
    let storm = step_of(&plan, "shop", "ads", |row| flooded(row, 50, 85));
    assert_eq!((storm.mechanism, storm.via), (Mechanism::RetryAmplification, plan.edge("web>shop")));
    assert_eq!(told(&storm), [(Gauge::Attempts, 1.0, 2.7, None), (Gauge::Calls, 100.0, 270.0, None)]);
    // As many calls without a retry are nobody's fault, unless the caller has lost its cache.
    let crowd = step_of(&plan, "shop", "ads", |row| flooded(row, 135, 0));
    assert_eq!(crowd.mechanism, Mechanism::SlowAnswers);
    let ads = plan.component("ads").unwrap();
    plan.components[ads.index()].role = crate::plan::Role::Cache;
    let cold = step_of(&plan, "shop", "ads", |row| flooded(row, 135, 0));
    assert_eq!((cold.mechanism, cold.via), (Mechanism::CacheCold, plan.edge("web>shop")));
    assert_eq!(told(&cold), [(Gauge::Calls, 100.0, 270.0, None)]);
}

#[test]
fn a_queue_that_grows_is_blocked() {
    let plan = samples::mail();
    let step = step_of(&plan, "jobs", "mailer", |row| row.topics[0].backlog = 300.0);
    assert_eq!(step.mechanism, Mechanism::QueueBlocked);
    assert_eq!(told(&step), [(Gauge::Backlog, 0.0, 300.0, None)]);
}

#[test]
fn replicas_that_are_taken_away_or_left_out_are_named() {
    let mut plan = samples::page();
    let shop = plan.stations.iter().position(|s| s.name == "shop").unwrap();
    let scaling = crate::plan::Scaling {
        min: 1,
        signal: crate::plan::Signal::Cpu,
        target: 0.7,
        sync: SimDuration::from_secs(15),
        tolerance: 0.1,
        up_window: SimDuration::ZERO,
        down_window: SimDuration::from_secs(300),
    };
    let fleet = crate::plan::Fleet { scaling: Some(scaling), ..crate::plan::Fleet::default() };
    plan.stations[shop].fleet = Some(Box::new(fleet));
    let fewer = step_of(&plan, "shop", "ads", |row| {
        slow(row, &plan, "shop.list", 10);
        row.stations[shop].up = 0;
    });
    assert_eq!(fewer.mechanism, Mechanism::ScaledDown);
    assert_eq!(told(&fewer), [(Gauge::Replicas, 1.0, 0.0, None)]);
    let ejected = step_of(&plan, "shop", "db", |row| {
        fail(row, &plan, "shop.list", "shop>db");
        row.stations[shop].ejected = 1;
    });
    assert_eq!((ejected.mechanism, ejected.via), (Mechanism::EjectedHealthy, plan.edge("shop>db")));
    assert_eq!(told(&ejected), [(Gauge::Ejections, 0.0, 30.0, None), (Gauge::Failed, 0.0, 1.0, None)]);
}

#[test]
fn patience_errors_and_breakers_are_read_off_the_edge() {
    let plan = samples::page();
    let edge = plan.edge("shop>db").unwrap().index();
    let how = |happens: &dyn Fn(&mut EdgeCell)| {
        let step = step_of(&plan, "shop", "db", |row| {
            fail(row, &plan, "shop.list", "shop>db");
            happens(&mut row.edges[edge]);
        });
        (step.mechanism, told(&step))
    };
    assert_eq!(how(&|_| ()), (Mechanism::ErrorPassedOn, vec![(Gauge::Failed, 0.0, 1.0, None)]));
    assert_eq!(how(&|e| e.timeouts = 45), (Mechanism::TimedOut, vec![(Gauge::TimedOut, 0.0, 0.9, None)]));
    assert_eq!(how(&|e| e.rejected = 40), (Mechanism::BreakerOpen, vec![(Gauge::Rejected, 0.0, 0.8, None)]));
}

/// A component that is struck only along one edge can be impaired itself, and is not excused.
#[test]
fn an_edge_is_struck_alone() {
    let plan = samples::page();
    let graph = Graph::new(&plan);
    let fault = Fault::parse_flag("partition:web>ads@5s+15s").unwrap();
    let struck = Struck::by(&graph, plan.component("ads").unwrap(), &fault);
    assert_eq!(struck.edges, [plan.edge("web>ads").unwrap()]);
    assert!(!struck.is(struck.component));
    assert!(struck.meets(&plan, struck.edges[0]) && !struck.meets(&plan, plan.edge("web>shop").unwrap()));
}
