//! What the examination of a failure may cost, in events of the simulation: the same on every machine, whatever runs beside it.
//!
//! A system that is stuck does many times what it does on a healthy day, so that no length of time says what a run costs. A
//! run that reaches the end of its purse is cut, and what it was to show is not known then: that is said, and never taken
//! for an answer.

use std::sync::atomic::{AtomicU64, Ordering};

/// Events that may be spent. What is left is only asked for where nothing spends from it at the same time, so that the
/// answer does not depend on the number of threads.
#[derive(Debug)]
pub struct Purse {
    holds: u64,
    spent: AtomicU64,
}

impl Purse {
    /// So many.
    pub fn of(events: f64) -> Purse {
        Purse { holds: events.max(0.0) as u64, spent: AtomicU64::new(0) }
    }

    /// A part of what is left, to be spent in its place; what is not needed stays here.
    pub fn lend<T>(&self, share: f64, to: impl FnOnce(&Purse) -> T) -> T {
        let part = self.part(share);
        let result = to(&part);
        self.spend(part.spent());
        result
    }

    /// A purse with a share of what is left. Whoever takes it must spend here what was spent from it.
    pub fn part(&self, share: f64) -> Purse {
        Purse::of(self.left() as f64 * share)
    }

    /// Pays.
    pub fn spend(&self, events: u64) {
        self.spent.fetch_add(events, Ordering::Relaxed);
    }

    /// What was paid.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// What is left.
    pub fn left(&self) -> u64 {
        self.holds.saturating_sub(self.spent())
    }
}

/// Whether something comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comes<T> {
    /// After this.
    Back(T),
    /// It was waited for long enough.
    Not,
    /// The run was cut before it could be told.
    Unknown,
}

impl<T> Comes<T> {
    /// After what, if it does.
    pub fn back(self) -> Option<T> {
        if let Comes::Back(after) = self { Some(after) } else { None }
    }

    /// Whether that is known.
    pub fn is_known(&self) -> bool {
        !matches!(self, Comes::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_part_leaves_stays() {
        let purse = Purse::of(1_000.0);
        let left = purse.lend(0.5, |part| {
            part.spend(100);
            part.left()
        });
        assert_eq!((left, purse.left(), purse.spent()), (400, 900, 100));
        // The event that empties it may be one of several that were begun.
        purse.spend(2_000);
        assert_eq!((purse.left(), purse.part(0.5).left()), (0, 0));
    }
}
