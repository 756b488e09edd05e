//! What must hold of any text: it is refused in words, or it is a model that runs, whose books balance, and that does the same
//! again.

use super::draw::Dice;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tenfold::engine::{Limits, Stop};
use tenfold::faults::{self, Fault, Luck};
use tenfold::measure::{Measurements, Trial};
use tenfold::model::Model;
use tenfold::plan::{Knobs, Station};
use tenfold::report::{FORMATS, Style, assemble};
use tenfold::units::SimDuration;
use tenfold::yaml;

const FILE: &str = "fuzz.yaml";
const IN_FLIGHT: usize = 5_000;
/// A model with more replicas, or more keys in its caches, is read and not run: to build it would take longer than all else.
const LARGEST: u64 = 100_000;

/// How much is done with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// It is read.
    Read,
    /// It is run for a moment, and its report is written now and then.
    Short,
    /// It is run so long that every mechanism is reached, and its report is written in every format.
    Whole,
}

impl Effort {
    /// Most events of a run.
    fn events(self) -> u64 {
        if self == Effort::Whole { 20_000 } else { 1_000 }
    }

    /// Before the measured part, the measured part, and a window of it.
    fn times(self) -> [SimDuration; 3] {
        (if self == Effort::Whole { [500, 3_000, 500] } else { [100, 1_000, 500] }).map(SimDuration::from_millis)
    }

    /// One in so many models is written as a report.
    fn reports(self) -> usize {
        if self == Effort::Whole { 1 } else { 50 }
    }
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is no model.
    Refused,
    /// It is one, and too large to be run.
    Read,
    /// It was run, with so many events.
    Ran(u64),
}

/// Judges a text.
///
/// # Errors
/// Says what does not hold. It would be an error of the program, whatever the text is.
pub fn judge(text: &str, effort: Effort, dice: &mut Dice) -> Result<Outcome, String> {
    let judged = catch_unwind(AssertUnwindSafe(|| read(text, effort, dice)));
    judged.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        Err(format!("panicked: {}", words.or(panic.downcast_ref::<&str>().map(|s| (*s).into())).unwrap_or_default()))
    })
}

fn read(text: &str, effort: Effort, dice: &mut Dice) -> Result<Outcome, String> {
    let model = match Model::read(FILE, text) {
        Ok(model) => model,
        Err(problems) if problems.iter().all(|p| !p.message.is_empty()) && !problems.is_empty() => {
            return match yaml::render(FILE, text, &problems, false).is_empty() {
                true => Err("a problem is not shown".into()),
                false => Ok(Outcome::Refused),
            };
        }
        Err(_) => return Err("it is refused without a word".into()),
    };
    if effort == Effort::Read {
        return Ok(Outcome::Read);
    }
    if dice.below(effort.reports()) == 0 {
        report(&model, text)?;
    }
    let surge = |s: &Station| s.fleet.as_ref().map_or(0, |fleet| fleet.surge);
    let replicas: u64 = model.plan.stations.iter().map(|s| u64::from(s.replicas) + u64::from(surge(s))).sum();
    let stores = model.plan.caches.iter().filter_map(|cache| cache.store());
    let keys: u64 = stores.map(|store| u64::from(store.keys.count) * u64::from(store.nodes)).sum();
    let rows: u64 = model.plan.locks.iter().map(|lock| u64::from(lock.keys.count)).sum();
    if replicas + keys + rows > LARGEST {
        return Ok(Outcome::Read);
    }
    run(&model, effort, dice)
}

fn report(model: &Model, text: &str) -> Result<(), String> {
    if Model::read(FILE, text).as_ref() != Ok(model) {
        return Err("read again it is another model".into());
    }
    let report = assemble::check(model);
    for format in FORMATS {
        let mut out = Vec::new();
        format.write(&report, &Style::default(), &mut out).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn run(model: &Model, effort: Effort, dice: &mut Dice) -> Result<Outcome, String> {
    let (plan, load) = (&model.plan, *dice.pick(&[0.5, 1.0, 5.0]));
    let [warmup, measured, window] = effort.times();
    let mut struck: Vec<Fault> = Fault::by_themselves(plan);
    if !model.scenarios.is_empty() {
        struck.extend(dice.pick(&model.scenarios).faults.iter().map(|f| sooner(f.clone(), measured, dice)));
    }
    let luck = Luck { seed: 1, replication: 0, until: warmup + measured };
    let trial = Trial {
        plan,
        load,
        seed: 1,
        replication: 0,
        timeline: faults::timeline(plan, &Knobs::baseline(plan, load), &struck, luck),
        warmup,
        late: SimDuration::ZERO,
        measured,
        window,
        limits: Limits { events: effort.events(), in_flight: IN_FLIGHT, ..Limits::default() },
    };
    let mut warm = trial.warm();
    trial.advance(&mut warm, part(measured, dice));
    warm.world().audit()?;
    let measured = trial.run_from(&warm);
    balanced(&measured)?;
    if measured.events > effort.events() || matches!(measured.stop, Some(Stop::Memory(_))) {
        return Err(format!("it goes beyond its limit: {} events, {:?}", measured.events, measured.stop));
    }
    let again = trial.run();
    if again != measured {
        return Err(format!("run again it is another run: {}", difference(&measured, &again)));
    }
    Ok(Outcome::Ran(measured.events))
}

/// Where they differ first.
fn difference(one: &Measurements, other: &Measurements) -> String {
    let (one, other) = (format!("{one:?}"), format!("{other:?}"));
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let near = |text: &str| {
        String::from_utf8_lossy(text.as_bytes().get(same.saturating_sub(80)..).unwrap_or_default())
            .chars()
            .take(200)
            .collect::<String>()
    };
    format!("{} or {}", near(&one), near(&other))
}

/// Within what is run.
fn sooner(fault: Fault, within: SimDuration, dice: &mut Dice) -> Fault {
    let start = part(within, dice);
    let duration = fault.duration.map(|d| d.min(SimDuration::from_millis(500)));
    let ramp = fault.ramp.map(|r| r.min(SimDuration::from_millis(200)));
    Fault { start, duration, ramp, ..fault }
}

/// Some of a time.
fn part(of: SimDuration, dice: &mut Dice) -> SimDuration {
    of.times(dice.below(64) as f64 / 64.0)
}

/// Every request that came is accounted for once, and no figure is out of its range.
fn balanced(measured: &Measurements) -> Result<(), String> {
    for seen in measured.endpoints.iter().chain(measured.sources.iter().map(|source| &source.total)) {
        let ended = seen.succeeded + seen.degraded + seen.failed();
        if ended + seen.in_flight != seen.offered {
            return Err(format!("{} of {} requests ended, {} are in flight", ended, seen.offered, seen.in_flight));
        }
    }
    for resource in &measured.resources {
        if !(0.0..=1.0 + 1e-9).contains(&resource.utilization) || resource.queue_mean < 0.0 {
            return Err(format!("{resource:?}"));
        }
    }
    Ok(())
}
