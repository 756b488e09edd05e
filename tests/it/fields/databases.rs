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

pub const CASES: &[Case] = &[
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
