//! One failure, examined: from the question whether it heals to what keeps it from healing.

use super::ablation::Sustained;
use super::band::Band;
use super::cure::Cure;
use super::detect::Aftermaths;
use super::inquiry::Inquiry;
use super::trigger::Smallest;
use crate::faults::Fault;
use crate::measure::Estimate;

/// All that was found out about a failure that may not heal.
#[derive(Clone, Debug, PartialEq)]
pub struct Metastable {
    /// How it went on, seed by seed.
    pub aftermaths: Aftermaths,
    /// The share of seeds that are stuck, with its interval.
    pub probability: Estimate,
    /// What a stuck state needs; `None` when none is.
    pub loops: Option<Loops>,
}

/// What is known of the loop in which a stuck system is caught.
#[derive(Clone, Debug, PartialEq)]
pub struct Loops {
    /// The relief that cures it, which proves that it is metastable; without one something is lost for good.
    pub cure: Option<Cure>,
    /// What keeps it down.
    pub sustained: Sustained,
    /// The loads at which it may happen.
    pub band: Band,
    /// How little it takes.
    pub smallest: Smallest,
}

/// Shares of the events that one failure may cost.
mod share {
    pub const AFTERMATHS: f64 = 0.4;
    pub const STATES: f64 = 0.3;
}

impl Metastable {
    /// Some seed is stuck, and less load for a moment cures it.
    pub fn is_proven(&self) -> bool {
        self.loops.as_ref().is_some_and(|l| l.cure.is_some())
    }
}

impl Inquiry<'_, '_> {
    /// Examines a failure at a load; `None` for a fault that does not end.
    pub fn examine(&self, fault: &Fault, load: f64) -> Option<Metastable> {
        let aftermaths = self.aftermaths(fault, fault.duration?, load, share::AFTERMATHS * self.events);
        let probability = Estimate::of_share(aftermaths.stuck().len(), aftermaths.each.len());
        let stuck = self.stuck(fault, load, &aftermaths, share::STATES * self.events);
        let loops = stuck.map(|stuck| {
            let (cure, sustained) = rayon::join(|| stuck.cure(), || stuck.sustained());
            let (band, smallest) = rayon::join(|| stuck.band(), || stuck.smallest());
            Loops { cure, sustained, band, smallest }
        });
        Some(Metastable { aftermaths, probability, loops })
    }
}
