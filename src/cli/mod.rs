//! The command line: the only room that touches the terminal, the wall clock and files.
//!
//! [`parse`] reads the arguments; [`review`], [`run`], [`test()`], [`compare()`], [`check`], [`look_up`], [`verify`], [`schema`],
//! [`completions()`] and [`man()`] each do one command, from reading the model to writing its reports, and answer with an [`Exit`]. What they ask of the rest of the
//! program stands in `work`.

mod args;
mod baseline;
mod commands;
mod compare;
mod completions;
mod config;
mod exit;
mod input;
mod interrupt;
mod limits;
mod look_up;
mod man;
mod output;
mod patch;
mod policy;
mod progress;
mod schema;
mod spans;
mod terminal;
mod test;
mod values;
mod verify;
mod work;

pub use args::{
    Args, CheckArgs, Command, CompareArgs, ExplainArgs, ReviewArgs, RunArgs, SchemaArgs, TestArgs, VerifyArgs, parse,
};
pub use commands::{check, review, run};
pub use compare::compare;
pub use completions::{CompletionsArgs, completions};
pub use exit::{Exit, Mistake, explain};
pub use look_up::look_up;
pub use man::{ManArgs, man};
pub use schema::schema;
pub use test::test;
pub use verify::verify;
