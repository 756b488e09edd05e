//! Failures that outlive their cause: how likely that is, what keeps them going, what cures them, at which loads a system is
//! open to them, and how little it takes.
//!
//! The definitions are those of Bronson and others ("Metastable Failures in Distributed Systems", HotOS 2021) and Huang
//! and others ("Metastable Failures in the Wild", OSDI 2022). A trigger brings an overload about; when it is gone, a
//! sustaining effect keeps the load above the capacity, and goodput stays low though users ask for no more than before.
//!
//! - `recovery`: how long it takes where it heals;
//! - `pulse`, `inquiry`, `purse`: what is measured, the times of a run, and what all runs may cost;
//! - `wait`, `drain`, `detect`: how long one waits, as long as it drains, and whether a run is stuck then, over seeds;
//! - `stuck`, `cure`, `ablation`: what a stuck state does when there is less load, or one mechanism less;
//! - `band`, `trigger`: the loads and the triggers from which on it happens.

mod ablation;
mod band;
mod cure;
mod detect;
mod drain;
mod examine;
mod inquiry;
mod pulse;
mod purse;
mod recovery;
mod stuck;
mod trigger;
mod wait;

pub use ablation::{Sustained, Sustainer};
pub use band::Band;
pub use cure::Cure;
pub use detect::{Aftermath, Aftermaths};
pub use examine::{Loops, Metastable, Question};
pub use inquiry::{Course, Inquiry};
pub use pulse::Strain;
pub use purse::Purse;
pub use recovery::Recovery;
pub use trigger::Smallest;
pub use wait::Wait;

#[cfg(test)]
mod tests;
