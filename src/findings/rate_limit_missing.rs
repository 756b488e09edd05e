//! One source of traffic can take everything.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: nothing limits one source of traffic, and the others lose what it takes.
    ///
    /// Why it is bad: A crawler, a broken client or one large customer takes the service from everybody.
    ///
    /// How it is judged: The source comes ten times as often for twenty seconds. Twice its usual rate is let in, in
    /// the same runs with the same random numbers; only the requests of the others count. It is a finding only when
    /// at least a quarter of what goes bad is spared, beyond the interval of three replications; when a healthy day
    /// is worse with the change, the change is not recommended. Severity: P2.
    ///
    /// What is close to it: a source whose tenfold there is room for.
    SIMULATED "rate-limit-missing", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
