//! One run watched window by window, for pictures of its course: what a series counts, and how long answers took.

use super::series::Recorder;
use super::{Series, Trial};
use crate::engine::{Outcome, Probe, World};
use crate::plan::{Plan, SourceId};
use crate::units::{SimDuration, SimTime};

/// The course of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watched {
    /// What happened in each window.
    pub series: Series,
    /// Percentiles of the time to an answer, of what was answered in each window.
    pub answers: Vec<Answers>,
}

/// How long answers took in one window; `None` where there was none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// Median and 99th percentile over all users' requests.
    pub all: Option<[SimDuration; 2]>,
    /// The same of each entry of each source's mix, in the order of the sources.
    pub entries: Vec<Option<[SimDuration; 2]>>,
}

/// Runs a trial again and keeps what its histograms add up. Its numbers are those of [`Trial::run`]: nothing that is heard
/// changes what happens.
pub fn watch(trial: &Trial<'_>) -> Watched {
    let start = SimTime(trial.warmup.0);
    let window = trial.window.max(SimDuration(1));
    let mut world = World::new(trial.plan, trial.load, trial.seed, trial.replication);
    let mut ear = Ear::new(trial.plan);
    let mut stop = world.run_until(start, &trial.limits, &mut ear);
    world.count(true);
    let mut recorder = Recorder::new(&world);
    let mut watched = Watched { series: Series { window, start, rows: Vec::new() }, answers: Vec::new() };
    let mut turns = trial.timeline.iter().peekable();
    let mut at = SimDuration::ZERO;
    while at < trial.measured && stop.is_none() {
        while let Some((_, knobs)) = turns.next_if(|(due, _)| *due <= at) {
            world.turn(knobs, &mut ear);
        }
        let row = SimDuration((at.0 / window.0 + 1) * window.0);
        let next = turns.peek().map_or(row, |(due, _)| row.min(*due)).min(trial.measured);
        stop = world.run_until(start + next, &trial.limits, &mut ear);
        at = next;
        if at == row || stop.is_some() {
            watched.series.rows.push(recorder.row(&world));
            watched.answers.push(ear.take());
        }
    }
    watched
}

/// Hears every answer of a window.
struct Ear {
    /// Where the entries of each source begin.
    sources: Vec<usize>,
    heard: Vec<Vec<SimDuration>>,
}

impl Ear {
    fn new(plan: &Plan) -> Ear {
        let mut next = 0;
        let mut sources = Vec::new();
        for source in &plan.sources {
            sources.push(next);
            next += source.mix.len();
        }
        Ear { sources, heard: vec![Vec::new(); next] }
    }

    /// What was heard since the last time.
    fn take(&mut self) -> Answers {
        let mut all: Vec<SimDuration> = self.heard.iter().flatten().copied().collect();
        let entries = self.heard.iter_mut().map(|heard| percentiles(heard)).collect();
        self.heard.iter_mut().for_each(Vec::clear);
        Answers { all: percentiles(&mut all), entries }
    }
}

/// The median and the 99th percentile, each a value that occurred.
fn percentiles(heard: &mut [SimDuration]) -> Option<[SimDuration; 2]> {
    heard.sort_unstable();
    let at = |q: f64| heard.get(((q * heard.len() as f64).ceil() as usize).saturating_sub(1)).copied();
    Some([at(0.5)?, at(0.99)?])
}

impl Probe for Ear {
    fn answered(&mut self, source: SourceId, asked: usize, outcome: Outcome, latency: SimDuration) {
        if outcome.is_good() {
            self.heard[self.sources[source.index()] + asked].push(latency);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let mut heard: Vec<SimDuration> = (1..=200).rev().map(SimDuration::from_millis).collect();
        assert_eq!(percentiles(&mut heard), Some([SimDuration::from_millis(100), SimDuration::from_millis(198)]));
        assert_eq!(percentiles(&mut [SimDuration(7)]), Some([SimDuration(7); 2]));
        assert_eq!(percentiles(&mut []), None);
    }
}
