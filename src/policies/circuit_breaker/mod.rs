//! Circuit breaker: after too many failures, refuse calls for a while, then try a few.
//!
//! Rules and names are Resilience4j's (`CircuitBreakerStateMachine`): both window types, `>=` trips, slow calls count,
//! the first call after the wait opens the half-open state. Our defaults react faster than that library's, because its
//! hundred calls and sixty seconds show nothing in a short run. Other libraries differ in more than their numbers: a
//! [`Preset`] brings its library's rules.

mod read;
mod state;
mod window;

pub use read::SHAPE;
pub use state::{Breaker, BreakerState};

use crate::units::SimDuration;

/// Settings of a circuit breaker. One state exists for each instance of the caller.
#[derive(Clone, Debug, PartialEq)]
pub struct CircuitBreaker {
    /// Whose rules apply.
    pub preset: Preset,
    /// Share of failures in the window that opens it, in (0, 1].
    pub failure_rate: Option<f64>,
    /// Share of slow calls in the window that opens it, in (0, 1]; has an effect only with `slow_call`.
    pub slow_call_rate: f64,
    /// A call that takes longer (strictly) is slow.
    pub slow_call: Option<SimDuration>,
    /// So many failures in a row open it.
    pub consecutive_failures: Option<u32>,
    /// What is remembered.
    pub window: Window,
    /// Fewer calls in the window decide nothing; at most the size of a window of calls.
    pub minimum_calls: u32,
    /// How long calls are refused before a probe is let through.
    pub open_for: SimDuration,
    /// How many probes decide in the half-open state.
    pub half_open_calls: u32,
    /// It opens again when the half-open state has lasted so long without a decision. `None`: it waits for ever.
    pub half_open_timeout: Option<SimDuration>,
    /// The half-open state begins by itself when the wait is over, not with the next call.
    pub automatic_half_open: bool,
    /// Results of calls that began before the last change of state are dropped, not counted in the state they end in.
    pub drop_stale: bool,
}

/// Whose rules and defaults apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// Resilience4j's rules with defaults that react within seconds.
    #[default]
    Tenfold,
    /// Resilience4j: the last 100 calls, 50%, at least 100 calls, open for 60 s, 10 probes.
    Resilience4j,
    /// Hystrix: 10 s, 50%, at least 20 calls, open for 5 s, one probe; judged every 500 ms on the counts published then.
    Hystrix,
    /// Polly 8: 30 s, 10%, at least 100 calls, open for 5 s, one probe; judged when a call fails.
    Polly,
    /// Opossum: 10 s, above 50% (strictly), open for 30 s, one probe; judged when a call fails. The rate counts calls when
    /// they are made, refused ones among them.
    Opossum,
    /// Gobreaker 2: six failures in a row, open for 60 s, one probe; results from before a change of state are dropped.
    Gobreaker,
}

/// What a breaker remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The last so many seconds, in buckets that are dropped whole.
    Time(SimDuration),
    /// The last so many calls.
    Calls(u32),
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        Preset::Tenfold.defaults()
    }
}

impl Preset {
    /// The settings a breaker of this kind has when nothing is said. Sources: Resilience4j's `CircuitBreakerConfig` (2026),
    /// Hystrix's configuration page, Polly 8's documentation, and the sources of opossum and gobreaker 2.
    pub fn defaults(self) -> CircuitBreaker {
        let seconds = SimDuration::from_secs;
        let ours = CircuitBreaker {
            preset: self,
            failure_rate: Some(0.5),
            slow_call_rate: 1.0,
            slow_call: None,
            consecutive_failures: None,
            window: Window::Time(seconds(10)),
            minimum_calls: 20,
            open_for: seconds(5),
            half_open_calls: 5,
            half_open_timeout: None,
            automatic_half_open: false,
            drop_stale: false,
        };
        match self {
            Preset::Tenfold => ours,
            Preset::Resilience4j => CircuitBreaker {
                window: Window::Calls(100),
                minimum_calls: 100,
                slow_call: Some(seconds(60)),
                open_for: seconds(60),
                half_open_calls: 10,
                ..ours
            },
            Preset::Hystrix => CircuitBreaker { half_open_calls: 1, ..ours },
            Preset::Polly => CircuitBreaker {
                failure_rate: Some(0.1),
                window: Window::Time(seconds(30)),
                minimum_calls: 100,
                half_open_calls: 1,
                ..ours
            },
            Preset::Opossum => CircuitBreaker {
                minimum_calls: 0,
                open_for: seconds(30),
                half_open_calls: 1,
                automatic_half_open: true,
                ..ours
            },
            Preset::Gobreaker => CircuitBreaker {
                failure_rate: None,
                consecutive_failures: Some(6),
                open_for: seconds(60),
                half_open_calls: 1,
                drop_stale: true,
                ..ours
            },
        }
    }

    /// A single failed probe opens it again, and so many good ones close it; otherwise probes are judged by their rate.
    fn probes_one_by_one(self) -> bool {
        matches!(self, Preset::Hystrix | Preset::Polly | Preset::Opossum | Preset::Gobreaker)
    }

    /// Only a failure can open it.
    fn judges_failures_only(self) -> bool {
        matches!(self, Preset::Polly | Preset::Opossum | Preset::Gobreaker)
    }
}
