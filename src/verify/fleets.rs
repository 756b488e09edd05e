//! Many replicas.

use super::laws::{Mmc, shortest_of};
use super::{Figure, Oracle};

const ONE: Mmc = Mmc { lambda: 0.8, mu: 1.0, c: 1 };

pub(super) const ORACLES: &[Oracle] = &[
    Oracle {
        name: "power of two choices",
        model: "
traffic: { people: { rate: 90k/s, to: fleet } }
services: { fleet: { replicas: 1000, concurrency: 1, queue: unlimited, work: 10ms, balance: two_choices } }
",
        replications: 8,
        warmup_s: 2,
        measured_s: 6,
        // The law is a limit for many servers, and its error falls as 1/n: half a percent is allowed for at a thousand.
        figures: &[Figure::exact("mean stay, ms", || 10.0 * shortest_of(2.0, 0.9), |s| s.mean_ms()).within(0.005)],
    },
    Oracle {
        name: "one of many at random, M/M/1",
        model: "
traffic: { people: { rate: 8000/s, to: fleet } }
services: { fleet: { replicas: 100, concurrency: 1, queue: unlimited, work: 10ms, balance: random } }
",
        replications: 16,
        warmup_s: 20,
        measured_s: 60,
        figures: &[Figure::exact("mean stay, ms", || 10.0 * ONE.mean_stay(), |s| s.mean_ms())],
    },
];
