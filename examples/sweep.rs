//! Sweeps a setting of a model: what users see with each of its values, as a table and as an SVG file. All runs share their random
//! numbers, so that what differs comes of the setting.
//!
//! `cargo run --release --example sweep -- models/shop.yaml 8x databases.orders-db.connections 8,16,32,64 sweep.svg`

use plotters::prelude::{
    ChartBuilder, Circle, Color, IntoDrawingArea, IntoLogRange, LineSeries, RED, SVGBackend, SeriesLabelPosition, WHITE,
};
use plotters::style::full_palette::BLUE_700;
use std::error::Error;
use tenfold::experiments::{self, Options, Quiet};
use tenfold::measure::Served;
use tenfold::model::Model;
use tenfold::units::{Quantity, SimDuration};
use tenfold::yaml;

fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let [file, load, path, values, target] = match given[..] {
        [] => ["models/shop.yaml", "8x", "databases.orders-db.connections", "8,16,32,64", "target/sweep.svg"],
        [file, load, path, values, target] => [file, load, path, values, target],
        _ => return Err("write: sweep MODEL LOAD PATH VALUE,VALUE,… FILE.svg".into()),
    };
    let points = sweep(file, Quantity::parse(load)?, path, values)?;
    println!("{path} of {file} at {load}");
    for point in &points {
        println!("{:>8}  p99 {:>8.1} ms  failed {:>6.2}%", point.value, point.p99_ms, point.failed_percent);
    }
    draw(&format!("{file} at {load}, by {path}"), &points, target)?;
    println!("drawn to {target}");
    Ok(())
}

fn sweep(file: &str, load: Quantity, path: &str, values: &str) -> Result<Vec<Point>, Box<dyn Error>> {
    let text = std::fs::read_to_string(file)?;
    let shown = |problems: Vec<yaml::Problem>| yaml::render(file, &text, &problems, false);
    let model = Model::read(file, &text).map_err(shown)?;
    let point = |value: &str| -> Result<Point, Box<dyn Error>> {
        let changed = model.with(&[model.change(path, value)]).map_err(shown)?;
        Ok(Point::new(value, &measured(&changed, load)?))
    };
    values.split(',').map(point).collect()
}

/// What all users see with one value.
struct Point {
    value: String,
    p99_ms: f64,
    failed_percent: f64,
}

impl Point {
    fn new(value: &str, seen: &Served) -> Point {
        Point {
            value: value.into(),
            p99_ms: seen.latency.quantile(0.99).map_or(f64::NAN, SimDuration::millis),
            failed_percent: 100.0 * (1.0 - seen.success_rate()),
        }
    }
}

/// Three replications of half a minute, taken together.
fn measured(model: &Model, load: Quantity) -> Result<Served, String> {
    let duration = Some(SimDuration::from_secs(30));
    let options = Options { loads: vec![load], duration, replications: 3, ..Options::default() };
    let plain = experiments::run(model, &options, &Quiet)?;
    let mut all = Served::default();
    plain.runs[0].outcome.runs.iter().flat_map(|run| &run.sources).for_each(|source| all.merge(&source.total));
    Ok(all)
}

/// The 99th percentile on the left, failures on the right; a value of any kind is a place on the axis below.
fn draw(caption: &str, points: &[Point], target: &str) -> Result<(), Box<dyn Error>> {
    let at = |i: usize| i as f64;
    let answered: Vec<(f64, f64)> =
        points.iter().enumerate().map(|(i, p)| (at(i), p.p99_ms)).filter(|(_, p99)| p99.is_finite()).collect();
    let (low, high) = answered.iter().fold((f64::INFINITY, 1.0), |(low, high), p| (p.1.min(low), p.1.max(high)));
    let width = 0.0..at(points.len().max(2) - 1);

    let root = SVGBackend::new(target, (900, 540)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(caption, ("sans-serif", 22))
        .margin(20)
        .x_label_area_size(45)
        .y_label_area_size(70)
        .right_y_label_area_size(70)
        .build_cartesian_2d(width.clone(), (low.min(high) / 2.0..high * 2.0).log_scale())?
        .set_secondary_coord(width, 0.0..100.0);
    let name =
        |x: &f64| points.get(x.round() as usize).filter(|_| x.fract() == 0.0).map_or("", |p| &p.value).to_owned();
    chart
        .configure_mesh()
        .x_labels(points.len())
        .x_label_formatter(&name)
        .y_desc("p99, ms")
        .y_label_formatter(&|y| format!("{y:.0}"))
        .draw()?;
    chart.configure_secondary_axes().y_desc("failed, %").y_label_formatter(&|y| format!("{y:.0}%")).draw()?;
    chart
        .draw_series(LineSeries::new(answered, BLUE_700.stroke_width(3)))?
        .label("p99")
        .legend(|(x, y)| Circle::new((x, y), 4, BLUE_700.filled()));
    let failed = points.iter().enumerate().map(|(i, p)| (at(i), p.failed_percent));
    chart
        .draw_secondary_series(LineSeries::new(failed, RED.stroke_width(3)))?
        .label("failed")
        .legend(|(x, y)| Circle::new((x, y), 4, RED.filled()));
    chart.configure_series_labels().position(SeriesLabelPosition::UpperRight).border_style(BLUE_700).draw()?;
    root.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_connections_help_until_there_are_enough() {
        let load = Quantity::Factor(8.0);
        let points = sweep("models/shop.yaml", load, "databases.orders-db.connections", "8,48").unwrap();
        let [few, many] = [&points[0], &points[1]];
        assert!(few.failed_percent > many.failed_percent + 1.0, "{} and {}", few.failed_percent, many.failed_percent);
        let target = std::env::temp_dir().join(format!("sweep-{}.svg", std::process::id()));
        draw("a caption", &points, target.to_str().unwrap()).unwrap();
        let drawn = std::fs::read_to_string(&target).unwrap();
        std::fs::remove_file(target).unwrap();
        assert!(drawn.contains("a caption") && drawn.matches("<polyline").count() >= 2, "{drawn}");
        let wrong = sweep("models/shop.yaml", load, "databases.order-db.connections", "8");
        assert!(wrong.err().unwrap().to_string().contains("orders-db"));
    }
}
