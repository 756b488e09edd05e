//! The engine as a whole: customers per second on the four works that other simulators have been measured on, and events
//! per second on the shop, as it is and at ten times its load.

use crate::models::{SHOP, W1, W2, W3, W4, read, trial};
use criterion::{Criterion, Throughput};
use std::hint::black_box;
use tenfold::units::SimDuration;

/// A fifth of the customers that the script beside this file takes: enough for a steady figure, little enough for many.
pub fn works(c: &mut Criterion) {
    let mut group = c.benchmark_group("works");
    group.sample_size(10);
    for (work, customers) in [(W1, 200_000), (W2, 200_000), (W3, 40_000), (W4, 120_000)] {
        let model = work.read();
        let trial = trial(&model.plan, 1.0, work.time_of(customers));
        group.throughput(Throughput::Elements(customers));
        group.bench_function(work.name, |b| b.iter(|| black_box(&trial).run()));
    }
    group.finish();
}

pub fn shop(c: &mut Criterion) {
    let model = read("shop", SHOP);
    let mut group = c.benchmark_group("shop");
    group.sample_size(10);
    for (name, load, seconds) in [("1x", 1.0, 60), ("10x", 10.0, 20)] {
        let trial = trial(&model.plan, load, SimDuration::from_secs(seconds));
        group.throughput(Throughput::Elements(trial.run().events));
        group.bench_function(name, |b| b.iter(|| black_box(&trial).run()));
    }
    group.finish();
}
