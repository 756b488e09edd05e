//! Two counts, and whether one is beyond a multiple of the other by more than chance.
//!
//! Both are drawn at random: what was usual is known by a sample, too. Of two Poisson counts the first is, given their sum n,
//! binomial with p = q / (1 + q), where q is how many times as many it is expected to be (Przyborowski and Wilenski,
//! "Homogeneity of results in testing samples from Poisson series", Biometrika 1940). To take the second for exact calls
//! a healthy system broken now and then: five seconds tell a rate of ten per second to a seventh only.

/// Whether a count is below so many times another by more than so many standard errors.
pub fn below(now: f64, then: f64, times: f64, sigmas: f64) -> bool {
    score(now, then, times) < -sigmas
}

/// Whether it is above.
pub fn above(now: f64, then: f64, times: f64, sigmas: f64) -> bool {
    score(now, then, times) > sigmas
}

/// By how many standard errors the first differs from so many times the second.
fn score(now: f64, then: f64, times: f64) -> f64 {
    let (n, p) = (now + then, times / (1.0 + times));
    let deviation = (n * p * (1.0 - p)).sqrt();
    if deviation > 0.0 { (now - n * p) / deviation } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// Twelve times as long, at the same rate of 14/s: short of nine tenths in fewer than one of a thousand, though the first
    /// five seconds tell the rate so badly that a test which takes them for exact would say so far more often.
    #[test]
    fn what_is_usual_is_a_sample_too() {
        let mut stream = Stream::new(1, 0, "chance", "counts");
        // A Poisson count by its exponential gaps.
        let mut count = |mean: f64| {
            let (mut n, mut at) = (0.0, -(1.0 - stream.unit()).ln());
            while at < mean {
                (n, at) = (n + 1.0, at - (1.0 - stream.unit()).ln());
            }
            n
        };
        let pairs: Vec<[f64; 2]> = (0..4000).map(|_| [count(840.0), count(70.0)]).collect();
        let naive = |[now, then]: &[f64; 2]| *now < 0.9 * 12.0 * then - 3.0 * (12.0 * then).sqrt();
        let told = |[now, then]: &[f64; 2]| below(*now, *then, 0.9 * 12.0, 3.0);
        let share = |of: &dyn Fn(&[f64; 2]) -> bool| pairs.iter().filter(|p| of(p)).count() as f64 / 4000.0;
        assert!(share(&told) < 0.001, "{}", share(&told));
        assert!(share(&naive) > 0.01, "{}", share(&naive));
    }

    #[test]
    fn what_is_gone_is_seen() {
        assert!(below(0.0, 20.0, 0.9, 4.0) && !below(0.0, 4.0, 0.9, 4.0));
        assert!(above(600.0, 100.0, 5.0, 1.0) && !above(500.0, 100.0, 5.0, 0.1));
        assert!(!below(0.0, 0.0, 1.0, 0.0) && !above(0.0, 0.0, 1.0, 0.0));
    }
}
