//! What can be chosen about experiments, and how they tell how far they are.

use super::length::Length;
use super::trials::UNLIMITED;
use crate::faults::Fault;
use crate::graph::Graph;
use crate::model::{Expectation, Metric, Model, Op, What, Window};
use crate::plan::{Origin, Plan};
use crate::units::{Bytes, Quantity, SimDuration};

/// Choices; the defaults are those of the command line.
#[derive(Clone, Debug)]
pub struct Options {
    /// Loads to run at. A review looks at 1x and at the last of these.
    pub loads: Vec<Quantity>,
    /// The load that a review plans for, when it is not the last of these.
    pub plan_to: Option<Quantity>,
    /// Seed of all random streams.
    pub seed: u64,
    /// Replications behind each figure that is shown.
    pub replications: u32,
    /// Length of the measured part, instead of the rule.
    pub duration: Option<SimDuration>,
    /// Length of the warm-up, instead of the rule.
    pub warmup: Option<SimDuration>,
    /// Faults of a plain run.
    pub faults: Vec<Fault>,
    /// A scenario of the model for a plain run: its load, its faults, its expectations.
    pub scenario: Option<String>,
    /// Threads to run on; `None` for all there are. Results do not depend on it.
    pub threads: Option<usize>,
    /// Events that all runs together may take, about.
    pub budget: f64,
    /// Events that each run of a plain experiment or of a test may take. One that reaches the limit is ended, and not judged.
    pub max_events: u64,
    /// Memory that what is in progress in such a run may take up, likewise.
    pub max_memory: Bytes,
    /// Whether a review runs what only pictures need: the load curve, and the course of the worst failures.
    pub pictures: bool,
    /// Whether single requests of the runs that are shown are kept, for which their first replications are run again.
    pub traces: Tracing,
}

/// Of how much of a run single requests are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tracing {
    /// Of nothing.
    #[default]
    Off,
    /// Of its beginning, as much as a review has room for: enough for a page.
    Brief,
    /// Of all that is measured.
    Whole,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            loads: Vec::new(),
            plan_to: None,
            seed: 1,
            replications: 5,
            duration: None,
            warmup: None,
            faults: Vec::new(),
            scenario: None,
            threads: None,
            budget: 80e6,
            max_events: u64::MAX,
            max_memory: UNLIMITED,
            pictures: true,
            traces: Tracing::Off,
        }
    }
}

/// Events for all that is left to do once somebody has asked to stop: less than a second.
const HURRIED: f64 = 1e6;

/// Told how far things are.
pub trait Progress: Sync {
    /// A step begins, of so many parts.
    fn begin(&self, step: &str, parts: u64);
    /// So many parts of the present step are done.
    fn advance(&self, parts: u64);
    /// Seconds left of the time that was given, below zero when it is over; `None` when there is no limit. What is done
    /// then depends on the machine.
    fn time_left(&self) -> Option<f64> {
        None
    }
    /// Seconds since some moment; `None` where nobody asks. Only for telling how long things took: no result depends on it.
    fn clock(&self) -> Option<f64> {
        None
    }
    /// Whether to end soon, with what is known by then.
    fn stopped(&self) -> bool {
        false
    }
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _step: &str, _parts: u64) {}
    fn advance(&self, _parts: u64) {}
}

impl Options {
    /// The same; in a hurry where somebody has asked to stop.
    pub(super) fn unless_stopped(&self, progress: &dyn Progress) -> Options {
        let budget = if progress.stopped() { self.budget.min(HURRIED) } else { self.budget };
        Options { budget, ..self.clone() }
    }

    /// A load as a multiple of the model's own.
    pub fn factor(&self, plan: &Plan, load: Quantity) -> f64 {
        match load {
            Quantity::Factor(factor) => factor,
            Quantity::Rate(rate) => rate / Graph::new(plan).user_rate().max(1e-9),
        }
    }

    /// The lengths and limits that were asked for, where some were.
    pub(super) fn overrule(&self, mut length: Length) -> Length {
        if let Some(warmup) = self.warmup {
            length.schedule.warmup = warmup;
        }
        if let Some(measured) = self.duration {
            length.schedule.measured = measured;
            length.schedule.window = super::length::window(measured.seconds());
            length.capped = false;
        }
        length.schedule.most_events = length.schedule.most_events.min(self.max_events);
        length.schedule.most_memory = length.schedule.most_memory.min(self.max_memory);
        length
    }

    /// Runs something on the threads asked for.
    pub fn on_threads<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        let pool = self.threads.map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build());
        match pool {
            Some(Ok(pool)) => pool.install(work),
            // Where no pool of its own can be made, the shared one does; the results are the same.
            _ => work(),
        }
    }
}

/// What a model without SLOs is judged by.
pub(super) const ASSUMED: &str = "success >= 99%";

/// The model's SLOs, or ours; true when they are ours.
pub(super) fn slos(model: &Model) -> (Vec<Expectation>, bool) {
    let comparisons = model.slos.iter().any(|slo| matches!(slo.what, What::Compare { .. }));
    if comparisons {
        return (model.slos.clone(), false);
    }
    let what =
        What::Compare { subject: None, metric: Metric::Success, op: Op::AtLeast, limit: 0.99, window: Window::Whole };
    (vec![Expectation { text: ASSUMED.into(), what, origin: Origin::default() }], true)
}
