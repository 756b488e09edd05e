//! Rows that only one request at a time can change.
//!
//! Who wants a row that is taken stands in line for it, first come first served. After a second, as in PostgreSQL
//! (`deadlock_timeout`), it looks whether those it waits for wait for it; then it fails. Who remembers a version instead
//! waits for nobody, and fails in the end if somebody else was faster.

use super::super::agenda::{Class, Kind};
use super::super::frame::{HANDS, INSIDE, NONE};
use super::super::outcome::{Cause, Outcome};
use super::super::probe::Probe;
use super::super::world::{Ready, World};
use super::{Grip, Holdings, Wish};
use crate::plan::{LockId, Pc};
use crate::random::Lot;

/// How long a wait lasts before it is asked whether it can end: PostgreSQL's `deadlock_timeout`.
const DEADLOCK: u64 = 1_000_000_000;

/// The longest chain of waits that is followed.
const LONGEST: usize = 1_000;

/// The rows of a lock.
#[derive(Clone, Debug)]
pub(in super::super) struct LockState {
    /// Who has each row, and the first and the last in line for it.
    rows: Vec<[u32; 3]>,
    /// How often each row was changed by those who remember versions; empty if nobody does.
    versions: Vec<u32>,
}

impl LockState {
    pub(in super::super) fn new(rows: u32) -> LockState {
        LockState { rows: vec![[NONE; 3]; rows as usize], versions: vec![0; rows as usize] }
    }
}

impl LockState {
    /// How many stand in line for its rows; each of them waits, and only for a row that somebody has.
    pub(super) fn audit(&self, holdings: &Holdings) -> Result<usize, String> {
        let mut standing = 0;
        for (row, &[holder, first, last]) in self.rows.iter().enumerate() {
            if holder == NONE && first != NONE {
                return Err(format!("row {row}: somebody waits for nobody"));
            }
            let (mut at, mut before) = (first, NONE);
            while at != NONE {
                if holdings.hand(at).wants.is_none_or(|wish| wish.row as usize != row) {
                    return Err(format!("row {row}: frame {at} stands in line and wants something else"));
                }
                standing += 1;
                (before, at) = (at, holdings.hand(at).next);
            }
            if last != before {
                return Err(format!("row {row}: the line has lost its end"));
            }
        }
        Ok(standing)
    }
}

/// Told apart from other choices made at the same step.
const ROW: u32 = 0xc2b2_ae35;

impl World<'_> {
    /// Takes a row, or remembers its version; false when the frame waits for it.
    pub(in super::super) fn lock(&mut self, f: u32, lock: LockId, optimistic: bool) -> bool {
        let frame = &self.frames[f];
        let choice = frame.choice(&self.program) ^ ROW;
        let row = self.plan.locks[lock.index()].keys.draw(Lot(frame.lot), choice);
        let owner = self.owner(f);
        self.tallies.locks[lock.index()][frame.counted()].taken += 1;
        if optimistic {
            let version = self.locks[lock.index()].versions[row as usize];
            self.grip(owner, Grip { lock, row, version: Some(version), next: NONE });
            return true;
        }
        let holder = self.locks[lock.index()].rows[row as usize][0];
        if holder == NONE {
            self.take_row(owner, lock, row);
            return true;
        }
        // Whoever has a row may go through again; it is counted as often as it was taken.
        if holder == owner {
            self.grip(owner, Grip { lock, row, version: None, next: NONE });
            return true;
        }
        self.stand_for_row(f, owner, lock, row);
        false
    }

    /// The frame that locks belong to: inside a transaction the one that keeps its connection.
    fn owner(&self, f: u32) -> u32 {
        if self.frames[f].flags & INSIDE == 0 {
            return f;
        }
        match self.session_of(f) {
            NONE => f,
            session => session,
        }
    }

    fn take_row(&mut self, owner: u32, lock: LockId, row: u32) {
        self.locks[lock.index()].rows[row as usize][0] = owner;
        self.grip(owner, Grip { lock, row, version: None, next: NONE });
    }

    fn grip(&mut self, owner: u32, mut grip: Grip) {
        self.frames[owner].flags |= HANDS;
        grip.next = self.holdings.hand_mut(owner).grips;
        self.holdings.hand_mut(owner).grips = self.holdings.grips.insert(grip);
    }

    fn stand_for_row(&mut self, f: u32, owner: u32, lock: LockId, row: u32) {
        let last = self.locks[lock.index()].rows[row as usize][2];
        match last {
            NONE => self.locks[lock.index()].rows[row as usize][1] = f,
            last => self.holdings.hand_mut(last).next = f,
        }
        self.locks[lock.index()].rows[row as usize][2] = f;
        let wait = self.plan.locks[lock.index()].wait.map_or(u64::MAX, |wait| self.now.saturating_add(wait.0));
        let ticket = self.frames[owner].ticket;
        let hand = self.holdings.hand_mut(f);
        (hand.wants, hand.until, hand.next) = (Some(Wish { lock, row, owner, ticket }), wait, NONE);
        self.holdings.hand_mut(owner).waiter = f;
        self.frames[f].flags |= HANDS;
        let counted = self.frames[f].counted();
        self.tallies.locks[lock.index()][counted].waits += 1;
        self.pause(f);
        let look = DEADLOCK.min(wait - self.now);
        self.frames[f].wake = self.schedule(look, Class::Timeout, Kind::Stuck, f);
    }

    /// A frame has waited for a row for some time.
    pub(in super::super) fn stuck<P: Probe>(&mut self, f: u32, stamp: u32, probe: &mut P) {
        if self.frames[f].wake != stamp {
            return;
        }
        let Some(Wish { lock, .. }) = self.holdings.hand(f).wants else { return };
        if self.frames[f].is_aside() {
            return self.note_stuck(f);
        }
        let over = self.now >= self.holdings.hand(f).until;
        if over || self.is_deadlocked(f) {
            let tally = &mut self.tallies.locks[lock.index()][self.frames[f].counted()];
            if over {
                tally.timeouts += 1
            } else {
                tally.deadlocks += 1
            }
            return self.finish(f, Outcome::Failed(Cause::Conflict), probe);
        }
        let left = self.holdings.hand(f).until - self.now;
        self.frames[f].wake =
            if left == u64::MAX - self.now { 0 } else { self.schedule(left, Class::Timeout, Kind::Stuck, f) };
    }

    /// Whether those that a frame waits for wait for it in the end. Who waits for whom is a chain, since a session does one
    /// thing at a time.
    fn is_deadlocked(&self, f: u32) -> bool {
        let Some(own) = self.holdings.hand(f).wants else { return false };
        let holder_of = |wish: Wish| self.locks[wish.lock.index()].rows[wish.row as usize][0];
        let mut holder = holder_of(own);
        for _ in 0..LONGEST {
            if holder == own.owner {
                return true;
            }
            let waiter = self.holdings.hand(holder).waiter;
            let Some(wish) = self.holdings.hand(waiter).wants.filter(|wish| wish.owner == holder) else { return false };
            holder = holder_of(wish);
        }
        false
    }

    /// Leaves the line for a row.
    pub(in super::super) fn leave_row(&mut self, f: u32) {
        let Some(Wish { lock, row, owner, .. }) = self.holdings.hand_mut(f).wants.take() else { return };
        if self.holdings.hand(owner).waiter == f {
            self.holdings.hand_mut(owner).waiter = NONE;
        }
        let (mut before, mut at) = (NONE, self.locks[lock.index()].rows[row as usize][1]);
        while at != f {
            (before, at) = (at, self.holdings.hand(at).next);
        }
        let next = self.holdings.hand(f).next;
        match before {
            NONE => self.locks[lock.index()].rows[row as usize][1] = next,
            before => self.holdings.hand_mut(before).next = next,
        }
        if next == NONE {
            self.locks[lock.index()].rows[row as usize][2] = before;
        }
        self.frames[f].wake = 0;
    }

    /// Gives the row taken last back; false when somebody else has changed it meanwhile. Inside a transaction rows are kept
    /// to its end.
    pub(in super::super) fn unlock(&mut self, f: u32, lock: LockId) -> bool {
        if self.frames[f].flags & INSIDE != 0 {
            return true;
        }
        let (mut before, mut at) = (NONE, self.holdings.hand(f).grips);
        while at != NONE && self.holdings.grips[at].lock != lock {
            (before, at) = (at, self.holdings.grips[at].next);
        }
        if at == NONE {
            return true;
        }
        let grip = self.holdings.grips[at];
        match before {
            NONE => self.holdings.hand_mut(f).grips = grip.next,
            before => self.holdings.grips[before].next = grip.next,
        }
        self.holdings.grips.release(at);
        self.open_grip(f, grip);
        if !self.is_current(&grip) {
            return self.conflict(f, &grip);
        }
        self.change(&grip);
        true
    }

    /// Whether all that a frame remembers is as it was; it is changed now.
    pub(in super::super) fn settle(&mut self, f: u32) -> bool {
        let late = self.grips(f).find(|grip| !self.is_current(grip));
        if let Some(grip) = late {
            return self.conflict(f, &grip);
        }
        let mut at = self.holdings.hand(f).grips;
        while at != NONE {
            let grip = self.holdings.grips[at];
            self.change(&grip);
            at = grip.next;
        }
        true
    }

    fn grips(&self, f: u32) -> impl Iterator<Item = Grip> {
        let first = self.holdings.hand(f).grips;
        let get = |at: u32| (at != NONE).then(|| self.holdings.grips[at]);
        std::iter::successors(get(first), move |grip| get(grip.next))
    }

    /// Whether a row still has the version that is remembered, if one is.
    fn is_current(&self, grip: &Grip) -> bool {
        let current = self.locks[grip.lock.index()].versions[grip.row as usize];
        grip.version.is_none_or(|version| version == current)
    }

    fn change(&mut self, grip: &Grip) {
        if let Some(version) = grip.version {
            self.locks[grip.lock.index()].versions[grip.row as usize] = version.wrapping_add(1);
        }
    }

    fn conflict(&mut self, f: u32, grip: &Grip) -> bool {
        self.tallies.locks[grip.lock.index()][self.frames[f].counted()].conflicts += 1;
        false
    }

    /// Lets go of a row; the next in line gets it.
    fn open_grip(&mut self, f: u32, grip: Grip) {
        if grip.version.is_some() || self.has_row(f, grip.lock, grip.row) {
            return;
        }
        self.locks[grip.lock.index()].rows[grip.row as usize][0] = NONE;
        loop {
            let next = self.locks[grip.lock.index()].rows[grip.row as usize][1];
            let Some(wish) = self.holdings.hand(next).wants else { return };
            self.leave_row(next);
            self.ready.push(Ready::Run(next));
            if self.frames[wish.owner].ticket == wish.ticket {
                return self.take_row(wish.owner, grip.lock, grip.row);
            }
            // Its transaction has been rolled back meanwhile.
            self.frames[next].send_to(Pc::FAIL.0);
        }
    }

    fn has_row(&self, f: u32, lock: LockId, row: u32) -> bool {
        self.grips(f).any(|grip| grip.lock == lock && grip.row == row && grip.version.is_none())
    }

    /// Lets go of everything.
    pub(super) fn unlock_all(&mut self, f: u32) {
        loop {
            let at = self.holdings.hand(f).grips;
            if at == NONE {
                return;
            }
            let grip = self.holdings.grips[at];
            self.holdings.hand_mut(f).grips = grip.next;
            self.holdings.grips.release(at);
            self.open_grip(f, grip);
        }
    }
}
