//! Traffic: when requests come, and what they ask for.

use super::agenda::{Class, Kind};
use super::call::{Call, Parent};
use super::outcome::Outcome;
use super::probe::Probe;
use super::world::World;
use crate::plan::{Arrivals, SourceId};
use crate::random::{Lot, Stream};
use crate::units::{NANOS, SimDuration};

/// The state of a source.
#[derive(Clone, Debug)]
pub(super) struct SourceState {
    /// Draws of the gaps between requests, or of the time users think.
    arrivals: Stream,
    /// Draws of the requests' own lots.
    lots: Stream,
    /// When the next evenly spaced request comes, in nanoseconds; kept as a fraction so that no drift adds up.
    next: f64,
}

/// The number of a request's choice of what to ask for, apart from all steps.
const MIX_CHOICE: u32 = u32::MAX;

impl World<'_> {
    pub(super) fn build_sources(&mut self, seed: u64, replication: u32) {
        for (s, source) in self.plan.sources.iter().enumerate() {
            let stream = |purpose| Stream::new(seed, replication, &source.name, purpose);
            self.sources.push(SourceState { arrivals: stream("arrivals"), lots: stream("requests"), next: 0.0 });
            match source.arrivals {
                Arrivals::Poisson(_) | Arrivals::Constant(_) => self.schedule_next(s as u32),
                Arrivals::Closed { users, .. } => {
                    // A load above zero leaves at least one user.
                    let users = (f64::from(users) * self.knobs.load).round().max(1.0) as u32;
                    for _ in 0..users {
                        self.think(s as u32);
                    }
                }
            }
        }
    }

    fn schedule_next(&mut self, s: u32) {
        let state = &mut self.sources[s as usize];
        let gap = |rate: f64| NANOS as f64 / (rate * self.knobs.load);
        let after = match self.plan.sources[s as usize].arrivals {
            Arrivals::Poisson(rate) if rate > 0.0 => (state.arrivals.exponential() * gap(rate)) as u64,
            Arrivals::Constant(rate) if rate > 0.0 => {
                state.next = state.next.max(self.now as f64 - 1.0) + gap(rate);
                (state.next.round() as u64).saturating_sub(self.now)
            }
            _ => return,
        };
        self.schedule(after, Class::Arrival, Kind::Source, s);
    }

    fn think(&mut self, s: u32) {
        if let Arrivals::Closed { think, .. } = self.plan.sources[s as usize].arrivals {
            let d = self.plan.dists[think.index()].sample(&mut self.sources[s as usize].arrivals);
            self.schedule(d.0, Class::Arrival, Kind::User, s);
        }
    }

    /// An open source's next request.
    pub(super) fn source_due<P: Probe>(&mut self, s: u32, probe: &mut P) {
        self.schedule_next(s);
        self.ask(s, probe);
    }

    /// A user asks for something.
    pub(super) fn ask<P: Probe>(&mut self, s: u32, probe: &mut P) {
        let lot = Lot(self.sources[s as usize].lots.bits());
        let mix = &self.plan.sources[s as usize].mix;
        let asked = if mix.len() == 1 {
            0
        } else {
            let u = lot.unit(MIX_CHOICE);
            mix.iter().position(|(up_to, _)| u < *up_to).unwrap_or(mix.len() - 1)
        };
        self.tallies.sources[s as usize][asked][usize::from(self.counting)].offered += 1;
        self.new_call(Parent::User(s, asked as u32), mix[asked].1, lot, 0, self.counting, probe);
    }

    /// A user has an answer, or has given up.
    pub(super) fn answer<P: Probe>(&mut self, s: u32, asked: u32, call: &Call, outcome: Outcome, probe: &mut P) {
        let latency = SimDuration(self.now - call.start);
        self.tallies.sources[s as usize][asked as usize][usize::from(call.counted)].end(outcome, latency);
        if call.counted {
            probe.answered(SourceId(s), asked as usize, outcome, latency);
        }
        self.think(s);
    }
}
