//! Tenfold: find out what breaks at ten times the load, and which fix helps, before you build it.

pub mod cli;
pub mod engine;
pub mod experiments;
pub mod faults;
pub mod graph;
pub mod guide;
pub mod kinds;
pub mod measure;
pub mod model;
pub mod plan;
pub mod policies;
pub mod random;
pub mod report;
pub mod units;
pub mod yaml;
