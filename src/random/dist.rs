//! Distributions of times and counts.
//!
//! Those whose samplers are frozen in `rand_distr` are taken from there; the others are written on `libm`, because the
//! platform's `ln`, `exp` and `pow` differ in the last bit between machines.

use super::Stream;
use crate::units::SimDuration;
use rand_distr::{Distribution, Gamma};

/// A distribution of a length of time. Parameters are in nanoseconds where they are times.
#[derive(Clone, Debug, PartialEq)]
pub enum Dist {
    /// Always the same.
    Constant(SimDuration),
    /// Exponential with this mean.
    Exponential {
        /// Mean in nanoseconds.
        mean: f64,
    },
    /// Lognormal: exp(mu + sigma Z).
    LogNormal {
        /// Mean of the logarithm of the nanoseconds.
        mu: f64,
        /// Standard deviation of the logarithm, at least 0.
        sigma: f64,
    },
    /// Uniform between two lengths.
    Uniform {
        /// Shortest.
        low: f64,
        /// Longest.
        high: f64,
    },
    /// Gamma; Erlang when `shape` is whole.
    Gamma {
        /// Shape k, above 0.
        shape: f64,
        /// Scale in nanoseconds; the mean is shape times scale.
        scale: f64,
    },
    /// Weibull.
    Weibull {
        /// Shape k, above 0.
        shape: f64,
        /// Scale in nanoseconds.
        scale: f64,
    },
    /// Pareto (type I) from `scale` on.
    Pareto {
        /// Tail index alpha, above 1 (so that there is a mean).
        alpha: f64,
        /// Least value in nanoseconds.
        scale: f64,
    },
    /// One of several, each with its cumulative share.
    Mixture(Vec<(f64, Dist)>),
    /// One of the samples, each equally likely (nanoseconds).
    Empirical(Vec<f64>),
}

/// The 99% quantile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_841;

impl Dist {
    /// The lognormal with this median and 99th percentile: sigma = ln(p99/p50) / z(0.99).
    pub fn from_percentiles(p50: SimDuration, p99: SimDuration) -> Dist {
        let median = p50.0.max(1) as f64;
        let ratio = (p99.0.max(p50.0).max(1) as f64) / median;
        Dist::LogNormal { mu: libm::log(median), sigma: libm::log(ratio) / Z99 }
    }

    /// The lognormal with this mean and coefficient of variation: sigma^2 = ln(1 + cv^2), mu = ln(mean) - sigma^2/2.
    pub fn from_mean_cv(mean: SimDuration, cv: f64) -> Dist {
        let s2 = libm::log(1.0 + cv * cv);
        Dist::LogNormal { mu: libm::log(mean.0.max(1) as f64) - s2 / 2.0, sigma: s2.sqrt() }
    }

    /// The expected value in nanoseconds.
    pub fn mean_ns(&self) -> f64 {
        match self {
            Dist::Constant(d) => d.0 as f64,
            Dist::Exponential { mean } => *mean,
            Dist::LogNormal { mu, sigma } => libm::exp(mu + sigma * sigma / 2.0),
            Dist::Uniform { low, high } => (low + high) / 2.0,
            Dist::Gamma { shape, scale } => shape * scale,
            Dist::Weibull { shape, scale } => scale * libm::tgamma(1.0 + 1.0 / shape),
            Dist::Pareto { alpha, scale } => alpha * scale / (alpha - 1.0),
            Dist::Mixture(parts) => {
                let mut before = 0.0;
                parts
                    .iter()
                    .map(|(up_to, d)| {
                        let share = up_to - before;
                        before = *up_to;
                        share * d.mean_ns()
                    })
                    .sum()
            }
            Dist::Empirical(samples) => samples.iter().sum::<f64>() / samples.len().max(1) as f64,
        }
    }

    /// The same distribution with every draw multiplied by `factor`.
    pub fn scaled(&self, factor: f64) -> Dist {
        match self {
            Dist::Constant(d) => Dist::Constant(d.times(factor)),
            Dist::Exponential { mean } => Dist::Exponential { mean: mean * factor },
            Dist::LogNormal { mu, sigma } => Dist::LogNormal { mu: mu + libm::log(factor), sigma: *sigma },
            Dist::Uniform { low, high } => Dist::Uniform { low: low * factor, high: high * factor },
            Dist::Gamma { shape, scale } => Dist::Gamma { shape: *shape, scale: scale * factor },
            Dist::Weibull { shape, scale } => Dist::Weibull { shape: *shape, scale: scale * factor },
            Dist::Pareto { alpha, scale } => Dist::Pareto { alpha: *alpha, scale: scale * factor },
            Dist::Mixture(parts) => Dist::Mixture(parts.iter().map(|(p, d)| (*p, d.scaled(factor))).collect()),
            Dist::Empirical(samples) => Dist::Empirical(samples.iter().map(|x| x * factor).collect()),
        }
    }

    /// Draws one length of time, at least 0, rounded down to the nanosecond.
    #[inline]
    pub fn sample(&self, rng: &mut Stream) -> SimDuration {
        match self {
            Dist::Constant(d) => *d,
            // By way of i64: never negative, and far beyond the last instant either way.
            Dist::Exponential { mean } => SimDuration((rng.exponential() * mean) as i64 as u64),
            other => other.sample_rare(rng),
        }
    }

    fn sample_rare(&self, rng: &mut Stream) -> SimDuration {
        let ns = match self {
            Dist::Constant(d) => return *d,
            Dist::Exponential { mean } => rng.exponential() * mean,
            Dist::LogNormal { mu, sigma } => libm::exp(mu + sigma * rng.normal()),
            Dist::Uniform { low, high } => low + (high - low) * rng.unit(),
            // `Gamma::new` refuses only shapes and scales that the model's checks refuse too.
            Dist::Gamma { shape, scale } => Gamma::new(*shape, *scale).map_or(0.0, |g| g.sample(rng.rng())),
            Dist::Weibull { shape, scale } => scale * libm::pow(rng.exponential(), 1.0 / shape),
            Dist::Pareto { alpha, scale } => scale * libm::exp(rng.exponential() / alpha),
            Dist::Mixture(parts) => {
                let u = rng.unit();
                return match parts.iter().find(|(up_to, _)| u < *up_to).or(parts.last()) {
                    Some((_, d)) => d.sample(rng),
                    None => SimDuration::ZERO,
                };
            }
            Dist::Empirical(samples) => samples.get(rng.below(samples.len() as u32) as usize).copied().unwrap_or(0.0),
        };
        SimDuration((ns as u64).min(SimDuration::FOREVER.0))
    }
}

/// A distribution of a whole number, such as how often a call is repeated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Count {
    /// Always the same.
    Constant(u32),
    /// Any whole number from the first to the second, equally likely.
    Uniform(u32, u32),
    /// Geometric with this mean (0, 1, 2, …).
    Geometric(f64),
}

impl Count {
    /// The expected value.
    pub fn mean(self) -> f64 {
        match self {
            Count::Constant(n) => f64::from(n),
            Count::Uniform(low, high) => (f64::from(low) + f64::from(high)) / 2.0,
            Count::Geometric(mean) => mean,
        }
    }

    /// The number at quantile `u` in [0, 1), by inversion: the same request repeats the same number of times in any run.
    #[inline]
    pub fn at(self, u: f64) -> u32 {
        match self {
            Count::Constant(n) => n,
            Count::Uniform(low, high) => low + (u * f64::from(high - low + 1)) as u32,
            Count::Geometric(mean) if mean > 0.0 => (libm::log(1.0 - u) / libm::log(mean / (1.0 + mean))) as u32,
            Count::Geometric(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample mean of 200,000 draws lies within 4 standard errors of the stated mean (about 1 in 16,000 to fail by chance).
    #[test]
    fn sample_means_agree_with_the_stated_means() {
        let ms = SimDuration::from_millis;
        let dists = [
            Dist::Constant(ms(5)),
            Dist::Exponential { mean: 5e6 },
            Dist::from_percentiles(ms(4), ms(30)),
            Dist::from_mean_cv(ms(5), 0.5),
            Dist::Uniform { low: 1e6, high: 3e6 },
            Dist::Gamma { shape: 3.0, scale: 1e6 },
            Dist::Weibull { shape: 1.5, scale: 2e6 },
            Dist::Pareto { alpha: 3.5, scale: 1e6 },
            Dist::Mixture(vec![(0.9, Dist::Exponential { mean: 1e6 }), (1.0, Dist::Constant(ms(50)))]),
            Dist::Empirical(vec![1e6, 2e6, 9e6]),
        ];
        for (i, d) in dists.iter().enumerate() {
            let mut rng = Stream::new(1, i as u32, "test", "dist");
            let n = 200_000;
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..n {
                let x = d.sample(&mut rng).0 as f64;
                sum += x;
                squares += x * x;
            }
            let mean = sum / f64::from(n);
            let error = ((squares / f64::from(n) - mean * mean).max(0.0) / f64::from(n)).sqrt();
            assert!((mean - d.mean_ns()).abs() <= 4.0 * error + 1.0, "{d:?}: {mean} against {}", d.mean_ns());
            assert!((d.scaled(2.0).mean_ns() / d.mean_ns() - 2.0).abs() < 1e-9, "{d:?}");
        }
    }

    #[test]
    fn the_lognormal_has_the_percentiles_it_was_given() {
        let d = Dist::from_percentiles(SimDuration::from_millis(4), SimDuration::from_millis(30));
        let mut rng = Stream::new(1, 0, "test", "p99");
        let mut xs: Vec<u64> = (0..100_000).map(|_| d.sample(&mut rng).0).collect();
        xs.sort_unstable();
        assert!((xs[50_000] as f64 / 4e6 - 1.0).abs() < 0.02);
        assert!((xs[99_000] as f64 / 30e6 - 1.0).abs() < 0.05);
    }

    #[test]
    fn counts_are_drawn_by_inversion() {
        assert_eq!(Count::Constant(9).at(0.99), 9);
        assert_eq!((Count::Uniform(1, 3).at(0.0), Count::Uniform(1, 3).at(0.999)), (1, 3));
        let mean =
            (0..10_000).map(|i| f64::from(Count::Geometric(2.0).at((f64::from(i) + 0.5) / 10_000.0))).sum::<f64>()
                / 10_000.0;
        assert!((mean - 2.0).abs() < 0.01, "{mean}");
    }
}
