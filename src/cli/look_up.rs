//! `simulate explain`: what the findings mean.

use super::args::ExplainArgs;
use super::exit::{Exit, Mistake};
use super::output;
use crate::findings::{ALIASES, LINTS, Lint, OBSERVABILITY, READINESS, lint};
use crate::yaml::did_you_mean;
use std::path::Path;

/// `simulate explain [CODE]`: prints what a finding means; without a code, a line about each.
///
/// # Errors
/// There is no such finding, or standard output cannot be written to.
pub fn look_up(args: &ExplainArgs) -> anyhow::Result<Exit> {
    let text = match &args.code {
        Some(code) if code == "readiness" => readiness(),
        Some(code) if code == "observability" => format!("The grade of observability\n\n{OBSERVABILITY}\n"),
        Some(code) => whole(lint(code).ok_or_else(|| unknown(code))?),
        None => LINTS.iter().map(|lint| format!("{:28} {}\n", lint.code, lint.summary())).collect(),
    };
    output::put(Path::new("-"), text.as_bytes())?;
    Ok(Exit::Passed)
}

fn whole(lint: &Lint) -> String {
    let how = if lint.is_static { "from the model alone" } else { "by simulation" };
    let mut text = format!("{} (told {how})\n\n", lint.code);
    for line in lint.doc.lines() {
        text.push_str(line.strip_prefix(' ').unwrap_or(line));
        text.push('\n');
    }
    text
}

/// The rubric of production readiness.
fn readiness() -> String {
    let mut text = String::from(
        "Production readiness: one point for each line that is passed. What is neither declared nor simulated is unknown, and \
         earns nothing.\n\n",
    );
    for item in &READINESS {
        text.push_str(&format!("  {}: {}\n", item.name, item.rule));
    }
    text
}

fn unknown(code: &str) -> Mistake {
    let known = LINTS
        .iter()
        .map(|lint| lint.code)
        .chain(ALIASES.iter().map(|(alias, _)| *alias))
        .chain(["readiness", "observability"]);
    let help = match did_you_mean(code, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`simulate explain` lists all".into(),
    };
    Mistake::new(format!("there is no finding `{code}`"), help)
}
