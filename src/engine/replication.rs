//! Replicas that follow their primary, and reads that come too early.
//!
//! A replica applies one change after another: a change that was written at t is there when it has come, when those before it
//! are applied, and when it is applied itself. Nothing of this needs an event.

use super::frame::Frame;
use super::world::World;
use crate::plan::{Replication, ReplicationId};
use crate::random::{Lot, Stream};
use std::collections::VecDeque;

/// What the replicas of a database have applied.
#[derive(Clone, Debug)]
pub(super) struct ReplicationState {
    /// When each replica will have applied all that was written so far.
    done: Vec<u64>,
    /// When each replica will have applied the last change of each row: all rows of one replica, then those of the next.
    rows: Vec<u64>,
    /// For each replica: when changes come that are under way to it, and the slot of the primary that wrote them.
    coming: Vec<VecDeque<(u64, u32)>>,
    lag: Stream,
}

impl ReplicationState {
    pub(super) fn new(replication: &Replication, replicas: u32, lag: Stream) -> ReplicationState {
        let rows = replicas as usize * replication.keys.count as usize;
        let coming = vec![VecDeque::new(); replicas as usize];
        ReplicationState { done: vec![0; replicas as usize], rows: vec![0; rows], coming, lag }
    }
}

/// Told apart from other choices made at the same step.
const ROW: u32 = 0x27d4_eb2f;

impl World<'_> {
    pub(super) fn build_replication(&mut self, seed: u64, replication: u32) {
        for followed in &self.plan.replications {
            let station = &self.plan.stations[followed.replicas.index()];
            let lag = Stream::new(seed, replication, &station.name, "replication");
            let replicas = self.stations[followed.replicas.index()].slots;
            self.replications.push(ReplicationState::new(followed, replicas, lag));
        }
    }

    /// A row was written: its change is on its way to every replica.
    pub(super) fn ship(&mut self, f: u32, id: ReplicationId) {
        let row = self.row(&self.frames[f], id);
        let slot = self.frames[f].slot;
        let followed = &self.plan.replications[id.index()];
        let state = &mut self.replications[id.index()];
        let held_up = self.knobs.stations[followed.replicas.index()].lag;
        for replica in 0..state.done.len() {
            let lag = self.plan.dists[followed.lag.index()].sample(&mut state.lag);
            let comes = self.now + lag.0 + held_up.0;
            let applied = comes.max(state.done[replica]) + followed.replay.0;
            state.done[replica] = applied;
            let coming = &mut state.coming[replica];
            while coming.front().is_some_and(|(comes, _)| *comes <= self.now) {
                coming.pop_front();
            }
            coming.push_back((comes, slot));
            state.rows[replica * followed.keys.count as usize + row as usize] = applied;
        }
    }

    /// A primary has died for good, and the replica that has most of what it wrote takes over: what was under way to that one
    /// is lost, though it was acknowledged. The replicas themselves die without harm to what was written.
    pub(super) fn lose_unshipped(&mut self, station: usize, died: &[u32]) {
        for (id, followed) in self.plan.replications.iter().enumerate() {
            let replicas = &self.plan.stations[followed.replicas.index()];
            if replicas.component != self.plan.stations[station].component || followed.replicas.index() == station {
                continue;
            }
            let now = self.now;
            let lost = |(comes, slot): &(u64, u32)| *comes > now && died.contains(slot);
            let state = &mut self.replications[id];
            let least = state.coming.iter().map(|coming| coming.iter().filter(|c| lost(c)).count()).min();
            state.coming.iter_mut().for_each(|coming| coming.retain(|c| !lost(c)));
            self.tallies.replications[id][usize::from(self.counting)].lost += least.unwrap_or(0) as u64;
        }
    }

    /// A row is read from the replica a frame is on.
    pub(super) fn peek(&mut self, f: u32, id: ReplicationId) {
        let frame = &self.frames[f];
        let row = self.row(frame, id);
        let followed = &self.plan.replications[id.index()];
        let replica = (frame.slot - self.stations[followed.replicas.index()].first_slot) as usize;
        let state = &self.replications[id.index()];
        let applied = state.rows[replica * followed.keys.count as usize + row as usize];
        let lag = state.done[replica].saturating_sub(self.now);
        let tally = &mut self.tallies.replications[id.index()][frame.counted()];
        tally.reads += 1;
        tally.stale += u64::from(applied > self.now);
        tally.lag.0 = tally.lag.0.saturating_add(lag);
        tally.longest.0 = tally.longest.0.max(lag);
    }

    fn row(&self, frame: &Frame, id: ReplicationId) -> u32 {
        let choice = frame.choice(&self.program) ^ ROW;
        self.plan.replications[id.index()].keys.draw(Lot(frame.lot), choice)
    }
}
