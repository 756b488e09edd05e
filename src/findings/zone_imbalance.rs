//! Replicas that do not divide over their zones.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: replicas stand unevenly in their zones, so that the loss of one zone takes more than its share.
    ///
    /// Why it is bad: What is left after the loss of the fuller zone may not be enough.
    ///
    /// How it is judged: The first zone, which has most replicas, is lost. There are so many more that all zones have
    /// the same number, in the same runs with the same random numbers. It is a finding only when at least a quarter
    /// of what goes bad is spared, beyond the interval of three replications; when a healthy day is worse with the
    /// change, the change is not recommended. Severity: P1 when a twentieth of all requests is spared, else P2.
    ///
    /// What is close to it: as many replicas in each zone; enough of them in the others.
    SIMULATED "zone-imbalance", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
