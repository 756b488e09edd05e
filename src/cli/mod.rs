//! The command line: the only room that touches the terminal, the wall clock and files.
//!
//! [`parse`] reads the arguments; [`review`], [`run`], [`check`], [`verify`] and [`schema`] each do one command, from reading
//! the model to writing its reports, and answer with an [`Exit`]. What they ask of the rest of the program stands in `work`.

mod args;
mod commands;
mod exit;
mod input;
mod output;
mod patch;
mod progress;
mod schema;
mod terminal;
mod values;
mod verify;
mod work;

pub use args::{Args, CheckArgs, Command, ReviewArgs, RunArgs, SchemaArgs, VerifyArgs, parse};
pub use commands::{check, review, run};
pub use exit::{Exit, Mistake, explain};
pub use schema::schema;
pub use verify::verify;
