//! Timers that are set and not needed any more: what patience costs a call that is answered in time, by how many calls
//! are in progress.

use criterion::{BenchmarkId, Criterion, Throughput};
use tenfold::engine::bench::Timers;

const TURNS: u32 = 1_000;

pub fn set_and_cancelled(c: &mut Criterion) {
    let mut group = c.benchmark_group("timers");
    group.throughput(Throughput::Elements(u64::from(TURNS)));
    for in_progress in [10, 1_000, 100_000] {
        let mut timers = Timers::new(in_progress);
        group.bench_function(BenchmarkId::from_parameter(in_progress), |b| b.iter(|| timers.turn(TURNS)));
    }
    group.finish();
}
