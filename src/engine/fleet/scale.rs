//! Autoscaling, by the rule of Kubernetes' Horizontal Pod Autoscaler.

use super::super::agenda::{Class, Kind};
use super::super::world::World;
use super::Life;
use crate::plan::{Fleet, Scaling, Signal};
use std::collections::VecDeque;

/// What an autoscaler remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct Scaler {
    /// What it would have advised, and when.
    advice: VecDeque<(u64, u32)>,
    /// When it last looked, and the core time and the busy integral then.
    looked: u64,
    core_time: f64,
    busy: u128,
}

impl World<'_> {
    pub(super) fn begin_scaling(&mut self, i: usize, fleet: &Fleet) {
        if let Some(scaling) = fleet.scaling {
            self.schedule(scaling.sync.0, Class::Arrival, Kind::Scale, i as u32);
        }
    }

    /// The autoscaler looks at its signal.
    pub(in super::super) fn scale_due(&mut self, i: usize) {
        let Some(scaling) = self.spec(i).scaling else { return };
        self.schedule(scaling.sync.0, Class::Arrival, Kind::Scale, i as u32);
        let total = self.signal(i, &scaling);
        let (now, most) = (self.now, self.plan.stations[i].replicas);
        let fleet = self.fleet(i);
        let (ready, alive, wanted) = (fleet.count(Life::Ready), fleet.alive(), fleet.wanted);
        let advised = advise(&scaling, total, ready, alive).clamp(scaling.min, most);
        let scaler = &mut fleet.scaler;
        scaler.advice.push_back((now, advised));
        let reach = scaling.up_window.max(scaling.down_window).0;
        while scaler.advice.front().is_some_and(|(at, _)| at + reach < now) {
            scaler.advice.pop_front();
        }
        let within = |window: u64| scaler.advice.iter().filter(move |(at, _)| at + window >= now).map(|(_, n)| *n);
        let lowest = within(scaling.up_window.0).min().unwrap_or(advised);
        let highest = within(scaling.down_window.0).max().unwrap_or(advised);
        // At most twice as many, or four more, each time.
        fleet.wanted = if lowest > wanted { lowest.min((2 * wanted).max(wanted + 4)) } else { highest.min(wanted) };
        self.reconcile(i);
    }

    /// The signal summed over the replicas that are ready.
    fn signal(&mut self, i: usize, scaling: &Scaling) -> f64 {
        let (core_time, now) = (self.core_time(i), self.now);
        let busy = self.tallies.stations[i].busy.area_at(now);
        let cores = self.plan.stations[i].cores.unwrap_or(1.0);
        let scaler = &mut self.fleet(i).scaler;
        let passed = (now - scaler.looked).max(1) as f64;
        let used = (core_time - scaler.core_time) / passed;
        let working = (busy - scaler.busy) as f64 / passed;
        (scaler.looked, scaler.core_time, scaler.busy) = (now, core_time, busy);
        match scaling.signal {
            Signal::Cpu => used / cores,
            Signal::Concurrency => working,
            Signal::Backlog(topic) => self.tallies.topics[topic.index()].backlog.level as f64,
        }
    }
}

/// How many there should be. Replicas that are not ready count as idle when there should be more; if that turns the
/// decision round, nothing changes.
fn advise(scaling: &Scaling, total: f64, ready: u32, alive: u32) -> u32 {
    let needed = total / scaling.target;
    if let Signal::Backlog(_) = scaling.signal {
        return needed.ceil() as u32;
    }
    let ratio = |n: u32| needed / f64::from(n.max(1));
    let off = |ratio: f64| (ratio - 1.0).abs() > scaling.tolerance;
    let counted = if ratio(ready) > 1.0 { alive } else { ready };
    match off(ratio(ready)) && off(ratio(counted)) && (ratio(counted) > 1.0) == (ratio(ready) > 1.0) {
        true => needed.ceil() as u32,
        false => alive,
    }
}
