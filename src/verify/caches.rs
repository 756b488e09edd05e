//! Caches with keys.

use super::laws::ttl_hit_ratio;
use super::{Figure, Oracle};

/// Che's approximation is off by less than a hundredth for caches of a hundred entries and more (Fricker, Robert and
/// Roberts 2012, "A versatile and accurate approximation for LRU cache performance", find errors below half a percent);
/// half a percent is allowed for.
const CHE: f64 = 0.005;

macro_rules! cache {
    ($name:literal, $store:literal, $rate:literal, $warmup:literal, $measured:literal, $figures:expr) => {
        Oracle {
            name: $name,
            model: concat!(
                "\ntraffic: { rate: ",
                $rate,
                ", to: api.get }\nservices: { api: { concurrency: unlimited, endpoints: { get: [ { cached: { cache: pages, \
                 miss: [] } } ] } } }\ncaches: { pages: { ",
                $store,
                " } }\n"
            ),
            replications: 8,
            warmup_s: $warmup,
            measured_s: $measured,
            figures: $figures,
        }
    };
}

pub(super) const ORACLES: &[Oracle] = &[
    cache!(
        "LRU, Zipf 1, 100 of 1000 keys (Che)",
        "keys: 1000, popularity: zipf(1.0), capacity: 100",
        "1000/s",
        20,
        100,
        &[Figure::exact("hit ratio", || 0.576525, |s| s.hit_ratio("pages")).within(CHE)]
    ),
    cache!(
        "LRU, Zipf 1, 1000 of 10,000 keys (Che)",
        "keys: 10k, popularity: zipf(1.0), capacity: 1000",
        "2000/s",
        60,
        100,
        &[Figure::exact("hit ratio", || 0.675602, |s| s.hit_ratio("pages")).within(CHE)]
    ),
    cache!(
        "LRU, Zipf 0.8, 1000 of 10,000 keys (Che)",
        "keys: 10k, popularity: zipf(0.8), capacity: 1000",
        "2000/s",
        60,
        100,
        &[Figure::exact("hit ratio", || 0.436660, |s| s.hit_ratio("pages")).within(CHE)]
    ),
    cache!(
        "LRU, Zipf 1.2, 1000 of 10,000 keys (Che)",
        "keys: 10k, popularity: zipf(1.2), capacity: 1000",
        "2000/s",
        60,
        100,
        &[Figure::exact("hit ratio", || 0.861435, |s| s.hit_ratio("pages")).within(CHE)]
    ),
    cache!(
        "LFU, Zipf 1, 100 of 1000 keys",
        "keys: 1000, popularity: zipf(1.0), capacity: 100, eviction: lfu",
        "1000/s",
        400,
        100,
        // The law is for known popularities; counted ones confuse the ranks next to the hundredth.
        &[Figure::exact("hit ratio", || 0.692993, |s| s.hit_ratio("pages")).within(CHE)]
    ),
    cache!(
        "TTL, Zipf 0.8, 1000 keys",
        "keys: 1000, popularity: zipf(0.8), ttl: 10s",
        "100/s",
        30,
        500,
        &[Figure::exact("hit ratio", || ttl_hit_ratio(1000, 0.8, 100.0, 10.0), |s| s.hit_ratio("pages"))]
    ),
];
