//! The arguments, as clap reads them.

use super::baseline::BaselineOptions;
use super::completions::CompletionsArgs;
use super::config::{self, Given};
use super::exit::Exit;
use super::limits::LimitOptions;
use super::man::ManArgs;
use super::policy::{FindingOptions, WaiverOptions};
use super::spans::TraceOptions;
use super::values::{self, Budget, Colour, FailOn, FormatName, Setting};
use crate::experiments::Options;
use crate::faults::Fault;
use crate::units::{Quantity, SimDuration};
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::path::PathBuf;

/// All arguments.
#[derive(Clone, Debug)]
pub struct Args {
    /// What to do.
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// `simulate MODEL`
    Review(ReviewArgs),
    /// `simulate run MODEL`
    Run(RunArgs),
    /// `simulate compare A B`
    Compare(CompareArgs),
    /// `simulate check MODEL…`
    Check(CheckArgs),
    /// `simulate explain [CODE]`
    Explain(ExplainArgs),
    /// `simulate test MODEL…|DIR`
    Test(TestArgs),
    /// `simulate verify`
    Verify(VerifyArgs),
    /// `simulate schema`
    Schema(SchemaArgs),
    /// `simulate completions SHELL`
    Completions(CompletionsArgs),
    /// `simulate man [COMMAND]`
    Man(ManArgs),
}

/// Commands to begin with.
pub(super) const EXAMPLES: &str = "Examples:
  simulate models/shop.yaml --load 10x
  simulate models/shop.yaml --set services.web.replicas=8
  simulate models/shop.yaml --write-plan plan.yaml --write-plan plan.diff
  simulate models/shop.yaml --apply plan.yaml
  simulate run models/shop.yaml --fail latency:stripe:+2s@60s+120s
  simulate test models/
  simulate compare before.yaml after.yaml
  simulate compare baseline.yaml model.yaml
  simulate check models/*.yaml
  simulate explain missing-timeout
  simulate verify
  simulate schema --output tenfold.schema.json
  simulate completions bash --output ~/.local/share/bash-completion/completions/simulate
  simulate man | man -l -";

/// How the program ends.
pub(super) const EXIT_CODES: &str = "\
0 done (and the gate passed), 1 the gate failed, 2 wrong usage or
invalid model, 3 internal error, 4 inconclusive (with --strict), 130 interrupted.";

#[derive(Debug, Parser)]
#[command(
    name = "simulate",
    version,
    about = "Find out what breaks at ten times the load, and which fix helps, before you build it",
    after_help = format!("{EXAMPLES}\n\nExit codes: {EXIT_CODES}"),
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    max_term_width = 110,
    override_usage = "simulate MODEL [OPTIONS]\n       simulate run MODEL [OPTIONS]\n       simulate test MODEL|DIR... [OPTIONS]\n       simulate compare A B [OPTIONS]\n       simulate check MODEL...\n       simulate explain [CODE]\n       simulate verify\n       simulate schema\n       simulate completions SHELL\n       simulate man [COMMAND]"
)]
struct Raw {
    #[command(subcommand)]
    command: Option<RawCommand>,
    /// The model to review, a YAML file; `-` for standard input.
    #[arg(value_name = "MODEL")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    review: ReviewOptions,
}

#[derive(Debug, Subcommand)]
enum RawCommand {
    /// One experiment, plainly reported: load, faults, duration; no advice.
    Run(Box<RunArgs>),
    /// Run every scenario with what it expects, and say which hold: for CI.
    Test(Box<TestArgs>),
    /// Two models on the same random numbers, or a model and a baseline: what differs, and, of two models, which change
    /// makes which difference.
    Compare(Box<CompareArgs>),
    /// Read models and say what is wrong with them, without simulating.
    Check(Box<CheckArgs>),
    /// What a finding means, why it matters and how it is judged; without a code, all findings.
    Explain(ExplainArgs),
    /// Compare the engine with queueing theory, on this machine, in a minute.
    Verify(VerifyArgs),
    /// Print the JSON Schema of the model language, for editors, or of the JSON of reports.
    Schema(SchemaArgs),
    /// Print the script that completes commands and options in a shell.
    Completions(CompletionsArgs),
    /// Print the manual page of the program, or of a command.
    Man(ManArgs),
}

/// Arguments of the review.
#[derive(Clone, Debug)]
pub struct ReviewArgs {
    /// The model.
    pub model: PathBuf,
    /// Everything else.
    pub options: ReviewOptions,
}

/// Options of the review.
#[derive(Clone, Debug, clap::Args)]
pub struct ReviewOptions {
    /// The load to review for: a multiple of the model's own, or a rate.
    #[arg(long, value_name = "10x|2000/s", value_parser = values::load, default_value = "10x")]
    pub load: Quantity,
    /// Leave with code 1 when there is a finding of this severity or a worse one.
    #[arg(long, value_name = "SEVERITY", ignore_case = true, default_value = "never")]
    pub fail_on: FailOn,
    /// Leave with 0 where it would be 1.
    #[arg(long)]
    pub exit_zero: bool,
    /// How much may be tried. A number of events (80M unless given) gives the same report on every machine. A time, such
    /// as 30s, is spent on trying pairs of faults until it is over: how many that are depends on the machine, and the
    /// report says so. What comes before the pairs is done whole and may take longer than a short time.
    #[arg(long, value_name = "200M|30s", value_parser = values::budget)]
    pub budget: Option<Budget>,
    /// Write each chart as SVG into this folder, and the system as .dot (Graphviz) and .mmd (Mermaid).
    #[arg(long, value_name = "DIR")]
    pub plots: Option<PathBuf>,
    /// Write the load curve and the course of the worst failures as CSV; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub series: Option<PathBuf>,
    /// Write what was measured as OpenMetrics text, for dashboards; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
    /// Single requests.
    #[command(flatten)]
    pub spans: TraceOptions,
    /// The load to plan for, when it is not the one to review for.
    #[arg(long, value_name = "10x|2000/s", value_parser = values::load)]
    pub plan_to: Option<Quantity>,
    /// Write the plan: as a patch that --apply reads, or, to a FILE that ends in .diff, as the difference it makes to the
    /// model's file, comments and all. Repeatable.
    #[arg(long, value_name = "FILE")]
    pub write_plan: Vec<PathBuf>,
    /// Which findings are told.
    #[command(flatten)]
    pub findings: FindingOptions,
    /// What is compared with, and what is kept.
    #[command(flatten)]
    pub beside: BaselineOptions,
    /// What all simulating commands share.
    #[command(flatten)]
    pub simulation: SimulationOptions,
    /// Where the reports go.
    #[command(flatten)]
    pub output: OutputOptions,
}

/// Arguments of `run`.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// The model, a YAML file; `-` for standard input.
    pub model: PathBuf,
    /// A scenario of the model: its load, its faults, its expectations.
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// The load: a multiple of the model's own (of the scenario's, if there is one), or a rate. Repeatable.
    #[arg(long, value_name = "10x|2000/s", value_parser = values::load)]
    pub load: Vec<Quantity>,
    /// Something that goes wrong: `KIND:TARGET[:AMOUNT][:SETTING=VALUE]...[@START[+DURATION]]`. Repeatable.
    #[arg(long, value_name = "FAULT", value_parser = values::fault, help = fail_help())]
    pub fail: Vec<Fault>,
    /// What a run may cost.
    #[command(flatten)]
    pub limits: LimitOptions,
    /// Single requests.
    #[command(flatten)]
    pub spans: TraceOptions,
    /// What all simulating commands share.
    #[command(flatten)]
    pub simulation: SimulationOptions,
    /// Where the reports go.
    #[command(flatten)]
    pub output: OutputOptions,
}

/// Arguments of `test`.
#[derive(Clone, Debug, clap::Args)]
pub struct TestArgs {
    /// The models, YAML files; of a directory all in it and below.
    #[arg(required = true, value_name = "MODEL|DIR")]
    pub models: Vec<PathBuf>,
    /// Only scenarios with this in `MODEL FILE SCENARIO`. Repeatable: any of them.
    #[arg(long, value_name = "TEXT")]
    pub filter: Vec<String>,
    /// Only say which scenarios there are.
    #[arg(long)]
    pub list: bool,
    /// How many runs a verdict may take. There are --replications at first, then twice as many, and so on.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub max_replications: u32,
    /// Leave with code 4 when something is inconclusive.
    #[arg(long)]
    pub strict: bool,
    /// Leave with 0 where it would be 1.
    #[arg(long)]
    pub exit_zero: bool,
    /// Leave the times out of JUnit, the one format that has any: its bytes are the same each time then.
    #[arg(long)]
    pub no_times: bool,
    /// What a run may cost.
    #[command(flatten)]
    pub limits: LimitOptions,
    /// Whether waivers count.
    #[command(flatten)]
    pub waivers: WaiverOptions,
    /// What is compared with, and what is kept.
    #[command(flatten)]
    pub beside: BaselineOptions,
    /// What all simulating commands share.
    #[command(flatten)]
    pub simulation: SimulationOptions,
    /// Where the reports go.
    #[command(flatten)]
    pub output: OutputOptions,
}

/// Arguments of `compare`.
#[derive(Clone, Debug, clap::Args)]
pub struct CompareArgs {
    /// What is compared with: a model, or a baseline that --write-baseline wrote.
    #[arg(value_name = "A")]
    pub one: PathBuf,
    /// The model that was changed. When it is A that is the model, and this the baseline, A is compared with it.
    #[arg(value_name = "B")]
    pub other: PathBuf,
    /// A load at which two models are compared beside their own: a multiple of the first one's, or a rate. Repeatable.
    #[arg(long, value_name = "10x|2000/s", value_parser = values::load)]
    pub load: Vec<Quantity>,
    /// Leave with code 4 when something is inconclusive.
    #[arg(long)]
    pub strict: bool,
    /// Leave with 0 where it would be 1.
    #[arg(long)]
    pub exit_zero: bool,
    /// What all simulating commands share.
    #[command(flatten)]
    pub simulation: SimulationOptions,
    /// Where the reports go.
    #[command(flatten)]
    pub output: OutputOptions,
}

impl CompareArgs {
    /// The model that is compared with the other one, or with a baseline: whichever of the two files is none.
    pub(super) fn model(&self) -> &PathBuf {
        if super::input::is_baseline(&self.other) { &self.one } else { &self.other }
    }
}

/// Arguments of `check`.
#[derive(Clone, Debug, clap::Args)]
pub struct CheckArgs {
    /// The models, YAML files.
    #[arg(required = true, value_name = "MODEL")]
    pub models: Vec<PathBuf>,
    /// Change the model: services.web.replicas=8. Repeatable.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<Setting>,
    /// Change the model by a file of such settings, one `path: value` a line, as --write-plan writes it; before --set.
    /// Repeatable.
    #[arg(long, value_name = "FILE")]
    pub apply: Vec<PathBuf>,
    /// Leave with code 1 when there is a finding of this severity or a worse one.
    #[arg(long, value_name = "SEVERITY", ignore_case = true, default_value = "never")]
    pub fail_on: FailOn,
    /// Leave with 0 where it would be 1.
    #[arg(long)]
    pub exit_zero: bool,
    /// Which findings are told.
    #[command(flatten)]
    pub findings: FindingOptions,
    /// What is compared with, and what is kept.
    #[command(flatten)]
    pub beside: BaselineOptions,
    /// Where the reports go.
    #[command(flatten)]
    pub output: OutputOptions,
}

/// Arguments of `explain`.
#[derive(Clone, Debug, clap::Args)]
pub struct ExplainArgs {
    /// The code of a finding, such as missing-timeout.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// Arguments of `verify`.
#[derive(Clone, Debug, clap::Args)]
pub struct VerifyArgs {
    /// Threads to use; all cores unless given. The table does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Only the verdict.
    #[arg(long, short)]
    pub quiet: bool,
    /// No progress bar.
    #[arg(long)]
    pub no_progress: bool,
    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
}

/// Arguments of `schema`.
#[derive(Clone, Debug, clap::Args)]
pub struct SchemaArgs {
    /// The schema of reports (--format json) instead.
    #[arg(long)]
    pub report: bool,
    /// Where the schema goes; `-` for standard output.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
}

/// What all simulating commands share.
#[derive(Clone, Debug, clap::Args)]
pub struct SimulationOptions {
    /// Change the model: services.web.replicas=8. Repeatable.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<Setting>,
    /// Change the model by a file of such settings, one `path: value` a line, as --write-plan writes it; before --set.
    /// Repeatable.
    #[arg(long, value_name = "FILE")]
    pub apply: Vec<PathBuf>,
    /// Seed of all random streams; the same seed gives the same report, byte for byte.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Simulated time that is measured. Chosen by the model's slowest mechanism unless given.
    #[arg(long, value_name = "TIME", value_parser = values::positive_duration)]
    pub duration: Option<SimDuration>,
    /// Simulated time before measuring. Chosen likewise unless given.
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub warmup: Option<SimDuration>,
    /// Runs with different random numbers behind each figure.
    #[arg(long, value_name = "N", default_value_t = Options::default().replications,
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub replications: u32,
    /// Threads to use; all cores unless given. The report does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// No progress bar.
    #[arg(long)]
    pub no_progress: bool,
}

/// Where the reports go.
#[derive(Clone, Debug, clap::Args)]
pub struct OutputOptions {
    /// The form of the report. Repeatable, each with its own --output.
    #[arg(long, value_name = "FORMAT")]
    pub format: Vec<FormatName>,
    /// Where the report goes; `-` for standard output. The first --output is for the first --format, and so on.
    #[arg(long, short, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// Tell of waived findings in SARIF, too, as suppressed ones. GitHub makes alerts of them all the same.
    #[arg(long)]
    pub show_suppressed: bool,
    /// Only the verdict, and errors.
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Everything: nothing is left out of the text, and times are told on standard error.
    #[arg(long, short)]
    pub verbose: bool,
    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
}

/// Reads the arguments of this process; on an error (or after `--help`) tells and says how to leave.
///
/// # Errors
/// How to leave at once: with 0 after help was shown, with 2 after wrong usage.
pub fn parse() -> Result<Args, Exit> {
    let read = Raw::command().try_get_matches().and_then(|matches| Ok((Raw::from_arg_matches(&matches)?, matches)));
    let (raw, matches) = match read {
        Ok(read) => read,
        Err(error) => {
            // Help on a closed pipe is no error.
            let _ = error.print();
            return Err(if error.exit_code() == 0 { Exit::Passed } else { Exit::Usage });
        }
    };
    let mut command = match raw.command {
        Some(RawCommand::Run(run)) => Command::Run(*run),
        Some(RawCommand::Test(test)) => Command::Test(*test),
        Some(RawCommand::Compare(compare)) => Command::Compare(*compare),
        Some(RawCommand::Check(check)) => Command::Check(*check),
        Some(RawCommand::Explain(explain)) => Command::Explain(explain),
        Some(RawCommand::Verify(verify)) => Command::Verify(verify),
        Some(RawCommand::Schema(schema)) => Command::Schema(schema),
        Some(RawCommand::Completions(completions)) => Command::Completions(completions),
        Some(RawCommand::Man(man)) => Command::Man(man),
        None => {
            let model = super::input::only_model(raw.models).map_err(|mistake| super::explain(&mistake.into()))?;
            Command::Review(ReviewArgs { model, options: raw.review })
        }
    };
    let own = matches.subcommand().map_or(&matches, |(_, own)| own);
    let given = own.ids().map(|id| id.as_str());
    let given = given.filter(|id| own.value_source(id) == Some(ValueSource::CommandLine));
    let given = Given(given.map(str::to_owned).collect());
    config::complete(&mut command, &given).map_err(|mistake| super::explain(&mistake.into()))?;
    Ok(Args { command })
}

/// All commands and options, as clap knows them.
pub(super) fn all() -> clap::Command {
    Raw::command()
}

/// The names of the subcommands.
pub(super) fn subcommands() -> Vec<String> {
    all().get_subcommands().map(|c| c.get_name().to_string()).collect()
}

fn fail_help() -> String {
    let mut text = String::from(
        "Something that goes wrong, as KIND:TARGET[:AMOUNT][:SETTING=VALUE]...[@START[+DURATION]], such as latency:stripe:+2s@60s+120s or errors:db.read:5%:ramp=30s. Repeatable. Kinds: ",
    );
    let kinds: Vec<String> = crate::faults::FORMS.iter().map(|f| format!("{} ({})", f.word, f.summary)).collect();
    text.push_str(&kinds.join("; "));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Raw::command().debug_assert();
        assert_eq!(
            subcommands(),
            ["run", "test", "compare", "check", "explain", "verify", "schema", "completions", "man"]
        );
    }

    #[test]
    fn every_format_can_be_asked_for() {
        use clap::ValueEnum;
        let asked: Vec<&str> = FormatName::value_variants().iter().map(|f| f.name()).collect();
        let there: Vec<&str> = crate::report::FORMATS.iter().map(|f| f.name()).collect();
        assert_eq!(asked, there);
    }

    #[test]
    fn options_are_read() {
        let raw =
            Raw::try_parse_from(["simulate", "m.yaml", "--load", "5x", "--set", "a.b={ c: 1 }", "--fail-on", "p1"]);
        let raw = raw.unwrap();
        assert_eq!(raw.review.load, Quantity::Factor(5.0));
        assert_eq!(raw.review.simulation.set, [Setting { path: "a.b".into(), value: "{ c: 1 }".into() }]);
        assert_eq!(raw.review.fail_on, FailOn::P1);
        assert!(Raw::try_parse_from(["simulate", "m.yaml", "--load", "0x"]).is_err());
        assert!(Raw::try_parse_from(["simulate", "m.yaml", "--replications", "0"]).is_err());
    }
}
