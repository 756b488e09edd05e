//! What the difference of two series of values comes to.

use super::Figure;
use crate::measure::Estimate;
use crate::model::Margins;

/// What a difference comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// None beyond the margin.
    Unchanged,
    /// It is better by more than the margin.
    Improved,
    /// It is worse by more than the margin.
    Regressed,
    /// The interval spans the margin, or nothing was measured in some replication.
    Inconclusive,
}

/// A figure before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The figure.
    pub figure: Figure,
    /// In the baseline.
    pub before: Estimate,
    /// Now.
    pub after: Estimate,
    /// After less before, pair by pair, with the interval that was judged; `None` where something was not measured.
    pub difference: Option<Estimate>,
    /// What it must exceed.
    pub margin: f64,
    /// What it comes to.
    pub verdict: Difference,
    /// Pairs behind it.
    pub replications: u32,
}

/// Error over all figures and looks together.
const ERROR: f64 = 0.05;

/// The confidence of each interval, among so many figures looked at so often (Bonferroni).
pub fn confidence(figures: usize, looks: usize) -> f64 {
    1.0 - ERROR / (figures.max(1) * looks.max(1)) as f64
}

/// Compares the values of a figure, paired by replication, at this confidence.
pub fn compare(
    figure: &Figure,
    margins: &Margins,
    before: &[Option<f64>],
    after: &[Option<f64>],
    confidence: f64,
) -> Compared {
    let n = before.len().min(after.len());
    let (before, after) = (&before[..n], &after[..n]);
    let there = |values: &[Option<f64>]| values.iter().flatten().copied().collect::<Vec<f64>>();
    let (old, new) = (there(before), there(after));
    let complete = old.len() == n && new.len() == n && n > 0;
    let differences: Vec<f64> = before.iter().zip(after).filter_map(|(b, a)| Some((*a)? - (*b)?)).collect();
    let same = before == after && n > 0;
    let difference = match () {
        () if same => Some(Estimate { mean: 0.0, low: 0.0, high: 0.0 }),
        () if complete => Some(Estimate::of_at(&differences, confidence)),
        () => None,
    };
    let estimate = |values: &[f64]| match values {
        [] => Estimate { mean: f64::NAN, low: f64::NAN, high: f64::NAN },
        values => Estimate::of(values),
    };
    let (before, after) = (estimate(&old), estimate(&new));
    let margin = margins.of(figure.metric, before.mean);
    let verdict = match difference {
        Some(d) if d.low >= -margin && d.high <= margin => Difference::Unchanged,
        Some(d) if d.low > margin && figure.more_is_better => Difference::Improved,
        Some(d) if d.low > margin => Difference::Regressed,
        Some(d) if d.high < -margin && figure.more_is_better => Difference::Regressed,
        Some(d) if d.high < -margin => Difference::Improved,
        _ => Difference::Inconclusive,
    };
    // Where nothing was measured in any run there is nothing to be unsure of.
    let verdict = if same { Difference::Unchanged } else { verdict };
    Compared { figure: figure.clone(), before, after, difference, margin, verdict, replications: n as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Metric, Window};

    fn figure(metric: Metric, more_is_better: bool) -> Figure {
        Figure { name: metric.word(), subject: None, metric, window: Window::Whole, more_is_better }
    }

    fn some(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    fn verdict(metric: Metric, more: bool, before: &[f64], after: &[f64]) -> Difference {
        compare(&figure(metric, more), &Margins::default(), &some(before), &some(after), 0.95).verdict
    }

    #[test]
    fn equal_values_differ_by_exactly_zero_at_any_confidence() {
        let values = some(&[0.1, 0.2, 0.3]);
        let compared = compare(&figure(Metric::Mean, false), &Margins::default(), &values, &values, 1.0 - 1e-12);
        assert_eq!(compared.difference, Some(Estimate { mean: 0.0, low: 0.0, high: 0.0 }));
        assert_eq!(compared.verdict, Difference::Unchanged);
    }

    /// The margin is 5% of 100 ms. Differences of 10 ± 1 ms lie beyond it, of 2 ± 1 ms within, of 5 ± 1 ms across.
    /// With three pairs the interval is 4.303 standard errors wide on each side: about 2.5 ms for 1 ms to each side.
    #[test]
    fn a_difference_is_judged_by_its_whole_interval() {
        let before = [0.1, 0.1, 0.1];
        let after = |by: f64| [0.1 + by - 0.001, 0.1 + by, 0.1 + by + 0.001];
        for (by, lower_is_better, higher_is_better) in [
            (0.010, Difference::Regressed, Difference::Improved),
            (-0.010, Difference::Improved, Difference::Regressed),
            (0.002, Difference::Unchanged, Difference::Unchanged),
            (0.005, Difference::Inconclusive, Difference::Inconclusive),
        ] {
            assert_eq!(verdict(Metric::Mean, false, &before, &after(by)), lower_is_better, "{by}");
            assert_eq!(verdict(Metric::Mean, true, &before, &after(by)), higher_is_better, "{by}");
        }
    }

    #[test]
    fn the_floor_counts_where_the_share_is_small_and_success_has_none() {
        // 5% of 2 ms are 0.1 ms; the floor is 1 ms.
        assert_eq!(verdict(Metric::Mean, false, &[0.002; 3], &[0.0028; 3]), Difference::Unchanged);
        assert_eq!(verdict(Metric::Success, true, &[0.999; 3], &[0.997; 3]), Difference::Regressed);
        assert_eq!(verdict(Metric::Success, true, &[0.999; 3], &[0.9985; 3]), Difference::Unchanged);
    }

    #[test]
    fn one_pair_and_missing_values_settle_nothing() {
        assert_eq!(verdict(Metric::Mean, false, &[0.1], &[0.2]), Difference::Inconclusive);
        let figure = figure(Metric::Mean, false);
        let of = |before: &[Option<f64>], after: &[Option<f64>]| {
            compare(&figure, &Margins::default(), before, after, 0.95).verdict
        };
        assert_eq!(of(&some(&[0.1, 0.1]), &[Some(0.1), None]), Difference::Inconclusive);
        assert_eq!(of(&[None, None], &[None, None]), Difference::Unchanged);
    }

    #[test]
    fn the_error_is_divided() {
        assert!((confidence(1, 1) - 0.95).abs() < 1e-12);
        assert!((confidence(10, 2) - 0.9975).abs() < 1e-12);
    }
}
