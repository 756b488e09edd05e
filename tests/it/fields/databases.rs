//! Databases.

use super::*;

const PAIR: &str = "
traffic: { rate: 90/s, mix: { api.find: 90%, api.save: 10% } }
services:
  api: { concurrency: unlimited, endpoints: { find: [ { call: db.find } ], save: [ { call: db.insert } ] } }
databases: { db: { connections: 1, queries: { find: { read: 10ms }, insert: { write: 10ms } } } }
";

const ONE: &str = "
traffic: { rate: 50/s, to: api }
services: { api: { concurrency: unlimited, calls: [ db ] } }
databases: { db: { query: 10ms } }
";

/// Each query works through rows.
const ROWS: &str = "
traffic: { rate: 5/s, to: api }
services: { api: { concurrency: unlimited, calls: [ db ] } }
databases: { db: { query: { read: 1ms, rows: 100k, limit: 100 } } }
";

const SHARDED: &str = "
traffic: { rate: 300/s, to: api }
services: { api: { concurrency: unlimited, calls: [ db ] } }
databases: { db: { connections: 1, query: 10ms, shards: { count: 4, keys: 10k } } }
";

/// Each request changes one of a thousand rows, while it asks somebody else.
const ROWS_LOCKED: &str = "
traffic: { rate: 50/s, to: api.buy }
services: { api: { concurrency: unlimited, endpoints: { buy: [ { call: db.take } ] } } }
databases: { db: { locks: { stock: { keys: 1000 }, hot: { keys: 2 } }, queries: {
  take: { write: 15ms, lock: stock }, other: { write: 15ms, lock: hot }, spare: { write: 15ms, lock: stock } } } }
";

/// A call to a slow provider between a query and the end of its transaction.
const PAYING: &str = "
traffic: { rate: 50/s, to: api.pay }
services:
  api:
    concurrency: unlimited
    endpoints: { pay: [ { transaction: { database: db, steps: [ { call: db } ] } }, { call: provider } ] }
databases: { db: { connections: 4, query: 10ms }, large: { connections: 100, query: 10ms } }
external: { provider: { latency: 40ms } }
";

const BUYING: &str = "
traffic: { rate: 20/s, to: api.buy }
services:
  api:
    concurrency: unlimited
    endpoints: { buy: [ { lock: { rows: db.stock, steps: [ { sleep: 20ms } ] } } ] }
databases: { db: { locks: { stock: { keys: 1 }, cold: { keys: 1000 } }, queries: { q: { write: 1ms, lock: cold }, r: { write: 1ms, lock: stock } } } }
";

/// Four replicas whose pools have sixteen connections together.
const POOLED: &str = "
traffic: { rate: 300/s, to: api }
services:
  api: { replicas: 4, concurrency: unlimited, calls: [ db ], dependencies: { db: { pool: 4 } } }
databases: { db: { connections: 20, pooler: { mode: transaction, size: 6, clients: 20 }, query: 15ms } }
";

/// Half of the requests read what the other half writes.
const FOLLOWED: &str = "
traffic: { rate: 100/s, mix: { api.find: 50%, api.save: 50% } }
services:
  api: { concurrency: unlimited, endpoints: { find: [ { call: db.find } ], save: [ { call: db.insert } ] } }
databases:
  db:
    connections: 4
    read_replicas: { count: 1, keys: 100, lag: 100ms }
    queries: { find: { read: 50ms }, insert: { write: 5ms } }
scenarios: { trouble: { faults: [ { replication_lag: db, add: 200ms, at: 10s, for: 30s } ] } }
";

const MORTAL: &str = "
traffic: { rate: 20/s, to: api }
services: { api: { calls: [ db ] } }
databases: { db: { query: 10ms } }
scenarios: { trouble: { faults: [ { kill: db, at: 10s, for: 40s } ] } }
";

pub const CASES: &[Case] = &[
    case("database.failover", MORTAL, ("databases.db.failover", "10s"), |s| s.success(), Up),
    case("read_replicas.count", FOLLOWED, ("databases.db.read_replicas.count", "2"), |s| s.mean_ms(), Down),
    case("read_replicas.keys", FOLLOWED, ("databases.db.read_replicas.keys", "10"), |s| s.stale("db"), Up),
    case(
        "read_replicas.popularity",
        FOLLOWED,
        ("databases.db.read_replicas.popularity", "zipf(1)"),
        |s| s.stale("db"),
        Up,
    ),
    case("read_replicas.lag", FOLLOWED, ("databases.db.read_replicas.lag", "1s"), |s| s.stale("db"), Up),
    case("read_replicas.replay", FOLLOWED, ("databases.db.read_replicas.replay", "19ms"), |s| s.stale("db"), Up),
    case(
        "fault.replication_lag.replication_lag",
        FOLLOWED,
        ("scenarios.trouble.faults", "[ { replication_lag: db, add: 1s, at: 10s, for: 30s } ]"),
        |s| s.stale("db"),
        Up,
    )
    .of(&[("scenarios.trouble.faults", "[]")]),
    case("fault.replication_lag.add", FOLLOWED, ("scenarios.trouble.faults.0.add", "2s"), |s| s.stale("db"), Up),
    case(
        "database.pooler",
        POOLED,
        ("databases.db.pooler", "{ mode: transaction, size: 20, clients: 20 }"),
        |s| s.mean_ms(),
        Down,
    ),
    case("pooler.mode", POOLED, ("databases.db.pooler.mode", "session"), |s| s.success(), Down)
        .of(&[("databases.db.pooler.wait", "100ms")]),
    case("pooler.mode", POOLED, ("databases.db.pooler.mode", "transaction"), |s| s.success(), Up)
        .of(&[("databases.db.pooler.mode", "session"), ("databases.db.pooler.wait", "100ms")]),
    case("pooler.size", POOLED, ("databases.db.pooler.size", "12"), |s| s.mean_ms(), Down),
    case("pooler.clients", POOLED, ("databases.db.pooler.clients", "8"), |s| s.success(), Down),
    case("pooler.wait", POOLED, ("databases.db.pooler.wait", "5ms"), |s| s.success(), Down),
    case(
        "step.transaction",
        PAYING,
        (
            "services.api.endpoints.pay",
            "[ { transaction: { database: db, steps: [ { call: db }, { call: provider } ] } } ]",
        ),
        |s| s.mean_ms(),
        Up,
    ),
    case(
        "transaction.steps",
        PAYING,
        ("services.api.endpoints.pay.0.transaction.steps", "[ { call: db }, { call: provider } ]"),
        |s| s.mean_ms(),
        Up,
    ),
    case(
        "transaction.database",
        PAYING,
        ("services.api.endpoints.pay.0.transaction.database", "large"),
        |s| s.mean_ms(),
        Down,
    )
    .of(&[
        ("services.api.endpoints.pay.0.transaction.steps", "[ { call: provider } ]"),
        ("databases.db.connections", "3"),
    ]),
    case(
        "step.lock",
        BUYING,
        ("services.api.endpoints.buy", "[ { lock: { rows: db.cold, steps: [ { sleep: 20ms } ] } } ]"),
        |s| s.mean_ms(),
        Down,
    ),
    case("lock.rows", BUYING, ("services.api.endpoints.buy.0.lock.rows", "db.cold"), |s| s.mean_ms(), Down),
    case("lock.mode", BUYING, ("services.api.endpoints.buy.0.lock.mode", "optimistic"), |s| s.success(), Down),
    case(
        "lock.steps",
        BUYING,
        ("services.api.endpoints.buy.0.lock.steps", "[ { sleep: 5ms } ]"),
        |s| s.mean_ms(),
        Down,
    ),
    case(
        "database.locks",
        ROWS_LOCKED,
        ("databases.db.locks", "{ stock: { keys: 1 }, hot: { keys: 2 } }"),
        |s| s.mean_ms(),
        Up,
    ),
    case("query.lock", ROWS_LOCKED, ("databases.db.queries.take.lock", "hot"), |s| s.mean_ms(), Up),
    case(
        "retry.on",
        ROWS_LOCKED,
        ("services.api.dependencies.db.retry.on", "[ conflict ]"),
        |s| s.edge("api>db").retries as f64,
        Up,
    )
    .of(&[
        ("databases.db.locks.stock", "{ keys: 1, wait: 10ms }"),
        ("services.api.dependencies", "{ db: { retry: { attempts: 2, on: [ error ] } } }"),
    ]),
    case("locks.keys", ROWS_LOCKED, ("databases.db.locks.stock.keys", "1"), |s| s.mean_ms(), Up),
    case("locks.popularity", ROWS_LOCKED, ("databases.db.locks.stock.popularity", "zipf(2)"), |s| s.mean_ms(), Up),
    case("locks.wait", ROWS_LOCKED, ("databases.db.locks.hot.wait", "10ms"), |s| s.success(), Down)
        .of(&[("services.api.endpoints.buy", "[ { call: db.other } ]")]),
    case("query.rows", ROWS, ("databases.db.query.rows", "1"), |s| s.mean_ms(), Down),
    case("query.index", ROWS, ("databases.db.query.index", "missing"), |s| s.mean_ms(), Up),
    case("query.limit", ROWS, ("databases.db.query.limit", "10k"), |s| s.mean_ms(), Up),
    case(
        "query.page",
        ROWS,
        ("databases.db.query", "{ read: 1ms, rows: 100k, limit: 100, page: offset, offset: 20k }"),
        |s| s.mean_ms(),
        Up,
    ),
    case("query.offset", ROWS, ("databases.db.query.offset", "50k"), |s| s.mean_ms(), Up)
        .of(&[("databases.db.query", "{ read: 1ms, rows: 100k, limit: 100, page: offset, offset: 20k }")]),
    case("query.cached", ROWS, ("databases.db.query.cached", "50%"), |s| s.mean_ms(), Up),
    case("database.shards", SHARDED, ("databases.db.shards", "{ count: 12, keys: 10k }"), |s| s.mean_ms(), Down),
    case("shards.count", SHARDED, ("databases.db.shards.count", "12"), |s| s.mean_ms(), Down),
    case("shards.keys", SHARDED, ("databases.db.shards.keys", "6"), |s| s.mean_ms(), Up),
    case("shards.popularity", SHARDED, ("databases.db.shards.popularity", "zipf(1.2)"), |s| s.mean_ms(), Up),
    case("database.connections", PAIR, ("databases.db.connections", "4"), |s| s.mean_ms(), Down),
    case("database.read_replicas", PAIR, ("databases.db.read_replicas", "2"), |s| s.mean_ms(), Down),
    case("database.cpu", ONE, ("databases.db.cpu", "1"), |s| s.mean_ms(), Up),
    case("database.query", ONE, ("databases.db.query", "20ms"), |s| s.mean_ms(), Up),
    case("database.queries", PAIR, ("databases.db.queries.find.read", "5ms"), |s| s.mean_ms(), Down),
    case("query.read", PAIR, ("databases.db.queries.find.read", "5ms"), |s| s.mean_ms(), Down),
    case("query.write", PAIR, ("databases.db.queries.insert.write", "60ms"), |s| s.mean_ms(), Up),
];
