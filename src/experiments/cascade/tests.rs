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
