//! What is called again and again within one request.

use super::Graph;
use crate::plan::{Branch, EndpointId, LinkId, Pc, Step};

/// A call in a loop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loop {
    /// Whose program it is.
    pub endpoint: EndpointId,
    /// What is called.
    pub link: LinkId,
    /// How often per request that comes to the loop.
    pub times: f64,
}

impl Graph<'_> {
    /// Calls in the straight line of a loop's body, once each for every loop they stand in.
    pub fn loops(&self) -> Vec<Loop> {
        let plan = self.plan;
        let mut found = Vec::new();
        for (at, step) in plan.steps.iter().enumerate() {
            let Step::Repeat { times, end } = *step else { continue };
            let Some(endpoint) = self.owner(Pc::new(at)) else { continue };
            for inner in &plan.steps[at + 1..end.index()] {
                let times = times.mean();
                match *inner {
                    Step::Call { link, .. } => found.push(Loop { endpoint, link, times }),
                    Step::Fork { fork, .. } => {
                        let branches = plan.forks[fork.index()].branches.iter();
                        found.extend(branches.filter_map(|branch| match *branch {
                            Branch::Call(link) => Some(Loop { endpoint, link, times }),
                            Branch::Program(_) => None,
                        }));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// The endpoint whose program a step stands in: programs stand one behind the other.
    fn owner(&self, at: Pc) -> Option<EndpointId> {
        let endpoints = self.plan.endpoints.iter().enumerate();
        let begun = endpoints.filter(|(_, e)| e.entry != Pc::FAIL && e.entry.index() <= at.index());
        begun.max_by_key(|(_, e)| e.entry.index()).map(|(i, _)| EndpointId::new(i))
    }
}
