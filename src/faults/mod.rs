//! What can go wrong on purpose: a kind, a target, and when.
//!
//! A fault turns [`Knobs`]; it never undoes anything. When faults begin or end, the knobs are rebuilt from the baseline
//! and the faults active then, so overlapping faults compose in any order. To add a kind, write one file with its
//! [`Form`] and its [`Effect`], and list it in [`FORMS`] and [`FaultKind`].

mod cache_flush;
mod chance;
mod consumer_stop;
mod cpu;
mod deploy;
mod disk;
mod dns;
mod errors;
mod failover;
mod flag;
mod form;
mod hang;
mod kill;
mod latency;
mod load;
mod loss;
mod memory;
mod partition;
mod read;
mod refuse;
mod replicas;
mod replication_lag;
mod target;
mod throttle;
mod times;
mod zone;

pub use cache_flush::CacheFlush;
pub use chance::{Luck, strikes_too_often};
pub use consumer_stop::ConsumerStop;
pub use cpu::Cpu;
pub use deploy::Deploy;
pub use disk::Disk;
pub use dns::Dns;
pub use errors::Errors;
pub use failover::Failover;
pub use form::{Form, FormError, Settings, Strikes, WHEN};
pub use hang::Hang;
pub use kill::Kill;
pub use latency::Latency;
pub use load::Load;
pub use loss::Loss;
pub use memory::Memory;
pub use partition::Partition;
pub use refuse::{Refuse, Way};
pub use replicas::Replicas;
pub use replication_lag::ReplicationLag;
pub use target::{FaultError, Target};
pub use throttle::Throttle;
pub use times::{Random, timeline};
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
    &hang::FORM,
    &refuse::FORM,
    &refuse::RESET,
    &cpu::FORM,
    &throttle::FORM,
    &failover::FORM,
    &dns::FORM,
    &memory::FORM,
    &disk::FORM,
    &disk::FULL,
    &loss::FORM,
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
        Takes::Map(&hang::SHAPE),
        Takes::Map(&refuse::REFUSE_SHAPE),
        Takes::Map(&refuse::RESET_SHAPE),
        Takes::Map(&cpu::SHAPE),
        Takes::Map(&throttle::SHAPE),
        Takes::Map(&failover::SHAPE),
        Takes::Map(&dns::SHAPE),
        Takes::Map(&memory::SHAPE),
        Takes::Map(&disk::IO_SHAPE),
        Takes::Map(&disk::FULL_SHAPE),
        Takes::Map(&loss::SHAPE),
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
    /// How long it grows until it has its full amount; `None`: it has it at once.
    pub ramp: Option<SimDuration>,
    /// It strikes at random times meanwhile; `None`: it lasts all the time.
    pub random: Option<Random>,
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
    /// Replicas do nothing.
    Hang(Hang),
    /// Calls fail at once.
    Refuse(Refuse),
    /// Something else uses the cores.
    Cpu(Cpu),
    /// Calls are answered as rate limited.
    Throttle(Throttle),
    /// The primary is gone.
    Failover(Failover),
    /// New connections fail.
    Dns(Dns),
    /// Memory leaks.
    Memory(Memory),
    /// Writes fail or are slow.
    Disk(Disk),
    /// Messages are lost.
    Loss(Loss),
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
    /// Turns what it leaves behind when it is over.
    fn turn_after(&self, _target: &Target, _plan: &Plan, _knobs: &mut Knobs) {}
    /// Its further settings, as `--fail` writes them: `share=50%`.
    fn settings(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// The same with this part of its amount, in (0, 1); `None` when it has no amount that could grow.
    fn grown(&self, _part: f64) -> Option<FaultKind> {
        None
    }
    /// If several things fail by themselves: how many, and what happens to one.
    fn apart(&self, _target: &Target, _plan: &Plan) -> Option<(u32, FaultKind)> {
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
            FaultKind::Hang(k) => k,
            FaultKind::Refuse(k) => k,
            FaultKind::Cpu(k) => k,
            FaultKind::Throttle(k) => k,
            FaultKind::Failover(k) => k,
            FaultKind::Dns(k) => k,
            FaultKind::Memory(k) => k,
            FaultKind::Disk(k) => k,
            FaultKind::Loss(k) => k,
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
        Fault { kind, target, start: SimDuration::ZERO, duration: None, ramp: None, random: None, origin: None }
    }

    /// What dies by itself, as its component says.
    pub fn by_themselves(plan: &Plan) -> Vec<Fault> {
        let of = |(i, component): (usize, &crate::plan::Component)| {
            let crate::plan::Failures { mtbf, mttr } = component.declared.failures?;
            let mut stations = plan.stations_of(crate::plan::ComponentId::new(i));
            let several = stations.any(|s| plan.stations[s.index()].replicas > 1);
            let kind = FaultKind::Kill(Kill { replicas: Replicas::All, each: several });
            let target = Target::Component(component.name.clone());
            let random = Some(Random { mtbf, mttr });
            Some(Fault { random, origin: Some(component.origin.clone()), ..Fault::new(kind, target) })
        };
        plan.components.iter().enumerate().filter_map(of).collect()
    }

    /// Reads `KIND:TARGET[:AMOUNT][:SETTING=VALUE]...[@START[+DURATION]]`, such as `latency:stripe:+2s@60s+120s` or `kill:orders-db@60s+30s`.
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
        self.check_times(plan)?;
        self.kind.effect().check(&self.target, plan)
    }

    /// The same, ending when the plan says that it does: a database that fails over is itself again once its standby has
    /// taken over, whether or not somebody has written how long that takes.
    pub fn lasting(mut self, plan: &Plan) -> Fault {
        if self.kind == FaultKind::Failover(Failover) && self.random.is_none() {
            let own = Failover::by_itself(&self.target, plan);
            self.duration = self.duration.into_iter().chain(own).min();
        }
        self
    }

    /// Turns the knobs as far as it has grown at a time at which it is active.
    pub fn turn(&self, plan: &Plan, at: SimDuration, knobs: &mut Knobs) {
        if let Some(kind) = self.grown_at(at) {
            kind.effect().turn(&self.target, plan, knobs);
        }
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
        let what = self.kind.effect().describe(&self.target);
        match (self.random, self.ramp) {
            (Some(_), _) => format!("{what} now and then"),
            (None, Some(ramp)) => format!("{what}, growing for {ramp}"),
            (None, None) => what,
        }
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
        for (name, value) in self.kind.effect().settings() {
            write!(f, ":{name}={value}")?;
        }
        if let Some(ramp) = self.ramp {
            write!(f, ":ramp={ramp}")?;
        }
        if let Some(Random { mtbf, mttr }) = self.random {
            write!(f, ":mtbf={mtbf}:mttr={mttr}")?;
        }
        match (self.start, self.duration) {
            (SimDuration::ZERO, None) => Ok(()),
            (start, None) => write!(f, "@{start}"),
            (start, Some(duration)) => write!(f, "@{start}+{duration}"),
        }
    }
}

#[cfg(test)]
mod tests;
