//! What can go wrong on purpose: a kind, a target, and when.
//!
//! A fault turns [`Knobs`]; it never undoes anything. When faults begin or end, the knobs are rebuilt from the baseline
//! and the faults active then, so overlapping faults compose in any order. To add a kind, write one file with its
//! [`Form`] and its [`Effect`], and list it in [`FORMS`] and [`FaultKind`].

mod cache_flush;
mod consumer_stop;
mod deploy;
mod errors;
mod flag;
mod form;
mod kill;
mod latency;
mod load;
mod partition;
mod read;
mod replication_lag;
mod target;
mod zone;

pub use cache_flush::CacheFlush;
pub use consumer_stop::ConsumerStop;
pub use deploy::Deploy;
pub use errors::Errors;
pub use form::{Form, FormError, Settings, Strikes, WHEN};
pub use kill::Kill;
pub use latency::Latency;
pub use load::Load;
pub use partition::Partition;
pub use replication_lag::ReplicationLag;
pub use target::{FaultError, Target};
pub use zone::Zone;

use crate::plan::{Knobs, Origin, Plan};
use crate::units::SimDuration;
use crate::yaml::{Alias, Item, Takes};
use std::fmt;

/// Every kind of fault, in the order help texts list them.
pub const FORMS: &[&Form] = &[
    &kill::FORM,
    &latency::FORM,
    &errors::FORM,
    &partition::FORM,
    &cache_flush::FORM,
    &consumer_stop::FORM,
    &load::FORM,
    &replication_lag::FORM,
    &deploy::FORM,
    &zone::FORM,
];

/// What may stand in a list of faults.
pub static FAULT: Alias = Alias {
    name: "fault",
    about: "Something that goes wrong for a while. Overlapping faults add up.",
    takes: Takes::Any(&[
        Takes::Map(&kill::SHAPE),
        Takes::Map(&latency::SHAPE),
        Takes::Map(&errors::SHAPE),
        Takes::Map(&partition::SHAPE),
        Takes::Map(&cache_flush::SHAPE),
        Takes::Map(&consumer_stop::SHAPE),
        Takes::Map(&load::SHAPE),
        Takes::Map(&replication_lag::SHAPE),
        Takes::Map(&deploy::SHAPE),
        Takes::Map(&zone::SHAPE),
    ]),
};

/// Something that goes wrong for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What goes wrong, and how much.
    pub kind: FaultKind,
    /// What it strikes.
    pub target: Target,
    /// When it begins, counted from the start of the measured part.
    pub start: SimDuration,
    /// How long it lasts; `None` for the rest of the run.
    pub duration: Option<SimDuration>,
    /// Where it is written, if it stands in a file.
    pub origin: Option<Origin>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// Replicas die.
    Kill(Kill),
    /// Answers take longer.
    Latency(Latency),
    /// A share of the requests is answered with an error.
    Errors(Errors),
    /// Nothing gets through.
    Partition(Partition),
    /// Every look-up misses.
    CacheFlush(CacheFlush),
    /// Nobody takes messages.
    ConsumerStop(ConsumerStop),
    /// More traffic.
    Load(Load),
    /// Replicas fall behind.
    ReplicationLag(ReplicationLag),
    /// Replicas are replaced.
    Deploy(Deploy),
    /// A zone is lost.
    Zone(Zone),
}

/// What a kind of fault does.
pub trait Effect {
    /// Its name, as in the model and in `--fail`.
    fn word(&self) -> &'static str;
    /// Whether the target exists and this can happen to it.
    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError>;
    /// Turns the knobs. The fault has been checked; a target that does not exist turns nothing.
    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs);
    /// How much, as `--fail` writes it; `None` when the kind needs no amount.
    fn amount(&self) -> Option<String> {
        None
    }
    /// What happens, in words: `stripe 5s slower`.
    fn describe(&self, target: &Target) -> String;
}

impl FaultKind {
    /// What it does.
    pub fn effect(&self) -> &dyn Effect {
        match self {
            FaultKind::Kill(k) => k,
            FaultKind::Latency(k) => k,
            FaultKind::Errors(k) => k,
            FaultKind::Partition(k) => k,
            FaultKind::CacheFlush(k) => k,
            FaultKind::ConsumerStop(k) => k,
            FaultKind::Load(k) => k,
            FaultKind::ReplicationLag(k) => k,
            FaultKind::Deploy(k) => k,
            FaultKind::Zone(k) => k,
        }
    }

    /// Its name: `latency`.
    pub fn word(&self) -> &'static str {
        self.effect().word()
    }
}

impl Fault {
    /// A fault that begins with the measured part and lasts.
    pub fn new(kind: FaultKind, target: Target) -> Fault {
        Fault { kind, target, start: SimDuration::ZERO, duration: None, origin: None }
    }

    /// Reads `KIND:TARGET[:AMOUNT][@START[+DURATION]]`, such as `latency:stripe:+2s@60s+120s` or `kill:orders-db@60s+30s`.
    ///
    /// # Errors
    /// Says what is wrong and what to write instead.
    pub fn parse_flag(text: &str) -> Result<Fault, String> {
        flag::parse(text)
    }

    /// Reads `{ latency: stripe, add: 5s, at: 60s, for: 120s }`. What is wrong goes into the item's bag of problems.
    pub fn read(item: &Item<'_>) -> Option<Fault> {
        read::read(item)
    }

    /// Whether the target exists in the plan and this fault can strike it.
    ///
    /// # Errors
    /// Names what does not fit, with the nearest name there is.
    pub fn check(&self, plan: &Plan) -> Result<(), FaultError> {
        if self.kind == FaultKind::Deploy(Deploy) && self.duration.is_some() {
            return Err(FaultError::new("a deployment goes on until it is done", "leave its duration out"));
        }
        self.kind.effect().check(&self.target, plan)
    }

    /// Turns the knobs as long as the fault lasts.
    pub fn turn(&self, plan: &Plan, knobs: &mut Knobs) {
        self.kind.effect().turn(&self.target, plan, knobs);
    }

    /// Whether it is active at this time, counted from the start of the measured part. It is not at its end.
    pub fn active_at(&self, time: SimDuration) -> bool {
        self.start <= time && self.end().is_none_or(|end| time < end)
    }

    /// When it ends, if it does.
    pub fn end(&self) -> Option<SimDuration> {
        self.duration.map(|d| self.start + d)
    }

    /// What happens, in words and without times: `stripe 5s slower`.
    pub fn describe(&self) -> String {
        self.kind.effect().describe(&self.target)
    }
}

/// As `--fail` reads it: `latency:stripe:+5s@60s+120s`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.word())?;
        if self.target != Target::Traffic {
            write!(f, ":{}", self.target)?;
        }
        if let Some(amount) = self.kind.effect().amount() {
            write!(f, ":{amount}")?;
        }
        match (self.start, self.duration) {
            (SimDuration::ZERO, None) => Ok(()),
            (start, None) => write!(f, "@{start}"),
            (start, Some(duration)) => write!(f, "@{start}+{duration}"),
        }
    }
}

/// Knob positions over time, relative to the start of the measured part: one entry wherever they change, the baseline
/// holding before the first. Without faults there is none.
pub fn timeline(plan: &Plan, baseline: &Knobs, faults: &[Fault]) -> Vec<(SimDuration, Knobs)> {
    let mut times: Vec<SimDuration> = faults.iter().flat_map(|f| [Some(f.start), f.end()]).flatten().collect();
    times.sort_unstable();
    times.dedup();
    let mut positions: Vec<(SimDuration, Knobs)> = Vec::new();
    for time in times {
        let mut knobs = baseline.clone();
        for fault in faults.iter().filter(|f| f.active_at(time)) {
            fault.turn(plan, &mut knobs);
        }
        if knobs != *positions.last().map_or(baseline, |(_, k)| k) {
            positions.push((time, knobs));
        }
    }
    positions
}

#[cfg(test)]
mod tests;
