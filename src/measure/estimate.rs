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

    #[test]
    fn equal_pairs_differ_by_exactly_zero_and_one_value_has_no_interval() {
        let e = Estimate::of_difference(&[0.1, 0.2, 0.3], &[0.1, 0.2, 0.3]);
        assert_eq!((e.mean, e.low, e.high), (0.0, 0.0, 0.0));
        assert!(Estimate::of(&[1.0]).low.is_nan());
    }
}
