//! Policies of callers.

use super::laws::{throttled, tries};
use super::{Figure, Oracle};

/// A thousand calls a second, of which the callee accepts two hundred; each is sent, refused by the callee or held back.
const WINDOW_S: f64 = 20.0;

pub(super) const ORACLES: &[Oracle] = &[RETRIES, THROTTLE];

const THROTTLE: Oracle = Oracle {
    name: "adaptive throttling (SRE)",
    model: "
traffic: { people: { rate: 1000/s, to: front } }
services:
  front: { concurrency: unlimited, calls: [ back ], dependencies: { back: { throttle: { k: 2, window: 20s } } } }
  back: { rate_limit: 200/s, concurrency: unlimited, endpoints: { call: [] } }
",
    replications: 16,
    warmup_s: 60,
    measured_s: 60,
    figures: &[
        Figure::exact(
            "share held back",
            || throttled(1000.0 * WINDOW_S, 200.0 * WINDOW_S, 2.0),
            |s| {
                let edge = s.edge("front>back");
                edge.rejected as f64 / edge.calls as f64
            },
        ),
        Figure::exact("share accepted", || 0.2, |s| s.success()),
    ],
};

const RETRIES: Oracle = Oracle {
    name: "retries through two layers",
    model: "
traffic: { people: { rate: 1000/s, to: front, retry: { attempts: 3, backoff: 1ms } } }
services:
  front: { concurrency: unlimited, calls: [ back ], dependencies: { back: { retry: { attempts: 2, backoff: 1ms } } } }
  back: { concurrency: unlimited, endpoints: { call: [ { error: 80% } ] } }
",
    replications: 16,
    warmup_s: 1,
    measured_s: 30,
    figures: &[
        Figure::exact(
            "tries a call at the back",
            || tries(0.8, 2),
            |s| {
                let edge = s.edge("front>back");
                edge.attempts as f64 / edge.calls as f64
            },
        ),
        Figure::exact(
            "tries a request at the front",
            || tries(0.8f64.powi(2), 3),
            |s| {
                let edge = s.edge("people>front");
                edge.attempts as f64 / edge.calls as f64
            },
        ),
        Figure::exact(
            "requests at the back for each of a user",
            || tries(0.8, 2) * tries(0.8f64.powi(2), 3),
            |s| s.endpoint("back.call").offered as f64 / s.users().offered as f64,
        ),
        Figure::exact("share that fails", || 0.8f64.powi(6), |s| 1.0 - s.success()),
    ],
};
