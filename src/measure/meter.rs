//! The probe that fills histograms.

use super::Histogram;
use crate::engine::{Outcome, Probe};
use crate::plan::{EndpointId, Plan, SourceId};
use crate::units::SimDuration;

/// Latencies of counted requests that were answered.
#[derive(Clone)]
pub(super) struct Meter {
    pub endpoints: Vec<Histogram>,
    pub sources: Vec<Vec<Histogram>>,
}

impl Meter {
    pub(super) fn new(plan: &Plan) -> Meter {
        Meter {
            endpoints: vec![Histogram::default(); plan.endpoints.len()],
            sources: plan.sources.iter().map(|s| vec![Histogram::default(); s.mix.len()]).collect(),
        }
    }
}

impl Probe for Meter {
    #[inline]
    fn served(&mut self, endpoint: EndpointId, outcome: Outcome, latency: SimDuration) {
        if outcome.is_good() {
            self.endpoints[endpoint.index()].record(latency);
        }
    }

    #[inline]
    fn answered(&mut self, source: SourceId, asked: usize, outcome: Outcome, latency: SimDuration) {
        if outcome.is_good() {
            self.sources[source.index()][asked].record(latency);
        }
    }
}
