//! The probe that fills histograms.
//!
//! What it hears is kept in a row and sorted into the histograms a few hundred at a time. A histogram's step is mostly far
//! away in memory: one after the other in a short loop, the processor fetches many of them at once, while the simulation
//! would wait for each.

use super::Histogram;
use super::watches::Watches;
use crate::engine::{Outcome, Probe};
use crate::plan::{EndpointId, Plan, SourceId};
use crate::units::SimDuration;

/// Latencies of counted requests that were answered.
#[derive(Clone)]
pub(super) struct Meter {
    /// Of each endpoint, then of each entry of each source's mix.
    all: Vec<Histogram>,
    /// Where the entries of each source begin.
    sources: Vec<u32>,
    heard: Box<[(u32, SimDuration); ROOM]>,
    /// So many of them are in use.
    used: usize,
    watches: Watches,
}

/// How much is heard before it is sorted in: two pages, which stay close.
const ROOM: usize = 512;

impl Meter {
    pub(super) fn new(plan: &Plan) -> Meter {
        let mut next = plan.endpoints.len();
        let mut sources = Vec::new();
        for source in &plan.sources {
            sources.push(next as u32);
            next += source.mix.len();
        }
        Meter {
            all: vec![Histogram::default(); next],
            sources,
            heard: Box::new([(0, SimDuration::ZERO); ROOM]),
            used: 0,
            watches: Watches::new(plan),
        }
    }

    /// For each watch, answers that took longer since this was asked last.
    pub(super) fn slower(&mut self) -> Vec<u32> {
        if !self.watches.by_histogram.is_empty() {
            self.sort_in();
        }
        self.watches.slower.iter_mut().map(std::mem::take).collect()
    }

    /// The histogram of an endpoint, as far as what was heard has been sorted in.
    pub(super) fn endpoint(&self, endpoint: usize) -> &Histogram {
        &self.all[endpoint]
    }

    /// That of an entry of a source's mix, likewise.
    pub(super) fn asked(&self, source: usize, asked: usize) -> &Histogram {
        &self.all[self.sources[source] as usize + asked]
    }

    #[inline]
    fn hear(&mut self, of: u32, latency: SimDuration) {
        if self.used == ROOM {
            self.sort_in();
        }
        self.heard[self.used % ROOM] = (of, latency);
        self.used += 1;
    }

    /// Sorts in what has been heard.
    #[inline(never)]
    pub(super) fn sort_in(&mut self) {
        for &(of, latency) in self.heard.iter().take(self.used) {
            self.all[of as usize].record(latency);
        }
        if !self.watches.by_histogram.is_empty() {
            let heard = self.heard.iter().take(self.used);
            heard.for_each(|&(of, latency)| self.watches.note(of, latency));
        }
        self.used = 0;
    }
}

impl Probe for Meter {
    #[inline]
    fn served(&mut self, endpoint: EndpointId, outcome: Outcome, latency: SimDuration) {
        if outcome.is_good() {
            self.hear(endpoint.0, latency);
        }
    }

    #[inline]
    fn answered(&mut self, source: SourceId, asked: usize, outcome: Outcome, latency: SimDuration) {
        if outcome.is_good() {
            self.hear(self.sources[source.index()] + asked as u32, latency);
        }
    }
}
