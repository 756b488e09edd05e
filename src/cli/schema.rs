//! `simulate schema`: the model language for editors, and the JSON of reports for programs.

use super::args::SchemaArgs;
use super::exit::Exit;
use super::output;
use crate::model::MODEL_SHAPE;
use crate::report;
use crate::yaml::json_schema;

/// `simulate schema`: prints the JSON Schema, or writes it to a file.
///
/// # Errors
/// The file, or standard output, cannot be written to.
pub fn schema(args: &SchemaArgs) -> anyhow::Result<Exit> {
    let schema = match args.report {
        true => report::json_schema(),
        false => json_schema(&MODEL_SHAPE, "Tenfold model"),
    };
    let text = serde_json::to_string_pretty(&schema)? + "\n";
    output::put(&args.output, text.as_bytes())?;
    Ok(Exit::Passed)
}
