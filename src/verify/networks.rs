//! Several stations.

use super::laws::{Mmc, longest_of, longest_of_mean, mva};
use super::{Figure, Oracle, Seen};

/// Each of the five by itself (P. Burke, "The output of a queuing system", 1956).
const MM4: Mmc = Mmc { lambda: 3.2, mu: 1.0, c: 4 };
/// Visited 1 / (1 - 0.6) = 2.5 times by each of 0.3 arrivals per service time (J. Jackson, 1957).
const FEEDBACK: Mmc = Mmc { lambda: 0.75, mu: 1.0, c: 1 };

fn stay_ms(seen: &Seen<'_>, endpoint: &str) -> f64 {
    1e3 * seen.endpoint(endpoint).latency.mean().unwrap_or(0.0)
}

pub(super) const ORACLES: &[Oracle] = &[
    Oracle {
        name: "tandem of five M/M/4",
        model: "
traffic: { people: { rate: 3200/s, to: line } }
services:
  line: { concurrency: unlimited, calls: [ s1, s2, s3, s4, s5 ] }
  s1: { concurrency: 4, queue: unlimited, work: 1ms }
  s2: { concurrency: 4, queue: unlimited, work: 1ms }
  s3: { concurrency: 4, queue: unlimited, work: 1ms }
  s4: { concurrency: 4, queue: unlimited, work: 1ms }
  s5: { concurrency: 4, queue: unlimited, work: 1ms }
",
        replications: 16,
        warmup_s: 10,
        measured_s: 150,
        figures: &[
            Figure::exact("mean stay at the first, ms", || MM4.mean_stay(), |s| stay_ms(s, "s1.call")),
            Figure::exact("mean stay at the last, ms", || MM4.mean_stay(), |s| stay_ms(s, "s5.call")),
            Figure::exact("utilisation of the last", || MM4.rho(), |s| s.resource("s5.workers").utilization),
            Figure::exact("mean of the whole, ms", || 5.0 * MM4.mean_stay(), |s| s.mean_ms()),
        ],
    },
    Oracle {
        name: "Jackson network with feedback",
        model: "
traffic: { people: { rate: 300/s, to: front } }
services:
  front:
    concurrency: unlimited
    endpoints: { call: [ { repeat: { times: { mean: 2.5 }, steps: [ { call: station } ] } }, { call: other } ] }
  station: { concurrency: 1, queue: unlimited, work: 1ms }
  other: { concurrency: 1, queue: unlimited, work: 2ms }
",
        replications: 16,
        warmup_s: 20,
        measured_s: 1000,
        figures: &[
            Figure::exact("mean stay a visit, ms", || FEEDBACK.mean_stay(), |s| stay_ms(s, "station.call")),
            Figure::exact("mean stay behind it, ms", || 2.0 / 0.4, |s| stay_ms(s, "other.call")),
            Figure::exact("mean of the whole, ms", || 2.5 * FEEDBACK.mean_stay() + 5.0, |s| s.mean_ms()),
        ],
    },
    Oracle {
        name: "closed network, MVA",
        model: "
traffic: { people: { users: 10, think_time: 1s, to: front } }
services:
  front: { concurrency: unlimited, calls: [ quick, slow ] }
  quick: { concurrency: 1, queue: unlimited, work: 20ms }
  slow: { concurrency: 1, queue: unlimited, work: 50ms }
",
        replications: 16,
        warmup_s: 100,
        measured_s: 5000,
        figures: &[
            Figure::exact(
                "throughput, 1/s",
                || mva(&[0.02, 0.05], 1.0, 10).0,
                |s| s.users().goodput(s.measured.measured),
            ),
            Figure::exact("mean response, ms", || 1e3 * mva(&[0.02, 0.05], 1.0, 10).1, |s| s.mean_ms()),
        ],
    },
    Oracle {
        name: "closed network beyond its knee",
        model: "
traffic: { people: { users: 50, think_time: 1s, to: front } }
services:
  front: { concurrency: unlimited, calls: [ quick, slow ] }
  quick: { concurrency: 1, queue: unlimited, work: 20ms }
  slow: { concurrency: 1, queue: unlimited, work: 50ms }
",
        replications: 16,
        warmup_s: 100,
        measured_s: 2000,
        figures: &[
            Figure::exact(
                "throughput, 1/s",
                || mva(&[0.02, 0.05], 1.0, 50).0,
                |s| s.users().goodput(s.measured.measured),
            ),
            Figure::exact("mean response, ms", || 1e3 * mva(&[0.02, 0.05], 1.0, 50).1, |s| s.mean_ms()),
        ],
    },
    Oracle {
        name: "fork and join of ten",
        model: "
traffic: { people: { rate: 1000/s, to: front } }
services:
  front:
    concurrency: unlimited
    endpoints:
      call:
        - parallel: [ { call: leaf }, { call: leaf }, { call: leaf }, { call: leaf }, { call: leaf },
                      { call: leaf }, { call: leaf }, { call: leaf }, { call: leaf }, { call: leaf } ]
  leaf: { concurrency: unlimited, work: 10ms }
",
        replications: 16,
        warmup_s: 1,
        measured_s: 30,
        figures: &[
            Figure::exact("mean, ms", || 10.0 * longest_of_mean(10), |s| s.mean_ms()),
            Figure::exact("median, ms", || 10.0 * longest_of(10, 0.5), |s| s.quantile_ms(0.5)),
            Figure::exact("p99, ms", || 10.0 * longest_of(10, 0.99), |s| s.quantile_ms(0.99)),
        ],
    },
];
