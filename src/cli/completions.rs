//! `simulate completions`: scripts that complete commands and options in a shell.

use super::args;
use super::exit::Exit;
use super::output;
use clap_complete::{Shell, generate};
use std::path::PathBuf;

/// Arguments of `completions`.
#[derive(Clone, Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
    /// Where the script goes; `-` for standard output.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
}

/// `simulate completions SHELL`: prints the script, or writes it to a file.
///
/// # Errors
/// The file, or standard output, cannot be written to.
pub fn completions(args: &CompletionsArgs) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    generate(args.shell, &mut args::all(), "simulate", &mut script);
    output::put(&args.output, &script)?;
    Ok(Exit::Passed)
}
