//! Recording: what one latency costs that is counted.

use criterion::{Criterion, Throughput};
use std::hint::black_box;
use tenfold::measure::Histogram;
use tenfold::random::{Dist, Stream};
use tenfold::units::SimDuration;

/// Latencies as they are: a lognormal with a median of 12 ms and a p99 of 200 ms, as many as stay in a cache.
pub fn latencies() -> Vec<SimDuration> {
    let latency = Dist::from_percentiles(SimDuration::from_millis(12), SimDuration::from_millis(200));
    let mut stream = Stream::new(1, 0, "histogram", "benchmark");
    (0..1_000).map(|_| latency.sample(&mut stream)).collect()
}

pub fn record(c: &mut Criterion) {
    let latencies = latencies();
    let mut histogram = Histogram::default();
    let mut group = c.benchmark_group("histogram");
    group.throughput(Throughput::Elements(latencies.len() as u64));
    group.bench_function("record", |b| b.iter(|| black_box(&latencies).iter().for_each(|d| histogram.record(*d))));
    group.finish();
}
