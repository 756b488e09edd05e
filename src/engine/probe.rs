//! What the engine tells whoever measures. Called for counted requests only (those that arrive in the measured part),
//! but for profiles.

use super::{Cause, Outcome};
use crate::plan::{EndpointId, LinkId, SourceId};
use crate::units::{SimDuration, SimTime};

/// Listens to a running world; every method does nothing unless written.
pub trait Probe {
    /// An endpoint ended a request `latency` after it arrived there.
    fn served(&mut self, endpoint: EndpointId, outcome: Outcome, latency: SimDuration) {
        let _ = (endpoint, outcome, latency);
    }

    /// A user got an answer, or gave up, `latency` after the request was meant to start; `asked` indexes the source's mix.
    fn answered(&mut self, source: SourceId, asked: usize, outcome: Outcome, latency: SimDuration) {
        let _ = (source, asked, outcome, latency);
    }

    /// The engine turns to something else: an event or a step, by its name. For profiles; called for every request, whether
    /// it counts or not, and costs nothing where it is not written.
    #[inline(always)]
    fn turns_to(&mut self, what: &'static str) {
        let _ = what;
    }

    /// Something happened to a request in progress. For traces; called for every request, whether it counts or not, and
    /// costs nothing where it is not written: all it is told is at hand there.
    #[inline(always)]
    fn marks(&mut self, at: SimTime, mark: Mark) {
        let _ = (at, mark);
    }
}

/// What happened to a request in progress. A frame is a request being served, or one branch of it; a call is what a caller
/// with a policy keeps of one. Both are told by their place in the engine, which another has as soon as it is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A call begins that was meant to start at `start`.
    Calls {
        /// Its place.
        call: u32,
        /// Along which connection, and what is called.
        link: LinkId,
        /// Who makes it.
        maker: Maker,
        /// When it was meant to.
        start: SimTime,
    },
    /// A call makes a try; its first one has number 1.
    Tries {
        /// The call.
        call: u32,
        /// The number of the try.
        attempt: u32,
    },
    /// A try has failed for its caller: it waits no longer for what it has sent.
    TryFailed {
        /// The call.
        call: u32,
        /// Why.
        cause: Cause,
    },
    /// A call is over for its maker.
    CallEnded {
        /// The call.
        call: u32,
        /// How it ended.
        outcome: Outcome,
    },
    /// A request is sent.
    Sent {
        /// Its frame.
        frame: u32,
        /// Along which connection, and what is asked.
        link: LinkId,
        /// Who sends it.
        maker: Maker,
    },
    /// A request publishes a message.
    Publishes {
        /// The frame that does.
        frame: u32,
        /// The message, by its lot.
        message: u64,
    },
    /// A message is handed to a consumer: the call that begins next is made for it.
    Delivers {
        /// The message, by its lot.
        message: u64,
    },
    /// A request does something in a branch of its own.
    Branches {
        /// The branch.
        frame: u32,
        /// Of which frame.
        of: u32,
    },
    /// A request has reached its station.
    Arrives {
        /// Its frame.
        frame: u32,
    },
    /// A frame is at a step; it has a worker if it needs one, unless the step is work and follows at itself.
    Runs {
        /// The frame.
        frame: u32,
        /// The number of the step in the plan.
        pc: u32,
    },
    /// A frame begins to work, which takes this time if it need not share its cores.
    Works {
        /// The frame.
        frame: u32,
        /// How long.
        time: SimDuration,
    },
    /// A frame ends where it was served.
    Served {
        /// The frame.
        frame: u32,
        /// How.
        outcome: Outcome,
    },
    /// The reply of a frame is there, or the frame is no more: its place is free.
    Replied {
        /// The frame.
        frame: u32,
        /// What the reply says.
        outcome: Outcome,
    },
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// A user of a source, who asks for this entry of its mix.
    User(SourceId, u32),
    /// A frame.
    Frame(u32),
    /// A try of a call.
    Call(u32),
    /// A message.
    Message,
    /// Nobody any more.
    Nobody,
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Probe for Silent {}
