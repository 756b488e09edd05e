//! One binary for all integration tests; each module is one kind of evidence.

mod cli;
mod tidy;
