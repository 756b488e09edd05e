//! Reading a model: parsed, checked and lowered to what the engine runs. Nobody has written ten thousand services, but
//! somebody may generate them.

use crate::models::read;
use crate::system::{System, Wanted};
use criterion::{BenchmarkId, Criterion, Throughput};
use std::hint::black_box;

pub fn model(c: &mut Criterion) {
    let mut group = c.benchmark_group("compile");
    group.sample_size(10);
    for (services, one_in) in [(1_000, 1), (10_000, 4)] {
        let text = System::new(&Wanted { services, one_in, ..Wanted::default() }).to_string();
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(services), |b| b.iter(|| read("system", black_box(&text))));
    }
    group.finish();
}
