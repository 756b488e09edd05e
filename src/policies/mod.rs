//! What a caller does about a callee that may fail: pure state machines that know neither events nor YAML.
//!
//! Each policy is told the time and what happened, and answers with a verdict; the engine acts on it. One file a policy.

mod admission_control;
mod circuit_breaker;
mod codel;
mod concurrency_limit;
mod hedge;
mod kill_switch;
mod load_shedding;
mod rate_limit;
mod retry;
mod throttle;

pub use admission_control::{AdmissionControl, AdmissionState, SHAPE as ADMISSION_CONTROL_SHAPE};
pub use circuit_breaker::{Breaker, BreakerState, CircuitBreaker, Preset, SHAPE as CIRCUIT_BREAKER_SHAPE, Window};
pub use codel::{Codel, CodelState, SHAPE as CODEL_SHAPE};
pub use concurrency_limit::{Algorithm, ConcurrencyLimit, Limiter, SHAPE as CONCURRENCY_LIMIT_SHAPE};
pub use hedge::{Hedge, SHAPE as HEDGE_SHAPE};
pub use kill_switch::{KillSwitch, SHAPE as KILL_SWITCH_SHAPE};
pub use load_shedding::{LoadShedding, RANKS, SHAPE as LOAD_SHEDDING_SHAPE, Sensor, Shedder};
pub use rate_limit::{Bucket, Counting, RateLimit, RateLimited, SHAPE as RATE_LIMIT_SHAPE};
pub use retry::{BUDGET_SHAPE, Budget, BudgetState, FAILURES, Growth, Jitter, Retry, SHAPE as RETRY_SHAPE};
pub use throttle::{SHAPE as THROTTLE_SHAPE, Throttle, ThrottleState};

use crate::units::SimDuration;

/// May a call go ahead?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Pass,
    /// It is refused at once.
    Refuse,
    /// It may after this time, which it has reserved.
    Wait(SimDuration),
}
