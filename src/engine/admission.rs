//! What a station answers at once, without a worker looking at the request.

use super::outcome::Cause;
use super::world::World;
use crate::policies::Verdict;

impl World<'_> {
    /// Whether the version on a replica answers this request with an error.
    pub(super) fn is_bad(&mut self, slot: u32) -> bool {
        let replica = &self.slots[slot as usize];
        let rate = replica.version.error_rate;
        rate > 0.0 && !replica.hung && self.stations[replica.station as usize].errors.chance(rate)
    }

    /// Whether a station answers at once without looking at the request.
    pub(super) fn turned_away(&mut self, at: u32) -> Option<Cause> {
        let station = &mut self.stations[at as usize];
        if station.up.is_empty() {
            return Some(Cause::Unavailable);
        }
        if let (Some(bucket), Some(limit)) = (&mut station.bucket, &self.plan.stations[at as usize].rate_limit)
            && bucket.admit(limit, crate::units::SimTime(self.now)) == Verdict::Refuse
        {
            self.tallies.stations[at as usize].refused += 1;
            return Some(Cause::RateLimited);
        }
        let rate = station.error_rate;
        (rate > 0.0 && station.errors.chance(rate)).then_some(Cause::Error)
    }
}
