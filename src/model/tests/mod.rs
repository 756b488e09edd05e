//! Whole models: what they are compiled to, and what is refused with which words.

mod diagnostics;
mod examples;
mod lowering;
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
