//! Recording: what one latency costs that is counted.

use crate::latencies::latencies;
use criterion::{Criterion, Throughput};
use std::hint::black_box;
use tenfold::measure::Histogram;

pub fn record(c: &mut Criterion) {
    let latencies = latencies();
    let mut histogram = Histogram::default();
    let mut group = c.benchmark_group("histogram");
    group.throughput(Throughput::Elements(latencies.len() as u64));
    group.bench_function("record", |b| b.iter(|| black_box(&latencies).iter().for_each(|d| histogram.record(*d))));
    group.finish();
}
