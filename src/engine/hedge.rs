//! Hedging: further copies of a try that takes long.

use super::call::State;
use super::frame::NONE;
use super::outcome::Cause;
use super::probe::Probe;
use super::world::World;

impl World<'_> {
    /// A copy was sent: the next one is due after the wait, if there may be one.
    pub(super) fn await_hedge(&mut self, c: u32) {
        let call = &mut self.calls[c];
        let e = call.edge as usize;
        if self.plan.edges[e].hedge.is_some_and(|hedge| u32::from(call.sent) < hedge.attempts) {
            call.hedging = true;
            let ticket = call.ticket;
            self.set_timer(self.edges[e].hedge_lane, c, ticket);
        }
    }

    /// The wait before a further copy is over.
    pub(super) fn hedge_due<P: Probe>(&mut self, c: u32, probe: &mut P) {
        self.calls[c].hedging = false;
        self.send_copy(c, probe);
    }

    /// A copy has failed. Whether the try goes on all the same: others are under way, or the next one is sent at once.
    pub(super) fn goes_on<P: Probe>(&mut self, c: u32, cause: Cause, probe: &mut P) -> bool {
        let e = self.calls[c].edge as usize;
        let Some(hedge) = self.plan.edges[e].hedge else { return false };
        let call = &self.calls[c];
        let may_send = u32::from(call.sent) < hedge.attempts && cause.is_retryable();
        if call.copies == 1 && !may_send {
            return false;
        }
        let ticket = call.ticket;
        self.free_copy(c);
        if may_send {
            if std::mem::take(&mut self.calls[c].hedging) {
                self.cancel_timer(self.edges[e].hedge_lane);
            }
            self.send_copy(c, probe);
        }
        // The next copy may have come back at once, and ended the try.
        self.calls[c].ticket != ticket || self.calls[c].copies > 0
    }

    /// Sends a further copy, if a connection is free for it.
    fn send_copy<P: Probe>(&mut self, c: u32, probe: &mut P) {
        let call = &self.calls[c];
        debug_assert_eq!(call.state, State::Trying);
        let e = call.edge as usize;
        let edge = &self.plan.edges[e];
        let instance = &self.instances[call.instance as usize];
        if let Some(size) = edge.pool {
            let free = edge.connect.is_none() && self.edges[e].server == NONE;
            let is_open = free || instance.open > instance.pool.used;
            if instance.pool.used >= size || !is_open {
                return;
            }
            self.connect(c, self.now);
        }
        self.tallies.edges[e][usize::from(self.calls[c].counted)].hedges += 1;
        self.send(c, probe);
    }
}
