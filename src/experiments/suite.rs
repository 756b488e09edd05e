//! Scenarios as tests: replications are added until every expectation is settled, or there are as many as may be.
//!
//! After 5, 10, 20 and 40 replications (the numbers are options) each expectation that is still open is looked at. It has
//! *passed* when its whole interval meets it, *failed* when its whole interval misses it. An interval at 95% looked at
//! four times would be wrong more often than it says; by Bonferroni each look is given its share of the error, so that at
//! most one verdict in twenty is wrong, whenever it falls. An expectation at the very edge of what is possible, such as
//! `success >= 100%`, has no interval that could meet it and is judged by what was seen.

use super::bench::{Outcome, grows};
use super::judge::{interval, meets, wants_more, wilson};
use super::length::{Length, Pace, shown};
use super::options::{Options, Progress, slos};
use super::plain::{parts, reaching, recoveries};
use super::review::{Review, Shown, review};
use super::trials::Case;
use crate::faults::Fault;
use crate::graph::Graph;
use crate::measure::{Estimate, Measurements};
use crate::model::{Expectation, Metric, Model, Op, Scenario, What, Window};
use crate::units::{Quantity, SimDuration};
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A scenario with what it expects, or the model itself with its objectives.
#[derive(Clone, Debug)]
pub struct Exam {
    /// The scenario's name; `objectives` for the model itself.
    pub name: String,
    /// The load, as a multiple of the model's own.
    pub load: f64,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// What should hold.
    pub expectations: Vec<Expectation>,
}

/// How an expectation came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruling {
    /// It holds, and the interval leaves no doubt.
    Passed,
    /// As many replications as may be do not settle it.
    Inconclusive,
    /// It does not hold, and the interval leaves no doubt.
    Failed,
}

/// An expectation with its ruling.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruled {
    /// Position in the list of expectations.
    pub index: usize,
    /// What was measured, with the interval the ruling rests on; `None` when nothing was.
    pub measured: Option<Estimate>,
    /// The ruling.
    pub ruling: Ruling,
    /// Replications behind it.
    pub replications: u32,
    /// Runs in which something contradicts it, where runs are counted: of `replications`.
    pub runs_against: Option<u32>,
}

/// What a scenario showed.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The run, over all its replications.
    pub shown: Shown,
    /// Its expectations, judged; those about findings and capacity are not among them.
    pub ruled: Vec<Ruled>,
    /// The review at this load, where something is expected of it.
    pub review: Option<Arc<Review>>,
    /// How long its runs took together, on whatever threads; `None` where nobody asks.
    pub seconds: Option<f64>,
}

/// What the objectives of the model itself are called among its scenarios.
const OBJECTIVES: &str = "objectives";

/// Confidence over all looks together.
const CONFIDENCE: f64 = 0.95;

/// Everything of a model that can be tested: its objectives at its own load, then every scenario that expects something,
/// or that must keep the objectives.
pub fn exams(model: &Model, options: &Options) -> Vec<Exam> {
    let (objectives, assumed) = slos(model);
    let mut all = Vec::new();
    if !assumed {
        let name = OBJECTIVES.into();
        all.push(Exam { name, load: 1.0, faults: Vec::new(), expectations: objectives.clone() });
    }
    let exam = |s: &Scenario| Exam {
        name: s.name.clone(),
        load: s.load.map_or(1.0, |load| options.factor(&model.plan, load)),
        faults: s.faults.clone(),
        expectations: if s.expect.is_empty() && !assumed { objectives.clone() } else { s.expect.clone() },
    };
    all.extend(model.scenarios.iter().map(exam).filter(|e| !e.expectations.is_empty()));
    all
}

/// The model itself at a load, with its objectives, under this name.
pub fn exam_at(model: &Model, name: &str, load: f64) -> Exam {
    Exam { name: name.into(), load, faults: Vec::new(), expectations: slos(model).0 }
}

/// Runs all of them, one after the other. Those about findings or capacity share the review of their load.
pub fn examine_all(
    model: &Model,
    exams: &[Exam],
    options: &Options,
    most: u32,
    progress: &dyn Progress,
) -> Vec<Examined> {
    let mut reviews: Vec<(f64, Arc<Review>)> = Vec::new();
    let mut all = Vec::new();
    for exam in exams {
        let mut examined = options.on_threads(|| examine(model, exam, options, most, progress));
        let reviewed = |e: &Expectation| matches!(e.what, What::Capacity { .. } | What::No { .. });
        if exam.expectations.iter().any(reviewed) {
            let begun = progress.clock();
            let known = reviews.iter().find(|(load, _)| *load == exam.load).map(|(_, review)| review.clone());
            let review = known.unwrap_or_else(|| {
                let options = Options {
                    loads: vec![Quantity::Factor(exam.load)],
                    ..Options { budget: REVIEW, ..options.clone() }
                };
                let review = Arc::new(review(model, &options, progress));
                reviews.push((exam.load, review.clone()));
                review
            });
            examined.review = Some(review);
            examined.seconds = examined.seconds.zip(since(progress, begun)).map(|(runs, review)| runs + review);
        }
        all.push(examined);
    }
    all
}

/// Events that a review may take, as `simulate MODEL` gives it.
const REVIEW: f64 = 100e6;

/// Runs one exam with `options.replications` replications, and with twice as many again and again up to `most`, until all
/// is settled.
fn examine(model: &Model, exam: &Exam, options: &Options, most: u32, progress: &dyn Progress) -> Examined {
    let plan = &model.plan;
    let pace = Pace::of(plan, options.seed);
    let graph = Graph::new(plan);
    let last = exam.faults.iter().map(|f| f.end().unwrap_or(f.start)).max().unwrap_or_default();
    let replications = options.replications.max(1);
    let share = options.budget / f64::from(replications);
    let length = shown(plan, &exam.expectations, exam.load, last, &pace, (replications, share));
    let length: Length = options.overrule(reaching(length, &exam.expectations, last));
    let load = exam.load;
    let faults: Vec<Fault> = exam.faults.iter().cloned().chain(Fault::by_themselves(plan)).collect();
    let case = Case { plan, load, faults: faults.clone(), schedule: length.schedule, seed: options.seed };
    let mut sitting = Sitting {
        case: &case,
        graph: &graph,
        exam,
        runs: BTreeMap::from([(Window::Whole, Vec::new())]),
        recovered: Vec::new(),
        ruled: Vec::new(),
        seconds: progress.clock().map(|_| 0.0),
    };
    let looks = looks(options.replications.max(2), most);
    for &look in &looks {
        sitting.replicate(look, progress);
        sitting.look(1.0 - (1.0 - CONFIDENCE) / looks.len() as f64);
        if sitting.open().next().is_none() || sitting.was_cut() {
            break;
        }
    }
    sitting.close();
    let Sitting { runs: mut by_part, recovered, ruled, seconds, .. } = sitting;
    let runs = by_part.remove(&Window::Whole).unwrap_or_default();
    let grows = exam.faults.is_empty() && runs.iter().any(|m| m.was_endless() || grows(m));
    let holds = ruled.iter().all(|r| r.ruling == Ruling::Passed);
    let outcome = Outcome { judged: Vec::new(), grows, holds, runs };
    let shown = Shown { name: exam.name.clone(), load, faults, length, outcome, recovered, paged: Vec::new() };
    Examined { shown, ruled, review: None, seconds }
}

fn since(progress: &dyn Progress, begun: Option<f64>) -> Option<f64> {
    Some(progress.clock()? - begun?)
}

/// 5, 10, 20, 40: numbers of replications after which there is a look.
pub(super) fn looks(first: u32, most: u32) -> Vec<u32> {
    let mut all = vec![first];
    while let Some(next) = all.last().map(|n| n * 2).filter(|n| *n <= most) {
        all.push(next);
    }
    all
}

/// An exam under way.
struct Sitting<'a, 'p> {
    case: &'a Case<'p>,
    graph: &'a Graph<'p>,
    exam: &'a Exam,
    /// Measurements of each part of the run that something is expected of.
    runs: BTreeMap<Window, Vec<Measurements>>,
    recovered: Vec<Option<SimDuration>>,
    ruled: Vec<Ruled>,
    seconds: Option<f64>,
}

impl Sitting<'_, '_> {
    /// Expectations without a ruling that runs can give one.
    fn open(&self) -> impl Iterator<Item = (usize, &Expectation)> {
        let all = self.exam.expectations.iter().enumerate();
        let by_runs = |e: &Expectation| !matches!(e.what, What::Capacity { .. } | What::No { .. });
        all.filter(move |(i, e)| by_runs(e) && self.ruled.iter().all(|r| r.index != *i))
    }

    /// Adds replications until there are so many, of the parts that are still asked about. The whole run is shown in any
    /// case, so that it is always among the first.
    fn replicate(&mut self, until: u32, progress: &dyn Progress) {
        let open: Vec<Expectation> = self.open().map(|(_, e)| e.clone()).collect();
        let recovers = |e: &Expectation| matches!(e.what, What::RecoversWithin(_) | What::Metastable { .. });
        let recovers = open.iter().any(recovers);
        let mut asked = parts(&open);
        if recovers || self.runs.values().all(Vec::is_empty) {
            asked.insert(Window::Whole);
        }
        let cases: Vec<(Window, Case)> =
            asked.into_iter().filter_map(|part| Some((part, self.case.part(part)?))).collect();
        let healthy = self.case.with_faults(&Fault::by_themselves(self.case.plan));
        let strikes = self.exam.faults.iter().map(|f| f.start).min().unwrap_or_default();
        // All of them together, so that no thread waits for the last run of a part.
        let known = |part: &Window| self.runs.get(part).map_or(0, Vec::len) as u32;
        let jobs: Vec<(usize, u32)> =
            cases.iter().enumerate().flat_map(|(i, (part, _))| (known(part)..until).map(move |r| (i, r))).collect();
        progress.begin(&format!("testing {}", self.exam.name), jobs.len() as u64);
        let run = |&(i, r): &(usize, u32)| {
            let begun = progress.clock();
            let (part, case) = &cases[i];
            let runs = match recovers && *part == Window::Whole {
                true => Vec::from(case.with_twin(&healthy, strikes, r)),
                false => vec![case.run(r)],
            };
            progress.advance(1);
            (*part, runs, since(progress, begun))
        };
        let done: Vec<(Window, Vec<Measurements>, Option<f64>)> = jobs.par_iter().map(run).collect();
        let first = known(&Window::Whole) as usize;
        let mut twins = Vec::new();
        for (part, runs, seconds) in done {
            let mut runs = runs.into_iter();
            self.runs.entry(part).or_default().extend(runs.next());
            twins.extend(runs.next());
            self.seconds = self.seconds.zip(seconds).map(|(sum, more)| sum + more);
        }
        if recovers {
            let new = &self.runs[&Window::Whole][first..];
            self.recovered.extend(recoveries(self.graph, self.case, &self.exam.faults, [&twins, new]));
        }
    }

    /// Rules on what the runs so far settle at this confidence.
    fn look(&mut self, confidence: f64) {
        if self.was_cut() {
            return;
        }
        let open: Vec<Ruled> = self.open().map(|(i, e)| self.rule(i, e, confidence)).collect();
        self.ruled.extend(open.into_iter().filter(|r| r.ruling != Ruling::Inconclusive));
    }

    /// Some run was ended for what it cost, so that nothing can be ruled.
    fn was_cut(&self) -> bool {
        self.runs.values().flatten().any(Measurements::was_cut)
    }

    /// What is left is inconclusive.
    fn close(&mut self) {
        let left: Vec<Ruled> = self.open().map(|(i, e)| self.rule(i, e, CONFIDENCE)).collect();
        self.ruled.extend(left.into_iter().map(|r| Ruled { ruling: Ruling::Inconclusive, ..r }));
        self.ruled.sort_by_key(|r| r.index);
    }

    fn rule(&self, index: usize, expectation: &Expectation, confidence: f64) -> Ruled {
        let whole = self.runs.get(&Window::Whole).map_or(0, Vec::len) as u32;
        let none =
            Ruled { index, measured: None, ruling: Ruling::Inconclusive, replications: whole, runs_against: None };
        match expectation.what {
            What::Compare { subject, metric, op, limit, window } => {
                let runs = self.runs.get(&window).map(Vec::as_slice).unwrap_or_default();
                let Some(e) = interval(self.case.plan, subject, metric, runs, confidence) else { return none };
                let ruling = if at_the_edge(metric, op, limit) { seen(op, e, limit) } else { settled(op, e, limit) };
                Ruled { measured: Some(e), ruling, replications: runs.len() as u32, ..none }
            }
            What::RecoversWithin(limit) => self.recovers(none, limit),
            What::Metastable { op, limit } => self.metastable(none, op, limit, confidence),
            What::Capacity { .. } | What::No { .. } => none,
        }
    }

    /// It must recover in time in every run: one that does not is looked into with more runs, half of them settle it.
    fn recovers(&self, none: Ruled, limit: SimDuration) -> Ruled {
        let of = self.recovered.len();
        let late = self.recovered.iter().filter(|r| r.is_none_or(|t| t > limit)).count();
        let times: Vec<f64> = self.recovered.iter().flatten().map(|t| t.seconds()).collect();
        let ruling = match late {
            _ if of == 0 => Ruling::Inconclusive,
            0 => Ruling::Passed,
            n if 2 * n >= of => Ruling::Failed,
            _ => Ruling::Inconclusive,
        };
        let measured = (!times.is_empty()).then(|| Estimate::of(&times));
        Ruled { measured, ruling, replications: of as u32, runs_against: Some(late as u32), ..none }
    }

    fn metastable(&self, none: Ruled, op: Op, limit: f64, confidence: f64) -> Ruled {
        let (of, stuck) = (self.recovered.len(), self.recovered.iter().filter(|r| r.is_none()).count());
        if of == 0 {
            return none;
        }
        let z = Normal::standard().inverse_cdf(0.5 + confidence / 2.0);
        let (low, high) = wilson(stuck as u64, of as u64, z);
        let e = Estimate { mean: stuck as f64 / of as f64, low, high };
        let edge = limit <= 0.0 || limit >= 1.0;
        let ruling = if edge { seen(op, e, limit) } else { settled(op, e, limit) };
        Ruled { measured: Some(e), ruling, replications: of as u32, runs_against: Some(stuck as u32), ..none }
    }
}

/// What an interval says: all of it meets the limit, or none of it.
pub fn settled(op: Op, e: Estimate, limit: f64) -> Ruling {
    let (favourable, other) = if wants_more(op) { (e.high, e.low) } else { (e.low, e.high) };
    match () {
        () if meets(op, other, limit) => Ruling::Passed,
        () if !meets(op, favourable, limit) => Ruling::Failed,
        () => Ruling::Inconclusive,
    }
}

fn seen(op: Op, e: Estimate, limit: f64) -> Ruling {
    if meets(op, e.mean, limit) { Ruling::Passed } else { Ruling::Failed }
}

/// No sample can show with certainty that nothing ever fails: `success >= 100%`, `duplicates <= 0%`.
fn at_the_edge(metric: Metric, op: Op, limit: f64) -> bool {
    match metric {
        Metric::Success => wants_more(op) && limit >= 1.0,
        Metric::Retries | Metric::Duplicates | Metric::Queue => !wants_more(op) && limit <= 0.0,
        _ => false,
    }
}
