//! The seam: what the command line asks of the rest of the program.

use super::args::{CompareArgs, ReviewOptions, RunArgs, SimulationOptions, TestArgs};
use super::baseline::Beside;
use super::exit::Mistake;
use super::input::Input;
use super::policy::FindingOptions;
use super::terminal;
use super::values::{Budget, Setting};
use crate::experiments::{self, Exam, Options, Progress, Quiet, Shown, Tracing};
use crate::faults::Fault;
use crate::findings::{self, Policy};
use crate::graph::Graph;
use crate::model::{Change, Model};
use crate::report::{Kind, Report, assemble, fingerprint};
use crate::units::{Quantity, show_count, show_factor, show_rate};
use crate::yaml::{Problem, did_you_mean, list, render};
use std::io::Write;
use std::path::Path;

/// Reads a model, all problems at once, and applies `--set`.
pub(super) fn model(input: &Input, settings: &[Setting]) -> Result<Model, Mistake> {
    let model = read(input).map_err(|problems| {
        told(input, &problems);
        Mistake::told()
    })?;
    changed(model, settings)
}

/// Reads a model; all problems at once.
pub(super) fn read(input: &Input) -> Result<Model, Vec<Problem>> {
    let model = Model::read_with(&input.file, &input.text, super::input::files(&input.file))?;
    let unknown = findings::unknown(&model);
    if unknown.is_empty() { Ok(model) } else { Err(unknown) }
}

/// The model with `--set` applied.
pub(super) fn changed(model: Model, settings: &[Setting]) -> Result<Model, Mistake> {
    // One by one, so that the setting that is wrong can be named.
    settings.iter().try_fold(model, |model, setting| {
        let change: Change = model.change(&setting.path, &setting.value);
        model.with(&[change]).map_err(|problems| wrong_setting(setting, &problems))
    })
}

/// Shows what is wrong with a model.
pub(super) fn told(input: &Input, problems: &[Problem]) {
    let text = render(&input.file, &input.text, problems, terminal::colour_on_stderr());
    // Nobody is left to tell when standard error is closed.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// The place of such a problem is no line of the file, so the setting is named instead.
fn wrong_setting(setting: &Setting, problems: &[Problem]) -> Mistake {
    let messages: Vec<&str> = problems.iter().map(|p| p.message.as_str()).collect();
    let hint = problems.iter().find_map(|p| p.hint.clone());
    Mistake::new(
        format!("--set {}={}: {}", setting.path, setting.value, messages.join("; ")),
        hint.unwrap_or_else(|| "write PATH=VALUE, such as services.web.replicas=8".into()),
    )
}

/// The review.
pub(super) fn review(
    model: &Model,
    args: &ReviewOptions,
    (pictures, traces): (bool, Tracing),
    beside: &Beside,
    progress: &dyn Progress,
) -> anyhow::Result<Report> {
    let mut options =
        Options { loads: vec![args.load], plan_to: args.plan_to, pictures, traces, ..options(&args.simulation) };
    if let Some(Budget::Events(events)) = args.budget {
        options.budget = events;
    }
    affordable(model, &options)?;
    let review = experiments::review(model, &options, progress);
    let mut report = assemble::review(model, &review);
    let policy = Policy { accepted: beside.accepted(&model.document.file), ..args.findings.policy() };
    assemble::settle(&mut report, model, &policy);
    let mut report = identified(report, model);
    let exam = |shown: &Shown| Exam {
        name: shown.name.clone(),
        load: shown.load,
        faults: Vec::new(),
        expectations: review.slos.clone(),
    };
    let runs: Vec<(Exam, &Shown)> = review.runs.iter().map(|shown| (exam(shown), shown)).collect();
    beside.take(model, &runs, &options, &mut report, progress)?;
    Ok(report)
}

/// One experiment.
pub(super) fn run(model: &Model, args: &RunArgs, traces: Tracing, progress: &dyn Progress) -> anyhow::Result<Report> {
    if let Some(name) = &args.scenario {
        known_scenario(model, name)?;
    }
    for fault in &args.fail {
        fits(fault, model, &args.simulation)?;
    }
    let options = Options {
        loads: args.load.clone(),
        faults: args.fail.clone(),
        scenario: args.scenario.clone(),
        traces,
        ..args.limits.keep(options(&args.simulation))
    };
    if args.limits.max_events.is_none() && options.duration.is_none() {
        affordable(model, &options)?;
    }
    let plain = experiments::run(model, &options, progress).map_err(|message| Mistake { message, help: None })?;
    Ok(identified(assemble::run(model, &plain, &options), model))
}

/// What can be tested of a model, as far as it is asked for. What a baseline cannot be compared with is refused.
pub(super) fn exams(
    model: &Model,
    args: &TestArgs,
    beside: &Beside,
    keep: &dyn Fn(&str) -> bool,
) -> Result<Vec<Exam>, Mistake> {
    let options = options(&args.simulation);
    let exams: Vec<Exam> = experiments::exams(model, &options).into_iter().filter(|e| keep(&e.name)).collect();
    if args.limits.max_events.is_none() && options.duration.is_none() {
        let loads = exams.iter().map(|exam| Quantity::Factor(exam.load)).collect();
        affordable(model, &Options { loads, ..options.clone() })?;
    }
    beside.fits(model, &exams, &options)?;
    Ok(exams)
}

/// Runs something on the threads asked for.
pub(super) fn on_threads<R: Send>(args: &SimulationOptions, work: impl FnOnce() -> R + Send) -> R {
    options(args).on_threads(work)
}

/// Scenarios as tests, on the threads it is called on.
pub(super) fn test(
    model: &Model,
    exams: Vec<Exam>,
    args: &TestArgs,
    beside: &Beside,
    progress: &dyn Progress,
) -> Result<Report, Mistake> {
    let options = Options { budget: TEST_EVENTS, threads: None, ..args.limits.keep(options(&args.simulation)) };
    let most = args.max_replications.max(options.replications);
    let examined = experiments::examine_all(model, &exams, &options, most, progress);
    let policy = Policy { accepted: beside.accepted(&model.document.file), ..args.waivers.policy() };
    let mut report = assemble::test(model, &exams, &examined, &options, &policy);
    assemble::settle(&mut report, model, &policy);
    let mut report = identified(report, model);
    let runs: Vec<(Exam, &Shown)> = exams.into_iter().zip(examined.iter().map(|e| &e.shown)).collect();
    beside.take(model, &runs, &options, &mut report, progress)?;
    Ok(report)
}

/// Two models beside one another.
pub(super) fn compare(one: &Model, other: &Model, args: &CompareArgs, progress: &dyn Progress) -> Report {
    let options = Options { loads: args.load.clone(), ..options(&args.simulation) };
    let between = experiments::between(one, other, &options, progress);
    identified(assemble::between(one, other, &between, &options), other)
}

/// A model beside a baseline.
pub(super) fn beside(
    model: &Model,
    baseline: &Path,
    args: &CompareArgs,
    progress: &dyn Progress,
) -> Result<Report, Mistake> {
    let options = options(&args.simulation);
    let mut report = Report::empty(Kind::Compare);
    report.seed = options.seed;
    report.replications = options.replications;
    let mut report = identified(report, model);
    super::baseline::beside(baseline, model, &options, &mut report, progress)?;
    Ok(report)
}

/// The scenarios of a model that can be tested.
pub(super) fn scenarios(model: &Model) -> Vec<String> {
    experiments::exams(model, &Options::default()).into_iter().map(|e| e.name).collect()
}

/// Events that the first replications of a scenario may take together: a suite of models must not take minutes.
const TEST_EVENTS: f64 = 10e6;

/// Static findings.
pub(super) fn check(model: &Model, findings: &FindingOptions, beside: &Beside) -> Result<Report, Mistake> {
    let mut report = assemble::check(model);
    let policy = Policy { accepted: beside.accepted(&model.document.file), ..findings.policy() };
    assemble::settle(&mut report, model, &policy);
    let mut report = identified(report, model);
    beside.take(model, &[], &Options::default(), &mut report, &Quiet)?;
    Ok(report)
}

fn options(args: &SimulationOptions) -> Options {
    Options {
        seed: args.seed,
        replications: args.replications,
        duration: args.duration,
        warmup: args.warmup,
        threads: args.threads.map(usize::from),
        ..Options::default()
    }
}

fn known_scenario(model: &Model, name: &str) -> Result<(), Mistake> {
    let names = || model.scenarios.iter().map(|s| s.name.as_str());
    if names().any(|n| n == name) {
        return Ok(());
    }
    let help = match did_you_mean(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if model.scenarios.is_empty() => "the model has none; describe one with --fail and --load".into(),
        None => format!("there are {}", list(names())),
    };
    Err(Mistake::new(format!("there is no scenario `{name}`"), help))
}

/// The shortest runs last a second, and one of more requests than the budget has events would seem to hang.
fn affordable(model: &Model, options: &Options) -> Result<(), Mistake> {
    let loads = options.loads.iter().map(|load| options.factor(&model.plan, *load));
    let load = loads.fold(1.0, f64::max);
    let (rate, budget) = (load * Graph::new(&model.plan).user_rate(), options.budget);
    if rate <= budget {
        return Ok(());
    }
    let (load, rate, budget) = (show_factor(load), show_rate(rate), show_count(budget));
    Err(Mistake::new(
        format!("at {load} users ask for {rate}: each request is simulated, and the budget is of {budget} events"),
        "is a rate mistyped? If not, model a part of it: a thousandth of the traffic on a thousandth of the replicas",
    ))
}

fn fits(fault: &Fault, model: &Model, options: &SimulationOptions) -> Result<(), Mistake> {
    fault
        .check(&model.plan)
        .map_err(|e| Mistake { message: format!("--fail {fault}: {}", e.message), help: e.hint })?;
    match options.duration {
        Some(duration) if fault.start >= duration => Err(Mistake::new(
            format!("--fail {fault}: it begins after the {duration} that are measured"),
            "let it begin earlier, or give a longer --duration",
        )),
        _ => Ok(()),
    }
}

/// Fills in what tells one model from another.
fn identified(mut report: Report, model: &Model) -> Report {
    report.model.name.clone_from(&model.name);
    report.model.file.clone_from(&model.document.file);
    // Of the content, so that a comment changes nothing.
    report.model.hash = fingerprint(&model.document.root.show());
    if report.model.components.is_empty() {
        for component in &model.plan.components {
            *report.model.components.entry(component.role.word().into()).or_insert(0) += 1;
        }
    }
    report.assumed.clone_from(&model.assumed);
    report
}
