//! The two shipped models do what their header comments say, and their figures are those of a sheet of paper.

use crate::common::{duration, shipped, trial};
use tenfold::measure::{Measurements, Trial};
use tenfold::model::Model;
use tenfold::plan::Knobs;

fn at(model: &Model, load: f64, measured: &str, faults: &[&str]) -> Measurements {
    let base = trial(model, measured, faults);
    let timeline = if faults.is_empty() {
        vec![(duration("0"), Knobs::baseline(&model.plan, load))]
    } else {
        assert_eq!(load, 1.0, "the timeline of `trial` is for load 1x");
        base.timeline.clone()
    };
    Trial { load, warmup: duration("10s"), timeline, ..base }.run()
}

fn changed(model: &Model, changes: &[(&str, &str)]) -> Model {
    let changes: Vec<_> = changes.iter().map(|(path, to)| model.change(path, to)).collect();
    model.with(&changes).unwrap()
}

fn success(model: &Model, measured: &Measurements, endpoint: &str) -> f64 {
    let id = model.plan.endpoint(endpoint).unwrap();
    let links = measured.sources.iter().flat_map(|s| &s.by_link);
    links.filter(|(to, _)| *to == id).map(|(_, served)| served.success_rate()).sum()
}

/// What the shop asks of each resource, by hand. At 1x, 300 requests/s: home 150, search 75, account 45, checkout 30.
/// Lognormal means from their percentiles, sigma = ln(p99/p50)/2.3263, mean = p50 exp(sigma^2/2):
/// history (60, 250 ms) 72.42 ms, catalogue search (15, 80 ms) 19.43 ms, stripe (120, 900 ms) 174.61 ms.
///
/// | resource | busy at 1x | of | 1x | 10x |
/// |---|---|---|---|---|
/// | orders-db.connections | 30 (4 + 10) + 45 · 72.42 ms = 3.679 | 16 | 23.0% | 230% |
/// | payments.workers | 30 (4 + 174.61) ms = 5.358 | 30 | 17.9% | 179% |
/// | web.cpu | 150·2 + 75·2 + 45·2 + 30·3 ms = 0.630 | 8 | 7.9% | 79% |
/// | payments.cpu | 30·4 ms = 0.120 | 2 | 6.0% | 60% |
/// | catalog.cpu | 225·1.5 ms = 0.338 | 6 | 5.6% | 56% |
/// | orders.cpu | 30·3 + 45·2 ms = 0.180 | 6 | 3.0% | 30% |
/// | mailer.workers | 30·40 ms = 1.200 | 40 | 3.0% | 30% |
/// | catalog-db.read.connections | 150·5%·25 + 75·19.43 ms = 1.645 | 60 | 2.7% | 27% |
///
/// So the connections give out at 16/3.679 = 4.3 times the load, the payment workers at 30/5.358 = 5.6 times, and nothing
/// else before 10x. (Workers of web, orders and catalog wait for others; they have room.)
const BY_HAND: &[(&str, f64, f64)] = &[
    ("orders-db.connections", 3.679, 16.0),
    ("payments.workers", 5.358, 30.0),
    ("web.cpu", 0.630, 8.0),
    ("payments.cpu", 0.120, 2.0),
    ("catalog.cpu", 0.3375, 6.0),
    ("orders.cpu", 0.180, 6.0),
    ("mailer.workers", 1.200, 40.0),
    ("catalog-db.read.connections", 1.645, 60.0),
];

fn utilisations_agree(measured: &Measurements, load: f64, widened: &[&str]) {
    for &(name, busy, capacity) in BY_HAND {
        let resource = measured.resources.iter().find(|r| r.name == name).expect(name);
        if !widened.contains(&name) {
            assert_eq!(resource.capacity, capacity, "{name}");
        }
        let found = resource.utilization * resource.capacity;
        assert!((found / (load * busy) - 1.0).abs() < 0.03, "{name} at {load}x: {found} busy, by hand {}", load * busy);
    }
}

#[test]
fn utilisations_at_1x_are_those_worked_out_by_hand() {
    let model = shipped("shop.yaml");
    let measured = at(&model, 1.0, "600s", &[]);
    utilisations_agree(&measured, 1.0, &[]);
    for endpoint in ["web.home", "web.search", "web.account", "web.checkout"] {
        assert!(success(&model, &measured, endpoint) > 0.999, "{endpoint}");
    }
}

/// With enough of the two resources that give out, 10x is served, and every demand is ten times what it was.
#[test]
fn utilisations_at_10x_are_those_worked_out_by_hand_once_two_limits_are_lifted() {
    let model = shipped("shop.yaml");
    let broken = at(&model, 10.0, "60s", &[]);
    assert!(success(&model, &broken, "web.home") < 0.9, "as it stands, 10x takes down even the home page");
    let wide = changed(&model, &[("databases.orders-db.connections", "64"), ("services.payments.replicas", "8")]);
    let measured = at(&wide, 10.0, "60s", &[]);
    let widened = ["orders-db.connections", "payments.workers", "payments.cpu"];
    utilisations_agree(&measured, 10.0, &widened);
    for endpoint in ["web.home", "web.search", "web.account", "web.checkout"] {
        assert!(success(&wide, &measured, endpoint) > 0.995, "{endpoint}");
    }
}

const SLOW_STRIPE: &str = "latency:stripe:+5s@20s+60s";

/// Pages that never call the card processor fail with it, and a breaker on the call to it is what helps. A shorter
/// time-out that does not cut off healthy payments (2 s; p99 is 900 ms) is not enough: 30 calls/s of 2 s want 60 workers.
#[test]
fn the_missing_breaker_matters() {
    let model = shipped("shop.yaml");
    let home = |changes: &[(&str, &str)]| {
        let model = changed(&model, changes);
        let measured = at(&model, 1.0, "120s", &[SLOW_STRIPE]);
        ["web.home", "web.search"].map(|page| success(&model, &measured, page))
    };
    let stripe = "services.payments.dependencies.stripe";
    let as_is = home(&[]);
    let breaker = home(&[(&format!("{stripe}.circuit_breaker"), "{}")]);
    let timeout = home(&[(&format!("{stripe}.timeout"), "2s")]);
    assert!(as_is.iter().all(|s| *s < 0.85), "{as_is:?}");
    assert!(breaker.iter().all(|s| *s > 0.999), "{breaker:?}");
    assert!(timeout.iter().all(|s| *s < 0.90), "{timeout:?}");
}

/// The advertisement server hangs and nobody minds: its 100 ms of patience cost 45 x 0.3 x 0.1 s, about five workers of 400.
/// A breaker there changes nothing.
#[test]
fn the_decoy_needs_no_breaker() {
    let model = shipped("shop.yaml");
    let guarded = changed(&model, &[("services.web.dependencies.ads.circuit_breaker", "{}")]);
    for model in [&model, &guarded] {
        let measured = at(model, 1.0, "120s", &["latency:ads:+5s@20s+60s"]);
        for page in ["web.home", "web.search", "web.account"] {
            assert!(success(model, &measured, page) > 0.9999, "{page}");
        }
        assert!(success(model, &measured, "web.checkout") > 0.998);
    }
}

/// Once the fault is over the shop is well again, by itself: the scenario's `recovers within 30s` is not what fails.
#[test]
fn the_shop_recovers_by_itself() {
    let model = shipped("shop.yaml");
    let measured = at(&model, 1.0, "120s", &[SLOW_STRIPE]);
    let home = model.plan.endpoint("web.home").unwrap().index();
    let failed = |row: usize| measured.series.rows[row].endpoints[home].failed;
    assert!((40..80).map(failed).sum::<u32>() > 1_000, "broken while the fault lasts");
    assert_eq!((90..120).map(failed).sum::<u32>(), 0, "ten seconds after its end nothing is left of it");
}

/// Calls inside Online Boutique, counted in its source for each request:
/// home 13, set-currency 0, product 12, add-to-cart 2, view-cart 15 with two items, checkout 20 with two items
/// (of which one to checkout itself, 11 made by it, 8 by the front end). Redis is called by the cart, once for each of its
/// calls and twice to add. Weighted by the mix: (3·13 + 2·0 + 13·12 + 3·2 + 6·15 + 1·20) / 28 = 11.1 calls a request.
#[test]
fn the_boutique_makes_the_calls_of_its_source() {
    let model = shipped("online-boutique.yaml");
    let measured = at(&model, 10.0, "600s", &[]);
    let plan = &model.plan;
    let served = |name: &str| measured.endpoints[plan.endpoint(name).expect(name).index()].offered as f64;
    let pages = ["home", "set-currency", "product", "add-to-cart", "view-cart", "checkout"];
    let [home, _, product, add, view, checkout] = pages.map(|page| served(&format!("frontend.{page}")));
    let expected = [
        ("currency.get-supported", home + product + view + checkout),
        ("currency.convert", 9.0 * home + product + 3.0 * view + 3.0 * checkout),
        ("catalog.list", home + product + view + checkout),
        ("catalog.get", 6.0 * product + add + 7.0 * view + 7.0 * checkout),
        ("cart.get", home + product + view + checkout),
        ("recommendations.list", product + view + checkout),
        ("ads.get", home + product),
        ("shipping.quote", view + checkout),
        ("payment.charge", checkout),
        ("email.send", checkout),
        ("redis-cart.get", home + product + view + checkout + add),
        ("redis-cart.set", add + checkout),
    ];
    for (name, calls) in expected {
        // Requests under way at either end of the measured part may have made their calls outside it.
        assert!((served(name) - calls).abs() <= 5.0, "{name}: {} calls, by hand {calls}", served(name));
    }
    let requests: f64 = pages.iter().map(|page| served(&format!("frontend.{page}"))).sum();
    let own = ["frontend", "redis-cart"];
    let inner = |e: &&tenfold::plan::Edge| own.iter().all(|o| plan.components[e.to.index()].name != *o);
    let inner = plan.edges.iter().zip(&measured.edges).filter(|(edge, _)| inner(edge));
    let calls: f64 = inner.map(|(_, tally)| tally.calls as f64).sum();
    assert!((calls / requests - 11.1).abs() < 0.2, "{} calls a request", calls / requests);
    // Ten users make 1.8 tasks of 1.475 requests a second, a hundred ten times as many.
    assert!((requests / 600.0 / 26.6 - 1.0).abs() < 0.05, "{} requests a second", requests / 600.0);
}
