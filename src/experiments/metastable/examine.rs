//! One failure, examined: from the question whether it heals to what keeps it from healing.

use super::ablation::Sustained;
use super::band::Band;
use super::cure::Cure;
use super::detect::Aftermaths;
use super::inquiry::Inquiry;
use super::purse::Purse;
use super::stuck::Stuck;
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
    /// Questions for which there were not enough events: what is known of them is true, and not all of it.
    pub unfinished: Vec<Question>,
}

/// What may have to be left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// [`Loops::cure`].
    Cure,
    /// [`Loops::sustained`].
    Sustainers,
    /// [`Loops::band`].
    Band,
    /// [`Loops::smallest`].
    Trigger,
}

impl Question {
    /// The words for it in reports.
    pub fn words(self) -> &'static str {
        match self {
            Question::Cure => "what cures it",
            Question::Sustainers => "what keeps it down",
            Question::Band => "the loads at which it happens",
            Question::Trigger => "the smallest trigger",
        }
    }
}

/// Shares of the events that one failure may cost.
mod share {
    pub const AFTERMATHS: f64 = 0.4;
    pub const STATES: f64 = 0.3;
    /// Of what is left for what needs a stuck state.
    pub const CURE: f64 = 0.3;
    pub const SUSTAINERS: f64 = 0.4;
    /// Of what is left after those.
    pub const BAND: f64 = 0.65;
}

impl Metastable {
    /// Some seed is stuck, and less load for a moment cures it.
    pub fn is_proven(&self) -> bool {
        self.loops.as_ref().is_some_and(|l| l.cure.is_some())
    }
}

impl Inquiry<'_, '_> {
    /// Examines a failure at a load, with the events that took; `None` for a fault that does not end, and for one of which a
    /// single run takes too many events.
    pub fn examine(&self, fault: &Fault, load: f64) -> (Option<Metastable>, u64) {
        let Some(lasting) = fault.duration else { return (None, 0) };
        let Some(aftermaths) = self.aftermaths(fault, lasting, load, share::AFTERMATHS * self.events) else {
            return (None, self.events as u64);
        };
        let probability = Estimate::of_share(aftermaths.stuck().len(), aftermaths.each.len());
        let purse = Purse::of(self.events);
        purse.spend(aftermaths.events);
        let stuck = self.stuck(fault, load, &aftermaths, share::STATES * self.events);
        let loops = stuck.map(|stuck| {
            stuck.states.iter().for_each(|(_, state)| purse.spend(state.events()));
            self.loops(&stuck, &purse)
        });
        (Some(Metastable { aftermaths, probability, loops }), purse.spent())
    }

    /// What a stuck state needs: first what proves that it is one, then how far it reaches.
    fn loops(&self, stuck: &Stuck, purse: &Purse) -> Loops {
        let parts = [share::CURE, share::SUSTAINERS].map(|share| purse.part(share));
        let ((cure, least_relief), sustained) = rayon::join(|| stuck.cure(&parts[0]), || stuck.sustained(&parts[1]));
        parts.iter().for_each(|part| purse.spend(part.spent()));
        let parts = [share::BAND, 1.0 - share::BAND].map(|share| purse.part(share));
        let ((band, whole), (smallest, least)) = rayon::join(|| stuck.band(&parts[0]), || stuck.smallest(&parts[1]));
        parts.iter().for_each(|part| purse.spend(part.spent()));
        let open = [
            (Question::Cure, least_relief),
            (Question::Sustainers, sustained.untried.is_empty()),
            (Question::Band, whole),
            (Question::Trigger, least),
        ];
        let unfinished = open.into_iter().filter(|(_, known)| !known).map(|(question, _)| question).collect();
        Loops { cure, sustained, band, smallest, unfinished }
    }
}
