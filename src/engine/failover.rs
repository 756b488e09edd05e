//! Standbys: what dies is replaced after a while, by something that is there already.

use super::agenda::{Class, Kind};
use super::world::World;

impl World<'_> {
    /// Some replicas of a station have died: a standby takes their place in time, if there is one.
    pub(super) fn await_standby(&mut self, i: usize) {
        if let Some(failover) = self.plan.stations[i].failover {
            let wake = self.schedule(failover.0, Class::Completion, Kind::Failover, i as u32);
            self.stations[i].wake = wake;
        }
    }

    /// The standby is there: empty, at the place of what died.
    pub(super) fn fail_over(&mut self, i: usize, stamp: u32) {
        let station = &mut self.stations[i];
        if station.wake != stamp {
            return;
        }
        station.stand_ins = self.knobs.stations[i].down.min(station.slots);
        station.up = (station.first_slot..station.first_slot + station.slots).collect();
        station.look(self.plan.stations[i].balance);
    }
}
