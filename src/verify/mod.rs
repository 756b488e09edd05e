//! The engine against queueing theory: models whose answer is known by a formula, run by the same code as any other.
//!
//! Each [`Oracle`] is a model in YAML, a law, and the figures it predicts. The seed, the number of replications and
//! their length are fixed in advance from the known variances of these queues; a figure agrees when its 99.9% interval
//! holds the prediction (widened by the stated error of a law that is itself an approximation) and is no wider than 2% to
//! each side. `simulate verify` prints them as a table, and the tests run the same ones.

mod caches;
mod databases;
mod fleets;
pub mod laws;
mod lines;
mod networks;
mod policies;
mod queues;
mod seen;
mod traffic;

pub use seen::Seen;

use crate::engine::Limits;
use crate::measure::{Estimate, Measurements, Trial};
use crate::model::Model;
use crate::units::SimDuration;
use rayon::prelude::*;

/// A model with a known answer.
#[derive(Debug)]
pub struct Oracle {
    /// Its name: `M/M/1`.
    pub name: &'static str,
    /// The model.
    pub model: &'static str,
    /// Independent runs.
    pub replications: u32,
    /// Seconds before anything counts.
    pub warmup_s: u64,
    /// Seconds that count, in each run.
    pub measured_s: u64,
    /// What is known.
    pub figures: &'static [Figure],
}

/// One figure that a law predicts.
#[derive(Debug)]
pub struct Figure {
    /// What it is, with its unit: `mean stay, ms`.
    pub what: &'static str,
    /// By the law.
    pub predicted: fn() -> f64,
    /// By one run.
    pub seen: fn(&Seen<'_>) -> f64,
    /// The law's own error, as a share of the prediction: above 0 where it is a limit for many servers or keys.
    pub model_error: f64,
}

/// A figure beside its prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Which oracle.
    pub oracle: &'static str,
    /// Which figure.
    pub what: &'static str,
    /// By the law.
    pub predicted: f64,
    /// By simulation, with its 99.9% interval.
    pub measured: Estimate,
    /// The law's own error, as a share of the prediction.
    pub model_error: f64,
}

/// Every oracle, in the order of the table.
pub fn oracles() -> impl Iterator<Item = &'static Oracle> {
    [
        queues::ORACLES,
        lines::ORACLES,
        networks::ORACLES,
        policies::ORACLES,
        fleets::ORACLES,
        caches::ORACLES,
        databases::ORACLES,
        traffic::ORACLES,
    ]
    .into_iter()
    .flatten()
}

const CONFIDENCE: f64 = 0.999;
/// The widest an interval may be to each side, as a share of its middle.
const PRECISION: f64 = 0.02;

impl Figure {
    /// A figure that a law predicts exactly.
    const fn exact(what: &'static str, predicted: fn() -> f64, seen: fn(&Seen<'_>) -> f64) -> Figure {
        Figure { what, predicted, seen, model_error: 0.0 }
    }

    /// The law is a limit or an approximation, off by this share at most.
    const fn within(self, model_error: f64) -> Figure {
        Figure { model_error, ..self }
    }
}

impl Oracle {
    /// Runs the model and compares. The seed is 1.
    ///
    /// # Panics
    /// When the model cannot be read or a run does not end: both are bugs of this file.
    pub fn run(&self) -> Vec<Compared> {
        let model = Model::read(self.name, self.model);
        let model = model.unwrap_or_else(|problems| panic!("{}: {problems:?}", self.name));
        let runs: Vec<Measurements> =
            (0..self.replications).into_par_iter().map(|r| self.replicate(&model, r)).collect();
        let compare = |figure: &Figure| {
            let values: Vec<f64> =
                runs.iter().map(|measured| (figure.seen)(&Seen { plan: &model.plan, measured })).collect();
            Compared {
                oracle: self.name,
                what: figure.what,
                predicted: (figure.predicted)(),
                measured: Estimate::of_at(&values, CONFIDENCE),
                model_error: figure.model_error,
            }
        };
        self.figures.iter().map(compare).collect()
    }

    fn replicate(&self, model: &Model, replication: u32) -> Measurements {
        let trial = Trial {
            plan: &model.plan,
            load: 1.0,
            seed: 1,
            replication,
            timeline: Vec::new(),
            warmup: SimDuration::from_secs(self.warmup_s),
            late: SimDuration::ZERO,
            measured: SimDuration::from_secs(self.measured_s),
            window: SimDuration::from_secs(10),
            limits: Limits::default(),
        };
        let measured = trial.run();
        assert_eq!(measured.stop, None, "{}: a run does not end", self.name);
        measured
    }
}

impl Compared {
    /// The interval holds the prediction, the law's own error allowed for.
    pub fn agrees(&self) -> bool {
        let error = self.model_error * self.predicted.abs();
        self.measured.low - error <= self.predicted && self.predicted <= self.measured.high + error
    }

    /// Agrees, by an interval that is narrow enough to mean something.
    pub fn holds(&self) -> bool {
        self.agrees() && self.is_sharp()
    }

    /// The interval is narrow enough to mean something.
    pub fn is_sharp(&self) -> bool {
        self.measured.half_width() <= PRECISION * self.measured.mean.abs()
    }
}
