//! An architecture under test, as any other code is: load a model, run it as it is, with more load, with a failure or with a
//! change, and assert what must hold.
//!
//! `cargo test --release --example assert_model`; to see the figures, `cargo run --release --example assert_model`.

use std::error::Error;
use tenfold::experiments::{self, Options, Quiet};
use tenfold::faults::Fault;
use tenfold::model::Model;
use tenfold::report::{Run, assemble};
use tenfold::units::{Quantity, SimDuration};
use tenfold::yaml;

const FILE: &str = "models/petclinic.yaml";

fn main() -> Result<(), Box<dyn Error>> {
    let model = load()?;
    for load in [1.0, 10.0] {
        let run = measured(&model, load, &[])?;
        println!("{}: {} requests", run.name, run.requests);
        for (name, seen) in &run.endpoints {
            let (Some(success), Some(p99)) = (seen.success_rate, seen.p99_ms) else { continue };
            println!("  {name:<24} success {:>7.3}%  p99 {:>7.1} ms", 100.0 * success.mean, p99.mean);
        }
    }
    Ok(())
}

fn load() -> Result<Model, Box<dyn Error>> {
    let text = std::fs::read_to_string(FILE)?;
    Ok(Model::read(FILE, &text).map_err(|problems| yaml::render(FILE, &text, &problems, false))?)
}

/// Five replications of a minute each, at a multiple of the model's own load, with faults written as `--fail` takes them.
fn measured(model: &Model, load: f64, faults: &[&str]) -> Result<Run, Box<dyn Error>> {
    let faults: Vec<Fault> = faults.iter().map(|fault| Fault::parse_flag(fault)).collect::<Result<_, _>>()?;
    for fault in &faults {
        fault.check(&model.plan).map_err(|error| error.message)?;
    }
    let (loads, duration) = (vec![Quantity::Factor(load)], Some(SimDuration::from_secs(60)));
    let options = Options { loads, faults, duration, ..Options::default() };
    let plain = experiments::run(model, &options, &Quiet)?;
    Ok(assemble::run(model, &plain, &options).runs.remove(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenfold::report::SloVerdict;

    #[test]
    fn the_objectives_are_met() {
        let run = measured(&load().unwrap(), 1.0, &[]).unwrap();
        for slo in &run.slos {
            assert_eq!(slo.verdict, SloVerdict::Met, "{}: {:?}", slo.text, slo.measured);
        }
    }

    /// The whole interval must lie on the right side, so that nothing passes or fails by luck.
    #[test]
    fn owners_are_shown_while_visits_are_down() {
        let run = measured(&load().unwrap(), 1.0, &["kill:visits@20s+20s"]).unwrap();
        let owners = run.endpoints["gateway.owner-details"].success_rate.unwrap();
        assert!(owners.low >= 0.999, "{owners:?}");
        // The fallback answers without the visits.
        assert!(run.endpoints["gateway.owner-details"].degraded > 0);
        // And what nobody has guarded goes down with what it calls.
        let run = measured(&load().unwrap(), 1.0, &["kill:customers@20s+20s"]).unwrap();
        let owners = run.endpoints["gateway.owner-details"].success_rate.unwrap();
        assert!(owners.high < 0.999, "{owners:?}");
    }

    #[test]
    fn a_change_is_tried_before_it_is_made() {
        let model = load().unwrap();
        // 140 requests a second that take 1 ms of its core each need a seventh of a core.
        let change = model.change("services.gateway.cpu", "100m");
        let small = model.with(&[change]).map_err(|problems| format!("{problems:?}")).unwrap();
        let [before, after] = [&model, &small].map(|m| measured(m, 1.0, &[]).unwrap());
        let p99 = |run: &Run| run.endpoints["gateway.vets"].p99_ms.unwrap();
        assert!(p99(&after).low > p99(&before).high, "{:?} and {:?}", p99(&after), p99(&before));
    }
}
