//! Guards that were tried and proven.

use super::*;
use crate::experiments::{Attempt, Containment, Decoy, Guard, Impairment, Mechanism, Move, Proven};
use crate::model::Metric;

impl Case {
    fn guard(&self, guard: Guard, to: &str) -> Move {
        Move { edge: self.edge("web>pay"), guard, change: change("services.web.dependencies.pay.x", None, to) }
    }
}

/// Of a failure that is made good but for this toll in each of two replications.
fn proven(moves: Vec<Move>, failure: &Failure, after: [Toll; 2], low: f64) -> Proven {
    let usual = vec![vec![toll(0.0, 0.0); 2]; 2];
    Proven {
        moves,
        before: failure.harms.iter().map(|harm| harm.faulted.clone()).collect(),
        after: vec![after.to_vec(); 2],
        healthy_before: usual.clone(),
        healthy_after: usual,
        spared: estimate(low + 1.0, low, low + 2.0),
    }
}

/// The shop, in which a circuit breaker contains this failure and spares so much at least.
fn contained(change: impl FnOnce(&mut Failure), harm: Harm, low: f64) -> Case {
    let mut case = Case::new();
    let mut failure = case.failure("kill:pay", "pay", vec![harm; 2]);
    change(&mut failure);
    let moves = vec![case.guard(Guard::Breaker, "{}")];
    let proven = Some(proven(moves, &failure, [toll(0.0, 0.0); 2], low));
    case.review.contained = vec![Containment { failure: 0, attempts: Vec::new(), untried: 0, proven }];
    case.review.failures = vec![failure];
    case
}

const CODE: &str = "missing-circuit-breaker";

/// All 200 requests fail while the bank is gone, and need not. A quarter spared for sure is an incident, a twentieth a
/// scale issue.
#[test]
fn what_is_spared_for_sure_makes_it_urgent() {
    let severity = |low: f64| {
        let found = contained(|_| {}, harm([100.0, 100.0], [0.0; 2]), low).one(CODE);
        (found.severity, found.confidence)
    };
    assert_eq!(severity(50.0), (Severity::P0, Confidence::High));
    assert_eq!(severity(49.0), (Severity::P1, Confidence::High));
    assert_eq!(severity(10.0), (Severity::P1, Confidence::High));
    assert_eq!(severity(9.0), (Severity::P2, Confidence::High));
    assert_eq!(severity(0.5), (Severity::P2, Confidence::High));
    assert_eq!(severity(0.0), (Severity::P2, Confidence::Medium), "perhaps it spares nothing");
    // What is spared beyond what could have been answered does not count: 13 fail of which 3 may be chance.
    let severity = |failed: f64| contained(|_| {}, harm([0.0, failed], [0.0; 2]), 190.0).one(CODE).severity;
    assert_eq!((severity(13.0), severity(12.9)), (Severity::P1, Severity::P2));
}

/// Answers that come late are an annoyance; what fails in half of the cases or more is an incident.
#[test]
fn what_is_only_late_is_less_urgent() {
    let severity = |failed: f64| {
        let late = 100.0 - failed;
        contained(|_| {}, harm([failed; 2], [late; 2]), 150.0).one(CODE).severity
    };
    assert_eq!((severity(50.0), severity(49.0)), (Severity::P0, Severity::P1));
    // What fails on a healthy day, too, does not count: 60 of which 20 fail anyway are 40, and as many are late.
    let usual = |failed: f64| {
        let mut harm = harm([60.0; 2], [40.0; 2]);
        harm.healthy = vec![toll(failed, 0.0); 2];
        contained(|_| {}, harm, 150.0).one(CODE).severity
    };
    assert_eq!((usual(20.0), usual(21.0)), (Severity::P0, Severity::P1));
}

/// One that does not come back in some replication, or takes those down who never call it, is an incident however little is
/// spared.
#[test]
fn what_stays_or_spreads_is_an_incident() {
    let stuck = contained(|f| f.harms[1].recovered = None, harm([0.0, 50.0], [0.0; 2]), 1.0).one(CODE);
    assert_eq!(stuck.severity, Severity::P0);
    let back = "After the end of the fault goodput comes back in 1 of 2 replications.";
    assert!(stuck.evidence.iter().any(|line| line == back), "{:#?}", stuck.evidence);
    let without = "web>pay has no circuit breaker: with pay killed,";
    assert_eq!(stuck.title, format!("{without} 24% of all requests are lost or late without need"));
    for (names, told) in [
        (&["web.page"][..], "web.page goes down too, and never needed pay"),
        (&["web.page", "web.buy"], "web.page and web.buy go down too, and never needed pay"),
    ] {
        let spreads = |failure: &mut Failure, case: &Case| {
            failure.collateral = names.iter().map(|name| case.model.plan.endpoint(name).unwrap()).collect();
        };
        let case = Case::new();
        let found = contained(|f| spreads(f, &case), harm([0.0, 50.0], [0.0; 2]), 1.0).one(CODE);
        assert_eq!((found.severity, found.title), (Severity::P0, format!("{without} {told}")));
        assert!(!found.evidence.iter().any(|line| line.starts_with("After the end")), "it came back in all");
    }
}

/// Purchases need the bank. A breaker that is open when the bank is back loses them for a while, which is no reason for haste:
/// half of the requests for 4 of 10 s are a fifth, for 5 s a quarter.
#[test]
fn what_lingers_behind_an_open_breaker_does_not_count() {
    let severity = |recovered: u64, low: f64| {
        let needed = |failure: &mut Failure| {
            failure.unavoidable = vec![0.0, 1.0];
            failure.harms.iter_mut().for_each(|harm| harm.recovered = Some(S(recovered)));
        };
        contained(needed, harm([100.0, 100.0], [0.0; 2]), low).one(CODE).severity
    };
    // 92 of 200 are 46%.
    assert_eq!((severity(4, 92.0), severity(5, 92.0)), (Severity::P0, Severity::P1));
    assert_eq!((severity(8, 92.0), severity(9, 92.0)), (Severity::P1, Severity::P2));
    assert_eq!((severity(0, 50.0), severity(0, 49.0)), (Severity::P0, Severity::P1));
}

/// Every sentence: the loss, the cascade, what the guard spares, what was tried besides, the price, the runs.
#[test]
fn a_guard_is_told_with_its_figures() {
    let mut case = contained(|_| {}, harm([100.0, 60.0], [0.0, 40.0]), 120.0);
    let step = |component, at, mechanism| Impairment { component, at, mechanism, via: None, readings: Vec::new() };
    let web = step(case.component("web"), S(2), Mechanism::WorkersExhausted);
    case.review.failures[0].harms.iter_mut().for_each(|harm| harm.cascade = vec![web.clone()]);
    let attempts = [(Guard::Timeout, 0.1), (Guard::Bulkhead, 0.4), (Guard::RetryBudget, -0.2), (Guard::Breaker, 0.9)];
    let mut attempts: Vec<Attempt> = attempts
        .into_iter()
        .map(|(guard, spared)| Attempt { moves: vec![case.guard(guard, "{}")], spared, toll: Vec::new() })
        .collect();
    let several = Attempt { moves: vec![case.guard(Guard::Timeout, "1s"); 2], spared: 0.95, toll: Vec::new() };
    attempts.push(several);
    case.review.contained[0].attempts = attempts;
    let proven = case.review.contained[0].proven.as_mut().unwrap();
    proven.after = vec![vec![toll(10.0, 0.0), toll(10.0, 10.0)], vec![toll(0.0, 0.0), toll(20.0, 10.0)]];
    let day = |p99: [f64; 2]| p99.map(|p99| Toll { p99, ..toll(0.0, 0.0) }).to_vec();
    proven.healthy_before = vec![day([0.010, 0.010]), day([0.010, 0.030])];
    proven.healthy_after = vec![day([0.010, 0.030]), day([0.012, 0.050])];
    let found = case.one(CODE);
    let expected = [
        "With pay killed for 10s, 100% of the requests that come meanwhile fail or come too late; 97% could have been \
         answered without pay.",
        "It spreads: web after 2s (workers exhausted).",
        "With the change 30 requests go bad instead of 200, on the same random numbers (120 to 122 fewer, at 95%).",
        "Tried as well: a bulkhead on web>pay spares 40%, a timeout on web>pay spares 10% and a retry budget on web>pay \
         spares 0%.",
        "It costs nothing on a healthy day: p99 of web.buy is 20ms before, 40ms after.",
        "Shown by 2 replications of `kill:pay` at 1x, seed 7.",
    ];
    assert_eq!(found.evidence, expected);
    assert_eq!((found.subject.as_str(), found.code), ("web>pay", CODE));
    assert_eq!(
        found.title,
        "web>pay has no circuit breaker: with pay killed, 97% of all requests are lost or late without need"
    );
    let fix = found.fix.expect("it was proven");
    assert_eq!(fix.summary, "a circuit breaker on web>pay");
    assert_eq!(fix.changes, [change("services.web.dependencies.pay.x", None, "{}")]);
    // The best four are enough.
    let more = (1..=3).map(|i| Attempt {
        moves: vec![case.guard(Guard::Bulkhead, &i.to_string())],
        spared: 0.5 + f64::from(i) / 10.0,
        toll: Vec::new(),
    });
    let mut crowd = case.clone();
    crowd.review.contained[0].attempts.extend(more);
    let tried = crowd.one(CODE).evidence[3].clone();
    assert_eq!(tried.matches("spares").count(), 4, "{tried}");
    assert!(tried.contains("spares 80%, ") && tried.ends_with("and a bulkhead on web>pay spares 40%."), "{tried}");
}

/// Of guards that only help together, the one that spares most by itself gives the finding its name.
#[test]
fn of_several_guards_the_strongest_is_named() {
    for (guard, spared, code, words) in [
        (Guard::Timeout, [0.3, 0.2], "missing-timeout", "no timeout"),
        (Guard::Timeout, [0.2, 0.3], "missing-bulkhead", "no bulkhead"),
        (Guard::RetryBudget, [0.3, 0.2], "retry-storm", "without a budget"),
    ] {
        let mut case = contained(|_| {}, harm([100.0, 100.0], [0.0; 2]), 100.0);
        let moves = [case.guard(guard, "2s"), case.guard(Guard::Bulkhead, "9")];
        let single = |(one, spared): (&Move, f64)| Attempt { moves: vec![one.clone()], spared, toll: Vec::new() };
        let both = Attempt { moves: moves.to_vec(), spared: 0.9, toll: Vec::new() };
        let attempts = moves.iter().zip(spared).map(single);
        case.review.contained[0].attempts = [both].into_iter().chain(attempts).collect();
        case.review.contained[0].proven.as_mut().unwrap().moves = moves.to_vec();
        let found = case.one(code);
        assert!(found.title.contains(words), "{}", found.title);
        let summary = found.fix.unwrap().summary;
        let first = if guard == Guard::Timeout { "a timeout" } else { "a retry budget" };
        assert_eq!(summary, format!("{first} of 2s on web>pay and a bulkhead of 9 on web>pay"));
        // What is proven here was not tried as well.
        assert!(case.found(CODE).is_empty());
    }
}

/// The first failure tells of a guard, the others are named.
#[test]
fn a_guard_that_contains_several_failures_is_told_once() {
    let mut case = contained(|_| {}, harm([100.0, 100.0], [0.0; 2]), 100.0);
    let mut other = case.failure("errors:pay:100%", "pay", vec![harm([100.0, 100.0], [0.0; 2]); 2]);
    other.load = 2.0;
    case.review.failures.push(other);
    let again = Containment { failure: 1, ..case.review.contained[0].clone() };
    case.review.contained.push(again);
    let found = case.one(CODE);
    assert!(found.title.contains("with pay killed"), "{}", found.title);
    assert_eq!(found.evidence.last().unwrap(), "It contains pay failing too.");
    // Nothing is said of one against which nothing was proven.
    case.review.contained.iter_mut().for_each(|c| c.proven = None);
    assert_eq!(case.found(CODE), []);
}

/// Among equals, guards come in the order of the failures that they contain.
#[test]
fn guards_come_in_the_order_of_their_failures() {
    let mut case = contained(|_| {}, harm([100.0, 100.0], [0.0; 2]), 100.0);
    case.review.failures.push(case.failure("kill:db", "db", vec![harm([100.0, 100.0], [0.0; 2]); 2]));
    let mut other = Containment { failure: 1, ..case.review.contained[0].clone() };
    let timeout = Move { edge: case.edge("web>db"), ..case.guard(Guard::Timeout, "1s") };
    other.proven.as_mut().unwrap().moves = vec![timeout];
    case.review.contained.push(other);
    let order = |case: &Case| -> Vec<&str> {
        let found = case.with(look);
        found.iter().map(|f| f.code).filter(|code| [CODE, "missing-timeout"].contains(code)).collect()
    };
    assert_eq!(order(&case), [CODE, "missing-timeout"]);
    case.review.contained.reverse();
    assert_eq!(order(&case), ["missing-timeout", CODE]);
}

/// Users of an endpoint gain when at least 3 of their requests, and one in two hundred, are spared; most first. The figure is
/// success while the fault lasts, p99 where most was only late, and requests lost where most is lost afterwards.
#[test]
fn what_users_gain_is_told_by_the_figure_that_shows_it() {
    let gains = |before: [Toll; 2], after: [Toll; 2]| {
        let mut case = contained(|_| {}, harm([100.0, 100.0], [0.0; 2]), 100.0);
        case.review.failures[0].harms.iter_mut().for_each(|harm| harm.faulted = before.to_vec());
        let proven = case.review.contained[0].proven.as_mut().unwrap();
        (proven.before, proven.after) = (vec![before.to_vec(); 2], vec![after.to_vec(); 2]);
        let found = case.one(CODE);
        let all = found.effect.into_iter().chain(found.other_effects);
        all.map(|e| (e.subject, e.figure, e.before.mean, e.after.mean)).collect::<Vec<_>>()
    };
    let of = |name: &str, figure, before, after| (name.to_owned(), figure, before, after);
    let (success, p99) = (Figure::Metric(Metric::Success), Figure::Metric(Metric::Percentile(0.99)));
    let [one, two, few] = [toll(20.0, 0.0), toll(60.0, 0.0), toll(10.0, 0.0)];
    assert_eq!(gains([one, two], [few, few]), [of("web.buy", success, 0.4, 0.9), of("web.page", success, 0.8, 0.9)]);
    // Three in two replications are enough, two and a half are not.
    assert_eq!(gains([toll(1.5, 0.0), few], [toll(0.0, 0.0), few]), [of("web.page", success, 0.985, 1.0)]);
    assert_eq!(gains([toll(1.25, 0.0), few], [toll(0.0, 0.0), few]), []);
    let many = |failed| Toll { offered: 1_000.0, ..toll(failed, 0.0) };
    assert_eq!(gains([many(5.0), few], [many(0.0), few]).len(), 1);
    assert_eq!(gains([many(4.9), few], [many(0.0), few]).len(), 0);
    let slow = |late, p99| Toll { p99, ..toll(30.0, late) };
    assert_eq!(gains([slow(40.0, 3.0), few], [slow(0.0, 1.0), few]), [of("web.page", p99, 3.0, 1.0)]);
    // Half of it fails: success tells.
    let half = [Toll { p99: 3.0, ..toll(20.0, 20.0) }, few];
    assert_eq!(gains(half, [toll(0.0, 0.0), few]), [of("web.page", success, 0.8, 1.0)]);
    // Of 100 that came meanwhile all are lost with and without the guard; 150 more are lost afterwards, or 50.
    let after = |failed: f64| Toll { offered: 400.0, ..toll(failed, 0.0) };
    assert_eq!(gains([after(250.0), few], [after(150.0), few]), [of("web.page", Figure::Lost, 250.0, 150.0)]);
}

/// What fails on a healthy day as well says nothing of the fault: 50 then, 40 under the fault, 10 with the guard.
#[test]
fn success_is_that_of_a_healthy_day_less_what_the_fault_costs() {
    let effect = |usual: f64, before: f64, after: f64| {
        let mut case = contained(|_| {}, harm([0.0, before], [0.0; 2]), 100.0);
        case.review.failures[0].harms.iter_mut().for_each(|harm| harm.healthy[1].failed = usual);
        let proven = case.review.contained[0].proven.as_mut().unwrap();
        proven.after = vec![vec![toll(0.0, 0.0), toll(after, 0.0)]; 2];
        let effect = case.one(CODE).effect.unwrap();
        (effect.figure, effect.before.mean, effect.after.mean)
    };
    assert_eq!(effect(50.0, 40.0, 10.0), (Figure::Lost, 40.0, 10.0));
    assert_eq!(effect(20.0, 70.0, 40.0), (Figure::Metric(Metric::Success), 0.5, 0.8));
}

/// The price is told by the endpoint whose p99 grows most, in seconds.
#[test]
fn a_guard_costs_what_the_slowest_grower_pays() {
    let price = |before: [f64; 2], after: [f64; 2]| {
        let mut case = contained(|_| {}, harm([100.0, 100.0], [0.0; 2]), 100.0);
        let proven = case.review.contained[0].proven.as_mut().unwrap();
        let day = |p99: [f64; 2]| vec![p99.map(|p99| Toll { p99, ..toll(0.0, 0.0) }).to_vec(); 2];
        (proven.healthy_before, proven.healthy_after) = (day(before), day(after));
        let told = case.one(CODE).evidence;
        told.into_iter().find_map(|line| line.split_once("p99 of ").map(|(_, told)| told.to_owned())).unwrap()
    };
    assert_eq!(price([2.0, 0.010], [2.0, 0.050]), "web.buy is 10ms before, 50ms after.");
    assert_eq!(price([0.010, 1.0], [0.020, 1.5]), "web.buy is 1s before, 1.5s after.");
    assert_eq!(price([1.0, 0.010], [1.5, 0.020]), "web.page is 1s before, 1.5s after.");
}

/// Where goodput does not come back, requests lost tell, not success while the fault lasts.
#[test]
fn of_what_stays_down_the_lost_requests_are_told() {
    let case = contained(|f| f.harms[0].recovered = None, harm([0.0, 50.0], [0.0; 2]), 1.0);
    let effect = case.one(CODE).effect.unwrap();
    assert_eq!((effect.figure, effect.before.mean, effect.after.mean), (Figure::Lost, 50.0, 0.0));
}

/// A guard that spares less than a tenth, or no more than five requests, is no help.
#[test]
fn a_rule_of_thumb_that_helps_nobody_is_named() {
    let decoys = |before: f64, after: f64| {
        let mut case = contained(|_| {}, harm([100.0, 100.0], [0.0; 2]), 100.0);
        let guard = case.guard(Guard::Breaker, "{}");
        let toll = |failed: f64| vec![toll(failed, 0.0), toll(0.0, 1.0)];
        case.review.decoys = vec![Decoy { guard, failure: 0, before: toll(before), after: toll(after) }];
        case.with(decoys)
    };
    let told =
        "with pay killed a circuit breaker changes nothing for the better: 100 requests go bad without it, 90 with it";
    assert_eq!(decoys(99.0, 89.0), [(CODE, "web>pay".to_owned(), told.to_owned())]);
    assert_eq!(decoys(99.0, 88.0), [], "it spares more than a tenth");
    assert_eq!(decoys(6.0, 1.0).len(), 1, "five requests may be chance");
    assert_eq!(decoys(6.5, 1.0).len(), 0);
}
