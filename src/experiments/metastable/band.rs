//! The vulnerable band of load. Below it the trigger does no lasting harm; above it the system fails without a trigger; in
//! between it is well or down, depending on what it has been through (hysteresis).
//!
//! The load is swept up from a healthy start, with the trigger and without, and down from the stuck state; each edge is
//! found by halving, on the same random numbers at every load.

use super::cure::is_closed;
use super::inquiry::Course;
use super::stuck::Stuck;
use crate::faults::{Fault, FaultKind, Load, Target};
use crate::units::SimDuration;
use rayon::prelude::*;

/// Loads, as multiples of the model's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// At this load and below, goodput comes back after the trigger.
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
    /// Sweeps the load.
    pub fn band(&self) -> Band {
        let ((safe, vulnerable), (fails, heals)) =
            rayon::join(|| self.tipping(), || rayon::join(|| self.failing(), || self.healing()));
        Band { safe, vulnerable, fails, heals }
    }

    /// Up from a healthy start: the highest load at which the trigger does no lasting harm, the lowest at which it does.
    fn tipping(&self) -> (f64, f64) {
        let tips = |load: f64| self.any_down(load, &self.course, Some(&self.fault));
        let least = LEAST * self.load;
        let (mut safe, mut high) = (self.load / 1.5, self.load);
        while safe > least && tips(safe) {
            (safe, high) = (safe / 1.5, safe);
        }
        if safe <= least {
            return (0.0, high);
        }
        halve(safe, high, |load| !tips(load))
    }

    /// Up without a trigger: the lowest load at which goodput falls.
    fn failing(&self) -> Option<f64> {
        let wait = self.course.wait.max(SimDuration::from_seconds(TO_SHOW));
        let course = Course { wait, ..self.course };
        let fails = |load: f64| self.any_down(load, &course, None);
        let bound = self.inquiry.bounds.iter().map(|b| b.load).fold(f64::INFINITY, f64::min);
        let start = if bound.is_finite() { bound.max(self.load) } else { self.load };
        let (mut low, mut high) = (self.load, 1.1 * start);
        while !fails(high) {
            (low, high) = (high, 1.4 * high);
            if high > MOST * start {
                return None;
            }
        }
        Some(halve(low, high, |load| !fails(load)).1)
    }

    /// Down from the stuck state: the highest load at which it comes back.
    fn healing(&self) -> Option<f64> {
        let plan = self.inquiry.graph.plan();
        if is_closed(plan) {
            return None;
        }
        let heals = |load: f64| {
            let kind = FaultKind::Load(Load { factor: load / self.load });
            let less = Fault { start: self.course.judged_from(), ..Fault::new(kind, Target::Traffic) };
            self.all_come_back(plan, &[less], |_| {}).is_some()
        };
        let least = LEAST * self.load;
        let (mut low, mut high) = (self.load / 1.5, self.load);
        while !heals(low) {
            (low, high) = (low / 1.5, low);
            if low < least {
                return None;
            }
        }
        Some(halve(low, high, heals).0)
    }

    /// Whether goodput is down at the end of any run at a load, on the seeds of the states.
    pub fn any_down(&self, load: f64, course: &Course, fault: Option<&Fault>) -> bool {
        self.how_many_down(load, course, fault) > 0
    }

    /// In how many runs it is, on the same seeds every time.
    pub fn how_many_down(&self, load: f64, course: &Course, fault: Option<&Fault>) -> usize {
        let faults: Vec<Fault> = fault.map(|f| course.trigger(f)).into_iter().collect();
        let case = self.inquiry.case(self.inquiry.graph.plan(), load, course, faults);
        let is_down = |r: u32| {
            let warm = case.fork(r, course.end());
            let now = self.inquiry.pulse(&warm, course, course.judged_from(), course.end());
            !now.is_back_at(&self.usual, load / self.load)
        };
        self.states.par_iter().filter(|(r, _)| is_down(*r)).count()
    }
}

/// Narrows an edge between a load at which something holds and a higher one at which it does not.
fn halve(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> (f64, f64) {
    while high / low > RATIO {
        let middle = (low * high).sqrt();
        if holds(middle) { low = middle } else { high = middle }
    }
    (low, high)
}
