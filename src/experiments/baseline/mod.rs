//! Baselines: what was measured once, replication by replication, beside what is measured now.
//!
//! Replication r of both shares its random numbers, so that a model that did not change differs by exactly zero, and one
//! that did is compared pair by pair. A difference counts when its whole interval lies beyond a margin, and there is none
//! when the whole interval lies within it; between the two more replications are run, as many as the baseline holds.
//! Whoever looks at many figures will see one that strays: the error is divided by the number of figures, and by the
//! number of looks (Bonferroni), so that in at most one comparison of twenty anything is told that is not there.
//!
//! - `figures`: which figures are compared;
//! - `record`: their values, by replication;
//! - `compare`: what a difference comes to;
//! - `file`: the baseline as a text that merges well.

mod compare;
mod figures;
mod file;
mod record;

pub use compare::{Compared, Difference, compare, confidence};
pub use figures::{Figure, figures};
pub use file::{Accepted, Baseline, Measured, Of, VERSION};
pub use record::{Known, Recorded, against, record};
