//! What gives out, what is missed, what pages for nothing, and what a change would do about it.

use super::*;
use crate::experiments::{Bind, Bottleneck, Calmer, Judged, Noise, ScalePlan, Usage, Verdict};
use crate::graph::{Bound, Resource};
use crate::model::{Metric, Subject, What};
use crate::plan::{SourceId, StationId};

const DB: &str = "databases.db.connections";
const WEB: &str = "services.web.concurrency";
const POOL: &str = "services.web.dependencies.db.pool";

/// A resource that gives out from 1.5x on, of which twice as much makes nearly everything good.
fn bottleneck(resource: Resource, name: &str, path: &str) -> Bottleneck {
    let name = name.to_owned();
    let usage = Usage {
        resource,
        name,
        capacity: 10.0,
        utilization: 0.95,
        queue_mean: 7.0,
        wait_mean: 0.02,
        rejected: 0,
        path: path.into(),
    };
    Bottleneck {
        usage,
        change: change(path, Some("10"), "20"),
        edge: 1.5,
        load: 1.6,
        slo: Some(0),
        before: estimate(0.8, 0.7, 0.9),
        after: estimate(0.97, 0.96, 0.98),
        difference: estimate(0.17, 0.1, 0.2),
        relief: 0.9,
    }
}

fn bound(resource: Resource, name: &str, path: &str) -> Bound {
    let name = name.to_owned();
    Bound { resource, name, capacity: 16.0, busy: 5.0, demand: 0.5, load: 3.2, held: true, path: path.into() }
}

fn plan_of(changes: Vec<Change>) -> ScalePlan {
    ScalePlan {
        load: 4.0,
        changes,
        meets: true,
        proof: None,
        without: Vec::new(),
        binds: Vec::new(),
        cost: None,
        withstood: None,
    }
}

/// The connections of the database give out first, then the workers of the service, then its pool.
fn strained() -> Case {
    let mut case = Case::new();
    let station = |name: &str| StationId::new(case.model.plan.stations.iter().position(|s| s.name == name).unwrap());
    let (db, web) = (Resource::Workers(station("db")), Resource::Workers(station("web")));
    let pool = Resource::Pool(case.edge("web>db"));
    case.review.bottlenecks = vec![
        bottleneck(db, "db.connections", DB),
        bottleneck(web, "web.workers", WEB),
        bottleneck(pool, "web>db.pool", POOL),
    ];
    case.review.bounds =
        vec![bound(web, "web.workers", WEB), bound(db, "db.connections", DB), bound(pool, "web>db.pool", POOL)];
    case
}

const SATURATED: &str = "saturated-resource";

#[test]
fn what_gives_out_is_told_with_its_figures() {
    let case = strained();
    let found = case.found(SATURATED);
    assert_eq!(found.iter().map(|f| f.subject.as_str()).collect::<Vec<_>>(), ["db.connections", "web.workers"]);
    assert_eq!(found[0].title, "db.connections gives out at 1.5x of today's load");
    let doubled = "Doubling it (10 to 20) makes good 90% of what is missed there, on the same random numbers (seed 7).";
    let expected = [
        "Beyond 1.5x, `web.buy success >= 99%` is missed.",
        "At 1.6x db.connections is 95% busy, 7 wait for it, 20ms each.",
        "By arithmetic it is busy all the time at 3.2x.",
        doubled,
    ];
    assert_eq!(found[0].evidence, expected);
    assert_eq!(found[1].title, "web.workers gives out at 1.5x of today's load once db.connections is doubled");
    // What is written nowhere belongs to the part that would have it.
    let origin = |f: &Finding| f.origin.clone().map(|o| (o.path, o.line > 0)).unwrap();
    assert_eq!((origin(&found[0]), origin(&found[1])), ((DB.into(), true), ("services.web".into(), true)));
    let fix = found[0].fix.as_ref().unwrap();
    assert_eq!(fix.summary, "databases.db.connections from 10 to 20");
    let effect = found[0].effect.as_ref().unwrap();
    assert_eq!((effect.subject.as_str(), effect.figure), ("web.buy", Figure::Metric(Metric::Success)));
    let pool = case.one("connection-pool-too-small");
    assert_eq!(
        pool.title,
        "web>db.pool gives out at 1.5x of today's load once db.connections and web.workers are doubled"
    );
    // A load that lasts, lasts.
    let mut lasts = case.clone();
    lasts.review.capacity.bracket.low = 4.0;
    assert_eq!(lasts.found(SATURATED), []);
    lasts.review.capacity.bracket.low = 3.9;
    assert_eq!(lasts.found(SATURATED).len(), 2);
}

#[test]
fn a_bottleneck_is_as_urgent_as_it_is_near_and_as_sure_as_its_difference() {
    let told = |change: &dyn Fn(&mut Bottleneck)| {
        let mut case = strained();
        case.review.bottlenecks.truncate(1);
        change(&mut case.review.bottlenecks[0]);
        case.one(SATURATED)
    };
    let urgent = |edge: f64| told(&|b| b.edge = edge).severity;
    assert_eq!((urgent(1.2), urgent(1.21)), (Severity::P0, Severity::P1));
    let sure = |low: f64, high: f64| told(&|b| b.difference = estimate(0.0, low, high)).confidence;
    assert_eq!((sure(0.01, 0.2), sure(-0.2, -0.01)), (Confidence::High, Confidence::High));
    assert_eq!((sure(0.0, 0.2), sure(-0.2, 0.0)), (Confidence::Medium, Confidence::Medium));
    // Nobody waits where what comes is refused.
    assert_eq!(told(&|b| b.usage.wait_mean = 0.0).evidence[1], "At 1.6x db.connections is 95% busy.");
    let grows = told(&|b| b.slo = None);
    assert_eq!(grows.evidence[0], "Beyond 1.5x, something grows without bound.");
    let effect = grows.effect.unwrap();
    assert_eq!((effect.subject.as_str(), effect.figure), ("", Figure::Metric(Metric::Queue)));
    // Arithmetic speaks of the same resource at the same place, where it knows an end.
    let lines = |change: &dyn Fn(&mut Bound)| {
        let mut case = strained();
        case.review.bottlenecks.truncate(1);
        change(&mut case.review.bounds[1]);
        case.one(SATURATED).evidence.len()
    };
    assert_eq!(lines(&|_| {}), 4);
    assert_eq!(lines(&|b| b.load = f64::INFINITY), 3);
    assert_eq!(lines(&|b| b.path = "databases.db.cpu".into()), 3);
    assert_eq!(lines(&|b| b.resource = Resource::Cpu(StationId::new(0))), 3);
}

#[test]
fn the_plan_says_how_much_and_what_else_gives_out() {
    let mut case = strained();
    case.review.bottlenecks.truncate(1);
    let changes = vec![change(DB, Some("10"), "40"), change(WEB, None, "64"), change(POOL, Some("5"), "9")];
    case.review.plan = Some(plan_of(changes));
    let found = case.found(SATURATED);
    assert_eq!(found.iter().map(|f| f.subject.as_str()).collect::<Vec<_>>(), ["db.connections", "web.workers"]);
    assert_eq!(found[0].fix.as_ref().unwrap().summary, "databases.db.connections from 10 to 40 for 4x");
    assert_eq!(found[1].title, "web.workers gives out on the way to 4x");
    let expected = [
        "The traffic at 4x keeps 125% of it busy, by arithmetic.",
        "Without this change the expectations are missed at 4x with all the others made (one run).",
    ];
    assert_eq!(found[1].evidence, expected);
    assert_eq!(found[1].fix.as_ref().unwrap().summary, "services.web.concurrency from nothing to 64");
    assert_eq!((found[1].severity, found[1].confidence), (Severity::P1, Confidence::Medium));
    assert_eq!(case.one("connection-pool-too-small").subject, "web>db.pool");
    // A plan that does not meet it, or one to another load, says nothing.
    for change in [|p: &mut ScalePlan| p.meets = false, |p: &mut ScalePlan| p.load = 2.0] {
        let mut none = case.clone();
        change(none.review.plan.as_mut().unwrap());
        let found = none.one(SATURATED);
        assert_eq!(found.fix.unwrap().summary, "databases.db.connections from 10 to 20");
    }
}

const MISSED: &str = "slo-missed-at-target";

/// The shop, in which this figure is missed at this load.
fn misses(load: f64, subject: Option<Subject>, metric: Metric, value: f64) -> Case {
    let mut case = Case::new();
    let slo = &mut case.review.slos[0];
    let What::Compare { subject: of, metric: what, .. } = &mut slo.what else { panic!("{slo:?}") };
    (*of, *what) = (subject, metric);
    let judged = Judged {
        text: slo.text.clone(),
        index: 0,
        value: estimate(value, value, value),
        limit: 0.99,
        verdict: Verdict::Fails,
        violation: 0.1,
    };
    let run = &mut case.review.runs[0];
    run.load = load;
    run.outcome.judged = vec![judged];
    case
}

#[test]
fn a_missed_objective_is_told_once_with_the_plan_that_meets_it() {
    let subject = Case::new().model.plan.endpoint("web.buy").map(Subject::Endpoint);
    let mut case = misses(4.0, subject, Metric::Success, 0.9);
    let found = case.one(MISSED);
    assert_eq!((found.severity, found.title.as_str()), (Severity::P1, "`web.buy success >= 99%` is missed at 4x: 90%"));
    assert_eq!(found.evidence, ["Measured at 4x: 90% (2 replications, seed 7)."]);
    assert!(found.fix.is_none() && found.effect.is_none() && found.origin.is_some());
    assert_eq!(misses(1.0, subject, Metric::Success, 0.9).one(MISSED).severity, Severity::P0);
    // Missed at 1x already: the higher load adds nothing.
    let mut twice = misses(1.0, subject, Metric::Success, 0.9);
    twice.review.runs.push(case.review.runs[0].clone());
    assert!(twice.one(MISSED).title.contains("missed at 1x"));
    for verdict in [Verdict::Holds, Verdict::Unclear] {
        let mut fine = case.clone();
        fine.review.runs[0].outcome.judged[0].verdict = verdict;
        assert_eq!(fine.found(MISSED), [], "{verdict:?}");
    }
    let mut proof = case.review.runs[0].outcome.clone();
    proof.judged[0].value = estimate(0.995, 0.99, 1.0);
    let other = Judged { index: 1, ..proof.judged[0].clone() };
    proof.judged.insert(0, Judged { value: estimate(0.1, 0.1, 0.1), ..other });
    case.review.plan = Some(ScalePlan { proof: Some(proof), ..plan_of(vec![change(DB, Some("10"), "40")]) });
    let found = case.one(MISSED);
    assert_eq!(found.evidence[1], "With the plan to 4x (1 changes) it is 99.5% and holds.");
    assert_eq!(found.fix.as_ref().unwrap().summary, "the plan to 4x");
    let effect = found.effect.as_ref().unwrap();
    assert_eq!((effect.subject.as_str(), effect.before.mean, effect.after.mean), ("web.buy", 0.9, 0.995));
    let plan = |change: &dyn Fn(&mut ScalePlan)| {
        let mut case = case.clone();
        change(case.review.plan.as_mut().unwrap());
        case.one(MISSED)
    };
    let bind = Bind { limit: "limits.replicas".into(), most: 8.0, path: "services.web.replicas".into(), wanted: 10.2 };
    let bound = plan(&|p| (p.meets, p.binds) = (false, vec![bind.clone()]));
    let told = "Within the limits of the model there is no plan to 4x: `limits.replicas` allows 8, and 11 would be tried \
                next for services.web.replicas.";
    assert_eq!((bound.evidence[1].as_str(), bound.fix), (told, None));
    for other in [
        plan(&|p| p.load = 2.0),
        plan(&|p| (p.load, p.meets, p.binds) = (2.0, false, vec![bind.clone()])),
        plan(&|p| p.meets = false),
    ] {
        assert_eq!((other.evidence.len(), other.fix), (1, None));
    }
    // What meets it all is no news, whatever bound.
    assert_eq!(plan(&|p| p.binds = vec![bind.clone()]).evidence.len(), 2);
}

#[test]
fn a_figure_is_told_in_its_unit_and_of_its_subject() {
    let case = Case::new();
    let (web, edge) = (Subject::Component(case.component("web")), Subject::Edge(case.edge("web>pay")));
    let source = Subject::Source(SourceId::new(0));
    for (subject, name, metric, value, told) in [
        (None, "", Metric::Success, 0.5, "50%"),
        (Some(web), "web", Metric::Utilization, 0.87, "87%"),
        (Some(edge), "web>pay", Metric::Retries, 0.25, "25%"),
        (Some(edge), "web>pay", Metric::Duplicates, 0.25, "25%"),
        (Some(source), "people", Metric::Mean, 0.25, "250ms"),
        (Some(source), "people", Metric::Percentile(0.99), 2.0, "2s"),
        (Some(web), "web", Metric::Age, 90.0, "90s"),
        (None, "", Metric::Goodput, 12.5, "12.5/s"),
        (None, "", Metric::Rate, 12.5, "12.5/s"),
        (Some(web), "web", Metric::Queue, 12.5, "12.5"),
    ] {
        let mut case = misses(4.0, subject, metric, value);
        let proof = case.review.runs[0].outcome.clone();
        case.review.plan = Some(ScalePlan { proof: Some(proof), ..plan_of(Vec::new()) });
        let found = case.one(MISSED);
        let title = format!("`web.buy success >= 99%` is missed at 4x: {told}");
        assert_eq!((found.title, found.effect.unwrap().subject), (title, name.to_owned()));
    }
}

#[test]
fn an_alert_that_pages_for_nothing_is_told_with_a_calmer_rule() {
    const NOISY: &str = "noisy-alert";
    let told = |change: &dyn Fn(&mut Calmer)| {
        let mut case = Case::new();
        let watched = SimDuration::from_millis(600_400);
        case.review.noise = vec![
            Noise { alert: 0, pages: 0, longest: S(3), watched },
            Noise { alert: 1, pages: 3, longest: S(12), watched },
        ];
        let mut calmer = Calmer {
            alert: 1,
            change: super::change("alerts.load.for", None, "1min"),
            pages: [4, 0],
            watched,
            tells: [2, 2],
        };
        change(&mut calmer);
        case.review.calmer = vec![calmer];
        case
    };
    let found = told(&|_| {}).one(NOISY);
    assert_eq!((found.subject.as_str(), found.title.as_str()), ("load", "load pages while nothing is wrong"));
    let expected = [
        "It pages 3 times in 10min at 1x without a fault, while all SLOs hold; its condition holds for up to 12s then.",
        "With `for: 1min` it pages 0 times instead of 4 in 10min with other random numbers, and tells of 2 of 2 failures as \
         before.",
        "Shown by 2 replications, seed 7.",
    ];
    assert_eq!(found.evidence, expected);
    assert_eq!(found.fix.unwrap().summary, "wait for 1min before paging");
    let no_good = "A longer `for` does not make it a good rule: its limit is too close to what is usual.";
    for change in
        [|c: &mut Calmer| c.pages = [4, 1], |c: &mut Calmer| c.tells = [0, 0], |c: &mut Calmer| c.tells = [2, 1]]
    {
        let found = told(&change).one(NOISY);
        assert_eq!((found.evidence[2].as_str(), found.fix), (no_good, None));
    }
    let other = told(&|c| c.alert = 0).one(NOISY);
    assert_eq!((other.evidence[1].as_str(), other.fix), (no_good, None));
    // Where an SLO is missed at 1x there is something to page about.
    let mut sick = told(&|_| {});
    sick.review.runs[0].outcome.holds = false;
    assert_eq!(sick.found(NOISY), []);
}

/// What is more urgent comes first, then causes before a missed SLO, what is sure, and what has a fix.
#[test]
fn findings_come_in_the_order_of_their_urgency() {
    let subject = Case::new().model.plan.endpoint("web.buy").map(Subject::Endpoint);
    let mut case = misses(4.0, subject, Metric::Success, 0.9);
    let strained = strained();
    (case.review.bottlenecks, case.review.bounds) = (strained.review.bottlenecks, strained.review.bounds);
    case.review.plan = Some(plan_of(vec![change(DB, Some("10"), "40")]));
    case.review.bottlenecks[0].difference = estimate(0.1, -0.1, 0.2);
    case.review.bottlenecks[2].edge = 1.1;
    let order: Vec<(Severity, &str, String)> =
        case.with(look).into_iter().map(|f| (f.severity, f.code, f.subject)).filter(|f| f.0 < Severity::P2).collect();
    let of = |severity, code, subject: &str| (severity, code, subject.to_owned());
    let expected = [
        of(Severity::P0, "connection-pool-too-small", "web>db.pool"),
        of(Severity::P1, SATURATED, "web.workers"),
        of(Severity::P1, SATURATED, "db.connections"),
        of(Severity::P1, MISSED, "web.buy success >= 99%"),
    ];
    assert_eq!(order, expected);
}
