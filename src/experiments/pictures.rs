//! What only pictures need: what the system gives at each load, and the course of the worst failures.

use super::bench::{Bench, Outcome};
use super::campaign::{Drill, Failure};
use super::limits::Capacity;
use super::review::Shown;
use super::trials::{Case, Schedule};
use crate::faults::Fault;
use crate::measure::{Row, Served, Watched};
use crate::plan::{ComponentId, Plan, Role, StationId, UNLIMITED};
use crate::units::SimDuration;
use rayon::prelude::*;

/// What is drawn.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    /// By load, ascending; one run each.
    pub curve: Vec<LoadPoint>,
    /// The worst failures, each in one run.
    pub courses: Vec<Replay>,
}

/// One load.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadPoint {
    /// Multiple of the model's own.
    pub load: f64,
    /// Requests that came, per second.
    pub rate: f64,
    /// Requests answered, per second.
    pub goodput: f64,
    /// For each endpoint that users call: the share answered, and the 99th percentile of the time it took, in seconds.
    pub endpoints: Vec<(f64, Option<f64>)>,
    /// Whether all that is asked holds.
    pub holds: bool,
}

/// The course of one failure.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The failure, by position.
    pub failure: usize,
    /// What goes wrong, and when.
    pub fault: Fault,
    /// What users saw.
    pub watched: Watched,
    /// For each window: how each component was.
    pub moments: Vec<Vec<Moment>>,
}

/// How a component is in one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The share of its workers (or cores) in use; `None` where nothing limits it.
    pub busy: Option<f64>,
    /// Waiting, on average.
    pub waiting: f64,
    /// The share of requests that failed, of those that ended there.
    pub failed: f64,
    /// All in one word.
    pub state: State,
}

/// How a component is, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It works.
    Well,
    /// Nothing is left of something it needs.
    Full,
    /// It fails requests.
    Failing,
    /// No replica is up.
    Down,
}

/// Loads on the curve, between today's and the highest.
const POINTS: usize = 7;
/// Courses that are drawn.
const COURSES: usize = 4;
/// Windows of a course, about: one step of the slider each.
const WINDOWS: f64 = 80.0;
/// From this share on a component counts as full, or as failing.
const FULL: f64 = 0.95;
const FAILING: f64 = 0.05;

impl Bench<'_, '_> {
    /// What the system gives from today's load to the one asked for, or a little beyond what it bears; each load costs about
    /// `events`, but for those that have been run anyway.
    pub(super) fn curve(&self, capacity: &Capacity, asked: f64, runs: &[Shown], events: f64) -> Vec<LoadPoint> {
        let edge = if capacity.bracket.high.is_finite() { capacity.bracket.high } else { capacity.bracket.low };
        let top = asked.max(1.3 * edge).min(4.0 * asked.max(1.0));
        let least = 1.0f64.min(0.5 * edge.max(0.04));
        let step = |i: usize| least * libm::pow(top / least, i as f64 / (POINTS - 1) as f64);
        let shown = |load: f64| runs.iter().find(|shown| shown.load == load && shown.faults.is_empty());
        let mut loads: Vec<f64> = (0..POINTS).map(step).collect();
        loads.extend([1.0, capacity.bracket.low, capacity.bracket.high, asked]);
        loads.retain(|load| load.is_finite() && *load > 0.0 && *load <= 1.001 * top);
        loads.sort_by(f64::total_cmp);
        // Of two that are close, the one stays that has been run.
        loads.dedup_by(|a, b| {
            let close = *a / *b < 1.01;
            if close && shown(*a).is_some() {
                *b = *a;
            }
            close
        });
        let point = |load: f64| match shown(load) {
            Some(shown) => self.point(load, &shown.outcome),
            None => self.point(load, &self.at(self.graph.plan(), load, self.short(load, events), 1)),
        };
        loads.into_par_iter().map(point).collect()
    }

    /// What the first run at a load gave.
    fn point(&self, load: f64, outcome: &Outcome) -> LoadPoint {
        let run = &outcome.runs[0];
        let sum = |of: &dyn Fn(&Served) -> f64| run.sources.iter().map(|s| of(&s.total)).sum::<f64>();
        let endpoint = |endpoint| {
            let mut all = Served::default();
            let mine = run.sources.iter().flat_map(|s| &s.by_link).filter(|(e, _)| *e == endpoint);
            mine.for_each(|(_, served)| all.merge(served));
            (all.success_rate(), all.latency.quantile(0.99).map(SimDuration::seconds))
        };
        LoadPoint {
            load,
            rate: sum(&|s| s.rate(run.measured)),
            goodput: sum(&|s| s.goodput(run.measured)),
            endpoints: self.graph.user_endpoints().into_iter().map(endpoint).collect(),
            holds: outcome.holds,
        }
    }

    /// The course of the worst failures, of each part one; and of a slow dependency outside, if there is one.
    pub(super) fn courses(&self, drill: &Drill, failures: &[Failure]) -> Vec<Replay> {
        let plan = self.graph.plan();
        let outside = |f: &Failure| plan.components[f.target.index()].role == Role::External;
        let slow = |f: &Failure| outside(f) && f.fault.kind.word() == "latency";
        let mut order: Vec<usize> = (0..failures.len()).collect();
        order.sort_by_key(|i| (!failures[*i].matters(), !failures[*i].confirmed, *i));
        let mut chosen: Vec<usize> = Vec::new();
        for i in order {
            let fresh = chosen.iter().all(|c| failures[*c].target != failures[i].target);
            if fresh && failures[i].confirmed && chosen.len() < COURSES {
                chosen.push(i);
            }
        }
        if !chosen.iter().any(|i| slow(&failures[*i]))
            && let Some(i) = (0..failures.len()).find(|i| slow(&failures[*i]))
        {
            chosen.push(i);
        }
        chosen.into_par_iter().map(|i| self.course(drill, i, &failures[i])).collect()
    }

    fn course(&self, drill: &Drill, index: usize, failure: &Failure) -> Replay {
        let plan = self.graph.plan();
        let fault = super::campaign::catalog::again(&failure.fault, drill.at, drill.lasting);
        let schedule = drill.schedule();
        let window = SimDuration::from_seconds((schedule.measured.seconds() / WINDOWS).max(drill.window.seconds()));
        let schedule = Schedule { window, ..schedule };
        let case = Case { plan, load: failure.load, faults: vec![fault.clone()], schedule, seed: self.seed };
        let watched = case.watch(0);
        let moments = watched.series.rows.iter().map(|row| moments(plan, row)).collect();
        Replay { failure: index, fault, watched, moments }
    }
}

/// How each component was in a window.
fn moments(plan: &Plan, row: &Row) -> Vec<Moment> {
    (0..plan.components.len()).map(ComponentId::new).map(|c| moment(plan, row, c)).collect()
}

fn moment(plan: &Plan, row: &Row, component: ComponentId) -> Moment {
    let stations: Vec<StationId> = plan.stations_of(component).collect();
    let busy = stations.iter().filter_map(|s| busy(plan, row, *s)).reduce(f64::max);
    let waiting = stations.iter().map(|s| f64::from(row.stations[s.index()].queue)).sum();
    let mine = plan.endpoints.iter().zip(&row.endpoints).filter(|(e, _)| stations.contains(&e.station));
    let (good, failed) = mine.fold((0, 0), |(good, failed), (_, cell)| (good + cell.good, failed + cell.failed));
    // What is turned away at the door never reaches an endpoint.
    let refused: u32 = stations.iter().map(|s| row.stations[s.index()].refused).sum();
    let failed = f64::from(failed.max(refused));
    let ended = f64::from(good) + failed;
    let failed = if ended > 0.0 { failed / ended } else { 0.0 };
    let down = !stations.is_empty() && stations.iter().all(|s| row.stations[s.index()].up == 0);
    let state = match busy {
        _ if down => State::Down,
        _ if failed >= FAILING => State::Failing,
        Some(busy) if busy >= FULL => State::Full,
        _ => State::Well,
    };
    Moment { busy, waiting, failed, state }
}

/// The share in use of what a station has least of.
fn busy(plan: &Plan, row: &Row, station: StationId) -> Option<f64> {
    let (cell, station) = (&row.stations[station.index()], &plan.stations[station.index()]);
    let up = f64::from(cell.up.max(1));
    let workers = (station.workers != UNLIMITED).then(|| f64::from(cell.busy) / (f64::from(station.workers) * up));
    let cores = station.cores.map(|cores| f64::from(cell.cores) / (cores * up));
    workers.into_iter().chain(cores).reduce(f64::max).map(|share| share.min(1.0))
}
