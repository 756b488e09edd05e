//! Replicas that come and go, worked out by hand.

use crate::common::{Run, counts, failed, run};
use tenfold::engine::Cause;
use tenfold::measure::FleetUse;

/// Requests at regular times, each worked on for so long, by a service with these settings.
fn service(rate: &str, work: &str, settings: &str) -> String {
    format!(
        "traffic: {{ people: {{ rate: {rate}, arrivals: constant, to: api }} }}
services: {{ api: {{ work: {{ constant: {work} }}, {settings} }} }}
"
    )
}

fn fleet(run: &Run) -> FleetUse {
    run.measured.fleets[0].expect("its replicas come and go")
}

/// Requests at 1 s to 5 s. The only replica is dead from 1.5 s to 2.5 s, and takes 2 s more to begin.
#[test]
fn what_comes_back_has_to_start() {
    let cold = run(&service("1/s", "10ms", "startup: 2s"), "5500ms", &["kill:api@1500ms+1s"]);
    assert_eq!(counts(cold.source("people")), [5, 2, 0, 3]);
    assert_eq!(failed(cold.source("people"), Cause::Unavailable), 3);
    let at_once = run(&service("1/s", "10ms", "grace: 1s"), "5500ms", &["kill:api@1500ms+1s"]);
    assert_eq!(counts(at_once.source("people")), [5, 4, 0, 1]);
    assert_eq!((fleet(&cold).least, fleet(&cold).most, fleet(&cold).mean), (0, 1, 2.5 / 5.5));
}

/// Requests every 500 ms go to the second and the first replica in turn. The first dies at 1.6 s. Probed every second at 0.5 s,
/// 1.5 s, … it fails at 2.5 s and 3.5 s, and gets no more requests; those of 2 s and 3 s are lost to it.
#[test]
fn a_dead_replica_is_noticed_by_its_probes() {
    let fixed = "replicas: 2, rollout: { surge: 0, unavailable: 1 }";
    let faults = &["kill:api:1@1600ms"];
    let probed = format!("{fixed}, health_check: {{ interval: 1s, unhealthy: 2 }}");
    let probed = run(&service("2/s", "10ms", &probed), "5400ms", faults);
    assert_eq!(counts(probed.source("people")), [10, 8, 0, 2]);
    let known = run(&service("2/s", "10ms", fixed), "5400ms", faults);
    assert_eq!(counts(known.source("people")), [10, 10, 0, 0]);
}

/// A request every second takes 500 ms. A new version comes at 2.2 s; a replica needs 1 s to begin.
///
/// | | one more at a time | one fewer at a time |
/// |---|---|---|
/// | 2.2 s | the new one starts | the old one gets nothing new, and is done at 2.5 s; the new one starts |
/// | 3 s | the old one begins the third request | nobody is there for the third |
/// | 3.2 s | the new one is ready; the old one is done at 3.5 s, or drops the third without a grace | |
/// | 3.5 s | | the new one is ready |
#[test]
fn a_deployment_replaces_what_there_is() {
    let deployed = |settings: &str| {
        let run = run(&service("1/s", "500ms", &format!("startup: 1s, {settings}")), "5400ms", &["deploy:api@2200ms"]);
        counts(run.source("people"))
    };
    assert_eq!(deployed("rollout: { surge: 1, unavailable: 0 }"), [5, 5, 0, 0]);
    assert_eq!(deployed("grace: 0s, rollout: { surge: 1, unavailable: 0 }"), [5, 4, 0, 1]);
    assert_eq!(deployed("rollout: { surge: 0, unavailable: 1 }"), [5, 4, 0, 1]);
}

/// A request every second takes ten. The new replica is ready at 3.2 s; the old one is busy from 1 s on and finishes what it has
/// begun, the new one is busy from 4 s on. Two workers for part of the time, and never more than one of each busy.
#[test]
fn a_replica_that_finishes_what_it_has_begun_counts_as_capacity() {
    let settings = "startup: 1s, concurrency: 1, grace: 1min, rollout: { surge: 1, unavailable: 0 }";
    let run = run(&service("1/s", "10s", settings), "5400ms", &["deploy:api@2200ms"]);
    let workers = &run.measured.resources[0];
    let (there, busy) = (5.4 + 2.2, 4.4 + 1.4);
    assert!(
        (workers.capacity - there / 5.4).abs() < 1e-9 && (workers.utilization - busy / there).abs() < 1e-9,
        "{workers:?}"
    );
    assert_eq!(fleet(&run).mean, 1.0, "one is ready, but for an instant");
}

/// Ten requests a second of 1 s each; each replica should have two in progress. Looked at every 2 s; a replica starts in 1 s.
///
/// | at | in progress since the last look, on average | replicas |
/// |---|---|---|
/// | 2 s | 7.25 (the first second fills up) | 1 of the 3.6 needed: 4, from 3 s on |
/// | 4 s | 10 | 4 of the 5 needed: 5, from 5 s on |
/// | 6, 8, … s | 10 | as many as are needed |
#[test]
fn an_autoscaler_follows_its_signal() {
    let scaling = "replicas: { min: 1, max: 10, concurrency: 2, sync: 2s }, startup: 1s";
    let run = run(&service("10/s", "1s", scaling), "10s", &[]);
    let FleetUse { least, most, mean, .. } = fleet(&run);
    assert_eq!((least, most), (1, 5));
    assert!((mean - (1.0 * 3.0 + 4.0 * 2.0 + 5.0 * 5.0) / 10.0).abs() < 1e-9, "{mean}");
}

/// Every request fails, and takes the replica with it, which is back 1.5 s later: those of 1 s, 3 s and 5 s are answered with an
/// error, those of 2 s and 4 s by nobody.
#[test]
fn errors_may_take_a_replica_down() {
    let text = "traffic: { people: { rate: 1/s, arrivals: constant, to: api.ask } }
services: { api: { startup: 1500ms, crash_on_error: 100%, endpoints: { ask: [ error ] } } }
";
    let run = run(text, "5400ms", &[]);
    let people = run.source("people");
    assert_eq!((failed(people, Cause::Error), failed(people, Cause::Unavailable)), (3, 2));
}

/// Requests every 500 ms, all of which fail. The second replica has its second error at 1.5 s, and is left out until 4.5 s. The first
/// has its second at 2 s, but only half of them may be left out.
#[test]
fn a_replica_with_errors_is_left_out_for_a_while() {
    let text = "traffic: { people: { rate: 2/s, arrivals: constant, to: api.ask } }
services:
  api: { replicas: 2, outlier_ejection: { errors: 2, base: 3s, share: 50%, panic: 0% }, endpoints: { ask: [ error ] } }
";
    let run = run(text, "5400ms", &[]);
    assert_eq!(counts(run.source("people")), [10, 0, 0, 10]);
    assert_eq!(fleet(&run).ejections, 1);
}

/// The database dies at 1.5 s, just before the probe of that time. What needs no database goes on; but where the probes look
/// deeper, no replica is healthy from then on, and nobody answers the requests of 2 s to 5 s.
#[test]
fn a_deep_check_spreads_a_failure() {
    let checked = |depth: &str| {
        let text = format!(
            "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: api.plain }} }}
services:
  api:
    health_check: {{ interval: 1s, unhealthy: 1, depth: {depth} }}
    rollout: {{ surge: 1, unavailable: 0 }}
    endpoints: {{ plain: [ {{ work: {{ constant: 10ms }} }} ], stored: [ {{ call: db }} ] }}
databases: {{ db: {{ query: 1ms }} }}
"
        );
        counts(run(&text, "5400ms", &["kill:db@1500ms"]).source("people"))
    };
    assert_eq!(checked("shallow"), [5, 5, 0, 0]);
    assert_eq!(checked("deep"), [5, 1, 0, 4]);
}

/// Two zones, with a replica of each service in both; a call to the other zone takes 100 ms more. Callers take turns, and so do the
/// callees: 1, 3, … s by the second caller, 2, 4, … s by the first. In turn the second callee serves the first call, the first one the
/// second, and so on: all in their own zone. With the first zone lost from 1.5 s on, the second of each remains, and nothing
/// crosses. With three callees, in zones 1, 2 and 1, the turn is 2, 3 (zone 1), 1, 2, 3: the calls of 3 s and 4 s leave their zone,
/// unless the balancer is aware of it.
#[test]
fn leaving_a_zone_takes_time() {
    let run_with = |callees: u32, aware: bool, faults: &[&str]| {
        let text = format!(
            "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: front.ask }} }}
services:
  front: {{ replicas: 2, zones: {{ count: 2 }}, endpoints: {{ ask: [ {{ call: back }} ] }} }}
  back: {{ replicas: {callees}, zones: {{ count: 2, aware: {aware}, crossing: 100ms }}, work: {{ constant: 10ms }} }}
"
        );
        let run = run(&text, "4500ms", faults);
        (counts(run.source("people")), run.latency_sum("people").millis())
    };
    assert_eq!(run_with(2, false, &[]), ([4, 4, 0, 0], 40.0));
    assert_eq!(run_with(2, false, &["zone:1@1500ms"]), ([4, 4, 0, 0], 40.0));
    assert_eq!(run_with(3, false, &[]), ([4, 4, 0, 0], 240.0));
    assert_eq!(run_with(3, true, &[]).1, 40.0);
}
