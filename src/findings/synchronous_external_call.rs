//! Users wait for somebody else.

use super::{Confidence, Evidence, Finding, declare_lint, remedy};

declare_lint! {
    /// What it is: a request waits for somebody else's API, without a guard, for most of the time it takes.
    ///
    /// Why it is bad: What they do to their API is done to your users, and your workers wait for it.
    ///
    /// How it is judged: The API takes five seconds longer. The call is left out of the request, as if a queue had
    /// taken it, in the same runs with the same random numbers. No change is recommended by itself: whether the
    /// answer can come later is for you to say. It is a finding only when at least a quarter of what goes bad is
    /// spared, beyond the interval of three replications; when a healthy day is worse with the change, the change is
    /// not recommended. Severity: P2.
    ///
    /// What is close to it: a call with a circuit breaker, a fallback, or `optional`; a call that is a small part of
    /// the request.
    SIMULATED "synchronous-external-call", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    // Leaving the call out shows what waiting for it costs; it is no change to be made.
    let shown = |finding| Finding { fix: None, confidence: Confidence::Medium, ..finding };
    remedy::look_for_debts(evidence, LINT.code).into_iter().map(shown).collect()
}
