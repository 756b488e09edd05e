//! What requests tell about the replica that served them: it is left out after errors in a row (Envoy's outlier detection),
//! and some errors take it down.

use super::super::agenda::{Class, Kind};
use super::super::outcome::{Cause, Outcome};
use super::super::world::{Ready, World};
use super::Life;
use crate::plan::Ejection;

impl World<'_> {
    /// A request of a replica has ended.
    #[cold]
    pub(in super::super) fn watch(&mut self, slot: u32, outcome: Outcome) {
        let (i, r) = self.berth(slot);
        if self.fleets[i].as_ref().is_none_or(|fleet| fleet.replicas[r].life != Life::Ready) {
            return;
        }
        let own = matches!(outcome, Outcome::Failed(Cause::Error));
        let (crash, ejection) = (self.spec(i).crash, self.spec(i).ejection);
        if own && crash > 0.0 && self.fleet(i).crash.chance(crash) {
            return self.ready.push(Ready::Bury(slot));
        }
        let Some(ejection) = ejection else { return };
        let failed = own || matches!(outcome, Outcome::Failed(Cause::Dependency));
        let replica = &mut self.fleet(i).replicas[r];
        replica.errors = if failed { replica.errors + 1 } else { 0 };
        if replica.errors >= ejection.errors && !replica.ejected {
            self.eject(slot, &ejection);
        }
    }

    fn eject(&mut self, slot: u32, ejection: &Ejection) {
        let (i, r) = self.berth(slot);
        let now = self.now;
        let fleet = self.fleet(i);
        let out = fleet.replicas.iter().filter(|r| r.ejected).count();
        let most = ((ejection.share * f64::from(fleet.count(Life::Ready))) as usize).max(1);
        let replica = &mut fleet.replicas[r];
        replica.errors = 0;
        if out >= most {
            return;
        }
        let quiet = now.saturating_sub(replica.ejected_until) / ejection.interval.0.max(1);
        replica.ejections = replica.ejections.saturating_sub(u32::try_from(quiet).unwrap_or(u32::MAX)) + 1;
        let time = ejection.base.0.saturating_mul(u64::from(replica.ejections)).min(ejection.longest.0);
        replica.ejected = true;
        replica.ejected_until = now + time;
        self.tallies.stations[i].ejections += 1;
        self.set_rotation(i);
        self.schedule(time, Class::Completion, Kind::Readmit, slot);
    }

    /// The time of an ejected replica is over.
    pub(in super::super) fn readmit(&mut self, slot: u32) {
        let (i, r) = self.berth(slot);
        let now = self.now;
        let replica = &mut self.fleet(i).replicas[r];
        if replica.ejected && now >= replica.ejected_until {
            replica.ejected = false;
            self.set_rotation(i);
        }
    }
}
