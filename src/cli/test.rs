//! `simulate test`: scenarios as tests.

use super::args::TestArgs;
use super::baseline::Beside;
use super::commands::{cut_short, progress};
use super::exit::{Exit, Mistake};
use super::output::{Outputs, print};
use super::progress::{Aside, Progress};
use super::values::Setting;
use super::{input, interrupt, patch, terminal, work};
use crate::experiments::{self, Exam, Of, Progress as _};
use crate::model::Model;
use crate::report::{Broken, Difference, Kind, Place, Report, SloVerdict, shell_word};
use crate::yaml::Problem;
use rayon::prelude::*;
use std::path::Path;

/// `simulate test MODEL…|DIR`: every scenario and what it expects.
///
/// # Errors
/// A [`Mistake`] of the user, or an internal error.
pub fn test(args: &TestArgs) -> anyhow::Result<Exit> {
    terminal::choose_colour(args.output.color);
    let models = input::expand(&args.models)?;
    let outputs = Outputs::open(&args.output, &models)?;
    let settings = patch::settings(&args.simulation.apply, &args.simulation.set)?;
    if args.list {
        return list(args, &settings, &models);
    }
    interrupt::listen();
    let beside = Beside::open(&args.beside, Of::Test, args.simulation.seed, &models)?;
    let mut jobs = Vec::new();
    for path in &models {
        match read(&settings, path)? {
            Ok(model) => {
                let keep = |name: &str| wanted(args, path, &model, name);
                let exams = work::exams(&model, args, &beside, &keep)?;
                if !exams.is_empty() || args.filter.is_empty() {
                    jobs.push(Ok((model, exams)));
                }
            }
            Err(broken) => jobs.push(Err(broken)),
        }
    }
    if jobs.is_empty() {
        return Err(none(args).into());
    }
    let progress = progress(&args.simulation, args.output.quiet, args.output.verbose);
    let reports = examine(args, jobs, &beside, &progress)?;
    progress.finish();
    let exit = if interrupt::asked() { Exit::Interrupted } else { exit(args, &reports) };
    // What was not measured cannot be compared with.
    if !matches!(exit, Exit::Usage | Exit::Interrupted) {
        beside.finish()?;
    }
    outputs.write(&reports)?;
    Ok(exit)
}

/// A model with what is tested of it, or the report that says why it is broken.
type Job = Result<(Model, Vec<Exam>), Report>;

/// Tests the models, several at a time; the reports are in their order. Those that had not begun when somebody asked to stop
/// have none.
fn examine(args: &TestArgs, jobs: Vec<Job>, beside: &Beside, progress: &Progress) -> anyhow::Result<Vec<Report>> {
    let several = jobs.len() > 1;
    if several {
        progress.begin("testing", jobs.len() as u64);
    }
    let one = |job: Job| {
        let (model, exams) = match job {
            Ok(_) if interrupt::asked() => return Ok(None),
            Ok(job) => job,
            Err(broken) => return Ok(Some(broken)),
        };
        let aside = Aside(progress);
        let within: &dyn experiments::Progress = if several { &aside } else { progress };
        let mut report = work::test(&model, exams, args, beside, within)?;
        report.command = format!("simulate test {}", shell_word(&model.document.file));
        cut_short(&mut report);
        told(&report, progress);
        if args.no_times {
            report.runs.iter_mut().for_each(|run| run.seconds = None);
        }
        if several {
            progress.advance(1);
        }
        Ok(Some(report))
    };
    let all: Vec<Result<Option<Report>, Mistake>> =
        work::on_threads(&args.simulation, || jobs.into_par_iter().map(one).collect());
    let mut reports = Vec::new();
    for report in all {
        reports.extend(report?);
    }
    Ok(reports)
}

/// Each scenario with its verdict and its time.
fn told(report: &Report, progress: &Progress) {
    for run in &report.runs {
        let (verdict, seconds) = (run.verdict().word(), run.seconds.unwrap_or_default());
        progress.told(&format!("{} {}: {verdict}, simulated in {seconds:.1} s", report.model.file, run.name));
    }
}

/// A model, or the report that says why there is none. All problems are told on standard error.
fn read(settings: &[Setting], path: &Path) -> Result<Result<Model, Report>, Mistake> {
    let input = match input::read(path) {
        Ok(input) => input,
        Err(mistake) if mistake.message.is_empty() => return Err(mistake),
        Err(mistake) => {
            let report = broken(&path.display().to_string(), &[Problem::of_file(&mistake.message)]);
            super::explain(&mistake.into());
            return Ok(Err(report));
        }
    };
    match work::read(&input) {
        Ok(model) => work::changed(model, settings).map(Ok),
        Err(problems) => {
            work::told(&input, &problems);
            Ok(Err(broken(&input.file, &problems)))
        }
    }
}

fn broken(file: &str, problems: &[Problem]) -> Report {
    let mut report = Report::empty(Kind::Test);
    report.model.file = file.into();
    report.model.name = file.into();
    report.complete = false;
    let first = problems.first();
    let place = first.and_then(|p| p.place);
    report.broken = Some(Broken {
        message: first.map(|p| p.message.clone()).unwrap_or_default(),
        place: place.map(|p| Place {
            file: file.into(),
            line: p.line,
            column: p.column,
            width: p.end.saturating_sub(p.start) as u32,
        }),
        problems: problems.len(),
    });
    report
}

/// Whether a scenario is asked for: `--filter` looks into the model's name, its file and the scenario's name.
fn wanted(args: &TestArgs, path: &Path, model: &Model, scenario: &str) -> bool {
    let text = format!("{} {} {scenario}", model.name, path.display());
    args.filter.is_empty() || args.filter.iter().any(|filter| text.contains(filter))
}

fn kept(args: &TestArgs, path: &Path, model: &Model) -> Vec<String> {
    work::scenarios(model).into_iter().filter(|name| wanted(args, path, model, name)).collect()
}

fn list(args: &TestArgs, settings: &[Setting], models: &[std::path::PathBuf]) -> anyhow::Result<Exit> {
    let mut text = String::new();
    let mut all = Exit::Passed;
    for path in models {
        match read(settings, path)? {
            Ok(model) => {
                kept(args, path, &model).iter().for_each(|name| text += &format!("{} {name}\n", path.display()));
            }
            Err(_) => all = Exit::Usage,
        }
    }
    print(text.as_bytes())?;
    Ok(all)
}

fn none(args: &TestArgs) -> Mistake {
    Mistake::new(
        format!("no scenario has {} in its name", args.filter.join(" or ")),
        "--list says which scenarios there are",
    )
}

/// A model that cannot be read weighs most, then what failed, then what is inconclusive.
fn exit(args: &TestArgs, reports: &[Report]) -> Exit {
    let any = |verdict| reports.iter().flat_map(|r| &r.runs).any(|run| run.verdict() == verdict);
    let compared = |verdict| reports.iter().any(|report| report.any(verdict));
    match () {
        () if reports.iter().any(|r| r.broken.is_some()) => Exit::Usage,
        () if (any(SloVerdict::Missed) || compared(Difference::Regressed)) && !args.exit_zero => Exit::Failed,
        () if (any(SloVerdict::Unclear) || compared(Difference::Inconclusive)) && args.strict => Exit::Inconclusive,
        () => Exit::Passed,
    }
}
