//! Routes: what the hot path needs of a link, in one place.

use super::world::World;

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
}

impl World<'_> {
    /// Follows the plan, and what faults have done to the edges.
    pub(super) fn set_routes(&mut self) {
        let (plan, edges) = (self.plan, &self.edges);
        self.routes.clear();
        self.routes.extend(plan.links.iter().map(|link| {
            let (endpoint, edge) = (&plan.endpoints[link.to.index()], &edges[link.edge.index()]);
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
                inside: plan.edges[link.edge.index()].inside,
            }
        }));
    }
}
