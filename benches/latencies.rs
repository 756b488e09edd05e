//! Something to record.

use tenfold::random::{Dist, Stream};
use tenfold::units::SimDuration;

/// Latencies as they are: a lognormal with a median of 12 ms and a p99 of 200 ms, as many as stay in a cache.
pub fn latencies() -> Vec<SimDuration> {
    let latency = Dist::from_percentiles(SimDuration::from_millis(12), SimDuration::from_millis(200));
    let mut stream = Stream::new(1, 0, "histogram", "benchmark");
    (0..1_000).map(|_| latency.sample(&mut stream)).collect()
}
