//! Replicas drop what they are doing when they are stopped.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: replicas drop what they are doing when they are stopped.
    ///
    /// Why it is bad: each deployment fails requests of users.
    ///
    /// How it is judged: the service is deployed as it is, and with five and thirty seconds to finish, in the same runs
    /// with the same random numbers. The shortest that does about as well is told. It is a finding only when at least a
    /// quarter of what goes bad is spared, beyond the interval of three replications; when a healthy day is worse with
    /// the change, the change is not recommended. Severity: P1 when a twentieth of all requests is spared, else P2.
    ///
    /// What is close to it: a service that has seconds to finish what takes milliseconds.
    SIMULATED "not-graceful-shutdown", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
