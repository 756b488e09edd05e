//! What faults answer in place of a callee: refused, reset, too many, an error.

use super::hang::Aside;
use super::outcome::Cause;
use super::world::World;
use crate::plan::{Away, ComponentId, EdgeId, EndpointId, Knobs};
use crate::policies::{Bucket, RateLimit, Verdict};
use crate::units::SimTime;

/// What faults do beside turning what is there.
#[derive(Clone, Debug, Default)]
pub(super) struct Troubles {
    /// For each link, what they answer in place of the callee.
    pub ways: Vec<Away>,
    pub quotas: Quotas,
    pub aside: Aside,
}

/// Limits on what reaches components and endpoints, and on what goes along edges.
#[derive(Clone, Debug, Default)]
pub(super) struct Quotas {
    components: Vec<Option<Quota>>,
    endpoints: Vec<Option<Quota>>,
    edges: Vec<Option<Quota>>,
}

/// One limit. It forgets nothing while its rate stays the same, whatever else begins or ends meanwhile.
#[derive(Clone, Copy, Debug)]
struct Quota {
    limit: RateLimit,
    bucket: Bucket,
}

impl Quota {
    /// A tenth of a second's calls may come at once, at least one.
    fn new(rate: f64) -> Quota {
        let limit = RateLimit::bucket(rate, (rate / 10.0).max(1.0));
        Quota { limit, bucket: Bucket::new(&limit) }
    }

    fn turn(quotas: &mut Vec<Option<Quota>>, rates: impl Iterator<Item = Option<f64>>) {
        let old = std::mem::take(quotas);
        let kept = |i: usize, rate: f64| old.get(i).copied().flatten().filter(|quota| quota.limit.rate == rate);
        quotas.extend(
            rates.enumerate().map(|(i, rate)| rate.map(|rate| kept(i, rate).unwrap_or_else(|| Quota::new(rate)))),
        );
    }
}

impl Quotas {
    pub(super) fn turn(&mut self, knobs: &Knobs) {
        Quota::turn(&mut self.components, knobs.quotas.iter().copied());
        Quota::turn(&mut self.endpoints, knobs.endpoints.iter().map(|knobs| knobs.quota));
        Quota::turn(&mut self.edges, knobs.edges.iter().map(|knobs| knobs.quota));
    }

    /// Whether there is a limit for what goes this way.
    pub(super) fn concern(&self, component: ComponentId, endpoint: EndpointId, edge: EdgeId) -> bool {
        let set = |quotas: &[Option<Quota>], i: usize| quotas.get(i).is_some_and(Option::is_some);
        set(&self.components, component.index())
            || set(&self.endpoints, endpoint.index())
            || set(&self.edges, edge.index())
    }

    /// Takes a request of each limit on its way; false when one of them has none left.
    fn admit(&mut self, component: ComponentId, endpoint: usize, edge: usize, now: SimTime) -> bool {
        let ways =
            [self.edges.get_mut(edge), self.components.get_mut(component.index()), self.endpoints.get_mut(endpoint)];
        let mut quotas = ways.into_iter().flatten().flatten();
        quotas.all(|quota| quota.bucket.admit(&quota.limit, now) != Verdict::Refuse)
    }
}

impl World<'_> {
    /// What answers a request along a link in place of whom it is meant for, if anything does.
    #[cold]
    pub(super) fn answered_away(&mut self, link: u32) -> Option<Cause> {
        let (away, route) = (self.troubles.ways[link as usize], self.routes[link as usize]);
        let stream = &mut self.edges[route.edge as usize].faults;
        // A query of a transaction has a connection already.
        let refused = if route.inside { 0.0 } else { away.refused };
        let shares = [
            (away.unresolved, Cause::Unavailable),
            (refused, Cause::Refused),
            (away.reset, Cause::Reset),
            (away.limited, Cause::RateLimited),
        ];
        if let Some((_, cause)) = shares.into_iter().find(|(share, _)| stream.chance(*share)) {
            return Some(cause);
        }
        let component = self.plan.stations[route.station as usize].component;
        let now = SimTime(self.now);
        if !self.troubles.quotas.admit(component, route.endpoint as usize, route.edge as usize, now) {
            return Some(Cause::RateLimited);
        }
        stream.chance(away.errors).then_some(Cause::Error)
    }
}
