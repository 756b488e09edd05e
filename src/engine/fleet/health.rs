//! Active health checks: each replica is probed; one that fails is left out of the rotation, or restarted.
//!
//! A probe waits in the replica's line like a request: it fails when what stands at the head of the line has waited longer than
//! the probe would.

use super::super::agenda::{Class, Kind};
use super::super::world::{Ready, World};
use super::Life;
use crate::plan::{Fleet, HealthCheck, Party};

impl World<'_> {
    pub(super) fn begin_probes(&mut self, i: usize, fleet: &Fleet) {
        let Some(health) = fleet.health else { return };
        let (first, slots) = (self.stations[i].first_slot, self.stations[i].slots);
        for r in 0..slots {
            // Spread over the interval.
            let after = health.interval.0 * u64::from(r + 1) / u64::from(slots);
            self.schedule(after, Class::Arrival, Kind::Probe, first + r);
        }
    }

    /// A replica is probed.
    pub(in super::super) fn probe_due(&mut self, slot: u32) {
        let (i, r) = self.berth(slot);
        let Some(health) = self.spec(i).health else { return };
        self.schedule(health.interval.0, Class::Arrival, Kind::Probe, slot);
        let passes = self.passes(slot, &health);
        let replica = &mut self.fleet(i).replicas[r];
        if !matches!(replica.life, Life::Ready | Life::Dead) {
            return;
        }
        (replica.failed, replica.passed) = if passes { (0, replica.passed + 1) } else { (replica.failed + 1, 0) };
        if replica.failed >= health.unhealthy && !replica.sick {
            replica.sick = true;
            let restarts = health.restart && replica.life == Life::Ready;
            self.set_rotation(i);
            if restarts {
                self.ready.push(Ready::Bury(slot));
            }
        } else if replica.sick && replica.passed >= health.healthy {
            replica.sick = false;
            self.set_rotation(i);
        }
    }

    fn passes(&self, slot: u32, health: &HealthCheck) -> bool {
        let (i, _) = self.berth(slot);
        if self.is_dead(slot) || self.slots[slot as usize].hung {
            return false;
        }
        let line = &self.slots[slot as usize].queue;
        if line.front().is_some_and(|first| self.now - first.since > health.timeout.0) {
            return false;
        }
        let component = Party::Component(self.plan.stations[i].component);
        let mut called = self.plan.edges.iter().filter(|edge| health.deep && edge.from == component);
        !called.any(|edge| self.plan.stations_of(edge.to).all(|s| self.stations[s.index()].up.is_empty()))
    }
}
