//! `simulate verify`: the engine against queueing theory, on this machine.

use super::args::VerifyArgs;
use super::exit::Exit;
use super::progress::Progress;
use super::{output, terminal};
use crate::experiments::{Options, Progress as _};
use crate::report::{self, Detail, Style};
use crate::verify::{Compared, Oracle, oracles};

/// `simulate verify`: leaves with 1 when a figure disagrees.
///
/// # Errors
/// Standard output cannot be written to.
pub fn verify(args: &VerifyArgs) -> anyhow::Result<Exit> {
    terminal::choose_colour(args.color);
    let progress = Progress::new(!args.no_progress && !args.quiet, false);
    let options = Options { threads: args.threads.map(usize::from), ..Options::default() };
    let compared = options.on_threads(|| compare(&progress));
    progress.finish();
    let detail = if args.quiet { Detail::Verdict } else { Detail::Page };
    let style = Style {
        width: terminal::width(),
        colour: terminal::colour_on_stdout(),
        detail,
        ascii: terminal::is_ascii(),
        waived: false,
    };
    output::print(report::theory(&compared, &style).as_bytes())?;
    Ok(if compared.iter().all(Compared::holds) { Exit::Passed } else { Exit::Failed })
}

fn compare(progress: &Progress) -> Vec<Compared> {
    progress.begin("comparing with theory", oracles().count() as u64);
    let run = |oracle: &Oracle| {
        let compared = oracle.run();
        progress.advance(1);
        compared
    };
    oracles().flat_map(run).collect()
}
