//! What was observed: one trial of a plan, its histograms and time series, and estimates over several trials.

mod estimate;
mod histogram;
mod measurements;
mod meter;
mod series;
pub mod traces;
mod trial;
mod watch;
mod watches;

pub use estimate::Estimate;
pub use histogram::Histogram;
pub use measurements::{FleetUse, Measurements, ResourceOf, ResourceUse, Served, SourceServed};
pub use series::{CacheCell, Cell, EdgeCell, Row, Series, StationCell, TopicCell};
pub use trial::{MOST_ROWS, SETTLE, Trial, Warm};
pub use watch::{Answers, Watched, watch};
