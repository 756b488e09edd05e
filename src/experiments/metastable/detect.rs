//! Whether a system is stuck: the trigger is gone, users ask for no more than before, and they get less.
//!
//! One waits first, as `wait` says, and longer while what is in progress still falls (`drain`). A run is stuck when, for
//! as long again, goodput is below nine tenths of what it was before the trigger, though users ask for no more, while
//! something takes more tries per request of users than 1.1 times what was usual, or some station has lost a tenth of its
//! capacity. Near the edge this is chance, so it is told as a share of independent seeds.

use super::inquiry::{Course, Inquiry};
use super::pulse::{Strain, healed};
use super::wait::{Wait, longest, wait};
use crate::faults::Fault;
use crate::measure::Warm;
use crate::units::SimDuration;
use rayon::prelude::*;
use std::ops::Range;

/// How one run went on after its trigger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aftermath {
    /// Goodput was back after this time.
    Back(SimDuration),
    /// It is stuck, and this keeps it so.
    Stuck(Strain),
    /// Goodput is low because users ask for more than before.
    AsksMore,
    /// Goodput is low, and nothing shows why; or the run took too many events to be seen to its end.
    Unexplained,
}

/// How all of them went on.
#[derive(Clone, Debug, PartialEq)]
pub struct Aftermaths {
    /// The times of the runs.
    pub course: Course,
    /// How long was waited.
    pub wait: Wait,
    /// Seed by seed.
    pub each: Vec<Aftermath>,
    /// Events that this took.
    pub events: u64,
}

/// Seeds at most, …
const MOST_SEEDS: u32 = 20;
/// … and at least, as long as they leave something for what comes after, …
const LEAST_SEEDS: u32 = 5;
/// … or else so few.
const FEW_SEEDS: u32 = 3;
/// Where no more than so many can be paid for, …
const DEAR: u32 = 10;
/// … this many that are all stuck are enough: what they leave is for what keeps them so.
const AGREEING: u32 = 4;
/// The seeds may take this share of all that the failure may cost, …
const LARGE_SHARE: f64 = 0.35;
/// … and few seeds this one.
const LARGEST_SHARE: f64 = 0.6;

impl Aftermaths {
    /// The seeds that are stuck.
    pub fn stuck(&self) -> Vec<u32> {
        let each = (0u32..).zip(&self.each);
        each.filter(|(_, a)| matches!(a, Aftermath::Stuck(_))).map(|(r, _)| r).collect()
    }

    /// When goodput was back, seed by seed.
    pub fn recovered(&self) -> Vec<Option<SimDuration>> {
        let back = |a: &Aftermath| if let Aftermath::Back(after) = a { Some(*after) } else { None };
        self.each.iter().map(back).collect()
    }
}

impl Inquiry<'_, '_> {
    /// Strikes at a load, over as many seeds as `events` pay for. `None` when a single run takes more than a few seeds may
    /// of what the whole inquiry may.
    pub fn aftermaths(&self, fault: &Fault, lasting: SimDuration, load: f64, events: f64) -> Option<Aftermaths> {
        let mut course = Course::new(self.graph, load, lasting);
        let most = LARGEST_SHARE * self.events / f64::from(FEW_SEEDS);
        let case = self.case(self.graph.plan(), load, &course, vec![course.trigger(fault)]).at_most(most as u64);
        let mut first = case.fork(0, course.until);
        let before = self.usual(&first, &course);
        let last = SimDuration(course.until.0 - course.window.0);
        let end = self.pulse(&first, &course, last, course.until);
        // What is stuck does about twice as much as usual.
        // One run more looks whether it drains.
        let run = self.pace.seconds(events / f64::from(LEAST_SEEDS + 1), 2.0 * load);
        let affordable = SimDuration::from_seconds((run - course.until.seconds()) / 2.0);
        let wait = wait(self.graph, self.bounds, load, self.p99, [&before, &end], course.window, affordable);
        let wait = self.drained(&case, &mut first, &course, wait, longest(self.graph, self.p99, affordable));
        course.wait = wait.length;
        // It has been looked at for about as long already.
        case.advance(&mut first, 0, course.end());
        if first.was_cut() && ended_early(&first, &course) {
            return None;
        }
        let cost = first.events().max(1) as f64;
        let least = if f64::from(LEAST_SEEDS) * cost <= LARGE_SHARE * self.events { LEAST_SEEDS } else { FEW_SEEDS };
        let seeds = ((events / cost) as u32).clamp(least, MOST_SEEDS);
        // Another seed may take a little more than the first.
        let case = case.at_most((2.0 * most) as u64);
        let others = |seeds: Range<u32>| -> Vec<(Aftermath, u64)> {
            let one = |r| {
                let warm = case.fork(r, course.end());
                (self.aftermath(&warm, &course), warm.events())
            };
            seeds.into_par_iter().map(one).collect()
        };
        let mut each = vec![(self.aftermath(&first, &course), first.events())];
        let asked = if seeds <= DEAR { seeds.min(AGREEING) } else { seeds };
        each.extend(others(1..asked));
        let is_stuck = |(aftermath, _): &(Aftermath, u64)| matches!(aftermath, Aftermath::Stuck(_));
        if !each.iter().all(is_stuck) {
            each.extend(others(asked..seeds));
        }
        let events = each.iter().map(|(_, events)| events).sum();
        Some(Aftermaths { course, wait, each: each.into_iter().map(|(aftermath, _)| aftermath).collect(), events })
    }

    /// Judges a run that has gone to its end.
    fn aftermath(&self, warm: &Warm, course: &Course) -> Aftermath {
        let before = self.usual(warm, course);
        let now = self.pulse(warm, course, course.judged_from(), course.end());
        if now.is_back(&before) {
            // It may dip once more at the very end; then it was back when the verdict began.
            let after = healed(self.graph, &before, warm.rows(), course.window, [course.until, course.end()]);
            return Aftermath::Back(after.unwrap_or(course.wait));
        }
        if now.asks_more(&before) {
            return Aftermath::AsksMore;
        }
        match now.strain(&before) {
            _ if warm.was_cut() && ended_early(warm, course) => Aftermath::Unexplained,
            Strain { amplified: None, degraded: None } if !ended_early(warm, course) => Aftermath::Unexplained,
            strain => Aftermath::Stuck(strain),
        }
    }
}

/// Whether a run has stopped before the verdict was over; it may have gone further than that.
fn ended_early(warm: &Warm, course: &Course) -> bool {
    warm.has_stopped() && warm.rows().len() as u64 <= course.end().0 / course.window.0.max(1)
}
