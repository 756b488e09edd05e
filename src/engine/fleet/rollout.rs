//! Deployments: every replica is replaced, a few at a time (Kubernetes' rolling update).

use super::super::world::World;
use super::Life;

impl World<'_> {
    /// Another deployment has begun: all replicas there are, are old.
    pub(in super::super) fn deploy(&mut self, i: usize, deploys: u32) {
        let fleet = self.fleet(i);
        if deploys <= fleet.deploys {
            fleet.deploys = deploys;
            return;
        }
        fleet.deploys = deploys;
        let live = fleet.replicas.iter_mut().filter(|r| matches!(r.life, Life::Ready | Life::Starting));
        live.for_each(|r| r.old = true);
        self.reconcile(i);
    }

    /// Brings the replicas there are closer to those that should be there.
    pub(super) fn reconcile(&mut self, i: usize) {
        let (surge, unavailable) = (self.spec(i).surge, self.spec(i).unavailable);
        while self.step(i, surge, unavailable) {}
    }

    /// One step; false if there is none. Starting and stopping come back here by themselves when they take no time.
    fn step(&mut self, i: usize, surge: u32, unavailable: u32) -> bool {
        let first = self.stations[i].first_slot;
        let fleet = self.fleet(i);
        let (wanted, held, alive, ready) =
            (fleet.wanted, fleet.count(Life::Dead), fleet.alive(), fleet.count(Life::Ready));
        let old = |r: &super::Replica| r.old && matches!(r.life, Life::Ready | Life::Starting);
        let replacing = fleet.replicas.iter().any(old);
        let surge = if replacing { surge } else { 0 };
        // More than are wanted in the end would be stopped again.
        let new = alive - fleet.replicas.iter().filter(|r| old(r)).count() as u32;
        if alive + held < wanted + surge
            && new + held < wanted
            && let Some(r) = fleet.replicas.iter().position(|r| r.life == Life::Off)
        {
            self.begin_life(first + r as u32);
            return true;
        }
        if replacing {
            // What only starts is in nobody's way; of what serves, no more than may be missing.
            let starting = fleet.replicas.iter().position(|r| old(r) && r.life == Life::Starting);
            let may_stop = ready + held + unavailable > wanted || alive + held > wanted && ready + held > wanted;
            let serving = fleet.replicas.iter().position(|r| old(r) && r.life == Life::Ready).filter(|_| may_stop);
            if let Some(r) = starting.or(serving) {
                self.end_life(first + r as u32);
                return true;
            }
            return false;
        }
        if alive + held > wanted {
            let last = |life| fleet.replicas.iter().rposition(|r| r.life == life);
            if let Some(r) = last(Life::Starting).or_else(|| last(Life::Ready)) {
                self.end_life(first + r as u32);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Builder, Component, Fleet, Origin, Role, Station};
    use crate::random::Dist;

    /// `maxSurge` may be larger than what is replaced: two replicas are replaced by two.
    #[test]
    fn no_more_begin_than_are_replaced() {
        let mut builder = Builder::new();
        let (name, origin) = (String::from("api"), Origin::default());
        let declared = Default::default();
        let component = Component { name, role: Role::Service, technology: None, declared, origin };
        let component = builder.component(component);
        let startup = Some(builder.dist(Dist::Exponential { mean: 1e9 }));
        let fleet = Some(Box::new(Fleet { startup, surge: 5, unavailable: 0, ..Fleet::default() }));
        builder.station(Station { component, replicas: 2, fleet, ..Station::default() });
        let plan = builder.finish();
        let mut world = World::new(&plan, 1.0, 1, 0);
        world.deploy(0, 1);
        let count = |life| world.fleets[0].as_ref().map(|fleet| fleet.count(life));
        assert_eq!((count(Life::Ready), count(Life::Starting)), (Some(2), Some(2)));
    }
}
