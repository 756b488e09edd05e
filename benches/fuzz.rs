//! Models changed at random, read, checked and run, so often as is asked for.
//!
//! `cargo run --release --example fuzz -- SEED EXECUTIONS [shipped|small|parser]` prints how many there were in a second, and writes what failed to
//! `target/fuzz/`; a copy in `tests/it/fuzz/regressions/` is tested from then on.

#![allow(clippy::disallowed_methods, reason = "how many executions there are in a second is what it tells")]

#[path = "../tests/it/fuzz/mod.rs"]
mod fuzz;

use fuzz::{Kind, Tally};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut given = std::env::args().skip(1);
    let seed: u64 = given.next().map_or(Ok(1), |seed| seed.parse())?;
    let executions: u64 = given.next().map_or(Ok(10_000), |executions| executions.parse())?;
    let kind = match given.next().as_deref() {
        None | Some("shipped") => Kind::Shipped,
        Some("small") => Kind::Small,
        Some("parser") => Kind::Parser,
        Some(other) => return Err(format!("`{other}` is none of shipped, small, parser").into()),
    };
    // A panic is told with the text that causes it, once.
    std::panic::set_hook(Box::new(|_| {}));
    let begun = Instant::now();
    let tally = fuzz::execute_all(kind, seed, executions);
    let seconds = begun.elapsed().as_secs_f64();
    let Tally { read, refused, ran, events, failures } = tally;
    println!("{kind:?}, seed {seed}: {read} executions in {seconds:.1} s, {:.0} in a second", read as f64 / seconds);
    println!("{refused} of them are no model, {ran} were run twice, {events} events each time");
    std::fs::create_dir_all("target/fuzz")?;
    // A fault that is often met is seen in a few.
    for (n, (text, why)) in failures.iter().take(20).enumerate() {
        let file = format!("target/fuzz/{seed}-{n}.yaml");
        std::fs::write(&file, text)?;
        println!("{file}: {why}");
    }
    if failures.is_empty() { Ok(()) } else { Err(format!("{} do not hold", failures.len()).into()) }
}
