//! A fault of one's own: a database that is slow in waves, as one is whose neighbour on the same disk makes its backup now and
//! then.
//!
//! A fault is a list of times with the positions of all knobs from then on. The shipped ones are made so, too, and what can go
//! wrong is whatever [`Knobs`] can turn: replicas that die or hang, work that slows down, edges that delay, lose or refuse, and
//! more. Nothing is ever undone: each position starts from the one in which all is well.
//!
//! `cargo run --release --example custom_fault`

use std::error::Error;
use std::f64::consts::PI;
use tenfold::engine::Limits;
use tenfold::measure::{Measurements, Trial};
use tenfold::model::Model;
use tenfold::plan::{Knobs, Plan};
use tenfold::units::SimDuration;
use tenfold::yaml;

const SYSTEM: &str = "
traffic: { visitors: { rate: 100/s, to: api, timeout: 1s } }
services: { api: { work: 5ms, calls: [ db ] } }
databases: { db: { connections: 4, query: { constant: 10ms } } }
";

/// Waves of slowness.
struct Waves {
    /// The name of the database.
    database: &'static str,
    /// How many times as long its queries take at the worst.
    worst: f64,
    /// From one worst moment to the next.
    every: SimDuration,
}

impl Waves {
    /// The knobs at each second of a run of this length.
    fn timeline(&self, plan: &Plan, length: SimDuration) -> Result<Vec<(SimDuration, Knobs)>, String> {
        let station = plan.stations.iter().position(|station| station.name == self.database);
        let station = station.ok_or_else(|| format!("there is no `{}`", self.database))?;
        let at_second = |second: u64| {
            let at = SimDuration::from_secs(second);
            let height = (PI * at.seconds() / self.every.seconds()).sin().powi(2);
            let mut knobs = Knobs::baseline(plan, 1.0);
            knobs.stations[station].slowdown = 1.0 + (self.worst - 1.0) * height;
            (at, knobs)
        };
        Ok((0..length.seconds() as u64).map(at_second).collect())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let model = Model::read("system.yaml", SYSTEM).map_err(|p| yaml::render("system.yaml", SYSTEM, &p, false))?;
    println!("worst   p99       given up   busy");
    for worst in [1.0, 2.0, 4.0, 8.0] {
        let waves = Waves { database: "db", worst, every: SimDuration::from_secs(20) };
        let measured = run(&model, &waves)?;
        let users = &measured.sources[0].total;
        let p99 = users.latency.quantile(0.99).ok_or("nobody was answered")?;
        let busy = measured.resources.iter().find(|r| r.name == "db.connections").map_or(0.0, |r| r.utilization);
        println!(
            "{worst:>4}x {:>7.1} ms {:>7.2}% {:>6.0}%",
            p99.millis(),
            100.0 * (1.0 - users.success_rate()),
            100.0 * busy
        );
    }
    Ok(())
}

/// A minute with the fault. The random numbers are the same each time, so that what differs comes of the fault.
fn run(model: &Model, waves: &Waves) -> Result<Measurements, String> {
    let measured = SimDuration::from_secs(60);
    let trial = Trial {
        plan: &model.plan,
        load: 1.0,
        seed: 1,
        replication: 0,
        timeline: waves.timeline(&model.plan, measured)?,
        warmup: SimDuration::from_secs(10),
        late: SimDuration::ZERO,
        measured,
        window: SimDuration::from_secs(1),
        limits: Limits::default(),
    };
    Ok(trial.run())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 queries a second of 10 ms keep one of four connections busy. The waves take half of the way to the worst, on
    /// average over whole waves: 10 ms become 20 ms at a worst of 3x, which keeps two busy.
    #[test]
    fn the_database_is_as_busy_as_the_waves_are_high() {
        let model = Model::read("system.yaml", SYSTEM).unwrap();
        for (worst, expected) in [(1.0, 0.25), (3.0, 0.5)] {
            let waves = Waves { database: "db", worst, every: SimDuration::from_secs(20) };
            let measured = run(&model, &waves).unwrap();
            let busy = measured.resources.iter().find(|r| r.name == "db.connections").unwrap().utilization;
            assert!((busy - expected).abs() < 0.03, "{worst}: {busy}");
        }
        let wrong = Waves { database: "dv", worst: 2.0, every: SimDuration::from_secs(20) };
        assert!(run(&model, &wrong).unwrap_err().contains("`dv`"));
    }
}
