//! An architecture under test: load a model, run it as it is and with a change, and assert what must hold.
//!
//! `cargo run --release --example assert_model`

use std::error::Error;
use tenfold::engine::Limits;
use tenfold::measure::{Estimate, Measurements, Trial};
use tenfold::model::{Change, Model};
use tenfold::plan::Knobs;
use tenfold::units::SimDuration;
use tenfold::yaml;

const CHECKOUT: &str = "
traffic: { shoppers: { rate: 120/s, to: web.checkout } }
services:
  web:
    replicas: 2
    concurrency: 50
    endpoints: { checkout: [ { work: 4ms }, { call: orders-db.insert } ] }
databases:
  orders-db: { connections: 2, queries: { insert: { write: 12ms } } }
";

fn main() -> Result<(), Box<dyn Error>> {
    let model = read(CHECKOUT)?;
    // 120 inserts a second of 12 ms each keep 1.44 of 2 connections busy: fine at 1x, hopeless at 2x.
    let today = p99_ms(&model, 1.0);
    println!("p99 today: {:.1} ms (95% interval {:.1} to {:.1})", today.mean, today.low, today.high);
    assert!(today.high < 150.0, "the checkout answers within 150 ms");

    let double = p99_ms(&model, 2.0);
    println!("p99 at twice the load: {:.0} ms", double.mean);
    assert!(double.low > 150.0, "two connections are not enough for twice the load");

    let change = Change { path: "databases.orders-db.connections".into(), from: Some("2".into()), to: "6".into() };
    let fixed = model.with(&[change]).map_err(|problems| shown(CHECKOUT, &problems))?;
    let fixed = p99_ms(&fixed, 2.0);
    println!("p99 at twice the load with six connections: {:.1} ms", fixed.mean);
    assert!(fixed.high < 150.0, "six connections are enough for twice the load");
    Ok(())
}

fn read(text: &str) -> Result<Model, String> {
    Model::read("checkout.yaml", text).map_err(|problems| shown(text, &problems))
}

fn shown(text: &str, problems: &[yaml::Problem]) -> String {
    yaml::render("checkout.yaml", text, problems, false)
}

/// The 99th percentile over five independent replications of a minute each, after ten seconds of warm-up.
fn p99_ms(model: &Model, load: f64) -> Estimate {
    let values: Vec<f64> = (0..5).map(|replication| run(model, load, replication)).filter_map(|m| p99(&m)).collect();
    Estimate::of(&values)
}

fn p99(measured: &Measurements) -> Option<f64> {
    measured.sources[0].total.latency.quantile(0.99).map(SimDuration::millis)
}

fn run(model: &Model, load: f64, replication: u32) -> Measurements {
    Trial {
        plan: &model.plan,
        load,
        seed: 1,
        replication,
        timeline: vec![(SimDuration::ZERO, Knobs::baseline(&model.plan, load))],
        warmup: SimDuration::from_secs(10),
        late: SimDuration::ZERO,
        measured: SimDuration::from_secs(60),
        window: SimDuration::from_secs(1),
        limits: Limits::default(),
    }
    .run()
}
