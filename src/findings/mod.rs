//! What the results mean: findings, each with its evidence, its place in the model and a fix that was tried.
//!
//! One file is one finding. Its comment is what `simulate explain` prints: what it means, why it matters, how it was
//! judged, and what is close to it without being it. To add one, write the file with `declare_lint!` and list it in
//! [`LINTS`]. A finding never recommends what was not shown to help.

mod advice;
mod declared;
mod evidence;
mod expected;
mod finding;
mod guard;
mod policy;
mod queries;
mod remedy;
mod rubric;
mod words;

mod autoscaler_too_slow;
mod autoscaler_wrong_signal;
mod breaker_flaps;
mod breaker_never_trips;
mod cache_hides_capacity;
mod cache_stampede;
mod calling_in_circles;
mod connection_pool_too_large;
mod connection_pool_too_small;
mod consumer_too_slow;
mod deep_health_check;
mod does_not_recover;
mod ejects_busy_replicas;
mod harmful_guard;
mod hot_key;
mod hot_shard;
mod hung_half_open;
mod local_files;
mod local_sessions;
mod long_transaction;
mod lost_messages;
mod messages_in_circles;
mod missing_alerts;
mod missing_api_versioning;
mod missing_bulkhead;
mod missing_circuit_breaker;
mod missing_correlation_ids;
mod missing_dashboards;
mod missing_dead_letter;
mod missing_error_tracking;
mod missing_fallback;
mod missing_index;
mod missing_load_shedding;
mod missing_metrics;
mod missing_structured_logs;
mod missing_timeout;
mod missing_tracing;
mod n_plus_one;
mod noisy_alert;
mod not_graceful_shutdown;
mod offset_pagination;
mod poison_message;
mod publisher_blocks;
mod rate_limit_missing;
mod replication_lag_reads;
mod retry_amplification;
mod retry_not_idempotent;
mod retry_storm;
mod retry_without_backoff;
mod saturated_resource;
mod silent_failure;
mod single_point_of_failure;
mod slo_missed_at_target;
mod sticky_session_loss;
mod synchronous_external_call;
mod timeout_inversion;
mod unbounded_query;
mod unbounded_queue;
mod unpaginated_api;
mod untested_backups;
mod zone_imbalance;

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod remedy_tests;
#[cfg(test)]
mod rubric_tests;
#[cfg(test)]
mod tests;

pub use evidence::Evidence;
pub use expected::unknown;
pub use finding::{Confidence, Effect, Figure, Finding, Fix, Severity};
pub use guard::decoys;
pub use policy::{EXPIRED, Fate, Policy, REGRESSION, UNMATCHED, known_code};
pub use rubric::{Item, Mark, OBSERVABILITY, READINESS, Scores, scores};

/// A kind of finding.
#[derive(Debug)]
pub struct Lint {
    /// Its stable code, which names what is wrong: `missing-circuit-breaker`.
    pub code: &'static str,
    /// What it means, why it matters, how it is judged; Markdown.
    pub doc: &'static str,
    /// Whether it can be told without running the model.
    pub is_static: bool,
    look: fn(&Evidence) -> Vec<Finding>,
}

impl Lint {
    /// What it is, in one line.
    pub fn summary(&self) -> String {
        let first: Vec<&str> = self.doc.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
        let text = first.join(" ");
        let text = text.strip_prefix("What it is: ").unwrap_or(&text);
        text.split_once(". ").map_or(text, |(sentence, _)| sentence).trim_end_matches('.').to_owned()
    }
}

/// Other names by which people look for a finding.
pub const ALIASES: &[(&str, &str)] = &[
    ("metastable", "does-not-recover"),
    ("metastable-failure", "does-not-recover"),
    ("retry-without-budget", "retry-storm"),
];

/// Every kind of finding, by code.
pub const LINTS: &[&Lint] = &[
    &autoscaler_too_slow::LINT,
    &autoscaler_wrong_signal::LINT,
    &breaker_flaps::LINT,
    &breaker_never_trips::LINT,
    &cache_hides_capacity::LINT,
    &cache_stampede::LINT,
    &calling_in_circles::LINT,
    &connection_pool_too_large::LINT,
    &connection_pool_too_small::LINT,
    &consumer_too_slow::LINT,
    &deep_health_check::LINT,
    &does_not_recover::LINT,
    &ejects_busy_replicas::LINT,
    &harmful_guard::LINT,
    &hot_key::LINT,
    &hot_shard::LINT,
    &hung_half_open::LINT,
    &local_files::LINT,
    &local_sessions::LINT,
    &long_transaction::LINT,
    &lost_messages::LINT,
    &messages_in_circles::LINT,
    &missing_alerts::LINT,
    &missing_api_versioning::LINT,
    &missing_bulkhead::LINT,
    &missing_circuit_breaker::LINT,
    &missing_correlation_ids::LINT,
    &missing_dashboards::LINT,
    &missing_dead_letter::LINT,
    &missing_error_tracking::LINT,
    &missing_fallback::LINT,
    &missing_index::LINT,
    &missing_load_shedding::LINT,
    &missing_metrics::LINT,
    &missing_structured_logs::LINT,
    &missing_timeout::LINT,
    &missing_tracing::LINT,
    &n_plus_one::LINT,
    &noisy_alert::LINT,
    &not_graceful_shutdown::LINT,
    &offset_pagination::LINT,
    &poison_message::LINT,
    &publisher_blocks::LINT,
    &rate_limit_missing::LINT,
    &replication_lag_reads::LINT,
    &retry_amplification::LINT,
    &retry_not_idempotent::LINT,
    &retry_storm::LINT,
    &retry_without_backoff::LINT,
    &saturated_resource::LINT,
    &silent_failure::LINT,
    &single_point_of_failure::LINT,
    &slo_missed_at_target::LINT,
    &sticky_session_loss::LINT,
    &synchronous_external_call::LINT,
    &timeout_inversion::LINT,
    &unbounded_query::LINT,
    &unbounded_queue::LINT,
    &unpaginated_api::LINT,
    &untested_backups::LINT,
    &zone_imbalance::LINT,
];

/// Declares a finding: the comment above it becomes its documentation.
macro_rules! declare_lint {
    ($(#[doc = $doc:literal])* $kind:ident $code:literal, $look:path) => {
        $(#[doc = $doc])*
        pub(super) const LINT: $crate::findings::Lint = $crate::findings::Lint {
            code: $code,
            doc: concat!($($doc, "\n"),*),
            is_static: $crate::findings::$kind,
            look: $look,
        };
    };
}
use crate::experiments::Containment;
use declare_lint;

/// For `declare_lint!`: follows from the model alone.
const STATIC: bool = true;
/// For `declare_lint!`: needs runs.
const SIMULATED: bool = false;

/// All findings, the most urgent first. Among equals those that were shown by simulation come before those by arithmetic,
/// causes before what follows from them (a missed SLO), and the rest in the order in which it was found.
pub fn look(evidence: &Evidence) -> Vec<Finding> {
    let mut findings: Vec<(bool, usize, Finding)> = Vec::new();
    for lint in LINTS {
        let told = (lint.look)(evidence).into_iter().enumerate();
        findings.extend(told.map(|(place, finding)| (lint.code == slo_missed_at_target::LINT.code, place, finding)));
    }
    // Guards come in the order of the failures they contain.
    let contains = |f: &Finding| {
        let mut all = evidence.review.iter().flat_map(|r| &r.contained);
        let guards =
            |c: &Containment| c.proven.iter().flat_map(|p| &p.moves).any(|m| evidence.edge(m.edge) == f.subject);
        all.position(guards).unwrap_or(0)
    };
    findings
        .sort_by_key(|(follows, place, f)| (f.severity, *follows, f.confidence, f.fix.is_none(), contains(f), *place));
    let mut findings: Vec<Finding> = findings.into_iter().map(|(_, _, finding)| finding).collect();
    findings.iter_mut().for_each(|finding| advice::add(evidence, finding));
    findings
}

/// The kind of finding with this code, or with this other name.
pub fn lint(code: &str) -> Option<&'static Lint> {
    let code = ALIASES.iter().find(|(alias, _)| *alias == code).map_or(code, |(_, code)| code);
    LINTS.iter().find(|lint| lint.code == code).copied()
}
