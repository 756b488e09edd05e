//! Incidents.

mod draws;
mod exam;

use crate::common::shipped;
use exam::{Way, examine, signs};

/// Shows what a model does: `INCIDENT=slack-2022 cargo test --test it look_at_one -- --ignored --nocapture`.
#[test]
#[ignore = "for people"]
fn look_at_one() {
    let name = std::env::var("INCIDENT").unwrap();
    let model = shipped(&format!("{name}.yaml"));
    let set = std::env::var("SET").unwrap_or_default();
    let changes: Vec<_> =
        set.split(';').filter_map(|c| c.split_once('=')).map(|(path, to)| model.change(path, to)).collect();
    let model = model.with(&changes).unwrap();
    let tail = std::env::var("TAIL").map_or(240, |t| t.parse().unwrap());
    let more = std::env::var("MORE").unwrap_or_default();
    let more: Vec<&str> = more.split_whitespace().collect();
    let start = std::time::Instant::now();
    let seen = examine(&model, &more, Way { warmup: 20, tail, replications: 2 });
    println!("took {:?}", start.elapsed());
    for s in &seen {
        println!(
            "healthy {:.3} before {:.3} during {:.3} after {:.3} recovers {} back after {:?} events {} + {} stop {:?}",
            s.healthy, s.before, s.during, s.after, s.recovers(), s.back_after(), s.faulted.events, s.twin.events, s.faulted.stop
        );
        println!("  {:?}\n  after: {:?}\n  {:?}", s.impaired, s.lasting, s.sources);
    }
    let s = &seen[0];
    let rows = s.faulted.series.rows.len();
    for (i, c) in model.plan.components.iter().enumerate() {
        println!("{}", c.name);
        let step = (rows / 24).max(1);
        for t in (s.from.saturating_sub(step)..rows).step_by(step) {
            let x = signs(&model.plan, i, &s.faulted.series.rows[t]);
            println!(
                "  {t:4}: busy {:8.1} queue {:9.1} up {:4} good {:7.0} failed {:7.0} calls {:7.0} lost {:7.0} latency {:.3}",
                x.busy, x.queue, x.up, x.good, x.failed, x.calls, x.lost, x.latency
            );
        }
    }
    for (i, c) in model.plan.sources.iter().enumerate() {
        let line: Vec<String> = (s.from.saturating_sub(10)..rows).step_by((rows / 24).max(1)).map(|t| {
            let c = &s.faulted.series.rows[t].sources[i];
            format!("{t}:{}+{}/{}", c.good, c.failed, c.offered)
        }).collect();
        println!("{}: {}", c.name, line.join(" "));
    }
}

/// Draws of the assumed numbers.
#[test]
#[ignore = "for people"]
fn look_at_draws() {
    let name = std::env::var("INCIDENT").unwrap();
    let path = format!("{}/models/incidents/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let (mut taken, mut draw) = (0, 0);
    while taken < 20 && draw < 200 {
        let found = draws::model(&name, &text, draw).map(|m| examine(&m, &[], Way { warmup: 20, tail: 240, replications: 1 }));
        if let Some(s) = found.as_ref().and_then(|f| f.first()) {
            let healthy = s.healthy > 0.99;
            taken += u32::from(healthy);
            println!(
                "{draw} healthy {:.3} during {:.3} after {:.3} recovers {} {:?} / {:?} {} {:?}",
                s.healthy, s.during, s.after, s.recovers(), s.order(), s.order_after(), s.faulted.events, s.faulted.stop
            );
        }
        draw += 1;
    }
}
