//! How the program ends: exit codes, and errors with what to try.

use anstyle::{AnsiColor, Style};
use std::fmt;
use std::io::Write;
use std::process::ExitCode;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; the gate, if there was one, passed.
    Passed,
    /// Done, and the gate failed: a finding at or above `--fail-on`.
    Failed,
    /// Wrong usage or an invalid model.
    Usage,
    /// Our fault.
    Internal,
    /// Something could not be decided, and `--strict` asks that it be.
    Inconclusive,
    /// Interrupted by Ctrl-C; what was known by then was told.
    Interrupted,
}

impl Exit {
    /// What the shell is told.
    pub fn code(self) -> u8 {
        match self {
            Exit::Passed => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Internal => 3,
            Exit::Inconclusive => 4,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// A mistake of the user: what is wrong and what to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong; empty when it has been told already.
    pub message: String,
    /// What to try.
    pub help: Option<String>,
}

impl Mistake {
    /// A mistake and its cure.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Mistake {
        Mistake { message: message.into(), help: Some(help.into()) }
    }

    /// A mistake that has been told in full already.
    pub fn told() -> Mistake {
        Mistake { message: String::new(), help: None }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

/// Tells an error on standard error, and says how to leave: mistakes of the user with 2, everything else with 3.
pub fn explain(error: &anyhow::Error) -> Exit {
    let (red, cyan) = (AnsiColor::Red.on_default().bold(), AnsiColor::Cyan.on_default().bold());
    match error.downcast_ref::<Mistake>() {
        Some(mistake) => {
            if !mistake.message.is_empty() {
                line("error", red, &mistake.message);
            }
            if let Some(help) = &mistake.help {
                line("help", cyan, help);
            }
            Exit::Usage
        }
        None => {
            line("internal error", red, &format!("{error:#}"));
            Exit::Internal
        }
    }
}

fn line(word: &str, style: Style, text: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(anstream::stderr().lock(), "{style}{word}{style:#}: {text}");
}
