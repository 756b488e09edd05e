//! What a caller does about a callee that may fail: pure state machines that know neither events nor YAML.
//!
//! Each policy is told the time and what happened, and answers with a verdict; the engine acts on it. One file a policy.

mod circuit_breaker;
mod rate_limit;
mod retry;

pub use circuit_breaker::{Breaker, BreakerState, CircuitBreaker, Window};
pub use rate_limit::{Bucket, RateLimit};
pub use retry::{Budget, BudgetState, Jitter, Retry};

/// May a call go ahead?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Pass,
    /// It is refused at once.
    Refuse,
}
