//! Alerts and what fails unseen, worked out by hand.

use crate::common::{close, model, run, trial};
use tenfold::experiments::{Options, Quiet, run as experiment};
use tenfold::faults::Fault;
use tenfold::model::Model;
use tenfold::report::{Heard, assemble};
use tenfold::units::SimDuration;

/// A service asked ten times a second, 10 ms each, with one alert.
fn watched(alert: &str) -> Model {
    model(&format!(
        "traffic: {{ people: {{ rate: 10/s, arrivals: constant, to: api }} }}
services: {{ api: {{ work: {{ constant: 10ms }} }} }}
alerts: {{ page: {{ {alert} }} }}
"
    ))
}

/// What the alert says in a run of 60 s without warm-up, in windows of one second.
fn heard(model: &Model, fault: Option<&str>) -> Heard {
    let options = Options {
        replications: 1,
        duration: Some(SimDuration::from_secs(60)),
        warmup: Some(SimDuration::ZERO),
        faults: fault.iter().map(|f| Fault::parse_flag(f).unwrap()).collect(),
        ..Options::default()
    };
    let plain = experiment(model, &options, &Quiet).unwrap();
    let window = plain.runs[0].length.schedule.window;
    assert!(window <= SimDuration::from_secs(1), "{window}");
    assemble::run(model, &plain, &options).runs[0].alerts[0].clone()
}

/// All requests fail from 20 s on. k seconds later k tenths of the last ten seconds' have failed: more than half at 26 s,
/// when the alert sees it first. It must go on for 5 s: it pages at 31 s, 11 s after the beginning of the fault.
#[test]
fn an_alert_pages_when_it_has_held_for_long_enough() {
    let page = |more: &str| {
        let rule = format!("when: api success < 50%, over: 10s, every: 1s{more}");
        heard(&watched(&rule), Some("errors:api:100%@20s+20s"))
    };
    let told = page(", for: 5s");
    assert_eq!((told.pages, told.runs), (1, 1));
    close(told.after_s.unwrap().mean, 11.0);
    close(page("").after_s.unwrap().mean, 6.0);
    // From 26 s to 44 s more than half have failed: a condition that held for 18 s at its last look never held for 19 s.
    close(page(", for: 18s").after_s.unwrap().mean, 24.0);
    assert_eq!(page(", for: 19s").pages, 0);
}

/// Looks come at 7, 14, 21, 28 s: the first that sees it is at 28 s.
#[test]
fn an_alert_sees_what_is_there_when_it_looks() {
    let rule = "when: api errors > 50%, over: 10s, every: 7s";
    close(heard(&watched(rule), Some("errors:api:100%@20s+20s")).after_s.unwrap().mean, 8.0);
}

/// A budget of 1% that burns 20.5 times as fast: more than 20.5% of the last minute failed, which takes 12.3 s of total failure and
/// the look after it; what was before the run was healthy. Over the last 2 s it must fail, too: after a fault of 13 s it does at
/// 34 s, with nothing before 33 s, and not any more when the alert has waited for another 5 s.
#[test]
fn a_budget_burns_over_a_long_and_a_short_window() {
    let rule = "slo: api success >= 99%, burn: 20.5x, over: 60s, every: 1s";
    let fault = Some("errors:api:100%@20s+13s");
    close(heard(&watched(rule), fault).after_s.unwrap().mean, 13.0);
    assert_eq!(heard(&watched(&format!("{rule}, for: 5s")), fault).pages, 1, "the minute remembers it");
    assert_eq!(heard(&watched(&format!("{rule}, and_over: 2s, for: 5s")), fault).pages, 0);
}

/// 10 ms become 40 ms from 20 s on: more than a hundredth of the answers of the last 10 s are slower than 20 ms at once.
#[test]
fn a_percentile_is_above_a_limit_when_more_than_its_share_is() {
    let rule = |percentile: &str| format!("when: api {percentile} > 20ms, over: 10s, every: 1s");
    let after =
        |percentile: &str| heard(&watched(&rule(percentile)), Some("latency:api:4x@20s+20s")).after_s.unwrap().mean;
    close(after("p99"), 1.0);
    // A tenth each second: more than half after six, more than three quarters after eight.
    close(after("p50"), 6.0);
    close(after("p25"), 8.0);
}

/// Nothing pages where nothing is wrong; where nobody asks there is no figure, and no page either.
#[test]
fn what_does_not_happen_has_no_figure() {
    let silent = watched("when: api success < 50%, over: 10s, every: 1s");
    assert_eq!(heard(&silent, None).pages, 0);
    let always = watched("when: api rate > 5/s, over: 10s, every: 1s");
    assert_eq!(heard(&always, None).pages, 1);
    let nobody = model(
        "traffic: { people: { rate: 10/s, arrivals: constant, to: api } }
services: { api: { work: { constant: 10ms } }, idle: { endpoints: { a: [ { work: 1ms } ] } } }
alerts: { page: { when: idle success < 50%, over: 10s, every: 1s } }
",
    );
    assert_eq!(heard(&nobody, Some("errors:idle:100%@20s+20s")).pages, 0);
}

/// A message each second that nobody takes from 20 s on: the oldest came at 20 s or soon after, and is older than 10 s after
/// another 10 s.
#[test]
fn the_age_of_a_backlog_is_watched() {
    let aged = model(
        "traffic: { people: { rate: 1/s, arrivals: constant, to: web.put } }
services:
  web: { endpoints: { put: [ { publish: jobs } ] } }
  worker: { work: { constant: 10ms } }
queues: { jobs: { consumers: [ { call: worker } ] } }
alerts: { page: { when: jobs age > 10s, over: 1s, every: 1s } }
",
    );
    let after = heard(&aged, Some("consumer_stop:jobs@20500ms+30s")).after_s.unwrap().mean;
    // The request of 21 s is the first to wait; the alert looks on the second.
    assert!((11.0..=13.0).contains(&(after + 0.5)), "{after}");
}

/// The payment takes 400 ms and its caller waits for 300 ms: each of the two tries is executed, and the second is a
/// duplicate. Nine requests, at 1 s to 9 s.
#[test]
fn a_charge_that_is_repeated_is_counted() {
    let text = |key: &str| {
        format!(
            "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: api.pay }} }}
services:
  api:
    endpoints: {{ pay: [ {{ call: bank }} ] }}
    dependencies: {{ bank: {{ timeout: 300ms, retry: {{ attempts: 2, backoff: 0s }}{key} }} }}
external: {{ bank: {{ latency: {{ constant: 400ms }} }} }}
"
        )
    };
    assert_eq!(run(&text(""), "9500ms", &[]).edge("api>bank").duplicates, 9);
    assert_eq!(run(&text(", idempotent: true"), "9500ms", &[]).edge("api>bank").duplicates, 0);
}

/// A write each second, at 1 s, 2 s, …, and 2.5 s to the replica. The primary dies at 6.2 s: the writes of 4, 5 and 6 s have
/// not come, that of 3 s has (at 5.5 s). A primary that is not replaced keeps what it wrote.
#[test]
fn what_had_not_come_to_the_replica_is_lost_when_it_takes_over() {
    let text = |failover: &str| {
        format!(
            "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: api.put }} }}
services: {{ api: {{ endpoints: {{ put: [ {{ call: db.write }} ] }} }} }}
databases:
  db: {{ {failover} read_replicas: {{ count: 1, keys: 1, lag: {{ constant: 2500ms }}, replay: 1ms }}, queries: {{ read: {{ read: 1ms }}, write: {{ write: {{ constant: 1ms }} }} }} }}
"
        )
    };
    let lost = |failover: &str, fault: &str| run(&text(failover), "10500ms", &[fault]).measured.replications[0].lost;
    assert_eq!(lost("failover: 1s,", "kill:db:1@6200ms+2s"), 3);
    assert_eq!(lost("", "failover:db@6200ms+2s"), 3);
    assert_eq!(lost("", "kill:db:1@6200ms+2s"), 0);
}

/// Room for two messages, and nobody takes any: of nine that come at 1 s to 9 s seven are given up, and nobody hears of it.
#[test]
fn accepted_messages_that_are_given_up_are_counted() {
    let text = "traffic: { people: { rate: 1/s, arrivals: constant, to: web.put } }
services: { web: { endpoints: { put: [ { publish: jobs } ] } }, worker: { work: { constant: 10ms } } }
queues: { jobs: { capacity: 2, overflow: drop_head, consumers: [ { call: worker } ] } }
";
    let run = run(text, "9500ms", &["consumer_stop:jobs@0s"]);
    assert_eq!((run.source("people").succeeded, run.topic("jobs").gone()), (9, 7));
}

/// What fails by itself is available for mtbf / (mtbf + mttr) of the time, within the interval of 99.9% over 20
/// replications (Student's t, 3.883), whose half-width is at most 2%. A beginning in good order adds (1 - A) / (r T) of it, where r = 1 / mtbf
/// + 1 / mttr: 0.00002 here.
#[test]
fn a_component_that_fails_by_itself_is_there_as_often_as_it_says() {
    use tenfold::{
        faults::{Luck, timeline},
        measure::Trial,
        plan::Knobs,
    };
    let model = model(
        "traffic: { people: { rate: 10/s, to: api } }
services: { api: { work: 1ms, failures: { mtbf: 20s, mttr: 2s } } }
",
    );
    let faults = Fault::by_themselves(&model.plan);
    let base = trial(&model, "3000s", &[]);
    let shares: Vec<f64> = (0..20)
        .map(|replication| {
            let luck = Luck { seed: 1, replication, until: SimDuration::from_secs(3_060) };
            let timeline = timeline(&model.plan, &Knobs::baseline(&model.plan, 1.0), &faults, luck);
            Trial { replication, timeline, ..base.clone() }.run().sources[0].total.success_rate()
        })
        .collect();
    let mean = shares.iter().sum::<f64>() / 20.0;
    let variance = shares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 19.0;
    let half = 3.883 * (variance / 20.0).sqrt();
    let expected = 20.0 / 22.0;
    assert!(half <= 0.02 && (mean - expected).abs() < half, "{mean} ± {half}, not {expected}");
}
