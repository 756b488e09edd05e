//! What a run of an incident showed, in the units that the engine measures: nothing here knows any of the models.
//!
//! A run with the scenario's faults is compared, window by window, with the same run without them (same seed, same draws).
//! The signs are those an operator has on a dashboard: requests that fail or time out, lines that are longer than they ever
//! were, replicas out of rotation, and answers that take several times as long.

use rayon::prelude::*;
use tenfold::engine::Limits;
use tenfold::faults::{self, Fault};
use tenfold::measure::{Measurements, Row, Series, Trial};
use tenfold::model::Model;
use tenfold::plan::{Knobs, Plan};
use tenfold::units::SimDuration;

/// Windows of this length.
const WINDOW: u64 = 1;
/// The first signs of an impairment: in so many of the next `LOOK` windows.
const SIGNS: usize = 4;
const LOOK: usize = 5;

/// How a scenario is run: its faults, then so many seconds more.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub warmup: u64,
    /// Seconds from the end of the last fault to the end of the run.
    pub tail: u64,
    pub replications: u32,
}

/// What one replication showed.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Components, and sources as `users of NAME`, in the order in which they were impaired, with the second of the run.
    pub impaired: Vec<(String, usize)>,
    /// The same, looked at from the end of the trigger on.
    pub lasting: Vec<(String, usize)>,
    /// Answered of those that were asked for, over all sources: before the trigger, during it, and in the last minute.
    pub before: f64,
    pub during: f64,
    pub after: f64,
    /// The same, of each source.
    pub sources: Vec<(String, [f64; 3])>,
    /// The same of the run without faults: is this a system that works?
    pub healthy: f64,
    pub faulted: Measurements,
    pub twin: Measurements,
    /// The second at which the trigger ends.
    pub until: usize,
}

/// The scenario called `incident`, with faults added to it.
pub fn examine(model: &Model, more: &[&str], way: Way) -> Vec<Seen> {
    let scenario = model.scenarios.iter().find(|s| s.name == "incident").expect("a scenario `incident`");
    assert!(scenario.load.is_none(), "incidents happen at the model's own load");
    let mut all = scenario.faults.clone();
    all.extend(more.iter().map(|f| Fault::parse_flag(f).unwrap()));
    (0..way.replications).into_par_iter().map(|r| see(model, &all, scenario.faults.as_slice(), way, r)).collect()
}

fn see(model: &Model, faults: &[Fault], trigger: &[Fault], way: Way, replication: u32) -> Seen {
    let end = |fault: &Fault| fault.end().expect("the trigger of an incident ends").seconds().ceil() as usize;
    let from = trigger.iter().map(|f| f.start.seconds() as usize).min().unwrap();
    let until = trigger.iter().map(end).max().unwrap();
    let last = faults.iter().map(end).max().unwrap();
    let measured = SimDuration::from_secs(last as u64 + way.tail);
    let run = |faults: &[Fault]| {
        let knobs = Knobs::baseline(&model.plan, 1.0);
        let luck = faults::Luck { seed: 1, replication, until: measured };
        let timeline = faults::timeline(&model.plan, &knobs, faults, luck);
        let trial = Trial {
            plan: &model.plan,
            load: 1.0,
            seed: 1,
            replication,
            timeline,
            warmup: SimDuration::from_secs(way.warmup),
            late: SimDuration::ZERO,
            measured,
            window: SimDuration::from_secs(WINDOW),
            limits: Limits { events: 60_000_000, in_flight: 2_000_000, ..Limits::default() },
        };
        trial.run()
    };
    let (faulted, twin) = (run(faults), run(&[]));
    let rows = measured.seconds() as usize;
    let share = |sources: &[usize], from, to| answered(&faulted.series, sources, from, to);
    let phases = |sources: &[usize]| {
        let last = rows.saturating_sub(60).max(until);
        [share(sources, 0, from), share(sources, from, until), share(sources, last, rows)]
    };
    let all: Vec<usize> = (0..model.plan.sources.len()).collect();
    let [before, during, after] = phases(&all);
    let sources = all.iter().map(|&s| (model.plan.sources[s].name.clone(), phases(&[s]))).collect();
    let healthy = answered(&twin.series, &all, 0, rows);
    let [impaired, lasting] =
        [from, until].map(|start| impaired(&model.plan, &faulted.series, &twin.series, (start, from)));
    Seen { impaired, lasting, before, during, after, sources, healthy, faulted, twin, until }
}

/// Requests of users that ended well, per second.
fn good(series: &Series, sources: &[usize], from: usize, to: usize) -> f64 {
    let rows = &series.rows[from.min(series.rows.len())..to.min(series.rows.len())];
    let good: u32 = rows.iter().flat_map(|row| sources.iter().map(|s| row.sources[*s].good)).sum();
    f64::from(good) / rows.len().max(1) as f64
}

/// Requests of users that ended well, as a share of those that came.
fn answered(series: &Series, sources: &[usize], from: usize, to: usize) -> f64 {
    let rows = &series.rows[from.min(series.rows.len())..to.min(series.rows.len())];
    let came: u32 = rows.iter().flat_map(|row| sources.iter().map(|s| row.sources[*s].offered)).sum();
    good(series, sources, from, to) * rows.len() as f64 / f64::from(came.max(1))
}

impl Seen {
    /// In the last minute the users of every source are answered.
    pub fn recovers(&self) -> bool {
        self.sources.iter().all(|(_, [_, _, after])| *after > 0.95) && self.faulted.stop.is_none()
    }

    /// Seconds from the end of the faults until goodput stays above 90% of what it would be for ten seconds.
    pub fn back_after(&self) -> Option<usize> {
        let sources: Vec<usize> = (0..self.sources.len()).collect();
        let rows = self.faulted.series.rows.len().min(self.twin.series.rows.len());
        let well = |t: usize| {
            good(&self.faulted.series, &sources, t, t + 10) > 0.9 * good(&self.twin.series, &sources, t, t + 10)
        };
        (self.until..rows.saturating_sub(10)).find(|t| well(*t)).map(|t| t - self.until)
    }

    /// The components that were impaired, users left out, in their order.
    pub fn order(&self) -> Vec<&str> {
        components(&self.impaired)
    }

    /// As far as they were impaired when the trigger was over, or became so later.
    pub fn order_after(&self) -> Vec<&str> {
        components(&self.lasting)
    }
}

fn components(impaired: &[(String, usize)]) -> Vec<&str> {
    impaired.iter().map(|(name, _)| name.as_str()).filter(|n| !n.starts_with("users of")).collect()
}

/// A component in a window, summed over its stations, its endpoints and the calls to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signs {
    pub busy: f64,
    pub queue: f64,
    pub up: u32,
    pub good: f64,
    pub failed: f64,
    pub calls: f64,
    /// Tries that timed out or were refused on the caller's side.
    pub lost: f64,
    /// Mean seconds of those that were answered.
    pub latency: f64,
}

pub fn signs(plan: &Plan, component: usize, row: &Row) -> Signs {
    let mut s = Signs::default();
    for (station, cell) in plan.stations.iter().zip(&row.stations) {
        if station.component.index() == component {
            s.busy += f64::from(cell.busy);
            s.queue += f64::from(cell.queue);
            s.up += cell.up;
        }
    }
    let mut time = 0.0;
    for (endpoint, cell) in plan.endpoints.iter().zip(&row.endpoints) {
        if plan.stations[endpoint.station.index()].component.index() == component {
            s.good += f64::from(cell.good);
            s.failed += f64::from(cell.failed);
            time += cell.latency_sum.seconds();
        }
    }
    s.latency = if s.good > 0.0 { time / s.good } else { 0.0 };
    for (edge, cell) in plan.edges.iter().zip(&row.edges) {
        if edge.to.index() == component {
            s.calls += f64::from(cell.calls + cell.retries);
            s.lost += f64::from(cell.timeouts + cell.rejected);
        }
    }
    s
}

/// Who shows signs that the healthy twin never shows, in order; at equal times whoever is called comes before its callers.
fn impaired(plan: &Plan, faulted: &Series, twin: &Series, (from, began): (usize, usize)) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let demand = demand(faulted, twin, began);
    for (i, component) in plan.components.iter().enumerate() {
        let usual: Vec<Signs> = twin.rows.iter().map(|row| signs(plan, i, row)).collect();
        let most = |of: fn(&Signs) -> f64| usual.iter().map(of).fold(0.0, f64::max);
        let line = most(|s| s.queue).max(1.0);
        let slow = most(|s| s.latency);
        let up = usual.iter().map(|s| s.up).min().unwrap_or(0);
        // What it does in the healthy twin, each second on average.
        let does =
            usual.iter().skip(began).map(|s| s.good).sum::<f64>() / usual.len().saturating_sub(began).max(1) as f64;
        let bad = |(t, row): (usize, &Row)| {
            let s = signs(plan, i, row);
            let failing = s.failed > 0.05 * (s.failed + s.good) && s.failed >= 2.0;
            let lost = s.lost > 0.05 * s.calls && s.lost >= 2.0;
            let starved = does >= 10.0 && s.good < 0.2 * does * demand[t];
            let long = s.queue > 3.0 * line + 10.0;
            failing || lost || long || starved || s.up < up || (s.good >= 2.0 && s.latency > 3.0 * slow)
        };
        let sick: Vec<bool> = faulted.rows.iter().enumerate().map(bad).collect();
        if let Some(at) = onset(&sick, from) {
            found.push((depth(plan, i), component.name.clone(), at));
        }
    }
    for (i, source) in plan.sources.iter().enumerate() {
        let bad = |row: &Row| {
            let cell = row.sources[i];
            f64::from(cell.failed) > 0.05 * f64::from(cell.failed + cell.good) && cell.failed >= 2
        };
        let sick: Vec<bool> = faulted.rows.iter().map(bad).collect();
        if let Some(at) = onset(&sick, from) {
            found.push((0, format!("users of {}", source.name), at));
        }
    }
    found.sort_by_key(|(depth, _, at)| (*at, usize::MAX - depth));
    found.into_iter().map(|(_, name, at)| (name, at)).collect()
}

/// What users asked for in each window, as a share of what they ask for in the twin, of the source that asked for least; at
/// most 1. Nobody is impaired by having less to do.
fn demand(faulted: &Series, twin: &Series, began: usize) -> Vec<f64> {
    let rows = twin.rows.len().saturating_sub(began).max(1) as f64;
    let usual =
        |source: usize| twin.rows.iter().skip(began).map(|r| f64::from(r.sources[source].offered)).sum::<f64>() / rows;
    let usual: Vec<f64> = (0..twin.rows.first().map_or(0, |r| r.sources.len())).map(usual).collect();
    let share =
        |row: &Row| row.sources.iter().zip(&usual).map(|(c, u)| f64::from(c.offered) / u.max(1e-9)).fold(1.0, f64::min);
    faulted.rows.iter().map(share).collect()
}

/// The first window from which on most of the next are bad.
fn onset(sick: &[bool], from: usize) -> Option<usize> {
    let lasting = |t: &usize| sick[*t] && sick[*t..].iter().take(LOOK).filter(|s| **s).count() >= SIGNS;
    (from..sick.len()).find(lasting)
}

/// How many calls lead from users to a component, at most (as far as there are components).
fn depth(plan: &Plan, component: usize) -> usize {
    let mut depths = vec![1; plan.components.len()];
    for _ in 0..plan.components.len() {
        for edge in &plan.edges {
            if let tenfold::plan::Party::Component(from) = edge.from {
                let below = depths[from.index()] + 1;
                let to = &mut depths[edge.to.index()];
                *to = (*to).max(below).min(plan.components.len());
            }
        }
    }
    depths[component]
}
