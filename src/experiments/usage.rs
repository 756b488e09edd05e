//! How used every resource was, under one roof: workers, cores, pools, rate limits, permits, consumers; and which of
//! them gives out first.

use crate::engine::Cause;
use crate::graph::{Bound, Graph, Resource};
use crate::measure::{Measurements, ResourceOf, ResourceUse};
use crate::model::Change;
use crate::plan::{ComponentId, LinkId, Plan};
use crate::units::show_rate;
use std::collections::BTreeMap;

/// A resource in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// The resource.
    pub resource: Resource,
    /// Its name in reports.
    pub name: String,
    /// How much there is.
    pub capacity: f64,
    /// Share in use, on average.
    pub utilization: f64,
    /// Waiting for it, on average.
    pub queue_mean: f64,
    /// Mean wait in seconds.
    pub wait_mean: f64,
    /// Refused for it.
    pub rejected: u64,
    /// Path in the model of the number that gives more of it.
    pub path: String,
}

/// From this utilisation on a resource counts as giving out: waiting grows without proportion beyond it.
pub const SATURATED: f64 = 0.9;

impl Usage {
    /// Whether it gives out.
    pub fn is_saturated(&self) -> bool {
        self.utilization >= SATURATED || self.rejected > 0
    }
}

/// All limited resources of a run, in the order of the static bounds.
pub fn usages(graph: &Graph, bounds: &[Bound], m: &Measurements) -> Vec<Usage> {
    let plan = graph.plan();
    let seconds = m.measured.seconds().max(1e-9);
    let used: BTreeMap<ResourceOf, &ResourceUse> = m.resources.iter().map(|r| (r.of, r)).collect();
    let usage = |bound: &Bound| {
        let mut usage = Usage {
            resource: bound.resource,
            name: bound.name.clone(),
            capacity: bound.capacity,
            utilization: 0.0,
            queue_mean: 0.0,
            wait_mean: 0.0,
            rejected: 0,
            path: bound.path.clone(),
        };
        let of = match bound.resource {
            Resource::Cpu(station) => Some(ResourceOf::Cpu(station)),
            Resource::Workers(station) => Some(ResourceOf::Workers(station)),
            Resource::Pool(edge) => Some(ResourceOf::Pool(edge)),
            Resource::RateLimit(station) => {
                let mine = plan.endpoints.iter().zip(&m.endpoints).filter(|(e, _)| e.station == station);
                let (passed, refused) = mine.fold((0, 0), |(passed, refused), (_, served)| {
                    let limited = served.failures[Cause::RateLimited as usize];
                    (passed + served.offered - limited, refused + limited)
                });
                usage.utilization = passed as f64 / seconds / bound.capacity;
                usage.rejected = refused;
                None
            }
            Resource::Bulkhead(edge) => {
                usage.rejected = m.edges[edge.index()].rejected;
                None
            }
            Resource::Consumers(topic) => {
                let (spec, tally) = (&plan.topics[topic.index()], &m.topics[topic.index()]);
                usage.queue_mean = m.mean_backlog(topic);
                // Little's law: deliveries per second times the mean time of one.
                let time = |link: crate::plan::LinkId| {
                    let link = plan.links[link.index()];
                    let network =
                        plan.edges[link.edge.index()].network.map_or(0.0, |d| plan.dists[d.index()].mean_ns());
                    network / 1e9 + m.endpoints[link.to.index()].latency.mean().unwrap_or(0.0)
                };
                let shares = spec.consumers.iter().map(|c| f64::from(c.concurrency) / bound.capacity * time(c.link));
                usage.utilization = (tally.delivered as f64 / seconds * shares.sum::<f64>() / bound.capacity).min(1.0);
                None
            }
        };
        if let Some(found) = of.and_then(|of| used.get(&of)) {
            usage.utilization = found.utilization;
            usage.queue_mean = found.queue_mean;
            usage.wait_mean = found.wait_mean;
            usage.rejected = found.rejected;
        }
        usage
    };
    bounds.iter().map(usage).collect()
}

/// The resources that give out, deepest in the call chain first: what waits on a full callee fills up too, so the cause
/// lies below. What only refuses in bursts comes after what is busy. When none is saturated, the busiest one.
pub fn giving_out(graph: &Graph, usages: &[Usage]) -> Vec<Usage> {
    let depths = depths(graph);
    let mut full: Vec<&Usage> = usages.iter().filter(|u| u.is_saturated()).collect();
    full.sort_by(|a, b| {
        let busy = |u: &Usage| u.utilization >= SATURATED;
        let (da, db) = (depth(graph.plan(), &depths, a.resource), depth(graph.plan(), &depths, b.resource));
        busy(b).cmp(&busy(a)).then(db.cmp(&da)).then(b.utilization.total_cmp(&a.utilization))
    });
    if full.is_empty() {
        full.extend(usages.iter().max_by(|a, b| a.utilization.total_cmp(&b.utilization)));
    }
    full.into_iter().cloned().collect()
}

/// Two steps a hop, so that a pool lies between its caller and its callee.
fn depth(plan: &Plan, depths: &[u32], resource: Resource) -> u32 {
    let of = |component: ComponentId| 2 * depths[component.index()];
    match resource {
        Resource::Cpu(s) | Resource::Workers(s) | Resource::RateLimit(s) => of(plan.stations[s.index()].component),
        Resource::Pool(e) | Resource::Bulkhead(e) => of(plan.edges[e.index()].to).saturating_sub(1),
        Resource::Consumers(t) => of(plan.topics[t.index()].component),
    }
}

/// The longest chain of calls from users to each component.
pub(super) fn depths(graph: &Graph) -> Vec<u32> {
    let plan = graph.plan();
    let mut depths = vec![0u32; plan.components.len()];
    // Endpoints never call each other without end, so their chains are short; components in a circle stop growing at
    // the number of endpoints.
    let to = |link: &LinkId| plan.edges[plan.links[link.index()].edge.index()].to.index();
    let called = |from: usize| graph.links_from(ComponentId::new(from)).iter().map(to).collect();
    let called: Vec<Vec<usize>> = (0..plan.components.len()).map(called).collect();
    for _ in 0..plan.endpoints.len() {
        let before = depths.clone();
        for (from, depth) in before.iter().enumerate() {
            for &to in &called[from] {
                if to != from {
                    depths[to] = depths[to].max(depth + 1).min(plan.endpoints.len() as u32);
                }
            }
        }
        if depths == before {
            break;
        }
    }
    depths
}

/// The number that stands at a resource's path now, and whether it is a rate.
pub fn current(plan: &Plan, resource: Resource) -> f64 {
    match resource {
        Resource::Cpu(s) | Resource::Workers(s) => {
            let station = &plan.stations[s.index()];
            match station.capacity_path.rsplit('.').next() {
                Some("replicas" | "read_replicas" | "max") => f64::from(station.replicas),
                Some("cpu") => station.cores.unwrap_or(1.0),
                _ => f64::from(station.workers),
            }
        }
        Resource::RateLimit(s) => plan.stations[s.index()].rate_limit.map_or(0.0, |r| r.rate),
        Resource::Pool(e) => f64::from(plan.edges[e.index()].pool.unwrap_or(0)),
        Resource::Bulkhead(e) => f64::from(plan.edges[e.index()].bulkhead.unwrap_or(0)),
        Resource::Consumers(t) => plan.topics[t.index()].consumers.first().map_or(0.0, |c| f64::from(c.concurrency)),
    }
}

/// How a number is written in the model.
pub fn written(resource: Resource, number: f64) -> String {
    match resource {
        Resource::RateLimit(_) => show_rate(number),
        _ => format!("{}", number.ceil() as u64),
    }
}

/// The change that sets a resource's number.
pub fn change(plan: &Plan, resource: Resource, path: &str, to: f64) -> Change {
    Change { path: path.into(), from: Some(written(resource, current(plan, resource))), to: written(resource, to) }
}

/// One candidate for each path in the model: cores and workers of a service grow by the same replicas.
pub fn by_path(usages: &[Usage]) -> Vec<Usage> {
    let mut seen = BTreeMap::new();
    usages.iter().filter(|u| seen.insert(u.path.clone(), ()).is_none()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::samples;

    #[test]
    fn the_deepest_full_resource_is_named_first() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let full = |bound: &Bound| Usage {
            resource: bound.resource,
            name: bound.name.clone(),
            capacity: bound.capacity,
            utilization: 0.95,
            queue_mean: 0.0,
            wait_mean: 0.0,
            rejected: 0,
            path: bound.path.clone(),
        };
        let mut all: Vec<Usage> = graph.bounds().iter().map(full).collect();
        let names = |all: &[Usage]| giving_out(&graph, all).into_iter().map(|u| u.name).collect::<Vec<_>>();
        assert_eq!(names(&all)[..2], ["db.connections", "shop>db.pool"]);
        all.iter_mut().for_each(|u| u.utilization = if u.name == "shop.cpu" { 0.6 } else { 0.2 });
        assert_eq!(names(&all), ["shop.cpu"], "nothing is full: the busiest");
    }

    #[test]
    fn changes_write_what_stands_and_what_shall_stand() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let pool = graph.bounds().into_iter().find(|b| b.name == "shop>db.pool").unwrap();
        let change = change(&plan, pool.resource, &pool.path, 2.0);
        assert_eq!((change.from.as_deref(), change.to.as_str()), (Some("1"), "2"));
        assert_eq!(change.path, "policies.shop>db.pool");
    }
}
