//! Draws how the 99th percentile and the share of failures of a model grow with its load, as an SVG file.
//!
//! `cargo run --release --example load_curve -- models/shop.yaml curve.svg`

use plotters::prelude::{
    ChartBuilder, Circle, Color, IntoDrawingArea, IntoLogRange, LineSeries, RED, SVGBackend, SeriesLabelPosition, WHITE,
};
use plotters::style::full_palette::BLUE_700;
use std::error::Error;
use tenfold::engine::Limits;
use tenfold::measure::{Measurements, Served, Trial};
use tenfold::model::Model;
use tenfold::plan::Knobs;
use tenfold::units::SimDuration;
use tenfold::yaml;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let file = args.next().unwrap_or_else(|| "models/shop.yaml".into());
    let target = args.next().unwrap_or_else(|| "target/load-curve.svg".into());
    let text = std::fs::read_to_string(&file)?;
    let model = Model::read(&file, &text).map_err(|problems| yaml::render(&file, &text, &problems, false))?;

    let loads: Vec<f64> = (1..=20).map(|i| f64::from(i) / 2.0).collect();
    let points: Vec<Point> = loads.iter().map(|&load| Point::new(load, &run(&model, load))).collect();
    for p in &points {
        println!("{:>4.1}x  p99 {:>8.1} ms  failed {:>6.2}%", p.load, p.p99_ms, p.failed_percent);
    }
    draw(&model.name, &points, &target)?;
    println!("drawn to {target}");
    Ok(())
}

/// What all users see at one load.
struct Point {
    load: f64,
    p99_ms: f64,
    failed_percent: f64,
}

impl Point {
    fn new(load: f64, measured: &Measurements) -> Point {
        let mut all = Served::default();
        measured.sources.iter().for_each(|source| all.merge(&source.total));
        Point {
            load,
            p99_ms: all.latency.quantile(0.99).map_or(f64::NAN, SimDuration::millis),
            failed_percent: 100.0 * (1.0 - all.success_rate()),
        }
    }
}

fn run(model: &Model, load: f64) -> Measurements {
    Trial {
        plan: &model.plan,
        load,
        seed: 1,
        replication: 0,
        timeline: vec![(SimDuration::ZERO, Knobs::baseline(&model.plan, load))],
        warmup: SimDuration::from_secs(10),
        late: SimDuration::ZERO,
        measured: SimDuration::from_secs(60),
        window: SimDuration::from_secs(1),
        limits: Limits::default(),
    }
    .run()
}

fn draw(name: &str, points: &[Point], target: &str) -> Result<(), Box<dyn Error>> {
    let drawn: Vec<&Point> = points.iter().filter(|p| p.p99_ms.is_finite()).collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
    let low = drawn.iter().map(|p| p.p99_ms).fold(f64::INFINITY, f64::min) / 2.0;
    let high = drawn.iter().map(|p| p.p99_ms).fold(0.0, f64::max) * 2.0;

    let root = SVGBackend::new(target, (900, 540)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("{name}: what users see as the load grows"), ("sans-serif", 22))
        .margin(20)
        .x_label_area_size(45)
        .y_label_area_size(70)
        .right_y_label_area_size(70)
        .build_cartesian_2d(first.load..last.load, (low..high).log_scale())?
        .set_secondary_coord(first.load..last.load, 0.0..100.0);
    chart
        .configure_mesh()
        .x_desc("load, times today's")
        .y_desc("p99, ms")
        .x_label_formatter(&|x| format!("{x}x"))
        .y_label_formatter(&|y| format!("{y:.0}"))
        .draw()?;
    chart.configure_secondary_axes().y_desc("failed, %").y_label_formatter(&|y| format!("{y:.0}%")).draw()?;
    chart
        .draw_series(LineSeries::new(drawn.iter().map(|p| (p.load, p.p99_ms)), BLUE_700.stroke_width(3)))?
        .label("p99")
        .legend(|(x, y)| Circle::new((x, y), 4, BLUE_700.filled()));
    chart
        .draw_secondary_series(LineSeries::new(points.iter().map(|p| (p.load, p.failed_percent)), RED.stroke_width(3)))?
        .label("failed")
        .legend(|(x, y)| Circle::new((x, y), 4, RED.filled()));
    chart.configure_series_labels().position(SeriesLabelPosition::UpperLeft).border_style(BLUE_700).draw()?;
    root.present()?;
    Ok(())
}
