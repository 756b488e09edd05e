//! How long it takes until goodput is back after the end of a fault, over independent runs.

use crate::units::SimDuration;

/// A distribution of recovery times, some of which are not known since the run ended before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recovery {
    /// In seconds, the shortest first.
    times: Vec<f64>,
    /// All runs.
    runs: usize,
}

impl Recovery {
    /// Of runs in which goodput was back after so long, or not within the run.
    pub fn of(each: &[Option<SimDuration>]) -> Recovery {
        let mut times: Vec<f64> = each.iter().flatten().map(|t| t.seconds()).collect();
        times.sort_by(f64::total_cmp);
        Recovery { times, runs: each.len() }
    }

    /// The times that are known, in seconds, the shortest first.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// How many runs there were.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// In how many of them goodput was not back before they ended.
    pub fn not_back(&self) -> usize {
        self.runs - self.times.len()
    }

    /// Half of all runs were back by then, in seconds; `None` when fewer were.
    pub fn median(&self) -> Option<f64> {
        let (a, b) = (self.runs.checked_sub(1)? / 2, self.runs / 2);
        Some(f64::midpoint(*self.times.get(a)?, *self.times.get(b)?))
    }

    /// The shortest and the longest time that is known, in seconds.
    pub fn range(&self) -> Option<(f64, f64)> {
        Some((*self.times.first()?, *self.times.last()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seconds: &[Option<u64>]) -> Recovery {
        Recovery::of(&seconds.iter().map(|s| s.map(SimDuration::from_secs)).collect::<Vec<_>>())
    }

    #[test]
    fn runs_that_are_not_back_count_as_longer_than_all_others() {
        let all = of(&[Some(4), Some(1), Some(7)]);
        assert_eq!((all.median(), all.range(), all.not_back()), (Some(4.0), Some((1.0, 7.0)), 0));
        let most = of(&[None, Some(1), Some(7), Some(3)]);
        assert_eq!((most.median(), most.range(), most.not_back()), (Some(5.0), Some((1.0, 7.0)), 1));
        let few = of(&[None, Some(1), None]);
        assert_eq!((few.median(), few.range(), few.not_back()), (None, Some((1.0, 1.0)), 2));
        assert_eq!(of(&[]).median(), None);
    }
}
