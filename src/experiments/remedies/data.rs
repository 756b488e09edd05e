//! Remedies for caches, and for what is spread by a key.

use super::{Remedy, Spares, change};
use crate::experiments::contain::Works;
use crate::experiments::usage::{SATURATED, current, giving_out, usages, written};
use crate::plan::{Balance, ComponentId, Contents, Flight, StationId, TopicId};
use crate::random::Keys;
use crate::units::SimDuration;

impl Works<'_, '_> {
    /// Caches behind which many may ask for the same at once, or which carry what the rest could not.
    pub(super) fn caches(&self) -> Vec<Remedy> {
        let plan = self.field.graph.plan();
        let mut found = Vec::new();
        for cache in &plan.caches {
            let component = &plan.components[cache.component.index()];
            if let Contents::Simulated(store) = &cache.contents
                && store.flight == Flight::Everybody
                && store.stale == SimDuration::ZERO
                && store.early.is_none()
            {
                let one = change(format!("{}.single_flight", component.origin.path), "true");
                let stampede = |faults| Remedy::new("cache-stampede", &component.name, faults, vec![one.clone()]);
                found.push(stampede(Vec::new()));
                let flushed = self.fault(&format!("cache_flush:{}", component.name), Some(SimDuration::from_secs(1)));
                found.extend(flushed.map(|fault| stampede(vec![fault])));
            }
            found.extend(self.hidden(cache.component));
        }
        found
    }

    /// Without the cache: more of what then gives out.
    fn hidden(&self, cache: ComponentId) -> Option<Remedy> {
        let graph = self.field.graph;
        let dead = self.fault(&format!("kill:{}", self.name(cache)), None)?;
        let run = self.all_along(&dead)?;
        let all = usages(graph, &graph.bounds(), &run);
        let first = giving_out(graph, &all).into_iter().find(|u| u.utilization >= SATURATED)?;
        let usual = usages(graph, &graph.bounds(), self.healthy);
        // What is full with the cache, too, is not hidden by it.
        if usual.iter().any(|u| u.resource == first.resource && u.utilization >= SATURATED) {
            return None;
        }
        let now = current(graph.plan(), first.resource);
        let more = [2.0, 4.0, 8.0].map(|times| change(&first.path, written(first.resource, times * now)));
        Some(Remedy::new("cache-hides-capacity", self.name(cache), vec![dead], more.to_vec()))
    }

    /// Shards, replicas and partitions of which one has more to do than the others, in a rush that fills that one only.
    pub(super) fn keys(&self) -> Vec<Remedy> {
        let plan = self.field.graph.plan();
        let mut found = Vec::new();
        for (i, station) in plan.stations.iter().enumerate() {
            let path = &plan.components[station.component.index()].origin.path;
            let skewed = station.evenly() < EVEN * f64::from(station.replicas);
            let (code, changes) = match station.balance {
                Balance::Shard(_) if skewed => {
                    let more = [2, 4]
                        .map(|times| change(format!("{path}.shards.count"), (times * station.replicas).to_string()));
                    ("hot-shard", more.to_vec())
                }
                Balance::Hash(_) if skewed => ("hot-key", vec![change(format!("{path}.balance"), "two_choices")]),
                _ => continue,
            };
            let rush = self.rush(StationId::new(i));
            found.extend(rush.map(|fault| Remedy::new(code, &station.name, vec![fault], changes)));
        }
        for (i, topic) in plan.topics.iter().enumerate() {
            let Some(partitions) = topic.partitions else { continue };
            let skewed = |keys: Keys| {
                keys.hottest(partitions.count, |key| keys.home(key, partitions.count)) * f64::from(partitions.count)
                    > 1.0 / EVEN
            };
            if partitions.keys.is_some_and(skewed) && !topic.consumers.is_empty() {
                let (rebalance, commit) = (partitions.rebalance, partitions.commit_interval);
                let round =
                    format!("{{ count: {}, rebalance: {rebalance}, commit_interval: {commit} }}", partitions.count);
                let round = vec![change(format!("{}.partitions", topic.origin.path), round)];
                let mut remedy = Remedy::new("hot-key", &topic.name, Vec::new(), round);
                remedy.spares = Spares::Messages(TopicId::new(i));
                found.push(remedy);
            }
        }
        found
    }

    /// A load that takes a station beyond what its busiest place can do, if nothing else gives out before.
    fn rush(&self, station: StationId) -> Option<crate::faults::Fault> {
        let bounds = self.field.graph.bounds();
        let mine = |r: crate::graph::Resource| matches!(r, crate::graph::Resource::Cpu(s) | crate::graph::Resource::Workers(s) if s == station);
        let tightest = bounds.first().filter(|b| mine(b.resource) && b.load.is_finite())?;
        let load = 1.3 * tightest.load.max(1.0);
        self.fault(&format!("load:{load:.1}x"), Some(SimDuration::from_secs(20)))
    }
}

/// Places that can do together less than this share of what they could if all had the same to do.
const EVEN: f64 = 0.8;
