//! States that are stuck, to go on from: by which change do they come back?

use super::detect::Aftermaths;
use super::inquiry::{Course, Inquiry};
use super::pulse::Pulse;
use super::purse::{Comes, Purse};
use super::wait::drain;
use crate::experiments::trials::Case;
use crate::faults::{Fault, FaultKind, Kill, Replicas, Target};
use crate::measure::Warm;
use crate::plan::{ComponentId, Plan, Role, StationId};
use crate::units::SimDuration;
use rayon::prelude::*;

/// What came of a trigger, and the states it left behind.
pub struct Stuck<'g, 'p> {
    /// Where.
    pub inquiry: Inquiry<'g, 'p>,
    /// The trigger.
    pub fault: Fault,
    /// At which load.
    pub load: f64,
    /// The times of its runs.
    pub course: Course,
    /// How long what has been changed may take to come back.
    pub patience: SimDuration,
    /// A seed with the state in which the verdict began, one wait after the end of the trigger.
    pub states: Vec<(u32, Warm<'p>)>,
    /// What was usual before the trigger.
    pub usual: Pulse,
}

/// So many states are gone on from, …
const STATES: usize = 2;
/// … where so many runs of each can be paid for; else one is.
const RUNS: f64 = 12.0;
/// Waits within which something must have come back, …
const WAITS: f64 = 16.0;
/// … but no longer than this, in seconds, unless a single wait is.
const LONGEST: f64 = 300.0;
/// What waits may take so many seconds to be served.
const LONGEST_DRAIN: f64 = 240.0;

impl<'g, 'p> Inquiry<'g, 'p> {
    /// The first states that are stuck; `None` when there are none. Whatever is tried on them together may cost `events`.
    pub fn stuck(&self, fault: &Fault, load: f64, aftermaths: &Aftermaths, events: f64) -> Option<Stuck<'g, 'p>> {
        let course = aftermaths.course;
        let case = self.case(self.graph.plan(), load, &course, vec![course.trigger(fault)]);
        let run = aftermaths.events as f64 / aftermaths.each.len().max(1) as f64;
        let left = self.events - aftermaths.events as f64;
        let states = if left >= RUNS * STATES as f64 * run { STATES } else { 1 };
        let chosen: Vec<u32> = aftermaths.stuck().into_iter().take(states).collect();
        let states: Vec<_> = chosen.into_par_iter().map(|r| (r, case.fork(r, course.judged_from()))).collect();
        let usual = self.usual(&states.first()?.1, &course);
        // A dozen changes are tried on each state, in a system that does more than usual.
        let affordable = self.pace.seconds(events / (12.0 * states.len() as f64), 2.0 * load);
        let wait = course.wait.seconds();
        let seconds = (WAITS * wait).clamp(30.0, LONGEST).min(affordable).max(3.0 * wait);
        // What waits in a state must be served before anything can come back, whatever is left out.
        let last = SimDuration(course.judged_from().0 - course.window.0);
        let now = self.pulse(&states.first()?.1, &course, last, course.judged_from());
        let stations = (0..self.graph.plan().stations.len()).map(StationId::new);
        let drains = stations.map(|s| drain(self.bounds, load, s, [&usual, &now])).fold(0.0, f64::max);
        let patience = SimDuration::from_seconds(seconds.max((1.2 * drains + 20.0).min(LONGEST_DRAIN)));
        Some(Stuck { inquiry: *self, fault: fault.clone(), load, course, patience, states, usual })
    }
}

impl Stuck<'_, '_> {
    /// The case under which a state goes on: with this plan, and more going wrong, or right, from then on.
    pub fn case<'q>(&self, plan: &'q Plan, more: &[Fault]) -> Case<'q> {
        let mut faults = vec![self.course.trigger(&self.fault)];
        faults.extend_from_slice(more);
        self.inquiry.case(plan, self.load, &self.course, faults)
    }

    /// How long the states take to come back under a plan with the same parts, all of them. One that does not speaks for all.
    pub fn all_come_back(
        &self,
        plan: &Plan,
        more: &[Fault],
        purse: &Purse,
        change: impl Fn(&mut Warm),
    ) -> Comes<SimDuration> {
        let case = self.case(plan, more);
        let mut longest = SimDuration::ZERO;
        for (replication, state) in &self.states {
            let mut warm = state.under(plan);
            change(&mut warm);
            match self.inquiry.comes_back(&case, &mut warm, *replication, &self.course, self.patience, purse) {
                Comes::Back(after) => longest = longest.max(after),
                other => return other,
            }
        }
        Comes::Back(longest)
    }

    /// Restarts everything but caches and brokers that has a longer line than usual: what waits there is lost.
    pub fn restart(&self) -> Vec<Fault> {
        let plan = self.inquiry.graph.plan();
        let course = &self.course;
        let now: Vec<Pulse> = self
            .states
            .iter()
            .map(|(_, warm)| {
                let until = course.judged_from();
                self.inquiry.pulse(warm, course, SimDuration(until.0 - course.window.0), until)
            })
            .collect();
        let crowded = |c: &ComponentId| {
            plan.stations_of(*c).any(|s| now.iter().any(|p| p.queue(s) > 2.0 * self.usual.queue(s) + 10.0))
        };
        let restarts = |c: &ComponentId| !matches!(plan.components[c.index()].role, Role::Cache | Role::Queue);
        let components = (0..plan.components.len()).map(ComponentId::new).filter(|c| restarts(c) && crowded(c));
        components
            .map(|c| Fault {
                start: course.judged_from(),
                duration: Some(SimDuration::from_millis(1)),
                ..Fault::new(
                    FaultKind::Kill(Kill { replicas: Replicas::All, each: false }),
                    Target::Component(plan.components[c.index()].name.clone()),
                )
            })
            .collect()
    }
}
