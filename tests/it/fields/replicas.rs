//! Services: replicas, workers, cores, endpoints.

use super::*;

const TWO_TIERS: &str = "
traffic: { rate: 100/s, to: api }
services: { api: { work: 15ms, concurrency: 2 } }
";

/// A service that waits on another while it holds its worker.
const WAITING: &str = "
traffic: { rate: 100/s, to: api.get }
services:
  api: { concurrency: 4, queue: 20, endpoints: { get: [ { work: 5ms }, { call: slow } ] } }
  slow: { work: 30ms }
";

const FLEET: &str = "
traffic: { rate: 360/s, to: api }
services: { api: { replicas: 10, concurrency: 1, queue: unlimited, work: 25ms, balance: round_robin } }
";

const fn balance(to: &'static str, goes: Goes) -> Case {
    case("service.balance", FLEET, ("services.api.balance", to), |s| s.mean_ms(), goes).over(200)
}

pub const CASES: &[Case] = &[
    case("fleet.replicas", TWO_TIERS, ("services.api.replicas", "3"), |s| s.mean_ms(), Down),
    case("service.concurrency", TWO_TIERS, ("services.api.concurrency", "4"), |s| s.mean_ms(), Down),
    case("service.concurrency", TWO_TIERS, ("services.api.concurrency", "unlimited"), |s| s.mean_ms(), Down),
    case("service.model", WAITING, ("services.api.model", "async"), |s| s.success(), Up)
        .of(&[("traffic.rate", "200/s")]),
    case("service.cpu", TWO_TIERS, ("services.api.cpu", "1"), |s| s.mean_ms(), Up).of(&[("traffic.rate", "50/s")]),
    balance("random", Up),
    case(
        "balance.consistent_hash",
        FLEET,
        ("services.api.balance", "{ consistent_hash: { keys: 10k } }"),
        |s| s.mean_ms(),
        Up,
    ),
    case("balance.sticky", FLEET, ("services.api.balance", "{ sticky: { sessions: 50 } }"), |s| s.mean_ms(), Up),
    case("sticky.sessions", FLEET, ("services.api.balance.sticky.sessions", "50"), |s| s.mean_ms(), Up)
        .of(&[("services.api.balance", "{ sticky: { sessions: 100k } }")]),
    case("consistent_hash.keys", FLEET, ("services.api.balance.consistent_hash.keys", "50"), |s| s.mean_ms(), Up)
        .of(&[("services.api.balance", "{ consistent_hash: { keys: 100k } }")]),
    case(
        "consistent_hash.popularity",
        FLEET,
        ("services.api.balance.consistent_hash.popularity", "zipf(1.1)"),
        |s| s.mean_ms(),
        Up,
    )
    .of(&[("services.api.balance", "{ consistent_hash: { keys: 10k } }")]),
    balance("least_request", Down),
    balance("two_choices", Down),
    case("service.endpoints", WAITING, ("services.api.endpoints.get", "[ { work: 5ms } ]"), |s| s.mean_ms(), Down),
    case(
        "service.dependencies",
        WAITING,
        ("services.api.dependencies", "{ slow: { timeout: 10ms } }"),
        |s| s.success(),
        Down,
    ),
    case("endpoint.work", TWO_TIERS, ("services.api.work", "5ms"), |s| s.mean_ms(), Down),
    case(
        "endpoint.calls",
        WAITING,
        ("services.api.endpoints.get", "{ work: 5ms, calls: [ slow, slow ] }"),
        |s| s.mean_ms(),
        Up,
    ),
];
