//! What users lose: requests that failed or came too late, per endpoint, and how much of that was avoidable.

use crate::graph::Graph;
use crate::measure::{Histogram, Measurements, Served};
use crate::model::{Expectation, Metric, Subject, What};
use crate::plan::EndpointId;

/// The requests of one endpoint, as its users see it, in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Toll {
    /// Came.
    pub offered: f64,
    /// Were not answered.
    pub failed: f64,
    /// Were answered later than users accept.
    pub late: f64,
    /// The 99th percentile of the time to an answer, in seconds; 0 when nothing was answered.
    pub p99: f64,
}

impl Toll {
    /// Not answered, or too late.
    pub fn bad(&self) -> f64 {
        self.failed + self.late
    }
}

/// When an answer is late, in seconds, for each endpoint that users call: beyond the limit of its latency SLO; without
/// one, beyond five times the p99 of a healthy run, and one second at least.
pub fn patience(graph: &Graph, slos: &[Expectation], healthy: &Measurements) -> Vec<f64> {
    let limit = |endpoint: EndpointId| {
        let limits = slos.iter().filter_map(|slo| match slo.what {
            What::Compare { subject: Some(Subject::Endpoint(e)), metric: Metric::Percentile(_), limit, .. }
                if e == endpoint =>
            {
                Some(limit)
            }
            _ => None,
        });
        limits.reduce(f64::max)
    };
    let users = graph.user_endpoints();
    let usual = tolls(&users, &vec![f64::INFINITY; users.len()], healthy);
    users.iter().zip(usual).map(|(e, t)| limit(*e).unwrap_or((5.0 * t.p99).max(1.0)).max(t.p99)).collect()
}

/// The toll of each endpoint that users call.
pub fn tolls(users: &[EndpointId], patience: &[f64], m: &Measurements) -> Vec<Toll> {
    let toll = |(endpoint, limit): (&EndpointId, &f64)| {
        let mut all = Served::default();
        let mine = m.sources.iter().flat_map(|s| &s.by_link).filter(|(e, _)| e == endpoint);
        mine.for_each(|(_, served)| all.merge(served));
        let good = (all.succeeded + all.degraded) as f64;
        Toll {
            offered: all.offered as f64,
            failed: all.offered as f64 - good,
            late: (good * (1.0 - share_within(&all.latency, *limit))).round(),
            p99: all.latency.quantile(0.99).map_or(0.0, |d| d.seconds()),
        }
    };
    users.iter().zip(patience).map(toll).collect()
}

/// The share of what was recorded that is at most `limit` seconds, to about one in a million.
fn share_within(histogram: &Histogram, limit: f64) -> f64 {
    let below = |q: f64| histogram.quantile(q).is_none_or(|d| d.seconds() <= limit);
    if below(1.0) {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..20 {
        let middle = (low + high) / 2.0;
        if below(middle) { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimDuration;

    #[test]
    fn the_share_within_a_limit_is_found_by_halving() {
        let mut h = Histogram::default();
        (1..=100).for_each(|ms| h.record(SimDuration::from_millis(ms)));
        assert!((share_within(&h, 0.0903) - 0.9).abs() < 0.011);
        assert_eq!(share_within(&h, 1.0), 1.0);
        assert_eq!(share_within(&Histogram::default(), 1.0), 1.0);
    }
}
