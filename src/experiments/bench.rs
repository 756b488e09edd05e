//! A bench: one model, its expectations, and the question whether they hold at a load, perhaps with changes.

use super::contain::Remodel;
use super::judge::{Judged, Verdict, all_hold, judge_all, violation};
use super::length::Pace;
use super::trials::{Case, Schedule};
use super::usage::{Usage, giving_out, usages};
use crate::graph::{Bound, Graph};
use crate::measure::Measurements;
use crate::model::{Alert, Change, Expectation};
use crate::plan::Plan;
use rayon::prelude::*;

/// What experiments on the load work with.
#[derive(Clone, Copy)]
pub struct Bench<'g, 'p> {
    /// The plan as a graph.
    pub graph: &'g Graph<'p>,
    /// Its static bounds.
    pub bounds: &'g [Bound],
    /// What must hold.
    pub slos: &'g [Expectation],
    /// Who is told of what.
    pub alerts: &'g [Alert],
    /// The seed.
    pub seed: u64,
    /// What runs cost.
    pub pace: Pace,
    /// Builds changes into the model.
    pub remodel: Remodel<'g>,
}

/// What one load showed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Every expectation.
    pub judged: Vec<Judged>,
    /// Whether something grew without bound: such a load cannot last, even where the expectations still hold.
    pub grows: bool,
    /// Whether nothing is contradicted and nothing grew.
    pub holds: bool,
    /// The replications.
    pub runs: Vec<Measurements>,
}

/// Growth without bound weighs as much as half of the requests lost.
const GROWTH: f64 = 0.5;

impl Outcome {
    /// How much is missed in all.
    pub fn violation(&self) -> f64 {
        violation(&self.judged) + if self.grows { GROWTH } else { 0.0 }
    }

    /// The replication that shows best what gives out: one that grew, if any did.
    pub fn telling(&self) -> Option<&Measurements> {
        self.runs.iter().find(|m| grows(m)).or(self.runs.first())
    }

    /// The expectation that is missed most.
    pub fn worst(&self) -> Option<&Judged> {
        let missed = self.judged.iter().filter(|j| j.verdict != Verdict::Holds);
        missed.max_by(|a, b| a.violation.total_cmp(&b.violation))
    }
}

impl Bench<'_, '_> {
    /// Judges so many replications of a plan at a load.
    pub fn at(&self, plan: &Plan, load: f64, schedule: Schedule, replications: u32) -> Outcome {
        let case = Case { plan, load, faults: Vec::new(), schedule, seed: self.seed };
        self.judge(plan, case.replicate(replications))
    }

    /// Whether a load holds by one replication, as [`Bench::at`] would say: a run that can only fail is broken off.
    pub fn holds(&self, plan: &Plan, load: f64, schedule: Schedule) -> bool {
        let case = Case { plan, load, faults: Vec::new(), schedule, seed: self.seed };
        case.run_unless_foregone(self.slos).is_some_and(|run| self.judge(plan, vec![run]).holds)
    }

    /// Judges so many replications of which the first ones have been run, under the same conditions.
    pub fn go_on(&self, begun: Outcome, plan: &Plan, load: f64, schedule: Schedule, replications: u32) -> Outcome {
        let case = Case { plan, load, faults: Vec::new(), schedule, seed: self.seed };
        let mut runs = begun.runs;
        runs.extend(case.replicate_from(runs.len() as u32, replications));
        self.judge(plan, runs)
    }

    /// Judges runs.
    pub fn judge(&self, plan: &Plan, runs: Vec<Measurements>) -> Outcome {
        let judged = judge_all(plan, self.slos, &runs);
        let grows = runs.iter().any(|m| m.was_endless() || grows(m));
        Outcome { holds: all_hold(&judged) && !grows, grows, judged, runs }
    }

    /// The same load with different sets of changes, side by side; `None` where changes do not fit.
    pub fn with_all(
        &self,
        sets: &[Vec<Change>],
        load: f64,
        schedule: Schedule,
        replications: u32,
    ) -> Vec<Option<Outcome>> {
        let plans: Vec<Option<Plan>> = sets.iter().map(|set| (self.remodel)(set)).collect();
        plans.par_iter().map(|plan| plan.as_ref().map(|plan| self.at(plan, load, schedule, replications))).collect()
    }

    /// Whether the same load holds with each of these sets of changes; where changes do not fit, it does not.
    pub fn hold_all(&self, sets: &[Vec<Change>], load: f64, schedule: Schedule) -> Vec<bool> {
        let plans: Vec<Option<Plan>> = sets.iter().map(|set| (self.remodel)(set)).collect();
        plans.par_iter().map(|plan| plan.as_ref().is_some_and(|plan| self.holds(plan, load, schedule))).collect()
    }

    /// A short schedule at a load that costs about so many events.
    pub fn short(&self, load: f64, events: f64) -> Schedule {
        let schedule = self.pace.fit(load, 8.0, 30.0, events).schedule;
        let expected = self.pace.events_per_s * load * (schedule.warmup + schedule.measured).seconds();
        Schedule { most_events: (1.5 * expected) as u64 + 100_000, ..schedule }
    }

    /// The resources that give out in a run of the unchanged plan, the cause first.
    pub fn giving_out(&self, m: &Measurements) -> Vec<Usage> {
        giving_out(self.graph, &usages(self.graph, self.bounds, m))
    }
}

/// From this utilisation on a longer queue at the end is no accident: below it, even long queues come and go.
const ALWAYS_BUSY: f64 = 0.985;

/// Whether something grows all the time: a resource has no time left, and the queues of stations or pools are twice as
/// long at the end as in the middle or have taken up a hundredth of all requests; or messages pile up.
pub fn grows(m: &Measurements) -> bool {
    let rows = ((m.measured.0 / m.series.window.0.max(1)) as usize).min(m.series.rows.len());
    let quarter = rows / 4;
    if quarter == 0 {
        return false;
    }
    let waiting = |range: std::ops::Range<usize>| -> f64 {
        let n = range.len() as f64;
        let row = |i: usize| -> f64 {
            let row = &m.series.rows[i];
            let queues = row.stations.iter().map(|s| f64::from(s.queue)).sum::<f64>();
            queues + row.edges.iter().map(|e| f64::from(e.waiting)).sum::<f64>()
        };
        range.map(row).sum::<f64>() / n
    };
    let (middle, end) = (waiting(quarter..2 * quarter), waiting(3 * quarter..4 * quarter));
    let piles = m.topics.iter().any(|t| {
        let behind = t.published.saturating_sub(t.acknowledged + t.dead_lettered + t.dropped);
        t.delivered > 0 && behind > 30 && behind as f64 > 0.03 * t.published as f64
    });
    let exhausted = m.resources.iter().any(|r| r.utilization >= ALWAYS_BUSY);
    // Half of the growth of the measured part lies between the two quarters; a hundredth of all that came is steady growth.
    let offered: u64 = m.sources.iter().map(|s| s.total.offered).sum();
    let steady = end - middle > (0.005 * offered as f64).max(50.0);
    (exhausted && ((end > 2.0 * middle && end > 50.0) || steady)) || piles
}
