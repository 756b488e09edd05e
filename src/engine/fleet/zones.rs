//! Zones: replicas that stand in one, callers that prefer their own, and what it costs to leave it.

use super::super::frame::{CALLED, CROSSES, NONE};
use super::super::world::World;
use crate::plan::Zones;

impl World<'_> {
    /// The replica for a request, after the zone it comes from.
    pub(super) fn choose_in_zone(&mut self, at: u32, f: u32) -> u32 {
        let i = at as usize;
        let zones = self.spec(i).zones;
        let Some((zone, of)) = self.zone_of_caller(f) else { return self.choose(at, f) };
        let slot = if zones.aware { self.choose_near(at, f, zone, of, zones) } else { self.choose(at, f) };
        if slot != NONE && self.zone_of(slot, zones.count) != zone {
            self.frames[f].flags |= CROSSES;
        }
        slot
    }

    /// As Envoy does it: as many requests stay in their zone as its share of the replicas bears; the rest goes anywhere.
    fn choose_near(&mut self, at: u32, f: u32, zone: u32, of: u32, zones: Zones) -> u32 {
        let up = std::mem::take(&mut self.stations[at as usize].up);
        let near: Vec<u32> = up.iter().copied().filter(|&slot| self.zone_of(slot, zones.count) == zone).collect();
        let share = near.len() as f64 / up.len() as f64 * f64::from(of);
        let stays = !near.is_empty() && (share >= 1.0 || self.fleet(at as usize).balance.chance(share));
        self.stations[at as usize].up = if stays { near } else { up.clone() };
        let slot = self.choose(at, f);
        self.stations[at as usize].up = up;
        slot
    }

    fn zone_of(&self, slot: u32, zones: u32) -> u32 {
        let (_, r) = self.berth(slot);
        r as u32 % zones
    }

    /// The zone a request comes from, and how many its caller has.
    fn zone_of_caller(&self, f: u32) -> Option<(u32, u32)> {
        let frame = &self.frames[f];
        let link = self.plan.links[frame.link as usize];
        let crate::plan::Party::Component(component) = self.plan.edges[link.edge.index()].from else { return None };
        let station = self.plan.stations_of(component).next()?;
        let of = self.plan.stations[station.index()].fleet.as_ref()?.zones.count;
        let replica = if frame.has(CALLED) {
            self.calls[frame.parent].instance - self.edges[link.edge.index()].first_instance
        } else {
            self.frames[frame.parent].slot - self.stations[station.index()].first_slot
        };
        (of > 1).then_some((replica % of, of))
    }

    /// What leaving the zone adds to a round trip.
    pub(in super::super) fn crossing(&self, f: u32) -> u64 {
        let frame = &self.frames[f];
        if frame.flags & CROSSES == 0 {
            return 0;
        }
        let station = self.routes[frame.link as usize].station;
        self.spec(station as usize).zones.crossing.0
    }
}
