//! How an adaptive concurrency limit is written.

use super::{Algorithm, ConcurrencyLimit};
use crate::yaml::{Field, Fields, Item, Shape, Takes};

/// The most that may be written.
const MOST: u32 = 1_000_000;

/// `concurrency_limit: { algorithm: vegas, max: 500 }`
pub static SHAPE: Shape = Shape::new(
    "concurrency_limit",
    "How many requests a replica lets in at once, those that wait included, learned from how long they take; more are shed.",
    &[
        Field::required(
            "algorithm",
            Takes::Word(&["aimd", "vegas", "gradient2", "gradient"]),
            "`aimd`: one more for each good request, a tenth less for each that is dropped or takes longer than `timeout`. \
             `vegas`: by an estimate of how many wait. `gradient2`: by the long-term mean time over the present one. (All \
             three are Netflix's concurrency-limits.) `gradient`: by the time at a concurrency of 3 over the present median \
             (Envoy's adaptive concurrency).",
        ),
        Field::new("initial", Takes::Whole(1, MOST), "The limit at the beginning. Default 20; 3 for `gradient`."),
        Field::new(
            "min",
            Takes::Whole(1, MOST),
            "It never falls below this. Default 20 for `aimd` and `gradient2`, 1 for `vegas`, 3 for `gradient`.",
        ),
        Field::new(
            "max",
            Takes::Whole(1, MOST),
            "It never rises above this. Default 200 for `aimd` and `gradient2`, 1000 for the others.",
        ),
        Field::new("timeout", Takes::Duration, "Of `aimd`: what takes longer counts as dropped. Default 5 s."),
        Field::new("backoff", Takes::Share, "Of `aimd`: what remains of the limit after a drop. Default 90%."),
        Field::new(
            "tolerance",
            Takes::Number,
            "Of `gradient2`: times may be so many times the long-term mean before the limit falls, from 1. Default 1.5.",
        ),
        Field::new(
            "smoothing",
            Takes::Share,
            "Of `gradient2`: how far each request moves the limit towards what it says. Default 20%.",
        ),
        Field::new(
            "update_interval",
            Takes::Duration,
            "Of `gradient`: how often the limit is moved (concurrency_update_interval). Default 100 ms.",
        ),
        Field::new(
            "min_rtt_interval",
            Takes::Duration,
            "Of `gradient`: how often 50 requests are measured at the least concurrency, to learn how long they take without \
             load; up to 15% longer by chance (min_rtt_calc_params). Default 60 s.",
        ),
    ],
);

impl ConcurrencyLimit {
    /// Reads a map of [`SHAPE`].
    pub fn read(item: &Item<'_>) -> Option<ConcurrencyLimit> {
        let mut fields = item.shaped(&SHAPE)?;
        let words = ["aimd", "vegas", "gradient2", "gradient"].map(|word| (word, word));
        let word = fields.required("algorithm", "algorithm: gradient2").and_then(|item| item.word(&words));
        let bound = |fields: &mut Fields<'_>, name| fields.optional(name).map(|item| item.whole(1, MOST));
        let (initial, min, max) = (bound(&mut fields, "initial"), bound(&mut fields, "min"), bound(&mut fields, "max"));
        let mut spec = ConcurrencyLimit::defaults(word.unwrap_or("aimd"))?;
        read_algorithm(&mut fields, word, &mut spec.algorithm);
        fields.finish();
        word?;
        spec.min = min.unwrap_or(Some(spec.min))?;
        spec.max = max.unwrap_or(Some(spec.max.max(spec.min)))?;
        // What is written moves the bounds that are not.
        if min.is_none() {
            spec.min = spec.min.min(spec.max);
        }
        spec.initial = initial.unwrap_or(Some(spec.initial.clamp(spec.min, spec.max.max(spec.min))))?;
        if !(spec.min..=spec.max).contains(&spec.initial) {
            let message = format!("{} is not between {} and {}", spec.initial, spec.min, spec.max);
            item.problem_at_key(message, "write `min`, `initial` and `max` in this order");
            return None;
        }
        Some(spec)
    }
}

/// What belongs to one algorithm only.
fn read_algorithm(fields: &mut Fields<'_>, word: Option<&str>, algorithm: &mut Algorithm) {
    let own = [
        ("timeout", "aimd"),
        ("backoff", "aimd"),
        ("tolerance", "gradient2"),
        ("smoothing", "gradient2"),
        ("update_interval", "gradient"),
        ("min_rtt_interval", "gradient"),
    ];
    for (name, of) in own {
        let Some(item) = fields.optional(name) else { continue };
        if word.is_some_and(|word| word != of) {
            item.problem_at_key(format!("`{name}` has no effect: it belongs to `{of}`"), "remove it");
            continue;
        }
        match (name, &mut *algorithm) {
            ("timeout", Algorithm::Aimd { timeout, .. }) => set(timeout, item.positive_duration()),
            ("backoff", Algorithm::Aimd { backoff, .. }) => set(backoff, below_one(&item)),
            ("tolerance", Algorithm::Gradient2 { tolerance, .. }) => set(tolerance, at_least_one(&item)),
            ("smoothing", Algorithm::Gradient2 { smoothing, .. }) => set(smoothing, item.positive_ratio()),
            ("update_interval", Algorithm::Gradient { update, .. }) => set(update, item.positive_duration()),
            ("min_rtt_interval", Algorithm::Gradient { probe, .. }) => set(probe, item.positive_duration()),
            _ => {}
        }
    }
}

/// What could not be read has been told, and stays what it was.
fn set<T>(field: &mut T, read: Option<T>) {
    if let Some(read) = read {
        *field = read;
    }
}

fn below_one(item: &Item<'_>) -> Option<f64> {
    let share = item.positive_ratio()?;
    if share == 1.0 {
        item.problem("a limit that keeps 100% never falls", "write for instance `90%`");
        return None;
    }
    Some(share)
}

fn at_least_one(item: &Item<'_>) -> Option<f64> {
    let number = item.number()?;
    if number < 1.0 {
        item.problem("`tolerance` is at least 1", "write for instance `1.5`");
        return None;
    }
    Some(number)
}
