//! Runs with a fault that take so many events that they are cut.
//!
//! Retries multiply events by ten or so. What takes more repeats something without a pause, such as messages that are refused
//! and put back at once, and each such run would cost as much as all others together. What a run does is known up to where
//! it was cut; a fault that is over well before is then judged like any other, and told of with the time it lasted.

use crate::faults::Fault;

/// A run with a fault may take so many times the events of its healthy twin, …
pub const COSTLY: u64 = 20;
/// … and so many at any rate.
pub const LEAST_EVENTS: u64 = 1_000_000;
/// The fault strikes again for half of the time after which the run was cut; in less than this, in seconds, nothing can be
/// told.
pub const SHORTEST: f64 = 8.0;

/// Faults for which some run was cut.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cut {
    /// They were judged by a fault that is over sooner.
    pub shortened: Vec<Fault>,
    /// They were not judged.
    pub unjudged: Vec<Fault>,
}

impl Cut {
    /// Adds others.
    pub fn extend(&mut self, more: Cut) {
        self.shortened.extend(more.shortened);
        self.unjudged.extend(more.unjudged);
    }

    /// What the reader must know: each fault is named once.
    pub fn notes(&self) -> Vec<String> {
        let named = |what: &str, faults: &[Fault], but: &[Fault]| {
            let other = |fault: &&Fault| !but.iter().any(|b| b.describe() == fault.describe());
            let mut names: Vec<String> = faults.iter().filter(other).map(Fault::describe).collect();
            names.sort();
            names.dedup();
            let why = format!(
                "a run took {COSTLY} times the events of a healthy one (something is repeated without a pause)"
            );
            (!names.is_empty()).then(|| format!("{what}, since {why}: {}", names.join(", ")))
        };
        let shortened = named("judged by a fault that is over sooner", &self.shortened, &self.unjudged);
        shortened.into_iter().chain(named("not judged", &self.unjudged, &[])).collect()
    }
}
