//! Numbers and lists in sentences.

use super::Evidence;
use crate::experiments::{Bind, Failure, Review};
use crate::plan::EndpointId;
use crate::units::{SimDuration, show_count, show_factor, show_ratio};

/// A share in whole percent, or in tenths where that says more.
pub(super) fn percent(share: f64) -> String {
    let share = share.clamp(0.0, 1.0);
    let near = (share > 0.9 && share < 0.9995) || share < 0.01;
    let digits = if near { 1000.0 } else { 100.0 };
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
