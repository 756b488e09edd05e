//! Retries: how often, after which wait, and within which budget.

use crate::random::Stream;
use crate::units::{SimDuration, SimTime};
use crate::yaml::Item;

/// Settings of retries.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Tries in all, the first included; `u32::MAX` for no limit (a retrial queue). At least 1.
    pub attempts: u32,
    /// Base of the wait before a retry. Zero retries at once.
    pub backoff: SimDuration,
    /// The wait doubles with each retry up to this. Default 20 s (AWS SDK).
    pub max_backoff: SimDuration,
    /// How the wait is spread. Default full.
    pub jitter: Jitter,
    /// Limits retries to a share of calls. Default: no budget.
    pub budget: Option<Budget>,
}

impl Default for Retry {
    fn default() -> Self {
        Retry {
            attempts: 3,
            backoff: SimDuration::from_millis(100),
            max_backoff: SimDuration::from_secs(20),
            jitter: Jitter::Full,
            budget: None,
        }
    }
}

/// How the wait before retry k = 1, 2, … is drawn; v = min(cap, base · 2^(k-1)).
/// Full, equal and decorrelated are those of "Exponential backoff and jitter" (AWS Architecture Blog, 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// v.
    None,
    /// Uniform in [0, v].
    Full,
    /// v/2 plus uniform in [0, v/2].
    Equal,
    /// Exponential with mean equal to the base, without growth: the retrial queue of the textbooks.
    Exponential,
}

impl Retry {
    /// Reads `{ attempts: 3, backoff: 100ms, max_backoff: 20s, jitter: full, budget: 20% }`; each may be left out.
    /// `attempts: unlimited` needs a `backoff` above zero.
    pub fn read(item: &Item<'_>) -> Option<Retry> {
        const MOST: u32 = 1_000;
        let before = item.problems().len();
        let mut retry = Retry::default();
        let mut fields = item.fields()?;
        if let Some(attempts) = fields.optional("attempts") {
            retry.attempts = attempts.whole_or_unlimited(1, MOST).unwrap_or(retry.attempts);
            if retry.attempts == 1 {
                attempts.problem(
                    "`attempts` counts the first try, so 1 never retries",
                    "write 2 or more, or remove `retry`",
                );
            }
        }
        let backoff = fields.optional("backoff");
        if let Some(time) = backoff.as_ref().and_then(Item::duration) {
            retry.backoff = time;
        }
        if retry.attempts == u32::MAX && (backoff.is_none() || retry.backoff == SimDuration::ZERO) {
            item.problem_at_key("unlimited attempts need a `backoff` above zero", "add for instance `backoff: 1s`");
        }
        if let Some(cap) = fields.optional("max_backoff") {
            retry.max_backoff = cap.positive_duration().unwrap_or(retry.max_backoff);
            if retry.max_backoff < retry.backoff {
                cap.problem("`max_backoff` is below `backoff`", "write the longest wait, such as `20s`");
            }
        }
        if let Some(jitter) = fields.optional("jitter").and_then(|item| item.word(Jitter::WORDS)) {
            retry.jitter = jitter;
        }
        retry.budget = fields.optional("budget").and_then(|item| Budget::read(&item));
        fields.synonyms(&[("max_attempts", "attempts"), ("retries", "attempts"), ("delay", "backoff")]);
        fields.finish();
        (item.problems().len() == before).then_some(retry)
    }

    /// The wait before retry `k` (1 is the first retry).
    pub fn wait(&self, k: u32, rng: &mut Stream) -> SimDuration {
        let grown = self.backoff.0.saturating_mul(1u64 << (k - 1).min(40));
        let v = grown.min(self.max_backoff.0.max(self.backoff.0));
        match self.jitter {
            _ if v == 0 => SimDuration::ZERO,
            Jitter::None => SimDuration(v),
            Jitter::Full => SimDuration((v as f64 * rng.unit()) as u64),
            Jitter::Equal => SimDuration(v / 2 + (v as f64 / 2.0 * rng.unit()) as u64),
            Jitter::Exponential => SimDuration((self.backoff.0 as f64 * rng.exponential()) as u64),
        }
    }
}

impl Jitter {
    /// How the kinds are written.
    const WORDS: &[(&str, Jitter)] = &[
        ("none", Jitter::None),
        ("full", Jitter::Full),
        ("equal", Jitter::Equal),
        ("exponential", Jitter::Exponential),
    ];
}

impl Budget {
    /// Reads `20%`, or `{ ratio: 20%, min_per_second: 10, window: 10s }`.
    fn read(item: &Item<'_>) -> Option<Budget> {
        let default = Budget { ratio: 0.2, min_per_second: 10.0, window: SimDuration::from_secs(10) };
        if !item.is_map() {
            return item.ratio().map(|ratio| Budget { ratio, ..default });
        }
        let mut fields = item.fields()?;
        let ratio = fields.required("ratio", "ratio: 20%").and_then(|item| item.ratio());
        let least = fields.optional("min_per_second").and_then(|item| item.number());
        let window = fields.optional("window").and_then(|item| item.positive_duration());
        fields.finish();
        Some(Budget {
            ratio: ratio?,
            min_per_second: least.unwrap_or(default.min_per_second),
            window: window.unwrap_or(default.window),
        })
    }
}

/// A budget in the manner of Finagle and Linkerd: every call deposits, every retry withdraws, deposits expire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Retries allowed per call, as a share: 0.2 allows one retry to five calls.
    pub ratio: f64,
    /// Retries always allowed, per second. Default 10.
    pub min_per_second: f64,
    /// How long a deposit counts. Default 10 s.
    pub window: SimDuration,
}

/// The state of one budget, as ten slices of its window.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetState {
    slices: [(u64, f64); SLICES],
}

const SLICES: usize = 10;

impl Default for BudgetState {
    fn default() -> Self {
        BudgetState { slices: [(0, 0.0); SLICES] }
    }
}

impl BudgetState {
    /// A call was made.
    pub fn deposit(&mut self, budget: &Budget, now: SimTime) {
        self.slice(budget, now).1 += budget.ratio;
    }

    /// Asks for a retry; true if the budget covers it.
    pub fn withdraw(&mut self, budget: &Budget, now: SimTime) -> bool {
        let newest = index(budget, now);
        let live = self.slices.iter().filter(|(at, _)| at + SLICES as u64 > newest).map(|(_, x)| x).sum::<f64>();
        let reserve = budget.min_per_second * budget.window.seconds();
        // Sums of tenths and fifths: leave room for the last bits.
        if live + reserve + 1e-9 < 1.0 {
            return false;
        }
        self.slice(budget, now).1 -= 1.0;
        true
    }

    fn slice(&mut self, budget: &Budget, now: SimTime) -> &mut (u64, f64) {
        let newest = index(budget, now);
        let slice = &mut self.slices[(newest % SLICES as u64) as usize];
        if slice.0 != newest {
            *slice = (newest, 0.0);
        }
        slice
    }
}

/// Slices are numbered from 10 on, so that a fresh state (number 0) is expired from the beginning.
fn index(budget: &Budget, now: SimTime) -> u64 {
    now.0 / (budget.window.0 / SLICES as u64).max(1) + SLICES as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_cap() {
        let retry = Retry { jitter: Jitter::None, max_backoff: SimDuration::from_millis(350), ..Retry::default() };
        let mut rng = Stream::new(1, 0, "a", "backoff");
        let waits: Vec<u64> = (1..=4).map(|k| retry.wait(k, &mut rng).0 / 1_000_000).collect();
        assert_eq!(waits, [100, 200, 350, 350]);
    }

    #[test]
    fn jitter_stays_within_its_bounds() {
        let mut rng = Stream::new(1, 0, "a", "backoff");
        for (jitter, low) in [(Jitter::Full, 0), (Jitter::Equal, 100_000_000)] {
            let retry = Retry { jitter, ..Retry::default() };
            let mean = (0..10_000)
                .map(|_| retry.wait(2, &mut rng).0)
                .inspect(|w| assert!((low..=200_000_000).contains(w)))
                .sum::<u64>()
                / 10_000;
            let expected = (low + 200_000_000) / 2;
            assert!(mean.abs_diff(expected) < 3_000_000, "{jitter:?}: {mean}");
        }
    }

    #[test]
    fn a_budget_allows_its_share_and_its_minimum() {
        let budget = Budget { ratio: 0.2, min_per_second: 0.1, window: SimDuration::from_secs(10) };
        let mut state = BudgetState::default();
        let t = SimTime(0);
        assert!(state.withdraw(&budget, t), "the reserve is one retry in ten seconds");
        assert!(!state.withdraw(&budget, t));
        for _ in 0..5 {
            state.deposit(&budget, t);
        }
        assert!(state.withdraw(&budget, t), "five calls pay for one retry");
        assert!(!state.withdraw(&budget, t));
        assert!(state.withdraw(&budget, SimTime(10_000_000_000)), "what was withdrawn is forgotten with its window");
    }
}
