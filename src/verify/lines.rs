//! Lines in which not everybody waits, or not in turn.

use super::laws::{Mm1k, Mmc, erlang_a, patience_ends, priority_waits, window_passes};
use super::{Figure, Oracle};

const MM1_10: Mm1k = Mm1k { lambda: 0.9, mu: 1.0, k: 10 };
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
    Oracle {
        name: "M/M/1+D, one patience for all",
        model: "
traffic: { people: { rate: 900/s, to: station } }
services: { station: { concurrency: 1, queue: { limit: unlimited, max_wait: 2ms }, work: 1ms } }
",
        replications: 16,
        warmup_s: 5,
        measured_s: 100,
        figures: &[Figure::exact("share that gives up", || patience_ends(0.9, 2.0), |s| 1.0 - s.success())],
    },
    Oracle {
        name: "M/M/1/10, by a concurrency limit",
        model: "
traffic: { people: { rate: 900/s, to: station } }
services:
  station: { concurrency: 1, queue: unlimited, concurrency_limit: { algorithm: aimd, min: 10, max: 10 }, work: 1ms }
",
        replications: 16,
        warmup_s: 10,
        measured_s: 400,
        figures: &[
            Figure::exact("share shed", || MM1_10.blocked(), |s| 1.0 - s.success()),
            Figure::exact("mean stay, ms", || MM1_10.mean_stay(), |s| s.mean_ms()),
        ],
    },
    Oracle {
        name: "rate limits of Poisson arrivals",
        model: "
traffic:
  even: { rate: 500/s, to: spaced }
  some: { rate: 500/s, to: windows }
services:
  spaced: { rate_limit: { rate: 1000/s, algorithm: gcra }, concurrency: unlimited, work: 1ms }
  windows: { rate_limit: { rate: 400/s, algorithm: fixed_window, window: 10ms }, concurrency: unlimited, work: 1ms }
",
        replications: 16,
        warmup_s: 1,
        measured_s: 60,
        figures: &[
            // What passes is followed by a millisecond in which nothing does, as in a counter with a dead time.
            Figure::exact(
                "share that passes one by one",
                || 1.0 / (1.0 + 500.0 / 1000.0),
                |s| s.source("even").success_rate(),
            ),
            Figure::exact(
                "share that passes four a window",
                || window_passes(5.0, 4),
                |s| s.source("some").success_rate(),
            ),
        ],
    },
    Oracle {
        name: "Envoy's admission control",
        model: "
traffic: { people: { rate: 500/s, to: web } }
services:
  web: { concurrency: unlimited, calls: [ pay ], dependencies: { pay: { admission_control: {} } } }
  pay: { concurrency: unlimited, endpoints: { charge: [ { error: 60% } ] } }
",
        replications: 16,
        warmup_s: 60,
        measured_s: 60,
        figures: &[
            // 1 - P = s / (n · 0.95) where 40% succeed; some six thousand calls are remembered, of which one is added.
            Figure::exact(
                "share that is tried",
                || 0.4 / 0.95,
                |s| s.endpoint("pay.charge").offered as f64 / s.users().offered as f64,
            )
            .within(0.001),
        ],
    },
];
