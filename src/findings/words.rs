//! Numbers and lists in sentences.

use super::Evidence;
use crate::experiments::{Bind, Failure, Review};
use crate::plan::EndpointId;
use crate::units::{SimDuration, show_count, show_factor, show_ratio};

/// A share in whole percent, or in tenths where that says more.
pub(super) fn percent(share: f64) -> String {
    let share = share.clamp(0.0, 1.0);
    let digits = if (0.01..=0.9).contains(&share) { 100.0 } else { 1000.0 };
    show_ratio((share * digits).round() / digits)
}

/// A load in three digits.
pub(super) fn times(load: f64) -> String {
    let unit = libm::pow(10.0, libm::floor(libm::log10(load.max(1e-9))) - 2.0);
    show_factor((load / unit).round() * unit)
}

/// Seconds as people say them.
pub(super) fn seconds(s: f64) -> String {
    let rounded = if s >= 1.0 { (s * 10.0).round() / 10.0 } else { (s * 1e3).round() / 1e3 };
    SimDuration::from_seconds(rounded).to_string()
}

/// The limit that is in the way of a plan: `limits.replicas` allows 8, and 11 would be tried next for
/// services.web.replicas.
pub(super) fn bind(bind: &Bind) -> String {
    let (most, wanted) = (show_count(bind.most), show_count(bind.wanted.ceil()));
    match bind.path.as_str() {
        "" => format!("`{}` allows {most}, and all together would cost {wanted}", bind.limit),
        path => format!("`{}` allows {most}, and {wanted} would be tried next for {path}", bind.limit),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

pub(super) fn endpoints(evidence: &Evidence, ids: &[EndpointId]) -> String {
    list(&ids.iter().map(|e| evidence.endpoint(*e).to_owned()).collect::<Vec<_>>())
}

/// Which experiment a figure comes from.
pub(super) fn source(review: &Review, failure: &Failure) -> String {
    let (runs, at) = (failure.harms.len(), show_factor(failure.load));
    format!("Shown by {runs} replications of `{}` at {at}, seed {}.", failure.fault, review.seed)
}

/// The cascade in a sentence.
pub(super) fn cascade(evidence: &Evidence, failure: &Failure) -> Option<String> {
    let steps: Vec<String> = failure
        .cascade()
        .iter()
        .map(|step| {
            let name = evidence.component(step.component);
            format!("{name} after {} ({})", seconds(step.at.seconds()), step.mechanism.words())
        })
        .collect();
    (!steps.is_empty()).then(|| format!("It spreads: {}.", list(&steps)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Near all and near nothing tenths say more.
    #[test]
    fn shares_are_told_in_whole_percent_or_in_tenths() {
        let told = [0.5, 0.237, 0.9, 0.9004, 0.9996, 1.7, 0.01, 0.0099, 0.004, 0.0, -0.3].map(percent);
        assert_eq!(told, ["50%", "24%", "90%", "90%", "100%", "100%", "1%", "1%", "0.4%", "0%", "0%"]);
        assert_eq!([0.9016, 0.9964].map(percent), ["90.2%", "99.6%"]);
    }

    #[test]
    fn loads_are_told_in_three_digits() {
        assert_eq!(
            [0.12345, 1.2345, 12.345, 123.45, 1.0, 0.0].map(times),
            ["0.123x", "1.23x", "12.3x", "123x", "1x", "0x"]
        );
    }

    /// Whole milliseconds below a second, tenths above.
    #[test]
    fn times_are_rounded_as_people_round_them() {
        assert_eq!([0.0124, 0.9994, 1.0, 1.26, 12.34].map(seconds), ["12ms", "999ms", "1s", "1.3s", "12.3s"]);
    }

    #[test]
    fn names_are_joined_by_commas_and_one_and() {
        let names = ["a", "b", "c"].map(String::from);
        assert_eq!([0, 1, 2, 3].map(|n| list(&names[..n])), ["", "a", "a and b", "a, b and c"]);
    }

    #[test]
    fn a_limit_is_told_with_what_would_exceed_it() {
        let of = |path: &str| Bind { limit: "limits.cost".into(), most: 100.0, path: path.into(), wanted: 120.5 };
        assert_eq!(bind(&of("")), "`limits.cost` allows 100, and all together would cost 121");
        assert_eq!(bind(&of("web")), "`limits.cost` allows 100, and 121 would be tried next for web");
    }
}
