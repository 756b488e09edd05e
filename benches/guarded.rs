//! A breaker and retries in the hot path: events per second where four calls out of ten fail.

use crate::models::{GUARDED, read, trial};
use criterion::{Criterion, Throughput};
use std::hint::black_box;
use tenfold::units::SimDuration;

pub fn breaker_and_retries(c: &mut Criterion) {
    let model = read("guarded", GUARDED);
    let trial = trial(&model.plan, 1.0, SimDuration::from_secs(60));
    let once = trial.run();
    let (retries, opened) = once.edges.iter().fold((0, 0), |sum, e| (sum.0 + e.retries, sum.1 + e.breaker_opened));
    assert!(retries > 10_000 && opened > 500, "both work: {retries} retries, opened {opened} times");

    let mut group = c.benchmark_group("guarded");
    group.sample_size(10);
    group.throughput(Throughput::Elements(once.events));
    group.bench_function("breaker and retries", |b| b.iter(|| black_box(&trial).run()));
    group.finish();
}
