//! Turning the knobs of a running world: what faults and changes of load do.

use super::call::State;
use super::edge::Instance;
use super::frame::{ADMITTED, HANDS, HOLDS, LOADS, NONE, Place};
use super::outcome::{Cause, Outcome};
use super::probe::{Mark, Probe};
use super::world::{Ready, World};
use crate::plan::{Knobs, Party, ReplicaKnobs};
use crate::units::SimTime;

impl World<'_> {
    /// Sets every knob, before any event of this instant. Replicas that die take with them what they were doing;
    /// those that come back are empty.
    pub fn turn<P: Probe>(&mut self, knobs: &Knobs, probe: &mut P) {
        let paused: Vec<bool> = self.knobs.topics.iter().map(|t| t.paused).collect();
        self.knobs.clone_from(knobs);
        (0..self.sources.len()).for_each(|s| self.set_pace(s));
        let died = self.turn_stations();
        self.turn_caches(&died);
        if !died.is_empty() {
            self.bury(&died, probe);
        }
        self.troubles.quotas.turn(knobs);
        self.turn_edges(probe);
        self.turn_hangs();
        for (t, was_paused) in paused.into_iter().enumerate() {
            self.consumers_turned(t, was_paused);
            self.ready.push(Ready::Dispatch(t as u32));
        }
        // A limit that ends it here ends the run that follows.
        let _ = self.go(NONE, probe);
    }

    /// Returns the slots of the replicas that died now.
    fn turn_stations(&mut self) -> Vec<u32> {
        let (mut died, mut replaced, mut fleets) = (Vec::new(), Vec::new(), Vec::new());
        for (i, knobs) in self.knobs.stations.iter().enumerate() {
            let own = self.plan.stations[i].error_rate;
            let station = &mut self.stations[i];
            station.slowdown = knobs.slowdown;
            station.stretches = knobs.slowdown != 1.0 || self.plan.stations[i].crowding.is_some();
            let slots = &mut self.slots[station.first_slot as usize..][..station.slots as usize];
            let mut wells = knobs.replicas.iter().copied().chain(std::iter::repeat(ReplicaKnobs::WELL));
            for slot in slots {
                let well = wells.next().unwrap_or(ReplicaKnobs::WELL);
                slot.share = well.share;
                slot.slowdown = well.slowdown / if slot.cpu.is_some() { 1.0 } else { well.share };
                station.stretches |= slot.slowdown != 1.0 || slot.version.slowdown != 1.0;
            }
            station.error_rate = 1.0 - (1.0 - own) * (1.0 - knobs.error_rate);
            station.usual_error_rate = station.error_rate;
            if self.fleets[i].is_some() {
                fleets.push((i, knobs.down, knobs.zones_down, knobs.deploys));
                continue;
            }
            let down = knobs.down.min(station.slots);
            station.stand_ins = station.stand_ins.min(down);
            let first_up = station.first_slot + down - station.stand_ins;
            let before = died.len();
            died.extend(station.up.iter().copied().filter(|&slot| slot < first_up));
            station.up = (first_up..station.first_slot + station.slots).collect();
            if died.len() > before {
                replaced.push(i);
            } else if down == station.stand_ins {
                station.wake = 0;
            }
        }
        for (endpoint, knobs) in self.plan.endpoints.iter().zip(&self.knobs.endpoints) {
            self.stations[endpoint.station.index()].stretches |= knobs.slowdown != 1.0;
        }
        self.turn_cores();
        self.look_at_stations();
        for i in replaced {
            if self.plan.stations[i].failover.is_some() || self.knobs.stations[i].replaced {
                self.lose_unshipped(i, &died);
            }
            self.await_standby(i);
        }
        for (i, down, zones_down, deploys) in fleets {
            died.extend(self.hold_dead(i, down, zones_down));
            self.deploy(i, deploys);
        }
        died.sort_unstable();
        died
    }

    /// Work on cores goes on with what faults leave of them; what is done when is found anew.
    fn turn_cores(&mut self) {
        let now = self.now;
        for slot in 0..self.slots.len() as u32 {
            let replica = &mut self.slots[slot as usize];
            let share = if replica.hung { 0.0 } else { replica.share };
            if let Some(cpu) = replica.cpu.as_mut().filter(|cpu| cpu.share() != share) {
                cpu.turn(now, share);
                self.cpu_post(slot);
            }
        }
    }

    /// Ends everything that dead replicas were doing, and forgets what they kept.
    pub(super) fn bury<P: Probe>(&mut self, died: &[u32], probe: &mut P) {
        let dead = |slot: u32| died.binary_search(&slot).is_ok();
        let lost: Vec<u32> = (0..self.frames.all().len() as u32)
            .filter(|&f| matches!(self.frames[f].place, Place::Queued | Place::Serving) && dead(self.frames[f].slot))
            .collect();
        for ready in &mut self.ready {
            if matches!(ready, Ready::Run(f) if lost.binary_search(f).is_ok()) {
                *ready = Ready::Nothing;
            }
        }
        // First nothing of the dead can be woken any more, then the others learn of it.
        for &f in &lost {
            if self.frames[f].place == Place::Queued {
                self.end_patience(f);
            }
            if self.frames[f].flags & HANDS != 0 {
                self.leave_row(f);
                self.end_session(f);
            }
            let frame = &mut self.frames[f];
            frame.ticket = frame.ticket.wrapping_add(1);
            frame.wake = 0;
            frame.flags &= !(HOLDS | ADMITTED);
        }
        let emptied = self.instances_on(died);
        for c in 0..self.calls.all().len() as u32 {
            let call = &self.calls[c];
            if call.state != State::Done && emptied.binary_search_by_key(&call.instance, |(i, _)| *i).is_ok() {
                let outcome = Outcome::Failed(Cause::Reset);
                probe.marks(SimTime(self.now), Mark::CallEnded { call: c, outcome });
                self.orphan_call(c);
            }
        }
        for &slot in died {
            self.empty(slot);
        }
        self.close_idle(died);
        for (instance, edge) in emptied {
            self.close_connections(instance, edge, u32::MAX);
            self.instances[instance as usize] = Instance::new(&self.plan.edges[edge]);
        }
        for f in lost {
            if self.frames[f].is_branch() {
                if self.frames[f].has(LOADS) {
                    self.loads_ended(f, Outcome::Failed(Cause::Reset), probe);
                }
                if self.cancels {
                    self.family.leave(f);
                }
                if self.frames[f].flags & HANDS != 0 {
                    self.let_go(f);
                }
                let outcome = Outcome::Failed(Cause::Reset);
                probe.marks(SimTime(self.now), Mark::Replied { frame: f, outcome });
                self.frames[f].place = Place::Free;
                self.frames.release(f);
            } else {
                self.finish(f, Outcome::Failed(Cause::Reset), probe);
            }
        }
    }

    /// Connections that nobody uses break with the replicas they lead to, as many as their share.
    fn close_idle(&mut self, died: &[u32]) {
        for (e, edge) in self.plan.edges.iter().enumerate() {
            if edge.connect.is_none() && self.edges[e].server == NONE {
                continue;
            }
            let of_callee = |slot: &&u32| {
                let station = self.slots[**slot as usize].station as usize;
                self.plan.stations[station].component == edge.to
            };
            let lost = died.iter().filter(of_callee).count() as u32;
            if lost == 0 {
                continue;
            }
            let total: u32 = self.plan.stations_of(edge.to).map(|s| self.plan.stations[s.index()].replicas).sum();
            let first = self.edges[e].first_instance;
            for i in first..first + self.edges[e].instances {
                let instance = &self.instances[i as usize];
                let idle = instance.open.saturating_sub(instance.pool.used);
                self.close_connections(i, e, (idle * lost).div_ceil(total.max(1)).min(idle));
            }
        }
    }

    /// A replica without requests.
    fn empty(&mut self, slot: u32) {
        let now = self.now;
        let replica = &mut self.slots[slot as usize];
        let station = replica.station as usize;
        let tally = &mut self.tallies.stations[station];
        (0..replica.busy).for_each(|_| tally.busy.lower(now));
        (0..replica.queue.len()).for_each(|_| tally.queue.lower(now));
        replica.busy = 0;
        replica.queue.clear();
        if let Some(cpu) = &mut replica.cpu {
            cpu.clear(now);
        }
        self.cure(slot);
        self.forget_door(slot);
    }

    /// What the replicas on these slots keep for the edges they call along, in order. Consumers of a queue are processes
    /// of their own: they survive their broker.
    fn instances_on(&self, slots: &[u32]) -> Vec<(u32, usize)> {
        let mut found = Vec::new();
        for (e, edge) in self.plan.edges.iter().enumerate().filter(|(e, _)| !self.edges[*e].consumes) {
            for &slot in slots {
                let station = self.slots[slot as usize].station as usize;
                let number = slot - self.stations[station].first_slot;
                if edge.from == Party::Component(self.plan.stations[station].component)
                    && number < self.edges[e].instances
                {
                    found.push((self.edges[e].first_instance + number, e));
                }
            }
        }
        found.sort_unstable();
        found
    }

    fn turn_edges<P: Probe>(&mut self, probe: &mut P) {
        let mut healed = Vec::new();
        for (e, edge) in self.plan.edges.iter().enumerate() {
            let knobs = self.knobs.edges[e];
            let state = &mut self.edges[e];
            if state.cut && !knobs.cut {
                healed.push(e);
            }
            let touched = knobs.cut || knobs.delay.0 > 0 || knobs.loss > 0.0;
            state.cut = knobs.cut;
            state.delay = knobs.delay.0;
            state.loss = 1.0 - (1.0 - edge.loss) * (1.0 - knobs.loss);
            state.direct = edge.network.is_none() && edge.loss == 0.0 && !touched;
            state.plain = edge.is_plain() && !touched;
        }
        self.set_routes();
        healed.into_iter().for_each(|e| self.drop_held(e, probe));
    }
}
