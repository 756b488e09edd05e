//! Remedies that were tried and proven, and what is said to those who have to do them.

use super::*;
use crate::experiments::{Proof, Remedy, Spares, Supposition};

/// A remedy on replicas: of 400 requests in each of two replications so many are spared.
fn remedied(code: &'static str, spared: f64) -> Proof {
    Proof {
        remedy: Remedy {
            code,
            subject: "web".into(),
            given: None,
            faults: Vec::new(),
            breaker: None,
            spares: Spares::Requests,
            changes: Vec::new(),
        },
        change: change("services.web.replicas", None, "5"),
        before: vec![vec![toll(30.0, 20.0), toll(0.0, 50.0)]; 2],
        after: vec![vec![toll(0.0, 0.0), toll(9.0, 1.0)]; 2],
        spared: estimate(spared, spared - 1.0, spared + 1.0),
        harmless: true,
    }
}

#[test]
fn a_remedy_is_told_by_the_case_in_which_it_spares_most() {
    const CODE: &str = "zone-imbalance";
    let told = |change: &dyn Fn(&mut Proof)| {
        let mut case = Case::new();
        let mut proof = remedied(CODE, 20.0);
        change(&mut proof);
        case.review.remedies = vec![remedied("hot-key", 30.0), remedied(CODE, 1.0), proof, remedied(CODE, 2.0)];
        case.one(CODE)
    };
    let found = told(&|_| {});
    assert_eq!(found.title, "web: on a healthy day, 5% of all requests are lost or late without need");
    let expected = [
        "With services.web.replicas from 2 to 5 10 requests go bad instead of 100, on the same random numbers (19 to 21 \
         fewer, at 95%; 2 replications, seed 7).",
        "On a healthy day it makes nothing worse.",
    ];
    assert_eq!(found.evidence, expected);
    assert_eq!(found.fix.as_ref().unwrap().summary, "services.web.replicas from 2 to 5");
    let effect = found.effect.as_ref().unwrap();
    assert_eq!((effect.figure, effect.before.mean, effect.after.mean), (Figure::Lost, 100.0, 10.0));
    // A twentieth is a scale issue, unless its day may never come.
    assert_eq!(found.severity, Severity::P1);
    assert_eq!(told(&|p| p.spared.mean = 19.9).severity, Severity::P2);
    let rush = told(&|p| p.remedy.faults = vec![Fault::parse_flag("load:3x").unwrap()]);
    assert_eq!(rush.severity, Severity::P2);
    let killed = told(&|p| p.remedy.faults = vec![Fault::parse_flag("kill:pay").unwrap()]);
    assert_eq!(killed.severity, Severity::P1);
    assert!(killed.title.starts_with("web: with pay killed, 5%"), "{}", killed.title);
    let supposed = told(&|p| {
        p.remedy.faults = vec![Fault::parse_flag("kill:pay").unwrap()];
        p.remedy.given = Some(Supposition { words: "a bad message".into(), changes: Vec::new() });
    });
    assert_eq!(supposed.severity, Severity::P2);
    assert!(supposed.title.starts_with("web: with pay killed, then a bad message, "), "{}", supposed.title);
    let harmful = told(&|p| p.harmless = false);
    assert_eq!(harmful.evidence[1], "On a healthy day it makes answers worse, so it is not recommended as it is.");
    assert!(harmful.fix.is_none() && harmful.effect.is_none());
    let others = told(&|p| p.remedy.spares = Spares::OthersRequests(0));
    assert!(others.title.ends_with("5% of the others' requests are lost or late without need"), "{}", others.title);
    assert!(others.evidence[0].contains("10 requests of the others go bad instead of 100"), "{:?}", others.evidence);
    let messages = told(&|p| p.remedy.spares = Spares::Messages(crate::plan::TopicId::new(0)));
    assert!(messages.title.ends_with("5% of all messages wait without need"), "{}", messages.title);
    assert!(messages.evidence[0].contains("10 messages are not finished in the end instead of 100"));
    assert_eq!(messages.effect.unwrap().figure, Figure::Waiting);
    let nothing = told(&|p| p.change = change("services.web.grace", None, "5s"));
    assert_eq!(nothing.fix.unwrap().summary, "services.web.grace from nothing to 5s");
}

/// Findings that rest on a remedy, each told by its own.
#[test]
fn a_remedy_is_the_finding_that_it_is_for() {
    const CODES: &[&str] = &[
        "autoscaler-too-slow",
        "autoscaler-wrong-signal",
        "breaker-flaps",
        "breaker-never-trips",
        "cache-hides-capacity",
        "cache-stampede",
        "consumer-too-slow",
        "deep-health-check",
        "ejects-busy-replicas",
        "harmful-guard",
        "hot-key",
        "hot-shard",
        "hung-half-open",
        "missing-dead-letter",
        "missing-fallback",
        "missing-load-shedding",
        "not-graceful-shutdown",
        "poison-message",
        "publisher-blocks",
        "rate-limit-missing",
        "retry-without-backoff",
        "synchronous-external-call",
        "zone-imbalance",
    ];
    let mut case = Case::new();
    for code in CODES {
        case.review.remedies = vec![remedied(code, 90.0)];
        let found = case.one(code);
        assert_eq!((found.subject.as_str(), found.effect.is_some()), ("web", true), "{code}");
    }
}

#[test]
fn a_late_autoscaler_is_not_told_where_its_signal_is_wrong() {
    let mut case = Case::new();
    case.review.remedies = vec![remedied("autoscaler-too-slow", 90.0)];
    assert_eq!(case.found("autoscaler-too-slow").len(), 1);
    let mut wrong = remedied("autoscaler-wrong-signal", 9.0);
    case.review.remedies.push(wrong.clone());
    assert_eq!((case.found("autoscaler-too-slow").len(), case.found("autoscaler-wrong-signal").len()), (0, 1));
    wrong.remedy.subject = "pay".into();
    case.review.remedies[1] = wrong;
    assert_eq!(case.found("autoscaler-too-slow").len(), 1);
}

/// A debt is one however much it spares; and what waiting for others costs is no change to be made.
#[test]
fn debts_are_never_urgent() {
    let mut case = Case::new();
    case.review.remedies = vec![remedied("consumer-too-slow", 90.0), remedied("synchronous-external-call", 90.0)];
    assert_eq!(case.one("consumer-too-slow").severity, Severity::P2);
    let waits = case.one("synchronous-external-call");
    assert_eq!((waits.severity, waits.confidence, waits.fix), (Severity::P2, Confidence::Medium, None));
}

/// Who has to do it, in the words of the stack, and what it costs.
#[test]
fn a_fix_is_told_with_its_owner_and_its_price() {
    let text = SHOP.replace("web:\n    replicas: 2", "web:\n    replicas: 2\n    cost: 40\n    owner: checkout");
    let mut case = Case::of(&text);
    let mut proof = remedied("zone-imbalance", 20.0);
    case.review.remedies = vec![proof.clone()];
    let lines = case.one("zone-imbalance").evidence;
    assert_eq!(lines[2..], ["At 40 a replica that is 120 more a month.", "web belongs to checkout."]);
    // Nothing is said of the price of another change.
    proof.change = change("services.web.concurrency", None, "5");
    case.review.remedies = vec![proof];
    assert_eq!(case.one("zone-imbalance").evidence[2..], ["web belongs to checkout."]);
}

/// In the words of the stack, with the value that was found; without one there is nothing to set.
#[test]
fn advice_is_given_in_the_words_of_the_stack() {
    let mut case = Case::of(&SHOP.replace("web:\n    replicas: 2", "web:\n    replicas: 2\n    stack: Go 1.24"));
    let mut proof = remedied("missing-bulkhead", 20.0);
    proof.change = change("services.web.concurrency", None, "12");
    let said = |case: &Case| {
        let found = case.with(|evidence| super::super::remedy::look(evidence, "missing-bulkhead"));
        let mut found = found[0].clone();
        let told = found.evidence.len();
        case.with(|evidence| super::super::advice::add(evidence, &mut found));
        found.evidence[told..].to_vec()
    };
    case.review.remedies = vec![proof];
    assert_eq!(said(&case), ["With Go 1.24: golang.org/x/sync/semaphore with 12, or MaxConnsPerHost."]);
    case.review.remedies[0].harmless = false;
    assert_eq!(said(&case), Vec::<String>::new());
    // Advice that needs no value is given all the same.
    case.review.remedies[0].remedy.code = "missing-tracing";
    let found = case.with(|evidence| {
        let mut found = super::super::remedy::look(evidence, "missing-tracing").remove(0);
        super::super::advice::add(evidence, &mut found);
        found
    });
    assert!(found.evidence.iter().any(|line| line.starts_with("With Go 1.24: ")), "{:?}", found.evidence);
}
