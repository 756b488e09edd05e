//! The instructions of endpoint programs.

use super::{CacheId, DistId, ForkId, LinkId, LockId, LookId, Pc, ReplicationId, SwitchId, TopicId};
use crate::random::Count;

/// One instruction. Each program ends in [`Step::Return`].
// The tag by itself, in front: folded into that of a field, it takes longer to read than all that is done in most steps.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u32)]
pub enum Step {
    /// Own processing: takes a worker where none is held, and shares the cores where the station has some.
    Work {
        /// How long on an idle core.
        time: DistId,
    },
    /// Waits, keeping a thread but no core (an async request frees its worker).
    Sleep {
        /// How long.
        time: DistId,
    },
    /// Calls and waits for the answer.
    Call {
        /// What is called.
        link: LinkId,
        /// Where to go on when it failed for good; [`Pc::FAIL`] fails the request with the same cause.
        failed: Pc,
    },
    /// Does several things at once and waits for as many as the fork needs.
    Fork {
        /// The branches.
        fork: ForkId,
        /// Where to go on when too many failed.
        failed: Pc,
    },
    /// Goes on with this probability, else elsewhere.
    Chance {
        /// Probability of going on.
        p: f64,
        /// Where else.
        otherwise: Pc,
    },
    /// Goes to one of several places.
    Switch {
        /// The alternatives.
        switch: SwitchId,
    },
    /// Looks whether a cache with a stated hit ratio has the answer; goes on if so.
    Lookup {
        /// The cache.
        cache: CacheId,
        /// Where to go on when it has not.
        miss: Pc,
    },
    /// Looks whether a cache with keys has the one this request is about; goes on if so.
    Look {
        /// The cache.
        cache: CacheId,
        /// The place, which says where to go on when it has not.
        look: LookId,
    },
    /// The answer looked for at this place is there now: it is kept.
    Fill {
        /// The cache.
        cache: CacheId,
        /// The place.
        look: LookId,
    },
    /// What this place is about has changed: it is not kept any more.
    Drop {
        /// The cache.
        cache: CacheId,
        /// The place.
        look: LookId,
    },
    /// Leaves a write to be done later; goes elsewhere when too many wait.
    Defer {
        /// The cache.
        cache: CacheId,
        /// How it is done.
        program: Pc,
        /// Where to go when too many wait.
        full: Pc,
    },
    /// Begins a loop, which is not nested in another of the same request.
    Repeat {
        /// How often the body runs.
        times: Count,
        /// Behind the loop.
        end: Pc,
    },
    /// Ends a loop's body.
    Again {
        /// First step of the body.
        body: Pc,
    },
    /// Puts a message into a queue; fails with `queue full` when it is full.
    Enqueue {
        /// The queue.
        topic: TopicId,
    },
    /// Answers that a transaction has begun, and keeps the worker until the caller ends it.
    Hold,
    /// Makes what a transaction did final; fails if somebody else was faster.
    Settle,
    /// Ends the transaction that was begun along this link, and waits for the answer.
    Commit {
        /// The call that began it.
        link: LinkId,
    },
    /// Takes a row, waiting for it, or remembers its version.
    Lock {
        /// The rows, of which the request is about one.
        lock: LockId,
        /// Only its version is remembered.
        optimistic: bool,
    },
    /// Gives the row taken last back; fails if it has another version than was remembered.
    Unlock {
        /// The rows.
        lock: LockId,
    },
    /// A row has been written: replicas hear of it.
    Ship {
        /// Who follows.
        replicas: ReplicationId,
    },
    /// Reads a row of the replica that the request is on.
    Peek {
        /// Who follows.
        replicas: ReplicationId,
    },
    /// The answer is only a substitute from here on.
    Degrade,
    /// Goes elsewhere.
    Jump {
        /// Where.
        to: Pc,
    },
    /// Fails with an error of its own.
    Error,
    /// Answers.
    Return,
}

/// Several things at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Fork {
    /// What runs side by side.
    pub branches: Vec<Branch>,
    /// How many must succeed before the request goes on, from 1 to all. It fails as soon as that cannot happen any more;
    /// branches still under way then are not cancelled.
    pub need: u32,
}

/// One branch of a fork.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Branch {
    /// A single call that fails the branch when it fails.
    Call(LinkId),
    /// A program of its own that ends in [`Step::Return`], run on the same replica under the request's worker.
    Program(Pc),
}

/// Alternatives with cumulative shares; the last share is 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch {
    /// Upper ends of the shares, and where to go.
    pub cases: Vec<(f64, Pc)>,
}
