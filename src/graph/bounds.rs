//! Asymptotic bounds: the demand on each resource per second, and the load at which it is busy all the time.
//!
//! Cores and the connections of a database are busy for the work they do: the demand law U = X · V · S is exact. Threads,
//! pools and permits are held while others answer; their demand is taken from the latency at zero load, which real
//! waiting only lengthens. So every bound is an upper bound on the load.

use super::Graph;
use crate::plan::{Concurrency, EdgeId, LinkId, Party, StationId, TopicId, UNLIMITED};

/// Something that can be busy or used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// The cores of a station.
    Cpu(StationId),
    /// The workers (threads, connections) of a station.
    Workers(StationId),
    /// A station's rate limit.
    RateLimit(StationId),
    /// The connection pools of an edge.
    Pool(EdgeId),
    /// The permits of an edge.
    Bulkhead(EdgeId),
    /// The consumers of a queue.
    Consumers(TopicId),
}

/// How much of a resource the traffic needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The resource.
    pub resource: Resource,
    /// Its name in reports, such as `orders-db.connections`.
    pub name: String,
    /// How many there are in all (per second, for a rate limit).
    pub capacity: f64,
    /// Mean number in use at load 1x (per second, for a rate limit).
    pub busy: f64,
    /// Seconds of it that one request of a user takes on average (uses, for a rate limit).
    pub demand: f64,
    /// The load at which it is used up; infinite when nothing uses it.
    pub load: f64,
    /// Whether the demand is held time, estimated at zero load, rather than work.
    pub held: bool,
    /// Path in the model of the number that gives more of it.
    pub path: String,
}

/// What is asked of a station at load 1x.
#[derive(Clone, Debug, Default)]
struct Demand {
    /// Programs begun per second.
    runs: f64,
    /// Seconds of work per second.
    work: f64,
    /// Workers held on average when nothing waits.
    held: f64,
    /// Whether a worker is held while something else is waited for.
    nested: bool,
}

impl Graph<'_> {
    /// The bound of every limited resource, tightest first.
    pub fn bounds(&self) -> Vec<Bound> {
        let mut bounds = Vec::new();
        for (i, demand) in self.demands().into_iter().enumerate() {
            self.bound_station(StationId::new(i), &demand, &mut bounds);
        }
        for (i, busy) in self.callers_busy().into_iter().enumerate() {
            self.bound_edge(EdgeId::new(i), busy, &mut bounds);
        }
        for i in 0..self.plan.topics.len() {
            self.bound_consumers(TopicId::new(i), &mut bounds);
        }
        bounds.sort_by(|a, b| a.load.total_cmp(&b.load));
        bounds
    }

    /// The highest load that no resource forbids.
    pub fn bound(&self) -> f64 {
        self.bounds().iter().map(|b| b.load).fold(f64::INFINITY, f64::min)
    }

    /// Seconds for which one run of an endpoint holds a worker of its station when nothing waits.
    pub fn held(&self, endpoint: crate::plan::EndpointId) -> f64 {
        let station = &self.plan.stations[self.plan.endpoints[endpoint.index()].station.index()];
        match station.concurrency {
            Concurrency::Threads => self.latency(endpoint),
            Concurrency::Async => self.profile(endpoint).work,
        }
    }

    fn make(&self, resource: Resource, name: String, capacity: f64, busy: f64, held: bool, path: String) -> Bound {
        let load = if busy > 0.0 { capacity / busy } else { f64::INFINITY };
        let demand = if self.user_rate() > 0.0 { busy / self.user_rate() } else { 0.0 };
        Bound { resource, name, capacity, busy, demand, load, held, path }
    }

    /// What each station is asked for: all in one pass, as models of ten thousand parts are looked at too.
    fn demands(&self) -> Vec<Demand> {
        let mut demands = vec![Demand::default(); self.plan.stations.len()];
        for (i, endpoint) in self.plan.endpoints.iter().enumerate() {
            let demand = &mut demands[endpoint.station.index()];
            let (rate, endpoint) = (self.visits().endpoints[i], crate::plan::EndpointId::new(i));
            demand.runs += rate;
            demand.work += rate * self.profile(endpoint).work;
            demand.held += rate * self.held(endpoint);
            demand.nested |= !self.profile(endpoint).calls.is_empty();
        }
        // Queries of a transaction run on its connection, which is held to its end.
        for (i, link) in self.plan.links.iter().enumerate() {
            let demand = &mut demands[self.plan.endpoints[link.to.index()].station.index()];
            let rate = self.visits().links[i];
            if self.plan.edges[link.edge.index()].inside {
                demand.held -= rate * self.held(link.to);
            } else {
                let kept = self.kept(LinkId::new(i));
                demand.nested |= kept > 0.0;
                demand.held += rate * kept;
            }
        }
        demands
    }

    /// How many calls of each edge are under way on average when nothing waits.
    fn callers_busy(&self) -> Vec<f64> {
        let mut busy = vec![0.0; self.plan.edges.len()];
        for (i, link) in self.plan.links.iter().enumerate() {
            let held = self.call_latency(LinkId::new(i)) + self.kept(LinkId::new(i));
            busy[link.edge.index()] += self.visits().links[i] * held;
        }
        busy
    }

    fn bound_station(&self, id: StationId, demand: &Demand, bounds: &mut Vec<Bound>) {
        let station = &self.plan.stations[id.index()];
        let replicas = station.evenly();
        let &Demand { runs, work, held, nested } = demand;
        let path = || station.capacity_path.clone();
        if let Some(cores) = station.cores {
            let name = format!("{}.cpu", station.name);
            bounds.push(self.make(Resource::Cpu(id), name, replicas * cores, work, false, path()));
        }
        if station.workers != UNLIMITED {
            let name = format!("{}.{}", station.name, station.workers_word);
            let capacity = replicas * f64::from(station.workers);
            let estimated = nested && station.concurrency == Concurrency::Threads;
            bounds.push(self.make(Resource::Workers(id), name, capacity, held, estimated, path()));
        }
        if let Some(rate) = station.rate_allowed() {
            let name = format!("{}.rate_limit", station.name);
            bounds.push(self.make(Resource::RateLimit(id), name, rate, runs, false, station.rate_limit_path.clone()));
        }
    }

    fn bound_edge(&self, id: EdgeId, busy: f64, bounds: &mut Vec<Bound>) {
        let edge = &self.plan.edges[id.index()];
        let limits = [(edge.pool, "pool", Resource::Pool(id)), (edge.bulkhead, "bulkhead", Resource::Bulkhead(id))];
        for (limit, word, resource) in limits {
            // The permits of users are not something the owner of the system can add.
            if let (Some(limit), Party::Component(_)) = (limit, edge.from) {
                let capacity = f64::from(edge.instances) * f64::from(limit);
                let name = format!("{}.{word}", edge.name);
                bounds.push(self.make(resource, name, capacity, busy, true, format!("{}.{word}", edge.policy_path)));
            }
        }
    }

    fn bound_consumers(&self, id: TopicId, bounds: &mut Vec<Bound>) {
        let topic = &self.plan.topics[id.index()];
        let name = format!("{}.consumers", topic.name);
        let hands: f64 = topic.consumers.iter().map(|c| f64::from(c.concurrency)).sum();
        if hands == 0.0 {
            return;
        }
        let capacity = topic.parallelism();
        let handled = |c: &crate::plan::Consumer| f64::from(c.concurrency) / hands * self.call_latency(c.link);
        let busy = self.visits().topics[id.index()] * topic.consumers.iter().map(handled).sum::<f64>();
        let path = format!("{}.consumers.0.concurrency", topic.origin.path);
        bounds.push(self.make(Resource::Consumers(id), name, capacity, busy, true, path));
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Graph, samples};

    /// By hand, at 100 requests/s of web.home, each calling shop.list twice: shop has 2 replicas of 1 core and works 5 ms,
    /// so 200/s × 5 ms = 1 of 2 cores: the bound is 2x. Its 10 threads a replica are held 7 ms: 1.4 of 20. The database
    /// (3 connections) has 100 queries/s of 4 ms: 0.4 of 3, 7.5x. Pool of shop>db: 2 × 1, held 4 ms: 5x.
    #[test]
    fn bounds_follow_the_demand_law() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let find = |name: &str| graph.bounds().into_iter().find(|b| b.name == name).expect(name);
        assert!((find("shop.cpu").load - 2.0).abs() < 1e-9);
        assert!((find("shop.cpu").demand - 0.01).abs() < 1e-12);
        assert!((find("shop.workers").load - 20.0 / 1.4).abs() < 1e-9);
        assert!(find("shop.workers").held && !find("db.connections").held);
        assert!((find("db.connections").load - 7.5).abs() < 1e-9);
        assert!((find("shop>db.pool").load - 5.0).abs() < 1e-9);
        assert!((graph.bound() - 2.0).abs() < 1e-9);
        assert_eq!(graph.bounds()[0].name, "shop.cpu");
    }

    #[test]
    fn consumers_and_rate_limits_are_resources() {
        let plan = samples::mail();
        let graph = Graph::new(&plan);
        let find = |name: &str| graph.bounds().into_iter().find(|b| b.name == name).expect(name);
        // 40 messages a second, each handled in 20 + 30 ms by one of 4 consumers; the provider allows 80 mails a second.
        assert!((find("jobs.consumers").busy - 2.0).abs() < 1e-9);
        assert!((find("jobs.consumers").load - 2.0).abs() < 1e-9);
        assert!((find("smtp.rate_limit").load - 2.0).abs() < 1e-9);
    }
}
