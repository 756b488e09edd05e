//! The table of a shape's fields, for the reference.

use super::{Field, Shape, Takes};
use std::fmt::Write;

/// The fields in Markdown. Those of shapes written in place are named in a line below, since they have a table of their own.
pub fn table(shape: &'static Shape) -> String {
    let mut text = String::from("| Field | Takes | Meaning |\n| --- | --- | --- |\n");
    for field in shape.fields {
        let about = field.about.replace('|', "\\|");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{}` | {} | {} |", field.name, takes(field), about);
    }
    for included in shape.includes {
        let _ = writeln!(text, "\nThe fields of `{}` stand among these.", included.name);
    }
    text
}

fn takes(field: &Field) -> String {
    let words = what(&field.takes);
    if field.required { format!("{words}; required") } else { words }
}

/// What may stand there, in a few words.
fn what(takes: &Takes) -> String {
    match takes {
        Takes::Duration => "duration".into(),
        Takes::Rate => "rate".into(),
        Takes::Share => "share".into(),
        Takes::Factor => "multiple".into(),
        Takes::Number => "number".into(),
        Takes::Whole(..) => "whole number".into(),
        Takes::Text => "text".into(),
        Takes::Date => "day".into(),
        Takes::Boolean => "`true` or `false`".into(),
        Takes::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Takes::Name => "name".into(),
        Takes::Edge => "name, or `caller>callee`".into(),
        Takes::Load => "multiple or rate".into(),
        Takes::Expectation => "expectation".into(),
        Takes::Popularity => "`uniform` or `zipf(s)`".into(),
        Takes::Map(shape) => format!("map: {}", shape.name.replace('_', " ")),
        Takes::Named(inner) => format!("by name: {}", what(inner)),
        Takes::List(inner) => format!("list of {}", what(inner)),
        Takes::Any(several) => several.iter().map(what).collect::<Vec<_>>().join(", "),
        Takes::Alias(alias) => alias.name.replace('_', " "),
    }
}
