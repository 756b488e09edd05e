//! The scores of a review, by hand.

use super::*;
use crate::experiments::Paged;

/// Five services, whose declarations are given; the first is called by users and has two replicas.
fn services(first: &str, others: [&str; 4]) -> Case {
    let mut text = format!(
        "traffic: {{ rate: 10/s, to: a }}\nservices:\n  a: {{ replicas: 2, work: 1ms, calls: [ b, c, d, e ]{first} }}\n"
    );
    for (name, more) in ["b", "c", "d", "e"].into_iter().zip(others) {
        text += &format!("  {name}: {{ work: 1ms{more} }}\n");
    }
    text += "alerts: { slow: { when: a p99 > 1s, over: 10s } }\n";
    Case::of(&text)
}

const ALL: &str =
    ", observability: { logs: structured, correlation_ids: true, metrics: true, dashboards: true, traces: true }";

fn observed(declared: &str) -> Option<(char, String)> {
    observed_in(&services(declared, [declared; 4]))
}

fn observed_in(case: &Case) -> Option<(char, String)> {
    case.with(|evidence| scores(evidence, &[]).observability)
}

fn line(case: &Case, name: &str) -> (Option<bool>, String) {
    let scores = case.with(|evidence| scores(evidence, &look(evidence)));
    let (_, mark) = scores.items.into_iter().find(|(item, _)| *item == name).expect(name);
    (mark.passed, mark.why)
}

/// A point each; detection is unknown where nothing hurts.
#[test]
fn a_grade_is_a_sum_of_shares() {
    let told = |grade: char, words: &str| Some((grade, words.to_owned()));
    assert_eq!(observed(ALL), told('B', "logs 100%, metrics 100%, traces 100%, detection unknown"));
    assert_eq!(observed(""), None);
    let without = |word: &str, other: &str| observed(&ALL.replace(word, other));
    let two = told('C', "logs 100%, metrics 100%, traces 0%, detection unknown");
    assert_eq!(without("traces: true", "traces: false"), two);
    assert_eq!(without(", traces: true", ""), told('C', "logs 100%, metrics 100%, traces unknown, detection unknown"));
    assert_eq!(
        without("dashboards: true", "dashboards: false"),
        told('C', "logs 100%, metrics 0%, traces 100%, detection unknown")
    );
    assert_eq!(
        observed(", observability: { traces: true }"),
        told('D', "logs unknown, metrics unknown, traces 100%, detection unknown")
    );
    // Silence of some earns nothing: traces of four of five services are less than a point.
    let some = services(", observability: { traces: true }", [", observability: { traces: true }", "", "", ""]);
    assert_eq!(observed_in(&some), told('F', "logs unknown, metrics unknown, traces 40%, detection unknown"));
}

/// Of two failures that hurt, one is told of; a third hurts nobody, a fourth is not sure.
#[test]
fn detection_is_the_share_of_what_hurts_that_is_told_of() {
    let mut case = services(ALL, [ALL; 4]);
    let failure = |case: &Case, failed: f64, paged: bool| {
        let mut harm = harm([failed, 0.0], [0.0; 2]);
        for tolls in [&mut harm.healthy, &mut harm.faulted] {
            tolls.truncate(1);
        }
        harm.during.truncate(1);
        let mut failure = case.failure("kill:b", "b", vec![harm; 2]);
        failure.unavoidable = vec![0.0];
        let after = vec![paged.then_some(S(3)); 2];
        failure.detection = Detection { paged: vec![Paged { alert: 0, after }], lasting: S(10), cut: false };
        failure
    };
    let unsure = Failure { confirmed: false, ..failure(&case, 50.0, false) };
    case.review.failures =
        vec![failure(&case, 50.0, true), failure(&case, 50.0, false), failure(&case, 0.0, false), unsure];
    let told =
        |grade: char, share: u32| Some((grade, format!("logs 100%, metrics 100%, traces 100%, detection {share}%")));
    assert_eq!(observed_in(&case), told('A', 50));
    case.review.failures.remove(0);
    assert_eq!(observed_in(&case), told('B', 0));
    // Without alerts it is not known who would be told.
    let mut none = case.clone();
    none.model.alerts.clear();
    assert_eq!(observed_in(&none).map(|(_, words)| words.ends_with("detection unknown")), Some(true));
}

/// A point for each line that is passed; parts of somebody else's have no dashboards of ours.
#[test]
fn ten_lines_are_ten_points() {
    let points = |case: &Case| case.with(|evidence| scores(evidence, &[]).readiness);
    let bare = services("", [""; 4]);
    assert_eq!(points(&bare), 3, "pools, caches and backups, of which there are none");
    assert_eq!(points(&services(ALL, [ALL; 4])), 5, "logs and metrics");
    let name = "metrics and dashboards";
    let silent = "metrics and dashboards not declared for web, pay and db";
    assert_eq!(line(&Case::new(), name), (None, silent.into()));
    let bank = Case::of(
        &SHOP
            .replace("  pay: { replicas: 2, work: 1ms }", "")
            .replace("slos:", "external: { pay: { latency: 1ms } }\nslos:"),
    );
    let silent = "metrics and dashboards not declared for web and db";
    assert_eq!(line(&bank, name), (None, silent.into()));
}

/// Each line says for whom it does not hold, three of them by name.
#[test]
fn a_line_of_the_checklist_says_why() {
    let yes = ", observability: { error_tracking: true }";
    let no = ", observability: { error_tracking: false }";
    let told = |first: &str, others| line(&services(first, others), "error tracking");
    assert_eq!(told(yes, [yes; 4]), (Some(true), "for all".into()));
    assert_eq!(told(yes, [yes, "", yes, yes]), (None, "error_tracking not declared for c".into()));
    assert_eq!(told(yes, ["", no, yes, no]), (Some(false), "not for c and e".into()));
    assert_eq!(told("", [""; 4]), (None, "error_tracking not declared for a, b, c and 2 more".into()));
    assert_eq!(told(yes, [no, no, no, yes]), (Some(false), "not for b, c and d".into()));
}

/// Only services with several replicas need a health check, only those that users call a limit; and what was found to do harm
/// fails a line.
#[test]
fn lines_are_about_those_who_need_them() {
    let check = ", health_check: { interval: 1s }";
    let of = |first: &str, name: &str| line(&services(first, [""; 4]), name);
    assert_eq!(of("", "health checks"), (None, "health_check not declared for a".into()));
    assert_eq!(of(check, "health checks"), (Some(true), "for all".into()));
    let limit = "rate_limit or load_shedding not declared for a";
    assert_eq!(of("", "rate limiting"), (None, limit.into()));
    for limits in ["rate_limit: 99/s", "load_shedding: {}", "concurrency_limit: { algorithm: vegas }"] {
        assert_eq!(of(&format!(", {limits}"), "rate limiting"), (Some(true), "for all".into()), "{limits}");
    }
    assert_eq!(of("", "graceful shutdown").0, None);
    assert_eq!(of(", grace: 5s", "graceful shutdown").1, "startup or grace not declared for b, c, d and 1 more");
    assert_eq!(of("", "connection pooling"), (Some(true), "nothing needs it".into()));
    assert_eq!(of("", "cache strategy"), (Some(true), "nothing needs it".into()));
    assert_eq!(of(", api: { versioning: none }", "API versioning"), (Some(false), "not for a".into()));
    assert_eq!(of(", api: { versioning: url }", "API versioning"), (Some(true), "for all".into()));
    assert_eq!(of("", "tested backups"), (Some(true), "nothing needs it".into()));
    let shop = Case::new();
    assert_eq!(line(&shop, "connection pooling"), (Some(true), "for all, and of a fitting size".into()));
    assert_eq!(line(&shop, "tested backups"), (None, "backups not declared for db".into()));
    let backups = |word: &str| Case::of(&SHOP.replace("connections: 10", &format!("connections: 10, backups: {word}")));
    assert_eq!(line(&backups("tested"), "tested backups"), (Some(true), "for all".into()));
    assert_eq!(line(&backups("untested"), "tested backups"), (Some(false), "not for db".into()));
    let bare = Case::of(&SHOP.replace(", pool: 5", ""));
    assert_eq!(line(&bare, "connection pooling"), (None, "no pool declared for web>db".into()));
    let large = Case::of(&SHOP.replace("pool: 5", "pool: 50"));
    assert_eq!(line(&large, "connection pooling"), (Some(false), "connection-pool-too-large on db".into()));
}

/// A cache with a stated hit ratio has no entries that could expire.
#[test]
fn a_cache_is_judged_where_it_has_keys() {
    let cached = |how: &str| {
        Case::of(&format!(
            "
traffic: {{ rate: 10/s, to: api.show }}
services: {{ api: {{ endpoints: {{ show: [ {{ cached: {{ cache: pages, miss: [ {{ call: db }} ] }} }} ] }} }} }}
databases: {{ db: {{ query: 1ms }} }}
caches: {{ pages: {{ {how} }} }}
"
        ))
    };
    let stated = "pages has a stated hit ratio; its expiry cannot be simulated";
    assert_eq!(line(&cached("hit_ratio: 90%"), "cache strategy"), (None, stated.into()));
    let keys = line(&cached("keys: 100"), "cache strategy");
    assert_eq!(keys, (Some(true), "losing a cache does no avoidable harm".into()));
}
