//! Edges: what is kept for one caller's connection to one callee, over all instances of the caller and for each of them.

use super::frame::NONE;
use super::gate::Gate;
use super::world::World;
use crate::plan::Edge;
use crate::policies::{AdmissionState, Breaker, Bucket, BudgetState, ThrottleState};
use crate::random::Stream;

/// The state of an edge, over all instances of its caller.
#[derive(Clone, Debug)]
pub(super) struct EdgeState {
    /// Calls need no record.
    pub plain: bool,
    /// What its policy has: [`GUARDS`] and the others.
    pub has: u16,
    /// Its policy has nothing but a time-out and retries, and nobody tells anybody of deadlines or gives up aloud.
    pub straight: bool,
    /// Nothing delays what is sent.
    pub direct: bool,
    /// The lanes of its time-outs, of its deadline, of the waits for a permit and for a connection, and of its hedges.
    pub lane: u32,
    pub deadline_lane: u32,
    pub permit_lane: u32,
    pub pool_lane: u32,
    pub hedge_lane: u32,
    pub first_instance: u32,
    pub instances: u32,
    /// The station that counts the connections of its pools, or `NONE`.
    pub server: u32,
    /// Consumers of a queue call along it.
    pub consumes: bool,
    /// Added to the round trip by faults, in nanoseconds.
    pub delay: u64,
    /// Probability that a message is lost once.
    pub loss: f64,
    /// Nothing gets through.
    pub cut: bool,
    /// Frames held up while it is cut: tries on their way, and replies.
    pub held: Vec<(u32, u32)>,
    pub backoff: Stream,
    pub network: Stream,
    pub connect: Stream,
    pub throttle: Stream,
    pub admission: Stream,
    pub faults: Stream,
    /// Of a rate limit over all instances.
    pub bucket: Option<Bucket>,
}

/// Something may refuse a try before it reaches the gates, or learns from how it ends.
pub(super) const GUARDS: u16 = 1;
/// Retries have a budget.
pub(super) const BUDGET: u16 = 2;
/// Tries have a time-out.
pub(super) const TIMEOUT: u16 = 4;
/// Whole calls have a deadline.
pub(super) const DEADLINE: u16 = 8;
/// Permits are limited.
pub(super) const BULKHEAD: u16 = 16;
/// Connections are.
pub(super) const POOL: u16 = 32;
/// Somebody asks how many permits are in use: a bulkhead or a budget.
pub(super) const COUNTS: u16 = BULKHEAD | BUDGET;
/// Further copies may be sent.
pub(super) const HEDGE: u16 = 64;
/// The callee hears that its caller has given up.
pub(super) const CANCELS: u16 = 128;

/// What the policy of an edge has, in one look: what it has not costs no more than that.
fn features(edge: &Edge) -> u16 {
    let guarded = edge.kill_switch.is_some()
        || edge.throttle.is_some()
        || edge.admission_control.is_some()
        || edge.breaker.is_some()
        || edge.rate_limit.is_some();
    let all = [
        (GUARDS, guarded),
        (BUDGET, edge.retry.as_ref().is_some_and(|retry| retry.budget.is_some())),
        (TIMEOUT, edge.timeout.is_some()),
        (DEADLINE, edge.deadline.is_some()),
        (BULKHEAD, edge.bulkhead.is_some()),
        (POOL, edge.pool.is_some()),
        (HEDGE, edge.hedge.is_some()),
        (CANCELS, edge.cancellation),
    ];
    all.into_iter().filter(|(_, has)| *has).fold(0, |sum, (bit, _)| sum | bit)
}

/// What one instance of a caller keeps for an edge.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub breaker: Option<Breaker>,
    pub budget: BudgetState,
    pub throttle: ThrottleState,
    pub admission: AdmissionState,
    pub bucket: Option<Bucket>,
    /// Permits of the bulkhead; without one, calls in progress, where a budget asks for them.
    pub permits: Gate,
    /// Connections of the pool.
    pub pool: Gate,
    /// Connections that are open, in use or idle; only where opening one takes time, or the server takes only so many.
    pub open: u32,
    /// Retries in progress, where a budget asks for them.
    pub retries: u32,
}

impl Instance {
    pub(super) fn new(edge: &Edge) -> Instance {
        Instance {
            breaker: edge.breaker.as_ref().map(|_| Breaker::new()),
            budget: BudgetState::default(),
            throttle: ThrottleState::default(),
            admission: AdmissionState::default(),
            bucket: edge.rate_limit.as_ref().filter(|limit| limit.per_replica).map(Bucket::new),
            permits: Gate::default(),
            pool: Gate::default(),
            open: 0,
            retries: 0,
        }
    }
}

impl World<'_> {
    pub(super) fn build_edges(&mut self, seed: u64, replication: u32) {
        for (e, edge) in self.plan.edges.iter().enumerate() {
            let consumers = self.plan.topics.iter().flat_map(|t| &t.consumers);
            let consumes = consumers.into_iter().any(|c| self.plan.links[c.link.index()].edge.index() == e);
            let first_instance = self.instances.len() as u32;
            let stream = |purpose| Stream::new(seed, replication, &edge.name, purpose);
            self.instances.extend((0..edge.instances.max(1)).map(|_| Instance::new(edge)));
            self.edges.push(EdgeState {
                plain: edge.is_plain(),
                has: features(edge),
                straight: features(edge) & !TIMEOUT == 0 && !self.cancels && !self.propagates,
                direct: edge.network.is_none() && edge.loss == 0.0,
                lane: NONE,
                deadline_lane: NONE,
                permit_lane: NONE,
                pool_lane: NONE,
                hedge_lane: NONE,
                first_instance,
                instances: edge.instances.max(1),
                server: self.server_of(edge),
                consumes,
                delay: 0,
                loss: edge.loss,
                cut: false,
                held: Vec::new(),
                backoff: stream("backoff"),
                network: stream("network"),
                connect: stream("connect"),
                throttle: stream("throttle"),
                admission: stream("admission"),
                faults: stream("faults"),
                bucket: edge.rate_limit.as_ref().filter(|limit| !limit.per_replica).map(Bucket::new),
            });
        }
    }
}
