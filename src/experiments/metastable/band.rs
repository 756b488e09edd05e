//! The vulnerable band of load. Below it the trigger does no lasting harm; above it the system fails without a trigger; in
//! between it is well or down, depending on what it has been through (hysteresis).
//!
//! The load is swept up from a healthy start, with the trigger and without, and down from the stuck state; each edge is
//! found by halving, on the same random numbers at every load.

use super::cure::is_closed;
use super::inquiry::Course;
use super::purse::{Comes, Purse};
use super::stuck::Stuck;
use crate::faults::{Fault, FaultKind, Load, Target};
use crate::units::SimDuration;

/// Loads, as multiples of the model's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// At this load and below, goodput comes back after the trigger; 0 when no such load is known.
    pub safe: f64,
    /// From this load on it does not.
    pub vulnerable: f64,
    /// From this load on goodput falls without a trigger; `None` when it held at the highest load tried.
    pub fails: Option<f64>,
    /// Once stuck, the system comes back when the load falls to this; `None` when it did at no load tried, or where the
    /// users are so many whatever happens.
    pub heals: Option<f64>,
}

/// An edge is known well enough when the loads on either side differ by this factor.
const RATIO: f64 = 1.06;
/// Loads below this share of the load that was asked for are not tried, nor above its inverse share of the bound.
const LEAST: f64 = 0.05;
const MOST: f64 = 4.0;
/// A load that is a little too high must show within so many seconds.
const TO_SHOW: f64 = 40.0;

impl Stuck<'_, '_> {
    /// Sweeps the load; false with it when some edge was not searched to the end.
    pub fn band(&self, purse: &Purse) -> (Band, bool) {
        let purses = [0.5, 0.25, 0.25].map(|share| purse.part(share));
        let ((tipping, safe, vulnerable), ((failing, fails), (healing, heals))) = rayon::join(
            || self.tipping(&purses[0]),
            || rayon::join(|| self.failing(&purses[1]), || self.healing(&purses[2])),
        );
        purses.iter().for_each(|part| purse.spend(part.spent()));
        (Band { safe, vulnerable, fails, heals }, tipping && failing && healing)
    }

    /// Up from a healthy start: the highest load at which the trigger does no lasting harm, the lowest at which it does.
    fn tipping(&self, purse: &Purse) -> (bool, f64, f64) {
        let holds = |load: f64| self.any_down(load, &self.course, Some(&self.fault), purse).map(|down| !down);
        let (mut low, mut high) = (self.load / 1.5, self.load);
        loop {
            match holds(low) {
                None => return (false, 0.0, high),
                Some(true) => break,
                Some(false) if low <= LEAST * self.load => return (true, 0.0, low),
                Some(false) => (low, high) = (low / 1.5, low),
            }
        }
        halve(low, high, holds)
    }

    /// Up without a trigger: the lowest load at which goodput falls.
    fn failing(&self, purse: &Purse) -> (bool, Option<f64>) {
        let wait = self.course.wait.max(SimDuration::from_seconds(TO_SHOW));
        let course = Course { wait, ..self.course };
        let holds = |load: f64| self.any_down(load, &course, None, purse).map(|down| !down);
        let bound = self.inquiry.bounds.iter().map(|b| b.load).fold(f64::INFINITY, f64::min);
        let start = if bound.is_finite() { bound.max(self.load) } else { self.load };
        let (mut low, mut high) = (self.load, 1.1 * start);
        loop {
            match holds(high) {
                None => return (false, None),
                Some(false) => break,
                Some(true) => (low, high) = (high, 1.4 * high),
            }
            if high > MOST * start {
                return (true, None);
            }
        }
        let (whole, _, fails) = halve(low, high, holds);
        (whole, Some(fails))
    }

    /// Down from the stuck state: the highest load at which it comes back.
    fn healing(&self, purse: &Purse) -> (bool, Option<f64>) {
        let plan = self.inquiry.graph.plan();
        if is_closed(plan) {
            return (true, None);
        }
        let heals = |load: f64| {
            let kind = FaultKind::Load(Load { factor: load / self.load });
            let less = Fault { start: self.course.judged_from(), ..Fault::new(kind, Target::Traffic) };
            match self.all_come_back(plan, &[less], purse, |_| {}) {
                Comes::Unknown => None,
                comes => Some(comes.back().is_some()),
            }
        };
        let (mut low, mut high) = (self.load / 1.5, self.load);
        loop {
            match heals(low) {
                None => return (false, None),
                Some(true) => break,
                Some(false) if low / 1.5 < LEAST * self.load => return (true, None),
                Some(false) => (low, high) = (low / 1.5, low),
            }
        }
        let (whole, heals, _) = halve(low, high, heals);
        (whole, Some(heals))
    }

    /// Whether goodput is down at the end of any run at a load, on the seeds of the states; `None` when the purse was empty
    /// before that was known.
    pub fn any_down(&self, load: f64, course: &Course, fault: Option<&Fault>, purse: &Purse) -> Option<bool> {
        let faults: Vec<Fault> = fault.map(|f| course.trigger(f)).into_iter().collect();
        let case = self.inquiry.case(self.inquiry.graph.plan(), load, course, faults);
        for (r, _) in &self.states {
            let warm = case.at_most(purse.left()).fork(*r, course.end());
            purse.spend(warm.events());
            if warm.was_cut() {
                return None;
            }
            let now = self.inquiry.pulse(&warm, course, course.judged_from(), course.end());
            if !now.is_back_at(&self.usual, load / self.load) {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// Narrows an edge between a load at which something holds and a higher one at which it does not; false with it when that
/// had to end early.
fn halve(mut low: f64, mut high: f64, holds: impl Fn(f64) -> Option<bool>) -> (bool, f64, f64) {
    while high / low > RATIO {
        let middle = (low * high).sqrt();
        match holds(middle) {
            Some(true) => low = middle,
            Some(false) => high = middle,
            None => return (false, low, high),
        }
    }
    (true, low, high)
}
