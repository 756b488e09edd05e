//! Two models: what differs between their figures, and which change of the model causes it.
//!
//! The changes are made one after the other, from the first model towards the second, and every step is simulated on the
//! same random numbers: the differences of the steps add up to the difference of the models. A change that gives no valid
//! model by itself is made together with those that follow, until there is one.

use super::baseline::{Compared, Figure, compare, confidence, figures, record};
use super::length::{Pace, shown};
use super::options::{Options, Progress, slos};
use super::suite::{Exam, exam_at};
use super::trials::Schedule;
use crate::faults::Fault;
use crate::model::{Change, Model};
use crate::yaml::{Differing, Node, differences};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A step from one model towards the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What was changed, in this step alone.
    pub changes: Vec<Change>,
    /// Where it is written.
    pub line: u32,
    /// Every figure before and after the step, by run.
    pub figures: Vec<(String, Vec<Compared>)>,
}

/// Two models beside one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Between {
    /// Every figure in the first and in the second, by run.
    pub figures: Vec<(String, Vec<Compared>)>,
    /// The way from the first to the second. None where there is one step at most: it causes everything.
    pub steps: Vec<Step>,
    /// What is not compared, in words.
    pub notes: Vec<String>,
}

/// Pairs behind each figure, at least.
const PAIRS: u32 = 10;
/// More steps than this are taken together, component by component.
const MOST: usize = 12;

/// Values by the name of the figure, of each run.
type Values = Vec<(String, BTreeMap<String, (Figure, Vec<Option<f64>>)>)>;

/// Compares two models.
pub fn between(one: &Model, other: &Model, options: &Options, progress: &dyn Progress) -> Between {
    options.on_threads(|| whole(one, other, options, progress))
}

fn whole(one: &Model, other: &Model, options: &Options, progress: &dyn Progress) -> Between {
    let way = way(one, other);
    let mut notes = Vec::new();
    let runs = runs(one, other, options, &mut notes);
    let pairs = options.replications.max(PAIRS);
    progress.begin("comparing", way.len() as u64 + 1);
    let share = options.budget / (runs.len() * (way.len() + 1)).max(1) as f64 / f64::from(pairs);
    let pace = Pace::of(&one.plan, options.seed);
    let schedules: Vec<Schedule> = runs.iter().map(|exam| schedule(one, exam, &pace, share, options)).collect();
    let measured = |model: &Model| {
        let values = measure(model, &runs, &schedules, options, pairs);
        progress.advance(1);
        values
    };
    let models: Vec<&Model> = std::iter::once(one).chain(way.iter().map(|(_, model)| model)).collect();
    // What is simulated alike has the same figures.
    let mut all: Vec<Values> = Vec::new();
    for (i, model) in models.iter().enumerate() {
        let alike = models[..i].iter().position(|earlier| earlier.plan == model.plan);
        all.push(alike.map_or_else(|| measured(model), |i| all[i].clone()));
    }
    let figures = all.first().map_or(0, |values| values.iter().map(|(_, figures)| figures.len()).sum());
    let confidence = confidence(figures, way.len().max(1));
    let beside = |a: &Values, b: &Values| differ(other, a, b, confidence);
    let last = all.len() - 1;
    let steps = way.iter().enumerate().map(|(i, (differing, _))| Step {
        changes: differing.iter().map(change).collect(),
        line: differing.first().map_or(0, |d| d.place().line),
        figures: beside(&all[i], &all[i + 1]),
    });
    Between { figures: beside(&all[0], &all[last]), steps: steps.collect(), notes }
}

fn change(differing: &Differing) -> Change {
    let shown = |node: &Option<Node>| node.as_ref().map(Node::show);
    Change {
        path: differing.path.clone(),
        from: shown(&differing.from),
        to: shown(&differing.to).unwrap_or_else(|| "nothing".into()),
    }
}

/// The models on the way, each with what leads to it; the last is the second.
fn way(one: &Model, other: &Model) -> Vec<(Vec<Differing>, Model)> {
    let all = differences(&one.document.root, &other.document.root);
    let many = all.len() > MOST;
    // `services.web` of `services.web.replicas`.
    let part = |d: &Differing| d.path.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let groups: Vec<&[Differing]> = all.chunk_by(|a, b| many && part(a) == part(b)).collect();
    let (mut way, mut document, mut pending) = (Vec::new(), one.document.clone(), Vec::new());
    for (i, group) in groups.iter().enumerate() {
        group.iter().for_each(|d| document.make(d));
        pending.extend(group.iter().cloned());
        let model = match i + 1 == groups.len() {
            true => Some(other.clone()),
            false => Model::of(document.clone()).ok(),
        };
        if let Some(model) = model {
            way.push((std::mem::take(&mut pending), model));
        }
    }
    way
}

/// What is run of both: their own load, the loads asked for, and the scenarios that both have, as the first has them.
fn runs(one: &Model, other: &Model, options: &Options, notes: &mut Vec<String>) -> Vec<Exam> {
    let plain = |load: f64| exam_at(one, &super::review::name_of(load), load);
    let mut all = vec![plain(1.0)];
    let asked = options.loads.iter().map(|load| options.factor(&one.plan, *load));
    all.extend(asked.filter(|load| *load != 1.0).map(plain));
    for scenario in &one.scenarios {
        let there = other.scenarios.iter().any(|s| s.name == scenario.name);
        let fits = scenario.faults.iter().all(|fault| fault.check(&other.plan).is_ok());
        match (there, fits) {
            (false, _) => notes.push(format!("`{}` is a scenario of the first alone", scenario.name)),
            (true, false) => notes.push(format!("the faults of `{}` do not fit the second", scenario.name)),
            (true, true) => all.push(Exam {
                name: scenario.name.clone(),
                load: scenario.load.map_or(1.0, |load| options.factor(&one.plan, load)),
                faults: scenario.faults.clone(),
                expectations: scenario.expect.clone(),
            }),
        }
    }
    let new = other.scenarios.iter().filter(|s| one.scenarios.iter().all(|o| o.name != s.name));
    notes.extend(new.map(|s| format!("`{}` is a scenario of the second alone", s.name)));
    all
}

fn schedule(model: &Model, exam: &Exam, pace: &Pace, events: f64, options: &Options) -> Schedule {
    let last = exam.faults.iter().map(|f| f.end().unwrap_or(f.start)).max().unwrap_or_default();
    let length = shown(&model.plan, &exam.expectations, exam.load, last, pace, (1, events));
    options.overrule(super::plain::reaching(length, &exam.expectations, last)).schedule
}

/// The figures of a model in each of the runs, with its own expectations of them.
fn measure(model: &Model, runs: &[Exam], schedules: &[Schedule], options: &Options, pairs: u32) -> Values {
    let one = |(exam, schedule): (&Exam, &Schedule)| {
        let own = model.scenarios.iter().find(|s| s.name == exam.name);
        let expectations = own.map_or_else(|| slos(model).0, |s| s.expect.clone());
        let fits = exam.faults.iter().all(|fault: &Fault| fault.check(&model.plan).is_ok());
        if !fits {
            return (exam.name.clone(), BTreeMap::new());
        }
        let exam = Exam { expectations, ..exam.clone() };
        let all = figures(&model.plan, &exam.expectations);
        // Threads are chosen by the caller.
        let options = Options { threads: None, ..options.clone() };
        let recorded = record(model, &exam, &options, *schedule, &[], pairs);
        let values = recorded.figures.into_iter().filter_map(|(name, values)| {
            let figure = all.iter().find(|f| f.name == name)?;
            Some((name, (figure.clone(), values)))
        });
        (exam.name.clone(), values.collect())
    };
    runs.par_iter().zip(schedules).map(one).collect()
}

/// The figures that both have.
fn differ(model: &Model, before: &Values, after: &Values, confidence: f64) -> Vec<(String, Vec<Compared>)> {
    let runs = before.iter().zip(after);
    let run = |((name, old), (_, new)): (&(String, BTreeMap<_, _>), &(String, BTreeMap<_, _>))| {
        let both = old.iter().filter_map(|(name, (_, values)): (&String, &(Figure, Vec<Option<f64>>))| {
            let (figure, after): &(Figure, Vec<Option<f64>>) = new.get(name)?;
            Some(compare(figure, &model.margins, values, after, confidence))
        });
        (name.clone(), both.collect())
    };
    runs.map(run).collect()
}
