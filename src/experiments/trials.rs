//! The seam to the runs: a case is a plan with its knobs, a schedule says how long, and replications run in parallel.
//!
//! Results come back in the order asked for, whatever the number of threads. Replication r of two cases shares its
//! random numbers, so that cases compare pair by pair.

use super::foregone::foregone;
use crate::engine::Limits;
use crate::faults::{self, Fault, Luck};
use crate::measure::traces::{self, Traces};
use crate::measure::{Measurements, SETTLE, SourceServed, Trial, Warm, Watched, watch};
use crate::model::{Expectation, Window};
use crate::plan::{Knobs, Plan};
use crate::units::{Bytes, SimDuration};
use rayon::prelude::*;

/// Looks at a run that only has to say whether a load holds.
const LOOKS: u64 = 16;

/// How long a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Before anything counts.
    pub warmup: SimDuration,
    /// How long after the warm-up, from which faults count their time, the measured part begins.
    pub late: SimDuration,
    /// The measured part.
    pub measured: SimDuration,
    /// Length of a row of the time series.
    pub window: SimDuration,
    /// Events after which a run is cut: under overload it can take a minute until the last counted request has ended,
    /// and who only asks whether a load holds need not wait for them. They count as not answered.
    pub most_events: u64,
    /// What may be in progress together, likewise.
    pub most_memory: Bytes,
}

impl Schedule {
    /// A run that nothing cuts.
    pub(in crate::experiments) fn whole(warmup: SimDuration, measured: SimDuration, window: SimDuration) -> Schedule {
        let (late, most_events, most_memory) = (SimDuration::ZERO, u64::MAX, UNLIMITED);
        Schedule { warmup, late, measured, window, most_events, most_memory }
    }
}

/// As much memory as there is.
pub(in crate::experiments) const UNLIMITED: Bytes = Bytes(u64::MAX);

/// What is run: a plan at a load, with faults.
#[derive(Clone, Debug)]
pub struct Case<'p> {
    /// The plan.
    pub plan: &'p Plan,
    /// Multiple of the model's own load.
    pub load: f64,
    /// What goes wrong, counted from the start of the measured part.
    pub faults: Vec<Fault>,
    /// How long it runs.
    pub schedule: Schedule,
    /// Seed of all random numbers.
    pub seed: u64,
}

impl<'p> Case<'p> {
    /// The same case with these faults.
    pub fn with_faults(&self, faults: &[Fault]) -> Case<'p> {
        Case { faults: faults.to_vec(), ..self.clone() }
    }

    /// The same case, of which each run is cut after so many events.
    pub fn at_most(&self, events: u64) -> Case<'p> {
        let mut case = self.clone();
        case.schedule.most_events = events;
        case
    }

    /// The same case, of which only a part counts; `None` when that part is empty.
    pub fn part(&self, part: Window) -> Option<Case<'p>> {
        let (from, to) = part.span(&self.faults, self.schedule.measured)?;
        let schedule =
            Schedule { late: self.schedule.late + from, measured: SimDuration(to.0 - from.0), ..self.schedule };
        Some(Case { schedule, ..self.clone() })
    }

    fn trial(&self, replication: u32) -> Trial<'p> {
        let baseline = Knobs::baseline(self.plan, self.load);
        let until = self.schedule.late + self.schedule.measured + SETTLE;
        let luck = Luck { seed: self.seed, replication, until };
        Trial {
            plan: self.plan,
            load: self.load,
            seed: self.seed,
            replication,
            timeline: faults::timeline(self.plan, &baseline, &self.faults, luck),
            warmup: self.schedule.warmup,
            late: self.schedule.late,
            measured: self.schedule.measured,
            window: self.schedule.window,
            limits: Limits {
                events: self.schedule.most_events,
                memory: self.schedule.most_memory,
                ..Limits::default()
            },
        }
    }

    /// One replication.
    pub fn run(&self, replication: u32) -> Measurements {
        self.trial(replication).run()
    }

    /// The course of one replication, for pictures.
    pub fn watch(&self, replication: u32) -> Watched {
        watch(&self.trial(replication))
    }

    /// Some requests of one replication, which has shown `seen`.
    pub fn trace(&self, replication: u32, seen: &Measurements) -> Traces {
        traces::trace(&self.trial(replication), seen)
    }

    /// The world at a time of the measured part, from which variants of this case can go on that differ only later.
    pub fn fork(&self, replication: u32, at: SimDuration) -> Warm<'p> {
        let trial = self.trial(replication);
        let mut warm = trial.warm();
        trial.advance(&mut warm, at);
        warm
    }

    /// Goes on from a fork until a time of the measured part. What is due at that time is not turned yet.
    pub fn advance(&self, warm: &mut Warm<'p>, replication: u32, to: SimDuration) {
        self.trial(replication).advance(warm, to);
    }

    /// One replication, continued from a fork of the same plan, load, seed and replication.
    pub fn run_from(&self, warm: &Warm<'p>, replication: u32) -> Measurements {
        self.trial(replication).run_from(warm)
    }

    /// One replication, and the same without what strikes on purpose: one run until the first of it strikes.
    pub fn with_twin(&self, healthy: &Case<'p>, strikes: SimDuration, replication: u32) -> [Measurements; 2] {
        // What strikes by itself is drawn for all faults together, so that two cases may differ before that, too.
        if !healthy.faults.is_empty() {
            return [self.run(replication), healthy.run(replication)];
        }
        let fork = healthy.fork(replication, strikes.min(self.schedule.measured));
        [self.run_from(&fork, replication), healthy.run_from(&fork, replication)]
    }

    /// Several replications, in order.
    pub fn replicate(&self, replications: u32) -> Vec<Measurements> {
        self.replicate_from(0, replications)
    }

    /// The same from one on, where the first ones are there already.
    pub fn replicate_from(&self, first: u32, replications: u32) -> Vec<Measurements> {
        (first..replications).into_par_iter().map(|r| self.run(r)).collect()
    }

    /// The first replication; `None` when it was broken off, since these expectations will certainly fail.
    pub fn run_unless_foregone(&self, slos: &[Expectation]) -> Option<Measurements> {
        self.run_unless(&|seen, left| foregone(self.plan, self.load, slos, seen, left))
    }

    /// The first replication, unless it is known what it will show.
    pub fn run_unless(&self, known: &dyn Fn(&[SourceServed], SimDuration) -> bool) -> Option<Measurements> {
        self.trial(0).run_unless(LOOKS, known)
    }
}
