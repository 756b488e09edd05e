//! What things cost in instructions, counted under valgrind: the cases of `speed.rs`, smaller. They repeat to the
//! instruction where seconds do not, so that a change of one in a hundred can be seen on a busy machine.
//!
//!     cargo install --version 0.20.0 gungraun-runner
//!     cargo bench --bench instructions              everything, in a minute and a half
//!     cargo bench --bench instructions -- '*w4*'    what matches this
//!
//! It needs valgrind, and the runner in the version of the library; without the runner it says so and stops. Each run
//! is compared with the one before, and leaves a profile for `callgrind_annotate` below `target/gungraun`.

#![allow(missing_docs, reason = "the macros' own names carry none")]

mod latencies;
mod models;
mod system;

use gungraun::prelude::*;
use latencies::latencies;
use models::{GUARDED, SHOP, W1, W2, W3, W4, Work, read, trial};
use std::hint::black_box;
use system::{Shape, System, Wanted};
use tenfold::engine::bench::{Hold, Timers};
use tenfold::measure::{Histogram, Measurements, Trial, Warm};
use tenfold::model::Model;
use tenfold::units::SimDuration;

const TURNS: u32 = 100_000;
const TENTH: SimDuration = SimDuration::from_millis(100);

#[library_benchmark]
#[bench::w1(work(&W1, 100_000))]
#[bench::w2(work(&W2, 100_000))]
#[bench::w3(work(&W3, 20_000))]
#[bench::w4(work(&W4, 20_000))]
#[bench::shop_1x(run(SHOP, 1.0, 20))]
#[bench::shop_10x(run(SHOP, 10.0, 2))]
#[bench::guarded(run(GUARDED, 1.0, 20))]
fn engine(trial: Trial<'static>) -> Measurements {
    black_box(trial).run()
}

#[library_benchmark]
#[bench::pending_100(Hold::new(100))]
#[bench::pending_10k(Hold::new(10_000))]
#[bench::pending_1m(Hold::new(1_000_000))]
fn calendar(mut hold: Hold) -> Hold {
    hold.turn(black_box(TURNS));
    hold
}

#[library_benchmark]
#[bench::in_progress_10(Timers::new(10))]
#[bench::in_progress_1k(Timers::new(1_000))]
#[bench::in_progress_100k(Timers::new(100_000))]
fn timers(mut timers: Timers) -> Timers {
    timers.turn(black_box(TURNS));
    timers
}

#[library_benchmark]
#[bench::record(latencies())]
fn histogram(latencies: Vec<SimDuration>) -> Histogram {
    let mut histogram = Histogram::default();
    (0..100).for_each(|_| black_box(&latencies).iter().for_each(|d| histogram.record(*d)));
    histogram
}

#[library_benchmark]
#[bench::services_10(text(10))]
#[bench::services_1000(text(1_000))]
fn compile(text: String) -> Model {
    read("system", black_box(&text))
}

#[library_benchmark]
#[bench::services_10(first(10))]
#[bench::services_1000(first(1_000))]
fn start(trial: Trial<'static>) -> Warm<'static> {
    black_box(trial).warm()
}

// A tenth of a second among so many services, behind a warm-up that is not counted.
#[library_benchmark]
#[bench::services_10(warm(10))]
#[bench::services_1000(warm(1_000))]
fn events((trial, mut warm): (Trial<'static>, Warm<'static>)) -> Warm<'static> {
    trial.advance(&mut warm, black_box(trial.measured));
    warm
}

library_benchmark_group!(name = all, benchmarks = [engine, calendar, timers, histogram, compile, start, events]);
main!(library_benchmark_groups = all);

fn work(work: &Work, customers: u64) -> Trial<'static> {
    trial(&forever(work.read()).plan, 1.0, work.time_of(customers))
}

fn run(text: &str, load: f64, seconds: u64) -> Trial<'static> {
    trial(&forever(read("model", text)).plan, load, SimDuration::from_secs(seconds))
}

/// A system of the right shape with a thousand requests in flight.
fn text(services: usize) -> String {
    let system = System::new(&Wanted { services, ..Wanted::default() });
    Shape::of(&system).check();
    system.to_string()
}

fn first(services: usize) -> Trial<'static> {
    trial(&forever(read("system", &text(services))).plan, 1.0, TENTH)
}

fn warm(services: usize) -> (Trial<'static>, Warm<'static>) {
    let trial = Trial { warmup: TENTH, ..first(services) };
    let warm = trial.warm();
    (trial, warm)
}

/// What a benchmark is given lives as long as the process, which runs it once.
fn forever(model: Model) -> &'static Model {
    Box::leak(Box::new(model))
}
