//! The calendar alone, by the hold model: nanoseconds to take the first event and put in another, by how many are pending.
//!
//! A thousand times a turn, so that reading the clock costs nothing beside it.

use criterion::{BenchmarkId, Criterion, Throughput};
use tenfold::engine::bench::Hold;

const TURNS: u32 = 1_000;

pub fn hold(c: &mut Criterion) {
    let mut group = c.benchmark_group("calendar");
    group.throughput(Throughput::Elements(u64::from(TURNS)));
    for pending in [100, 1_000, 10_000, 100_000, 1_000_000] {
        let mut hold = Hold::new(pending);
        group.bench_function(BenchmarkId::from_parameter(pending), |b| b.iter(|| hold.turn(TURNS)));
    }
    group.finish();
}
