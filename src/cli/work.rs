//! The seam: what the command line asks of the rest of the program.

use super::args::{ReviewOptions, RunArgs};
use super::exit::Mistake;
use super::input::Input;
use super::progress::Progress;
use super::terminal;
use super::values::Setting;
use crate::report::Report;
use crate::yaml::{Document, Problem, render};
use std::io::Write;

/// A model that was read.
pub(super) struct Model {
    document: Document,
}

/// Reads a model, all problems at once, and applies `--set`.
pub(super) fn model(input: &Input, settings: &[Setting]) -> Result<Model, Mistake> {
    let mut document = Document::parse(&input.file, &input.text).map_err(|problems| invalid(input, &problems))?;
    for setting in settings {
        document.set(&setting.path, &setting.value).map_err(|problem| {
            let hint = problem.hint.unwrap_or_else(|| "write PATH=VALUE, such as services.web.replicas=8".into());
            Mistake::new(format!("--set {}={}: {}", setting.path, setting.value, problem.message), hint)
        })?;
    }
    Ok(Model { document })
}

/// Shows what is wrong with a model.
fn invalid(input: &Input, problems: &[Problem]) -> Mistake {
    let text = render(&input.file, &input.text, problems, terminal::colour_on_stderr());
    // Nobody is left to tell when standard error is closed.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
    Mistake::told()
}

/// The review.
pub(super) fn review(model: &Model, _: &ReviewOptions, progress: &Progress) -> anyhow::Result<Report> {
    progress.stage("reading", 1);
    progress.step(1);
    anyhow::bail!("{} cannot be simulated yet", model.document.file)
}

/// One experiment.
pub(super) fn run(model: &Model, _: &RunArgs, progress: &Progress) -> anyhow::Result<Report> {
    progress.stage("reading", 1);
    anyhow::bail!("{} cannot be simulated yet", model.document.file)
}

/// Static findings.
pub(super) fn check(model: &Model) -> Report {
    let mut report = Report::empty(crate::report::Kind::Check);
    report.model.file.clone_from(&model.document.file);
    report.model.name.clone_from(&model.document.file);
    report
}
