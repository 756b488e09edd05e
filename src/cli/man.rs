//! `simulate man`: manual pages.

use super::args::{self, EXAMPLES, EXIT_CODES};
use super::exit::{Exit, Mistake};
use super::output;
use crate::yaml::{did_you_mean, list};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::path::PathBuf;

/// Arguments of `man`.
#[derive(Clone, Debug, clap::Args)]
pub struct ManArgs {
    /// The command whose page it is, such as run; without one, the page of the program.
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
    /// Where the page goes; `-` for standard output.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
}

/// `simulate man [COMMAND]`: prints the page, or writes it to a file.
///
/// # Errors
/// There is no such command, or the file, or standard output, cannot be written to.
pub fn man(args: &ManArgs) -> anyhow::Result<Exit> {
    // `simulate help run` says what `simulate run --help` says; a page of its own it needs not.
    let mut program = args::all().disable_help_subcommand(true);
    program.build();
    let page = match &args.command {
        Some(name) => Man::new(program.find_subcommand(name).ok_or_else(|| unknown(name))?.clone()),
        None => Man::new(program.clone()),
    };
    let page = page.source(format!("simulate {}", program.get_version().unwrap_or_default())).manual("Tenfold");
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if args.command.is_none() {
        page.render_subcommands_section(&mut text)?;
        examples().to_writer(&mut text)?;
    }
    exit_status().to_writer(&mut text)?;
    output::put(&args.output, &text)?;
    Ok(Exit::Passed)
}

/// Line by line: filled, as all else is, they would run into one another.
fn examples() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]).control("nf", []);
    EXAMPLES.lines().skip(1).for_each(|line| {
        roff.text([roman(line.trim_start())]);
    });
    roff.control("fi", []);
    roff
}

fn exit_status() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]).text([roman(EXIT_CODES)]);
    roff
}

fn unknown(name: &str) -> Mistake {
    let commands = args::subcommands();
    let known = || commands.iter().map(String::as_str);
    let help = match did_you_mean(name, known()) {
        Some(near) => format!("did you mean `simulate man {near}`?"),
        None => format!("there are pages of {}; without a command, of the program", list(known())),
    };
    Mistake::new(format!("there is no command `{name}`"), help)
}
