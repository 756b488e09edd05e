//! A report of one's own: what every endpoint did in every run, as CSV.
//!
//! A report is plain data, in which nothing is left to compute; a format chooses words and places. The shipped ones implement
//! the same trait.
//!
//! `cargo run --release --example custom_report -- models/shop.yaml 1x 5x > endpoints.csv`

use std::error::Error;
use std::io;
use tenfold::experiments::{self, Options, Quiet};
use tenfold::model::Model;
use tenfold::report::{Estimate, Format, Report, Style, assemble};
use tenfold::units::{Quantity, SimDuration};
use tenfold::yaml;

/// A line for each endpoint of each run.
struct Endpoints;

impl Format for Endpoints {
    fn name(&self) -> &'static str {
        "endpoints"
    }

    fn write(&self, report: &Report, _style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record([
            "run",
            "endpoint",
            "offered",
            "success",
            "success_low",
            "success_high",
            "p99_ms",
            "first_cause",
        ])?;
        for run in &report.runs {
            for (name, seen) in &run.endpoints {
                let number = |of: Option<Estimate>, part: fn(Estimate) -> f64| of.map(|e| format!("{:.4}", part(e)));
                let success = |part| number(seen.success_rate, part).unwrap_or_default();
                let p99 = number(seen.p99_ms, |e| e.mean).unwrap_or_default();
                let cause = seen.failures.iter().max_by_key(|(_, times)| **times).map(|(cause, _)| cause.clone());
                csv.write_record([
                    run.name.clone(),
                    name.clone(),
                    seen.offered.to_string(),
                    success(|e| e.mean),
                    success(|e| e.low),
                    success(|e| e.high),
                    p99,
                    cause.unwrap_or_default(),
                ])?;
            }
        }
        csv.flush()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut given = std::env::args().skip(1);
    let file = given.next().unwrap_or_else(|| "models/shop.yaml".into());
    let loads: Vec<Quantity> = given.map(|load| Quantity::parse(&load)).collect::<Result<_, _>>()?;
    let text = std::fs::read_to_string(&file)?;
    let model = Model::read(&file, &text).map_err(|problems| yaml::render(&file, &text, &problems, false))?;
    Endpoints.write(&report(&model, loads)?, &Style::default(), &mut io::stdout().lock())?;
    Ok(())
}

/// Three replications of half a minute at each load.
fn report(model: &Model, loads: Vec<Quantity>) -> Result<Report, String> {
    let duration = Some(SimDuration::from_secs(30));
    let options = Options { loads, duration, replications: 3, ..Options::default() };
    let plain = experiments::run(model, &options, &Quiet)?;
    Ok(assemble::run(model, &plain, &options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_of_every_run_has_its_line() {
        let model = Model::read("shop.yaml", include_str!("../models/shop.yaml")).unwrap();
        let report = report(&model, vec![Quantity::Factor(1.0), Quantity::Factor(2.0)]).unwrap();
        let mut text = Vec::new();
        Endpoints.write(&report, &Style::default(), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("run,endpoint,offered,success"), "{text}");
        assert_eq!(lines.len(), 1 + 2 * report.runs[0].endpoints.len());
        let home = lines.iter().find(|line| line.contains(",web.home,")).unwrap();
        let offered: u64 = home.split(',').nth(2).unwrap().parse().unwrap();
        assert_eq!(offered, report.runs[0].endpoints["web.home"].offered);
    }
}
