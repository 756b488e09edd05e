//! Baselines: read before anything runs, compared with while it does, written when all is done.

use super::exit::Mistake;
use super::input;
use super::output::Place;
use crate::experiments::{
    self, Accepted, Baseline, Exam, Measured, Of, Options, Progress, Recorded, Shown, against, confidence, record,
};
use crate::model::Model;
use crate::report::{Report, assemble};
use std::fs;
use std::path::{Path, PathBuf};

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
    new: Option<(PathBuf, Baseline, Place)>,
}

impl Beside {
    /// Reads the old one, refuses what cannot be compared, and opens the new one.
    pub(super) fn open(options: &BaselineOptions, of: Of, seed: u64, models: &[PathBuf]) -> Result<Beside, Mistake> {
        let old = match &options.baseline {
            Some(path) => Some((path.clone(), read(path, of, seed)?)),
            None => None,
        };
        let new = match &options.write_baseline {
            Some(path) => Some((path.clone(), Baseline::new(of, seed), Place::open(path, models)?)),
            None => None,
        };
        Ok(Beside { old, new })
    }

    /// What the old one accepts of a model.
    pub(super) fn accepted(&self, file: &str) -> Vec<Accepted> {
        let known = self.old.as_ref().and_then(|(path, old)| old.model(&key(path, file)));
        known.map(|m| m.accepted.clone()).unwrap_or_default()
    }

    /// Compares the runs of a model with the old one and keeps them for the new one.
    pub(super) fn take(
        &mut self,
        model: &Model,
        runs: &[(Exam, &Shown)],
        options: &Options,
        report: &mut Report,
        progress: &dyn Progress,
    ) -> Result<(), Mistake> {
        let file = &model.document.file;
        if let Some((path, old)) = self.old.as_ref().filter(|_| !runs.is_empty()) {
            compare(path, old, model, runs, options, report, progress)?;
        }
        let accepted = self.accepted(file);
        let Some((path, new, _)) = &mut self.new else { return Ok(()) };
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
        new.models.push(Measured { file: key(path, file), hash, runs, accepted });
        Ok(())
    }

    /// Writes the new one.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let Some((_, mut new, place)) = self.new else { return Ok(()) };
        new.models.sort_by(|a, b| a.file.cmp(&b.file));
        place.write(&new.show())
    }
}

fn read(path: &Path, of: Of, seed: u64) -> Result<Baseline, Mistake> {
    let input = input::read(path)?;
    let baseline = Baseline::read(&input.file, &input.text).map_err(|problems| {
        super::work::told(&input, &problems);
        Mistake::told()
    })?;
    match baseline.refused(of, seed) {
        Some((message, help)) => Err(Mistake::new(format!("{} cannot be compared: {message}", input.file), help)),
        None => Ok(baseline),
    }
}

fn compare(
    path: &Path,
    old: &Baseline,
    model: &Model,
    runs: &[(Exam, &Shown)],
    options: &Options,
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<(), Mistake> {
    let (with, file) = (path.display().to_string(), &model.document.file);
    let Some(known) = old.model(&key(path, file)) else {
        report.notes.push(format!("{file} is not in {with}: nothing is compared"));
        return Ok(());
    };
    let confidence = |looks| confidence(old.figures(), looks);
    let (mut all, mut notes) = (Vec::new(), Vec::new());
    for (exam, shown) in runs {
        let Some(recorded) = known.runs.iter().find(|run| run.name == exam.name) else {
            notes.push(format!("`{}` is not in it", exam.name));
            continue;
        };
        fits(recorded, exam, options).map_err(|why| {
            Mistake::new(
                format!("{with} cannot be compared with {file}: {why}"),
                "write it anew by --write-baseline, from the branch you compare with",
            )
        })?;
        let own = Some((shown.length.schedule, shown.outcome.runs.as_slice()));
        all.push((exam.name.clone(), against(model, exam, options, recorded, own, &confidence, progress)));
    }
    let there = |name: &str| experiments::exams(model, options).iter().any(|e| e.name == name);
    let gone = known.runs.iter().filter(|run| old.of == Of::Test && !there(&run.name));
    notes.extend(gone.map(|run| format!("`{}` of the baseline is not in the model any more", run.name)));
    let missing = known.runs.iter().filter(|run| old.of == Of::Review && runs.iter().all(|(e, _)| e.name != run.name));
    notes.extend(missing.map(|run| format!("`{}` of the baseline was not run", run.name)));
    let mut comparison = assemble::comparison(model, &with, known.hash == report.model.hash, &all);
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
