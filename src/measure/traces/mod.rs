//! Single requests of a run, each with all it caused, as a tracer would have recorded them.
//!
//! The run is made once more with a probe that writes down what it is told. Which requests are kept is decided when they
//! end, by how long they took beside what the run has shown before: so memory is bounded by the requests in flight.

mod keep;
mod recorder;
mod spent;

pub use spent::{Place, Spent, spent};

use super::{Measurements, SETTLE, Trial};
use crate::engine::{Outcome, World};
use crate::plan::{EndpointId, LinkId, SourceId};
use crate::units::{SimDuration, SimTime};
use keep::Targets;
use recorder::Recorder;

/// Requests of each kind that are kept, of each entry of each source's mix.
pub const EACH: usize = 8;
/// Requests near the median and near the 99th percentile that are kept for their sums, likewise.
pub const NEAR: usize = 32;
/// Spans of one request; further ones are left out.
pub const MOST_SPANS: usize = 256;
/// Requests that are recorded at once; further ones are passed over until others have ended.
const MOST_AT_ONCE: usize = 50_000;
/// Spans of all of them together.
const MOST_IN_ALL: usize = 500_000;

/// Requests of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traces {
    /// In the order in which they began.
    pub traces: Vec<Trace>,
    /// Which of them are there for what, for each entry of each source's mix.
    pub entries: Vec<Entry>,
    /// When the measured part began.
    pub start: SimTime,
    /// For how long requests were recorded from then on.
    pub length: SimDuration,
    /// Requests passed over, since so many others were in flight.
    pub passed_over: u64,
}

/// What was kept of one entry of a source's mix, as positions among the traces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The source.
    pub source: SourceId,
    /// The entry of its mix.
    pub asked: usize,
    /// Those answered last, the slowest first.
    pub slowest: Vec<usize>,
    /// Some that failed, of each cause some.
    pub failed: Vec<usize>,
    /// Answered ones near the median, the nearest first.
    pub typical: Vec<usize>,
    /// Answered ones near the 99th percentile, the nearest first.
    pub late: Vec<usize>,
}

/// One request of a user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Whose it is.
    pub source: SourceId,
    /// Which entry of the source's mix.
    pub asked: usize,
    /// The how manieth of the run, from 0.
    pub number: u64,
    /// The request itself, then what it caused; parents stand before their children.
    pub spans: Vec<Span>,
    /// It had more spans than are kept.
    pub cut: bool,
}

/// A part of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// What it is part of; `None` of the first.
    pub parent: Option<u32>,
    /// What it is.
    pub what: What,
    /// When it began.
    pub start: SimTime,
    /// When it ended, or the run did.
    pub end: SimTime,
    /// How it ended; `None` when it had not when the run did.
    pub outcome: Option<Outcome>,
    /// Time in line: of a try for a permit or a connection, before anything was sent; where it was served, for a worker.
    pub waited: SimDuration,
    /// The number of the try, from 1; 0 for what is none.
    pub attempt: u32,
    /// When it worked or slept, in order; several branches may work at once.
    pub worked: Vec<[SimTime; 2]>,
    /// How long it would have worked or slept without sharing its cores, all branches together; at most what it did.
    pub work: SimDuration,
    /// When it kept the connection of a transaction, without being waited for.
    pub held: Option<[SimTime; 2]>,
}

/// What a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A user's request, all tries and the waits between them included.
    Asked,
    /// A try, as its caller sees it.
    Try(LinkId),
    /// A try to have a message handled, as its queue sees it. Nobody above waits for it.
    Delivery(LinkId),
    /// A request, as it was served.
    Served(EndpointId),
}

impl Trace {
    /// From when it was meant to start to its answer; zero without spans.
    pub fn latency(&self) -> SimDuration {
        self.spans.first().map_or(SimDuration::ZERO, |root| root.end.since(root.start))
    }

    /// How it ended for its user.
    pub fn outcome(&self) -> Option<Outcome> {
        self.spans.first().and_then(|root| root.outcome)
    }
}

impl Span {
    /// Whether it went on when something that waited for it was over: nobody waited for it any more.
    pub fn outlives(&self, all: &[Span]) -> bool {
        let above = |span: &Span| match span.what {
            What::Delivery(_) => None,
            _ => span.parent.and_then(|parent| all.get(parent as usize)),
        };
        std::iter::successors(above(self), |span| above(span)).any(|span| span.end < self.end)
    }
}

/// Runs a trial again, which has shown `seen`, and keeps some of its requests.
pub fn trace(trial: &Trial<'_>, seen: &Measurements) -> Traces {
    let begin = SimTime(trial.warmup.0);
    let from = begin + trial.late;
    let end = trial.late + trial.measured;
    let targets = Targets::of(seen);
    let mut recorder = Recorder::new(trial.plan, targets, from, begin + end);
    let mut world = World::new(trial.plan, trial.load, trial.seed, trial.replication);
    let mut stop = world.run_until(begin, &trial.limits, &mut recorder);
    let mut turns = trial.timeline.iter().peekable();
    let mut at = SimDuration::ZERO;
    while stop.is_none() && at < end + SETTLE {
        if at == end {
            world.count(false);
        } else if at == trial.late {
            world.count(true);
        }
        while let Some((_, knobs)) = turns.next_if(|(due, _)| *due <= at) {
            world.turn(knobs, &mut recorder);
        }
        if at >= end && world.counted_in_flight() == 0 {
            break;
        }
        let edge = match at {
            at if at < trial.late => trial.late,
            at if at < end => end,
            _ => (at + SimDuration::from_secs(1)).min(end + SETTLE),
        };
        at = turns.peek().map_or(edge, |(due, _)| edge.min(*due));
        stop = world.run_until(begin + at, &trial.limits, &mut recorder);
    }
    recorder.finish(world.now())
}

#[cfg(test)]
mod tests;
