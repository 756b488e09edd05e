//! How retries are written in a model.

use super::budget::{BUDGET_SHAPE, Budget};
use super::{FAILURES, Growth, Jitter, Retry};
use crate::units::{SimDuration, parse_ratio};
use crate::yaml::{Field, Fields, Item, Shape, Takes};

/// `retry: { … }`
pub static SHAPE: Shape = Shape::new(
    "retry",
    "Tries again what failed, after a wait that grows.",
    &[
        Field::new(
            "preset",
            Takes::Word(&["envoy", "istio", "resilience4j", "polly", "aws"]),
            "The defaults of a library: Envoy (one retry, up to 25 ms times 2^k - 1, cap 250 ms), Istio (two), Resilience4j \
             (3 tries, 500 ms), Polly (4 tries, 2 s), AWS SDKs in standard mode (3 tries, full jitter on 1 s, cap 20 s, \
             a quota of 500). Default: those named here.",
        ),
        Field::new(
            "attempts",
            Takes::Any(&[Takes::Whole(1, MOST), Takes::Word(&["unlimited"])]),
            "Tries in all, the first included. Default 3. `unlimited` needs a `backoff` above zero.",
        ),
        Field::new("backoff", Takes::Duration, "Base of the wait before a retry. Default 100 ms; 0 s retries at once."),
        Field::new("max_backoff", Takes::Duration, "The wait grows up to this. Default 20 s."),
        Field::new("multiplier", Takes::Number, "The wait grows by this with each retry, from 1. Default 2."),
        Field::new(
            "jitter",
            Takes::Any(&[Takes::Word(&["full", "none", "equal", "decorrelated", "exponential"]), Takes::Share]),
            "How the wait is spread: `full` between nothing and the wait, `equal` between its half and the wait, \
             `decorrelated` between the base and three times the last wait, `exponential` about the base without growth, a \
             share such as `20%` about the wait to each side, or `none`. Default `full`.",
        ),
        Field::new(
            "budget",
            Takes::Any(&[Takes::Share, Takes::Map(&BUDGET_SHAPE)]),
            "Limits retries; `20%` allows one retry to five calls. Default: no limit.",
        ),
        Field::new(
            "on",
            Takes::List(&Takes::Word(&[
                "error",
                "dependency",
                "timeout",
                "refused",
                "unavailable",
                "reset",
                "rate_limited",
                "queue_full",
                "shed",
                "conflict",
            ])),
            "The failures that are tried again. Default: all of these.",
        ),
    ],
);

const MOST: u32 = 1_000;

const JITTERS: &[(&str, Jitter)] = &[
    ("none", Jitter::None),
    ("full", Jitter::Full),
    ("equal", Jitter::Equal),
    ("decorrelated", Jitter::Decorrelated),
    ("exponential", Jitter::Exponential),
];

fn presets() -> [(&'static str, Retry); 5] {
    let (ms, seconds) = (SimDuration::from_millis, SimDuration::from_secs);
    let ours = Retry::default();
    let envoy =
        Retry { attempts: 2, backoff: ms(25), max_backoff: ms(250), growth: Growth::PowersLessOne, ..ours.clone() };
    let constant = Retry { growth: Growth::Powers(1.0), jitter: Jitter::None, ..ours.clone() };
    [
        ("envoy", envoy.clone()),
        ("istio", Retry { attempts: 3, ..envoy }),
        ("resilience4j", Retry { backoff: ms(500), ..constant.clone() }),
        ("polly", Retry { attempts: 4, backoff: seconds(2), ..constant }),
        (
            "aws",
            Retry {
                backoff: seconds(1),
                budget: Some(Budget::Quota { max: 500.0, cost: 5.0, timeout_cost: 10.0 }),
                ..ours
            },
        ),
    ]
}

impl Retry {
    /// Reads a map of [`SHAPE`]; each field may be left out.
    pub fn read(item: &Item<'_>) -> Option<Retry> {
        let before = item.problems().len();
        let mut fields = item.shaped(&SHAPE)?;
        let presets = presets();
        let numbers: Vec<(&str, usize)> = presets.iter().enumerate().map(|(i, (word, _))| (*word, i)).collect();
        let preset = fields.optional("preset").and_then(|item| item.word(&numbers));
        let mut retry = preset.map_or_else(Retry::default, |i| presets[i].1.clone());
        if let Some(attempts) = fields.optional("attempts") {
            retry.attempts = attempts.whole_or_unlimited(1, MOST).unwrap_or(retry.attempts);
            if retry.attempts == 1 {
                attempts.problem(
                    "`attempts` counts the first try, so 1 never retries",
                    "write 2 or more, or remove `retry`",
                );
            }
        }
        retry.read_waits(&mut fields, item);
        if let Some(budget) = fields.optional("budget") {
            retry.budget = Budget::read(&budget);
        }
        if let Some(on) = fields.optional("on") {
            retry.on = failures(&on);
        }
        fields.synonyms(&[
            ("max_attempts", "attempts"),
            ("retries", "attempts"),
            ("delay", "backoff"),
            ("retry_on", "on"),
        ]);
        fields.finish();
        (item.problems().len() == before).then_some(retry)
    }

    fn read_waits(&mut self, fields: &mut Fields<'_>, item: &Item<'_>) {
        let backoff = fields.optional("backoff");
        if let Some(time) = backoff.as_ref().and_then(Item::duration) {
            self.backoff = time;
        }
        if self.attempts == u32::MAX && (backoff.is_none() || self.backoff == SimDuration::ZERO) {
            item.problem_at_key("unlimited attempts need a `backoff` above zero", "add for instance `backoff: 1s`");
        }
        if let Some(cap) = fields.optional("max_backoff") {
            self.max_backoff = cap.positive_duration().unwrap_or(self.max_backoff);
            if self.max_backoff < self.backoff {
                cap.problem("`max_backoff` is below `backoff`", "write the longest wait, such as `20s`");
            }
        }
        if let Some(multiplier) = fields.optional("multiplier") {
            match multiplier.number() {
                Some(m) if (1.0..=100.0).contains(&m) => self.growth = Growth::Powers(m),
                Some(_) => multiplier.problem("`multiplier` is out of range", "write a number from 1 to 100"),
                None => {}
            }
        }
        if let Some(jitter) = fields.optional("jitter") {
            self.jitter = self::jitter(&jitter).unwrap_or(self.jitter);
        }
    }
}

fn jitter(item: &Item<'_>) -> Option<Jitter> {
    match item.node.scalar().map(parse_ratio) {
        Some(Ok(share)) => Some(Jitter::Within(share)),
        _ => item.word(JITTERS),
    }
}

/// The bits of a list of failures.
fn failures(item: &Item<'_>) -> u32 {
    let words: Vec<(&str, u32)> =
        FAILURES.iter().enumerate().filter(|(_, word)| !word.is_empty()).map(|(i, word)| (*word, 1 << i)).collect();
    let items = item.items();
    if items.is_empty() && item.is_list() {
        item.problem_at_key("`on` is empty: nothing would be tried again", "name a failure, or remove `retry`");
    }
    items.iter().filter_map(|item| item.word(&words)).fold(0, |bits, bit| bits | bit)
}
