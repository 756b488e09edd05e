//! Campaigns on plans worked out by hand.

use super::*;
use crate::graph::samples;

const DRILL: Drill = Drill {
    at: SimDuration::from_secs(5),
    lasting: SimDuration::from_secs(15),
    after: SimDuration::from_secs(15),
    warmup: SimDuration::from_secs(5),
    window: SimDuration::from_millis(250),
};

#[test]
fn every_component_has_its_faults() {
    let plan = samples::mail();
    let graph = Graph::new(&plan);
    let texts: Vec<String> =
        catalog::faults(&graph, DRILL.at, DRILL.lasting).iter().map(|(_, f)| f.to_string()).collect();
    assert!(texts.contains(&"kill:mailer@5s+15s".into()), "{texts:?}");
    assert!(texts.contains(&"latency:smtp:+5s@5s+15s".into()), "{texts:?}");
    assert!(texts.contains(&"consumer_stop:jobs@5s+15s".into()), "{texts:?}");
}

/// The database of the page model dies for 15 s: shop passes the errors on, half of the pages are lost and had to be,
/// and all is well at once when it is back.
#[test]
fn a_killed_database_takes_down_what_needs_it_and_no_more() {
    let plan = samples::page();
    let graph = Graph::new(&plan);
    let field = Field { graph: &graph, load: 1.0, seed: 1, patience: &[1.0] };
    let kill = Fault::parse_flag("kill:db@5s+15s").unwrap();
    let failure = &field.drill(&DRILL, &[(plan.component("db").unwrap(), kill)], 2)[0];
    assert!((failure.mean(|h| h.share(0)) - 0.5).abs() < 0.05, "{:?}", failure.harms[0].faulted);
    assert!(failure.avoidable_share() < 0.05);
    assert!(failure.collateral.is_empty());
    assert_eq!(failure.recoveries(), 2);
    let cascade = failure.cascade();
    let names: Vec<&str> = cascade.iter().map(|i| plan.components[i.component.index()].name.as_str()).collect();
    assert_eq!(names, ["shop", "web"]);
    assert_eq!(cascade[0].mechanism.words(), "error passed on");
}

/// Slow by 2 s, the database holds the 20 threads of shop: half of the lists need it, 100 a second.
#[test]
fn a_slow_database_exhausts_the_workers_of_its_callers() {
    let plan = samples::page();
    let graph = Graph::new(&plan);
    let field = Field { graph: &graph, load: 1.0, seed: 1, patience: &[1.0] };
    let slow = Fault::parse_flag("latency:db:+2s@5s+15s").unwrap();
    let failure = &field.drill(&DRILL, &[(plan.component("db").unwrap(), slow)], 1)[0];
    assert!(failure.avoidable_share() > 0.2, "{:?}", failure.avoidable_share());
    let shop = failure.cascade().into_iter().find(|i| i.component == plan.component("shop").unwrap()).unwrap();
    assert_eq!(shop.mechanism.words(), "workers exhausted");
    assert_eq!(shop.via, plan.edge("shop>db"));
}
