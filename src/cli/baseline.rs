//! Baselines: read before anything runs, compared with while it does, written when all is done.

use super::exit::Mistake;
use super::input;
use super::output::Place;
use crate::experiments::{
    self, Accepted, Baseline, Exam, Known, Measured, Of, Options, Progress, Recorded, Shown, against, confidence,
    record,
};
use crate::model::Model;
use crate::report::{Report, assemble};
use crate::yaml::list;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What is compared with, and what is kept.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct BaselineOptions {
    /// Compare with what was measured before, figure by figure on the same random numbers; what is worse fails the gate.
    /// Findings it accepts fail none.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is measured, and accept what is found, for --baseline.
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
}

/// Replications of each run that are kept, at least: so many pairs there are for what is close to its margin.
const KEPT: u32 = 20;
/// The reason of a finding that was there when the baseline was written.
const FOUND: &str = "found when the baseline was written";

/// The baselines of one command.
pub(super) struct Beside {
    old: Option<(PathBuf, Baseline)>,
    new: Option<(PathBuf, Mutex<Baseline>, Place)>,
}

impl Beside {
    /// Reads the old one, refuses what cannot be compared, and opens the new one.
    pub(super) fn open(options: &BaselineOptions, of: Of, seed: u64, models: &[PathBuf]) -> Result<Beside, Mistake> {
        let old = match &options.baseline {
            Some(path) => Some((path.clone(), read(path, of, seed)?)),
            None => None,
        };
        let new = match &options.write_baseline {
            Some(path) => Some((path.clone(), Mutex::new(Baseline::new(of, seed)), Place::open(path, models)?)),
            None => None,
        };
        Ok(Beside { old, new })
    }

    /// What the old one accepts of a model.
    pub(super) fn accepted(&self, file: &str) -> Vec<Accepted> {
        let known = self.old.as_ref().and_then(|(path, old)| old.model(&key(path, file)));
        known.map(|m| m.accepted.clone()).unwrap_or_default()
    }

    /// Refuses exams that are not as the old one has them, before anything runs.
    pub(super) fn fits(&self, model: &Model, exams: &[Exam], options: &Options) -> Result<(), Mistake> {
        let Some((path, old)) = &self.old else { return Ok(()) };
        let file = &model.document.file;
        let known = old.model(&key(path, file)).into_iter().flat_map(|known| &known.runs);
        let refused = |run: &Recorded| fits(run, exams.iter().find(|e| e.name == run.name)?, options).err();
        known.filter_map(refused).next().map_or(Ok(()), |why| Err(unlike(path, file, &why)))
    }

    /// Compares the runs of a model with the old one and keeps them for the new one.
    pub(super) fn take(
        &self,
        model: &Model,
        runs: &[(Exam, &Shown)],
        options: &Options,
        report: &mut Report,
        progress: &dyn Progress,
    ) -> Result<(), Mistake> {
        let file = &model.document.file;
        if let Some((path, old)) = self.old.as_ref().filter(|_| !runs.is_empty()) {
            let known = runs.iter().map(|(exam, shown)| {
                let known: Known = (shown.length.schedule, shown.outcome.runs.as_slice());
                (exam, Some(known))
            });
            let exams: Vec<(&Exam, Option<Known>)> = known.collect();
            match old.model(&key(path, file)) {
                Some(measured) => compare((path, old, measured), model, &exams, options, report, progress)?,
                None => report.notes.push(format!("{file} is not in {}: nothing is compared", path.display())),
            }
        }
        let accepted = self.accepted(file);
        let Some((path, new, _)) = &self.new else { return Ok(()) };
        let keep = |(exam, shown): &(Exam, &Shown)| {
            progress.begin(&format!("keeping {}", exam.name), 1);
            let replications = options.replications.max(KEPT);
            record(model, exam, options, shown.length.schedule, &shown.outcome.runs, replications)
        };
        let found = report.findings.iter().flatten().map(|f| (&f.code, &f.subject, FOUND.to_owned()));
        let known = report.waived.iter().filter(|w| w.place.is_none());
        let known = known.map(|w| (&w.finding.code, &w.finding.subject, w.reason.clone()));
        let all = known.chain(found);
        let mut accepted: Vec<Accepted> = match runs.is_empty() || report.findings.is_some() {
            true => all.map(|(code, on, reason)| Accepted { finding: code.clone(), on: on.clone(), reason }).collect(),
            // Nothing was looked for, so that nothing is gone.
            false => accepted,
        };
        accepted.sort();
        accepted.dedup_by(|a, b| (&a.finding, &a.on) == (&b.finding, &b.on));
        let hash = report.model.hash.clone();
        let runs: Vec<Recorded> = runs.iter().map(keep).collect();
        let mut new = new.lock().unwrap_or_else(PoisonError::into_inner);
        new.models.push(Measured { file: key(path, file), hash, runs, accepted });
        Ok(())
    }

    /// Writes the new one.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let Some((_, new, place)) = self.new else { return Ok(()) };
        let mut new = new.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Models are taken in whatever order they are done.
        new.models.sort_by(|a, b| a.file.cmp(&b.file));
        place.write(&new.show())
    }
}

fn read(path: &Path, of: Of, seed: u64) -> Result<Baseline, Mistake> {
    let baseline = parse(path)?;
    refuse(path, &baseline, of, seed)?;
    Ok(baseline)
}

fn parse(path: &Path) -> Result<Baseline, Mistake> {
    let input = input::read(path)?;
    Baseline::read(&input.file, &input.text).map_err(|problems| {
        super::work::told(&input, &problems);
        Mistake::told()
    })
}

fn refuse(path: &Path, baseline: &Baseline, of: Of, seed: u64) -> Result<(), Mistake> {
    let told = |(message, help)| Mistake::new(format!("{} cannot be compared: {message}", path.display()), help);
    baseline.refused(of, seed).map_or(Ok(()), |why| Err(told(why)))
}

fn unlike(baseline: &Path, file: &str, why: &str) -> Mistake {
    Mistake::new(
        format!("{} cannot be compared with {file}: {why}", baseline.display()),
        "write it anew by --write-baseline, from the branch you compare with",
    )
}

/// A model beside a baseline alone, as `simulate compare` has it: its runs are those of the baseline.
pub(super) fn beside(
    path: &Path,
    model: &Model,
    options: &Options,
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<(), Mistake> {
    let old = parse(path)?;
    let with = path.display();
    if old.of == Of::Check {
        return Err(Mistake::new(
            format!("{with} holds no figures: it was written by `simulate check`"),
            "write one by simulate test MODEL --write-baseline FILE",
        ));
    }
    refuse(path, &old, old.of, options.seed)?;
    let (measured, renamed) = part(path, &old, &model.document.file)?;
    let exams: Vec<Exam> = match old.of {
        Of::Test => experiments::exams(model, options),
        _ => measured.runs.iter().map(|run| experiments::exam_at(model, &run.name, run.load)).collect(),
    };
    let exams: Vec<(&Exam, Option<Known>)> = exams.iter().map(|exam| (exam, None)).collect();
    compare((path, &old, measured), model, &exams, options, report, progress)?;
    if let Some(comparison) = &mut report.comparison {
        comparison.notes.extend(renamed);
        if !comparison.same_model {
            comparison.notes.push(format!(
                "which change makes which difference is not told: {with} holds figures and no model; \
                 simulate compare OLD NEW, with the model as it was, tells it"
            ));
        }
    }
    Ok(())
}

/// What a baseline has of a model: under its file's name, or the only model it holds, which is then said.
fn part<'b>(path: &Path, old: &'b Baseline, file: &str) -> Result<(&'b Measured, Option<String>), Mistake> {
    match (old.model(&key(path, file)), old.models.as_slice()) {
        (Some(own), _) => Ok((own, None)),
        (None, [only]) => Ok((only, Some(format!("in {} the model is {}", path.display(), only.file)))),
        (None, all) => Err(Mistake::new(
            format!("{file} is not in {}", path.display()),
            match all {
                [] => "it holds no model: write it anew by --write-baseline".into(),
                all => format!("it holds {}", list(all.iter().map(|m| m.file.as_str()))),
            },
        )),
    }
}

fn compare(
    (path, old, measured): (&Path, &Baseline, &Measured),
    model: &Model,
    exams: &[(&Exam, Option<Known>)],
    options: &Options,
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<(), Mistake> {
    let (with, file) = (path.display().to_string(), &model.document.file);
    let confidence = |looks| confidence(old.figures(), looks);
    let (mut all, mut notes) = (Vec::new(), Vec::new());
    for (exam, known) in exams {
        let Some(recorded) = measured.runs.iter().find(|run| run.name == exam.name) else {
            notes.push(format!("`{}` is not in it", exam.name));
            continue;
        };
        fits(recorded, exam, options).map_err(|why| unlike(path, file, &why))?;
        all.push((exam.name.clone(), against(model, exam, options, recorded, *known, &confidence, progress)));
    }
    let there = |name: &str| experiments::exams(model, options).iter().any(|e| e.name == name);
    let gone = measured.runs.iter().filter(|run| old.of == Of::Test && !there(&run.name));
    notes.extend(gone.map(|run| format!("`{}` of the baseline is not in the model any more", run.name)));
    let run = |name: &str| exams.iter().any(|(exam, _)| exam.name == name);
    let missing = measured.runs.iter().filter(|recorded| old.of == Of::Review && !run(&recorded.name));
    notes.extend(missing.map(|run| format!("`{}` of the baseline was not run", run.name)));
    let mut comparison = assemble::comparison(model, &with, measured.hash == report.model.hash, &all);
    comparison.notes = notes;
    report.comparison = Some(comparison);
    Ok(())
}

/// Whether a run is as long and under the same load and faults as the one recorded.
fn fits(recorded: &Recorded, exam: &Exam, options: &Options) -> Result<(), String> {
    let name = &recorded.name;
    let other = |asked: Option<crate::units::SimDuration>, there| asked.filter(|d| *d != there);
    if let Some(asked) = other(options.duration, recorded.measured) {
        return Err(format!("`{name}` was measured for {} there, and --duration asks for {asked}", recorded.measured));
    }
    if let Some(asked) = other(options.warmup, recorded.warmup) {
        return Err(format!("`{name}` had {} of warm-up there, and --warmup asks for {asked}", recorded.warmup));
    }
    recorded.unlike(exam).map_or(Ok(()), Err)
}

/// The name of a model's file from the folder of the baseline, so that it does not matter where one stands; as it was given
/// where it is not below that folder.
fn key(baseline: &Path, file: &str) -> String {
    let folder = baseline.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let below = || {
        let (folder, file) = (fs::canonicalize(folder).ok()?, fs::canonicalize(file).ok()?);
        Some(file.strip_prefix(folder).ok()?.to_string_lossy().replace('\\', "/"))
    };
    below().unwrap_or_else(|| file.trim_start_matches("./").to_owned())
}
