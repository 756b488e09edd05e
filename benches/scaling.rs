//! What an event costs, and how much memory a run takes, as the run gets longer: W4 from ten thousand to a thousand million
//! events. Draws both for the guide.
//!
//!     cargo run --release --example scaling -- src/guide
//!     cargo run --release --example scaling -- target 7        # up to 10^7 events only: a few seconds
//!
//! Time is that of the processor and memory the most there ever was, as Linux tells them (`/proc`); elsewhere time is that
//! of the clock and memory is left out.

#![expect(clippy::disallowed_methods, reason = "how long things take is what it tells")]

use plotters::prelude::{
    ChartBuilder, Circle, Color, IntoDrawingArea, IntoLogRange, LineSeries, SVGBackend, TRANSPARENT, WHITE,
};
use plotters::style::full_palette::BLUE_700;
use std::error::Error;
use std::time::Instant;
use tenfold::engine::Limits;
use tenfold::measure::Trial;
use tenfold::model::Model;
use tenfold::plan::{Knobs, Plan};
use tenfold::units::SimDuration;

/// Events of one customer of W4, about.
const PER_CUSTOMER: u64 = 7;

/// What one run took.
struct Point {
    events: f64,
    ns_per_event: f64,
    /// In MiB.
    memory: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "target".into());
    let last: u32 = arguments.next().map_or(Ok(9), |last| last.parse())?;
    let model = Model::read("w4", include_str!("models/w4.yaml")).map_err(|_| "W4 is a valid model")?;
    let started = Instant::now();
    println!("{:>14}{:>12}{:>12}", "events", "ns each", "MiB");
    let mut points = Vec::new();
    // Each decade in two steps; short runs are repeated until they are long enough to be timed.
    for half in 8..=2 * last {
        let customers = 10f64.powf(f64::from(half) / 2.0) as u64 / PER_CUSTOMER;
        let trial = trial(&model.plan, customers);
        let times = (300_000 / customers).max(1);
        let begun = cpu_ns().unwrap_or_else(|| started.elapsed().as_nanos() as f64);
        let events: u64 = (0..times).map(|_| trial.run().events).sum();
        let spent = cpu_ns().unwrap_or_else(|| started.elapsed().as_nanos() as f64) - begun;
        let point = Point {
            events: (events / times) as f64,
            ns_per_event: spent / events as f64,
            memory: most_memory().unwrap_or(f64::NAN),
        };
        println!("{:>14.0}{:>12.1}{:>12.1}", point.events, point.ns_per_event, point.memory);
        points.push(point);
    }
    let cost: Vec<_> = points.iter().map(|p| (p.events, p.ns_per_event)).collect();
    draw(&cost, "Processor time of an event, ns", &format!("{folder}/speed-time.svg"))?;
    let memory: Vec<_> = points.iter().map(|p| (p.events, p.memory)).filter(|p| p.1.is_finite()).collect();
    draw(&memory, "Memory of the process, MiB", &format!("{folder}/speed-memory.svg"))
}

/// W4 for so many customers, of whom a thousand come each second.
fn trial(plan: &Plan, customers: u64) -> Trial<'_> {
    Trial {
        plan,
        load: 1.0,
        seed: 1,
        replication: 0,
        timeline: vec![(SimDuration::ZERO, Knobs::baseline(plan, 1.0))],
        warmup: SimDuration::ZERO,
        late: SimDuration::ZERO,
        measured: SimDuration::from_millis(customers),
        window: SimDuration::from_secs(1),
        limits: Limits::default(),
    }
}

/// Time this process has had of the processors, in nanoseconds.
fn cpu_ns() -> Option<f64> {
    std::fs::read_to_string("/proc/self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

/// The most memory this process has had so far, in MiB.
fn most_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}

fn draw(points: &[(f64, f64)], title: &str, target: &str) -> Result<(), Box<dyn Error>> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
    let high = points.iter().map(|p| p.1).fold(0.0, f64::max) * 1.25;
    let root = SVGBackend::new(target, (720, 360)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(16)
        .x_label_area_size(42)
        .y_label_area_size(56)
        .build_cartesian_2d((first.0..last.0).log_scale(), 0.0..high)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", 15))
        .axis_desc_style(("sans-serif", 15))
        .x_desc("events in the run")
        .x_label_formatter(&|x| format!("10^{:.0}", x.log10()))
        .y_label_formatter(&|y| format!("{y:.0}"))
        .draw()?;
    chart.draw_series(LineSeries::new(points.iter().copied(), BLUE_700.stroke_width(3)))?;
    chart.draw_series(points.iter().map(|&point| Circle::new(point, 4, BLUE_700.filled())))?;
    root.present()?;
    println!("drawn to {target}");
    Ok(())
}
