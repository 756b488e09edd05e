//! Retry amplification: how many calls one request becomes when every call fails and every layer retries.
//!
//! Three layers of four tries each turn one request into 64. Budgets and breakers bound it in practice; this is the
//! worst case that the attempts alone allow.

use super::{Graph, all_links, callees_first};
use crate::plan::{Edge, EndpointId, LinkId};

/// A chain of calls with the number of tries it can multiply to.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// From the user's link to the last.
    pub links: Vec<LinkId>,
    /// The product of attempts along it; infinite when one retries without limit.
    pub tries: f64,
}

/// Attempts of an edge.
fn attempts(edge: &Edge) -> f64 {
    edge.retry.as_ref().map_or(1.0, |r| if r.attempts == u32::MAX { f64::INFINITY } else { f64::from(r.attempts) })
}

impl Graph<'_> {
    /// The chains on which at least two layers retry, or one without limit; worst first, one for each last link.
    pub fn amplification(&self) -> Vec<Chain> {
        let plan = self.plan;
        let mut order = callees_first(plan, |e| self.callees(e));
        order.reverse();
        // The worst chain into each endpoint.
        let mut worst: Vec<Option<Chain>> = vec![None; plan.endpoints.len()];
        let mut chains: Vec<Chain> = Vec::new();
        let mut extend = |before: Option<&Chain>, link: LinkId, worst: &mut Vec<Option<Chain>>| {
            let own = attempts(&plan.edges[plan.links[link.index()].edge.index()]);
            let tries = before.map_or(1.0, |c| c.tries) * own;
            let slot = &mut worst[plan.links[link.index()].to.index()];
            let is_worst = slot.as_ref().is_none_or(|c| tries > c.tries);
            if own > 1.0 || is_worst {
                let links = before.iter().flat_map(|c| &c.links).copied().chain([link]).collect();
                let chain = Chain { links, tries };
                if own > 1.0 {
                    chains.push(chain.clone());
                }
                if is_worst {
                    *slot = Some(chain);
                }
            }
        };
        for source in &plan.sources {
            for (_, link) in &source.mix {
                extend(None, *link, &mut worst);
            }
        }
        for topic in &plan.topics {
            for consumer in &topic.consumers {
                extend(None, consumer.link, &mut worst);
            }
        }
        for endpoint in order {
            if let Some(chain) = worst[endpoint.index()].clone() {
                for link in all_links(plan, plan.endpoints[endpoint.index()].entry) {
                    extend(Some(&chain), link, &mut worst);
                }
            }
        }
        self.notable(chains)
    }

    /// Of chains that end in a retrying edge, keeps those that multiply the tries of another, or retry for ever.
    fn notable(&self, chains: Vec<Chain>) -> Vec<Chain> {
        let edge = |link: &LinkId| &self.plan.edges[self.plan.links[link.index()].edge.index()];
        let mut kept: Vec<Chain> = Vec::new();
        for chain in chains {
            let layers = chain.links.iter().filter(|l| attempts(edge(l)) > 1.0).count();
            if layers < 2 && chain.tries.is_finite() {
                continue;
            }
            match kept.iter_mut().find(|c| c.links.last() == chain.links.last()) {
                Some(other) if other.tries < chain.tries => *other = chain,
                Some(_) => {}
                None => kept.push(chain),
            }
        }
        kept.sort_by(|a, b| b.tries.total_cmp(&a.tries));
        kept
    }

    /// What an endpoint can call, also on the way out of a failure.
    pub(super) fn callees(&self, endpoint: EndpointId) -> Vec<EndpointId> {
        let links = all_links(self.plan, self.plan.endpoints[endpoint.index()].entry);
        links.into_iter().map(|l| self.plan.links[l.index()].to).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Graph, samples};
    use crate::policies::Retry;

    #[test]
    fn attempts_multiply_along_the_chain() {
        let mut plan = samples::page();
        assert!(Graph::new(&plan).amplification().is_empty(), "nothing retries");
        for (name, attempts) in [("web>shop", 4), ("shop>db", 3)] {
            let edge = plan.edge(name).unwrap();
            plan.edges[edge.index()].retry = Some(Retry { attempts, ..Retry::default() });
        }
        let chains = Graph::new(&plan).amplification();
        assert_eq!(chains.len(), 1);
        assert_eq!((chains[0].tries, chains[0].links.len()), (12.0, 3));
    }
}
