//! Two faults at once. Most pairs of faults only add up; those are worth trying whose effects touch, since something can
//! bear either of them and not both.

use super::catalog::again;
use super::cut::{COSTLY, LEAST_EVENTS};
use super::{Drill, Failure, Field, Harm};
use crate::engine::Stop;
use crate::experiments::cascade::Struck;
use crate::experiments::options::Progress;
use crate::faults::Fault;
use crate::plan::ComponentId;
use rayon::prelude::*;

/// Two faults at once, with what they did.
#[derive(Clone, Debug, PartialEq)]
pub struct Joint {
    /// The two, by position in the list of failures.
    pub of: [usize; 2],
    /// The two as they struck.
    pub faults: [Fault; 2],
    /// Components that feel either of them alone.
    pub shared: Vec<ComponentId>,
    /// Share of the requests of that time that were lost to each alone.
    pub alone: [f64; 2],
    /// The same with both.
    pub together: f64,
    /// Whether goodput came back, after each alone and after both.
    pub back: [bool; 2],
}

/// Pairs of faults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pairs {
    /// Those that were tried, the worst surprise first.
    pub tried: Vec<Joint>,
    /// Pairs whose effects touch.
    pub touching: usize,
    /// Pairs of the same faults whose effects do not touch.
    pub apart: usize,
    /// Not all of them, and the clock decided how many.
    pub by_clock: bool,
}

/// Losing so much more, of all requests of that time, than the two add up to, is a surprise.
const SURPRISE: f64 = 0.02;

impl Joint {
    /// Share of the requests lost beyond what the two lose alone.
    pub fn surplus(&self) -> f64 {
        self.together - self.alone.iter().sum::<f64>().min(1.0)
    }

    /// Whether together they are worse than the two alone lead to expect.
    pub fn is_worse(&self) -> bool {
        self.surplus() >= SURPRISE || (self.back[0] && !self.back[1])
    }
}

/// How many pairs are tried.
#[derive(Clone, Copy)]
pub struct Allowance<'a> {
    /// As many as so many events pay for, by what each of the two takes alone; unless there is a time limit.
    pub events: f64,
    /// Tells how much time is left, if there is a limit.
    pub progress: &'a dyn Progress,
}

impl Field<'_, '_> {
    /// Tries pairs of failures in short runs, those first that leave most to lose.
    pub fn pairs(&self, drill: &Drill, failures: &[Failure], allowance: Allowance) -> Pairs {
        let chosen = different(failures);
        let mut touching: Vec<(usize, usize, Vec<ComponentId>)> = Vec::new();
        let mut apart = 0;
        for (n, &i) in chosen.iter().enumerate() {
            for &j in &chosen[n + 1..] {
                if failures[i].struck() == failures[j].struck() {
                    continue;
                }
                match shared(&failures[i], &failures[j]) {
                    all if all.is_empty() => apart += 1,
                    all => touching.push((i, j, all)),
                }
            }
        }
        let left =
            |(i, j, _): &(usize, usize, Vec<ComponentId>)| 1.0 - failures[*i].lost_share() - failures[*j].lost_share();
        // Stable, so that among equals the more urgent come first.
        touching.sort_by(|a, b| left(b).total_cmp(&left(a)));
        let all = touching.len();
        let mut tried = self.try_pairs(drill, failures, touching, allowance);
        tried.sort_by(|a, b| (a.back[1]).cmp(&b.back[1]).then(b.surplus().total_cmp(&a.surplus())));
        let by_clock = allowance.progress.time_left().is_some() && tried.len() < all;
        Pairs { tried, touching: all, apart, by_clock }
    }

    fn try_pairs(
        &self,
        drill: &Drill,
        failures: &[Failure],
        touching: Vec<(usize, usize, Vec<ComponentId>)>,
        allowance: Allowance,
    ) -> Vec<Joint> {
        if touching.is_empty() {
            return Vec::new();
        }
        let healthy = self.case(drill);
        let fork = healthy.fork(0, drill.at);
        let twin = healthy.run_from(&fork, 0);
        let joint = |(i, j, shared): &(usize, usize, Vec<ComponentId>)| {
            let pair = [&failures[*i], &failures[*j]];
            let faults = pair.map(|f| again(&f.fault, drill.at, drill.lasting));
            let mut case = healthy.with_faults(&faults);
            case.schedule.most_events = (COSTLY * twin.events).max(LEAST_EVENTS);
            let run = case.run_from(&fork, 0);
            if matches!(run.stop, Some(Stop::Events(_))) {
                return None;
            }
            let struck: Vec<_> = pair.iter().map(|f| f.struck()).collect();
            let harm = Harm::of(self, drill, &struck, [&twin, &run]);
            Some(Joint {
                of: [*i, *j],
                faults,
                shared: shared.clone(),
                alone: pair.map(|failure| alone(failure, drill)),
                together: harm.lost_in_all() / harm.during.iter().sum::<f64>().max(1.0),
                back: [pair.iter().all(|f| f.recoveries() == f.harms.len()), harm.recovered.is_some()],
            })
        };
        let mut tried: Vec<Joint> = Vec::new();
        let Some(mut time) = allowance.progress.time_left() else {
            let mut left = allowance.events;
            let pays = |(i, j, _): &&(usize, usize, Vec<ComponentId>)| {
                let rate = [*i, *j].map(|f| failures[f].events as f64 / failures[f].drill.seconds());
                left -= rate[0].max(rate[1]) * drill.seconds();
                left >= 0.0
            };
            let count = touching.iter().take_while(pays).count();
            return touching[..count].par_iter().filter_map(joint).collect();
        };
        // A batch is begun only when there is time for as long a one as the longest so far.
        let mut longest: f64 = 0.0;
        for batch in touching.chunks(rayon::current_num_threads().max(1)) {
            if time <= longest {
                break;
            }
            tried.extend(batch.par_iter().filter_map(joint).collect::<Vec<_>>());
            allowance.progress.advance(batch.len() as u64);
            let now = allowance.progress.time_left().unwrap_or(0.0);
            longest = longest.max(time - now);
            time = now;
        }
        tried
    }
}

/// The share of the requests that a failure loses: in the same run without the other one, where there is one.
fn alone(failure: &Failure, drill: &Drill) -> f64 {
    match failure.harms.first().filter(|_| failure.drill == *drill) {
        Some(harm) => harm.lost_in_all() / harm.during.iter().sum::<f64>().max(1.0),
        None => failure.lost_share(),
    }
}

/// What feels both.
fn shared(a: &Failure, b: &Failure) -> Vec<ComponentId> {
    let theirs = b.touches();
    a.touches().into_iter().filter(|c| theirs.contains(c)).collect()
}

/// What tells failures apart that strike the same part.
pub type Mark = (Struck, Vec<ComponentId>, i64);

/// What it struck, what feels it, and tenths of the requests that it loses.
pub fn mark(failure: &Failure) -> Mark {
    (failure.struck(), failure.touches(), (failure.lost_share() * 10.0).round() as i64)
}

/// Of the faults that strike the same part and do the same, one: the first.
fn different(failures: &[Failure]) -> Vec<usize> {
    let mut seen: Vec<Mark> = Vec::new();
    let mut chosen = Vec::new();
    for (i, failure) in failures.iter().enumerate() {
        let mark = mark(failure);
        if !seen.contains(&mark) {
            seen.push(mark);
            chosen.push(i);
        }
    }
    chosen
}
