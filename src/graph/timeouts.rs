//! Timeout inversions: a caller that gives up before its callee does leaves the callee working for nobody.

use super::{Graph, all_links};
use crate::plan::{Edge, LinkId};
use crate::units::SimDuration;

/// A call whose caller is less patient than a call the callee makes in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inversion {
    /// The outer call.
    pub outer: LinkId,
    /// How long its caller waits for one try.
    pub patience: SimDuration,
    /// The inner call.
    pub inner: LinkId,
    /// How long the inner caller may go on: tries × time-out, and the longest waits between them.
    pub needs: SimDuration,
}

/// How long a caller may go on with one call, if its patience is limited at all.
pub(super) fn stamina(edge: &Edge) -> Option<SimDuration> {
    let patience = edge.timeout?;
    let Some(retry) = &edge.retry else { return Some(patience) };
    if retry.attempts == u32::MAX {
        return Some(SimDuration::FOREVER);
    }
    let waits = (1..retry.attempts).fold(SimDuration::ZERO, |sum, k| sum + retry.longest_wait(k));
    Some(SimDuration(patience.0.saturating_mul(u64::from(retry.attempts))) + waits)
}

impl Graph<'_> {
    /// Every pair of calls, one inside the other, where the outer patience is shorter. An inner call without a time-out
    /// is no inversion; that one lacks a time-out.
    pub fn inversions(&self) -> Vec<Inversion> {
        let plan = self.plan;
        let mut found = Vec::new();
        for (i, link) in plan.links.iter().enumerate() {
            let Some(patience) = plan.edges[link.edge.index()].timeout else { continue };
            for inner in all_links(plan, plan.endpoints[link.to.index()].entry) {
                let edge = &plan.edges[plan.links[inner.index()].edge.index()];
                if let Some(needs) = stamina(edge).filter(|needs| *needs > patience) {
                    found.push(Inversion { outer: LinkId::new(i), patience, inner, needs });
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Graph, samples};
    use crate::policies::{Growth, Jitter, Retry};
    use crate::units::SimDuration;

    #[test]
    fn the_callee_may_go_on_for_all_its_tries_and_waits() {
        let mut plan = samples::page();
        let (outer, inner) = (plan.edge("web>shop").unwrap().index(), plan.edge("shop>db").unwrap().index());
        plan.edges[outer].timeout = Some(SimDuration::from_millis(1_000));
        plan.edges[inner].timeout = Some(SimDuration::from_millis(300));
        assert!(Graph::new(&plan).inversions().is_empty());
        let backoff = SimDuration::from_millis(50);
        plan.edges[inner].retry = Some(Retry { attempts: 3, backoff, jitter: Jitter::None, ..Retry::default() });
        // 3 × 300 ms and waits of 50 and 100 ms: 1,050 ms.
        let found = Graph::new(&plan).inversions();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].needs, SimDuration::from_millis(1_050));
        // The waits are those of the retry: constant ones are 50 ms twice, exactly the patience of the caller; threefold ones
        // 50 and 150 ms; spread by a tenth to each side 55 and 110 ms.
        let mut needs = |retry: Retry| {
            plan.edges[inner].retry = Some(Retry { attempts: 3, backoff, ..retry });
            Graph::new(&plan).inversions().first().map(|found| found.needs)
        };
        let plain = Retry { jitter: Jitter::None, ..Retry::default() };
        assert_eq!(needs(Retry { growth: Growth::Powers(1.0), ..plain.clone() }), None);
        assert_eq!(needs(Retry { growth: Growth::Powers(3.0), ..plain }), Some(SimDuration::from_millis(1_100)));
        let spread = Retry { jitter: Jitter::Within(0.1), ..Retry::default() };
        assert_eq!(needs(spread), Some(SimDuration::from_millis(1_065)));
    }
}
