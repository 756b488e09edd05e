//! Closed forms of queueing theory, written from the textbooks, with the figures they are known by as their own tests.
//! Nothing here knows the simulation.
//!
//! Notation: `lambda` arrivals per unit of time, `mu` services per unit of time, `c` servers, a = lambda/mu offered load,
//! rho = a/c. Sources: L. Kleinrock, "Queueing Systems", vol. 1 (1975), chapter 3; D. Gross and others, "Fundamentals of
//! Queueing Theory" (4th ed., 2008), chapter 2; others where they are used.

/// Erlang's loss formula B(c, a), by its recursion.
pub fn erlang_b(c: u32, a: f64) -> f64 {
    (1..=c).fold(1.0, |b, k| a * b / (f64::from(k) + a * b))
}

/// Erlang's delay formula C(c, a): the probability that an arrival to M/M/c waits.
pub fn erlang_c(c: u32, a: f64) -> f64 {
    let (b, rho) = (erlang_b(c, a), a / f64::from(c));
    b / (1.0 - rho * (1.0 - b))
}

/// M/M/c, first come first served.
#[derive(Clone, Copy, Debug)]
pub struct Mmc {
    /// Arrivals per unit of time.
    pub lambda: f64,
    /// Services per unit of time.
    pub mu: f64,
    /// Servers.
    pub c: u32,
}

impl Mmc {
    /// Utilisation.
    pub fn rho(&self) -> f64 {
        self.lambda / self.mu / f64::from(self.c)
    }

    fn waits(&self) -> f64 {
        erlang_c(self.c, self.lambda / self.mu)
    }

    /// Those who wait do so for an exponential time of this rate.
    fn drain(&self) -> f64 {
        f64::from(self.c) * self.mu - self.lambda
    }

    /// Mean time before service.
    pub fn mean_wait(&self) -> f64 {
        self.waits() / self.drain()
    }

    /// Mean time in the system.
    pub fn mean_stay(&self) -> f64 {
        self.mean_wait() + 1.0 / self.mu
    }

    /// P(stay > t): service alone for those who do not wait, the sum of two exponentials for those who do.
    pub fn stays_longer(&self, t: f64) -> f64 {
        let (p, d, mu) = (self.waits(), self.drain(), self.mu);
        let both = if (d - mu).abs() < 1e-9 * mu {
            (1.0 + mu * t) * (-mu * t).exp()
        } else {
            (d * (-mu * t).exp() - mu * (-d * t).exp()) / (d - mu)
        };
        (1.0 - p) * (-mu * t).exp() + p * both
    }

    /// A quantile of the time in the system.
    pub fn stay_quantile(&self, q: f64) -> f64 {
        invert(|t| self.stays_longer(t), 1.0 - q)
    }
}

/// M/M/1 with room for `k` in all, the one in service included.
#[derive(Clone, Copy, Debug)]
pub struct Mm1k {
    /// Arrivals per unit of time.
    pub lambda: f64,
    /// Services per unit of time.
    pub mu: f64,
    /// The most that can be present.
    pub k: u32,
}

impl Mm1k {
    /// Probability that `n` are present: proportional to rho^n.
    pub fn present(&self, n: u32) -> f64 {
        let rho: f64 = self.lambda / self.mu;
        let all: f64 = (0..=self.k).map(|i| rho.powi(i as i32)).sum();
        rho.powi(n as i32) / all
    }

    /// By PASTA, the share of arrivals that finds no room.
    pub fn blocked(&self) -> f64 {
        self.present(self.k)
    }

    /// Mean number present.
    pub fn mean_present(&self) -> f64 {
        (0..=self.k).map(|n| f64::from(n) * self.present(n)).sum()
    }

    /// By Little's law over those who get in.
    pub fn mean_stay(&self) -> f64 {
        self.mean_present() / (self.lambda * (1.0 - self.blocked()))
    }

    /// Who gets in and finds `n` stays for n + 1 exponential services (Erlang's distribution).
    pub fn stays_longer(&self, t: f64) -> f64 {
        let x = self.mu * t;
        let (mut sum, mut term, mut poisson) = (0.0, (-x).exp(), 0.0);
        for n in 0..self.k {
            poisson += term;
            term *= x / f64::from(n + 1);
            sum += self.present(n) / (1.0 - self.blocked()) * poisson;
        }
        sum
    }

    /// A quantile of the time in the system.
    pub fn stay_quantile(&self, q: f64) -> f64 {
        invert(|t| self.stays_longer(t), 1.0 - q)
    }
}

/// Where a falling function from 1 to 0 takes the value `y`, by bisection.
fn invert(falling: impl Fn(f64) -> f64, y: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while falling(high) > y {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if falling(middle) > y { low = middle } else { high = middle }
    }
    high
}

/// Pollaczek and Khinchine: mean wait in M/G/1 with service times of mean 1 and squared coefficient of variation `cs2`, in
/// units of the mean service time.
pub fn mg1_wait(rho: f64, cs2: f64) -> f64 {
    rho * (1.0 + cs2) / (2.0 * (1.0 - rho))
}

/// A closed network with one class of customers and exponential single servers, by exact mean value analysis (M. Reiser
/// and S. Lavenberg, 1980): throughput and response time of `n` customers with think time `z`.
/// R_k(n) = D_k (1 + Q_k(n-1)), X(n) = n / (Z + sum R), Q_k(n) = X(n) R_k(n).
pub fn mva(demands: &[f64], z: f64, n: u32) -> (f64, f64) {
    let mut queues = vec![0.0; demands.len()];
    let (mut rate, mut response) = (0.0, 0.0);
    for customers in 1..=n {
        let stays: Vec<f64> = demands.iter().zip(&queues).map(|(d, q)| d * (1.0 + q)).collect();
        response = stays.iter().sum();
        rate = f64::from(customers) / (z + response);
        queues = stays.iter().map(|stay| rate * stay).collect();
    }
    (rate, response)
}

/// M/M/1 without waiting room whose customers come again after an exponential time of rate `nu` until they are served:
/// the mean number of those who wait to come again (G. Falin and J. Templeton, "Retrial Queues", 1997, section 1.1).
pub fn retrial_orbit(lambda: f64, mu: f64, nu: f64) -> f64 {
    let rho = lambda / mu;
    rho * (lambda + rho * nu) / ((1.0 - rho) * nu)
}

/// Mean stay, in service times, where each customer joins the shorter of `d` queues drawn at random among very many
/// (N. Vvedenskaya and others, 1996; M. Mitzenmacher, 1996): the sum over i of rho^((d^i - d)/(d - 1)).
pub fn shortest_of(d: f64, rho: f64) -> f64 {
    (1..60).map(|i| rho.powf((d.powi(i) - d) / (d - 1.0))).sum()
}

/// Erlang A, M/M/c+M: those who wait give up at rate `theta` each. The share that gives up, and the mean number waiting, from
/// the birth and death chain (C. Palm, 1957; "Telephone call centers", Gans and others, 2003).
pub fn erlang_a(lambda: f64, mu: f64, c: u32, theta: f64) -> (f64, f64) {
    let death = |n: u32| f64::from(n.min(c)) * mu + f64::from(n.saturating_sub(c)) * theta;
    let (mut weight, mut all, mut waiting) = (1.0, 1.0, 0.0);
    for n in 1..10_000 {
        weight *= lambda / death(n);
        all += weight;
        waiting += weight * f64::from(n.saturating_sub(c));
    }
    (theta * waiting / all / lambda, waiting / all)
}

/// M/M/1 with two classes that share service times of mean 1, the first served before the second but never instead of one in
/// service: mean wait of each, with utilisations `first` and `second` (A. Cobham, 1954). R / (1 - r1) and
/// R / ((1 - r1) (1 - r)), where the mean residual service R is r = r1 + r2.
pub fn priority_waits(first: f64, second: f64) -> (f64, f64) {
    let all = first + second;
    (all / (1.0 - first), all / ((1.0 - first) * (1.0 - all)))
}

/// M/M/1 with service times of mean 1, utilisation `rho` and one patience `tau` for all, which ends only the wait: the share
/// that gives up (D. Barrer, 1957). With e = exp(-(1 - rho) tau) it is (1 - rho) rho e / (1 - rho^2 e).
pub fn patience_ends(rho: f64, tau: f64) -> f64 {
    let e = (-(1.0 - rho) * tau).exp();
    (1.0 - rho) * rho * e / (1.0 - rho * rho * e)
}

/// Share of Poisson arrivals, `mean` in each window, that passes where `limit` may: E[min(N, limit)] / mean.
pub fn window_passes(mean: f64, limit: u32) -> f64 {
    let (mut poisson, mut at_most, mut sum) = ((-mean).exp(), 0.0, 0.0);
    for n in 0..limit {
        at_most += poisson;
        sum += f64::from(n) * poisson;
        poisson *= mean / f64::from(n + 1);
    }
    (sum + f64::from(limit) * (1.0 - at_most)) / mean
}

/// The `q` quantile of the longest of `n` independent exponential times of mean 1: F(t)^n = q.
pub fn longest_of(n: u32, q: f64) -> f64 {
    -(1.0 - q.powf(1.0 / f64::from(n))).ln()
}

/// Mean of the longest of `n` independent exponential times of mean 1: the harmonic number.
pub fn longest_of_mean(n: u32) -> f64 {
    (1..=n).map(|k| 1.0 / f64::from(k)).sum()
}

/// Tries per call where each fails with probability `p` and there are at most `m`.
pub fn tries(p: f64, m: u32) -> f64 {
    (1.0 - p.powi(m as i32)) / (1.0 - p)
}

/// Share of calls that adaptive throttling refuses where a backend accepts `accepted` of `requested` calls, with
/// multiplier `k` ("Site Reliability Engineering", Beyer and others, 2016, chapter 21).
pub fn throttled(requested: f64, accepted: f64, k: f64) -> f64 {
    ((requested - k * accepted) / (requested + 1.0)).max(0.0)
}

/// Hit ratio of a cache of `capacity` keys that evicts the least recently used, where the key of rank i of `n` is asked
/// for in proportion to i^-s: Che's approximation (H. Che and others, 2002).
pub fn che(n: u32, s: f64, capacity: f64) -> f64 {
    let p = zipf(n, s);
    let filled = |t: f64| p.iter().map(|p| 1.0 - (-p * t).exp()).sum::<f64>();
    let t = invert(|t| 1.0 - filled(t) / f64::from(n), 1.0 - capacity / f64::from(n));
    p.iter().map(|p| p * (1.0 - (-p * t).exp())).sum()
}

/// Hit ratio of a cache that holds the `capacity` most popular keys.
pub fn most_popular(n: u32, s: f64, capacity: u32) -> f64 {
    zipf(n, s).iter().take(capacity as usize).sum()
}

/// Hit ratio of a cache whose entries live for `ttl` from when they were stored, asked at `rate` in all: each key by itself is
/// a renewal process that misses once and then hits rate * ttl times.
pub fn ttl_hits(n: u32, s: f64, rate: f64, ttl: f64) -> f64 {
    zipf(n, s).iter().map(|p| p * p * rate * ttl / (1.0 + p * rate * ttl)).sum()
}

fn zipf(n: u32, s: f64) -> Vec<f64> {
    let weights: Vec<f64> = (1..=n).map(|i| f64::from(i).powf(-s)).collect();
    let all: f64 = weights.iter().sum();
    weights.iter().map(|w| w / all).collect()
}

/// Variance divided by mean of the number of arrivals in a time `t`, of a Poisson process of mean rate `rate` that is `factor`
/// times as fast in bursts of mean length `length`, one every `every` seconds (Fischer and Meier-Hellstern 1993, "The
/// Markov-modulated Poisson process cookbook").
pub fn mmpp_dispersion(rate: f64, factor: f64, length: f64, every: f64, t: f64) -> f64 {
    let calm = rate / (1.0 + length / every * (factor - 1.0));
    let (fast, ends, begins) = (calm * factor, 1.0 / length, 1.0 / (every - length));
    let both = ends + begins;
    let limit = 2.0 * (fast - calm).powi(2) * ends * begins / (both * both * (fast * begins + calm * ends));
    1.0 + limit * (1.0 - (1.0 - (-both * t).exp()) / (both * t))
}

/// Throughput with n at once, as a multiple of that with one, by the Universal Scalability Law.
pub fn usl_speedup(contention: f64, coherency: f64, n: f64) -> f64 {
    n / (1.0 + contention * (n - 1.0) + coherency * n * (n - 1.0))
}

/// The hit ratio of a cache without limit in which an entry lives for `ttl` seconds after it was loaded, of `keys` keys with
/// Zipf popularity `s`, asked for at `rate` per second: the sum of p · a / (1 + a) with a = p · rate · ttl. Requests for a key
/// are Poisson, and each load takes no time.
pub fn ttl_hit_ratio(keys: u32, s: f64, rate: f64, ttl: f64) -> f64 {
    let weights: Vec<f64> = (1..=keys).map(|k| f64::from(k).powf(-s)).collect();
    let sum: f64 = weights.iter().sum();
    let hit = |weight: &f64| {
        let p = weight / sum;
        p * p * rate * ttl / (1.0 + p * rate * ttl)
    };
    weights.iter().map(hit).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erlang_b_and_c_have_their_published_values() {
        for (c, a, b) in [(10, 8.0, 0.121661), (5, 3.0, 0.110054)] {
            assert!((erlang_b(c, a) - b).abs() < 5e-7, "B({c}, {a}) = {}", erlang_b(c, a));
        }
        for (c, a, p) in [(10, 8.0, 0.409180), (5, 3.0, 0.236152), (2, 1.6, 0.711111)] {
            assert!((erlang_c(c, a) - p).abs() < 5e-7, "C({c}, {a}) = {}", erlang_c(c, a));
        }
        let ten = Mmc { lambda: 8.0, mu: 1.0, c: 10 };
        assert!((ten.mean_wait() - 0.204590).abs() < 5e-7, "{}", ten.mean_wait());
    }

    /// Published: a speed-up of 10.742 at the peak of 44.
    #[test]
    fn the_scalability_law_has_its_published_peak() {
        assert!((usl_speedup(0.05, 0.0005, 44.0) - 10.742).abs() < 5e-4);
        assert!(usl_speedup(0.05, 0.0005, 43.6) >= usl_speedup(0.05, 0.0005, 44.5));
    }

    /// With one server the stay is exponential with rate mu - lambda.
    #[test]
    fn one_server_is_the_simple_case() {
        let one = Mmc { lambda: 0.8, mu: 1.0, c: 1 };
        assert!((one.mean_stay() - 5.0).abs() < 1e-12);
        assert!((one.stay_quantile(0.99) - 100f64.ln() / 0.2).abs() < 1e-9);
        assert!((one.stays_longer(7.0) - (-0.2f64 * 7.0).exp()).abs() < 1e-12);
    }

    #[test]
    fn a_bounded_queue_has_its_published_loss() {
        for (lambda, blocked) in [(0.9, 0.050814), (2.0, 0.500244)] {
            let queue = Mm1k { lambda, mu: 1.0, k: 10 };
            assert!((queue.blocked() - blocked).abs() < 5e-7, "{}", queue.blocked());
        }
        // Without a bound that matters it is M/M/1.
        let queue = Mm1k { lambda: 0.5, mu: 1.0, k: 200 };
        assert!((queue.mean_stay() - 2.0).abs() < 1e-9);
        assert!((queue.stay_quantile(0.99) - 100f64.ln() / 0.5).abs() < 1e-6);
    }

    #[track_caller]
    fn close(x: f64, published: f64) {
        assert!((x - published).abs() < 1e-6 * published.max(1.0), "{x} is not {published}");
    }

    #[test]
    fn the_others_have_their_published_values() {
        for (cs2, wait) in [(0.0, 2.0), (1.0, 4.0), (4.0, 10.0)] {
            close(mg1_wait(0.8, cs2), wait);
        }
        let (rate, response) = mva(&[0.02, 0.05], 1.0, 10);
        close(rate, 9.049676);
        close(response, 0.105012);
        close(retrial_orbit(0.7, 1.0, 0.5), 4.9);
        close(retrial_orbit(0.5, 1.0, 0.1), 5.5);
        close(shortest_of(2.0, 0.9), 2.614057);
        close(shortest_of(3.0, 0.9), 2.027856);
        close(shortest_of(2.0, 0.99), 5.431997);
        let (abandon, waiting) = erlang_a(12.0, 1.0, 10, 0.5);
        close(abandon, 0.195656);
        close(waiting, 4.695743);
        // The mean over both classes is that of the queue without them: 2.333.
        let (first, second) = priority_waits(0.35, 0.35);
        close((first + second) / 2.0, 0.7 / 0.3);
        close(first, 0.7 / 0.65);
        // Without patience nobody waits, and a customer is lost as in M/M/1/1; with much of it nobody is.
        close(patience_ends(0.9, 0.0), 0.9 / 1.9);
        close(patience_ends(0.5, 1e3), 0.0);
        // min(N, 1) is 1 unless N = 0.
        close(window_passes(2.0, 1), (1.0 - (-2f64).exp()) / 2.0);
        close(window_passes(2.0, 40), 1.0);
        close(throttled(1000.0, 200.0, 2.0), 0.599401);
        // With a hundred calls 63.4% see one beyond the 99th percentile of a single call.
        close(longest_of(100, 0.99f64.powi(100)), 100f64.ln());
        close(che(1000, 1.0, 100.0), 0.576525);
        close(che(10_000, 1.0, 1000.0), 0.675602);
        close(che(10_000, 0.8, 1000.0), 0.436660);
        close(che(10_000, 1.2, 1000.0), 0.861435);
        close(most_popular(1000, 1.0, 100), 0.692993);
        close(tries(0.5, 3), 1.75);
    }
}
