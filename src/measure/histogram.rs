//! A log-linear histogram of durations in the manner of HdrHistogram: 256 steps an octave, so that a quantile is off by
//! at most 0.2%. Octaves that saw nothing take no memory; histograms add up exactly.

use crate::units::{NANOS, SimDuration};

const STEP_BITS: u32 = 8;
const STEPS: usize = 1 << STEP_BITS;

type Octave = [u64; STEPS];

/// Counts of durations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    octaves: Vec<Option<Box<Octave>>>,
    count: u64,
    sum: u128,
    max: u64,
}

impl Histogram {
    /// Counts one duration.
    #[inline]
    pub fn record(&mut self, d: SimDuration) {
        let at = index(d.0);
        let (octave, step) = (at >> STEP_BITS, at & (STEPS - 1));
        match self.octaves.get_mut(octave) {
            Some(Some(steps)) => steps[step] += 1,
            _ => self.grow(octave)[step] += 1,
        }
        self.count += 1;
        self.sum += u128::from(d.0);
        self.max = self.max.max(d.0);
    }

    #[cold]
    fn grow(&mut self, octave: usize) -> &mut Octave {
        if self.octaves.len() <= octave {
            self.octaves.resize(octave + 1, None);
        }
        self.octaves[octave].get_or_insert_with(|| Box::new([0; STEPS]))
    }

    /// The octaves that saw something, in order.
    fn seen(&self) -> impl Iterator<Item = (usize, &Octave)> {
        self.octaves.iter().enumerate().filter_map(|(octave, steps)| Some((octave, steps.as_deref()?)))
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their exact sum.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// Their exact mean in seconds, if there is any.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64 / NANOS as f64)
    }

    /// The longest, exactly.
    pub fn max(&self) -> SimDuration {
        SimDuration(self.max)
    }

    /// The smallest duration that at least the share `q` (0 to 1) does not exceed, if there is any; the middle of its step.
    pub fn quantile(&self, q: f64) -> Option<SimDuration> {
        let rank = ((q * self.count as f64).ceil() as u64).clamp(1, self.count.max(1));
        let mut seen = 0;
        for (octave, steps) in self.seen() {
            for (step, n) in steps.iter().enumerate() {
                seen += n;
                if seen >= rank {
                    return Some(SimDuration(middle((octave << STEP_BITS) + step).min(self.max)));
                }
            }
        }
        None
    }

    /// How many were longer for certain: what shares a step with the limit does not count.
    pub fn above(&self, limit: SimDuration) -> u64 {
        let last = index(limit.0);
        let of = |(octave, steps): (usize, &Octave)| -> u64 {
            let first = (last + 1).saturating_sub(octave << STEP_BITS).min(STEPS);
            steps[first..].iter().sum()
        };
        self.seen().map(of).sum()
    }

    /// How many there were, by step: four steps an octave, each with its upper end; steps without any are left out.
    pub fn steps(&self) -> Vec<(SimDuration, u64)> {
        let quarters = self.seen().flat_map(|(octave, steps)| {
            let quarter = move |(i, part): (usize, &[u64])| {
                let end = (octave << STEP_BITS) + (i + 1) * (STEPS / 4);
                (SimDuration(start(end)), part.iter().sum::<u64>())
            };
            steps.chunks(STEPS / 4).enumerate().map(quarter)
        });
        quarters.filter(|(_, n)| *n > 0).collect()
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Histogram) {
        for (octave, steps) in other.seen() {
            let mine = self.grow(octave);
            mine.iter_mut().zip(steps).for_each(|(a, b)| *a += b);
        }
        self.count += other.count;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }
}

/// Exact below 512 ns; above, the leading nine bits decide.
#[inline]
fn index(ns: u64) -> usize {
    let shift = 63 - (ns | (STEPS as u64)).leading_zeros() - STEP_BITS;
    ((shift as usize) << STEP_BITS) + (ns >> shift) as usize
}

/// The shortest duration of a step.
fn start(at: usize) -> u64 {
    let shift = (at >> STEP_BITS).saturating_sub(1);
    ((at - (shift << STEP_BITS)) as u64) << shift
}

fn middle(at: usize) -> u64 {
    let shift = (at >> STEP_BITS).saturating_sub(1);
    let step = (at - (shift << STEP_BITS)) as u64;
    ((step << shift) + ((step + 1) << shift)) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each from 1 ns to 10,000 ns: exact where steps are 1 ns, and short by less than a step of 32 ns above.
    #[test]
    fn above_counts_what_is_longer() {
        let mut h = Histogram::default();
        (1..=10_000).for_each(|ns| h.record(SimDuration(ns)));
        for limit in [0, 1, 255, 256, 300, 511] {
            assert_eq!(h.above(SimDuration(limit)), 10_000 - limit, "{limit}");
        }
        for limit in [512, 1_000, 4_095, 4_096, 9_000] {
            let exact = 10_000 - limit;
            assert!((exact - 32..=exact).contains(&h.above(SimDuration(limit))), "{limit}");
        }
        assert_eq!(h.above(SimDuration(10_000)), 0);
        assert_eq!(h.above(SimDuration(u64::MAX)), 0);
    }

    #[test]
    fn quantiles_are_within_a_fifth_of_a_percent() {
        let mut h = Histogram::default();
        for ns in 1..=1_000_000u64 {
            h.record(SimDuration(ns));
        }
        assert_eq!((h.count(), h.sum(), h.max().0), (1_000_000, 500_000_500_000, 1_000_000));
        for q in [0.001, 0.5, 0.9, 0.99, 0.999] {
            let found = h.quantile(q).expect("not empty").0 as f64;
            assert!((found / (q * 1e6) - 1.0).abs() < 0.002, "{q}: {found}");
        }
    }

    #[test]
    fn every_duration_falls_into_the_step_around_it() {
        for bits in 0..60 {
            for ns in [1u64 << bits, (1 << bits) + 1, (1 << bits) * 3 / 2] {
                let mid = middle(index(ns)) as f64;
                assert!((mid / ns as f64 - 1.0).abs() <= 0.002 || ns < 512, "{ns} -> {mid}");
            }
        }
    }

    #[test]
    fn merging_is_recording_everything_in_one() {
        let (mut a, mut b, mut both) = (Histogram::default(), Histogram::default(), Histogram::default());
        for i in 0..1_000u64 {
            let d = SimDuration(i * i * 1_000);
            both.record(d);
            if i % 3 == 0 { a.record(d) } else { b.record(d) }
        }
        a.merge(&b);
        assert_eq!(a, both);
        assert_eq!(Histogram::default().quantile(0.5), None);
    }

    #[test]
    fn steps_hold_everything_in_order() {
        let mut histogram = Histogram::default();
        let all = [0, 1, 300, 511, 512, 40_000, 40_001, 1_000_000_000];
        all.iter().for_each(|ns| histogram.record(SimDuration(*ns)));
        let steps = histogram.steps();
        assert_eq!(steps.iter().map(|(_, n)| n).sum::<u64>(), all.len() as u64);
        assert!(steps.is_sorted_by_key(|(end, _)| *end));
        for (i, (end, n)) in steps.iter().enumerate() {
            let from = if i == 0 { 0 } else { steps[i - 1].0.0 };
            assert_eq!(all.iter().filter(|ns| (from..end.0).contains(ns)).count() as u64, *n, "below {end:?}");
        }
        // A step is a quarter of an octave, so that its end is at most a quarter above what is in it.
        assert!(steps.last().unwrap().0.0 <= 1_250_000_000);
    }
}
