//! Fuzzing: shipped models, changed at random as trees and as text, read, checked and run.
//!
//! A few thousand executions are part of the tests; `cargo run --release --example fuzz -- SEED EXECUTIONS` makes as many as one
//! likes. What has failed once stays in `regressions/`.

pub mod draw;
pub mod judge;
mod mutate;

use draw::Dice;
use judge::{Outcome, judge};
use rayon::prelude::*;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Changes to a model in one execution, at most.
const CHANGES: usize = 6;

/// What many executions came to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Texts that were read.
    pub read: u64,
    /// Of them, those that are no model.
    pub refused: u64,
    /// Models that were run.
    pub ran: u64,
    /// Events of their runs; each is made twice.
    pub events: u64,
    /// Texts of which something does not hold, with what that is.
    pub failures: Vec<(String, String)>,
}

impl Tally {
    fn and(mut self, other: Tally) -> Tally {
        self.read += other.read;
        self.refused += other.refused;
        self.ran += other.ran;
        self.events += other.events;
        self.failures.extend(other.failures);
        self
    }

    fn note(&mut self, text: &str, outcome: Result<Outcome, String>) {
        self.read += 1;
        match outcome {
            Ok(Outcome::Refused) => self.refused += 1,
            Ok(Outcome::Read) => {}
            Ok(Outcome::Ran(events)) => (self.ran, self.events) = (self.ran + 1, self.events + events),
            Err(why) => self.failures.push((text.to_owned(), why)),
        }
    }
}

/// So many executions, on all threads; the same whatever their number.
pub fn execute_all(seed: u64, executions: u32) -> Tally {
    (0..executions).into_par_iter().map(|n| execute(seed, n)).reduce(Tally::default, Tally::and)
}

/// One in five spoils a text, the others change a tree step by step as long as it is a model, and judge each step.
fn execute(seed: u64, execution: u32) -> Tally {
    let mut dice = Dice::new(seed, execution);
    let mut tally = Tally::default();
    let (text, tree) = dice.pick(shipped());
    if dice.chance(0.2) {
        let text = mutate::text(&mut dice, text);
        tally.note(&text, judge(&text, &mut dice));
        return tally;
    }
    let mut tree = tree.clone();
    for _ in 0..=dice.below(CHANGES) {
        let mut changed = tree.clone();
        mutate::tree(&mut dice, &mut changed);
        let text = changed.to_string();
        let outcome = judge(&text, &mut dice);
        if matches!(outcome, Ok(Outcome::Read | Outcome::Ran(_))) {
            tree = changed;
        }
        tally.note(&text, outcome);
    }
    tally
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped models, as text and as trees.
fn shipped() -> &'static [(String, Value)] {
    static SHIPPED: OnceLock<Vec<(String, Value)>> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let folders = ["models", "models/patterns", "models/incidents"].map(|folder| root().join(folder));
        let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder of models"));
        let mut files: Vec<PathBuf> = files.map(|entry| entry.expect("a file").path()).collect();
        files.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
        files.sort();
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path).expect("a model");
            let options = serde_yaml::options! { strict_booleans: true };
            let tree = serde_yaml::from_str_with_options(&text, options).expect("a tree");
            (text, tree)
        };
        files.iter().map(read).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn all_hold(tally: &Tally) {
        let told: Vec<String> = tally.failures.iter().map(|(text, why)| format!("{why}\n{text}")).collect();
        assert!(told.is_empty(), "{}", told.join("\n\n"));
    }

    /// Half of the texts at least are models and run, and what is no model is among them, too: else nothing would be found.
    #[test]
    fn whatever_is_written_is_refused_or_runs_as_it_should() {
        let tally = execute_all(1, 1_000);
        all_hold(&tally);
        println!("{} read, {} refused, {} ran", tally.read, tally.refused, tally.ran);
        assert!(tally.read > 2_000 && 3 * tally.ran > tally.read && 10 * tally.refused > tally.read, "{tally:?}");
    }

    #[test]
    fn executions_do_not_depend_on_the_threads() {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let Tally { read, refused, ran, events, failures } = pool.install(|| execute_all(7, 60));
            (read, refused, ran, events, failures)
        };
        assert_eq!(on(1), on(3));
    }

    /// Each of these has failed once.
    #[test]
    fn what_has_failed_once_holds_now() {
        let folder = root().join("tests/it/fuzz/regressions");
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let text = std::fs::read_to_string(&path).unwrap();
            for execution in 0..20 {
                judge(&text, &mut Dice::new(1, execution)).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            }
        }
    }
}
