//! A run that goes on under another plan, so that a mechanism can be left out of a state that has come about with it.

use super::edge::CANCELS;
use super::world::World;
use crate::plan::Plan;

impl<'p> World<'p> {
    /// A fork that goes on under a plan with the same parts in the same places. From now on calls follow its retries and
    /// tell their callees when they give up, where it says so; messages come back as often as it says, and replicas are
    /// scaled, probed and ejected by its rules. What else it may say differently has no effect: it was settled when the
    /// run began.
    pub fn under<'q>(&self, plan: &'q Plan) -> World<'q>
    where
        'p: 'q,
    {
        debug_assert_eq!((self.edges.len(), self.stations.len()), (plan.edges.len(), plan.stations.len()));
        let mut world: World<'q> = self.clone();
        world.plan = plan;
        if !world.cancels && plan.edges.iter().any(|e| e.cancellation) {
            // What is under way was not noted as anybody's child, and works on; whatever comes now is.
            world.cancels = true;
            world.edges.iter_mut().for_each(|e| e.straight = false);
        }
        for (state, edge) in world.edges.iter_mut().zip(&plan.edges) {
            state.has |= if edge.cancellation { CANCELS } else { 0 };
            state.plain &= !edge.cancellation;
        }
        world.set_routes();
        world
    }

    /// Fills every cache with keys as it would be after a long time.
    pub fn fill_caches(&mut self) {
        for (cache, state) in self.plan.caches.iter().zip(&mut self.caches) {
            if let (Some(store), Some(state)) = (cache.store(), state) {
                state.fill(store);
            }
        }
    }
}
