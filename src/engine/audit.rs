//! The invariants that hold at every instant, checked from scratch.

use super::call::{Parent, State};
use super::edge::{BUDGET, COUNTS};
use super::frame::{ADMITTED, ASKED, COUNTED, Frame, HOLDS, NONE, Place};
use super::tally::Gauge;
use super::world::World;

impl World<'_> {
    /// Checks that every request, call and message is accounted for exactly once, and Little's law on every resource.
    ///
    /// # Errors
    /// Says which invariant is broken, and where. That would be an error of this program, never of a model.
    pub fn audit(&self) -> Result<(), String> {
        self.audit_requests()?;
        self.audit_stations()?;
        self.audit_hangs()?;
        self.audit_edges()?;
        self.audit_holdings()?;
        self.audit_topics()
    }

    fn audit_requests(&self) -> Result<(), String> {
        let mut present = vec![[0u64; 2]; self.plan.endpoints.len()];
        for frame in self.frames.all() {
            if matches!(frame.place, Place::Queued | Place::Serving) && !frame.is_branch() {
                let to = self.plan.links[frame.link as usize].to;
                present[to.index()][usize::from(frame.has(COUNTED))] += 1;
            }
        }
        for (i, endpoint) in self.plan.endpoints.iter().enumerate() {
            for (counted, found) in present[i].into_iter().enumerate() {
                let said = self.tallies.endpoints[i][counted].in_flight();
                same(&endpoint.name, "requests in flight", said, found)?;
            }
        }
        for (s, source) in self.plan.sources.iter().enumerate() {
            let said: u64 = self.tallies.sources[s].iter().flatten().map(|t| t.in_flight()).sum();
            let waiting = |c: &&super::call::Call| {
                c.state != State::Done && matches!(c.parent, Parent::User(of, _) if of == s as u32)
            };
            let asked = |f: &&Frame| f.place != Place::Free && f.has(ASKED) && f.parent == s as u32;
            let plain = self.frames.all().iter().filter(asked).count() as u64;
            let found = self.calls.all().iter().filter(waiting).count() as u64 + plain + self.not_started(s);
            same(&source.name, "requests in flight", said, found)?;
        }
        let in_use = self.frames.all().iter().filter(|f| f.place != Place::Free).count();
        same("the arena", "frames in use", self.frames.len() as u64, in_use as u64)
    }

    fn audit_stations(&self) -> Result<(), String> {
        for (i, station) in self.plan.stations.iter().enumerate() {
            let state = &self.stations[i];
            let here = state.first_slot..state.first_slot + state.slots;
            let tally = &self.tallies.stations[i];
            let count = |test: &dyn Fn(&super::frame::Frame) -> bool| {
                self.frames.all().iter().filter(|f| f.place != Place::Free && here.contains(&f.slot) && test(f)).count()
                    as u64
            };
            same(&station.name, "busy workers", tally.busy.level, count(&|f| f.has(HOLDS)))?;
            same(&station.name, "waiting requests", tally.queue.level, count(&|f| f.place == Place::Queued))?;
            if tally.busy.level > u64::from(station.workers).saturating_mul(u64::from(state.slots)) {
                return Err(format!("{}: more workers busy than there are", station.name));
            }
            self.audit_doors(i)?;
            self.audit_fleet(i)?;
            self.little(&station.name, "workers", &tally.busy)?;
            self.little(&station.name, "queue", &tally.queue)?;
        }
        Ok(())
    }

    /// What the doors of a station count is what is there.
    fn audit_doors(&self, i: usize) -> Result<(), String> {
        let state = &self.stations[i];
        if state.hall == NONE {
            return Ok(());
        }
        for slot in state.first_slot..state.first_slot + state.slots {
            let inside = |f: &&super::frame::Frame| f.place != Place::Free && f.slot == slot && f.has(ADMITTED);
            let found = self.frames.all().iter().filter(inside).count() as u64;
            let said = self.doors[self.door_of(slot)].in_flight.into();
            same(&self.plan.stations[i].name, "requests let in", said, found)?;
        }
        Ok(())
    }

    fn audit_edges(&self) -> Result<(), String> {
        for (e, edge) in self.plan.edges.iter().enumerate() {
            let [other, counted] = &self.tallies.edges[e];
            let made = other.calls + counted.calls + other.retries + counted.retries;
            same(&edge.name, "tries", other.attempts + counted.attempts, made)?;
            let pool = &self.tallies.pools[e];
            let used: u64 = self.instances_of(e).map(|i| u64::from(i.pool.used)).sum();
            same(&edge.name, "connections in use", pool.used.level, used)?;
            self.audit_gates(e)?;
            self.audit_server(e)?;
            self.little(&edge.name, "pool", &pool.used)?;
            self.little(&edge.name, "pool's queue", &pool.waiting)?;
        }
        Ok(())
    }

    /// What the instances of a caller have counted is what its calls hold.
    fn audit_gates(&self, e: usize) -> Result<(), String> {
        let edge = &self.plan.edges[e];
        let (first, has) = (self.edges[e].first_instance, self.edges[e].has);
        for (i, instance) in self.instances_of(e).enumerate() {
            let of_instance = |c: &&super::call::Call| c.state != State::Done && c.instance == first + i as u32;
            let count = |test: &dyn Fn(&super::call::Call) -> u32| {
                self.calls.all().iter().filter(of_instance).map(test).sum::<u32>() as u64
            };
            let inside = |s: State| !matches!(s, State::Reserved | State::Permit | State::Backoff | State::Done);
            let name = &edge.name;
            if has & COUNTS != 0 {
                same(name, "permits", instance.permits.used.into(), count(&|c| u32::from(inside(c.state))))?;
            }
            same(
                name,
                "waits for a permit",
                instance.permits.waits.into(),
                count(&|c| (c.state == State::Permit).into()),
            )?;
            same(
                name,
                "waits for a connection",
                instance.pool.waits.into(),
                count(&|c| (c.state == State::Pool).into()),
            )?;
            if edge.pool.is_some() {
                let held = |c: &super::call::Call| match c.state {
                    State::Connected | State::Connecting | State::Barred => 1,
                    State::Trying | State::Open => u32::from(c.copies),
                    _ => 0,
                };
                same(name, "connections held", instance.pool.used.into(), count(&held))?;
            }
            let retry =
                |c: &super::call::Call| u32::from(c.attempt > 1 && !matches!(c.state, State::Backoff | State::Open));
            if has & BUDGET != 0 {
                same(name, "retries under way", instance.retries.into(), count(&retry))?;
            }
        }
        Ok(())
    }

    /// What a server counts as open is what its callers have open.
    fn audit_server(&self, e: usize) -> Result<(), String> {
        let server = self.edges[e].server;
        if server == NONE {
            return Ok(());
        }
        let of_server = (0..self.edges.len()).filter(|other| self.edges[*other].server == server);
        let found: u64 = of_server.flat_map(|other| self.instances_of(other)).map(|i| u64::from(i.open)).sum();
        let said = self.stations[server as usize].opened.into();
        same(&self.plan.stations[server as usize].name, "open connections", said, found)
    }

    fn audit_topics(&self) -> Result<(), String> {
        for (t, topic) in self.plan.topics.iter().enumerate() {
            let name = &topic.name;
            let tally = &self.tallies.topics[t];
            let ended = tally.acknowledged + tally.dead_lettered + tally.dropped + tally.lost;
            let begun = tally.published + tally.copies + tally.replayed;
            same(name, "messages", begun, ended + tally.backlog.level)?;
            self.audit_lines(t)?;
            self.little(name, "backlog", &tally.backlog)?;
        }
        Ok(())
    }

    fn instances_of(&self, e: usize) -> impl Iterator<Item = &super::edge::Instance> {
        let state = &self.edges[e];
        self.instances[state.first_instance as usize..(state.first_instance + state.instances) as usize].iter()
    }

    /// Little's law as an identity: the integral of the number present is the sum of the stays.
    fn little(&self, name: &str, what: &str, gauge: &Gauge) -> Result<(), String> {
        let stays = gauge.area_at(self.now);
        match gauge.integrated_at(self.now) {
            Some(area) if area != stays => {
                Err(format!("{name}: {what}: the integral is {area} ns but the stays add up to {stays} ns"))
            }
            _ => Ok(()),
        }
    }
}

fn same(name: &str, what: &str, said: u64, found: u64) -> Result<(), String> {
    if said == found { Ok(()) } else { Err(format!("{name}: {what}: counted {said}, found {found}")) }
}
