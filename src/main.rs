//! The command `simulate`: reads its arguments, runs one command, and leaves with a code that says how it went.

use std::panic::catch_unwind;
use std::process::ExitCode;
use tenfold::cli::{self, Command, Exit};

fn main() -> ExitCode {
    let args = match cli::parse() {
        Ok(args) => args,
        Err(exit) => return exit.into(),
    };
    let command = args.command;
    // A panic is a bug of ours, which has printed itself by now; it leaves with the code of internal errors.
    let outcome = catch_unwind(|| match command {
        Command::Review(review) => cli::review(&review),
        Command::Run(run) => cli::run(&run),
        Command::Test(test) => cli::test(&test),
        Command::Compare(compare) => cli::compare(&compare),
        Command::Check(check) => cli::check(&check),
        Command::Explain(explain) => cli::look_up(&explain),
        Command::Verify(verify) => cli::verify(&verify),
        Command::Schema(schema) => cli::schema(&schema),
        Command::Completions(completions) => cli::completions(&completions),
        Command::Man(man) => cli::man(&man),
    });
    match outcome {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => cli::explain(&error),
        Err(_) => Exit::Internal,
    }
    .into()
}
