//! Faults that strike at random times: unfolded, before a run begins, into faults that strike once.
//!
//! Their times come from streams of their own, named after the fault, so that neither the load nor another fault changes
//! them; replications differ.

use super::{Fault, FaultKind, Random};
use crate::plan::Plan;
use crate::random::Stream;
use crate::units::SimDuration;

/// What decides when faults strike that strike at random times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Luck {
    /// The seed of the run.
    pub seed: u64,
    /// Which of several independent runs.
    pub replication: u32,
    /// The end of the run, counted from the start of the measured part: what would strike later does not matter.
    pub until: SimDuration,
}

/// So often something strikes again in a run, at most; a run that is longer than that sees no more. Each has its own positions of all
/// knobs, and a billion of them would be made before the first event.
pub(super) const MOST_STRIKES: usize = 5_000;

/// The same faults, each at its times.
pub(super) fn unfold(plan: &Plan, faults: &[Fault], luck: Luck) -> Vec<Fault> {
    let mut plain = Vec::new();
    for (i, fault) in faults.iter().enumerate() {
        let Some(random) = fault.random else {
            plain.extend(steps(fault, luck.until));
            continue;
        };
        let same = |other: &&Fault| other.kind == fault.kind && other.target == fault.target && other.random.is_some();
        let before = faults[..i].iter().filter(same).count();
        let name = format!("{}:{}", fault.kind.word(), fault.target);
        let (parts, kind) = fault.kind.effect().apart(&fault.target, plan).unwrap_or((1, fault.kind));
        for part in 0..parts {
            let purpose = format!("failures {before}.{part}");
            let mut stream = Stream::new(luck.seed, luck.replication, &name, &purpose);
            fail(fault, kind, random, &mut stream, luck.until, &mut plain);
        }
    }
    plain
}

/// Whether so much strikes at random times that a run does not see all of it.
pub fn strikes_too_often(plan: &Plan, faults: &[Fault], luck: Luck) -> bool {
    unfold(plan, faults, luck).len() >= MOST_STRIKES
}

/// What happens one after the other.
fn steps(fault: &Fault, until: SimDuration) -> Vec<Fault> {
    match fault.kind {
        FaultKind::Memory(memory) => memory.unfold(fault, until),
        _ => vec![fault.clone()],
    }
}

/// One part works and fails in turn, from the start of the fault on.
fn fail(
    fault: &Fault,
    kind: FaultKind,
    random: Random,
    stream: &mut Stream,
    until: SimDuration,
    plain: &mut Vec<Fault>,
) {
    let mut at = fault.start;
    while plain.len() < MOST_STRIKES {
        at += random.mtbf.times(stream.exponential());
        if at >= until || fault.end().is_some_and(|end| at >= end) {
            return;
        }
        let lasts = random.mttr.times(stream.exponential()).max(SimDuration(1));
        let lasts = fault.end().map_or(lasts, |end| lasts.min(SimDuration(end.0 - at.0)));
        let failure = Fault { kind, start: at, duration: Some(lasts), random: None, ..fault.clone() };
        plain.extend(steps(&failure, until));
        at += lasts;
    }
}
