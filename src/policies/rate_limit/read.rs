//! How a rate limit is written.

use super::{Counting, RateLimit};
use crate::units::SimDuration;
use crate::yaml::{Field, Fields, Item, Shape, Takes};

/// Whose calls are limited, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimited {
    /// A service limits what comes to it.
    Service,
    /// A service limits what it sends to a dependency.
    Dependency,
    /// Traffic or a consumer, of which there is only one instance, limits what it sends.
    Single,
    /// Somebody else's API limits what comes to it.
    External,
}

/// `rate_limit: { rate: 100/s, burst: 20 }`
pub static SHAPE: Shape = Shape::new(
    "rate_limit",
    "Refuses what comes faster than a rate, at once and without a queue; only Resilience4j's waits.",
    &[
        Field::required("rate", Takes::Rate, "Calls per second in the long run."),
        Field::new(
            "algorithm",
            Takes::Word(&["token_bucket", "gcra", "fixed_window", "sliding_window"]),
            "`token_bucket` refills at the rate up to the burst (Envoy's local rate limit). `gcra` spaces calls evenly, with a \
             tolerance of burst - 1 (a leaky bucket, as nginx and Redis have it). `fixed_window` counts from the beginning of \
             each window, so that twice as many may pass across a boundary. `sliding_window` estimates the last window from \
             the present and the one before. Default `token_bucket`.",
        ),
        Field::new(
            "burst",
            Takes::Whole(1, u32::MAX),
            "How many may come at once, of `token_bucket` and `gcra`. Default: one second's worth for `token_bucket`, 1 for \
             `gcra`.",
        ),
        Field::new(
            "window",
            Takes::Duration,
            "The window of `fixed_window` and `sliding_window`, and Resilience4j's cycle (limitRefreshPeriod); rate x window \
             calls fit into one (limitForPeriod), at least 1. Default 1 s.",
        ),
        Field::new(
            "scope",
            Takes::Word(&["all", "replica"]),
            "`all`: one counter for all replicas of the service that limits; `replica`: one for each of them, and the rate is \
             each one's. Default `all` for what comes to a service, `replica` for what it sends to a dependency.",
        ),
        Field::new(
            "preset",
            Takes::Word(&["resilience4j"]),
            "Of a dependency or traffic: cycles follow one another, and a caller whose cycle is spent waits for a permit of \
             one to come (Resilience4j's RateLimiter). Default: none; nobody waits.",
        ),
        Field::new(
            "max_wait",
            Takes::Duration,
            "With the preset: who would wait longer is refused at once (timeoutDuration). Default 5 s.",
        ),
    ],
);

/// What an algorithm may be told.
#[derive(Clone, Copy)]
enum Word {
    TokenBucket,
    Gcra,
    FixedWindow,
    SlidingWindow,
    Resilience4j,
}

impl RateLimit {
    /// Reads `100/s`, or a map of [`SHAPE`].
    pub fn read(item: &Item<'_>, who: RateLimited) -> Option<RateLimit> {
        let per_replica = matches!(who, RateLimited::Dependency | RateLimited::Single);
        if !item.is_map() {
            return item.rate().map(|rate| RateLimit { per_replica, ..RateLimit::bucket(rate, rate.max(1.0)) });
        }
        let mut fields = item.shaped(&SHAPE)?;
        let rate = fields.required("rate", "rate: 100/s").and_then(|item| item.rate());
        let word = read_word(&mut fields, who);
        let burst = fields.optional("burst");
        let window = fields.optional("window");
        let max_wait = fields.optional("max_wait");
        let scope = fields.optional("scope");
        fields.finish();
        let (rate, word) = (rate?, word?);
        let per_replica = match scope {
            Some(scope) if matches!(who, RateLimited::Single | RateLimited::External) => {
                scope.problem_at_key("`scope` has no effect where there is only one instance", "remove it");
                return None;
            }
            Some(scope) => scope.word(&[("all", false), ("replica", true)])?,
            None => per_replica,
        };
        let windowed = !matches!(word, Word::TokenBucket | Word::Gcra);
        let useless = [
            (burst.as_ref().filter(|_| windowed), "`burst` has no effect: the window decides"),
            (window.as_ref().filter(|_| !windowed), "`window` has no effect on a bucket, which has a `burst`"),
            (
                max_wait.as_ref().filter(|_| !matches!(word, Word::Resilience4j)),
                "`max_wait` has no effect: nobody waits without `preset: resilience4j`",
            ),
        ];
        for (item, message) in useless.into_iter().filter_map(|(item, message)| Some((item?, message))) {
            item.problem_at_key(message, "remove it");
        }
        let of = |default: f64| burst.as_ref().map_or(Some(default), |item| item.whole(1, u32::MAX).map(f64::from));
        let period = || match &window {
            Some(item) => item.positive_duration(),
            None => Some(SimDuration::from_secs(1)),
        };
        let algorithm = match word {
            Word::TokenBucket => Counting::TokenBucket { burst: of(rate.max(1.0))? },
            Word::Gcra => Counting::Gcra { burst: of(1.0)? },
            Word::FixedWindow => Counting::FixedWindow(period()?),
            Word::SlidingWindow => Counting::SlidingWindow(period()?),
            Word::Resilience4j => {
                let max_wait = max_wait.map_or(Some(SimDuration::from_secs(5)), |item| item.duration());
                Counting::Cycles { period: period()?, max_wait: max_wait? }
            }
        };
        let limit = RateLimit { rate, algorithm, per_replica };
        if limit.long_run() == 0.0 {
            item.problem("less than one call fits into a window", "write a longer `window`, or a higher `rate`");
            return None;
        }
        Some(limit)
    }
}

fn read_word(fields: &mut Fields<'_>, who: RateLimited) -> Option<Word> {
    fields.exclusive("algorithm", "preset", "a preset has its own algorithm");
    let algorithm = fields.optional("algorithm");
    let Some(preset) = fields.optional("preset") else {
        let words = [
            ("token_bucket", Word::TokenBucket),
            ("gcra", Word::Gcra),
            ("fixed_window", Word::FixedWindow),
            ("sliding_window", Word::SlidingWindow),
        ];
        return algorithm.map_or(Some(Word::TokenBucket), |item| item.word(&words));
    };
    let word = preset.word(&[("resilience4j", Word::Resilience4j)]);
    if word.is_some() && matches!(who, RateLimited::Service | RateLimited::External) {
        let hint = "it makes callers wait: write it under the caller's `dependencies`";
        preset.problem_at_key("`preset` has no effect on what comes in", hint);
        return None;
    }
    word
}
