//! Generated systems of ten and of a thousand services, with as many requests in flight: what an event costs more when
//! there is more to touch. At most 1.5 times as much is the mark. What it takes to begin is measured apart.

use crate::models::{read, trial};
use crate::system::{Shape, System, Wanted};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use std::hint::black_box;
use tenfold::measure::{Trial, Warm};
use tenfold::model::Model;
use tenfold::units::SimDuration;

const SECOND: SimDuration = SimDuration::from_secs(1);

pub fn events(c: &mut Criterion) {
    let mut group = c.benchmark_group("events by services");
    group.sample_size(10);
    for services in [10, 1_000] {
        let model = system(services);
        let trial = Trial { warmup: SECOND, ..trial(&model.plan, 1.0, SECOND) };
        check(&trial);
        let warm = trial.warm();
        let once = go_on(&trial, warm.clone());
        let events = once.world().tallies().events - warm.world().tallies().events;

        group.throughput(Throughput::Elements(events));
        group.bench_function(BenchmarkId::from_parameter(services), |b| {
            b.iter_batched(|| warm.clone(), |warm| go_on(&trial, warm), BatchSize::PerIteration)
        });
    }
    group.finish();
}

pub fn start(c: &mut Criterion) {
    let mut group = c.benchmark_group("start by services");
    group.sample_size(10);
    for services in [10, 1_000] {
        let model = system(services);
        let trial = trial(&model.plan, 1.0, SECOND);
        group.bench_function(BenchmarkId::from_parameter(services), |b| b.iter(|| black_box(&trial).warm()));
    }
    group.finish();
}

/// A system of the right shape with a thousand requests in flight, as a model.
pub fn system(services: usize) -> Model {
    let system = System::new(&Wanted { services, ..Wanted::default() });
    Shape::of(&system).check();
    read("system", &system.to_string())
}

fn go_on<'p>(trial: &Trial<'p>, mut warm: Warm<'p>) -> Warm<'p> {
    trial.advance(&mut warm, trial.measured);
    warm
}

fn check(trial: &Trial<'_>) {
    let once = trial.run();
    let people = &once.sources[0].total;
    assert_eq!((people.failed(), once.stop), (0, None), "nothing is overloaded");
    // By Little's law, and all have ended.
    let in_flight = people.latency.sum() as f64 / once.measured.0 as f64;
    assert!((900.0..1_100.0).contains(&in_flight), "{in_flight} requests in flight");
}
