//! Budgets: how many retries may be made beside the calls.

use crate::units::{SimDuration, SimTime};
use crate::yaml::{Field, Item, Shape, Takes};

/// Limits retries. One state exists for each instance of the caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Budget {
    /// In the manner of Finagle and Linkerd: every call deposits, every retry withdraws, deposits expire.
    Share {
        /// Retries allowed per call: 0.2 allows one retry to five calls.
        ratio: f64,
        /// Retries always allowed, per second.
        min_per_second: f64,
        /// How long a deposit counts.
        window: SimDuration,
    },
    /// In the manner of Envoy: so many retries under way at once, as a share of the calls under way.
    Active {
        /// Share of the calls under way.
        ratio: f64,
        /// So many are always allowed.
        at_least: u32,
    },
    /// In the manner of gRPC: a failure takes a token, a success brings a part of one; no retry below half.
    Tokens {
        /// The most tokens.
        max: f64,
        /// What a success brings.
        ratio: f64,
    },
    /// In the manner of the AWS SDKs: a retry costs tokens, which come back when it succeeds; a call that succeeds at once
    /// brings one.
    Quota {
        /// The most tokens.
        max: f64,
        /// What a retry costs.
        cost: f64,
        /// What a retry after a time-out costs.
        timeout_cost: f64,
    },
}

/// `budget: { … }`; the fields of one of its four forms.
pub static BUDGET_SHAPE: Shape = Shape::new(
    "budget",
    "Limits retries, for each replica of the caller. One of four forms: `ratio` (Finagle, Linkerd), `active` (Envoy), \
     `tokens` (gRPC) or `quota` (AWS SDKs).",
    &[
        Field::new("ratio", Takes::Share, "Retries allowed per call: 20% allows one retry to five calls."),
        Field::new("min_per_second", Takes::Number, "With `ratio`: retries always allowed, per second. Default 10."),
        Field::new("window", Takes::Duration, "With `ratio`: how long a call counts. Default 10 s."),
        Field::new("active", Takes::Share, "Retries under way at once, as a share of the calls under way."),
        Field::new("at_least", Takes::Whole(0, 1_000_000), "With `active`: so many are always allowed. Default 3."),
        Field::new(
            "tokens",
            Takes::Whole(1, 1_000),
            "A failure takes a token, a success brings a part of one; no retry while half of these or fewer are left.",
        ),
        Field::new("token_ratio", Takes::Number, "With `tokens`: what a success brings. Default 0.1."),
        Field::new("quota", Takes::Whole(1, 1_000_000), "Tokens that retries are paid from; a success refunds them."),
        Field::new("cost", Takes::Whole(1, 1_000_000), "With `quota`: what a retry costs. Default 5."),
        Field::new("timeout_cost", Takes::Whole(1, 1_000_000), "With `quota`: after a time-out. Default 10."),
    ],
);

impl Budget {
    /// The budget of Finagle and Linkerd with this ratio.
    pub fn share(ratio: f64) -> Budget {
        Budget::Share { ratio, min_per_second: 10.0, window: SimDuration::from_secs(10) }
    }

    /// Reads `20%`, or one of the forms of [`BUDGET_SHAPE`].
    pub(super) fn read(item: &Item<'_>) -> Option<Budget> {
        if !item.is_map() {
            return item.ratio().map(Budget::share);
        }
        let mut fields = item.shaped(&BUDGET_SHAPE)?;
        let forms = ["ratio", "active", "tokens", "quota"];
        let written: Vec<&str> = forms.into_iter().filter(|form| fields.has(form)).collect();
        let [form] = written.as_slice() else {
            let hint = "write one of `ratio: 20%`, `active: 20%`, `tokens: 10` and `quota: 500`";
            item.problem_at_key("a budget has one form", hint);
            return None;
        };
        let budget = match *form {
            "ratio" => {
                let ratio = fields.optional("ratio").and_then(|item| item.ratio());
                let least = fields.optional("min_per_second").and_then(|item| item.number());
                let window = fields.optional("window").and_then(|item| item.positive_duration());
                let window = window.unwrap_or(SimDuration::from_secs(10));
                ratio.map(|ratio| Budget::Share { ratio, min_per_second: least.unwrap_or(10.0), window })
            }
            "active" => {
                let ratio = fields.optional("active").and_then(|item| item.ratio());
                let least = fields.optional("at_least").and_then(|item| item.whole(0, 1_000_000));
                ratio.map(|ratio| Budget::Active { ratio, at_least: least.unwrap_or(3) })
            }
            "tokens" => {
                let max = fields.optional("tokens").and_then(|item| item.whole(1, 1_000));
                let ratio = fields.optional("token_ratio").and_then(|item| item.number());
                max.map(|max| Budget::Tokens { max: f64::from(max), ratio: ratio.unwrap_or(0.1) })
            }
            _ => {
                let mut whole = |name| fields.optional(name).and_then(|item| item.whole(1, 1_000_000)).map(f64::from);
                let (max, cost, timeout) = (whole("quota"), whole("cost"), whole("timeout_cost"));
                max.map(|max| Budget::Quota { max, cost: cost.unwrap_or(5.0), timeout_cost: timeout.unwrap_or(10.0) })
            }
        };
        fields.finish();
        budget
    }
}

/// The state of one budget.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetState {
    /// Ten slices of the window: number, balance.
    slices: [(u64, f64); SLICES],
    /// Tokens used up.
    spent: f64,
}

const SLICES: usize = 10;

impl Default for BudgetState {
    fn default() -> Self {
        BudgetState { slices: [(0, 0.0); SLICES], spent: 0.0 }
    }
}

impl BudgetState {
    /// A call was made.
    pub fn deposit(&mut self, budget: &Budget, now: SimTime) {
        if let Budget::Share { ratio, window, .. } = *budget {
            self.slice(window, now).1 += ratio;
        }
    }

    /// Asks for a retry, after a time-out or another failure; true if the budget covers it. `calls` and `retries` are under
    /// way now, the failed try not counted.
    pub fn withdraw(&mut self, budget: &Budget, now: SimTime, after_timeout: bool, calls: u32, retries: u32) -> bool {
        match *budget {
            Budget::Share { min_per_second, window, .. } => {
                let newest = index(window, now);
                let live = self.slices.iter().filter(|(at, _)| at + SLICES as u64 > newest).map(|(_, x)| x);
                let reserve = min_per_second * window.seconds();
                // Sums of tenths and fifths: leave room for the last bits.
                let covered = live.sum::<f64>() + reserve >= 1.0 - 1e-9;
                if covered {
                    self.slice(window, now).1 -= 1.0;
                }
                covered
            }
            Budget::Active { ratio, at_least } => {
                f64::from(retries) < f64::from(at_least).max((ratio * f64::from(calls)).floor())
            }
            Budget::Tokens { max, .. } => max - self.spent > max / 2.0,
            Budget::Quota { max, cost, timeout_cost } => {
                let cost = if after_timeout { timeout_cost } else { cost };
                let covered = max - self.spent >= cost;
                if covered {
                    self.spent += cost;
                }
                covered
            }
        }
    }

    /// A try ended, and could be tried again if it failed. `retried` is the price of the retry it was, if it was one.
    pub fn settle(&mut self, budget: &Budget, good: bool, retried: bool) {
        match *budget {
            Budget::Tokens { ratio, .. } if good => self.spent = (self.spent - ratio).max(0.0),
            Budget::Tokens { max, .. } => self.spent = (self.spent + 1.0).min(max),
            Budget::Quota { cost, .. } if good => {
                self.spent = (self.spent - if retried { cost } else { 1.0 }).max(0.0);
            }
            _ => {}
        }
    }

    fn slice(&mut self, window: SimDuration, now: SimTime) -> &mut (u64, f64) {
        let newest = index(window, now);
        let slice = &mut self.slices[(newest % SLICES as u64) as usize];
        if slice.0 != newest {
            *slice = (newest, 0.0);
        }
        slice
    }
}

/// Slices are numbered from 10 on, so that a fresh state (number 0) is expired from the beginning.
fn index(window: SimDuration, now: SimTime) -> u64 {
    now.0 / (window.0 / SLICES as u64).max(1) + SLICES as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: SimTime = SimTime(0);

    #[test]
    fn a_share_allows_itself_and_its_minimum() {
        let budget = Budget::Share { ratio: 0.2, min_per_second: 0.1, window: SimDuration::from_secs(10) };
        let mut state = BudgetState::default();
        let ask = |state: &mut BudgetState, t: SimTime| state.withdraw(&budget, t, false, 0, 0);
        assert!(ask(&mut state, T), "the reserve is one retry in ten seconds");
        assert!(!ask(&mut state, T));
        for _ in 0..5 {
            state.deposit(&budget, T);
        }
        assert!(ask(&mut state, T), "five calls pay for one retry");
        assert!(!ask(&mut state, T));
        assert!(ask(&mut state, SimTime(10_000_000_000)), "what was withdrawn is forgotten with its window");
    }

    /// A deposit counts for ten seconds, and so does what was withdrawn, each from its own second on: a call at 0 s pays
    /// for a retry at 9 s. At 10 s the call is forgotten and the retry is not: two calls must come before the next.
    #[test]
    fn deposits_and_withdrawals_expire_by_themselves() {
        let budget = Budget::Share { ratio: 1.0, min_per_second: 0.0, window: SimDuration::from_secs(10) };
        let mut state = BudgetState::default();
        let at = |s: u64| SimTime(s * 1_000_000_000);
        let ask = |state: &mut BudgetState, s: u64| state.withdraw(&budget, at(s), false, 0, 0);
        state.deposit(&budget, at(0));
        assert!(ask(&mut state, 9) && !ask(&mut state, 9));
        state.deposit(&budget, at(10));
        assert!(!ask(&mut state, 10));
        state.deposit(&budget, at(11));
        assert!(ask(&mut state, 11) && !ask(&mut state, 11));
        // At 19 s the retry of second 9 is forgotten: two calls and one retry are left.
        assert!(!ask(&mut state, 18) && ask(&mut state, 19));
    }

    /// Ten times a tenth is a little less than one in binary numbers; ten calls pay for a retry all the same.
    #[test]
    fn ten_tenths_are_one() {
        let budget = Budget::Share { ratio: 0.1, min_per_second: 0.0, window: SimDuration::from_secs(10) };
        let mut state = BudgetState::default();
        (0..9).for_each(|_| state.deposit(&budget, T));
        assert!(!state.withdraw(&budget, T, false, 0, 0));
        state.deposit(&budget, T);
        assert!(state.withdraw(&budget, T, false, 0, 0));
    }

    /// Envoy: max(min_retry_concurrency, budget_percent · active).
    #[test]
    fn retries_under_way_are_a_share_of_the_calls_under_way() {
        let budget = Budget::Active { ratio: 0.2, at_least: 3 };
        let mut state = BudgetState::default();
        assert!(state.withdraw(&budget, T, false, 0, 2) && !state.withdraw(&budget, T, false, 0, 3));
        assert!(state.withdraw(&budget, T, false, 20, 3) && !state.withdraw(&budget, T, false, 24, 4));
    }

    /// gRPC A6: ten tokens, a failure takes one, a success brings a tenth; retries only above five.
    #[test]
    fn tokens_stop_retries_at_half() {
        let budget = Budget::Tokens { max: 10.0, ratio: 0.1 };
        let mut state = BudgetState::default();
        for failures in 1..=5 {
            assert!(state.withdraw(&budget, T, false, 0, 0), "{failures}");
            state.settle(&budget, false, false);
        }
        assert!(!state.withdraw(&budget, T, false, 0, 0), "five are left, which is half");
        (0..2).for_each(|_| state.settle(&budget, true, false));
        assert!(state.withdraw(&budget, T, false, 0, 0));
    }

    /// AWS SDK standard mode: 500 tokens, 5 a retry, 10 after a time-out; success refunds, a first try brings one.
    #[test]
    fn a_quota_is_spent_and_refunded() {
        let budget = Budget::Quota { max: 20.0, cost: 5.0, timeout_cost: 10.0 };
        let mut state = BudgetState::default();
        assert!(state.withdraw(&budget, T, true, 0, 0) && state.withdraw(&budget, T, true, 0, 0));
        assert!(!state.withdraw(&budget, T, false, 0, 0), "20 are spent");
        state.settle(&budget, false, true);
        assert!(!state.withdraw(&budget, T, false, 0, 0), "a retry that fails brings nothing back");
        state.settle(&budget, true, true);
        assert!(state.withdraw(&budget, T, false, 0, 0), "a retry that succeeds brings back 5");
        (0..4).for_each(|_| state.settle(&budget, true, false));
        assert!(!state.withdraw(&budget, T, false, 0, 0), "four first tries bring 4");
    }
}
