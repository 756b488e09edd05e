//! Recording figures replication by replication, and comparing with what was recorded.

use super::{Compared, Difference, Figure, compare, figures};
use crate::experiments::options::{Options, Progress};
use crate::experiments::suite::{Exam, looks};
use crate::experiments::trials::{Case, Schedule};
use crate::faults::Fault;
use crate::measure::Measurements;
use crate::model::{Model, Window};
use crate::units::SimDuration;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What was recorded of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// `objectives`, `baseline`, or the scenario.
    pub name: String,
    /// Multiple of the model's own load.
    pub load: f64,
    /// What went wrong, as `--fail` writes it.
    pub faults: Vec<String>,
    /// Before anything counts.
    pub warmup: SimDuration,
    /// The measured part.
    pub measured: SimDuration,
    /// Each figure with its value in each replication.
    pub figures: Vec<(String, Vec<Option<f64>>)>,
}

impl Recorded {
    /// How many replications there are.
    pub fn replications(&self) -> u32 {
        self.figures.iter().map(|(_, values)| values.len()).max().unwrap_or_default() as u32
    }

    fn schedule(&self) -> Schedule {
        let window = crate::experiments::length::window(self.measured.seconds());
        Schedule::whole(self.warmup, self.measured, window)
    }

    /// Why a run of the model as it is cannot be compared with it.
    pub fn unlike(&self, exam: &Exam) -> Option<String> {
        let faults = flags(exam);
        if self.load != exam.load {
            return Some(format!("`{}` ran at {}x there, and runs at {}x now", self.name, self.load, exam.load));
        }
        (self.faults != faults).then(|| format!("`{}` has other faults now than there", self.name))
    }
}

fn flags(exam: &Exam) -> Vec<String> {
    exam.faults.iter().map(Fault::to_string).collect()
}

/// Replications of the whole run that are there already, and how long they are.
pub type Known<'m> = (Schedule, &'m [Measurements]);

/// A run under way: what it has shown so far, by part.
struct Recorder<'a> {
    case: Case<'a>,
    figures: Vec<Figure>,
    runs: BTreeMap<Window, Vec<Measurements>>,
}

impl<'a> Recorder<'a> {
    fn new(
        model: &'a Model,
        exam: &Exam,
        options: &Options,
        schedule: Schedule,
        known: &[Measurements],
    ) -> Recorder<'a> {
        let plan = &model.plan;
        let faults: Vec<Fault> = exam.faults.iter().cloned().chain(Fault::by_themselves(plan)).collect();
        Recorder {
            case: Case { plan, load: exam.load, faults, schedule, seed: options.seed },
            figures: figures(plan, &exam.expectations),
            runs: BTreeMap::from([(Window::Whole, known.to_vec())]),
        }
    }

    /// Adds replications until there are so many.
    fn replicate(&mut self, until: u32) {
        let parts: std::collections::BTreeSet<Window> = self.figures.iter().map(|f| f.window).collect();
        for part in parts {
            let Some(case) = self.case.part(part) else { continue };
            let runs = self.runs.entry(part).or_default();
            runs.truncate(until as usize);
            let from = runs.len() as u32;
            runs.par_extend((from..until).into_par_iter().map(|r| case.run(r)));
        }
    }

    fn values(&self, figure: &Figure) -> Vec<Option<f64>> {
        let runs = self.runs.get(&figure.window).map(Vec::as_slice).unwrap_or_default();
        runs.iter().map(|m| figure.value(self.case.plan, m)).collect()
    }
}

/// Records a run of a model over so many replications. `known` are the first of them, where they are there already.
pub fn record(
    model: &Model,
    exam: &Exam,
    options: &Options,
    schedule: Schedule,
    known: &[Measurements],
    replications: u32,
) -> Recorded {
    let mut recorder = Recorder::new(model, exam, options, schedule, known);
    options.on_threads(|| recorder.replicate(replications));
    let values = recorder.figures.iter().map(|figure| (figure.name.clone(), recorder.values(figure)));
    Recorded {
        name: exam.name.clone(),
        load: exam.load,
        faults: flags(exam),
        warmup: schedule.warmup,
        measured: schedule.measured,
        figures: values.filter(|(_, values)| values.iter().any(Option::is_some)).collect(),
    }
}

/// Compares a run of the model as it is with what was recorded: with as many replications as the first look has, then
/// twice as many, until every figure is settled or the record ends. `confidence` is of the number of looks.
pub fn against(
    model: &Model,
    exam: &Exam,
    options: &Options,
    recorded: &Recorded,
    known: Option<Known>,
    confidence: &dyn Fn(usize) -> f64,
    progress: &dyn Progress,
) -> Vec<Compared> {
    let schedule = recorded.schedule();
    // Only runs of the same lengths are the same runs.
    let same =
        |own: Schedule| (own.warmup, own.late, own.measured) == (schedule.warmup, schedule.late, schedule.measured);
    let known = known.filter(|(own, _)| same(*own)).map_or(&[][..], |(_, runs)| runs);
    let mut recorder = Recorder::new(model, exam, options, schedule, known);
    let most = recorded.replications();
    let looks = looks(options.replications.clamp(2, most.max(2)), most);
    let mut settled: BTreeMap<usize, Compared> = BTreeMap::new();
    for &look in &looks {
        progress.begin(&format!("comparing {}", exam.name), 1);
        options.on_threads(|| recorder.replicate(look));
        for (i, (name, before)) in recorded.figures.iter().enumerate() {
            let open = settled.get(&i).is_none_or(|c| c.verdict == Difference::Inconclusive);
            let Some(figure) = recorder.figures.iter().find(|f| f.name == *name).filter(|_| open) else { continue };
            let after = recorder.values(figure);
            settled.insert(i, compare(figure, &model.margins, before, &after, confidence(looks.len())));
        }
        if settled.values().all(|c| c.verdict != Difference::Inconclusive) {
            break;
        }
    }
    settled.into_values().collect()
}
