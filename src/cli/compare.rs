//! `simulate compare`: two models beside one another.

use super::args::CompareArgs;
use super::commands::{progress, repeat};
use super::exit::{Exit, Mistake};
use super::output::Outputs;
use super::{input, patch, terminal, work};
use crate::report::{Difference, shell_word};
use std::path::Path;

/// `simulate compare A B`: what differs, and which change does it. Leaves with 1 when something is worse in the second.
///
/// # Errors
/// A [`Mistake`] of the user, or an internal error.
pub fn compare(args: &CompareArgs) -> anyhow::Result<Exit> {
    terminal::choose_colour(args.output.color);
    let inputs = [args.one.clone(), args.other.clone()];
    if let Some(baseline) = inputs.iter().find(|path| input::is_baseline(path)) {
        return Err(Mistake::new(
            format!("{} is a baseline, not a model", baseline.display()),
            format!("compare a model with it by simulate test MODEL --baseline {}", baseline.display()),
        )
        .into());
    }
    let outputs = Outputs::open(&args.output, &inputs)?;
    let settings = patch::settings(&args.simulation.apply, &args.simulation.set)?;
    let read = |path: &Path| work::model(&input::read(path)?, &settings);
    let (one, other) = (read(&args.one)?, read(&args.other)?);
    let progress = progress(&args.simulation, args.output.quiet, args.output.verbose);
    let mut report = work::compare(&one, &other, args, &progress);
    progress.finish();
    let command = format!("simulate compare {}", shell_word(&args.one.display().to_string()));
    report.command = repeat(&command, &args.other, &args.load, &[], &args.simulation);
    let exit = match () {
        () if report.any(Difference::Regressed) && !args.exit_zero => Exit::Failed,
        () if report.any(Difference::Inconclusive) && args.strict => Exit::Inconclusive,
        () => Exit::Passed,
    };
    outputs.write(&[report])?;
    Ok(exit)
}
