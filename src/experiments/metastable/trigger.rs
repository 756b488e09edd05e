//! The smallest trigger that tips the system over at the load asked for: how long it must last, and how strong it must be
//! where it can be weaker. Found by halving, on the same random numbers.

use super::purse::Purse;
use super::stuck::Stuck;
use crate::faults::{Fault, FaultKind, Kill, Replicas};
use crate::units::SimDuration;

/// What is enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Smallest {
    /// So long is enough, as strong as it was.
    pub lasting: SimDuration,
    /// So long is not; `None` when a single window of the time series was enough.
    pub too_short: Option<SimDuration>,
    /// As long as it was, so much is enough; `None` where it cannot be weaker.
    pub weakest: Option<Fault>,
}

/// An edge is known well enough when both sides differ by this factor.
const RATIO: f64 = 1.25;
/// Weaker than this share of what it was is not tried.
const LEAST: f64 = 0.02;

impl Stuck<'_, '_> {
    /// Looks for the smallest trigger; false with it when the search had to end early.
    pub fn smallest(&self, purse: &Purse) -> (Smallest, bool) {
        let purses = [purse.part(0.5), purse.part(0.5)];
        let ((shortest, too_short, lasting), (least, weakest)) =
            rayon::join(|| self.shortest(&purses[0]), || self.weakest(&purses[1]));
        purses.iter().for_each(|part| purse.spend(part.spent()));
        (Smallest { lasting, too_short, weakest }, shortest && least)
    }

    /// The longest duration that does no lasting harm, and the shortest that does.
    fn shortest(&self, purse: &Purse) -> (bool, Option<SimDuration>, SimDuration) {
        let window = self.course.window;
        let whole = |d: SimDuration| SimDuration((d.0 / window.0).max(1) * window.0);
        let tips = |lasting| self.tips(&self.fault, lasting, purse);
        let mut high = SimDuration(self.course.until.0 - self.course.at.0);
        let mut low = whole(high.times(0.5));
        loop {
            match tips(low) {
                None => return (false, None, high),
                Some(false) => break,
                Some(true) if low <= window => return (true, None, low),
                Some(true) => (high, low) = (low, whole(low.times(0.5))),
            }
        }
        while high.0 as f64 > RATIO * low.0 as f64 && high.0 > low.0 + window.0 {
            let middle = whole(SimDuration(low.0.midpoint(high.0)));
            match tips(middle) {
                None => return (false, Some(low), high),
                Some(true) => high = middle,
                Some(false) => low = middle,
            }
        }
        (true, Some(low), high)
    }

    /// The weakest of its kind that tips the system when it lasts as long.
    fn weakest(&self, purse: &Purse) -> (bool, Option<Fault>) {
        let lasting = SimDuration(self.course.until.0 - self.course.at.0);
        let weaker = |share: f64| Some(Fault { kind: self.weaker(share)?, ..self.fault.clone() });
        if weaker(0.5).is_none() {
            return (true, None);
        }
        let enough = |share: f64| if share < 1.0 { weaker(share) } else { Some(self.fault.clone()) };
        let tips = |share: f64| weaker(share).map_or(Some(false), |fault| self.tips(&fault, lasting, purse));
        let (mut low, mut high) = (0.5, 1.0);
        loop {
            match tips(low) {
                None => return (false, enough(high)),
                Some(false) => break,
                Some(true) => (low, high) = (0.5 * low, low),
            }
            if low < LEAST {
                return (true, enough(high));
            }
        }
        while high > RATIO * low {
            let middle = 0.5 * (low + high);
            match tips(middle) {
                None => return (false, enough(high)),
                Some(true) => high = middle,
                Some(false) => low = middle,
            }
        }
        (true, enough(high))
    }

    /// In half of the runs at least.
    fn tips(&self, fault: &Fault, lasting: SimDuration, purse: &Purse) -> Option<bool> {
        // There are two: one is half of them.
        self.any_down(self.load, &self.course.lasting(lasting), Some(fault), purse)
    }

    /// A share of its amount, for kinds that have one.
    fn weaker(&self, share: f64) -> Option<FaultKind> {
        let FaultKind::Kill(kill) = self.fault.kind else { return self.fault.kind.effect().grown(share) };
        let plan = self.inquiry.graph.plan();
        let component = plan.component(&self.fault.target.to_string())?;
        let all: u32 = plan.stations_of(component).map(|s| plan.stations[s.index()].replicas).sum();
        let most = match kill.replicas {
            Replicas::All => all,
            Replicas::Number(n) => n,
            Replicas::Share(s) => (s * f64::from(all)).ceil() as u32,
        };
        let fewer = (share * f64::from(most)).ceil() as u32;
        (most > 1).then_some(FaultKind::Kill(Kill { replicas: Replicas::Number(fewer), ..kill }))
    }
}
