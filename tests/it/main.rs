//! One binary for all integration tests; each module is one kind of evidence.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod alerts;
mod baselines;
mod browser;
mod calibration;
mod ci;
mod cli;
mod common;
mod compare;
mod completions;
mod determinism;
mod docs;
mod envoy;
mod excerpts;
mod extreme;
mod failures_at_random;
mod fields;
mod fuzz;
mod gates;
mod healthy;
mod incidents;
mod interrupted;
mod limits;
mod planned;
mod properties;
mod readme;
mod remedied;
mod review;
mod schema;
mod shedding;
mod shipped;
mod shop;
mod testing;
mod theory;
mod tidy;
mod timelines;
mod timelines_admission;
mod timelines_breakers;
mod timelines_caches;
mod timelines_faults;
mod timelines_fleet;
mod timelines_queues;
mod timelines_traffic;
mod timelines_transactions;
mod traces;
