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

pub const CASES: &[Case] = &[
    case("database.connections", PAIR, ("databases.db.connections", "4"), |s| s.mean_ms(), Down),
    case("database.read_replicas", PAIR, ("databases.db.read_replicas", "2"), |s| s.mean_ms(), Down),
    case("database.cpu", ONE, ("databases.db.cpu", "1"), |s| s.mean_ms(), Up),
    case("database.query", ONE, ("databases.db.query", "20ms"), |s| s.mean_ms(), Up),
    case("database.queries", PAIR, ("databases.db.queries.find.read", "5ms"), |s| s.mean_ms(), Down),
    case("query.read", PAIR, ("databases.db.queries.find.read", "5ms"), |s| s.mean_ms(), Down),
    case("query.write", PAIR, ("databases.db.queries.insert.write", "60ms"), |s| s.mean_ms(), Up),
];
