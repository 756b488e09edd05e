//! The commands: read, do, write, leave.

use super::args::{CheckArgs, ReviewArgs, RunArgs, SimulationOptions};
use super::baseline::Beside;
use super::exit::{Exit, Mistake};
use super::output::{self, Outputs, Place};
use super::progress::Progress;
use super::values::{Budget, FailOn};
use super::{input, interrupt, patch, terminal, work};
use crate::experiments::{Of, Options};
use crate::report::{Difference, Report, openmetrics, otlp, series, shell_word};
use crate::units::Quantity;
use crate::units::{show_factor, show_rate};
use std::path::{Path, PathBuf};

/// What is written beyond the reports, where somebody wants it.
type Beyond = (Option<Place>, fn(&Report) -> String);

/// `simulate MODEL`: the review.
///
/// # Errors
/// A [`Mistake`] of the user, or an internal error.
pub fn review(args: &ReviewArgs) -> anyhow::Result<Exit> {
    let options = &args.options;
    terminal::choose_colour(options.output.color);
    let outputs = Outputs::open(&options.output, std::slice::from_ref(&args.model))?;
    let plans = patch::Places::open(&options.write_plan, &args.model)?;
    let models = std::slice::from_ref(&args.model);
    let named = |path: &Option<PathBuf>| path.as_ref().map(|path| Place::open(path, models)).transpose();
    let more: [Beyond; 3] = [
        (named(&options.series)?, series),
        (named(&options.metrics)?, openmetrics),
        (named(&options.spans.traces)?, otlp),
    ];
    let beside = Beside::open(&options.beside, Of::Review, options.simulation.seed, models)?;
    let settings = patch::settings(&options.simulation.apply, &options.simulation.set)?;
    let model = work::model(&input::read(&args.model)?, &settings)?;
    interrupt::listen();
    let mut progress = progress(&options.simulation, options.output.quiet, options.output.verbose);
    if let Some(Budget::Time(time)) = options.budget {
        progress.limit(time);
    }
    let pictures = outputs.draw() || options.plots.is_some() || options.series.is_some();
    let traces = options.spans.tracing(outputs.traces(false));
    let mut report = work::review(&model, options, (pictures, traces), &beside, &progress)?;
    progress.finish();
    let mut extra: Vec<String> = options.budget.iter().flat_map(|b| ["--budget".into(), b.to_string()]).collect();
    extra.extend(options.plan_to.iter().flat_map(|load| ["--plan-to".into(), shown(*load)]));
    report.command = repeat("simulate", &args.model, &[options.load], &extra, &options.simulation);
    plans.write(&report, &model, &settings)?;
    let exit = match cut_short(&mut report) {
        true => Exit::Interrupted,
        false => {
            beside.finish()?;
            gate(std::slice::from_ref(&report), options.fail_on, options.exit_zero)
        }
    };
    if let Some(folder) = &options.plots {
        output::plots(folder, &report)?;
    }
    for (place, text) in more {
        place.map_or(Ok(()), |place| place.write(&text(&report)))?;
    }
    outputs.write(&[report])?;
    Ok(exit)
}

/// `simulate run MODEL`: one experiment.
///
/// # Errors
/// A [`Mistake`] of the user, or an internal error.
pub fn run(args: &RunArgs) -> anyhow::Result<Exit> {
    terminal::choose_colour(args.output.color);
    let outputs = Outputs::open(&args.output, std::slice::from_ref(&args.model))?;
    let settings = patch::settings(&args.simulation.apply, &args.simulation.set)?;
    let model = work::model(&input::read(&args.model)?, &settings)?;
    let spans =
        args.spans.traces.as_ref().map(|path| Place::open(path, std::slice::from_ref(&args.model))).transpose()?;
    interrupt::listen();
    let progress = progress(&args.simulation, args.output.quiet, args.output.verbose);
    let traces = args.spans.tracing(outputs.traces(true));
    let mut report = work::run(&model, args, traces, &progress)?;
    progress.finish();
    let mut extra: Vec<String> = Vec::new();
    if let Some(scenario) = &args.scenario {
        extra.extend(["--scenario".into(), shell_word(scenario)]);
    }
    for fault in &args.fail {
        extra.extend(["--fail".into(), shell_word(&fault.to_string())]);
    }
    extra.extend(args.limits.words());
    report.command = repeat("simulate run", &args.model, &args.load, &extra, &args.simulation);
    spans.map_or(Ok(()), |place| place.write(&otlp(&report)))?;
    let exit = if cut_short(&mut report) { Exit::Interrupted } else { Exit::Passed };
    outputs.write(&[report])?;
    Ok(exit)
}

/// `simulate check MODEL…`: reads models without simulating.
///
/// # Errors
/// A [`Mistake`] of the user, or an internal error.
pub fn check(args: &CheckArgs) -> anyhow::Result<Exit> {
    terminal::choose_colour(args.output.color);
    let outputs = Outputs::open(&args.output, &args.models)?;
    let settings = patch::settings(&args.apply, &args.set)?;
    let beside = Beside::open(&args.beside, Of::Check, 0, &args.models)?;
    let mut reports = Vec::new();
    let mut invalid = 0;
    for path in &args.models {
        let checked = input::read(path).and_then(|input| work::model(&input, &settings));
        match checked {
            Ok(model) => {
                let mut report = work::check(&model, &args.findings, &beside)?;
                report.command = format!("simulate check {}", shell_word(&path.display().to_string()));
                reports.push(report);
                if reports.len() == args.models.len() {
                    // The process ends: of ten thousand components it takes a tenth of the time to take them apart.
                    std::mem::forget(model);
                }
            }
            Err(mistake) => {
                super::explain(&mistake.into());
                invalid += 1;
            }
        }
    }
    let exit = gate(&reports, args.fail_on, args.exit_zero);
    if invalid == 0 {
        beside.finish()?;
    }
    outputs.write(&reports)?;
    match invalid {
        0 => Ok(exit),
        _ if args.models.len() == 1 => Err(Mistake::told().into()),
        n => Err(Mistake { message: format!("{n} of {} models are invalid", args.models.len()), help: None }.into()),
    }
}

/// Says so where somebody has asked to stop.
pub(super) fn cut_short(report: &mut Report) -> bool {
    let asked = interrupt::asked();
    if asked {
        report.complete = false;
        let note = "interrupted: what had not begun by then was left out, or rests on short runs";
        report.notes.insert(0, note.into());
    }
    asked
}

pub(super) fn progress(options: &SimulationOptions, quiet: bool, verbose: bool) -> Progress {
    Progress::new(!options.no_progress && !quiet, verbose)
}

fn gate(reports: &[Report], fail_on: FailOn, exit_zero: bool) -> Exit {
    let fails = reports.iter().filter_map(Report::worst).any(|severity| fail_on.catches(severity))
        || reports.iter().any(|report| report.any(Difference::Regressed));
    if fails && !exit_zero { Exit::Failed } else { Exit::Passed }
}

/// The command that gives the same report, without what only changes its form.
pub(super) fn repeat(
    command: &str,
    model: &Path,
    loads: &[Quantity],
    extra: &[String],
    options: &SimulationOptions,
) -> String {
    let mut words = vec![command.to_string(), shell_word(&model.display().to_string())];
    for load in loads {
        words.extend(["--load".into(), shown(*load)]);
    }
    words.extend_from_slice(extra);
    for file in &options.apply {
        words.extend(["--apply".into(), shell_word(&file.display().to_string())]);
    }
    for setting in &options.set {
        words.extend(["--set".into(), shell_word(&format!("{}={}", setting.path, setting.value))]);
    }
    words.extend(options.duration.iter().flat_map(|d| ["--duration".into(), d.to_string()]));
    words.extend(options.warmup.iter().flat_map(|d| ["--warmup".into(), d.to_string()]));
    if options.replications != Options::default().replications {
        words.extend(["--replications".into(), options.replications.to_string()]);
    }
    words.extend(["--seed".into(), options.seed.to_string()]);
    words.join(" ")
}

fn shown(load: Quantity) -> String {
    match load {
        Quantity::Factor(factor) => show_factor(factor),
        Quantity::Rate(rate) => show_rate(rate),
    }
}
