//! One binary for all integration tests; each module is one kind of evidence.

mod cli;
mod common;
mod determinism;
mod docs;
mod formulas;
mod properties;
mod review;
mod shop;
mod theory;
mod tidy;
mod timelines;
