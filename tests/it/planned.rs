//! The plan under faults, judged from outside: its changes are written into the model, and the model is struck by itself.

use crate::common::model;
use tenfold::engine::Limits;
use tenfold::experiments::{Options, Quiet, ScalePlan, Withstood, review};
use tenfold::faults::{self, Fault, Luck};
use tenfold::measure::{SETTLE, Trial};
use tenfold::model::{Change, Model};
use tenfold::plan::Knobs;
use tenfold::units::{Quantity, SimDuration};

/// Whoever buys waits for somebody else's API; whoever looks does not need it. By hand, at three times the load: 48 purchases a
/// second wait 100 ms each, so that 4.8 of 40 workers are busy, and nothing is short. With 5 s more each the 48 would hold
/// 245 workers: after a second nobody is served any more, also who only looks.
const DESK: &str = "
traffic: { visitors: { rate: 80/s, mix: { web.look: 80%, web.buy: 20% }, timeout: 10s } }
services:
  web:
    replicas: 2
    concurrency: 20
    queue: 20
    endpoints:
      look: [ { work: 5ms } ]
      buy: [ { work: 5ms }, { call: bank } ]
external: { bank: { latency: { constant: 100ms } } }
slos: [ web.look success >= 99%, web.buy success >= 99% ]
";

fn planned(model: &Model, load: f64) -> ScalePlan {
    let options = Options { loads: vec![Quantity::Factor(load)], replications: 2, budget: 20e6, ..Options::default() };
    review(model, &options, &Quiet).plan.expect("a plan to another load")
}

/// The share of good answers of those who look, under a fault and at a load, with random numbers that no review has seen.
fn looks(model: &Model, load: f64, fault: &Fault) -> f64 {
    let (from, lasting) = (SimDuration::from_secs(10), SimDuration::from_secs(20));
    let struck = Fault { start: from, duration: fault.duration.map(|_| lasting), ..fault.clone() };
    let measured = SimDuration::from_secs(40);
    let luck = Luck { seed: 77, replication: 0, until: measured + SETTLE };
    let run = Trial {
        plan: &model.plan,
        load,
        seed: 77,
        replication: 0,
        timeline: faults::timeline(&model.plan, &Knobs::baseline(&model.plan, load), &[struck], luck),
        warmup: SimDuration::ZERO,
        late: SimDuration::ZERO,
        measured,
        window: SimDuration::from_secs(1),
        limits: Limits::default(),
    }
    .run();
    let look = model.plan.endpoint("web.look").unwrap();
    let served = &run.sources.iter().flat_map(|s| &s.by_link).find(|(to, _)| *to == look).unwrap().1;
    served.success_rate()
}

#[test]
fn the_plan_keeps_a_slow_api_from_those_who_do_not_need_it() {
    let model = model(DESK);
    let slow = Fault::parse_flag("latency:bank:+5s@10s+20s").unwrap();
    assert!(looks(&model, 3.0, &slow) < 0.7, "as it is, half of the run is lost");

    let plan = planned(&model, 3.0);
    let withstood = plan.withstood.as_ref().expect("it was struck");
    assert!(plan.meets && !withstood.guards.is_empty());
    assert!(withstood.open.is_empty() && withstood.struck >= 4, "{:?}", withstood.open);

    let all = changes(&plan, withstood, None);
    let safe = model.with(&all).unwrap();
    for fault in ["latency:bank:+5s", "hang:bank", "kill:bank", "errors:bank:100%"] {
        let fault = Fault::parse_flag(&format!("{fault}@10s+20s")).unwrap();
        let share = looks(&safe, 3.0, &fault);
        assert!(share > 0.98, "{fault}: {share} with {all:?}");
    }
    for (i, guard) in withstood.guards.iter().enumerate() {
        let without = model.with(&changes(&plan, withstood, Some(i))).unwrap();
        let share = looks(&without, 3.0, &guard.without.fault);
        assert!(share < 0.98, "without {:?}, {}: {share}", guard.changes, guard.without.fault);
    }
}

/// All changes of a plan, but one of its guards.
fn changes(plan: &ScalePlan, withstood: &Withstood, except: Option<usize>) -> Vec<Change> {
    let guards = withstood.guards.iter().enumerate().filter(|(i, _)| Some(*i) != except);
    plan.changes.iter().cloned().chain(guards.flat_map(|(_, g)| g.changes.clone())).collect()
}

/// Nine of ten pages come from the cache. Without it, all 200 a second need the store for 20 ms: 4 connections of the pool of 2
/// each replica has; 100 more a second that never used the cache wait behind them.
const CACHED: &str = "
traffic: { visitors: { rate: 300/s, mix: { web.page: 67%, web.list: 33% }, timeout: 2s } }
services:
  web:
    concurrency: 400
    endpoints:
      page: [ { work: 1ms }, { cached: { cache: pages, miss: [ { call: store.get } ] } } ]
      list: [ { work: 1ms }, { call: store.list } ]
    dependencies: { store: { pool: 4, timeout: 500ms }, pages: { timeout: 50ms } }
databases: { store: { connections: 40, queries: { get: { read: 20ms }, list: { read: 10ms } } } }
caches: { pages: { hit_ratio: 90% } }
slos: [ web.page success >= 99%, web.list success >= 99% ]
";

#[test]
fn where_no_guard_helps_there_is_more_of_what_gives_out_unless_a_limit_forbids_it() {
    let plan_of = |text: &str| {
        let model = model(text);
        let options = Options {
            loads: vec![Quantity::Factor(1.0)],
            plan_to: Some(Quantity::Factor(1.0)),
            replications: 2,
            budget: 20e6,
            ..Options::default()
        };
        review(&model, &options, &Quiet).plan.unwrap().withstood.expect("it was struck")
    };
    let free = plan_of(CACHED);
    let pool = free.added().into_iter().find(|(c, _)| c.path == "services.web.dependencies.store.pool");
    assert!(pool.is_some_and(|(c, _)| c.to == "8"), "{:?}", free.guards);
    assert!(free.open.iter().all(|f| f.collateral.is_empty()), "{:?}", free.open);

    let bound = plan_of(&format!("{CACHED}limits: {{ paths: {{ services.web.dependencies.store.pool: 7 }} }}\n"));
    assert!(bound.added().iter().all(|(c, _)| !c.path.ends_with("store.pool")), "{:?}", bound.guards);
    assert!(bound.open.iter().any(|f| !f.collateral.is_empty()), "what still spreads is said");
}
