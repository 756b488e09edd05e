//! The plan's steps as the loop runs them: 24 bytes each, with the number of the step, and with what the most frequent
//! ones would look up elsewhere.

use crate::plan::{Plan, Step};
use crate::random::Dist;

/// What to do. Steps that few requests have are [`Do::Rare`]: the plan says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Do {
    /// Exponential work of mean `x` nanoseconds.
    WorkExponential,
    /// Work by distribution `a`.
    Work,
    /// A call along link `a`.
    Call,
    /// Fork `a`.
    Fork,
    Return,
    /// Goes on with probability `x`, else to `a`.
    Chance,
    /// Looks into cache `a`; on a miss goes to `b`.
    Lookup,
    /// Goes to `a`.
    Jump,
    Rare,
}

impl Do {
    /// Its name, for profiles.
    pub(super) fn name(self) -> &'static str {
        match self {
            Do::WorkExponential => "step Work (exponential)",
            Do::Work => "step Work",
            Do::Call => "step Call",
            Do::Fork => "step Fork",
            Do::Return => "step Return",
            Do::Chance => "step Chance",
            Do::Lookup => "step Lookup",
            Do::Jump => "step Jump",
            Do::Rare => "step of another kind",
        }
    }
}

/// One step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op {
    pub what: Do,
    /// Its number within its endpoint, for the choices made there: another endpoint does not change it.
    pub number: u32,
    pub a: u32,
    pub b: u32,
    pub x: f64,
}

/// All programs of a plan.
pub(super) fn compile(plan: &Plan) -> Vec<Op> {
    let numbers = numbers(plan);
    plan.steps.iter().zip(numbers).map(|(step, number)| op(plan, step, number)).collect()
}

fn op(plan: &Plan, step: &Step, number: u32) -> Op {
    let (what, a, b, x) = match *step {
        Step::Work { time } => match plan.dists[time.index()] {
            Dist::Exponential { mean } => (Do::WorkExponential, time.0, 0, mean),
            _ => (Do::Work, time.0, 0, 0.0),
        },
        Step::Call { link, .. } => (Do::Call, link.0, 0, 0.0),
        Step::Fork { fork, .. } => (Do::Fork, fork.0, 0, 0.0),
        Step::Return => (Do::Return, 0, 0, 0.0),
        Step::Chance { p, otherwise } => (Do::Chance, otherwise.0, 0, p),
        Step::Lookup { cache, miss } => (Do::Lookup, cache.0, miss.0, 0.0),
        Step::Jump { to } => (Do::Jump, to.0, 0, 0.0),
        _ => (Do::Rare, 0, 0, 0.0),
    };
    Op { what, number, a, b, x }
}

/// How far each step stands behind the entry of its endpoint: programs follow one another.
fn numbers(plan: &Plan) -> Vec<u32> {
    let mut entries: Vec<u32> = plan.endpoints.iter().map(|e| e.entry.0).collect();
    entries.sort_unstable();
    let entry_of = |pc: u32| entries[..entries.partition_point(|&entry| entry <= pc)].last().copied().unwrap_or(0);
    (0..plan.steps.len() as u32).map(|pc| pc - entry_of(pc)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_steps_take_no_more_than_two_would_in_the_plan() {
        assert!(size_of::<Op>() == 24 && size_of::<Step>() >= 24);
    }
}
