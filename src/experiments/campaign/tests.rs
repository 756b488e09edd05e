//! Campaigns on plans worked out by hand.

use super::pairs::{Allowance, Joint, Pairs};
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

/// Where not all can be tried: the loss of each part, and that it is slow, come before any other kind; of these, the most
/// called part first (shop.list runs 200 times a second, web.home 100 times).
#[test]
fn what_tells_most_is_tried_first() {
    let plan = samples::page();
    let graph = Graph::new(&plan);
    let all = catalog::faults(&graph, DRILL.at, DRILL.lasting);
    let first = catalog::telling_first(&graph, all.clone());
    let texts: Vec<String> = first.iter().map(|(_, f)| f.to_string()).collect();
    let name = |i: usize| plan.components[first[i].0.index()].name.as_str();
    assert_eq!([&texts[0], &texts[1]], ["kill:shop@5s+15s", "latency:shop:+2s@5s+15s"]);
    let parts: Vec<&str> = (0..plan.components.len()).map(|c| name(2 * c)).collect();
    let mut each = parts.clone();
    each.sort_unstable();
    each.dedup();
    assert_eq!(each.len(), plan.components.len(), "{parts:?}");
    let mut same: Vec<String> = all.iter().map(|(_, f)| f.to_string()).collect();
    let mut mine = texts.clone();
    same.sort();
    mine.sort();
    assert_eq!(mine, same);
}

/// A purse for two runs or so tries two faults or three, and says how many: one batch is not run in full where it costs more.
#[test]
fn a_purse_ends_a_campaign() {
    let plan = samples::page();
    let graph = Graph::new(&plan);
    let field = Field { graph: &graph, load: 1.0, seed: 1, patience: &[1.0], alerts: &[] };
    let all = catalog::faults(&graph, DRILL.at, DRILL.lasting);
    let (free, _, tried) = field.drill_within(&DRILL, &all, 1, &Purse::of(f64::INFINITY));
    assert_eq!((free.len(), tried), (all.len(), all.len()));
    let purse = Purse::of(2.5 * free[0].events as f64);
    let (found, _, tried) = field.drill_within(&DRILL, &all, 1, &purse);
    assert!((2..=4).contains(&tried) && found.len() == tried, "{tried}");
    assert_eq!(found[..], free[..tried]);
}

/// The database of the page model dies for 15 s: shop passes the errors on, half of the pages are lost and had to be,
/// and all is well at once when it is back.
#[test]
fn a_killed_database_takes_down_what_needs_it_and_no_more() {
    let plan = samples::page();
    let graph = Graph::new(&plan);
    let field = Field { graph: &graph, load: 1.0, seed: 1, patience: &[1.0], alerts: &[] };
    let kill = Fault::parse_flag("kill:db@5s+15s").unwrap();
    let failure = &field.drill(&DRILL, &[(plan.component("db").unwrap(), kill)], 2).0[0];
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
    let field = Field { graph: &graph, load: 1.0, seed: 1, patience: &[1.0], alerts: &[] };
    let slow = Fault::parse_flag("latency:db:+2s@5s+15s").unwrap();
    let failure = &field.drill(&DRILL, &[(plan.component("db").unwrap(), slow)], 1).0[0];
    assert!(failure.avoidable_share() > 0.2, "{:?}", failure.avoidable_share());
    let shop = failure.cascade().into_iter().find(|i| i.component == plan.component("shop").unwrap()).unwrap();
    assert_eq!(shop.mechanism.words(), "workers exhausted");
    assert_eq!(shop.via, plan.edge("shop>db"));
}

/// The catalogue of Google's shop has three callers, and each of these edges is struck; the advertisements have one, whose
/// edge is struck with them.
#[test]
fn edges_are_struck_where_they_are_not_the_only_one() {
    let path = format!("{}/models/online-boutique.yaml", env!("CARGO_MANIFEST_DIR"));
    let model = crate::model::Model::read(&path, &std::fs::read_to_string(&path).unwrap()).unwrap();
    let graph = Graph::new(&model.plan);
    let list = catalog::faults(&graph, DRILL.at, DRILL.lasting);
    let texts: Vec<String> = list.iter().map(|(_, f)| f.to_string()).collect();
    for caller in ["frontend", "checkout", "recommendations"] {
        assert!(texts.contains(&format!("partition:{caller}>catalog@5s+15s")), "{texts:?}");
        assert!(texts.contains(&format!("latency:{caller}>catalog:+2s@5s+15s")), "{texts:?}");
    }
    assert!(!texts.iter().any(|t| t.contains("frontend>ads")), "{texts:?}");
    let mut twice = texts.clone();
    twice.sort();
    twice.dedup();
    assert_eq!(twice.len(), texts.len());
}

/// Replications that are added later are those that would have been made at once.
#[test]
fn going_on_is_as_good_as_having_asked_for_more() {
    let plan = samples::page();
    let graph = Graph::new(&plan);
    let field = Field { graph: &graph, load: 1.0, seed: 1, patience: &[1.0], alerts: &[] };
    let fault = |flag: &str| (plan.component("db").unwrap(), Fault::parse_flag(flag).unwrap());
    let list = [fault("kill:db@5s+15s"), fault("latency:db:+2s@5s+15s")];
    let (begun, cut) = field.drill(&DRILL, &list, 1);
    assert!(cut == Cut::default() && begun.iter().all(|f| !f.confirmed));
    assert_eq!(field.go_on(begun, 3), field.drill(&DRILL, &list, 3));
}

/// Users of web.home need ads for nothing, and shop for everything.
#[test]
fn what_is_needed_depends_on_the_edge_and_on_what_is_left() {
    let plan = samples::page();
    let graph = Graph::new(&plan);
    let field = Field { graph: &graph, load: 1.0, seed: 1, patience: &[1.0], alerts: &[] };
    let needed = |flag: &str, component: &str| {
        let fault = Fault::parse_flag(flag).unwrap();
        field.drill(&DRILL, &[(plan.component(component).unwrap(), fault)], 1).0[0].unavoidable[0]
    };
    assert_eq!(needed("partition:web>ads@5s+15s", "ads"), 0.0);
    assert_eq!(needed("partition:web>shop@5s+15s", "shop"), 1.0);
    assert_eq!(needed("kill:shop@5s+15s", "shop"), 1.0);
    assert_eq!(needed("kill:shop:1@5s+15s", "shop"), 0.0, "the other replica is there");
}

/// 300 look-ups a second, nine tenths of which the cache answers. The store has two workers that take 5 ms: 400 calls a
/// second at most, of which it gets 30. It bears the loss of the cache (300 of 400) or of a worker (30 of 200), and not of
/// both: 300 calls a second then meet 200, and a third is lost, but for what finds room in the queue.
const CACHED: &str = "
name: cached
traffic: { rate: 300/s, to: api, timeout: 5s }
services:
  api: { concurrency: unlimited, endpoints: { get: [ { cached: { cache: hot, miss: [ { call: store } ] } } ] } }
  store: { replicas: 2, concurrency: 1, endpoints: { get: { work: { constant: 5ms } } } }
caches:
  hot: { get: 0.1ms, hit_ratio: 90% }
";

fn cached(progress: &dyn crate::experiments::Progress) -> Pairs {
    let model = crate::model::Model::read("cached.yaml", CACHED).unwrap();
    let graph = Graph::new(&model.plan);
    let field = Field { graph: &graph, load: 1.0, seed: 1, patience: &[1.0], alerts: &[] };
    let failures = field.drill(&DRILL, &catalog::faults(&graph, DRILL.at, DRILL.lasting), 1).0;
    field.pairs(&DRILL, &failures, Allowance { events: 1e9, progress })
}

#[test]
fn two_faults_that_each_is_borne_alone_can_be_too_much_together() {
    let pairs = cached(&crate::experiments::Quiet);
    let both = |joint: &&Joint| {
        let texts = [0, 1].map(|i| joint.faults[i].to_string());
        // Whatever happens to the cache, one of its faults stands for all: the store gets every look-up.
        texts.iter().any(|t| t.contains(":hot")) && texts.iter().any(|t| t == "kill:store:1@5s+15s")
    };
    let joint = pairs.tried.iter().find(both).expect("both make themselves felt at the store");
    assert!(joint.alone.iter().all(|lost| *lost < 0.01), "{joint:?}");
    // 100 of 15 s · 100/s find room in the queue.
    assert!((joint.together - (1.0 / 3.0 - 100.0 / 4500.0)).abs() < 0.04, "{joint:?}");
    assert!(joint.is_worse() && !pairs.by_clock);
    assert_eq!(pairs.tried.len(), pairs.touching);
}

/// Of ten seconds each look at the clock takes three: 7 are left at first, 4 after a batch, and 1 after the next, which is
/// less than a batch takes.
#[test]
fn the_clock_ends_the_trying_of_pairs_and_that_is_told() {
    let options = crate::experiments::Options { threads: Some(2), ..Default::default() };
    let pairs = options.on_threads(|| cached(&Clock(std::sync::Mutex::new(10.0), 3.0)));
    assert_eq!(pairs.tried.len(), 4);
    assert!(pairs.touching > 4 && pairs.by_clock);
}

/// A clock that goes by for each time it is asked.
struct Clock(std::sync::Mutex<f64>, f64);

impl crate::experiments::Progress for Clock {
    fn begin(&self, _: &str, _: u64) {}
    fn advance(&self, _: u64) {}
    fn time_left(&self) -> Option<f64> {
        let mut left = self.0.lock().unwrap();
        *left -= self.1;
        Some(*left)
    }
}

/// Two requests a second, each of which tries a dead database again every millisecond: after t seconds 2t of them make a thousand
/// tries a second each, so that the events grow like t² and pass a million within half a minute (with four standard deviations of
/// the number of requests, between 16 s for two events a try and 41 s for one). The fault strikes again for half of that. Nobody gives up, so all of those that came in it are answered late, but for those of its
/// last second, and all is well at once after it.
#[test]
fn a_run_that_is_cut_is_judged_by_a_shorter_fault() {
    let text = "
traffic: { rate: 2/s, to: web }
services:
  web:
    concurrency: unlimited
    endpoints: { get: [ { call: db } ] }
    dependencies: { db: { retry: { attempts: unlimited, backoff: 1ms, max_backoff: 1ms, jitter: none } } }
databases: { db: { connections: 10, query: { constant: 1ms } } }
";
    let model = crate::model::Model::read("inline.yaml", text).expect("the model is valid");
    let graph = Graph::new(&model.plan);
    let field = Field { graph: &graph, load: 1.0, seed: 1, patience: &[1.0], alerts: &[] };
    let drill = Drill { lasting: SimDuration::from_secs(40), ..DRILL };
    let kill = Fault::parse_flag("kill:db@5s+40s").unwrap();
    let target = model.plan.component("db").unwrap();
    let (failures, cut) = field.drill(&drill, &[(target, kill.clone())], 2);
    assert_eq!((cut.shortened, cut.unjudged), (vec![kill], vec![]));
    let failure = &failures[0];
    let lasting = failure.drill.lasting.seconds();
    assert!((8.0..=20.0).contains(&lasting) && failure.fault.duration == Some(failure.drill.lasting), "{lasting}");
    assert!(failure.recovers() && failure.confirmed);
    let late = failure.mean(|h| h.faulted[0].late);
    // Poisson arrivals: four standard deviations.
    let expected = 2.0 * (lasting - 1.0);
    assert!((late - expected).abs() <= 4.0 * (expected / 2.0).sqrt(), "{late} of {expected}");
    // Where a fault takes its own time, or is cut at once, nothing is judged.
    let (none, cut) = field.drill(&drill, &[(target, Fault::parse_flag("kill:db@5s").unwrap())], 1);
    assert!(none.is_empty() && cut.unjudged.len() == 1);
}
