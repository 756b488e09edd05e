//! Write-behind: what has been written into a cache and not yet into the store.

use super::super::frame::Frame;
use super::super::probe::Probe;
use super::super::world::World;
use crate::plan::{CacheId, Pc, Writes};
use std::collections::VecDeque;

#[derive(Clone, Debug)]
pub(super) struct Buffer {
    room: usize,
    flushers: u32,
    active: u32,
    waiting: VecDeque<Write>,
}

/// A write that waits: the request it belongs to as it was then, and how it is done.
#[derive(Clone, Copy, Debug)]
struct Write {
    of: Frame,
    program: Pc,
}

impl Buffer {
    pub(super) fn new(writes: Writes) -> Buffer {
        let (buffer, flushers) =
            if let Writes::Behind { buffer, flushers } = writes { (buffer, flushers) } else { (0, 0) };
        Buffer { room: buffer as usize, flushers, active: 0, waiting: VecDeque::new() }
    }

    /// What waits is gone; returns how much.
    pub(super) fn lose(&mut self) -> u64 {
        let lost = self.waiting.len() as u64;
        self.waiting.clear();
        lost
    }
}

impl World<'_> {
    /// A frame leaves a write to be done later by `program`; false when too many wait, and it has to do it itself.
    pub(in crate::engine) fn defer(&mut self, f: u32, cache: CacheId, program: Pc) -> bool {
        let Some(state) = &mut self.caches[cache.index()] else { return false };
        if state.flushed {
            return false;
        }
        if state.buffer.active < state.buffer.flushers {
            state.buffer.active += 1;
            let at = self.spawn(self.frames[f], program);
            self.note_write(at, cache.0);
            return true;
        }
        if state.buffer.waiting.len() >= state.buffer.room {
            return false;
        }
        state.buffer.waiting.push_back(Write { of: self.frames[f], program });
        true
    }

    /// A write has ended, well or not: the next one begins.
    pub(super) fn flush_over<P: Probe>(&mut self, cache: u32, _probe: &mut P) {
        let Some(state) = &mut self.caches[cache as usize] else { return };
        let Some(write) = state.buffer.waiting.pop_front() else {
            state.buffer.active -= 1;
            return;
        };
        // The replica that took it may have died meanwhile: another one does it.
        let station = self.slots[write.of.slot as usize].station;
        let up = &self.stations[station as usize].up;
        let slot = if up.contains(&write.of.slot) { Some(write.of.slot) } else { up.first().copied() };
        let Some(slot) = slot else {
            // Nobody is there to do it.
            if let Some(state) = &mut self.caches[cache as usize] {
                state.buffer.active -= 1;
                self.tallies.caches[cache as usize][write.of.counted()].lost += 1 + state.buffer.lose();
            }
            return;
        };
        let at = self.spawn(Frame { slot, ..write.of }, write.program);
        self.note_write(at, cache);
    }
}
