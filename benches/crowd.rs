//! A great many requests in flight, each for a second: what an event costs when its frame, and its place in the calendar,
//! have not been touched for a while. At a million twice the cost at a thousand is the aim.

use crate::models::{CROWD, read, trial};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use tenfold::engine::Limits;
use tenfold::measure::Trial;
use tenfold::units::SimDuration;

pub fn events(c: &mut Criterion) {
    let model = read("crowd", CROWD);
    let mut group = c.benchmark_group("events by requests in flight");
    group.sample_size(10);
    for in_flight in [1_000u64, 10_000, 100_000, 1_000_000] {
        // The rate of the model is a thousand a second; half a million requests are enough to time.
        let load = in_flight as f64 / 1_000.0;
        let measured = SimDuration::from_millis((500_000_000 / in_flight).max(500));
        let limits = Limits { in_flight: usize::MAX, ..Limits::default() };
        let warmup = SimDuration::from_secs(10);
        let trial = Trial { warmup, limits, ..trial(&model.plan, load, measured) };
        let warm = trial.warm();
        let go_on = |mut warm| {
            trial.advance(&mut warm, measured);
            warm
        };
        let events = go_on(warm.clone()).world().tallies().events - warm.world().tallies().events;
        group.throughput(Throughput::Elements(events));
        group.bench_function(BenchmarkId::from_parameter(in_flight), |b| {
            b.iter_batched(|| warm.clone(), go_on, BatchSize::PerIteration)
        });
    }
    group.finish();
}
