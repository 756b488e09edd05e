//! Which requests are kept of those that have ended.

use super::super::Measurements;
use super::{EACH, Entry, NEAR};
use crate::engine::{Cause, Outcome};
use crate::random::Lot;
use crate::units::SimDuration;

/// Kept of each cause of failure.
const OF_A_CAUSE: usize = 3;

/// Median and 99th percentile of each entry of each source's mix.
pub(super) struct Targets(pub(super) Vec<Vec<[Option<SimDuration>; 2]>>);

impl Targets {
    pub(super) fn of(seen: &Measurements) -> Targets {
        let entry = |latency: &super::super::Histogram| [0.5, 0.99].map(|q| latency.quantile(q));
        let sources = seen.sources.iter();
        Targets(sources.map(|s| s.by_link.iter().map(|(_, served)| entry(&served.latency)).collect()).collect())
    }
}

/// The places of the best requests of one kind, by a key: the least first, the earlier of two alike first.
#[derive(Default)]
struct Best {
    most: usize,
    list: Vec<(u64, u32)>,
}

impl Best {
    fn new(most: usize) -> Best {
        Best { most, list: Vec::new() }
    }

    /// Offers one; returns what leaves, which may be the one that was offered.
    fn offer(&mut self, key: u64, place: u32) -> Option<u32> {
        let at = self.list.partition_point(|(other, _)| *other <= key);
        if at >= self.most {
            return Some(place);
        }
        self.list.insert(at, (key, place));
        if self.list.len() > self.most { self.list.pop().map(|(_, last)| last) } else { None }
    }
}

/// What is kept of one entry of a source's mix.
pub(super) struct Keeper {
    targets: [Option<SimDuration>; 2],
    slowest: Best,
    near: [Best; 2],
    failed: Vec<Best>,
}

impl Keeper {
    pub(super) fn new(targets: [Option<SimDuration>; 2]) -> Keeper {
        Keeper {
            targets,
            slowest: Best::new(EACH),
            near: [Best::new(NEAR), Best::new(NEAR)],
            failed: (0..Cause::COUNT).map(|_| Best::new(OF_A_CAUSE)).collect(),
        }
    }

    /// Offers a request that has ended to every kind it may be of; tells for how many it was taken, and the places that
    /// are needed once less.
    pub(super) fn offer(
        &mut self,
        (outcome, latency, number): (Outcome, SimDuration, u64),
        place: u32,
        left: &mut Vec<u32>,
    ) -> u32 {
        let mut offered = 0;
        let mut offer = |best: &mut Best, key: u64| {
            offered += 1;
            left.extend(best.offer(key, place));
        };
        match outcome {
            // Of those that failed any may be kept, not only those of the beginning.
            Outcome::Failed(cause) => offer(&mut self.failed[cause as usize], Lot(number).child(0).0),
            _ => {
                offer(&mut self.slowest, u64::MAX - latency.0);
                for (near, target) in self.near.iter_mut().zip(self.targets) {
                    if let Some(target) = target {
                        offer(near, target.0.abs_diff(latency.0));
                    }
                }
            }
        }
        offered
    }

    /// What was kept; `position` tells where a place is now.
    pub(super) fn finish(&self, entry: Entry, position: &dyn Fn(u32) -> usize) -> Entry {
        let of = |best: &Best| best.list.iter().map(|(_, place)| position(*place)).collect();
        // In turns, so that a rare cause has its place beside a frequent one.
        let rounds = (0..OF_A_CAUSE).flat_map(|i| self.failed.iter().filter_map(move |best| best.list.get(i)));
        Entry {
            slowest: of(&self.slowest),
            failed: rounds.take(EACH).map(|(_, place)| position(*place)).collect(),
            typical: of(&self.near[0]),
            late: of(&self.near[1]),
            ..entry
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_are_kept_and_the_earlier_of_two_alike() {
        let mut best = Best::new(2);
        assert_eq!(
            [(5, 0), (3, 1), (5, 2), (1, 3), (3, 4)].map(|(key, place)| best.offer(key, place)),
            [None, None, Some(2), Some(0), Some(4)]
        );
        assert_eq!(best.list, [(1, 3), (3, 1)]);
    }
}
