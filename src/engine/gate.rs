//! The gates a try passes on the caller's side: the permits of the bulkhead, then the connections of the pool.

use super::agenda::{Class, Kind};
use super::call::State;
use super::edge::{BULKHEAD, COUNTS, HEDGE, POOL, TIMEOUT};
use super::frame::NONE;
use super::outcome::{Cause, Outcome};
use super::probe::Probe;
use super::world::{Ready, World};
use crate::plan::Edge;
use crate::units::SimDuration;
use std::collections::VecDeque;

/// Something of which an instance has so many, with those who wait for one.
#[derive(Clone, Debug, Default)]
pub(super) struct Gate {
    pub used: u32,
    /// Calls that wait: call, ticket, since when. Those that gave up are passed over.
    waiting: VecDeque<(u32, u32, u64)>,
    /// Those who really wait.
    pub waits: u32,
}

impl World<'_> {
    /// Takes a permit, or waits for one, or is refused. Calls in progress are counted with or without a bulkhead.
    #[inline(always)]
    pub(super) fn enter_bulkhead<P: Probe>(&mut self, c: u32, probe: &mut P) -> Option<Cause> {
        let call = &self.calls[c];
        let (e, ticket, now) = (call.edge as usize, call.ticket, self.now);
        let has = self.edges[e].has;
        let edge = &self.plan.edges[e];
        let full = has & BULKHEAD != 0 && {
            let permits = &self.instances[call.instance as usize].permits;
            let full = edge.bulkhead.is_some_and(|limit| permits.used >= limit);
            if full && permits.waits >= edge.bulkhead_line.room {
                return Some(Cause::BulkheadFull);
            }
            full
        };
        if has & TIMEOUT != 0 {
            self.set_timer(self.edges[e].lane, c, ticket);
        }
        if !full {
            if has & COUNTS != 0 {
                permits_mut(self, c).used += 1;
            }
            if has & POOL != 0 {
                return self.enter_pool(c, probe);
            }
            self.send(c, probe);
            return None;
        }
        let permits = permits_mut(self, c);
        permits.waiting.push_back((c, ticket, now));
        permits.waits += 1;
        self.calls[c].state = State::Permit;
        if edge.bulkhead_line.max_wait.is_some() {
            self.set_timer(self.edges[e].permit_lane, c, ticket);
        }
        None
    }

    /// With a permit: takes a connection, or waits for one, or is refused.
    fn enter_pool<P: Probe>(&mut self, c: u32, probe: &mut P) -> Option<Cause> {
        let call = &self.calls[c];
        let (e, ticket, now) = (call.edge as usize, call.ticket, self.now);
        let edge = &self.plan.edges[e];
        let Some(size) = edge.pool else {
            self.send(c, probe);
            return None;
        };
        let pool = &mut self.instances[call.instance as usize].pool;
        if pool.used < size {
            self.connect(c, now);
            self.send_or_open(c, probe);
            return None;
        }
        if pool.waits >= edge.pool_line.room {
            // Refused in the line for a connection, it has a permit and a timer to give back.
            let call = &mut self.calls[c];
            call.ticket = call.ticket.wrapping_add(1);
            self.give_permit(c);
            if edge.timeout.is_some() {
                self.cancel_timer(self.edges[e].lane);
            }
            self.tallies.edges[e][usize::from(self.calls[c].counted)].overflows += 1;
            return Some(Cause::PoolFull);
        }
        pool.waiting.push_back((c, ticket, now));
        pool.waits += 1;
        self.calls[c].state = State::Pool;
        self.tallies.pools[e].waiting.raise(now);
        if edge.pool_line.max_wait.is_some() {
            self.set_timer(self.edges[e].pool_lane, c, ticket);
        }
        None
    }

    /// Takes a connection of the pool for a call that has waited since `since`.
    pub(super) fn connect(&mut self, c: u32, since: u64) {
        let call = &self.calls[c];
        let e = call.edge as usize;
        self.instances[call.instance as usize].pool.used += 1;
        let levels = &mut self.tallies.pools[e];
        levels.used.raise(self.now);
        if call.counted {
            levels.granted += 1;
            levels.waited.0 += self.now - since;
        }
    }

    /// With a connection of the pool: sends, or opens it first where that takes time.
    fn send_or_open<P: Probe>(&mut self, c: u32, probe: &mut P) {
        let call = &self.calls[c];
        let e = call.edge as usize;
        let (opening, server) = (self.plan.edges[e].connect, self.edges[e].server);
        if opening.is_none() && server == NONE {
            return self.send(c, probe);
        }
        let instance = &self.instances[call.instance as usize];
        if instance.open >= instance.pool.used {
            return self.send(c, probe);
        }
        let unresolved = self.knobs.edges[e].away.unresolved;
        if self.edges[e].faults.chance(unresolved) {
            self.calls[c].state = State::Barred;
            return self.not_opened(c, Cause::Unavailable, probe);
        }
        if server != NONE {
            let station = &mut self.stations[server as usize];
            if station.opened >= station.most_open {
                return self.bar(c, server as usize, probe);
            }
            station.opened += 1;
        }
        let call = &self.calls[c];
        self.instances[call.instance as usize].open += 1;
        self.tallies.edges[e][usize::from(call.counted)].connects += 1;
        let time = opening.map_or(0, |opening| {
            let stream = &mut self.edges[e].connect;
            self.plan.dists[opening.index()].sample(stream).0
        });
        if time == 0 {
            return self.send(c, probe);
        }
        self.calls[c].state = State::Connecting;
        let wake = self.schedule(time, Class::Completion, Kind::Opened, c);
        self.calls[c].wake = wake;
    }

    /// The server takes no more clients: the try fails, at once or after the wait that a pooler grants.
    fn bar<P: Probe>(&mut self, c: u32, server: usize, probe: &mut P) {
        let wait = self.plan.stations[server].clients.map_or(SimDuration::ZERO, |clients| clients.wait);
        self.calls[c].state = State::Barred;
        if wait > SimDuration::ZERO {
            let wake = self.schedule(wait.0, Class::Timeout, Kind::Opened, c);
            self.calls[c].wake = wake;
            return;
        }
        self.barred(c, probe);
    }

    fn barred<P: Probe>(&mut self, c: u32, probe: &mut P) {
        let e = self.calls[c].edge as usize;
        self.tallies.stations[self.edges[e].server as usize].refused += 1;
        self.not_opened(c, Cause::Refused, probe);
    }

    fn not_opened<P: Probe>(&mut self, c: u32, cause: Cause, probe: &mut P) {
        self.try_over(c);
        self.tell_guards(c, Outcome::Failed(cause));
        self.end_retry(c);
        self.try_failed(c, cause, probe);
    }

    /// A connection has been opened, or waited for in vain.
    pub(super) fn opened<P: Probe>(&mut self, c: u32, probe: &mut P) {
        if self.calls[c].state == State::Barred { self.barred(c, probe) } else { self.send(c, probe) }
    }

    /// So many connections of an instance are closed.
    pub(super) fn close_connections(&mut self, instance: u32, e: usize, n: u32) {
        let open = &mut self.instances[instance as usize].open;
        let n = n.min(*open);
        *open -= n;
        if self.edges[e].server != NONE {
            self.stations[self.edges[e].server as usize].opened -= n;
        }
    }

    /// The station that counts the connections which an edge opens: the first of its callee, if it takes only so many.
    pub(super) fn server_of(&self, edge: &Edge) -> u32 {
        let first = self.plan.stations_of(edge.to).next().filter(|_| edge.pool.is_some());
        first.filter(|s| self.plan.stations[s.index()].clients.is_some()).map_or(NONE, |s| s.0)
    }

    /// A call that was given a permit or a connection goes on.
    pub(super) fn granted<P: Probe>(&mut self, c: u32, ticket: u32, probe: &mut P) {
        let call = &self.calls[c];
        if call.ticket != ticket {
            return;
        }
        match call.state {
            State::Connected => self.send_or_open(c, probe),
            State::Granted => {
                if let Some(cause) = self.enter_pool(c, probe) {
                    self.tell_breaker(c, true);
                    self.refuse(c, cause, probe);
                }
            }
            _ => {}
        }
    }

    /// Ends a try: gives back the permit and the connections, or the place in a line for one.
    pub(super) fn free_try(&mut self, c: u32) {
        let call = &mut self.calls[c];
        let state = call.state;
        call.ticket = call.ticket.wrapping_add(1);
        call.wake = 0;
        if state == State::Trying && self.edges[call.edge as usize].has & (POOL | HEDGE) == 0 {
            call.copies = 0;
            return self.give_permit(c);
        }
        self.cancel_waits(c, state);
        let call = &self.calls[c];
        let e = call.edge as usize;
        let pooled = self.plan.edges[e].pool.is_some();
        match state {
            State::Reserved => return,
            State::Permit => {
                permits_mut(self, c).waits -= 1;
                return;
            }
            State::Pool => {
                self.instances[call.instance as usize].pool.waits -= 1;
                self.tallies.pools[e].waiting.lower(self.now);
            }
            State::Connecting => {
                // Given up while it was being opened: it is closed again.
                let instance = call.instance;
                self.close_connections(instance, e, 1);
                self.give_connection(c);
            }
            State::Connected | State::Barred => self.give_connection(c),
            State::Trying | State::Open if pooled => (0..call.copies).for_each(|_| self.give_connection(c)),
            _ => {}
        }
        self.calls[c].copies = 0;
        self.give_permit(c);
    }

    /// One of several copies has failed: its connection is free.
    pub(super) fn free_copy(&mut self, c: u32) {
        self.calls[c].copies -= 1;
        let e = self.calls[c].edge as usize;
        if self.plan.edges[e].pool.is_some() {
            self.give_connection(c);
        }
    }

    /// Timers of a wait at a gate are not needed any more.
    pub(super) fn cancel_waits(&mut self, c: u32, state: State) {
        let e = self.calls[c].edge as usize;
        let edge = &self.plan.edges[e];
        match state {
            State::Permit if edge.bulkhead_line.max_wait.is_some() => self.cancel_timer(self.edges[e].permit_lane),
            State::Pool if edge.pool_line.max_wait.is_some() => self.cancel_timer(self.edges[e].pool_lane),
            State::Trying if std::mem::take(&mut self.calls[c].hedging) => {
                self.cancel_timer(self.edges[e].hedge_lane);
            }
            _ => {}
        }
    }

    /// The longest wait for a permit or a connection is over.
    pub(super) fn gate_wait_over<P: Probe>(&mut self, c: u32, probe: &mut P) {
        let call = &self.calls[c];
        let (e, waited_for_pool) = (call.edge as usize, call.state == State::Pool);
        let edge = &self.plan.edges[e];
        self.free_try_after_wait(c);
        if edge.timeout.is_some() {
            self.cancel_timer(self.edges[e].lane);
        }
        let cause = if waited_for_pool { Cause::PoolFull } else { Cause::BulkheadFull };
        self.tell_guards(c, Outcome::Failed(cause));
        self.refuse(c, cause, probe);
    }

    /// As [`World::free_try`], when the timer of the wait has fired and is not cancelled again.
    fn free_try_after_wait(&mut self, c: u32) {
        let call = &mut self.calls[c];
        call.ticket = call.ticket.wrapping_add(1);
        let (state, i) = (call.state, call.instance as usize);
        let e = call.edge as usize;
        if state == State::Permit {
            self.instances[i].permits.waits -= 1;
            return;
        }
        self.instances[i].pool.waits -= 1;
        self.tallies.pools[e].waiting.lower(self.now);
        self.give_permit(c);
    }

    fn give_permit(&mut self, c: u32) {
        let call = &self.calls[c];
        if self.edges[call.edge as usize].has & COUNTS == 0 {
            return;
        }
        let i = call.instance as usize;
        self.instances[i].permits.used -= 1;
        let Some((next, ticket, _)) = self.next_in_line(i, false) else { return };
        self.instances[i].permits.used += 1;
        self.calls[next].state = State::Granted;
        self.cancel_waits(next, State::Permit);
        self.ready.push(Ready::Granted(next, ticket));
    }

    fn give_connection(&mut self, c: u32) {
        let call = &self.calls[c];
        let (i, e) = (call.instance as usize, call.edge as usize);
        self.instances[i].pool.used -= 1;
        self.tallies.pools[e].used.lower(self.now);
        let Some((next, ticket, since)) = self.next_in_line(i, true) else { return };
        self.tallies.pools[e].waiting.lower(self.now);
        self.connect(next, since);
        self.calls[next].state = State::Connected;
        self.cancel_waits(next, State::Pool);
        self.ready.push(Ready::Granted(next, ticket));
    }

    fn next_in_line(&mut self, i: usize, pool: bool) -> Option<(u32, u32, u64)> {
        let instance = &mut self.instances[i];
        let gate = if pool { &mut instance.pool } else { &mut instance.permits };
        if gate.waits == 0 {
            // Those who have given up may still be there.
            if !gate.waiting.is_empty() {
                gate.waiting.clear();
            }
            return None;
        }
        while let Some(next) = gate.waiting.pop_front() {
            if self.calls[next.0].ticket == next.1 {
                gate.waits -= 1;
                return Some(next);
            }
        }
        None
    }

    /// A connection may have broken with what it carried.
    pub(super) fn connection_ended(&mut self, c: u32, cause: Cause) {
        let call = &self.calls[c];
        let e = call.edge as usize;
        let counted = self.plan.edges[e].connect.is_some() || self.edges[e].server != NONE;
        if matches!(cause, Cause::Reset | Cause::Unavailable) && counted {
            self.close_connections(call.instance, e, 1);
        }
    }
}

fn permits_mut<'w>(world: &'w mut World<'_>, c: u32) -> &'w mut Gate {
    let i = world.calls[c].instance as usize;
    &mut world.instances[i].permits
}
