//! Single stations.

use super::laws::{Mm1k, Mmc, erlang_b, erlang_c, mg1_wait, retrial_orbit};
use super::{Figure, Oracle};

const MM1: Mmc = Mmc { lambda: 0.8, mu: 1.0, c: 1 };
const MM16: Mmc = Mmc { lambda: 14.4, mu: 1.0, c: 16 };
const MM10: Mmc = Mmc { lambda: 8.0, mu: 1.0, c: 10 };
const MM1_10: Mm1k = Mm1k { lambda: 0.9, mu: 1.0, k: 10 };

pub(super) const ORACLES: &[Oracle] = &[
    Oracle {
        name: "M/M/1",
        model: "
traffic: { people: { rate: 800/s, to: station } }
services: { station: { concurrency: 1, queue: unlimited, work: 1ms } }
",
        replications: 24,
        warmup_s: 20,
        measured_s: 1000,
        figures: &[
            Figure::exact("mean stay, ms", || MM1.mean_stay(), |s| s.mean_ms()),
            Figure::exact("p99 of the stay, ms", || MM1.stay_quantile(0.99), |s| s.quantile_ms(0.99)),
            Figure::exact("utilisation", || MM1.rho(), |s| s.resource("station.workers").utilization),
            Figure::exact(
                "mean number waiting",
                || MM1.lambda * MM1.mean_wait(),
                |s| s.resource("station.workers").queue_mean,
            ),
        ],
    },
    Oracle {
        name: "M/M/16",
        model: "
traffic: { people: { rate: 14400/s, to: station } }
services: { station: { concurrency: 16, queue: unlimited, work: 1ms } }
",
        replications: 16,
        warmup_s: 10,
        measured_s: 60,
        figures: &[
            Figure::exact("mean stay, ms", || MM16.mean_stay(), |s| s.mean_ms()),
            Figure::exact("p99 of the stay, ms", || MM16.stay_quantile(0.99), |s| s.quantile_ms(0.99)),
            Figure::exact("utilisation", || MM16.rho(), |s| s.resource("station.workers").utilization),
        ],
    },
    Oracle {
        name: "M/M/1/10",
        model: "
traffic: { people: { rate: 900/s, to: station } }
services: { station: { concurrency: 1, queue: 9, work: 1ms } }
",
        replications: 16,
        warmup_s: 10,
        measured_s: 400,
        figures: &[
            Figure::exact("mean stay, ms", || MM1_10.mean_stay(), |s| s.mean_ms()),
            Figure::exact("p99 of the stay, ms", || MM1_10.stay_quantile(0.99), |s| s.quantile_ms(0.99)),
            Figure::exact("share refused", || MM1_10.blocked(), |s| 1.0 - s.success()),
            Figure::exact("utilisation", || 1.0 - MM1_10.present(0), |s| s.resource("station.workers").utilization),
        ],
    },
    Oracle {
        name: "M/M/10, Erlang C",
        model: "
traffic: { people: { rate: 8000/s, to: station } }
services: { station: { concurrency: 10, queue: unlimited, work: 1ms } }
",
        replications: 16,
        warmup_s: 10,
        measured_s: 60,
        figures: &[Figure::exact(
            "mean wait, ms",
            || erlang_c(10, 8.0) / 2.0,
            |s| s.resource("station.workers").wait_mean * 1e3,
        )],
    },
    Oracle {
        name: "M/M/10/10, Erlang B",
        model: "
traffic: { people: { rate: 8000/s, to: station } }
services: { station: { concurrency: 10, queue: 0, work: 1ms } }
",
        replications: 16,
        warmup_s: 5,
        measured_s: 30,
        figures: &[Figure::exact("share refused", || erlang_b(10, 8.0), |s| 1.0 - s.success())],
    },
    Oracle {
        name: "M/G/10/10, Erlang B, lognormal",
        model: "
traffic: { people: { rate: 8000/s, to: station } }
services: { station: { concurrency: 10, queue: 0, work: { mean: 1ms, cv: 2 } } }
",
        replications: 16,
        warmup_s: 5,
        measured_s: 30,
        figures: &[Figure::exact("share refused", || erlang_b(10, 8.0), |s| 1.0 - s.success())],
    },
    Oracle {
        name: "M/D/1",
        model: "
traffic: { people: { rate: 800/s, to: station } }
services: { station: { concurrency: 1, queue: unlimited, work: { constant: 1ms } } }
",
        replications: 16,
        warmup_s: 10,
        measured_s: 400,
        figures: &[Figure::exact("mean stay, ms", || 1.0 + mg1_wait(0.8, 0.0), |s| s.mean_ms())],
    },
    Oracle {
        name: "M/G/1, gamma",
        model: "
traffic: { people: { rate: 700/s, to: station } }
services: { station: { concurrency: 1, queue: unlimited, work: { gamma: { mean: 1ms, shape: 0.5 } } } }
",
        replications: 16,
        warmup_s: 20,
        measured_s: 800,
        figures: &[Figure::exact("mean stay, ms", || 1.0 + mg1_wait(0.7, 2.0), |s| s.mean_ms())],
    },
    Oracle {
        name: "M/G/1, lognormal",
        model: "
traffic: { people: { rate: 700/s, to: station } }
services: { station: { concurrency: 1, queue: unlimited, work: { mean: 1ms, cv: 1.5 } } }
",
        replications: 16,
        warmup_s: 20,
        measured_s: 1000,
        figures: &[Figure::exact("mean stay, ms", || 1.0 + mg1_wait(0.7, 2.25), |s| s.mean_ms())],
    },
    Oracle {
        name: "M/G/1-PS, constant",
        model: "
traffic: { people: { rate: 700/s, to: station } }
services: { station: { concurrency: unlimited, cpu: 1, work: { constant: 1ms } } }
",
        replications: 16,
        warmup_s: 20,
        measured_s: 400,
        figures: &[
            Figure::exact("mean stay, ms", || 1.0 / 0.3, |s| s.mean_ms()),
            Figure::exact("utilisation of the core", || 0.7, |s| s.resource("station.cpu").utilization),
        ],
    },
    Oracle {
        name: "M/G/1-PS, lognormal",
        model: "
traffic: { people: { rate: 700/s, to: station } }
services: { station: { concurrency: unlimited, cpu: 1, work: { mean: 1ms, cv: 2 } } }
",
        replications: 16,
        warmup_s: 20,
        measured_s: 600,
        figures: &[
            Figure::exact("mean stay, ms", || 1.0 / 0.3, |s| s.mean_ms()),
            Figure::exact("utilisation of the core", || 0.7, |s| s.resource("station.cpu").utilization),
        ],
    },
    Oracle {
        name: "retrial queue",
        model: "
traffic:
  people:
    rate: 700/s
    to: station
    retry: { attempts: unlimited, backoff: 2ms, jitter: exponential }
services: { station: { concurrency: 1, queue: 0, work: 1ms } }
",
        replications: 16,
        warmup_s: 20,
        measured_s: 600,
        figures: &[
            Figure::exact("mean stay, ms", || retrial_orbit(0.7, 1.0, 0.5) / 0.7 + 1.0, |s| s.mean_ms()),
            Figure::exact("utilisation", || 0.7, |s| s.resource("station.workers").utilization),
        ],
    },
    Oracle {
        name: "M/M/10 behind a queue, Erlang C",
        model: "
traffic: { people: { rate: 8000/s, to: api } }
services:
  api: { concurrency: unlimited, endpoints: { call: [ { publish: jobs } ] } }
  worker: { concurrency: unlimited, work: 1ms }
queues: { jobs: { consumers: [ { call: worker, concurrency: 10 } ] } }
",
        replications: 16,
        warmup_s: 10,
        measured_s: 160,
        figures: &[Figure::exact(
            "mean wait, ms",
            || MM10.mean_wait(),
            |s| {
                let jobs = s.topic("jobs");
                1e3 * jobs.waited.seconds() / jobs.received as f64
            },
        )],
    },
];
