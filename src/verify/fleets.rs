//! Many replicas.

use super::laws::{Mmc, erlang_b, shortest_of};
use super::{Figure, Oracle};

const ONE: Mmc = Mmc { lambda: 0.8, mu: 1.0, c: 1 };

/// An error in ten takes a replica down, two a second in all; three replicas take a second each to come back. Those that are
/// on their way back are the busy servers of a loss system.
const BREAKS: f64 = 0.1;

pub(super) const ORACLES: &[Oracle] = &[
    Oracle {
        name: "breakdowns and repairs, Erlang B",
        model: "
traffic: { people: { rate: 20/s, to: api.ask } }
services:
  api:
    replicas: 3
    concurrency: unlimited
    startup: { exponential: 1s }
    crash_on_error: 100%
    endpoints: { ask: [ { error: 10% } ] }
",
        replications: 24,
        warmup_s: 20,
        measured_s: 3000,
        figures: &[
            Figure::exact("share answered", || (1.0 - erlang_b(3, 2.0)) * (1.0 - BREAKS), |s| s.success()),
            Figure::exact(
                "replicas there, mean",
                || 3.0 - 2.0 * (1.0 - erlang_b(3, 2.0)),
                |s| s.measured.fleets[0].map_or(0.0, |fleet| fleet.mean),
            ),
        ],
    },
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
