//! Lines in which not everybody waits, or not in turn.

use super::laws::{Mmc, erlang_a, priority_waits};
use super::{Figure, Oracle};

const MM1: Mmc = Mmc { lambda: 0.7, mu: 1.0, c: 1 };

pub(super) const ORACLES: &[Oracle] = &[
    Oracle {
        name: "M/M/10+M, Erlang A",
        model: "
traffic: { people: { rate: 12000/s, to: station } }
services:
  station: { concurrency: 10, queue: { limit: unlimited, max_wait: { exponential: 2ms } }, work: 1ms }
",
        replications: 16,
        warmup_s: 2,
        measured_s: 20,
        figures: &[
            Figure::exact("share that gives up", || erlang_a(12.0, 1.0, 10, 0.5).0, |s| 1.0 - s.success()),
            Figure::exact(
                "mean number waiting",
                || erlang_a(12.0, 1.0, 10, 0.5).1,
                |s| s.resource("station.workers").queue_mean,
            ),
        ],
    },
    Oracle {
        name: "M/M/1, two priorities",
        model: "
traffic:
  gold: { rate: 350/s, to: station, priority: high }
  rest: { rate: 350/s, to: station, priority: low }
services: { station: { concurrency: 1, queue: { limit: unlimited, order: priority }, work: 1ms } }
",
        replications: 16,
        warmup_s: 20,
        measured_s: 600,
        figures: &[
            Figure::exact(
                "mean stay of the first, ms",
                || 1.0 + priority_waits(0.35, 0.35).0,
                |s| 1e3 * s.source("gold").latency.mean().unwrap_or(0.0),
            ),
            Figure::exact(
                "mean stay of the second, ms",
                || 1.0 + priority_waits(0.35, 0.35).1,
                |s| 1e3 * s.source("rest").latency.mean().unwrap_or(0.0),
            ),
        ],
    },
    Oracle {
        name: "M/M/1, last come, first served",
        model: "
traffic: { people: { rate: 700/s, to: station } }
services: { station: { concurrency: 1, queue: { limit: unlimited, order: lifo }, work: 1ms } }
",
        replications: 16,
        warmup_s: 20,
        measured_s: 600,
        figures: &[
            Figure::exact("mean stay, ms", || MM1.mean_stay(), |s| s.mean_ms()),
            Figure::exact("utilisation", || MM1.rho(), |s| s.resource("station.workers").utilization),
        ],
    },
];
