//! A model built in code rather than written by hand: a chain of services, as deep as you like.
//!
//! A model is data. JSON is YAML, so whatever can be serialized can be read as a model: `json!` as here, or structs of your own.
//! What is wrong with it is told with the line of that JSON.
//!
//! `cargo run --release --example build_in_code -- 8`

use serde_json::{Map, Value, json};
use std::error::Error;
use tenfold::experiments::{self, Options, Quiet};
use tenfold::model::Model;
use tenfold::report::assemble;
use tenfold::units::SimDuration;
use tenfold::yaml;

/// Each service works for so long, always, before it calls the next one.
const WORK_MS: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let deepest: u32 = std::env::args().nth(1).map_or(Ok(8), |depth| depth.parse())?;
    println!("depth   mean     p99");
    for depth in (1..=deepest).filter(|depth| depth.is_power_of_two()) {
        let [mean, p99] = measured(&chain(depth)?)?;
        println!("{depth:>5}{mean:>7.1} {p99:>7.1} ms");
    }
    Ok(())
}

/// A gateway that calls a service that calls a service, and so on, and at the end of it a database.
fn chain(depth: u32) -> Result<Model, String> {
    let name = |level: u32| if level == depth { "store".to_owned() } else { format!("level-{level}") };
    let service = |level: u32| json!({ "work": { "constant": format!("{WORK_MS}ms") }, "calls": [name(level + 1)] });
    let services: Map<String, Value> = (0..depth).map(|level| (name(level), service(level))).collect();
    let model = json!({
        "name": format!("a chain of {depth}"),
        "traffic": { "rate": "50/s", "to": name(0) },
        "services": services,
        "databases": { "store": { "connections": 20, "query": "2ms" } },
    });
    let text = serde_json::to_string_pretty(&model).map_err(|error| error.to_string())?;
    Model::read("chain.json", &text).map_err(|problems| yaml::render("chain.json", &text, &problems, false))
}

/// Mean and 99th percentile of what users wait, in milliseconds, over a minute.
fn measured(model: &Model) -> Result<[f64; 2], String> {
    let options = Options { duration: Some(SimDuration::from_secs(60)), ..Options::default() };
    let plain = experiments::run(model, &options, &Quiet)?;
    let report = assemble::run(model, &plain, &options);
    let seen = &report.runs[0].traffic["traffic"].total;
    let [Some(mean), Some(p99)] = [seen.mean_ms, seen.p99_ms] else { return Err("nobody was answered".into()) };
    Ok([mean.mean, p99.mean])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing waits for anything here, so that each level adds its work and the database its 2 ms.
    #[test]
    fn each_level_adds_its_work() {
        for depth in [1, 4] {
            let [mean, _] = measured(&chain(depth).unwrap()).unwrap();
            let expected = f64::from(WORK_MS * depth) + 2.0;
            assert!((mean - expected).abs() < 0.2, "{depth}: {mean} instead of {expected}");
        }
    }
}
