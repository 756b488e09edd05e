//! Balancing: which replica takes a request.

use super::station::Slot;
use super::world::World;
use crate::plan::Balance;

impl World<'_> {
    /// The replica for the next request; at least one is up.
    pub(super) fn choose(&mut self, at: u32) -> u32 {
        let station = &mut self.stations[at as usize];
        let n = station.up.len() as u32;
        if n == 1 {
            return station.up[0];
        }
        let load = |slots: &[Slot], s: u32| slots[s as usize].busy + slots[s as usize].queue.len() as u32;
        match self.plan.stations[at as usize].balance {
            Balance::RoundRobin => {
                station.cursor = (station.cursor + 1) % n;
                station.up[station.cursor as usize]
            }
            Balance::Random => station.up[station.balance.below(n) as usize],
            Balance::LeastRequest => {
                station.cursor = (station.cursor + 1) % n;
                let (before, from) = station.up.split_at(station.cursor as usize);
                // The first of the least from the cursor on, so that ties go in turn.
                from.iter().chain(before).copied().min_by_key(|&s| load(&self.slots, s)).unwrap_or(from[0])
            }
            Balance::TwoChoices => {
                let a = station.up[station.balance.below(n) as usize];
                let b = station.up[station.balance.below(n) as usize];
                match load(&self.slots, a).cmp(&load(&self.slots, b)) {
                    std::cmp::Ordering::Less => a,
                    std::cmp::Ordering::Greater => b,
                    std::cmp::Ordering::Equal if station.balance.bits() & 1 == 0 => a,
                    std::cmp::Ordering::Equal => b,
                }
            }
        }
    }
}
