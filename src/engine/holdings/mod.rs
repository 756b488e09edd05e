//! What a request holds on to beyond its worker: rows that it has locked, and a connection for a whole transaction.
//!
//! Few requests hold any, so it stands beside the frames: a hand for each frame that ever held something, and the grips of
//! each hand in a list. A frame says by [`HANDS`] that its hand is not empty, and lets go of everything when it ends.

mod locks;
mod session;

use super::frame::{HANDS, NONE, Place};
use super::world::World;
use crate::plan::LockId;
pub(super) use locks::LockState;

/// The hands of all frames.
#[derive(Clone, Debug)]
pub(super) struct Holdings {
    hands: Vec<Hand>,
    grips: super::frame::Arena<Grip>,
}

/// What one frame holds and waits for.
#[derive(Clone, Copy, Debug)]
struct Hand {
    /// The frame that keeps a connection for it.
    session: u32,
    /// The frame it keeps a connection for.
    client: u32,
    /// The first of its grips.
    grips: u32,
    /// What it waits for.
    wants: Option<Wish>,
    /// The frame that waits for a row in its name: itself, or a query of its transaction.
    waiter: u32,
    /// Until when.
    until: u64,
    /// Who stands behind it in the line for that row.
    next: u32,
}

/// A row that somebody waits for.
#[derive(Clone, Copy, Debug)]
struct Wish {
    lock: LockId,
    row: u32,
    /// Who will have it, the frame itself or the session it runs in, and its ticket.
    owner: u32,
    ticket: u32,
}

/// A row that is locked, or whose version is remembered.
#[derive(Clone, Copy, Debug, Default)]
struct Grip {
    lock: LockId,
    row: u32,
    /// The version it had, for one that is not locked.
    version: Option<u32>,
    /// Further grips of the same hand.
    next: u32,
}

impl Hand {
    const EMPTY: Hand =
        Hand { session: NONE, client: NONE, grips: NONE, wants: None, waiter: NONE, until: 0, next: NONE };
}

impl Holdings {
    pub(super) fn new() -> Holdings {
        Holdings { hands: Vec::new(), grips: super::frame::Arena::new() }
    }

    fn hand(&self, f: u32) -> &Hand {
        self.hands.get(f as usize).unwrap_or(&Hand::EMPTY)
    }

    fn hand_mut(&mut self, f: u32) -> &mut Hand {
        if self.hands.len() <= f as usize {
            self.hands.resize(f as usize + 1, Hand::EMPTY);
        }
        &mut self.hands[f as usize]
    }
}

impl World<'_> {
    /// A frame ends, or gives up: it leaves the line it stands in, its transaction is rolled back, its rows are free.
    #[cold]
    pub(super) fn let_go(&mut self, f: u32) {
        self.frames[f].flags &= !HANDS;
        self.leave_row(f);
        self.roll_back(f);
        self.end_session(f);
        self.unlock_all(f);
    }

    /// Sessions and clients know each other, rows and their holders, and whoever waits stands in one line.
    pub(super) fn audit_holdings(&self) -> Result<(), String> {
        let broken = |what: &str, f: usize| Err(format!("frame {f}: {what}"));
        let mut waiting = 0;
        for (f, hand) in self.holdings.hands.iter().enumerate() {
            let live =
                self.frames.all().get(f).is_some_and(|frame| matches!(frame.place, Place::Serving | Place::Queued));
            let empty = hand.session == NONE && hand.client == NONE && hand.grips == NONE && hand.wants.is_none();
            let says_so = live && self.frames[f as u32].flags & HANDS != 0;
            if !empty && !says_so {
                return broken("holds something and is gone", f);
            }
            if hand.session != NONE && self.holdings.hand(hand.session).client != f as u32 {
                return broken("has a session that does not know it", f);
            }
            if hand.client != NONE && self.holdings.hand(hand.client).session != f as u32 {
                return broken("has a client that does not know it", f);
            }
            waiting += usize::from(hand.wants.is_some());
        }
        let held = self.locks.iter().map(|lock| lock.audit(&self.holdings)).sum::<Result<usize, String>>()?;
        if held != waiting {
            return Err(format!("{waiting} frames wait for rows, {held} stand in line"));
        }
        Ok(())
    }
}
