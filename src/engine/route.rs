//! Routes: what the hot path needs of a link, in one place.

use super::world::World;
use crate::plan::Away;

/// A link with all that every request along it looks up. The plan's tables say the same, spread over several.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub edge: u32,
    pub endpoint: u32,
    pub station: u32,
    /// The endpoint's first step.
    pub entry: u32,
    /// The lane of its time-outs, or `NONE`.
    pub lane: u32,
    pub first_instance: u32,
    pub instances: u32,
    /// Calls need no record.
    pub plain: bool,
    /// Calls go the straight way.
    pub straight: bool,
    /// Nothing delays what is sent.
    pub direct: bool,
    /// Calls run on the connection of their caller's transaction.
    pub inside: bool,
    /// Faults may answer in place of the callee.
    pub away: bool,
    /// One of the two.
    pub guarded: bool,
}

impl World<'_> {
    /// Follows the plan, and what faults have done to the edges.
    pub(super) fn set_routes(&mut self) {
        let (plan, edges) = (self.plan, &self.edges);
        self.troubles.ways.clear();
        self.troubles.ways.extend(plan.links.iter().map(|link| {
            let pooled = plan.edges[link.edge.index()].pool.is_some();
            let way = self.knobs.edges[link.edge.index()].away;
            // Where connections are kept, a name is needed only to open one.
            let way = Away { unresolved: if pooled { 0.0 } else { way.unresolved }, ..way };
            way.and(self.knobs.endpoints[link.to.index()].away)
        }));
        self.routes.clear();
        self.routes.extend(plan.links.iter().zip(&self.troubles.ways).map(|(link, away)| {
            let (endpoint, edge) = (&plan.endpoints[link.to.index()], &edges[link.edge.index()]);
            let component = plan.stations[endpoint.station.index()].component;
            let away = !away.is_none() || self.troubles.quotas.concern(component, link.to, link.edge);
            let inside = plan.edges[link.edge.index()].inside;
            Route {
                edge: link.edge.0,
                endpoint: link.to.0,
                station: endpoint.station.0,
                entry: endpoint.entry.0,
                lane: edge.lane,
                first_instance: edge.first_instance,
                instances: edge.instances,
                plain: edge.plain,
                straight: edge.straight && edge.direct,
                direct: edge.direct,
                inside,
                away,
                guarded: inside || away,
            }
        }));
    }
}
