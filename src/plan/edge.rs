//! Connections between two parties, with the policy of each.

use super::{ComponentId, DistId, EdgeId, EndpointId, Origin, SourceId, UNLIMITED};
use crate::policies::{AdmissionControl, CircuitBreaker, Hedge, KillSwitch, RateLimit, Retry, Throttle, Window};
use crate::units::SimDuration;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// A component, as one of its replicas.
    Component(ComponentId),
    /// Users.
    Source(SourceId),
}

/// How one caller treats one callee. A plain edge has every policy absent and costs the engine nothing; so is the default.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// `orders>payments`, or `orders>payments.charge` for the override of one endpoint.
    pub name: String,
    /// Who calls.
    pub from: Party,
    /// Whom.
    pub to: ComponentId,
    /// How many instances of the caller there are; each has its own pool, permits, breaker and budget.
    pub instances: u32,
    /// Round-trip time; half of it each way.
    pub network: Option<DistId>,
    /// Probability that a message is lost and sent again after 200 ms, doubling (TCP's retransmission time-out).
    pub loss: f64,
    /// Connections per caller instance; one waits for a free one, first come first served.
    pub pool: Option<u32>,
    /// Who may wait for a connection.
    pub pool_line: Line,
    /// What opening a connection takes; connections are opened when first needed and kept. `None`: they are there.
    pub connect: Option<DistId>,
    /// Patience for one try, waiting for a permit and a connection included.
    pub timeout: Option<SimDuration>,
    /// Patience for the whole call, all tries and the waits between them included.
    pub deadline: Option<SimDuration>,
    /// The callee is told until when the caller waits, and gives up then, too.
    pub propagate_deadline: bool,
    /// The callee is told when the caller gives up, and stops.
    pub cancellation: bool,
    /// Another copy of a call that takes long.
    pub hedge: Option<Hedge>,
    /// Calls are refused on the caller's side while the callee refuses many.
    pub throttle: Option<Throttle>,
    /// Calls are refused on the caller's side while too few succeed.
    pub admission_control: Option<AdmissionControl>,
    /// Tries beyond it are refused on the caller's side, or wait; one bucket per caller instance, or one for all.
    pub rate_limit: Option<RateLimit>,
    /// Takes the connection out of use at a time.
    pub kill_switch: Option<KillSwitch>,
    /// Further tries.
    pub retry: Option<Retry>,
    /// Circuit breaker.
    pub breaker: Option<CircuitBreaker>,
    /// Calls in progress per caller instance; more are refused at once.
    pub bulkhead: Option<u32>,
    /// Who may wait for a permit of the bulkhead.
    pub bulkhead_line: Line,
    /// Calls carry an idempotency key: executing one twice has the effect of once.
    pub idempotent: bool,
    /// The caller can answer without it: a failure degrades the answer instead of failing it.
    pub optional: bool,
    /// A fallback stands behind it.
    pub fallback: bool,
    /// Calls along it belong to a transaction of the caller, and run on the connection that it holds.
    pub inside: bool,
    /// Where it is written: the policy under `dependencies` if there is one, else the call.
    pub origin: Origin,
    /// Path of its policy in the model, existing or not: where a fix would be written.
    pub policy_path: String,
}

/// Who waits where something is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// So many may wait; more are refused at once. [`UNLIMITED`] for no limit.
    pub room: u32,
    /// So long at most.
    pub max_wait: Option<SimDuration>,
}

/// An edge used for one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The connection and its policy.
    pub edge: EdgeId,
    /// What is called.
    pub to: EndpointId,
}

impl Default for Edge {
    fn default() -> Edge {
        Edge {
            name: String::new(),
            from: Party::Component(ComponentId::default()),
            to: ComponentId::default(),
            instances: 1,
            network: None,
            loss: 0.0,
            pool: None,
            pool_line: Line { room: UNLIMITED, max_wait: None },
            connect: None,
            timeout: None,
            deadline: None,
            propagate_deadline: false,
            cancellation: false,
            hedge: None,
            throttle: None,
            admission_control: None,
            rate_limit: None,
            kill_switch: None,
            retry: None,
            breaker: None,
            bulkhead: None,
            bulkhead_line: Line { room: 0, max_wait: None },
            idempotent: false,
            optional: false,
            fallback: false,
            inside: false,
            origin: Origin::default(),
            policy_path: String::new(),
        }
    }
}

impl Edge {
    /// Whether calls need no record of their own: no patience, no limit, no delay.
    pub fn is_plain(&self) -> bool {
        self.network.is_none()
            && self.loss == 0.0
            && self.pool.is_none()
            && self.timeout.is_none()
            && self.deadline.is_none()
            && !self.propagate_deadline
            && !self.cancellation
            && self.hedge.is_none()
            && self.throttle.is_none()
            && self.admission_control.is_none()
            && self.rate_limit.is_none()
            && self.kill_switch.is_none()
            && self.retry.is_none()
            && self.breaker.is_none()
            && self.bulkhead.is_none()
    }

    /// Its slowest mechanism: all tries with their waits, the window and the wait of its breaker.
    pub fn slowest(&self) -> SimDuration {
        let patience = self.timeout.unwrap_or(SimDuration::ZERO);
        let (tries, waits) = self.retry.as_ref().map_or((1, SimDuration::ZERO), |retry| {
            let tries = retry.attempts.min(10);
            (tries, (1..tries).fold(SimDuration::ZERO, |sum, k| sum + retry.longest_wait(k)))
        });
        let all_tries = SimDuration(patience.0.saturating_mul(u64::from(tries))) + waits;
        let (open, window) = self.breaker.as_ref().map_or_else(Default::default, |breaker| {
            let window = if let Window::Time(window) = breaker.window { window } else { SimDuration::ZERO };
            (breaker.open_for, window)
        });
        let rate_limit = self.rate_limit.map_or(SimDuration::ZERO, |limit| limit.slowest());
        all_tries.max(rate_limit).max(self.deadline.unwrap_or_default()).max(open).max(window)
    }
}
