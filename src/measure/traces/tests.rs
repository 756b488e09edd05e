//! Requests written down, against hand-worked timelines.

use super::*;
use crate::engine::{Cause, Limits};
use crate::plan::*;
use crate::random::Dist;

const MS: u64 = 1_000_000;

/// Users who come every so many milliseconds; a service whose workers work 10 ms and call a database that takes 5 ms.
fn plan(every: u64, workers: u32, timeout: Option<SimDuration>, fails: f64) -> Plan {
    let mut b = Builder::new();
    let part = |name: &str, role| Component {
        name: name.into(),
        role,
        technology: None,
        declared: Default::default(),
        origin: Origin::default(),
    };
    let (web, db) = (b.component(part("web", Role::Service)), b.component(part("db", Role::Database)));
    let station = |component, workers, error_rate| Station { component, workers, error_rate, ..Station::default() };
    let (front, back) = (b.station(station(web, workers, 0.0)), b.station(station(db, 1, fails)));
    let source = SourceId(0);
    let users =
        b.edge(Edge { from: Party::Source(source), to: web, timeout, name: "users>web".into(), ..Edge::default() });
    let edge = b.edge(Edge { from: Party::Component(web), to: db, name: "web>db".into(), ..Edge::default() });
    let (work, query) = (b.dist(Dist::Constant(SimDuration(10 * MS))), b.dist(Dist::Constant(SimDuration(5 * MS))));
    let show = b.endpoint("web.show", front, Origin::default());
    let ask = b.endpoint("db.ask", back, Origin::default());
    let (to_web, to_db) = (b.link(users, show), b.link(edge, ask));
    b.begin(show);
    b.emit(Step::Work { time: work });
    b.emit(Step::Call { link: to_db, failed: Pc::FAIL });
    b.emit(Step::Return);
    b.begin(ask);
    b.emit(Step::Work { time: query });
    b.emit(Step::Return);
    b.source(Source {
        name: "users".into(),
        arrivals: Arrivals::Recorded((0..2).map(|i| SimDuration(i * every * MS)).collect()),
        profile: None,
        bursts: None,
        max_users: None,
        mix: vec![(1.0, to_web)],
        priority: Priority::Normal,
        origin: Origin::default(),
    });
    b.finish()
}

fn traced(plan: &Plan) -> Traces {
    let trial = Trial {
        plan,
        load: 1.0,
        seed: 1,
        replication: 0,
        timeline: vec![],
        warmup: SimDuration::ZERO,
        late: SimDuration::ZERO,
        measured: SimDuration::from_secs(1),
        window: SimDuration::from_secs(1),
        limits: Limits::default(),
    };
    trace(&trial, &trial.run())
}

/// Begin, end and wait of each span, in milliseconds.
fn times(trace: &Trace) -> Vec<(u64, u64, u64)> {
    trace.spans.iter().map(|s| (s.start.0 / MS, s.end.0 / MS, s.waited.0 / MS)).collect()
}

/// One worker; the second request comes 4 ms after the first and waits 11 ms until that has worked 10 and waited for 5.
#[test]
fn waits_and_work_are_as_worked_by_hand() {
    for timeout in [None, Some(SimDuration::from_secs(5))] {
        let plan = plan(4, 1, timeout, 0.0);
        let traces = traced(&plan);
        assert_eq!(traces.traces.len(), 2);
        let [first, second] = [&traces.traces[0], &traces.traces[1]];
        assert_eq!(times(first), [(0, 15, 0), (0, 15, 0), (0, 15, 0), (10, 15, 0), (10, 15, 0)]);
        assert_eq!(times(second), [(4, 30, 0), (4, 30, 0), (4, 30, 11), (25, 30, 0), (25, 30, 0)]);
        assert_eq!(
            first.spans.iter().map(|s| s.parent).collect::<Vec<_>>(),
            [None, Some(0), Some(1), Some(2), Some(3)]
        );
        assert_eq!(second.spans[2].worked, [[SimTime(15 * MS), SimTime(25 * MS)]]);
        assert!(first.spans.iter().all(|s| s.outcome == Some(Outcome::Succeeded) && !s.outlives(&first.spans)));
        let entry = &traces.entries[0];
        assert_eq!((entry.slowest.as_slice(), entry.failed.len()), ([1, 0].as_slice(), 0));
        let spent = spent(&plan, second);
        let of = |name: usize| spent[&Place::Component(ComponentId::new(name))];
        assert_eq!(of(0), Spent { working: SimDuration(10 * MS), waiting: SimDuration(11 * MS) });
        assert_eq!(of(1), Spent { working: SimDuration(5 * MS), waiting: SimDuration::ZERO });
        assert_eq!(spent.len(), 2);
    }
}

/// Two workers and one connection: the second request waits for the database, from 12 to 15 ms.
#[test]
fn waits_are_told_where_they_are() {
    let plan = plan(2, 2, None, 0.0);
    let traces = traced(&plan);
    let second = &traces.traces[1];
    assert_eq!(times(second), [(2, 20, 0), (2, 20, 0), (2, 20, 0), (12, 20, 0), (12, 20, 3)]);
    let spent = spent(&plan, second);
    let db = spent[&Place::Component(ComponentId::new(1))];
    assert_eq!(db, Spent { working: SimDuration(5 * MS), waiting: SimDuration(3 * MS) });
}

/// Two workers on one core. The first works alone for 4 ms, both at half speed until it is done at 16 ms, then the second
/// alone until 20 ms: each takes 16 ms for its 10 ms.
#[test]
fn who_shares_a_core_waits_for_it() {
    let mut plan = plan(4, 2, None, 0.0);
    plan.stations[0].cores = Some(1.0);
    let traces = traced(&plan);
    let served: Vec<_> = traces.traces.iter().map(|t| t.spans[2].worked.clone()).collect();
    assert_eq!(served, [[[SimTime(0), SimTime(16 * MS)]], [[SimTime(4 * MS), SimTime(20 * MS)]]]);
    for trace in &traces.traces {
        let web = spent(&plan, trace)[&Place::Component(ComponentId::new(0))];
        assert_eq!(web, Spent { working: SimDuration(10 * MS), waiting: SimDuration(6 * MS) });
    }
}

/// The user gives up after 12 ms; what was begun for nobody goes on to its end.
#[test]
fn work_for_nobody_outlives_its_caller() {
    let traces = traced(&plan(100, 1, Some(SimDuration::from_millis(12)), 0.0));
    let trace = &traces.traces[0];
    assert_eq!(times(trace), [(0, 12, 0), (0, 12, 0), (0, 15, 0), (10, 15, 0), (10, 15, 0)]);
    assert_eq!(trace.outcome(), Some(Outcome::Failed(Cause::Timeout)));
    let outlives: Vec<bool> = trace.spans.iter().map(|s| s.outlives(&trace.spans)).collect();
    assert_eq!(outlives, [false, false, true, true, true]);
    assert_eq!((traces.entries[0].failed.len(), traces.entries[0].slowest.len()), (2, 0));
}

#[test]
fn failures_carry_their_cause_from_where_they_are() {
    let traces = traced(&plan(100, 1, None, 1.0));
    let causes: Vec<_> = traces.traces[0].spans.iter().map(|s| s.outcome).collect();
    let dependency = Some(Outcome::Failed(Cause::Error));
    assert_eq!(causes[3..], [dependency, dependency]);
    assert!(matches!(causes[0], Some(Outcome::Failed(_))));
}
