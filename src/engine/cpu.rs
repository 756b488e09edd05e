//! Cores shared by processor sharing: n jobs on c cores each advance at min(1, c/n).
//!
//! In virtual time, which advances at that rate, every job ends at the virtual instant fixed when it begins, so the jobs
//! of a replica form a heap and only the next to end stands in the calendar. Virtual time is an `f64` of nanoseconds:
//! exact while no more jobs than cores run, and within a nanosecond otherwise.

use super::agenda::{Class, Key, Kind};
use super::world::{Ready, World};

/// The cores of one replica.
#[derive(Clone, Debug)]
pub(super) struct Cpu {
    cores: f64,
    /// Share of them that faults leave for its work, and how many that are.
    share: f64,
    left: f64,
    /// Jobs as (virtual end, order of begin, frame), a binary min-heap.
    jobs: Vec<Job>,
    virtual_now: f64,
    at: u64,
    begun: u64,
    /// Core time used until `at`, in core-nanoseconds.
    used: f64,
    /// The event in the calendar, if any: when it is due and its stamp.
    posted: Option<(u64, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Job {
    end: f64,
    order: u64,
    frame: u32,
}

impl Job {
    fn before(&self, other: &Job) -> bool {
        self.end < other.end || (self.end == other.end && self.order < other.order)
    }
}

impl Cpu {
    pub(super) fn new(cores: f64) -> Cpu {
        Cpu {
            cores,
            share: 1.0,
            left: cores,
            jobs: Vec::new(),
            virtual_now: 0.0,
            at: 0,
            begun: 0,
            used: 0.0,
            posted: None,
        }
    }

    /// Which share of its cores its work can use.
    pub(super) fn share(&self) -> f64 {
        self.share
    }

    /// Where each job has a core to itself, as mostly, nothing is divided.
    #[inline]
    fn rate(&self) -> f64 {
        let jobs = self.jobs.len().max(1) as f64;
        if jobs <= self.left { 1.0 } else { self.left / jobs }
    }

    fn advance(&mut self, now: u64) {
        let elapsed = (now - self.at) as f64;
        self.used = self.used_at(now);
        self.virtual_now += elapsed * self.rate();
        self.at = now;
    }

    pub(super) fn used_at(&self, now: u64) -> f64 {
        self.used + (now - self.at) as f64 * self.left.min(self.jobs.len() as f64)
    }

    /// From now on its work can use this share of the cores.
    pub(super) fn turn(&mut self, now: u64, share: f64) {
        self.advance(now);
        (self.share, self.left) = (share, self.cores * share);
    }

    /// All jobs are gone (the replica died).
    pub(super) fn clear(&mut self, now: u64) {
        self.advance(now);
        self.jobs.clear();
        self.posted = None;
    }

    /// A job is gone before its end.
    pub(super) fn remove(&mut self, frame: u32, now: u64) {
        if let Some(at) = self.jobs.iter().position(|job| job.frame == frame) {
            self.advance(now);
            let mut jobs = std::mem::take(&mut self.jobs);
            jobs.swap_remove(at);
            jobs.into_iter().for_each(|job| self.insert(job));
        }
    }

    fn push(&mut self, frame: u32, work: u64) {
        self.begun += 1;
        self.insert(Job { end: self.virtual_now + work as f64, order: self.begun, frame });
    }

    fn insert(&mut self, job: Job) {
        self.jobs.push(job);
        let mut i = self.jobs.len() - 1;
        while i > 0 && self.jobs[i].before(&self.jobs[(i - 1) / 2]) {
            self.jobs.swap(i, (i - 1) / 2);
            i = (i - 1) / 2;
        }
    }

    /// The next job that has ended by now.
    fn pop_ended(&mut self) -> Option<u32> {
        let first = *self.jobs.first()?;
        // Half a nanosecond forgives the rounding of virtual time.
        if first.end > self.virtual_now + 0.5 {
            return None;
        }
        self.jobs.swap_remove(0);
        let mut i = 0;
        loop {
            let mut least = i;
            for child in [2 * i + 1, 2 * i + 2] {
                if child < self.jobs.len() && self.jobs[child].before(&self.jobs[least]) {
                    least = child;
                }
            }
            if least == i {
                break;
            }
            self.jobs.swap(i, least);
            i = least;
        }
        Some(first.frame)
    }

    /// When the next job ends if none comes or goes before.
    fn next_end(&self) -> Option<u64> {
        let first = self.jobs.first().filter(|_| self.left > 0.0)?;
        let left = (first.end - self.virtual_now).max(0.0);
        Some(self.at + round_up(if self.jobs.len() as f64 <= self.left { left } else { left / self.rate() }))
    }
}

/// To the next whole nanosecond; by hand, as not every processor can do it in one instruction.
#[inline]
fn round_up(ns: f64) -> u64 {
    let whole = ns as i64 as u64;
    whole + u64::from((whole as f64) < ns)
}

impl World<'_> {
    /// Begins `work` nanoseconds of work for a frame on the cores of its replica.
    pub(super) fn cpu_begin(&mut self, f: u32, work: u64) {
        let slot = self.frames[f].slot;
        let now = self.now;
        if let Some(cpu) = &mut self.slots[slot as usize].cpu {
            cpu.advance(now);
            cpu.push(f, work);
            self.cpu_post(slot);
        }
    }

    /// The event of a replica's cores: what has ended goes on.
    pub(super) fn cpu_due(&mut self, slot: u32, key: Key) {
        let now = self.now;
        let Some(cpu) = &mut self.slots[slot as usize].cpu else { return };
        if cpu.posted.is_none_or(|(_, stamp)| stamp != key.stamp()) {
            return;
        }
        cpu.posted = None;
        cpu.advance(now);
        while let Some(frame) = cpu.pop_ended() {
            self.ready.push(Ready::Run(frame));
        }
        self.cpu_post(slot);
    }

    /// Sees to it that the calendar holds an event no later than the next end. One that comes too early looks again,
    /// which is cheaper than moving it each time a job makes the others slower.
    pub(super) fn cpu_post(&mut self, slot: u32) {
        let Some(cpu) = &self.slots[slot as usize].cpu else { return };
        let Some(due) = cpu.next_end() else { return };
        if cpu.posted.is_some_and(|(posted, _)| posted <= due) {
            return;
        }
        let stamp = self.schedule(due - self.now, Class::Completion, Kind::Cpu, slot);
        if let Some(cpu) = &mut self.slots[slot as usize].cpu {
            cpu.posted = Some((due, stamp));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two jobs of 10 and 4 ns on one core: both at half speed until the shorter ends at 8; the longer has 6 left and
    /// ends at 14.
    #[test]
    fn jobs_share_the_cores() {
        let mut cpu = Cpu::new(1.0);
        cpu.push(1, 10);
        cpu.push(2, 4);
        assert_eq!(cpu.next_end(), Some(8));
        cpu.advance(8);
        assert_eq!((cpu.pop_ended(), cpu.pop_ended()), (Some(2), None));
        assert_eq!(cpu.next_end(), Some(14));
        cpu.advance(14);
        assert_eq!(cpu.pop_ended(), Some(1));
        assert_eq!(cpu.used_at(20), 14.0);
    }
}
