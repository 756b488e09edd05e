//! Databases: hot rows, and replicas that follow.

use super::laws::Mmc;
use super::{Figure, Oracle};

const ROW: Mmc = Mmc { lambda: 0.7, mu: 1.0, c: 1 };

/// Reads of one of 100 rows, each written 5 times a second, of which a replica is 40 ms behind.
fn stale() -> f64 {
    -libm::expm1(-5.0 * 0.04)
}

pub(super) const ORACLES: &[Oracle] = &[
    Oracle {
        name: "a hot row, M/M/1",
        model: "
traffic: { people: { rate: 700/s, to: api } }
services: { api: { concurrency: unlimited, calls: [ db ] } }
databases: { db: { connections: 100k, locks: { hot: { keys: 1 } }, query: { write: 1ms, lock: hot } } }
",
        replications: 16,
        warmup_s: 10,
        measured_s: 400,
        figures: &[
            Figure::exact("mean stay, ms", || ROW.mean_stay(), |s| s.mean_ms()),
            Figure::exact("p99 of the stay, ms", || ROW.stay_quantile(0.99), |s| s.quantile_ms(0.99)),
            Figure::exact(
                "share that waits",
                || ROW.rho(),
                |s| {
                    let rows = &s.measured.locks[0];
                    rows.waits as f64 / rows.taken as f64
                },
            ),
        ],
    },
    Oracle {
        name: "stale reads of Poisson writes",
        model: "
traffic: { people: { rate: 1000/s, mix: { api.save: 50%, api.load: 50% } } }
services: { api: { concurrency: unlimited, endpoints: { save: [ { call: db.put } ], load: [ { call: db.get } ] } } }
databases:
  db:
    connections: 100k
    read_replicas: { count: 2, keys: 100, lag: 40ms }
    queries: { put: { write: 1ms }, get: { read: 1ms } }
",
        replications: 16,
        warmup_s: 1,
        measured_s: 60,
        figures: &[Figure::exact("share of stale reads", stale, |s| {
            let replicas = &s.measured.replications[0];
            replicas.stale as f64 / replicas.reads as f64
        })],
    },
];
