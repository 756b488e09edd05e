//! Adaptive concurrency limits: how many requests a replica lets in at once is learned from how long they take.
//!
//! `aimd`, `vegas` and `gradient2` are the algorithms of Netflix's concurrency-limits, with its names and defaults;
//! `gradient` is Envoy's adaptive concurrency filter. All learn from the requests that were let in: how long each took, how
//! many were in flight when it came, and whether it was dropped. None of them grows while fewer than half of what is
//! allowed is in flight, but for Envoy's.

mod read;

pub use read::SHAPE;

use super::Verdict;
use crate::random::Stream;
use crate::units::{SimDuration, SimTime};

/// Settings of an adaptive concurrency limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConcurrencyLimit {
    /// How the limit is found.
    pub algorithm: Algorithm,
    /// The limit at the beginning.
    pub initial: u32,
    /// It never falls below this.
    pub min: u32,
    /// It never rises above this.
    pub max: u32,
}

/// How the limit is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Algorithm {
    /// One more for each good request, a share less for each that was dropped or took longer than `timeout`.
    Aimd {
        /// What is longer counts as dropped.
        timeout: SimDuration,
        /// What remains of the limit then, in (0, 1).
        backoff: f64,
    },
    /// As TCP Vegas: by an estimate of how many wait, q = ceil(limit · (1 - shortest / taken)).
    Vegas,
    /// By the ratio of the long-term mean time to the present one.
    Gradient2 {
        /// Times may be so many times the mean before the limit falls, at least 1.
        tolerance: f64,
        /// Share by which each request moves the limit, in (0, 1].
        smoothing: f64,
    },
    /// Envoy's: by the ratio of the time at a concurrency of three to the present median.
    Gradient {
        /// How often the limit is moved (`concurrency_update_interval`).
        update: SimDuration,
        /// How often the ideal time is measured again (`min_rtt_calc_params.interval`).
        probe: SimDuration,
    },
}

/// Samples in the long-term mean of `gradient2`.
const LONG: f64 = 600.0;
/// The first of them are averaged plainly.
const WARM: u32 = 10;
/// Requests that go into the queue of `gradient2` for free.
const HEADROOM: f64 = 4.0;
/// `vegas` measures the shortest time again after (0.5 to 1) · 30 · limit samples.
const PROBES: f64 = 30.0;
/// Requests by which `gradient` measures the ideal time.
const IDEAL: usize = 50;
/// `gradient` measures again at once when the limit has been at its least for so many updates.
const STUCK: u32 = 5;
/// The ideal time may be exceeded by a quarter (`min_rtt_calc_params.buffer`).
const BUFFER: f64 = 1.25;
/// The interval between measurements of the ideal time is up to this much longer (`jitter`).
const JITTER: f64 = 0.15;

impl ConcurrencyLimit {
    /// The settings that each library ships.
    pub fn defaults(word: &str) -> Option<ConcurrencyLimit> {
        let (algorithm, initial, min, max) = match word {
            "aimd" => (Algorithm::Aimd { timeout: SimDuration::from_secs(5), backoff: 0.9 }, 20, 20, 200),
            "vegas" => (Algorithm::Vegas, 20, 1, 1000),
            "gradient2" => (Algorithm::Gradient2 { tolerance: 1.5, smoothing: 0.2 }, 20, 20, 200),
            "gradient" => {
                let (update, probe) = (SimDuration::from_millis(100), SimDuration::from_secs(60));
                (Algorithm::Gradient { update, probe }, 3, 3, 1000)
            }
            _ => return None,
        };
        Some(ConcurrencyLimit { algorithm, initial, min, max })
    }

    /// Its slowest mechanism.
    pub fn slowest(&self) -> SimDuration {
        match self.algorithm {
            Algorithm::Gradient { update, .. } => SimDuration(10 * update.0),
            _ => SimDuration::from_secs(1),
        }
    }
}

/// What one replica has learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Limiter {
    limit: f64,
    /// Shortest time seen (`vegas`), its long-term mean (`gradient2`), the ideal (`gradient`), in nanoseconds; 0 for none.
    base: f64,
    /// Samples since the base was measured, or in it.
    count: u32,
    /// `vegas` measures again after this many times 30 · limit.
    jitter: f64,
    /// `gradient`: times since the last update, when the next update and the next measurement are due, what the limit was
    /// before the present measurement, and for how many updates it has been at its least.
    times: Vec<u64>,
    update_at: SimTime,
    probe_at: SimTime,
    before: Option<f64>,
    stuck: u32,
}

impl Limiter {
    /// Nothing learned yet.
    pub fn new(spec: &ConcurrencyLimit) -> Limiter {
        let measures = matches!(spec.algorithm, Algorithm::Gradient { .. });
        Limiter {
            limit: f64::from(spec.initial),
            base: 0.0,
            count: 0,
            // Half way between the bounds, until the first draw.
            jitter: 0.75,
            times: Vec::new(),
            update_at: SimTime::ZERO,
            probe_at: SimTime::ZERO,
            before: measures.then_some(f64::from(spec.initial)),
            stuck: 0,
        }
    }

    /// The limit now.
    pub fn limit(&self, spec: &ConcurrencyLimit) -> u32 {
        // Envoy measures the ideal time at its least concurrency.
        if self.before.is_some() { spec.min } else { self.limit as u32 }
    }

    /// May another come in, where so many are?
    pub fn admit(&self, spec: &ConcurrencyLimit, in_flight: u32) -> Verdict {
        if in_flight >= self.limit(spec) { Verdict::Refuse } else { Verdict::Pass }
    }

    /// A request that was let in is over: it took `rtt`, found so many in flight (itself included) when it came, and was
    /// dropped later on or not.
    pub fn sample(
        &mut self,
        spec: &ConcurrencyLimit,
        rtt: SimDuration,
        in_flight: u32,
        dropped: bool,
        now: SimTime,
        rng: &mut Stream,
    ) {
        let rtt_ns = rtt.0.max(1) as f64;
        let in_flight = f64::from(in_flight);
        match spec.algorithm {
            Algorithm::Aimd { timeout, backoff } => {
                if dropped || rtt > timeout {
                    self.limit = (self.limit * backoff).floor();
                } else if in_flight * 2.0 >= self.limit {
                    self.limit += 1.0;
                }
            }
            Algorithm::Vegas => self.vegas(rtt_ns, in_flight, dropped, rng),
            Algorithm::Gradient2 { tolerance, smoothing } => self.gradient2(tolerance, smoothing, rtt_ns, in_flight),
            Algorithm::Gradient { update, probe } => {
                return self.gradient(spec, (update, probe), rtt, dropped, now, rng);
            }
        }
        self.limit = self.limit.clamp(f64::from(spec.min), f64::from(spec.max));
    }

    fn vegas(&mut self, rtt: f64, in_flight: f64, dropped: bool, rng: &mut Stream) {
        self.count += 1;
        if f64::from(self.count) >= self.jitter * PROBES * self.limit {
            self.jitter = 0.5 + 0.5 * rng.unit();
            self.count = 0;
            self.base = rtt;
            return;
        }
        if self.base == 0.0 || rtt < self.base {
            self.base = rtt;
            return;
        }
        let waiting = (self.limit * (1.0 - self.base / rtt)).ceil();
        let step = self.limit.log10().floor().max(1.0);
        if dropped {
            self.limit -= step;
        } else if in_flight * 2.0 < self.limit {
            // Far from the limit nothing is learned about it.
        } else if waiting <= step {
            self.limit += 6.0 * step;
        } else if waiting < 3.0 * step {
            self.limit += step;
        } else if waiting > 6.0 * step {
            self.limit -= step;
        }
    }

    fn gradient2(&mut self, tolerance: f64, smoothing: f64, rtt: f64, in_flight: f64) {
        self.count = (self.count + 1).min(WARM + 1);
        let weight = if self.count <= WARM { 1.0 / f64::from(self.count) } else { 2.0 / (LONG + 1.0) };
        self.base += weight * (rtt - self.base);
        let long = self.base;
        if long > 2.0 * rtt {
            // The load has fallen: what was learned under it is forgotten faster.
            self.base *= 0.95;
        }
        if in_flight < self.limit / 2.0 {
            return;
        }
        let gradient = (tolerance * long / rtt).clamp(0.5, 1.0);
        let wanted = gradient * self.limit + HEADROOM;
        self.limit = (1.0 - smoothing) * self.limit + smoothing * wanted;
    }

    fn gradient(
        &mut self,
        spec: &ConcurrencyLimit,
        (update, probe): (SimDuration, SimDuration),
        rtt: SimDuration,
        dropped: bool,
        now: SimTime,
        rng: &mut Stream,
    ) {
        if !dropped {
            self.times.push(rtt.0);
        }
        if let Some(before) = self.before {
            if self.times.len() >= IDEAL {
                self.base = median(&mut self.times) as f64;
                (self.before, self.limit, self.stuck) = (None, before, 0);
                let wait = probe.0 as f64 * (1.0 + JITTER * rng.unit());
                self.probe_at = SimTime(now.0.saturating_add(wait as u64));
                self.update_at = SimTime(now.0.saturating_add(update.0));
            }
            return;
        }
        if now >= self.probe_at || self.stuck >= STUCK {
            self.before = Some(self.limit);
            self.times.clear();
        } else if now >= self.update_at && !self.times.is_empty() {
            let sample = median(&mut self.times).max(1) as f64;
            let limit = self.limit * (self.base * BUFFER / sample).clamp(0.5, 2.0);
            self.limit = (limit + limit.sqrt()).floor().clamp(f64::from(spec.min), f64::from(spec.max));
            self.stuck = if self.limit <= f64::from(spec.min) { self.stuck + 1 } else { 0 };
            self.update_at = SimTime(now.0.saturating_add(update.0));
        }
    }
}

/// The median, by Envoy's histogram the middle one; nothing is left.
fn median(times: &mut Vec<u64>) -> u64 {
    let middle = times.len() / 2;
    let found = *times.select_nth_unstable(middle).1;
    times.clear();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        spec: ConcurrencyLimit,
        limiter: Limiter,
        now: SimTime,
        rng: Stream,
    }

    impl Bench {
        fn new(word: &str) -> Bench {
            let spec = ConcurrencyLimit::defaults(word).unwrap();
            let rng = Stream::new(1, 0, "a", "limit");
            Bench { spec, limiter: Limiter::new(&spec), now: SimTime::ZERO, rng }
        }

        fn sample(&mut self, ms: u64, in_flight: u32, dropped: bool) -> f64 {
            self.now = SimTime(self.now.0 + 1_000_000);
            let rtt = SimDuration::from_millis(ms);
            self.limiter.sample(&self.spec, rtt, in_flight, dropped, self.now, &mut self.rng);
            self.limiter.limit
        }
    }

    /// `gradient` moves every 100 ms and needs some moves; the others learn from every request.
    #[test]
    fn ten_updates_are_what_takes_longest() {
        let slowest = |word| ConcurrencyLimit::defaults(word).unwrap().slowest();
        assert_eq!(["vegas", "gradient"].map(slowest), [SimDuration::from_secs(1); 2]);
        let (update, probe) = (SimDuration::from_secs(2), SimDuration::from_secs(60));
        let algorithm = Algorithm::Gradient { update, probe };
        let slow = ConcurrencyLimit { algorithm, ..ConcurrencyLimit::defaults("gradient").unwrap() };
        assert_eq!(slow.slowest(), SimDuration::from_secs(20));
    }

    #[test]
    fn in_flight_at_the_limit_is_refused() {
        let Bench { spec, limiter, .. } = Bench::new("vegas");
        assert_eq!(limiter.admit(&spec, 19), Verdict::Pass);
        assert_eq!(limiter.admit(&spec, 20), Verdict::Refuse);
    }

    /// 20, +1, +1 (11 · 2 ≥ 21 but 10 · 2 < 22 adds nothing), then 22 · 0.9 = 19.8 → 19 → the least, 20. From 30: 27, 24.
    #[test]
    fn aimd_adds_one_and_takes_a_tenth() {
        let mut b = Bench::new("aimd");
        assert_eq!([b.sample(10, 20, false), b.sample(10, 11, false), b.sample(10, 10, false)], [21.0, 22.0, 22.0]);
        assert_eq!(b.sample(10, 22, true), 20.0);
        for _ in 0..10 {
            b.sample(5_000, 40, false);
        }
        assert_eq!(b.limiter.limit, 30.0, "5 s is not longer than 5 s");
        assert_eq!([b.sample(5_001, 30, false), b.sample(10, 30, true)], [27.0, 24.0]);
    }

    /// Limit 20, step max(1, ⌊log10 20⌋) = 1:
    ///
    /// | time | q | limit |
    /// |---|---|---|
    /// | 10 ms | the first: shortest 10 | 20 |
    /// | 10 ms | ⌈20 · 0⌉ = 0 ≤ 1 | + 6 = 26 |
    /// | 10 ms, 12 in flight | 12 · 2 < 26 | 26 |
    /// | 10.8 ms ~ 11 ms | ⌈26 · 1/11⌉ = 3, not < 3, not > 6 | 26 |
    /// | 15 ms | ⌈26 / 3⌉ = 9 > 6 | 25 |
    /// | dropped | | 24 |
    /// | 8 ms | a shorter one | 24 |
    #[test]
    fn vegas_keeps_a_few_waiting() {
        let mut b = Bench::new("vegas");
        let seen = [(10, 20, false), (10, 20, false), (10, 12, false), (11, 20, false), (15, 20, false)];
        assert_eq!(seen.map(|(ms, n, d)| b.sample(ms, n, d)), [20.0, 26.0, 26.0, 26.0, 25.0]);
        assert_eq!([b.sample(11, 20, true), b.sample(8, 20, false)], [24.0, 24.0]);
        // At 100 the step is 2: q = ⌈100 · (1 - 8/8.3)⌉ < 6 adds 2.
        b.limiter.limit = 100.0;
        b.limiter.base = 97e6;
        assert_eq!(b.sample(100, 60, false), 102.0, "q = 3 is more than 2 and less than 6");
        assert_eq!(b.sample(97, 60, false), 114.0, "q = 0: + 12");
    }

    /// Half of the limit in flight is near enough to learn from. At a limit of 24 and 28 the step is 1, and ⌈24 / 4⌉ = 6 is
    /// left alone where ⌈28 / 4⌉ = 7 is too much; at 100 it is 2, and ⌈100 / 10⌉ = 10 is left alone.
    #[test]
    fn vegas_leaves_alone_what_is_near_enough() {
        let after = |limit: f64, base: f64, ms: u64, in_flight: u32| {
            let mut b = Bench::new("vegas");
            (b.limiter.limit, b.limiter.base) = (limit, base * 1e6);
            b.sample(ms, in_flight, false)
        };
        assert_eq!((after(20.0, 10.0, 10, 10), after(20.0, 10.0, 10, 9)), (26.0, 20.0));
        assert_eq!((after(24.0, 3.0, 4, 24), after(28.0, 3.0, 4, 28), after(100.0, 9.0, 10, 99)), (24.0, 27.0, 100.0));
    }

    /// At a limit of 20 the shortest time is measured again with the 0.75 · 30 · 20 = 450th sample, and then after 300 to 600
    /// of them, drawn anew.
    #[test]
    fn vegas_measures_the_shortest_time_again() {
        let mut b = Bench::new("vegas");
        assert_eq!(b.sample(10, 1, false), 20.0);
        let mut until_it_is_longer = |ms: u64| {
            let base = ms as f64 * 1e6;
            let samples = (1..1_000).find(|_| {
                b.sample(ms, 1, false);
                b.limiter.base == base
            });
            samples.unwrap()
        };
        assert_eq!(until_it_is_longer(20), 449);
        let waits: Vec<i32> = (21..61).map(&mut until_it_is_longer).collect();
        assert!(waits.iter().all(|wait| (300..=600).contains(wait)), "{waits:?}");
        assert!(waits.iter().min() < Some(&350) && waits.iter().max() > Some(&550), "{waits:?}");
    }

    /// Half of the limit in flight counts. A mean of twice the time is not above it: (30 + 10) / 2 = 2 · 10, and 25 is far below
    /// twice 20.
    #[test]
    fn gradient2_forgets_faster_only_above_twice_the_time() {
        let mut b = Bench::new("gradient2");
        assert_eq!(b.sample(30, 9, false), 20.0);
        assert!(b.sample(10, 10, false) > 20.0);
        assert_eq!(b.limiter.base, 20e6);
        let mut b = Bench::new("gradient2");
        b.sample(30, 1, false);
        b.sample(20, 1, false);
        assert_eq!(b.limiter.base, 25e6);
    }

    /// The long mean is the plain one at first. All of 10 ms: gradient clamp(1.5) = 1, so 0.8 · 20 + 0.2 · (20 + 4) = 20.8.
    /// Then 30 ms: mean of (10, 30) = 20, 1.5 · 20 / 30 = 1: 21.6. Then 120 ms: mean 160/3, 1.5 · 53.33 / 120 = 2/3:
    /// 0.8 · 21.6 + 0.2 · (14.4 + 4) = 20.96.
    #[test]
    fn gradient2_compares_with_the_long_mean() {
        let mut b = Bench::new("gradient2");
        let near = |x: f64, y: f64| assert!((x - y).abs() < 1e-9, "{x} is not {y}");
        near(b.sample(10, 20, false), 20.8);
        near(b.sample(30, 20, false), 21.6);
        near(b.sample(120, 20, false), 20.96);
        near(b.sample(120, 10, false), 20.96);
        // The mean is now (10 + 30 + 120 + 120) / 4 = 70. With 10 ms it is 58, more than twice that: 58 · 0.95 = 55.1.
        b.sample(10, 1, false);
        near(b.limiter.base, 55.1e6);
        // The eleventh and later weigh 2/601.
        for _ in 0..5 {
            b.sample(55, 1, false);
        }
        let base = b.limiter.base;
        b.sample(100, 1, false);
        near(b.limiter.base, base + (100e6 - base) * 2.0 / 601.0);
    }

    /// Three at a time until fifty are known, median 10 ms. Back at 3, then each 100 ms: times of 10 ms give
    /// g = 1.25: 3.75 + √3.75 = 5.68 → 5; 6.25 + 2.5 = 8.75 → 8; then 50 ms: g = max(0.5, 0.25): 4 + 2 = 6.
    #[test]
    fn gradient_measures_the_ideal_time_first() {
        let mut b = Bench::new("gradient");
        for i in 0..50 {
            assert_eq!(b.limiter.limit(&b.spec), 3, "after {i}");
            b.sample(if i % 2 == 0 { 10 } else { 9 + i % 3 }, 3, false);
        }
        assert_eq!((b.limiter.before, b.limiter.base), (None, 10e6));
        let mut period = |ms: u64| {
            for _ in 0..100 {
                b.sample(ms, 3, false);
            }
            b.limiter.limit
        };
        assert_eq!([period(10), period(10), period(50)], [5.0, 8.0, 6.0]);
        let due = b.limiter.probe_at;
        assert!((60.0..=69.1).contains(&due.seconds()), "{due:?}");
        b.now = due;
        b.sample(10, 3, false);
        assert_eq!((b.limiter.limit(&b.spec), b.limiter.before), (3, Some(b.limiter.limit)));
    }

    /// The ideal time is 10 ms, and 100 ms are ten times that: 3 / 2 + √1.5 = 2.7 is below the least, 3, and after five such
    /// updates in a row it is measured again at once. One update in which the limit rises begins the count anew.
    #[test]
    fn gradient_measures_again_where_it_is_stuck() {
        let ideal = || {
            let mut b = Bench::new("gradient");
            (0..50).for_each(|_| {
                b.sample(10, 3, false);
            });
            assert_eq!(b.limiter.before, None);
            b
        };
        let period = |b: &mut Bench, ms: u64| {
            (0..100).for_each(|_| {
                b.sample(ms, 3, false);
            });
            b.limiter.before
        };
        let mut b = ideal();
        assert_eq!([100; 5].map(|ms| period(&mut b, ms)), [None; 5]);
        b.sample(100, 3, false);
        assert_eq!(b.limiter.before, Some(3.0));
        let mut b = ideal();
        assert_eq!([100, 100, 100, 100, 5, 100, 100].map(|ms| period(&mut b, ms)), [None; 7]);
    }

    /// Between two measurements lies a minute, and up to 15% more by chance.
    #[test]
    fn gradient_spreads_its_measurements() {
        let due = |seed: u64| {
            let mut b = Bench::new("gradient");
            b.rng = Stream::new(seed, 0, "a", "limit");
            (0..50).for_each(|_| {
                b.sample(10, 3, false);
            });
            b.limiter.probe_at.since(b.now).seconds()
        };
        let waits: Vec<f64> = (0..100).map(due).collect();
        let (low, high) = (waits.iter().copied().fold(99.0, f64::min), waits.iter().copied().fold(0.0, f64::max));
        assert!((60.0..61.0).contains(&low) && (68.0..69.0).contains(&high), "{low} to {high}");
    }
}
