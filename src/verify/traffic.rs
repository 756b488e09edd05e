//! Traffic that changes, and work that slows down.

use super::laws::{mmpp_dispersion, usl_speedup};
use super::{Figure, Oracle, Seen};

/// Requests that came in each ten seconds of the first so many.
fn offered<'a>(s: &Seen<'a>, seconds: usize) -> impl Iterator<Item = f64> + use<'a> {
    // Behind the measured part the series goes on until what was counted has ended.
    s.measured.series.rows[..seconds / 10].iter().map(|row| f64::from(row.sources[0].offered))
}

/// Variance of the number of requests in ten seconds, divided by its mean.
fn dispersion(s: &Seen<'_>) -> f64 {
    let counts: Vec<f64> = offered(s, 4000).collect();
    let n = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / n;
    counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / (n - 1.0) / mean
}

pub(super) const ORACLES: &[Oracle] = &[
    Oracle {
        name: "Poisson arrivals on a ramp",
        model: "
traffic: { people: { rate: 100/s, shape: { ramp: { from: 1x, to: 3x, over: 100s } }, to: station } }
services: { station: { concurrency: unlimited, work: 1ms } }
",
        replications: 24,
        warmup_s: 0,
        measured_s: 100,
        figures: &[
            Figure::exact("requests in all", || 20_000.0, |s| offered(s, 100).sum()),
            Figure::exact("in the first half", || 7_500.0, |s| offered(s, 50).sum()),
        ],
    },
    Oracle {
        name: "bursts, MMPP",
        model: "
traffic: { people: { rate: 10/s, arrivals: { bursty: { factor: 5x, for: 2s, every: 10s } }, to: station } }
services: { station: { concurrency: unlimited, work: 1ms } }
",
        replications: 200,
        warmup_s: 20,
        measured_s: 4000,
        figures: &[
            Figure::exact("requests a second", || 10.0, |s| offered(s, 4000).sum::<f64>() / 4000.0),
            Figure::exact("variance to mean, 10 s", || mmpp_dispersion(10.0, 5.0, 2.0, 10.0, 10.0), dispersion),
        ],
    },
    Oracle {
        name: "Universal Scalability Law",
        model: "
traffic: { people: { users: 44, think_time: { constant: 0s }, to: station } }
services:
  station: { concurrency: unlimited, work: { constant: 10ms }, scalability: { contention: 5%, coherency: 0.05% } }
",
        replications: 2,
        warmup_s: 10,
        measured_s: 60,
        figures: &[Figure::exact(
            "requests a second",
            || 100.0 * usl_speedup(0.05, 0.0005, 44.0),
            |s| s.users().offered as f64 / 60.0,
        )
        // The crowd comes in steps of 44.
        .within(0.001)],
    },
];
