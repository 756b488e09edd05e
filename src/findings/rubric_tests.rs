//! The scores, judged by hand.

use super::tests::read;
use super::*;
use crate::experiments::{Options, Quiet, review};
use crate::graph::Graph;
use crate::units::Quantity;

/// The rubric by hand: of ten lines a bare model passes the three about what it has none of, a model that declares and does
/// everything passes all, and one word takes one line away.
#[test]
fn the_scores_follow_the_rubric() {
    let score = |text: &str| {
        let model = read(text);
        let graph = Graph::new(&model.plan);
        let options =
            Options { loads: vec![Quantity::Factor(1.0)], replications: 2, budget: 4e6, ..Options::default() };
        let review = review(&model, &options, &Quiet);
        let evidence = Evidence { model: &model, graph: &graph, review: Some(&review) };
        scores(&evidence, &look(&evidence))
    };
    let marks = |scores: &Scores, passed: Option<bool>| {
        let those = scores.items.iter().filter(|(_, mark)| mark.passed == passed);
        those.map(|(name, _)| *name).collect::<Vec<_>>()
    };
    let bare = score("traffic: { rate: 20/s, to: shop }\nservices: { shop: { replicas: 2, work: 1ms } }\n");
    assert_eq!((bare.readiness, bare.observability.clone()), (3, None));
    assert_eq!(marks(&bare, Some(true)), ["connection pooling", "cache strategy", "tested backups"]);
    assert!(marks(&bare, Some(false)).is_empty(), "silence is unknown, and no failure: {bare:?}");
    let whole = "
traffic: { rate: 20/s, to: shop.buy }
services:
  shop:
    replicas: 2
    grace: 10s
    health_check: { interval: 1s }
    rate_limit: 200/s
    observability: { logs: structured, correlation_ids: true, metrics: true, dashboards: true, traces: true, error_tracking: true }
    api: { versioning: url }
    endpoints: { buy: [ { work: 1ms }, { call: db } ] }
    dependencies: { db: { pool: 5, timeout: 1s } }
databases:
  db: { failover: 5s, backups: tested, observability: { metrics: true, dashboards: true }, query: 2ms }
alerts: { shop-fails: { when: shop.buy errors > 1%, over: 15s } }
";
    let all = score(whole);
    assert_eq!(all.readiness, 10, "{all:#?}");
    assert_eq!(all.observability.as_ref().map(|(grade, _)| *grade), Some('A'), "{all:#?}");
    for (word, other, line) in [
        ("backups: tested", "backups: untested", "tested backups"),
        ("logs: structured", "logs: plain", "structured logs"),
        ("versioning: url", "versioning: none", "API versioning"),
        ("    rate_limit: 200/s\n", "", "rate limiting"),
        ("    health_check: { interval: 1s }\n", "", "health checks"),
    ] {
        let less = score(&whole.replace(word, other));
        assert!(!marks(&less, Some(true)).contains(&line), "{other}: {less:#?}");
    }
    // Logs, metrics and traces are a point each, and so are all failures of which an alert tells: three are a B.
    let dark = score(&whole.replace("traces: true", "traces: false"));
    assert_eq!(dark.observability.map(|(grade, _)| grade), Some('B'));
}
