//! A connection without a circuit breaker lets one slow or failing callee take others down.

use super::{Evidence, Finding, declare_lint, guard};
use crate::experiments::Guard;

declare_lint! {
    /// What it is: a caller keeps calling a component that no longer answers, since nothing tells it to stop.
    ///
    /// Why it is bad: every such call holds a worker (and whatever the worker holds) until its timeout. When the calls
    /// hold all workers, requests that never needed the callee are turned away as well, and the failure climbs to the
    /// callers of the caller.
    ///
    /// How it is judged: the callee is killed, slowed and made to fail. Where requests are lost that could have been
    /// answered without it, a breaker is built into the model (50% failures or slow calls in 10 s, open for 5 s) and the
    /// same runs are repeated with the same random numbers. It is reported when the breaker spares about as much as the
    /// best guard that was tried, in every replication, and a healthy day is no worse.
    ///
    /// What is close to it: an edge whose short timeout already sets workers free in time (a breaker has nothing left to
    /// save), and a callee without which no request can do anyway.
    SIMULATED "missing-circuit-breaker", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    guard::look(evidence, Guard::Breaker)
}
