//! Customers per second of the engine on four models, which other simulators have been measured on too.
//!
//! Models are YAML, read and lowered as any user's: what is timed is a whole trial without warm-up.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use tenfold::engine::Limits;
use tenfold::measure::Trial;
use tenfold::model::Model;
use tenfold::plan::Knobs;
use tenfold::units::SimDuration;

/// M/M/1 at 80%: one million customers.
const ONE_SERVER: &str = "
traffic: { people: { rate: 800/s, to: station.serve } }
services:
  station: { concurrency: 1, queue: unlimited, endpoints: { serve: [ { work: 1ms } ] } }
";

/// M/M/16 at 90%: one million customers.
const SIXTEEN_SERVERS: &str = "
traffic: { people: { rate: 14400/s, to: station.serve } }
services:
  station: { concurrency: 16, queue: unlimited, endpoints: { serve: [ { work: 1ms } ] } }
";

/// Five M/M/4 at 80% in a row: 200,000 customers, a million hops.
const TANDEM: &str = "
traffic: { people: { rate: 3200/s, to: line.pass } }
services:
  line:
    concurrency: unlimited
    endpoints:
      pass: [ { call: s1 }, { call: s2 }, { call: s3 }, { call: s4 }, { call: s5 } ]
  s1: { concurrency: 4, queue: unlimited, endpoints: { serve: [ { work: 1ms } ] } }
  s2: { concurrency: 4, queue: unlimited, endpoints: { serve: [ { work: 1ms } ] } }
  s3: { concurrency: 4, queue: unlimited, endpoints: { serve: [ { work: 1ms } ] } }
  s4: { concurrency: 4, queue: unlimited, endpoints: { serve: [ { work: 1ms } ] } }
  s5: { concurrency: 4, queue: unlimited, endpoints: { serve: [ { work: 1ms } ] } }
";

/// A small shop: 600 s at 1000/s, each caller's worker held while it waits, a time-out with two retries.
const SHOP: &str = "
traffic:
  clients: { rate: 1000/s, to: gateway.page, timeout: 500ms, retry: { attempts: 3, backoff: 100ms } }
services:
  gateway:
    concurrency: 64
    queue: unlimited
    endpoints:
      page:
        - work: 2ms
        - call: catalog.list
        - parallel: [ { call: pricing.quote }, { call: reviews.top } ]
  catalog:
    concurrency: 32
    queue: unlimited
    endpoints:
      list:
        - work: 4ms
        - cached: { cache: memory, miss: [ { call: db.load } ] }
  pricing: { concurrency: 16, queue: unlimited, endpoints: { quote: [ { work: 3ms } ] } }
  reviews: { concurrency: 16, queue: unlimited, endpoints: { top: [ { work: 5ms } ] } }
databases:
  db: { connections: 20, queries: { load: { read: 10ms } } }
caches:
  memory: { get: 0.5ms, hit_ratio: 90% }
";

fn engine(c: &mut Criterion) {
    let mut group = c.benchmark_group("customers");
    group.sample_size(10);
    for (name, text, customers, rate) in [
        ("one server", ONE_SERVER, 1_000_000, 800),
        ("sixteen servers", SIXTEEN_SERVERS, 1_000_000, 14_400),
        ("tandem", TANDEM, 200_000, 3_200),
        ("shop", SHOP, 600_000, 1_000),
    ] {
        let model = Model::read(name, text).expect("the models above are valid");
        let trial = Trial {
            plan: &model.plan,
            load: 1.0,
            seed: 1,
            replication: 0,
            timeline: vec![(SimDuration::ZERO, Knobs::baseline(&model.plan, 1.0))],
            warmup: SimDuration::ZERO,
            measured: SimDuration::from_secs(customers / rate),
            window: SimDuration::from_secs(1),
            limits: Limits::default(),
        };
        group.throughput(Throughput::Elements(customers));
        group.bench_function(BenchmarkId::from_parameter(name), |b| b.iter(|| black_box(&trial).run()));
    }
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
