//! Failures at random times, against what theory says of parts that break down and are repaired.

use super::testing::Folder;
use crate::common::{model, trial};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use tenfold::faults::{self, Fault, Luck};
use tenfold::measure::Trial;
use tenfold::model::Model;
use tenfold::plan::Knobs;
use tenfold::units::SimDuration;

/// Whether the mean of these lies within its interval of 99.9% around `expected`: Student's t for 20 values.
#[track_caller]
fn agrees(values: &[f64], expected: f64) {
    let n = values.len() as f64;
    assert_eq!(values.len(), 20);
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let half = 3.883 * (variance / n).sqrt();
    assert!((mean - expected).abs() < half, "{mean} ± {half}, not {expected}");
    assert!(half < 0.2 * expected, "{mean} ± {half} says nothing of {expected}");
}

const REPLICAS: u32 = 4;

fn service() -> Model {
    model(&format!(
        "traffic: {{ people: {{ rate: 50/s, to: api }} }}
services: {{ api: {{ replicas: {REPLICAS}, work: 1ms }} }}
"
    ))
}

fn positions(model: &Model, fault: &str, luck: Luck) -> Vec<(SimDuration, Knobs)> {
    let fault = Fault::parse_flag(fault).unwrap();
    fault.check(&model.plan).unwrap();
    faults::timeline(&model.plan, &Knobs::baseline(&model.plan, 1.0), &[fault], luck)
}

/// For how much of the time so many replicas are down.
fn shares(positions: &[(SimDuration, Knobs)], until: SimDuration) -> Vec<f64> {
    let mut shares = vec![0.0; REPLICAS as usize + 1];
    let (mut from, mut down) = (SimDuration::ZERO, 0);
    for (at, knobs) in positions {
        let at = (*at).min(until);
        shares[down] += SimDuration(at.0 - from.0).seconds() / until.seconds();
        (from, down) = (at, knobs.stations[0].down as usize);
    }
    shares[down] += SimDuration(until.0 - from.0).seconds() / until.seconds();
    shares
}

/// Beginning with all in order, a part is available for A + (1 - A) (1 - exp(-r T)) / (r T) of a time T, where
/// A = MTBF / (MTBF + MTTR) and r = 1 / MTBF + 1 / MTTR. Each of several by itself: the number of those that are down is binomial, but for the
/// beginning, which is a thousandth of the time here.
#[test]
fn what_fails_at_random_is_available_as_often_as_it_should_be() {
    let (mtbf, mttr) = (10.0, 2.0);
    let until = SimDuration::from_secs(2_000);
    let model = service();
    let runs = |fault: &str| -> Vec<Vec<f64>> {
        let luck = |replication| Luck { seed: 1, replication, until };
        (0..20).map(|r| shares(&positions(&model, fault, luck(r)), until)).collect()
    };
    let of = |runs: &[Vec<f64>], n: usize| runs.iter().map(|shares| shares[n]).collect::<Vec<_>>();
    let (a, decay) = (mtbf / (mtbf + mttr), (1.0 / mtbf + 1.0 / mttr) * until.seconds());
    let available = a + (1.0 - a) * (1.0 - (-decay).exp()) / decay;
    let whole = runs("kill:api:mtbf=10s:mttr=2s");
    agrees(&of(&whole, 0), available);
    agrees(&of(&whole, REPLICAS as usize), 1.0 - available);
    let each = runs("kill:api:each=true:mtbf=10s:mttr=2s");
    for (n, ways) in [1.0, 4.0, 6.0, 4.0].into_iter().enumerate() {
        agrees(&of(&each, n), ways * available.powi(4 - n as i32) * (1.0 - available).powi(n as i32));
    }
}

/// The same seed gives the same failures, whatever else the fault list or the load says; another replication gives others.
#[test]
fn failures_have_streams_of_their_own() {
    let model = service();
    let luck = Luck { seed: 1, replication: 0, until: SimDuration::from_secs(1_000) };
    let text = "kill:api:each=true:mtbf=100s:mttr=10s";
    let alone = positions(&model, text, luck);
    assert!(alone.len() > 20, "{}", alone.len());
    assert_eq!(alone, positions(&model, text, luck));
    assert_ne!(alone, positions(&model, text, Luck { replication: 1, ..luck }));
    assert_ne!(alone, positions(&model, text, Luck { seed: 2, ..luck }));
    let busy = Knobs::baseline(&model.plan, 3.0);
    let both = ["load:2x@5s+5s", text].map(|text| Fault::parse_flag(text).unwrap());
    let loaded = faults::timeline(&model.plan, &busy, &both, luck);
    let down = |positions: &[(SimDuration, Knobs)]| {
        let mut down: Vec<_> = positions.iter().map(|(at, knobs)| (*at, knobs.stations[0].down)).collect();
        down.retain(|(at, _)| ![5, 10].map(SimDuration::from_secs).contains(at));
        down
    };
    assert_eq!(down(&alone), down(&loaded));
}

/// A long run sees them: the share of requests that nobody answers is the share of the time in which nobody is there.
#[test]
fn users_notice() {
    let model = service();
    let trial = trial(&model, "400s", &["kill:api:mtbf=20s:mttr=5s"]);
    let dead = shares(&trial.timeline, SimDuration::from_secs(400))[REPLICAS as usize];
    let people = trial.run().sources[0].total.clone();
    let lost = people.failed() as f64 / people.offered as f64;
    // 20,000 requests: four standard deviations of the share of those that come while nobody is there.
    assert!((lost - dead).abs() < 4.0 * (dead * (1.0 - dead) / people.offered as f64).sqrt(), "{lost} of {dead}");
}

/// A single server that breaks down at rate b, busy or not, and is repaired at rate r, going on where it was (White and Christie
/// 1958; Avi-Itzhak and Naor 1963). A service with its interruptions takes C, with E C = (1 + b / r) / m and E C² = 2 (1 + b /
/// r)² / m² + 2 b / (m r²). Who comes waits for those before him, for what is left of the present C, and, if it broke down
/// idle, which it is for D = b (A - l / m) / r of the time, for the rest of the repair: W = (l E C² / 2 + D / r) / (1 - l E C).
#[test]
fn a_server_that_hangs_now_and_then_is_a_queue_with_breakdowns() {
    let (l, m, b, r) = (50.0, 100.0, 0.5, 2.0);
    let model = model(
        "traffic: { people: { rate: 50/s, to: api } }
services: { api: { concurrency: 1, queue: 100k, work: 10ms } }
",
    );
    let available = r / (b + r);
    let service = (1.0 + b / r) / m;
    let square = 2.0 * service * service + 2.0 * b / (m * r * r);
    let idle = b * (available - l / m) / r;
    let expected = (l * square / 2.0 + idle / r) / (1.0 - l * service) + service;
    let means: Vec<f64> = (0..20)
        .map(|replication| {
            let plain = trial(&model, "400s", &[]);
            let luck = Luck { seed: 1, replication, until: SimDuration::from_secs(460) };
            let timeline = positions(&model, "hang:api:mtbf=2s:mttr=500ms", luck);
            let measured = Trial { replication, timeline, ..plain }.run();
            let people = &measured.sources[0].total;
            assert_eq!(people.failed(), 0);
            people.latency.sum() as f64 / people.succeeded as f64 / 1e9
        })
        .collect();
    agrees(&means, expected);
}

/// A replica that fails every second or so for a tenth of it is out some nine thousand times in 10,000 s: more than is
/// simulated, and told.
#[test]
fn failures_that_are_too_many_to_be_simulated_are_told() {
    let text = "
        traffic: { rate: 1/s, to: api }
        services: { api: { work: 1ms, failures: { mtbf: 1s, mttr: 100ms } } }
        slos: [ api success >= 50% ]";
    let folder = Folder::with(&[("often.yaml", text)]);
    let told = contains("strike more often than is simulated").and(contains("--duration"));
    folder.run("run often.yaml --replications 1 --duration 10000s").code(0).stdout(told);
    let told = contains("strike more often").not();
    folder.run("run often.yaml --replications 1 --duration 1000s").code(0).stdout(told);
    let told = contains("strike more often");
    folder.run("test often.yaml --duration 10000s").stdout(told);
}
