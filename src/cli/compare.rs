//! `simulate compare`: two models beside one another, or a model beside a baseline.

use super::args::CompareArgs;
use super::commands::{progress, repeat};
use super::exit::{Exit, Mistake};
use super::output::Outputs;
use super::{input, patch, terminal, work};
use crate::report::{Difference, shell_word};
use std::path::{Path, PathBuf};

/// `simulate compare A B`: what differs, and of two models which change does it. Leaves with 1 when something is worse in the
/// second; a baseline is the first, wherever it stands.
///
/// # Errors
/// A [`Mistake`] of the user, or an internal error.
pub fn compare(args: &CompareArgs) -> anyhow::Result<Exit> {
    terminal::choose_colour(args.output.color);
    let inputs = [args.one.clone(), args.other.clone()];
    let baselines: Vec<&PathBuf> = inputs.iter().filter(|path| input::is_baseline(path)).collect();
    let outputs = Outputs::open(&args.output, &inputs)?;
    let settings = patch::settings(&args.simulation.apply, &args.simulation.set)?;
    let read = |path: &Path| work::model(&input::read(path)?, &settings);
    let progress = progress(&args.simulation, args.output.quiet, args.output.verbose);
    let mut report = match baselines.as_slice() {
        [] => work::compare(&read(&args.one)?, &read(&args.other)?, args, &progress),
        [baseline] if args.load.is_empty() => work::beside(&read(args.model())?, baseline, args, &progress)?,
        [baseline] => {
            let message = format!("{} holds what was measured, and nothing at another load", baseline.display());
            return Err(Mistake::new(message, "leave --load out, or compare with the model as it was").into());
        }
        _ => return Err(Mistake::new("both are baselines", "name a model, and what it is compared with").into()),
    };
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
