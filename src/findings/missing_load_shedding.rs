//! An overloaded service that serves everybody too late.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: in a rush a service takes in more than it can answer in time, and nothing is turned away.
    ///
    /// Why it is bad: All wait as long as the line is, and give up before they are served: it works at its limit, for
    /// nobody.
    ///
    /// How it is judged: Half more than there is room for comes for twenty seconds. The service that gives out sheds
    /// what has waited for 200 ms, or serves the newest first and sheds by CoDel, or turns away the less important
    /// (`load_shedding`), in the same runs with the same random numbers. It is a finding only when at least a quarter
    /// of what goes bad is spared, beyond the interval of three replications; when a healthy day is worse with the
    /// change, the change is not recommended. Severity: P2.
    ///
    /// What is close to it: a line so short that who stands in it is served in time.
    SIMULATED "missing-load-shedding", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
