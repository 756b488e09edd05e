//! The published examples and the arithmetic, with the trigger that makes them fail; and systems that heal.

use super::*;
use crate::experiments::length::Pace;
use crate::faults::Fault;
use crate::graph::Graph;
use crate::model::Model;
use crate::units::{SimDuration, parse_duration};

/// Bronson and others, HotOS 2021, first example: a database that answers 300 queries a second within 100 ms, a client that
/// waits a second, waits another, and tries once more.
const RETRY: &str = "
traffic: { people: { rate: 280/s, to: app.page } }
services:
  app:
    concurrency: unlimited
    endpoints: { page: [ { call: db } ] }
    dependencies: { db: { timeout: 1s, retry: { attempts: 2, backoff: 1s, jitter: none } } }
databases: { db: { connections: 30, query: { constant: 100ms } } }
";

/// Their second example: nine of ten pages are in a cache, the database bears a tenth of the traffic.
const LOOK_ASIDE: &str = "
traffic: { people: { rate: 2500/s, to: app.page } }
services:
  app:
    concurrency: unlimited
    endpoints: { page: [ { cached: { cache: pages, miss: [ { call: db } ] } } ] }
    dependencies: { db: { timeout: 1s } }
databases: { db: { connections: 30, query: { constant: 100ms } } }
caches: { pages: { get: { constant: 0s }, keys: 10k, capacity: 9000, start: warm } }
";

fn read(text: &str) -> Model {
    Model::read("inline.yaml", text).expect("the model is valid")
}

/// Asks something about a model, with as many events as it takes.
fn ask<T>(text: &str, of: impl FnOnce(&Inquiry) -> T) -> T {
    let model = read(text);
    let graph = Graph::new(&model.plan);
    let bounds = graph.bounds();
    let pace = Pace::of(&model.plan, 1);
    let p99 = SimDuration::from_millis(110);
    of(&Inquiry { graph: &graph, bounds: &bounds, seed: 1, pace, p99, events: 200e6 })
}

fn examine(text: &str, fault: &str) -> Metastable {
    let fault = Fault::parse_flag(fault).expect("the fault is valid");
    ask(text, |inquiry| inquiry.examine(&fault, 1.0).expect("the fault ends"))
}

#[test]
fn one_retry_keeps_a_database_down() {
    let found = examine(RETRY, "partition:app>db@0s+10s");
    println!("{found:#?}");
    assert_eq!(found.probability.mean, 1.0);
}

#[test]
fn a_cache_is_never_filled_again() {
    let found = examine(LOOK_ASIDE, "cache_flush:pages@0s+1s");
    println!("{found:#?}");
    assert_eq!(found.probability.mean, 1.0);
}
