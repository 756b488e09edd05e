//! How one party treats another: the fields under `dependencies`, which traffic and consumers take in place.

use super::{MOST, Target};
use crate::policies::{CircuitBreaker, Retry};
use crate::random::Dist;
use crate::units::SimDuration;
use crate::yaml::{Fields, Item};

/// A setting that may be missing (`None`), switched off by `none` (`Some(None)`), or given.
type Setting<T> = Option<Option<T>>;

/// How one caller treats one callee. Every field may be left out, and every field but the last three may be `none`,
/// which in the policy of one endpoint (`payments.charge`) switches off what the component's policy (`payments`) says.
#[derive(Clone, Debug, Default)]
pub struct Policy<'a> {
    /// `network`: round-trip time, half of it each way. A bare duration is constant. Default: none, the time is part of
    /// the callee's own figures. Within one zone 0.1 to 0.5 ms, between zones about 1 ms (published measurements).
    pub network: Setting<Dist>,
    /// `loss`: probability that a message is lost and sent again after 200 ms, doubling (TCP). Default 0.
    pub loss: Setting<f64>,
    /// `pool`: connections per replica of the caller; further calls wait for a free one, first come first served.
    /// Default: none; calls go straight to the callee.
    pub pool: Setting<u32>,
    /// `timeout`: patience for one try, waiting for a connection included. The callee works on. Default: none, as in
    /// gRPC and most HTTP clients.
    pub timeout: Setting<SimDuration>,
    /// `retry`: see [`Retry::read`]. Default: no retry.
    pub retry: Setting<Retry>,
    /// `circuit_breaker`: see [`CircuitBreaker::read`]; `{}` takes every default. Default: none.
    pub circuit_breaker: Setting<CircuitBreaker>,
    /// `bulkhead`: calls in progress per replica of the caller; more are refused at once (Envoy calls it a circuit
    /// breaker). Default: none.
    pub bulkhead: Setting<u32>,
    /// `fallback`: what to do when the call has failed for good. Default: the request fails.
    pub fallback: Setting<Fallback<'a>>,
    /// `optional`: `true` if the request goes on without the answer, degraded. Default `false`.
    pub optional: Option<bool>,
    /// `idempotent`: `true` if calls carry an idempotency key, so that repeating one does no harm. Default `false`.
    pub idempotent: Option<bool>,
}

/// What to do instead of a call that has failed. The answer is degraded.
#[derive(Clone, Debug)]
pub enum Fallback<'a> {
    /// `degraded`: go on without it.
    Degraded,
    /// `{ call: payments-backup.charge }`: call another endpoint.
    Call(Target<'a>),
    /// `{ stale: catalog-cache }`: take an old answer from a cache.
    Stale(Target<'a>),
}

impl<'a> Policy<'a> {
    /// Reads the policy of a service towards something it calls.
    pub fn read(item: &Item<'a>) -> Option<Policy<'a>> {
        let mut fields = item.fields()?;
        let mut policy = Policy::read_fields(&mut fields);
        policy.fallback = setting(&mut fields, "fallback", Fallback::read);
        policy.optional = fields.optional("optional").and_then(|item| item.boolean());
        fields.finish();
        Some(policy)
    }

    /// Reads the policy of a caller that writes it among its own fields. It answers to nobody, so it has no fallback.
    pub fn read_in_place(fields: &mut Fields<'a>) -> Policy<'a> {
        let policy = Policy::read_fields(fields);
        fields.not_here("fallback", "only a service can answer with a substitute: write it under its `dependencies`");
        fields.not_here("optional", "only a service can go on without an answer: write it under its `dependencies`");
        policy
    }

    fn read_fields(fields: &mut Fields<'a>) -> Policy<'a> {
        let limit = |item: &Item<'a>| item.whole(1, MOST);
        Policy {
            network: setting(fields, "network", Dist::read_setting),
            loss: setting(fields, "loss", loss),
            pool: setting(fields, "pool", limit),
            timeout: setting(fields, "timeout", Item::positive_duration),
            retry: setting(fields, "retry", Retry::read),
            circuit_breaker: setting(fields, "circuit_breaker", CircuitBreaker::read),
            bulkhead: setting(fields, "bulkhead", limit),
            idempotent: fields.optional("idempotent").and_then(|item| item.boolean()),
            fallback: None,
            optional: None,
        }
    }

    /// This policy, with what it does not say taken from a more general one.
    #[must_use]
    pub fn inherit(self, general: &Policy<'a>) -> Policy<'a> {
        let general = general.clone();
        Policy {
            network: self.network.or(general.network),
            loss: self.loss.or(general.loss),
            pool: self.pool.or(general.pool),
            timeout: self.timeout.or(general.timeout),
            retry: self.retry.or(general.retry),
            circuit_breaker: self.circuit_breaker.or(general.circuit_breaker),
            bulkhead: self.bulkhead.or(general.bulkhead),
            fallback: self.fallback.or(general.fallback),
            optional: self.optional.or(general.optional),
            idempotent: self.idempotent.or(general.idempotent),
        }
    }

    /// Whether a failed call does not fail the request.
    pub fn has_substitute(&self) -> bool {
        self.optional == Some(true) || matches!(self.fallback, Some(Some(_)))
    }
}

impl<'a> Fallback<'a> {
    fn read(item: &Item<'a>) -> Option<Fallback<'a>> {
        if !item.is_map() {
            return item.word(&[("degraded", ())]).map(|()| Fallback::Degraded);
        }
        let mut fields = item.fields()?;
        let call = fields.optional("call");
        let stale = fields.optional("stale");
        let fallback = match (call, stale) {
            (Some(target), None) => Target::read(&target).map(Fallback::Call),
            (None, Some(cache)) => Target::read(&cache).map(Fallback::Stale),
            _ => {
                let hint = "write `degraded`, `{ call: other.endpoint }` or `{ stale: some-cache }`";
                item.problem_at_key("a fallback is one thing", hint);
                None
            }
        };
        fields.finish();
        fallback
    }
}

fn setting<'a, T>(fields: &mut Fields<'a>, name: &'static str, read: impl Fn(&Item<'a>) -> Option<T>) -> Setting<T> {
    let item = fields.optional(name)?;
    if item.is_word("none") { Some(None) } else { read(&item).map(Some) }
}

/// A message is sent until it arrives, so it cannot always be lost.
fn loss(item: &Item<'_>) -> Option<f64> {
    let loss = item.ratio()?;
    if loss > 0.99 {
        item.problem("a loss above 99% is no connection", "write less, or cut the connection by a `partition` fault");
        return None;
    }
    Some(loss)
}
