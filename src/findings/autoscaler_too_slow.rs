//! An autoscaler that is late.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: an autoscaler that adds replicas too late for a rush.
    ///
    /// Why it is bad: The replicas that are there carry all of it meanwhile; when more are ready, users have gone.
    ///
    /// How it is judged: Three times the load comes at once. The autoscaler looks every five seconds instead, or
    /// starts from two or three times as many replicas, in the same runs with the same random numbers. It is a
    /// finding only when at least a quarter of what goes bad is spared, beyond the interval of three replications;
    /// when a healthy day is worse with the change, the change is not recommended. Severity: P2.
    ///
    /// What is close to it: an autoscaler with replicas in reserve; one that looks at what is not short
    /// (`autoscaler-wrong-signal`).
    SIMULATED "autoscaler-too-slow", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let mut found = remedy::look(evidence, LINT.code);
    let wrong = remedy::look(evidence, super::autoscaler_wrong_signal::LINT.code);
    found.retain(|late| !wrong.iter().any(|f| f.subject == late.subject));
    found
}
