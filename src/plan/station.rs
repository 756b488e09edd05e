//! Stations: everything that can be busy.

use super::{Admission, ComponentId, Fleet, Origin, UNLIMITED};
use crate::policies::RateLimit;
use crate::random::Keys;
use crate::units::SimDuration;

/// How a worker is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Concurrency {
    /// For the whole request, also while it waits on calls.
    #[default]
    Threads,
    /// Only while it works; freed while it waits on calls.
    Async,
}

/// How a replica is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Balance {
    /// In turn.
    #[default]
    RoundRobin,
    /// At random.
    Random,
    /// The one with the fewest requests, of all; ties in turn.
    LeastRequest,
    /// The better of two drawn at random with replacement; ties at random (Envoy).
    TwoChoices,
    /// The one that belongs to the request's key among those that are up; when one dies only its own keys move.
    Hash(Keys),
    /// The one that has the request's key, up or not: a shard.
    Shard(Keys),
}

/// Replicas with workers and a bounded queue each; all that can be busy is one of these.
///
/// The default is one replica with unlimited workers and no peculiarities.
#[derive(Clone, Debug, PartialEq)]
pub struct Station {
    /// The component's name, with a suffix where a component has several (`orders-db.read`).
    pub name: String,
    /// The component it belongs to.
    pub component: ComponentId,
    /// How many there are, at least 1.
    pub replicas: u32,
    /// Requests in progress per replica; [`UNLIMITED`] for no limit.
    pub workers: u32,
    /// What a worker is called: `workers` or `connections`.
    pub workers_word: &'static str,
    /// How many connections its callers may have open, over their pools. `None` for no limit.
    pub clients: Option<Clients>,
    /// Waiting per replica; more are refused. [`UNLIMITED`] for no limit.
    pub queue: u32,
    /// Cores per replica that work competes for by processor sharing; `None`: work needs only its worker.
    pub cores: Option<f64>,
    /// How work slows down with the number of requests in progress on a replica.
    pub crowding: Option<Crowding>,
    /// How a worker is held.
    pub concurrency: Concurrency,
    /// How a replica is chosen.
    pub balance: Balance,
    /// Share of requests answered with an error though nothing is wrong with the caller (1 - availability).
    pub error_rate: f64,
    /// Requests beyond it are refused; one bucket for all replicas, or one for each.
    pub rate_limit: Option<RateLimit>,
    /// Path in the model of the rate of its rate limit; empty without one.
    pub rate_limit_path: String,
    /// How its replicas come and go; `None`: they are there.
    pub fleet: Option<Box<Fleet>>,
    /// After this time a standby takes the place of what died. `None`: there is none.
    pub failover: Option<SimDuration>,
    /// What it does with requests it cannot or will not serve now.
    pub admission: Admission,
    /// Path in the model of the number that gives it more capacity (`services.web.replicas`, `databases.db.connections`).
    pub capacity_path: String,
    /// Where it is defined.
    pub origin: Origin,
}

/// A limit on connections that are open, whether used or idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clients {
    /// For each replica.
    pub most: u32,
    /// How long a caller that is one too many waits before it is refused; zero: not at all.
    pub wait: SimDuration,
}

impl Default for Station {
    fn default() -> Station {
        Station {
            name: String::new(),
            component: ComponentId::default(),
            replicas: 1,
            workers: UNLIMITED,
            workers_word: "workers",
            clients: None,
            queue: UNLIMITED,
            cores: None,
            crowding: None,
            concurrency: Concurrency::Threads,
            balance: Balance::RoundRobin,
            error_rate: 0.0,
            rate_limit: None,
            rate_limit_path: String::new(),
            fleet: None,
            failover: None,
            admission: Admission::default(),
            capacity_path: String::new(),
            origin: Origin::default(),
        }
    }
}

impl Station {
    /// Requests per second that its rate limit lets through in the long run, over all replicas.
    pub fn rate_allowed(&self) -> Option<f64> {
        let limit = self.rate_limit?;
        Some(limit.long_run() * if limit.per_replica { f64::from(self.replicas) } else { 1.0 })
    }

    /// How many replicas' worth of work it does when its busiest one is busy all the time: fewer than there are where
    /// requests are spread by keys.
    pub fn evenly(&self) -> f64 {
        let home = |key| (0..self.replicas).max_by_key(|&place| Keys::pull(key, place)).unwrap_or(0);
        match self.balance {
            Balance::Hash(keys) => 1.0 / keys.hottest(self.replicas, home),
            Balance::Shard(keys) => 1.0 / keys.hottest(self.replicas, |key| keys.home(key, self.replicas)),
            _ => f64::from(self.replicas),
        }
    }

    /// Its slowest mechanism.
    pub fn slowest(&self) -> SimDuration {
        let rate_limit = self.rate_limit.map_or(SimDuration::ZERO, |limit| limit.slowest());
        self.admission
            .slowest()
            .max(rate_limit)
            .max(self.failover.unwrap_or_default())
            .max(self.fleet.as_ref().map_or(SimDuration::ZERO, |f| f.slowest(self.replicas)))
    }
}

/// Work that takes longer the more requests are in progress, by the Universal Scalability Law (Gunther): with n of them it
/// takes 1 + contention · (n - 1) + coherency · n · (n - 1) times as long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crowding {
    /// Share of the work that only one can do at a time, in [0, 1].
    pub contention: f64,
    /// What each pair of requests costs, as a share of the work.
    pub coherency: f64,
}

impl Crowding {
    /// How many times as long work takes with so many in progress, this one included.
    pub fn stretch(&self, n: u32) -> f64 {
        let others = f64::from(n.saturating_sub(1));
        1.0 + self.contention * others + self.coherency * f64::from(n) * others
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Popularity;

    /// Semantics of sharding: the cluster can do what one shard can, divided by the share of the busiest.
    #[test]
    fn a_hot_key_makes_one_shard_of_many() {
        let shards = |count, popularity| {
            let balance = Balance::Shard(Keys { count, popularity });
            Station { replicas: 8, balance, ..Station::default() }.evenly()
        };
        assert_eq!(shards(1, Popularity::Uniform), 1.0);
        // 100,000 keys alike; the first of two by Zipf's law with exponent 3 has 8 of 9 requests, if the other is elsewhere.
        assert!((shards(100_000, Popularity::Uniform) - 8.0).abs() < 1e-9);
        let two = shards(2, Popularity::Zipf(3.0));
        assert!(two == 1.0 || (two - 9.0 / 8.0).abs() < 1e-9, "{two}");
    }
}
