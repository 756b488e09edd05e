//! What things cost in seconds.
//!
//!     cargo bench --bench speed               everything, in some minutes
//!     cargo bench --bench speed -- works      what matches this
//!
//! Seconds are those of this machine on this day. Instructions repeat: see `instructions.rs`. Other simulators are
//! compared by `peers.sh`.

mod calendar;
mod compile;
mod crowd;
mod engine;
mod generated;
mod guarded;
mod histogram;
mod latencies;
mod models;
mod system;
mod timers;

use criterion::{criterion_group, criterion_main};

criterion_group!(
    benches,
    engine::works,
    engine::shop,
    guarded::breaker_and_retries,
    calendar::hold,
    timers::set_and_cancelled,
    histogram::record,
    compile::model,
    generated::events,
    crowd::events,
    generated::start,
);
criterion_main!(benches);
