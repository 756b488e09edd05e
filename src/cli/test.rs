//! `simulate test`: scenarios as tests.

use super::args::TestArgs;
use super::baseline::Beside;
use super::commands::{cut_short, progress};
use super::exit::{Exit, Mistake};
use super::output::{Outputs, print};
use super::values::Setting;
use super::{input, interrupt, patch, terminal, work};
use crate::experiments::Of;
use crate::model::Model;
use crate::report::{Broken, Difference, Kind, Place, Report, SloVerdict, shell_word};
use crate::yaml::Problem;
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
    let progress = progress(&args.simulation, args.output.quiet, args.output.verbose);
    let mut beside = Beside::open(&args.beside, Of::Test, args.simulation.seed, &models)?;
    let mut reports = Vec::new();
    for path in models.iter().take_while(|_| !interrupt::asked()) {
        match read(&settings, path)? {
            Ok(model) if kept(args, path, &model).is_empty() && !args.filter.is_empty() => {}
            Ok(model) => {
                let keep = |name: &str| wanted(args, path, &model, name);
                let mut report = work::test(&model, args, &mut beside, &keep, &progress)?;
                report.command = format!("simulate test {}", shell_word(&path.display().to_string()));
                cut_short(&mut report);
                reports.push(report);
            }
            Err(broken) => reports.push(broken),
        }
    }
    progress.finish();
    if reports.is_empty() {
        return if interrupt::asked() { Ok(Exit::Interrupted) } else { Err(none(args).into()) };
    }
    let exit = if interrupt::asked() { Exit::Interrupted } else { exit(args, &reports) };
    // What was not measured cannot be compared with.
    if !matches!(exit, Exit::Usage | Exit::Interrupted) {
        beside.finish()?;
    }
    outputs.write(&reports)?;
    Ok(exit)
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
