//! Whole models: what they are compiled to, and what is refused with which words.

mod admission;
mod diagnostics;
mod examples;
mod lowering;
mod policies;
mod refusals;
mod show;

use super::Model;
use crate::yaml::render;

/// A model that must be valid.
fn valid(text: &str) -> Model {
    Model::read("m.yaml", text).unwrap_or_else(|problems| panic!("{}", render("m.yaml", text, &problems, false)))
}

/// What is said about a model that is not.
fn refused(text: &str) -> String {
    let problems = Model::read("m.yaml", text).expect_err("the model is wrong");
    render("m.yaml", text, &problems, false)
}

/// The same, one line each: place, what is marked, message and hint.
fn in_short(text: &str) -> String {
    let problems = Model::read("m.yaml", text).expect_err("the model is wrong");
    let line = |p: crate::yaml::Problem| {
        let place = p.place.map_or("file".into(), |at| {
            format!("{}:{} {}", at.line, at.column, text[at.start..at.end].lines().next().unwrap_or_default())
        });
        format!("{place} -- {} -- {}\n", p.message, p.hint.unwrap_or_default())
    };
    problems.into_iter().map(line).collect()
}
