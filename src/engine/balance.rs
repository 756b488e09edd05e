//! Balancing: which replica takes a request.

use super::frame::NONE;
use super::station::Slot;
use super::world::World;
use crate::plan::Balance;
use crate::random::{Keys, Lot};

impl World<'_> {
    /// The replica for a request; at least one is up. [`NONE`] when the one that has its key is not.
    pub(super) fn choose(&mut self, at: u32, f: u32) -> u32 {
        let station = &mut self.stations[at as usize];
        let n = station.up.len() as u32;
        let balance = self.plan.stations[at as usize].balance;
        if n == 1 && !matches!(balance, Balance::Shard(_)) {
            return station.up[0];
        }
        let load = |slots: &[Slot], s: u32| slots[s as usize].busy + slots[s as usize].queue.len() as u32;
        match balance {
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
            Balance::Hash(keys) => {
                let key = keys.draw(Lot(self.frames[f].lot), KEY);
                station
                    .up
                    .iter()
                    .copied()
                    .max_by_key(|&slot| Keys::pull(key, slot - station.first_slot))
                    .unwrap_or(NONE)
            }
            Balance::Shard(keys) => {
                let key = keys.draw(Lot(self.frames[f].lot), KEY);
                let slot = station.first_slot + keys.home(key, station.slots);
                if station.up.contains(&slot) { slot } else { NONE }
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

/// The number of a request's key, apart from the choices of its steps.
const KEY: u32 = 0x6b65_7900;

#[cfg(test)]
mod tests {
    use crate::random::Keys;

    /// Of 10,000 keys on ten replicas each has about a tenth, and when the fourth dies only its own move.
    #[test]
    fn only_the_keys_of_a_dead_replica_move() {
        let of = |key: u32, up: &[u32]| up.iter().copied().max_by_key(|&replica| Keys::pull(key, replica)).unwrap();
        let (all, left): (Vec<u32>, Vec<u32>) = ((0..10).collect(), (0..10).filter(|r| *r != 3).collect());
        let mut counts = [0u32; 10];
        for key in 0..10_000 {
            let before = of(key, &all);
            counts[before as usize] += 1;
            assert!(before == 3 || of(key, &left) == before);
        }
        // Four standard deviations of a binomial.
        assert!(counts.iter().all(|count| count.abs_diff(1_000) < 120), "{counts:?}");
    }
}
