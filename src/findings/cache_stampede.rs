//! All load the same entry at once.

use super::{Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: when an entry expires, or the cache is emptied, all who ask for it load it themselves.
    ///
    /// Why it is bad: The origin does the same work many times, at the moment at which it has most to do.
    ///
    /// How it is judged: On a healthy day, and with the cache emptied for a second, one request loads an entry and
    /// the others wait for it (`single_flight`), in the same runs with the same random numbers. It is a finding only
    /// when at least a quarter of what goes bad is spared, beyond the interval of three replications; when a healthy
    /// day is worse with the change, the change is not recommended. Severity: P1 when a twentieth of all requests is
    /// spared, else P2.
    ///
    /// What is close to it: a cache whose entries are loaded faster than the next request comes.
    SIMULATED "cache-stampede", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    remedy::look(evidence, LINT.code)
}
