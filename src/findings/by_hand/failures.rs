//! What failures do: whether they heal, who is down, what is lost, done twice or old, and whom nobody tells.

use super::*;
use crate::experiments::{
    Aftermath, Aftermaths, Band, Containment, Course, Cure, Keyed, Loops, Metastable, Paged, Proposal, Proven,
    Question, Side, Smallest, Spare, Strain, Sustained, Sustainer, Wait,
};
use crate::model::Metric;

/// The shop, whose purchases fail while the bank is gone and after it.
fn stays_down() -> Case {
    let mut case = Case::new();
    let mut down = harm([0.0, 100.0], [0.0; 2]);
    down.recovered = None;
    case.review.failures = vec![case.failure("kill:pay", "pay", vec![down; 2])];
    case
}

/// Stuck in three of four runs, since retries keep it down; half the load cures it.
fn examined() -> Metastable {
    let stuck = Aftermath::Stuck(Strain { amplified: None, degraded: None });
    let wait = Wait { length: S(30), capped: false };
    let course = Course { warmup: S(5), at: S(10), until: S(20), wait: S(30), window: S(1) };
    let each = vec![stuck, stuck, stuck, Aftermath::Back(S(3))];
    let loops = Loops {
        cure: Some(Cure { left: 0.5, lasting: S(8), restart: false }),
        sustained: Sustained { alone: vec![Sustainer::Retries, Sustainer::Backlog], ..Sustained::default() },
        band: Band { safe: 0.5, vulnerable: 0.6, fails: Some(2.0), heals: Some(0.4) },
        smallest: Smallest { lasting: S(2), too_short: None, weakest: None },
        unfinished: Vec::new(),
    };
    Metastable {
        aftermaths: Aftermaths { course, wait, each, events: 0 },
        probability: estimate(0.75, 0.6, 0.9),
        loops: Some(loops),
    }
}

const STUCK: &str = "does-not-recover";

#[test]
fn what_was_not_waited_for_is_told_as_such() {
    let found = stays_down().one(STUCK);
    assert_eq!((found.severity, found.confidence), (Severity::P1, Confidence::Medium));
    assert_eq!(found.title, "the system is not back 30s after pay killed");
    let expected = [
        "Within 30s of its end goodput is back in none of 2 replications; nobody waited longer.",
        "As many requests are lost as 50% of those that come while it lasts.",
        "Shown by 2 replications of `kill:pay` at 1x, seed 7.",
    ];
    assert_eq!(found.evidence, expected);
    // One that was back in some run may only be late, and so may one of which nobody is sure.
    let mut late = stays_down();
    late.review.failures[0].harms[0].recovered = Some(S(9));
    assert_eq!(late.found(STUCK), []);
    late.review.failures[0].harms[1].recovered = Some(S(9));
    assert_eq!(late.found(STUCK), []);
    let mut unsure = stays_down();
    unsure.review.failures[0].confirmed = false;
    assert_eq!(unsure.found(STUCK), []);
    // A guard that was tried in vain is no guard.
    let mut contained = stays_down();
    contained.review.contained = vec![Containment { failure: 0, attempts: Vec::new(), untried: 0, proven: None }];
    assert_eq!(contained.one(STUCK).evidence, expected);
    let proven = Proven {
        moves: Vec::new(),
        before: Vec::new(),
        after: Vec::new(),
        healthy_before: Vec::new(),
        healthy_after: Vec::new(),
        spared: estimate(9.0, 8.0, 10.0),
    };
    contained.review.contained[0].proven = Some(proven);
    assert_eq!(contained.one(STUCK).evidence[2], "A guard contains it: see the finding about it.");
    contained.review.contained[0].failure = 1;
    contained.review.failures.push(contained.failure("kill:db", "db", vec![harm([0.0; 2], [0.0; 2])]));
    assert_eq!(contained.one(STUCK).evidence, expected, "that is another failure");
}

#[test]
fn a_loop_is_told_with_what_keeps_it_and_what_ends_it() {
    let mut case = stays_down();
    case.review.metastable = vec![(0, examined())];
    let found = case.one(STUCK);
    assert_eq!((found.severity, found.confidence), (Severity::P0, Confidence::High));
    assert_eq!(found.title, "the system does not recover by itself from pay killed");
    let expected = [
        "30s after its end, and for as long again, goodput is down in 3 of 4 runs.",
        "It comes back when this is left out: retries and the backlog.",
        "Halving the load for 8s cures it.",
        "The same trigger does no lasting harm up to 0.5x; from 2x on it fails without a trigger.",
        "Once stuck, it comes back when the load falls to 0.4x.",
        "A trigger of 2s is enough.",
        "As many requests are lost as 50% of those that come while it lasts.",
    ];
    assert_eq!(found.evidence[..7], expected);
    assert_eq!(found.evidence.len(), 8);
    // It needed longer than its run, and that is all.
    let mut heals = case.clone();
    heals.review.metastable[0].1.aftermaths.each = vec![Aftermath::Back(S(3)), Aftermath::Back(S(40))];
    assert_eq!(heals.found(STUCK), []);
    // Examined, it is told even where it was back in one of its runs.
    let mut once = case.clone();
    once.review.failures[0].harms[0].recovered = Some(S(9));
    assert_eq!(once.found(STUCK).len(), 1);
    // Another way to strike the same part is spoken for; a failure of another part is not.
    let mut two = case.clone();
    let other = |target| Failure {
        harms: two.review.failures[0].harms.clone(),
        ..two.failure("errors:pay:100%", target, vec![])
    };
    let others = [other("pay"), other("db")];
    two.review.failures.extend(others);
    let subjects: Vec<String> = two.found(STUCK).into_iter().map(|f| f.subject).collect();
    assert_eq!(subjects, ["pay", "db"]);
}

/// Sure where most seeds are stuck beyond the interval and a cure proves the loop; what drains in the end is a debt.
#[test]
fn a_loop_is_as_sure_as_its_proof() {
    let judged = |change: &dyn Fn(&mut Metastable)| {
        let mut case = stays_down();
        let mut found = examined();
        change(&mut found);
        case.review.metastable = vec![(0, found)];
        let found = case.one(STUCK);
        (found.severity, found.confidence, found.title.contains("what waits drains too slowly"))
    };
    let stuck = (Severity::P0, Confidence::High, false);
    assert_eq!(judged(&|_| {}), stuck);
    let unsure = (Severity::P0, Confidence::Medium, false);
    assert_eq!(judged(&|m| m.probability.low = 0.51), stuck);
    assert_eq!(judged(&|m| m.probability.low = 0.5), unsure);
    assert_eq!(judged(&|m| m.loops.as_mut().unwrap().cure = None), unsure);
    let drains = (Severity::P1, Confidence::Medium, true);
    assert_eq!(judged(&|m| m.aftermaths.wait.capped = true), drains);
    assert_eq!(judged(&|m| m.loops.as_mut().unwrap().sustained.by_itself = Some(S(90))), drains);
}

/// What is known of a loop when less was found out.
#[test]
fn what_is_not_known_of_a_loop_is_left_out() {
    let told = |change: &dyn Fn(&mut Loops)| {
        let mut case = stays_down();
        let mut found = examined();
        found.loops.as_mut().unwrap().sustained = Sustained::default();
        found.loops.as_mut().unwrap().band = Band { safe: 0.0, vulnerable: 1.0, fails: None, heals: None };
        change(found.loops.as_mut().unwrap());
        case.review.metastable = vec![(0, found)];
        let lines = case.one(STUCK).evidence;
        lines[1..lines.len() - 2].to_vec()
    };
    let trigger = "A trigger of 2s is enough.";
    let harmless = "The same trigger does no lasting harm up to 0x.";
    assert_eq!(told(&|_| {}), ["Halving the load for 8s cures it.", harmless, trigger]);
    let with_backlog = told(&|l| l.sustained.with_backlog = vec![Sustainer::ColdCaches]);
    assert_eq!(with_backlog[0], "It comes back when what waits is dropped and this is left out: cold caches.");
    let lost = "Less load for a moment does not bring it back: something is lost for good.";
    assert_eq!(told(&|l| l.cure = None), [lost, harmless, trigger]);
    let open = |question: Question| {
        told(&move |l: &mut Loops| {
            l.cure = None;
            l.unfinished = vec![question];
        })
    };
    let ended = |what: &str| format!("The budget of events ended the search early for {what}.");
    assert_eq!(open(Question::Cure), [harmless.to_owned(), trigger.into(), ended("what cures it")]);
    assert_eq!(open(Question::Band), [lost.to_owned(), trigger.into(), ended("the loads at which it happens")]);
    let some = told(&|l| {
        l.band.safe = 0.25;
        l.unfinished = vec![Question::Band];
    });
    assert_eq!(some[1], "The same trigger does no lasting harm up to 0.25x.");
    for (left, restart, words) in [
        (0.5, true, "Restarting what has a line and halving the load for 8s cures it."),
        (0.1, false, "Taking nine tenths of the load off for 8s cures it."),
        (0.1, true, "Restarting what has a line and taking nine tenths of the load off for 8s cures it."),
        (0.0, false, "Keeping all users out for 8s cures it."),
        (0.0, true, "Restarting what has a line and keeping all users out for 8s cures it."),
    ] {
        assert_eq!(told(&|l| l.cure = Some(Cure { left, lasting: S(8), restart }))[0], words);
    }
}

/// The database has no standby. All purchases are half of all requests.
#[test]
fn what_runs_once_is_told_with_what_a_second_one_spares() {
    const ALONE: &str = "single-point-of-failure";
    let with = |failed: [f64; 2], spared: Option<f64>| {
        let mut case = Case::new();
        case.review.failures = vec![
            case.failure("kill:pay", "pay", vec![harm([0.0; 2], [0.0; 2])]),
            case.failure("kill:db", "db", vec![harm(failed, [0.0; 2]); 2]),
        ];
        case.review.spares = spared
            .map(|failed| Spare {
                failure: 1,
                change: change("databases.db.failover", None, "5s"),
                after: vec![vec![toll(0.0, 0.0), toll(failed, 0.0)]; 2],
            })
            .into_iter()
            .collect();
        case.found(ALONE)
    };
    let found = with([0.0, 100.0], Some(40.0));
    let [found] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((found.severity, found.subject.as_str()), (Severity::P1, "db"));
    assert_eq!(found.title, "db runs once, and without it 50% of all requests fail");
    let expected = [
        "There is one of it; while it is gone 50% of all requests are lost.",
        "Down with it: web.buy.",
        "With two, the loss of one costs 40 requests instead of 100, on the same random numbers.",
        "Shown by 2 replications of `kill:db` at 1x, seed 7.",
    ];
    assert_eq!(found.evidence, expected);
    let fix = found.fix.as_ref().unwrap();
    assert_eq!((fix.summary.as_str(), fix.changes[0].path.as_str()), ("two replicas of db", "databases.db.failover"));
    let effect = found.effect.as_ref().unwrap();
    assert_eq!((effect.subject.as_str(), effect.figure), ("web.buy", Figure::Metric(Metric::Success)));
    assert_eq!((effect.before.mean, effect.after.mean), (0.0, 0.6));
    // Half of the endpoint is down with it; less is not.
    let half = with([50.0, 49.0], None);
    assert_eq!(half[0].severity, Severity::P2, "99 of 200");
    assert_eq!(half[0].evidence[1], "Down with it: web.page.");
    assert_eq!(with([49.0, 49.0], None)[0].evidence.len(), 2);
    // A twentieth is worth telling.
    assert_eq!((with([0.0, 10.0], None).len(), with([0.0, 9.9], None).len()), (1, 0));
    // A second one that spares half or less is no fix.
    let no_help = &with([0.0, 100.0], Some(50.0))[0];
    assert_eq!((no_help.fix.is_some(), no_help.effect.is_some(), no_help.evidence.len()), (false, false, 3));
    assert!(with([0.0, 100.0], Some(49.0))[0].fix.is_some());
}

/// Only what is ours and runs once is alone: no API of somebody else's, no managed queue, nothing with a standby.
#[test]
fn what_has_a_standby_or_is_not_ours_is_not_alone() {
    let alone = |fault: &str, target: &str, more: &str| {
        let mut case = Case::of(&format!(
            "
traffic: {{ rate: 10/s, mix: {{ web.page: 50%, web.buy: 50% }} }}
services:
  web: {{ replicas: 2, endpoints: {{ page: [ {{ work: 1ms }} ], buy: [ {{ call: db }}, {{ call: bank }}, {{ publish: jobs }} ] }} }}
  worker: {{ work: 1ms }}
databases: {{ db: {{ query: 1ms{more} }} }}
external: {{ bank: {{ latency: 1ms }} }}
queues: {{ jobs: {{ consumers: [ {{ call: worker }} ] }} }}
"
        ));
        let mut harm = harm([0.0, 100.0], [0.0; 2]);
        harm.side.iter_mut().for_each(|side| side.messages = vec![0]);
        case.review.failures = vec![case.failure(fault, target, vec![harm; 2])];
        case.found("single-point-of-failure").len()
    };
    assert_eq!((alone("kill:db", "db", ""), alone("kill:worker", "worker", "")), (1, 1));
    assert_eq!(alone("errors:db:100%", "db", ""), 0, "it is there, and fails");
    assert_eq!(alone("kill:db", "db", ", failover: 5s"), 0);
    assert_eq!(alone("kill:web", "web", ""), 0, "there are two of it");
    assert_eq!((alone("kill:bank", "bank", ""), alone("kill:jobs", "jobs", "")), (0, 0));
}

/// Of several failures the one that adds most duplicates, losses or old reads to those of a healthy run is told.
#[test]
fn what_is_lost_is_told_by_the_worst_failure() {
    let mut case = Case::of(
        "
traffic: { rate: 10/s, to: web.put }
services: { web: { replicas: 2, endpoints: { put: [ { publish: jobs } ] } }, worker: { replicas: 2, work: 1ms } }
queues: { jobs: { capacity: 9, overflow: drop_head, max_receives: 3, retention: 1min, consumers: [ { call: worker } ] } }
",
    );
    let side = |messages: u64| Side { messages: vec![messages], ..Side::default() };
    let failure = |case: &Case, fault: &str, runs: [[u64; 2]; 2]| {
        let harms =
            runs.map(|[healthy, faulted]| Harm { side: [side(healthy), side(faulted)], ..harm([0.0; 2], [0.0; 2]) });
        case.failure(fault, "worker", harms.to_vec())
    };
    let mild = failure(&case, "errors:worker:100%", [[9, 10], [9, 20]]);
    let worst = failure(&case, "kill:worker", [[2, 10], [4, 14]]);
    let as_bad = failure(&case, "errors:worker:50%", [[2, 10], [4, 14]]);
    case.review.failures = vec![mild.clone(), worst, as_bad, mild];
    let found = case.one("lost-messages");
    assert_eq!((found.severity, found.subject.as_str()), (Severity::P1, "jobs"));
    assert_eq!(found.title, "with worker killed, 12 accepted messages of jobs are lost");
    let expected = [
        "In the same run without the fault 3 are.",
        "Not tried: `overflow: reject` or `block` lets the publisher know that it is full; `dead_letter` keeps what was \
         delivered too often; a longer `retention`, or a `ttl` with `dead_letter`, outlasts the failure.",
        "Shown by 2 replications of `kill:worker` at 1x, seed 7.",
    ];
    assert_eq!(found.evidence, expected);
    assert!(found.origin.is_some_and(|origin| origin.path == "queues.jobs"));
    // One message more than on a healthy day is enough.
    case.review.failures = vec![failure(&case, "kill:worker", [[3, 4], [3, 4]])];
    assert_eq!(case.found("lost-messages").len(), 1);
    case.review.failures = vec![failure(&case, "kill:worker", [[3, 4], [3, 3]])];
    assert_eq!(case.found("lost-messages"), []);
}

/// What is said of a queue is what its rules leave open.
#[test]
fn ways_to_keep_messages_are_those_that_are_not_taken() {
    let ways = |rules: &str| -> Vec<String> {
        let mut case = Case::of(&format!(
            "
traffic: {{ rate: 10/s, to: web.put }}
services: {{ web: {{ replicas: 2, endpoints: {{ put: [ {{ publish: jobs }} ] }} }}, worker: {{ replicas: 2, work: 1ms }} }}
queues: {{ jobs: {{ {rules} consumers: [ {{ call: worker }} ] }}, failed: {{}} }}
"
        ));
        let side = |messages: u64| Side { messages: vec![messages, 0], ..Side::default() };
        let harm = Harm { side: [side(0), side(9)], ..harm([0.0; 2], [0.0; 2]) };
        case.review.failures = vec![case.failure("kill:worker", "worker", vec![harm; 2])];
        let told = case.one("lost-messages").evidence;
        told.into_iter()
            .filter_map(|line| Some(line.strip_prefix("Not tried: ")?.split(' ').next()?.to_owned()))
            .collect()
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(ways(""), none);
    assert_eq!(ways("capacity: 9, overflow: reject,"), none);
    assert_eq!(ways("capacity: 9, overflow: drop_head,"), ["`overflow:"]);
    assert_eq!(ways("max_receives: 3, dead_letter: failed,"), none);
    assert_eq!(ways("max_receives: 3,"), ["`dead_letter`"]);
    assert_eq!(ways("retention: 1min,"), ["a"]);
}

#[test]
fn old_reads_are_told_from_a_hundredth_and_five_on() {
    let mut case = Case::of(
        "
traffic: { rate: 10/s, mix: { api.get: 70%, api.put: 30% } }
services: { api: { replicas: 2, endpoints: { get: [ { call: db.read } ], put: [ { call: db.write } ] } } }
databases: { db: { read_replicas: { count: 1, keys: 10, lag: 5ms }, queries: { read: { read: 2ms }, write: { write: 2ms } } } }
",
    );
    let side = |[stale, all]: [u64; 2]| Side { stale_reads: vec![stale], reads: vec![all], ..Side::default() };
    let failure = |case: &Case, fault: &str, runs: [[u64; 2]; 2]| {
        case.failure(fault, "db", vec![Harm { side: runs.map(side), ..harm([0.0; 2], [0.0; 2]) }; 2])
    };
    let told = |case: &mut Case, runs: [[u64; 2]; 2]| {
        let mild = failure(case, "errors:db:100%", [[0, 100], [1, 100]]);
        case.review.failures =
            vec![mild.clone(), failure(case, "kill:db", runs), failure(case, "errors:db:50%", runs), mild];
        case.found("replication-lag-reads")
    };
    let found = told(&mut case, [[10, 900], [40, 800]]);
    assert_eq!((found.len(), found[0].subject.as_str()), (1, "db"));
    assert_eq!(found[0].title, "with db killed, 5% of the reads from db.read are stale");
    assert_eq!(found[0].evidence[0], "In the same run without the fault 10 of 900 reads are stale, with it 40 of 800.");
    assert_eq!((told(&mut case, [[3, 90], [8, 90]]).len(), told(&mut case, [[4, 90], [8, 90]]).len()), (1, 0));
    assert_eq!((told(&mut case, [[0, 90], [8, 800]]).len(), told(&mut case, [[0, 90], [8, 801]]).len()), (1, 0));
}

#[test]
fn a_key_is_the_fix_where_it_spares_half_of_what_is_done_twice() {
    let told = |after: [f64; 2]| {
        let mut case = Case::new();
        let edge = case.edge("web>pay");
        let mut harm = harm([0.0; 2], [0.0; 2]);
        harm.side[0].duplicates = vec![4; case.model.plan.edges.len()];
        case.review.failures = vec![case.failure("kill:pay", "pay", vec![harm; 2])];
        let change = change("services.web.dependencies.pay.idempotent", None, "true");
        case.review.keyed = vec![Keyed { failure: 0, edge, change, duplicates: [vec![30.0, 50.0], after.to_vec()] }];
        case.one("retry-not-idempotent")
    };
    let found = told([10.0, 20.0]);
    let first = "With pay killed for 10s, 40 calls are executed a second time; without the fault 4.";
    assert_eq!(found.evidence[0], first);
    assert_eq!(found.fix.unwrap().summary, "an idempotency key on web>pay");
    let effect = found.effect.unwrap();
    assert_eq!((effect.figure, effect.before.mean, effect.after.mean), (Figure::Duplicates, 40.0, 15.0));
    assert!(told([18.0, 21.0]).fix.is_some());
    let none = told([20.0, 20.0]);
    assert!(none.fix.is_none() && none.effect.is_none(), "half is left");
}

/// Three failures of two parts hurt and nobody is told.
#[test]
fn silence_is_told_once_for_each_part() {
    const SILENT: &str = "silent-failure";
    let mut case = Case::new();
    let silent = |case: &Case, fault: &str, target: &str| {
        let mut failure = case.failure(fault, target, vec![harm([0.0, 50.0], [0.0; 2]); 2]);
        failure.detection = Detection {
            paged: (0..2).map(|alert| Paged { alert, after: vec![None; 2] }).collect(),
            lasting: S(20),
            cut: false,
        };
        failure
    };
    case.review.failures =
        vec![silent(&case, "kill:pay", "pay"), silent(&case, "kill:db", "db"), silent(&case, "errors:pay:100%", "pay")];
    let found = case.found(SILENT);
    assert_eq!(found.iter().map(|f| f.subject.as_str()).collect::<Vec<_>>(), ["pay", "db"]);
    let expected = [
        "25% of the requests that come meanwhile fail or come too late, and in 20s none of 2 alerts pages.",
        "The same goes for pay failing.",
        "Shown by 2 replications of `kill:pay` at 1x, seed 7.",
    ];
    assert_eq!(found[0].evidence, expected);
    assert!(found.iter().all(|f| f.fix.is_none() && f.severity == Severity::P1));
    // A rule that was tried on the third failure is one for the first part; another part that needs the same is named.
    let proposal = |failure, to: &str| Proposal {
        failure,
        rule: "web.buy success below 95%".into(),
        change: change("alerts.web-buy", None, to),
        after: vec![Some(S(4)), Some(S(8)), None],
        calm: S(120),
    };
    case.review.proposals = vec![proposal(2, "{ a }"), proposal(1, "{ a }")];
    let found = case.one(SILENT);
    let tried =
        "The rule pages 6s after the beginning of pay failing, in 2 of 3 runs, and never in 2min without a fault.";
    assert_eq!(found.evidence[2], tried);
    assert_eq!(found.evidence[4], "The same rule is needed for this: nobody is told of db killed.");
    let fix = found.fix.unwrap();
    assert_eq!((fix.summary.as_str(), fix.changes.len()), ("an alert, web.buy success below 95%", 1));
    case.review.proposals[1] = proposal(1, "{ b }");
    assert_eq!(case.found(SILENT).len(), 2);
    // What hurts nobody, or of which somebody is told, or which is not sure, is no finding.
    let keep = |change: &dyn Fn(&mut Failure)| {
        let mut case = case.clone();
        change(&mut case.review.failures[1]);
        case.found(SILENT).len()
    };
    assert_eq!(keep(&|f| f.harms.iter_mut().for_each(|h| h.faulted[1].failed = 1.0)), 1);
    assert_eq!(keep(&|f| f.detection.paged[1].after = vec![Some(S(5)); 2]), 1);
    assert_eq!(keep(&|f| f.confirmed = false), 1);
}
