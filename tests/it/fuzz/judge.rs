//! What must hold of any text: it is refused in words, or it is a model that runs, whose books balance, and that does the same
//! again.

use super::draw::Dice;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tenfold::engine::{Limits, Stop};
use tenfold::faults::{self, Fault, Luck};
use tenfold::measure::{Measurements, Trial};
use tenfold::model::Model;
use tenfold::plan::Knobs;
use tenfold::report::{FORMATS, Style, assemble};
use tenfold::units::SimDuration;
use tenfold::yaml;

const FILE: &str = "fuzz.yaml";
/// Bounds of a run: enough that every mechanism is reached, and little enough that many runs are made.
const EVENTS: u64 = 20_000;
const IN_FLIGHT: usize = 5_000;
/// A model with more replicas, or more keys in its caches, is read and not run: to build it would take longer than all else.
const LARGEST: u64 = 100_000;

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
pub fn judge(text: &str, dice: &mut Dice) -> Result<Outcome, String> {
    let judged = catch_unwind(AssertUnwindSafe(|| read(text, dice)));
    judged.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        Err(format!("panicked: {}", words.or(panic.downcast_ref::<&str>().map(|s| (*s).into())).unwrap_or_default()))
    })
}

fn read(text: &str, dice: &mut Dice) -> Result<Outcome, String> {
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
    if Model::read(FILE, text).as_ref() != Ok(&model) {
        return Err("read again it is another model".into());
    }
    let report = assemble::check(&model);
    for format in FORMATS {
        let mut out = Vec::new();
        format.write(&report, &Style::default(), &mut out).map_err(|error| error.to_string())?;
    }
    let replicas: u64 = model.plan.stations.iter().map(|s| u64::from(s.replicas)).sum();
    let stores = model.plan.caches.iter().filter_map(|cache| cache.store());
    let keys: u64 = stores.map(|store| u64::from(store.keys.count) * u64::from(store.nodes)).sum();
    let rows: u64 = model.plan.locks.iter().map(|lock| u64::from(lock.keys.count)).sum();
    if replicas + keys + rows > LARGEST {
        return Ok(Outcome::Read);
    }
    run(&model, dice)
}

fn run(model: &Model, dice: &mut Dice) -> Result<Outcome, String> {
    let (plan, load) = (&model.plan, *dice.pick(&[0.5, 1.0, 5.0]));
    let mut struck: Vec<Fault> = Fault::by_themselves(plan);
    if !model.scenarios.is_empty() {
        struck.extend(dice.pick(&model.scenarios).faults.iter().cloned().map(|f| sooner(f, dice)));
    }
    let luck = Luck { seed: 1, replication: 0, until: SimDuration::from_secs(4) };
    let trial = Trial {
        plan,
        load,
        seed: 1,
        replication: 0,
        timeline: faults::timeline(plan, &Knobs::baseline(plan, load), &struck, luck),
        warmup: SimDuration::from_millis(500),
        late: SimDuration::ZERO,
        measured: SimDuration::from_secs(3),
        window: SimDuration::from_millis(500),
        limits: Limits { events: EVENTS, in_flight: IN_FLIGHT, ..Limits::default() },
    };
    let mut warm = trial.warm();
    trial.advance(&mut warm, SimDuration::from_millis(dice.below(3_000) as u64));
    warm.world().audit()?;
    let measured = trial.run_from(&warm);
    balanced(&measured)?;
    if measured.events > EVENTS || matches!(measured.stop, Some(Stop::Memory(_))) {
        return Err(format!("it goes beyond its limit: {} events, {:?}", measured.events, measured.stop));
    }
    if trial.run() != measured {
        return Err("run again it is another run".into());
    }
    Ok(Outcome::Ran(measured.events))
}

/// Within the few seconds that are run.
fn sooner(fault: Fault, dice: &mut Dice) -> Fault {
    let start = SimDuration::from_millis(dice.below(2_500) as u64);
    let duration = fault.duration.map(|d| d.min(SimDuration::from_millis(500)));
    let ramp = fault.ramp.map(|r| r.min(SimDuration::from_millis(200)));
    Fault { start, duration, ramp, ..fault }
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
