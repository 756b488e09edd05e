//! Which runs to compare, and what the comparison shows.
//!
//! [`review`] answers what `simulate MODEL --load 10x` asks; [`run`] is one plain experiment. Both take a [`Progress`] to
//! tell how far they are, and give plain data. All experiments share the same random numbers, replication by
//! replication, and give the same bytes on any number of threads.
//!
//! - `length`, `trials`: how long runs are, and running them in parallel;
//! - `judge`, `foregone`, `toll`: whether expectations hold, when that is known early, and what users lose;
//! - `bench`, `capacity`, `limits`, `scale`, `usage`: how much load, what ends it, and the plan to more;
//! - `strike`, `confirm`, `campaign`, `cascade`: every component and edge struck in turn, and how the damage spreads;
//! - `detection`: which alerts tell of it, after how long, and which cry wolf;
//! - `metastable`, `outlast`: failures that outlive their cause, and why; which of them a review waits for;
//! - `baseline`: what was measured once beside what is measured now, pair by pair;
//! - `between`: two models, and which change of the one makes which difference;
//! - `suite`: scenarios as tests, with as many replications as their verdicts need;
//! - `pictures`: what only pictures need, the load curve and the course of the worst failures;
//! - `traces`: single requests of the runs that are shown, and where their time goes;
//! - `guards`, `contain`: which missing guard contains it, by trying;
//! - `remedies`: other changes that may help, each tried before it is told.

mod baseline;
mod bench;
mod between;
mod campaign;
mod capacity;
mod cascade;
mod chance;
mod confirm;
mod contain;
mod detection;
mod edges;
mod foregone;
mod guards;
mod judge;
mod length;
mod limits;
mod metastable;
mod options;
mod outlast;
mod pictures;
mod plain;
mod remedies;
mod review;
mod scale;
mod strike;
mod suite;
mod toll;
mod traces;
mod trials;
mod usage;
mod withstand;

pub use baseline::{
    Accepted, Baseline, Compared, Difference, Figure, Known, Measured, Of, Recorded, VERSION, against, compare,
    confidence, figures, record,
};
pub use bench::Outcome;
pub use between::{Between, Step, between};
pub use campaign::catalog::kills_all;
pub use campaign::pairs::{Joint, Pairs};
pub use campaign::side::{Ill, Keyed, Side};
pub use campaign::{Drill, Failure, Harm};
pub use capacity::Bracket;
pub use cascade::{Gauge, Impairment, Mechanism, Reading, Struck};
pub use contain::{Attempt, Containment, Proven};
pub use detection::propose::{Calmer, Proposal};
pub use detection::{Detection, Noise, Paged, Spell, spells};
pub use edges::SloEdge;
pub use guards::{Guard, Habit, Move};
pub use judge::{Judged, Verdict};
pub use length::{Length, Pace};
pub use limits::{Bottleneck, Capacity};
pub use metastable::{
    Aftermath, Aftermaths, Band, Course, Cure, Inquiry, Loops, Metastable, Question, Recovery, Smallest, Strain,
    Sustained, Sustainer, Wait,
};
pub use options::{Options, Progress, Quiet, Tracing};
pub use pictures::{LoadPoint, Moment, Pictures, Replay, State};
pub use plain::{Plain, run};
pub use remedies::{Proof, Remedy, Spares, Supposition};
pub use review::{Decoy, Heard, Review, Shown, Spare, review};
pub use scale::{Bind, ScalePlan};
pub use strike::Asked;
pub use suite::{Exam, Examined, Ruled, Ruling, exam_at, examine_all, exams, settled};
pub use toll::Toll;
pub use traces::{MainTime, MeanTime, Traced};
pub use trials::Schedule;
pub use usage::Usage;
pub use withstand::{Shield, Withstood};

#[cfg(test)]
mod tests;
