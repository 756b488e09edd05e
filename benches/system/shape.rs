//! What shape a system has, and whether it is the one that large systems have.

use super::System;
use std::collections::BTreeSet;
use std::fmt;

/// The figures that published ones can be compared with.
#[derive(Debug)]
pub struct Shape {
    services: usize,
    /// Pairs of services that call one another.
    pairs: usize,
    /// Services called by one that calls any: half have at most so many, and all but one in a hundred.
    median: usize,
    p99: usize,
    /// The share of services that call nobody.
    leaves: f64,
    /// Services that more than a tenth of all services call.
    hubs: usize,
    /// Services on the longest chain of calls.
    depth: usize,
    /// Services that a request visits, those it visits twice counted twice.
    visits: f64,
}

impl Shape {
    pub fn of(system: &System) -> Shape {
        let callees: Vec<BTreeSet<usize>> = (system.services.iter())
            .map(|s| s.endpoints.iter().flat_map(|e| &e.calls).map(|to| to.service).collect())
            .collect();
        let services = callees.len();
        let mut fan_outs: Vec<usize> = callees.iter().map(BTreeSet::len).filter(|n| *n > 0).collect();
        fan_outs.sort_unstable();
        let mut callers = vec![0; services];
        callees.iter().flatten().for_each(|&callee| callers[callee] += 1);
        // Calls lead to services with higher numbers.
        let mut depths = vec![1; services];
        for caller in (0..services).rev() {
            depths[caller] = 1 + callees[caller].iter().map(|&callee| depths[callee]).max().unwrap_or(0);
        }
        Shape {
            services,
            pairs: fan_outs.iter().sum(),
            median: fan_outs[fan_outs.len() / 2],
            p99: fan_outs[fan_outs.len() * 99 / 100],
            leaves: 1.0 - fan_outs.len() as f64 / services as f64,
            hubs: callers.iter().filter(|n| **n * 10 > services).count(),
            depth: depths.iter().copied().max().unwrap_or(0),
            visits: system.services.iter().flat_map(|s| &s.endpoints).map(|e| e.visits).sum(),
        }
    }

    /// Few services cannot call many; from 1,000 on a system must be as Meta's and Alibaba's are. A request must stay
    /// affordable in any.
    pub fn check(&self) {
        assert!((3..=5).contains(&self.depth) && (4.0..40.0).contains(&self.visits), "{self}");
        if self.services >= 1_000 {
            let fans = (4..=6).contains(&self.median) && (100..=300).contains(&self.p99);
            assert!(fans && (0.06..0.40).contains(&self.leaves) && self.hubs > 0, "{self}");
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} services, {} pairs of caller and callee; fan-out {} in the middle, {} at p99; {:.0}% call nobody; \
             {} are called by more than a tenth; depth {}; a request visits {:.1}",
            self.services,
            self.pairs,
            self.median,
            self.p99,
            100.0 * self.leaves,
            self.hubs,
            self.depth,
            self.visits
        )
    }
}
