//! Single requests of the runs that are shown, and where the time of typical and of late ones goes.

use super::review::Shown;
use super::trials::Case;
use crate::measure::Measurements;
use crate::measure::traces::{Entry, Place, Spent, Trace, Traces, spent};
use crate::plan::Plan;
use crate::units::SimDuration;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Requests of the first replication of a run.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The run, by position.
    pub run: usize,
    /// The requests.
    pub traces: Traces,
    /// Where the time of the requests goes that users make most.
    pub main: Option<MainTime>,
}

/// Where the time of one entry of a source's mix goes.
#[derive(Clone, Debug)]
pub struct MainTime {
    /// The entry, by position.
    pub entry: usize,
    /// Of those near the median.
    pub typical: MeanTime,
    /// Of those near the 99th percentile.
    pub late: MeanTime,
}

/// Over several requests, on average.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeanTime {
    /// So many.
    pub requests: usize,
    /// To an answer.
    pub latency: SimDuration,
    /// Where it went; adds up to the latency, but for the rounding of nanoseconds.
    pub spent: BTreeMap<Place, Spent>,
}

/// How far from a percentile a request may be to stand for it, as a share of it. The nearest one always may.
const NEAR: f64 = 0.1;

/// Runs the first replication of each run again, or as much of its measured part as costs about `events`, and keeps some of
/// its requests.
pub(super) fn trace(plan: &Plan, seed: u64, runs: &[Shown], events: f64) -> Vec<Traced> {
    let one = |(run, shown): (usize, &Shown)| {
        let seen = shown.outcome.runs.first()?;
        let (faults, mut schedule) = (shown.faults.clone(), shown.length.schedule);
        let each = seen.events as f64 / (schedule.warmup + schedule.measured).seconds();
        // Whole seconds, so that they can be told.
        let affordable = SimDuration::from_seconds((events / each.max(1e-9)).clamp(1.0, 1e9).floor());
        schedule.measured = schedule.measured.min(affordable.max(schedule.late));
        let traces = Case { plan, load: shown.load, faults, schedule, seed }.trace(0, seen);
        let main = main_time(plan, seen, &traces);
        Some(Traced { run, traces, main })
    };
    runs.par_iter().enumerate().filter_map(one).collect()
}

fn main_time(plan: &Plan, seen: &Measurements, traces: &Traces) -> Option<MainTime> {
    let served = |entry: &Entry| &seen.sources[entry.source.index()].by_link[entry.asked].1;
    let order = (0..traces.entries.len()).rev();
    let entry = order.max_by_key(|i| served(&traces.entries[*i]).offered)?;
    let latency = &served(&traces.entries[entry]).latency;
    let mean = |chosen: &[usize], q: f64| mean_time(plan, traces, chosen, latency.quantile(q)?);
    let (typical, late) = (&traces.entries[entry].typical, &traces.entries[entry].late);
    Some(MainTime { entry, typical: mean(typical, 0.5)?, late: mean(late, 0.99)? })
}

fn mean_time(plan: &Plan, traces: &Traces, chosen: &[usize], target: SimDuration) -> Option<MeanTime> {
    let whole = chosen.iter().map(|i| &traces.traces[*i]).filter(|t| !t.cut);
    let near = |t: &Trace| t.latency().0.abs_diff(target.0) as f64 <= NEAR * target.0 as f64;
    let these: Vec<&Trace> = whole.enumerate().filter(|(i, t)| *i == 0 || near(t)).map(|(_, t)| t).collect();
    let n = these.len() as u64;
    let mut sum = MeanTime { requests: these.len(), ..MeanTime::default() };
    for trace in these {
        sum.latency += trace.latency();
        for (place, spent) in spent(plan, trace) {
            let all = sum.spent.entry(place).or_default();
            all.working += spent.working;
            all.waiting += spent.waiting;
        }
    }
    for time in sum.spent.values_mut().flat_map(|s| [&mut s.working, &mut s.waiting]).chain([&mut sum.latency]) {
        time.0 /= n.max(1);
    }
    (n > 0).then_some(sum)
}
