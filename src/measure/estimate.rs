//! A mean with its confidence interval.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// An estimate over independent replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The sample mean.
    pub mean: f64,
    /// Lower end of the interval; not a number when one value alone tells nothing about it.
    pub low: f64,
    /// Upper end of the interval, likewise.
    pub high: f64,
}

impl Estimate {
    /// Mean and 95% interval of independent values, by Student's t.
    pub fn of(values: &[f64]) -> Estimate {
        Estimate::of_at(values, 0.95)
    }

    /// Mean and interval at another confidence, in (0, 1).
    pub fn of_at(values: &[f64], confidence: f64) -> Estimate {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        if values.len() < 2 {
            return Estimate { mean, low: f64::NAN, high: f64::NAN };
        }
        let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        let t = StudentsT::new(0.0, 1.0, n - 1.0).map_or(f64::NAN, |d| d.inverse_cdf(0.5 + confidence / 2.0));
        let half = t * (variance / n).sqrt();
        Estimate { mean, low: mean - half, high: mean + half }
    }

    /// A share of independent trials, with Wilson's 95% interval: it holds for few trials, and for all or none of them.
    pub fn of_share(n: usize, of: usize) -> Estimate {
        let (n, of, z) = (n as f64, (of as f64).max(1.0), 1.96f64);
        let mean = n / of;
        let centre = (mean + z * z / (2.0 * of)) / (1.0 + z * z / of);
        let half = z / (1.0 + z * z / of) * (mean * (1.0 - mean) / of + z * z / (4.0 * of * of)).sqrt();
        Estimate { mean, low: (centre - half).clamp(0.0, mean), high: (centre + half).clamp(mean, 1.0) }
    }

    /// The paired difference `after - before`, value by value: runs that share their random numbers.
    pub fn of_difference(before: &[f64], after: &[f64]) -> Estimate {
        let differences: Vec<f64> = before.iter().zip(after).map(|(b, a)| a - b).collect();
        Estimate::of(&differences)
    }

    /// Half the width of the interval.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether a value lies within the interval.
    pub fn contains(&self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// t(4; 97.5%) = 2.7764, sample deviation of 1..5 = sqrt(2.5): half width 2.7764 * sqrt(0.5) = 1.9632.
    #[test]
    fn the_interval_is_students() {
        let e = Estimate::of(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(e.mean, 3.0);
        assert!((e.half_width() - 1.9632).abs() < 1e-4, "{e:?}");
        assert!(e.contains(1.1) && !e.contains(1.0));
    }

    /// Wilson 1927: none of ten is at most z²/(n + z²) = 0.2775; five of ten from 0.2366 to 0.7634.
    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        let near = |e: Estimate, low: f64, high: f64| (e.low - low).abs() < 1e-4 && (e.high - high).abs() < 1e-4;
        assert!(near(Estimate::of_share(0, 10), 0.0, 0.2775), "{:?}", Estimate::of_share(0, 10));
        assert!(near(Estimate::of_share(5, 10), 0.2366, 0.7634), "{:?}", Estimate::of_share(5, 10));
        assert!(near(Estimate::of_share(10, 10), 0.7225, 1.0));
    }

    #[test]
    fn equal_pairs_differ_by_exactly_zero_and_one_value_has_no_interval() {
        let e = Estimate::of_difference(&[0.1, 0.2, 0.3], &[0.1, 0.2, 0.3]);
        assert_eq!((e.mean, e.low, e.high), (0.0, 0.0, 0.0));
        assert!(Estimate::of(&[1.0]).low.is_nan());
    }
}
