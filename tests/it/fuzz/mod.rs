//! Fuzzing: models changed at random as trees and as text, read, checked and run. An execution judges one text.
//!
//! A few thousand are part of the tests; `cargo run --release --example fuzz -- SEED EXECUTIONS` makes as many as one likes. What
//! has failed once stays in `regressions/`.

pub mod draw;
pub mod judge;
mod mutate;
mod seeds;

use draw::Dice;
use judge::{Effort, Outcome, judge};
use rayon::prelude::*;

/// Changes to a model one after the other, at most.
const CHANGES: usize = 6;

/// What is changed, and what is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Shipped models, run for seconds.
    Shipped,
    /// Small models, run for a moment.
    Small,
    /// Small models, only read, and every other one spoilt as a text.
    Parser,
}

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

/// So many executions at least, on all threads; the same whatever their number.
pub fn execute_all(kind: Kind, seed: u64, executions: u64) -> Tally {
    let rounds = |from: u32, to: u32| {
        let each = (from..to).into_par_iter().map(|n| round(kind, seed, n));
        each.reduce(Tally::default, Tally::and)
    };
    let (mut all, mut begun) = (Tally::default(), 0);
    while all.read < executions {
        let more = (executions - all.read).div_ceil(CHANGES as u64).clamp(1, 1_000_000) as u32;
        all = all.and(rounds(begun, begun + more));
        begun += more;
    }
    all
}

/// One seed, changed. One in five is spoilt as a text; the others change as trees step by step as long as they are models, and
/// each step is judged.
fn round(kind: Kind, seed: u64, n: u32) -> Tally {
    let mut dice = Dice::new(seed, n);
    let mut tally = Tally::default();
    let (seeds, effort, spoilt) = match kind {
        Kind::Shipped => (seeds::shipped(), Effort::Whole, 0.2),
        Kind::Small => (seeds::small(), Effort::Short, 0.2),
        Kind::Parser => (seeds::small(), Effort::Read, 0.5),
    };
    let (text, tree) = dice.pick(seeds);
    if dice.chance(spoilt) {
        let text = mutate::text(&mut dice, text);
        tally.note(&text, judge(&text, effort, &mut dice));
        return tally;
    }
    let mut tree = tree.clone();
    for _ in 0..=dice.below(CHANGES) {
        let mut changed = tree.clone();
        mutate::tree(&mut dice, &mut changed);
        let text = changed.to_string();
        let outcome = judge(&text, effort, &mut dice);
        if matches!(outcome, Ok(Outcome::Read | Outcome::Ran(_))) {
            tree = changed;
        }
        tally.note(&text, outcome);
    }
    tally
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
        for (kind, executions) in [(Kind::Shipped, 1_000), (Kind::Small, 3_000), (Kind::Parser, 10_000)] {
            let tally = execute_all(kind, 1, executions);
            all_hold(&tally);
            let Tally { read, refused, ran, .. } = tally;
            println!("{kind:?}: {read} read, {refused} refused, {ran} ran");
            let models = if kind == Kind::Parser { read - refused } else { ran };
            assert!(read >= executions && 5 * models > read && 10 * refused > read, "{kind:?}: {tally:?}");
        }
    }

    #[test]
    fn executions_do_not_depend_on_the_threads() {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let Tally { read, refused, ran, events, failures } = pool.install(|| execute_all(Kind::Small, 7, 100));
            (read, refused, ran, events, failures)
        };
        assert_eq!(on(1), on(3));
    }

    /// Each of these has failed once.
    #[test]
    fn what_has_failed_once_holds_now() {
        let folder = seeds::root().join("tests/it/fuzz/regressions");
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let text = std::fs::read_to_string(&path).unwrap();
            for execution in 0..20 {
                judge(&text, Effort::Whole, &mut Dice::new(1, execution))
                    .unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            }
        }
    }
}
