//! Replicas that hang: everything on them stands still until they go on, and nobody hears of it.
//!
//! The program counter of each frame there has one bit turned over, which leads behind all programs: whatever wakes the
//! frame, it runs no step, and what runs elsewhere pays nothing for the possibility. Work is taken out of the calendar
//! with the time it has left.

use super::agenda::{Class, Kind};
use super::frame::{Frame, NONE, Place};
use super::world::{Ready, World};
use crate::plan::{Pc, Step};

/// The bit of the program counter that is turned over.
const ASIDE: u32 = 1 << 31;

/// Frames of replicas that hang.
#[derive(Clone, Debug, Default)]
pub(super) struct Aside {
    /// How many replicas hang.
    pub replicas: usize,
    /// Frames that could go on, in the order in which they could, with their tickets.
    woken: Vec<(u32, u32)>,
    /// Frames that work, sleep, or have waited for a row: what is due for them, and how much later it is.
    halted: Vec<Halted>,
}

#[derive(Clone, Copy, Debug)]
struct Halted {
    frame: u32,
    ticket: u32,
    kind: Kind,
    left: u64,
}

impl Frame {
    /// Whether its replica hangs.
    pub(super) fn is_aside(&self) -> bool {
        self.pc != Pc::FAIL.0 && self.pc >= Pc::FAIL.0 ^ ASIDE
    }

    /// Its next step, whether its replica hangs or not.
    pub(super) fn next_step(&self) -> u32 {
        if self.is_aside() { self.pc ^ ASIDE } else { self.pc }
    }

    /// Sets its next step, whether its replica hangs or not.
    pub(super) fn send_to(&mut self, pc: u32) {
        self.pc = if self.is_aside() { pc ^ ASIDE } else { pc };
    }
}

impl World<'_> {
    /// As many replicas hang as the knobs say: those that begin to are the first that do not, those that no longer do
    /// are the first that did.
    pub(super) fn turn_hangs(&mut self) {
        for i in 0..self.stations.len() {
            let (before, now) = (self.stations[i].hung, self.knobs.stations[i].hung);
            if before == now {
                continue;
            }
            self.stations[i].hung = now;
            let all = self.stations[i].first_slot..self.stations[i].first_slot + self.stations[i].slots;
            let (hang, well): (Vec<u32>, Vec<u32>) = all.partition(|&slot| self.slots[slot as usize].hung);
            if now > before {
                let there = well.into_iter().filter(|&slot| self.is_there(slot));
                let struck: Vec<u32> = there.take((now - before) as usize).collect();
                self.put_aside(&struck);
            } else {
                let freed = hang.len().saturating_sub(now as usize);
                self.take_up(&hang[..freed]);
            }
            self.stations[i].look(self.plan.stations[i].balance);
        }
    }

    /// Everything on these replicas stands still from now on.
    fn put_aside(&mut self, slots: &[u32]) {
        let now = self.now;
        for &slot in slots {
            let replica = &mut self.slots[slot as usize];
            replica.hung = true;
            self.stations[replica.station as usize].hangs += 1;
            self.troubles.aside.replicas += 1;
            if let Some(cpu) = &mut replica.cpu {
                cpu.turn(now, 0.0);
            }
        }
        let mut due: Vec<(u32, u32, u64)> = Vec::new();
        self.agenda.each(|key| {
            if key.kind() == Kind::Done {
                due.push((key.index(), key.stamp(), key.time()));
            }
        });
        due.sort_unstable();
        for f in self.frames_on(slots) {
            if self.frames[f].place == Place::Queued {
                self.end_patience(f);
            }
            let frame = &mut self.frames[f];
            let step = (frame.pc as usize).checked_sub(1).and_then(|pc| self.plan.steps.get(pc));
            frame.pc ^= ASIDE;
            if !matches!(step, Some(Step::Work { .. } | Step::Sleep { .. })) || frame.wake == 0 {
                continue;
            }
            let found = due.binary_search_by_key(&(f, frame.wake), |(frame, stamp, _)| (*frame, *stamp));
            if let Ok(at) = found {
                frame.wake = 0;
                let (ticket, left) = (frame.ticket, due[at].2 - now);
                self.troubles.aside.halted.push(Halted { frame: f, ticket, kind: Kind::Done, left });
            }
        }
    }

    /// These replicas go on where they were.
    fn take_up(&mut self, slots: &[u32]) {
        for f in self.frames_on(slots) {
            self.frames[f].pc ^= ASIDE;
        }
        slots.iter().for_each(|&slot| self.cure(slot));
        for halted in std::mem::take(&mut self.troubles.aside.halted) {
            let Halted { frame: f, ticket, kind, left } = halted;
            if self.frames[f].ticket != ticket {
                continue;
            }
            if self.frames[f].is_aside() {
                self.troubles.aside.halted.push(halted);
                continue;
            }
            let class = if kind == Kind::Done { Class::Completion } else { Class::Timeout };
            self.frames[f].wake = self.schedule(left, class, kind, f);
        }
        for (f, ticket) in std::mem::take(&mut self.troubles.aside.woken) {
            if self.frames[f].ticket != ticket {
                continue;
            }
            match self.frames[f].is_aside() {
                true => self.troubles.aside.woken.push((f, ticket)),
                false => self.ready.push(Ready::Run(f)),
            }
        }
    }

    /// A replica does not hang any more: its fault is over, or it died, and what comes in its place is new.
    pub(super) fn cure(&mut self, slot: u32) {
        let now = self.now;
        let replica = &mut self.slots[slot as usize];
        if !std::mem::take(&mut replica.hung) {
            return;
        }
        self.troubles.aside.replicas -= 1;
        let i = replica.station as usize;
        self.stations[i].hangs -= 1;
        if let Some(cpu) = &mut replica.cpu {
            cpu.turn(now, replica.share);
            self.cpu_post(slot);
        }
    }

    /// A frame was woken, and its replica hangs.
    pub(super) fn note_woken(&mut self, f: u32) {
        let ticket = self.frames[f].ticket;
        self.troubles.aside.woken.push((f, ticket));
    }

    /// A frame has waited for a row for some time, and its replica hangs: nobody looks.
    pub(super) fn note_stuck(&mut self, f: u32) {
        let ticket = self.frames[f].ticket;
        self.frames[f].wake = 0;
        self.troubles.aside.halted.push(Halted { frame: f, ticket, kind: Kind::Stuck, left: 0 });
    }

    /// A frame has come to a replica that may hang.
    pub(super) fn come_to(&mut self, f: u32) {
        let slot = self.frames[f].slot;
        if slot != NONE && self.slots[slot as usize].hung && !self.frames[f].is_aside() {
            self.frames[f].pc ^= ASIDE;
        }
    }

    fn frames_on(&self, slots: &[u32]) -> Vec<u32> {
        let here = |f: &u32| {
            let frame = &self.frames[*f];
            matches!(frame.place, Place::Queued | Place::Serving) && slots.contains(&frame.slot)
        };
        (0..self.frames.all().len() as u32).filter(here).collect()
    }

    /// What stands still is on a replica that hangs, and the other way round.
    pub(super) fn audit_hangs(&self) -> Result<(), String> {
        for (f, frame) in self.frames.all().iter().enumerate() {
            if !matches!(frame.place, Place::Queued | Place::Serving) || frame.slot == NONE {
                continue;
            }
            let hung = self.slots[frame.slot as usize].hung;
            if hung != frame.is_aside() {
                return Err(format!("frame {f} is aside: {}, its replica hangs: {hung}", frame.is_aside()));
            }
        }
        let hung = self.slots.iter().filter(|slot| slot.hung).count();
        if hung != self.troubles.aside.replicas {
            return Err(format!("{hung} replicas hang, {} are counted", self.troubles.aside.replicas));
        }
        Ok(())
    }
}
