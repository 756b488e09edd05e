//! Where a simulation spends its time, by the kind of event and of step: the place to begin when it is to be faster.
//!
//!     cargo run --release --example profile -- models/shop.yaml 10 60
//!
//! The arguments are a model, the load (1) and the seconds simulated (60). Between two of the engine's turns the clock is
//! read, which takes longer than many a turn; its share, measured beforehand, is taken off. The rest is good for comparing
//! kinds with one another. For the whole, use `cargo bench`; for single instructions, `perf` or valgrind.

#![expect(clippy::disallowed_methods, reason = "how long things take is what it tells")]

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};
use tenfold::engine::{Limits, Probe, World};
use tenfold::model::Model;
use tenfold::units::{SimDuration, SimTime};
use tenfold::yaml;

/// Notes when the engine turned to what; the sums are made when there is no room for more.
struct Clock {
    turns: Vec<(&'static str, Instant)>,
    spent: BTreeMap<&'static str, (u64, Duration)>,
}

/// Turns between two sums.
const ROOM: usize = 1 << 16;

impl Clock {
    fn new() -> Clock {
        Clock { turns: Vec::with_capacity(ROOM), spent: BTreeMap::new() }
    }

    /// What a turn takes in which nothing happens.
    fn own_cost() -> Duration {
        let mut clock = Clock::new();
        (0..1_000_000).for_each(|_| clock.turns_to("nothing"));
        let (turns, spent) = clock.sums().get("nothing").copied().unwrap_or_default();
        spent / (turns as u32).max(1)
    }

    /// Each turn lasts until the next one.
    fn sum(&mut self) {
        for pair in self.turns.windows(2) {
            let spent = self.spent.entry(pair[0].0).or_default();
            spent.0 += 1;
            spent.1 += pair[1].1 - pair[0].1;
        }
        self.turns.clear();
    }

    fn sums(mut self) -> BTreeMap<&'static str, (u64, Duration)> {
        self.sum();
        self.spent
    }
}

impl Probe for Clock {
    #[inline]
    fn turns_to(&mut self, what: &'static str) {
        if self.turns.len() == ROOM {
            self.sum();
        }
        self.turns.push((what, Instant::now()));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "models/shop.yaml".into());
    let load: f64 = arguments.next().map_or(Ok(1.0), |load| load.parse())?;
    let seconds: u64 = arguments.next().map_or(Ok(60), |seconds| seconds.parse())?;
    let text = std::fs::read_to_string(&path)?;
    let model = Model::read(&path, &text).map_err(|problems| yaml::render(&path, &text, &problems, false))?;

    let own = Clock::own_cost();
    let mut clock = Clock::new();
    let mut world = World::new(&model.plan, load, 1, 0);
    world.count(true);
    world.run_until(SimTime::ZERO + SimDuration::from_secs(seconds), &Limits::default(), &mut clock);

    let net = |(turns, spent): (u64, Duration)| spent.saturating_sub(own * turns as u32).as_nanos() as f64;
    let mut rows: Vec<_> = clock.sums().into_iter().collect();
    rows.sort_by(|a, b| net(b.1).total_cmp(&net(a.1)));
    let total: f64 = rows.iter().map(|row| net(row.1)).sum();
    println!("{path} at {load}x for {seconds} s: {} events", world.tallies().events);
    println!("{:<26}{:>12}{:>9}{:>8}", "", "turns", "ns each", "share");
    for (what, spent) in rows {
        println!("{what:<26}{:>12}{:>9.1}{:>7.1}%", spent.0, net(spent) / spent.0 as f64, 100.0 * net(spent) / total);
    }
    Ok(())
}
