//! When faults strike, and how they grow: the positions of the knobs over time.

use super::chance::{Luck, unfold};
use super::{Failover, Fault, FaultError, FaultKind};
use crate::plan::{Knobs, Plan, Version};
use crate::units::{SimDuration, UnitError};

/// When a fault strikes that strikes at random times. Both are exponentially distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Random {
    /// The mean time from the end of one failure to the next one.
    pub mtbf: SimDuration,
    /// The mean time that one lasts.
    pub mttr: SimDuration,
}

impl Random {
    /// What fails more often than this is no failure that comes and goes, but a share of errors or a longer latency.
    pub const SHORTEST: SimDuration = SimDuration::from_millis(100);

    /// Both or none are given.
    pub(crate) fn of(mtbf: Option<SimDuration>, mttr: Option<SimDuration>) -> Result<Option<Random>, UnitError> {
        let missing = |message: &str, hint: &str| UnitError { message: message.into(), hint: Some(hint.into()) };
        match (mtbf, mttr) {
            (Some(mtbf), Some(_)) if mtbf < Random::SHORTEST => Err(missing(
                &format!("`mtbf` is {mtbf}, and at least {}", Random::SHORTEST),
                "what fails all the time is an `errors` with a `share`",
            )),
            (Some(mtbf), Some(mttr)) => Ok(Some(Random { mtbf, mttr })),
            (None, None) => Ok(None),
            (Some(_), None) => {
                Err(missing("`mtbf` does not say how long a failure lasts", "add `mttr`, such as 10min"))
            }
            (None, Some(_)) => Err(missing("`mttr` does not say how often it fails", "add `mtbf`, such as 30d")),
        }
    }
}

/// Steps in which a fault grows.
const STEPS: u64 = 20;

impl Fault {
    /// Whether its times fit what it is.
    pub(super) fn check_times(&self, plan: &Plan) -> Result<(), FaultError> {
        self.check_lasting(plan)?;
        let word = self.kind.word();
        let each = matches!(self.kind, FaultKind::Kill(kill) if kill.each);
        match (self.ramp, self.duration) {
            (Some(ramp), Some(duration)) if ramp > duration && self.random.is_none() => {
                let message = format!("it lasts {duration}, and would grow for {ramp}");
                return Err(FaultError::new(message, "let it last longer, or grow faster"));
            }
            (Some(_), _) if self.kind.effect().grown(0.5).is_none() => {
                let message = format!("this `{word}` has no amount that could grow");
                return Err(FaultError::new(message, "leave `ramp` out"));
            }
            (Some(_), _) if self.random.is_some() && !matches!(self.kind, FaultKind::Memory(_)) => {
                return Err(FaultError::new("what strikes at random times strikes at once", "leave `ramp` out"));
            }
            _ => {}
        }
        if each && self.random.is_none() {
            let message = "`each` tells replicas apart that die at random times";
            return Err(FaultError::new(message, "add `mtbf: 30d` and `mttr: 10min`, or leave `each` out"));
        }
        Ok(())
    }

    /// What some kinds need to know of their times.
    fn check_lasting(&self, plan: &Plan) -> Result<(), FaultError> {
        match self.kind {
            FaultKind::Deploy(deploy) if deploy.version == Version::GOOD && self.duration.is_some() => {
                Err(FaultError::new(
                    "a deployment goes on until it is done",
                    "leave its duration out, or say what is bad about the new version: `errors: 20%`",
                ))
            }
            FaultKind::Deploy(_) if self.random.is_some() => {
                Err(FaultError::new("a deployment is no failure that comes and goes", "leave `mtbf` out"))
            }
            FaultKind::Failover(_) if self.duration.is_none() && self.random.is_none() => {
                match Failover::by_itself(&self.target, plan) {
                    Some(_) => Ok(()),
                    None => Err(FaultError::new(
                        format!("how long `{}` fails over is not known", self.target),
                        "write it: `for: 30s`, or give the database a `failover` of its own",
                    )),
                }
            }
            FaultKind::Memory(_) if self.ramp.is_some_and(|ramp| ramp < Random::SHORTEST) => Err(FaultError::new(
                format!("all memory is used up in less than {}", Random::SHORTEST),
                "a process that dies at once is a `kill`",
            )),
            FaultKind::Memory(_) if self.ramp.is_none() => Err(FaultError::new(
                "how fast the memory leaks is not known",
                "write in which time it is used up: `ramp: 60s`",
            )),
            _ => Ok(()),
        }
    }

    /// What it is at a time at which it is active.
    pub(super) fn grown_at(&self, at: SimDuration) -> Option<FaultKind> {
        let Some(ramp) = self.ramp else { return Some(self.kind) };
        // The first step of which the time has not come yet: times of steps are rounded down, as in `turns`.
        let since = at.0.saturating_sub(self.start.0);
        let step = (1..=STEPS).take_while(|step| step_at(ramp, *step) <= since).last()?;
        if step == STEPS { Some(self.kind) } else { self.kind.effect().grown(step as f64 / STEPS as f64) }
    }

    /// When it changes.
    fn turns(&self) -> impl Iterator<Item = SimDuration> {
        let steps = self.ramp.into_iter().flat_map(|ramp| (1..=STEPS).map(move |step| step_at(ramp, step)));
        let (start, end) = (self.start, self.end());
        let grows =
            steps.map(move |after| start + SimDuration(after)).filter(move |at| end.is_none_or(|end| *at < end));
        [Some(start), end].into_iter().flatten().chain(grows)
    }
}

fn step_at(ramp: SimDuration, step: u64) -> u64 {
    (u128::from(ramp.0) * u128::from(step) / u128::from(STEPS)) as u64
}

/// Knob positions over time, relative to the start of the measured part: one entry wherever they change, the baseline
/// holding before the first. Without faults there is none.
pub fn timeline(plan: &Plan, baseline: &Knobs, faults: &[Fault], luck: Luck) -> Vec<(SimDuration, Knobs)> {
    let faults = unfold(plan, faults, luck);
    let mut times: Vec<SimDuration> = faults.iter().flat_map(Fault::turns).collect();
    times.sort_unstable();
    times.dedup();
    let mut coming: Vec<&Fault> = faults.iter().collect();
    coming.sort_by_key(|fault| fault.start);
    let mut coming = coming.into_iter().peekable();
    let (mut active, mut over): (Vec<&Fault>, Vec<&Fault>) = (Vec::new(), Vec::new());
    let mut positions: Vec<(SimDuration, Knobs)> = Vec::new();
    for time in times {
        over.extend(active.iter().filter(|fault| !fault.active_at(time) && matches!(fault.kind, FaultKind::Deploy(_))));
        active.retain(|fault| fault.active_at(time));
        while let Some(fault) = coming.next_if(|fault| fault.start <= time) {
            active.push(fault);
        }
        let mut knobs = baseline.clone();
        over.iter().for_each(|fault| fault.kind.effect().turn_after(&fault.target, plan, &mut knobs));
        active.iter().for_each(|fault| fault.turn(plan, time, &mut knobs));
        if knobs != *positions.last().map_or(baseline, |(_, k)| k) {
            positions.push((time, knobs));
        }
    }
    positions
}
