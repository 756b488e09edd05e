//! What all questions about one failure share: the model, the trigger, and how its runs go.

use super::pulse::Pulse;
use super::purse::{Comes, Purse};
use crate::experiments::length::Pace;
use crate::experiments::trials::{Case, Schedule};
use crate::faults::Fault;
use crate::graph::{Bound, Graph};
use crate::measure::Warm;
use crate::plan::Plan;
use crate::units::SimDuration;

/// What an inquiry works on.
#[derive(Clone, Copy)]
pub struct Inquiry<'g, 'p> {
    /// The model.
    pub graph: &'g Graph<'p>,
    /// Its static bounds.
    pub bounds: &'g [Bound],
    /// The seed.
    pub seed: u64,
    /// What runs cost.
    pub pace: Pace,
    /// The 99th percentile of a healthy answer.
    pub p99: SimDuration,
    /// Events that the inquiry into one failure may take, about.
    pub events: f64,
}

/// The times of a run; from the start of the measured part on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// Before the measured part.
    pub warmup: SimDuration,
    /// The trigger begins. What came before is what is usual.
    pub at: SimDuration,
    /// It ends.
    pub until: SimDuration,
    /// How long to wait before a verdict, and how long it must hold.
    pub wait: SimDuration,
    /// Length of a row of the time series.
    pub window: SimDuration,
}

/// Requests of users by which it is told what is usual.
const USUAL: f64 = 500.0;

impl Course {
    /// For a trigger of this length; the wait is not known yet.
    pub fn new(graph: &Graph, load: f64, lasting: SimDuration) -> Course {
        let rate = (graph.user_rate() * load).max(1e-6);
        let window = SimDuration::from_seconds((5.0 / rate).clamp(0.25, 5.0));
        let whole = |seconds: f64| SimDuration((seconds / window.seconds()).ceil() as u64 * window.0);
        let at = whole((USUAL / rate).clamp(5.0, 60.0));
        let warmup = SimDuration::from_seconds(graph.plan().slowest_mechanism().seconds().clamp(5.0, 60.0));
        let until = at + whole(lasting.seconds().max(window.seconds()));
        Course { warmup, at, until, wait: window, window }
    }

    /// The same with a trigger of another length.
    pub fn lasting(self, lasting: SimDuration) -> Course {
        let windows = lasting.0.div_ceil(self.window.0.max(1)).max(1);
        Course { until: self.at + SimDuration(windows * self.window.0), ..self }
    }

    /// From here on a system that does not come back is stuck.
    pub fn judged_from(&self) -> SimDuration {
        self.until + self.wait
    }

    /// It has been stuck for long enough.
    pub fn end(&self) -> SimDuration {
        self.until + self.wait + self.wait
    }

    /// How long one looks to tell whether goodput is back, with so many requests of users per second: five seconds and a
    /// hundred requests at least, but no longer than the wait.
    fn step(&self, rate: f64) -> SimDuration {
        let wanted = SimDuration::from_seconds((100.0 / rate.max(1e-9)).max(5.0)).min(self.wait);
        SimDuration(wanted.0.div_ceil(self.window.0.max(1)) * self.window.0)
    }

    /// The trigger within this course.
    pub fn trigger(&self, fault: &Fault) -> Fault {
        Fault { start: self.at, duration: Some(SimDuration(self.until.0 - self.at.0)), ..fault.clone() }
    }

    /// All runs have rows of one length, however far each goes.
    fn schedule(&self) -> Schedule {
        Schedule::whole(self.warmup, self.window.times(4_000.0), self.window)
    }
}

impl Inquiry<'_, '_> {
    /// A case of this plan, or of one with the same parts.
    pub fn case<'q>(&self, plan: &'q Plan, load: f64, course: &Course, faults: Vec<Fault>) -> Case<'q> {
        Case { plan, load, faults, schedule: course.schedule(), seed: self.seed }
    }

    /// The pulse of a run between two times.
    pub fn pulse(&self, warm: &Warm, course: &Course, from: SimDuration, until: SimDuration) -> Pulse {
        Pulse::of(self.graph, warm.rows(), course.window, from, until)
    }

    /// What was usual before the trigger.
    pub fn usual(&self, warm: &Warm, course: &Course) -> Pulse {
        self.pulse(warm, course, SimDuration::ZERO, course.at)
    }

    /// Goes on until goodput is back, and says how long that took; waits so long, as far as the purse reaches. It must stay
    /// back for ten seconds, or for the wait where that is shorter.
    pub fn comes_back<'q>(
        &self,
        case: &Case<'q>,
        warm: &mut Warm<'q>,
        replication: u32,
        course: &Course,
        within: SimDuration,
        purse: &Purse,
    ) -> Comes<SimDuration> {
        let begun = warm.events();
        let comes = self.waited(&case.at_most(begun + purse.left()), warm, replication, course, within);
        purse.spend(warm.events() - begun);
        match comes {
            Some(after) => Comes::Back(after),
            None if warm.was_cut() => Comes::Unknown,
            None => Comes::Not,
        }
    }

    fn waited<'q>(
        &self,
        case: &Case<'q>,
        warm: &mut Warm<'q>,
        replication: u32,
        course: &Course,
        within: SimDuration,
    ) -> Option<SimDuration> {
        let usual = self.usual(warm, course);
        let step = course.step(usual.organic());
        let enough = course.wait.min(SimDuration::from_secs(10));
        let from = SimDuration(warm.rows().len() as u64 * course.window.0);
        let (mut now, mut down) = (from, from);
        while now < from + within && !warm.has_stopped() {
            let next = now + step;
            case.advance(warm, replication, next);
            if !self.pulse(warm, course, now, next).is_back(&usual) {
                down = next;
            } else if next >= down + enough {
                return Some(SimDuration(down.0 + step.0 - from.0));
            }
            now = next;
        }
        None
    }
}
