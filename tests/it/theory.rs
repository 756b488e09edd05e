//! The simulation against queueing theory. Each model is written in the language of the user and run by the same code as
//! any other; each figure is judged by an interval from independent replications.
//!
//! The seed is 1, the numbers of replications and their lengths were fixed from the known variances of these queues before
//! anything was compared. An assertion fails by chance once in a thousand.

use crate::common::{duration, model};
use crate::formulas::{Mm1k, Mmc};
use rayon::prelude::*;
use tenfold::engine::{Limits, Silent, World};
use tenfold::measure::{Estimate, Measurements, Served, Trial};
use tenfold::model::Model;
use tenfold::plan::Knobs;
use tenfold::units::{SimDuration, SimTime};

const CONFIDENCE: f64 = 0.999;
/// Half-width of every interval, as a share of what is estimated.
const PRECISION: f64 = 0.02;

fn replications(model: &Model, count: u32, warmup: &str, measured: &str) -> Vec<Measurements> {
    let run = |replication| {
        let trial = Trial {
            plan: &model.plan,
            load: 1.0,
            seed: 1,
            replication,
            timeline: vec![(SimDuration::ZERO, Knobs::baseline(&model.plan, 1.0))],
            warmup: duration(warmup),
            measured: duration(measured),
            window: duration("10s"),
            limits: Limits::default(),
        };
        let measured = trial.run();
        assert_eq!(measured.stop, None);
        measured
    };
    (0..count).into_par_iter().map(run).collect()
}

/// The interval of the replications' figures holds the true value and is narrow enough.
#[track_caller]
fn agrees(what: &str, truth: f64, values: impl IntoIterator<Item = f64>) {
    let values: Vec<f64> = values.into_iter().collect();
    let estimate = Estimate::of_at(&values, CONFIDENCE);
    let half = (estimate.high - estimate.low) / 2.0;
    let narrow = half / truth;
    println!(
        "{what}: theory {truth:.6}, simulated {:.6} in [{:.6}, {:.6}], half-width {:.2}%, off by {:+.2}%",
        estimate.mean,
        estimate.low,
        estimate.high,
        100.0 * narrow,
        100.0 * (estimate.mean / truth - 1.0)
    );
    assert!(estimate.low <= truth && truth <= estimate.high, "{what}: {truth} is not in {estimate:?}");
    assert!(narrow <= PRECISION, "{what}: the interval is {:.2}% wide to each side", 100.0 * narrow);
}

fn mean_ms(served: &Served) -> f64 {
    1e3 * served.latency.mean().expect("there were answers")
}

fn p99_ms(served: &Served) -> f64 {
    served.latency.quantile(0.99).expect("there were answers").millis()
}

fn utilization(measured: &Measurements, name: &str) -> f64 {
    let found = measured.resources.iter().find(|r| r.name == name);
    found.unwrap_or_else(|| panic!("no `{name}` in {:?}", measured.resources)).utilization
}

fn station(name: &str, servers: u32, queue: &str) -> String {
    format!("  {name}: {{ concurrency: {servers}, queue: {queue}, endpoints: {{ serve: [ {{ work: 1ms }} ] }} }}\n")
}

/// One station with a mean service time of 1 ms, called by everybody.
fn single(rate: &str, servers: u32, queue: &str) -> Model {
    let traffic = format!("traffic: {{ people: {{ rate: {rate}, to: station.serve }} }}\nservices:\n");
    model(&(traffic + &station("station", servers, queue)))
}

#[test]
fn mm1() {
    let theory = Mmc { lambda: 0.8, mu: 1.0, c: 1 };
    let runs = replications(&single("800/s", 1, "unlimited"), 24, "20s", "2000s");
    agrees("M/M/1 mean", theory.mean_stay(), runs.iter().map(|m| mean_ms(&m.endpoints[0])));
    agrees("M/M/1 p99", theory.stay_quantile(0.99), runs.iter().map(|m| p99_ms(&m.endpoints[0])));
    agrees("M/M/1 utilisation", theory.rho(), runs.iter().map(|m| utilization(m, "station.workers")));
    agrees("M/M/1 as users see it", theory.mean_stay(), runs.iter().map(|m| mean_ms(&m.sources[0].total)));
    let waiting = theory.lambda * theory.mean_wait();
    agrees("M/M/1 mean number waiting", waiting, runs.iter().map(|m| m.resources[0].queue_mean));
}

#[test]
fn mm16() {
    let theory = Mmc { lambda: 14.4, mu: 1.0, c: 16 };
    let runs = replications(&single("14400/s", 16, "unlimited"), 16, "10s", "60s");
    agrees("M/M/16 mean", theory.mean_stay(), runs.iter().map(|m| mean_ms(&m.endpoints[0])));
    agrees("M/M/16 p99", theory.stay_quantile(0.99), runs.iter().map(|m| p99_ms(&m.endpoints[0])));
    agrees("M/M/16 utilisation", theory.rho(), runs.iter().map(|m| utilization(m, "station.workers")));
}

/// Nine may wait behind the one in service.
#[test]
fn mm1k() {
    let theory = Mm1k { lambda: 0.9, mu: 1.0, k: 10 };
    let runs = replications(&single("900/s", 1, "9"), 16, "10s", "400s");
    agrees("M/M/1/10 mean", theory.mean_stay(), runs.iter().map(|m| mean_ms(&m.endpoints[0])));
    agrees("M/M/1/10 p99", theory.stay_quantile(0.99), runs.iter().map(|m| p99_ms(&m.endpoints[0])));
    let lost = |m: &Measurements| 1.0 - m.endpoints[0].succeeded as f64 / m.endpoints[0].offered as f64;
    agrees("M/M/1/10 share refused", theory.blocked(), runs.iter().map(lost));
    let busy = 1.0 - theory.present(0);
    agrees("M/M/1/10 utilisation", busy, runs.iter().map(|m| utilization(m, "station.workers")));
}

/// Five stations in a row, each left before the next is entered. By Burke's theorem each is M/M/4 by itself.
#[test]
fn a_tandem_of_five_mm4() {
    let names = ["s1", "s2", "s3", "s4", "s5"];
    let calls: String = names.iter().map(|s| format!("{{ call: {s}.serve }}, ")).collect();
    let stations: String = names.iter().map(|s| station(s, 4, "unlimited")).collect();
    let model = model(&format!(
        "traffic: {{ people: {{ rate: 3200/s, to: line.pass }} }}
services:
  line: {{ concurrency: unlimited, endpoints: {{ pass: [ {calls} ] }} }}
{stations}"
    ));
    let theory = Mmc { lambda: 3.2, mu: 1.0, c: 4 };
    let runs = replications(&model, 16, "10s", "300s");
    for name in names {
        let at = model.plan.endpoint(&format!("{name}.serve")).unwrap().index();
        agrees(&format!("{name} mean"), theory.mean_stay(), runs.iter().map(|m| mean_ms(&m.endpoints[at])));
        agrees(&format!("{name} p99"), theory.stay_quantile(0.99), runs.iter().map(|m| p99_ms(&m.endpoints[at])));
        let busy = format!("{name}.workers");
        agrees(&format!("{name} utilisation"), theory.rho(), runs.iter().map(|m| utilization(m, &busy)));
    }
    agrees("the whole line, mean", 5.0 * theory.mean_stay(), runs.iter().map(|m| mean_ms(&m.sources[0].total)));
}

/// M/G/1 with processor sharing: the mean stay is S/(1 - rho), whatever the distribution of the service times.
#[test]
fn processor_sharing_does_not_see_the_distribution() {
    for (what, work) in
        [("exponential", "1ms"), ("constant", "{ constant: 1ms }"), ("lognormal", "{ mean: 1ms, cv: 2 }")]
    {
        let model = model(&format!(
            "traffic: {{ people: {{ rate: 700/s, to: station.serve }} }}
services:
  station: {{ concurrency: unlimited, cpu: 1, endpoints: {{ serve: [ {{ work: {work} }} ] }} }}
"
        ));
        let runs = replications(&model, 16, "20s", "600s");
        agrees(&format!("M/G/1-PS {what} mean"), 1.0 / 0.3, runs.iter().map(|m| mean_ms(&m.endpoints[0])));
        agrees(&format!("M/G/1-PS {what} cpu"), 0.7, runs.iter().map(|m| utilization(m, "station.cpu")));
    }
}

/// Users who think for 90 ms and share one server of 10 ms: exact mean value analysis (M. Reiser and S. Lavenberg, 1980).
/// R(n) = D (1 + Q(n-1)), X(n) = n / (Z + R(n)), Q(n) = X(n) R(n).
#[test]
fn closed_users_follow_mean_value_analysis() {
    let (demand, think) = (10.0, 90.0);
    let (mut stay, mut rate, mut queue) = (0.0, 0.0, 0.0);
    for n in 1..=12 {
        stay = demand * (1.0 + queue);
        rate = f64::from(n) / (think + stay);
        queue = rate * stay;
    }
    let model = model(
        "traffic: { people: { users: 12, think_time: 90ms, to: station.serve } }
services:
  station: { concurrency: 1, queue: unlimited, endpoints: { serve: [ { work: 10ms } ] } }
",
    );
    let runs = replications(&model, 16, "20s", "2000s");
    agrees("12 users, mean stay", stay, runs.iter().map(|m| mean_ms(&m.sources[0].total)));
    let per_ms = |m: &Measurements| m.sources[0].total.goodput(m.measured) / 1e3;
    agrees("12 users, throughput", rate, runs.iter().map(per_ms));
}

/// Little's law is no estimate here: on every resource and at any time, the integral of the number present equals the sum
/// of the stays to the nanosecond. `audit` compares the two as integers, and counts every request.
#[test]
fn littles_law_is_exact_at_every_moment() {
    for name in ["shop.yaml", "online-boutique.yaml"] {
        let model = crate::common::shipped(name);
        for load in [1.0, 10.0] {
            let mut world = World::new(&model.plan, load, 1, 0);
            for tenth in 1..=200u64 {
                let stop = world.run_until(SimTime(tenth * 100_000_000), &Limits::default(), &mut Silent);
                assert_eq!(stop, None);
                world.audit().unwrap_or_else(|e| panic!("{name} at {load}x, {tenth} tenths of a second: {e}"));
            }
        }
    }
}
