//! Shipped models, changed at random, read, checked and run, until there were enough or something does not hold.
//!
//! `cargo run --release --example fuzz -- SEED EXECUTIONS` prints how many there were in a second, and writes what failed to
//! `target/fuzz/`; a copy in `tests/it/fuzz/regressions/` is tested from then on.

#![allow(clippy::disallowed_methods, reason = "how many executions there are in a second is what it tells")]

#[path = "../tests/it/fuzz/mod.rs"]
mod fuzz;

use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut given = std::env::args().skip(1);
    let seed: u64 = given.next().map_or(Ok(1), |seed| seed.parse())?;
    let executions: u32 = given.next().map_or(Ok(10_000), |executions| executions.parse())?;
    // A panic is told with the text that causes it, once.
    std::panic::set_hook(Box::new(|_| {}));
    let begun = Instant::now();
    let tally = fuzz::execute_all(seed, executions);
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{executions} executions from seed {seed} in {seconds:.1} s, {:.0} in a second",
        f64::from(executions) / seconds
    );
    println!(
        "{} texts read, {} of them no model, {} run twice, {} events",
        tally.read, tally.refused, tally.ran, tally.events
    );
    std::fs::create_dir_all("target/fuzz")?;
    for (n, (text, why)) in tally.failures.iter().enumerate() {
        let file = format!("target/fuzz/{seed}-{n}.yaml");
        std::fs::write(&file, text)?;
        println!("{file}: {why}");
    }
    if tally.failures.is_empty() { Ok(()) } else { Err(format!("{} do not hold", tally.failures.len()).into()) }
}
