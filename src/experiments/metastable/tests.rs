//! The published examples and the arithmetic, with the trigger that makes them fail; and systems that heal.

use super::*;
use crate::experiments::length::Pace;
use crate::faults::Fault;
use crate::graph::Graph;
use crate::model::Model;
use crate::units::SimDuration;

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

/// Asks something about a model.
fn ask<T>(text: &str, of: impl FnOnce(&Inquiry) -> T) -> T {
    let model = read(text);
    let graph = Graph::new(&model.plan);
    let bounds = graph.bounds();
    let pace = Pace::of(&model.plan, 1);
    let p99 = SimDuration::from_millis(110);
    of(&Inquiry { graph: &graph, bounds: &bounds, seed: 1, pace, p99, events: 30e6 })
}

fn fault(flag: &str) -> Fault {
    Fault::parse_flag(flag).expect("the fault is valid")
}

fn examine(text: &str, flag: &str) -> Metastable {
    ask(text, |inquiry| inquiry.examine(&fault(flag), 1.0).0.expect("the fault ends"))
}

/// How many of how many seeds are stuck.
fn stuck(text: &str, flag: &str, events: f64) -> (usize, usize) {
    let fault = fault(flag);
    let lasting = fault.duration.expect("the fault ends");
    let found = ask(text, |inquiry| inquiry.aftermaths(&fault, lasting, 1.0, events)).expect("a run can be paid for");
    (found.stuck().len(), found.each.len())
}

/// Published: 280/s become 560/s, and the goodput stays at zero; stable below 150/s; it recovers when the load falls below
/// 150/s, or when retries are limited to 20/s. Retries are named, and neither the backlog (a restart meets 560/s again) nor
/// abandoned work.
#[test]
fn one_retry_keeps_a_database_down() {
    let found = examine(RETRY, "partition:app>db@0s+10s");
    assert_eq!((found.aftermaths.stuck().len(), found.aftermaths.each.len()), (20, 20));
    assert!((found.probability.low - 0.839).abs() < 0.001, "Wilson, 20 of 20: {:?}", found.probability);
    // A try of 1 s, a wait of 1 s, a try of 1 s.
    assert_eq!(found.aftermaths.wait, Wait { length: SimDuration::from_secs(3), capped: false });
    let loops = found.loops.unwrap();
    assert_eq!(loops.sustained.alone, [Sustainer::Retries], "{:?}", loops.sustained);
    assert!(loops.sustained.tried.contains(&Sustainer::Backlog));
    let cure = loops.cure.unwrap();
    assert_eq!((cure.left, cure.restart), (0.5, false), "{cure:?}");
    let heals = 280.0 * loops.band.heals.unwrap();
    assert!((135.0..=150.0).contains(&heals), "published 150/s: {heals}");
    assert!(280.0 * loops.band.safe > 150.0, "a trigger of 10 s does nothing at 151/s: {:?}", loops.band);
    assert!(loops.smallest.lasting < SimDuration::from_secs(10), "{:?}", loops.smallest);
}

#[test]
fn below_half_of_the_capacity_or_with_few_retries_it_heals() {
    let few = RETRY.replace("attempts: 2", "attempts: 2, budget: { ratio: 7%, min_per_second: 0 }");
    for text in [RETRY.replace("280/s", "140/s"), few] {
        assert_eq!(stuck(&text, "partition:app>db@0s+10s", 1e9), (0, 20), "{text}");
    }
}

/// Published: 3,000/s over a database of 300/s are never served again once the cache is flushed; what the database bears
/// by itself are. Where seeds are dear, four that agree that it is stuck are enough, and that it is not takes all five.
#[test]
fn a_flushed_cache_is_never_filled_again() {
    assert_eq!(stuck(LOOK_ASIDE, "cache_flush:pages@0s+1s", 0.0), (4, 4));
    assert_eq!(stuck(&LOOK_ASIDE.replace("2500/s", "280/s"), "cache_flush:pages@0s+1s", 0.0), (0, 5));
}

/// The same at a tenth of its size: a full cache cures it, and so does little load for as long as it takes to fill.
#[test]
fn cold_caches_are_named() {
    let small = LOOK_ASIDE.replace("2500/s", "250/s").replace("connections: 30", "connections: 3");
    let small = small.replace("10k", "1k").replace("9000", "900");
    let found = examine(&small, "cache_flush:pages@0s+1s");
    let loops = found.loops.as_ref().unwrap();
    assert_eq!(loops.sustained.alone, [Sustainer::ColdCaches], "{:?}", loops.sustained);
    assert!(found.is_proven(), "{loops:?}");
    // The capacity that is hidden is 30/s; a little more is made good while the cache fills.
    let hidden = 250.0 * loops.band.safe;
    assert!((28.0..50.0).contains(&hidden), "{:?}", loops.band);
}

/// Tries per request when each fails with probability p and m are made: (1 - p^m) / (1 - p). With p = 0 the load λ stands as
/// long as λ < C; with p = 1 the overload keeps itself up as long as m λ > C. In between both do. The edges are those of
/// a fluid: a tenth is granted for chance and for what waits at the beginning.
#[test]
fn the_band_is_the_one_of_arithmetic() {
    let amplified = |p: f64, m: i32| if p == 1.0 { f64::from(m) } else { (1.0 - p.powi(m)) / (1.0 - p) };
    let capacity = 300.0;
    for (m, rate) in [(2, 250.0), (3, 200.0)] {
        let text = RETRY.replace("280/s", &format!("{rate}/s")).replace("attempts: 2", &format!("attempts: {m}"));
        let text = text.replace("backoff: 1s", "backoff: 100ms");
        let [lowest, highest] = [capacity / amplified(1.0, m), capacity / amplified(0.0, m)];
        assert!(lowest < rate && rate < highest);
        let loops = examine(&text, "partition:app>db@0s+10s").loops.unwrap();
        let (heals, fails) = (rate * loops.band.heals.unwrap(), rate * loops.band.fails.unwrap());
        assert!((heals / lowest - 1.0).abs() < 0.1, "{m} tries: heals at {heals}, C/m is {lowest}");
        assert!((fails / highest - 1.0).abs() < 0.1, "{m} tries: fails at {fails}, C is {highest}");
    }
}

/// The same triggers on the same system with room for every retry: never, over 20 seeds.
#[test]
fn a_healthy_system_is_never_called_stuck() {
    let roomy = RETRY.replace("connections: 30", "connections: 80");
    for flag in [
        "partition:app>db@0s+10s",
        "kill:db@0s+10s",
        "latency:db:+2s@0s+10s",
        "errors:db:100%@0s+10s",
        "load:2x@0s+10s",
    ] {
        assert_eq!(stuck(&roomy, flag, 1e9), (0, 20), "{flag}");
    }
}

/// 150 users who think for half a second ask 250 times a second when all is well. Each of ten tries given 300 ms and failing,
/// 150 · 10 / 3.5 s = 429 tries a second meet 300. There is no halving them: they are kept out, and it is over.
#[test]
fn a_fixed_number_of_users_is_kept_out_for_a_while() {
    let closed = RETRY.replace("rate: 280/s", "users: 150, think_time: 500ms");
    let closed = closed.replace(
        "timeout: 1s, retry: { attempts: 2, backoff: 1s",
        "timeout: 300ms, retry: { attempts: 10, backoff: 0s",
    );
    let found = examine(&closed, "latency:db:+2s@0s+10s");
    assert!(found.probability.low > 0.5, "{:?}", found.probability);
    let loops = found.loops.unwrap();
    assert!(loops.sustained.alone.contains(&Sustainer::Retries), "{:?}", loops.sustained);
    assert!(loops.cure.is_some_and(|c| c.left == 0.0), "{:?}", loops.cure);
    assert_eq!(loops.band.heals, None);
}

/// Events decide what is found out, and what is not is told: at no budget is anything said that is not so at a large one. The
/// published answers are those of the first test.
#[test]
fn a_small_budget_says_less_and_nothing_else() {
    let fault = fault("partition:app>db@0s+10s");
    let whole = ask(RETRY, |i| i.examine(&fault, 1.0)).0.unwrap().loops.unwrap();
    assert_eq!(whole.unfinished, []);
    let mut open = Vec::new();
    for events in [100e3, 200e3, 400e3, 800e3, 1.6e6, 3.2e6] {
        let (found, spent) = ask(RETRY, |i| Inquiry { events, ..*i }.examine(&fault, 1.0));
        // A run that is cut is cut at the event; what is overdrawn is the least that has to be looked at.
        assert!(spent as f64 <= 1.3 * events, "{spent} of {events}");
        let Some(found) = found else { continue };
        assert_eq!(found.aftermaths.stuck().len(), found.aftermaths.each.len());
        let loops = found.loops.unwrap();
        let is_open = |question| loops.unfinished.contains(&question);
        assert!(loops.cure == whole.cure || is_open(Question::Cure), "{events}: {loops:?}");
        assert!(loops.sustained.alone.iter().all(|s| *s == Sustainer::Retries), "{events}: {loops:?}");
        assert!(loops.sustained.alone.len() == 1 || is_open(Question::Sustainers), "{events}: {loops:?}");
        // What was tried holds on either side of the edge.
        assert!(loops.band.safe <= whole.band.vulnerable && loops.band.vulnerable >= whole.band.safe, "{loops:?}");
        assert!(loops.smallest.lasting >= whole.smallest.too_short.unwrap_or_default(), "{loops:?}");
        open.push(loops.unfinished.len());
    }
    assert!(open.is_sorted_by(|a, b| a >= b) && open.first() > Some(&0) && open.last() == Some(&0), "{open:?}");
}

#[test]
fn threads_change_nothing() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let fault = fault("latency:db:+2s@0s+5s");
        let examined = pool.install(|| ask(RETRY, |i| Inquiry { events: 2e6, ..*i }.examine(&fault, 1.0)));
        format!("{examined:?}")
    };
    assert_eq!(with(1), with(2));
}

/// A world that goes on under another plan keeps its books.
#[test]
fn every_mechanism_can_be_left_out_of_a_run() {
    let text = RETRY.replace("to: app.page }", "to: app.page, timeout: 4s, retry: { attempts: 2, backoff: 1s } }");
    ask(&text, |inquiry| {
        let fault = fault("partition:app>db@0s+10s");
        let found = inquiry.aftermaths(&fault, fault.duration.unwrap(), 1.0, 0.0).unwrap();
        let stuck = inquiry.stuck(&fault, 1.0, &found, 1e9).unwrap();
        let (replication, state) = &stuck.states[0];
        let mut short = inquiry.graph.plan().clone();
        short.edges.iter_mut().for_each(|e| (e.retry, e.cancellation) = (None, e.timeout.is_some()));
        let mut course = stuck.course;
        course.wait = SimDuration::from_secs(5);
        let case = stuck.case(&short, &[]);
        let mut under = state.under(&short);
        case.advance(&mut under, *replication, course.end());
        assert_eq!(under.world().audit(), Ok(()));
        // What had failed before may try once more; then nobody does.
        case.advance(&mut under, *replication, course.end() + SimDuration::from_secs(4));
        let retries = |row: &crate::measure::Row| row.edges.iter().map(|e| e.retries).sum::<u32>();
        assert_eq!(under.rows().last().map(retries), Some(0));
        assert!(state.rows().last().map(retries) > Some(50));

        // Under an equal plan nothing changes.
        let same = inquiry.graph.plan().clone();
        let end = course.end();
        let (mut kept, mut moved) = (state.clone(), state.under(&same));
        stuck.case(inquiry.graph.plan(), &[]).advance(&mut kept, *replication, end);
        stuck.case(&same, &[]).advance(&mut moved, *replication, end);
        assert_eq!(kept.rows(), moved.rows());
    });
}

/// A service that hangs for 40 s before a database holds 220/s · 40 s = 8,800 requests, none of them at the database. It answers
/// 1 / 3.3 ms = 303/s, and with a fifth of the load in retries 264/s come: what the fault left drains at 39/s to 83/s, in 106 s
/// to 226 s. The slowest mechanism takes 3 s. That is a debt, and no state that holds itself; without the budget 440/s come,
/// and it is one.
#[test]
fn what_stands_upstream_is_seen_to_drain() {
    let storm = |budget: &str| {
        format!(
            "
traffic: {{ rate: 220/s, to: web }}
services:
  web:
    concurrency: 5000
    endpoints: {{ get: [ {{ call: db }} ] }}
    dependencies: {{ db: {{ timeout: 1s, retry: {{ attempts: 2, backoff: 10ms{budget} }} }} }}
databases: {{ db: {{ connections: 1, query: {{ constant: 3.3ms }} }} }}
"
        )
    };
    let fault = fault("hang:web@0s+40s");
    let after =
        |budget: &str| ask(&storm(budget), |i| i.aftermaths(&fault, fault.duration.unwrap(), 1.0, 20e6).unwrap());
    let drains = after(", budget: 20%");
    assert!(drains.stuck().is_empty() && !drains.wait.capped, "{:?} {:?}", drains.wait, drains.each);
    assert!(drains.wait.length > SimDuration::from_secs(60), "{:?}", drains.wait);
    let stays = after("");
    assert_eq!(stays.stuck().len(), stays.each.len(), "{:?} {:?}", stays.wait, stays.each);
    assert_eq!(
        (stays.wait.length, stays.wait.capped),
        (SimDuration::from_secs(3), false),
        "nothing falls: no reason to wait"
    );
}

/// Fifty users of a healthy system ask each endpoint 14 times a second or more: five seconds before the fault tell its rate to a
/// seventh, which is no reason to call it broken afterwards. No request of these runs fails.
#[test]
fn the_clinic_is_never_called_stuck() {
    let path = format!("{}/models/petclinic.yaml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let fault = fault("latency:visits:+2s@0s+40s");
    let found = ask(&text, |i| i.aftermaths(&fault, fault.duration.unwrap(), 1.0, 1e9).unwrap());
    let back = found.each.iter().filter(|a| matches!(a, Aftermath::Back(_))).count();
    assert_eq!((back, found.each.len()), (20, 20), "{:?}", found.each);
}
