//! Transactions, locked rows, connections and replicas, worked out by hand.

use crate::common::{Run, counts, failed, run};
use tenfold::engine::{Cause, LockTally};

fn locks(run: &Run, name: &str) -> LockTally {
    let at = run.model.plan.locks.iter().position(|lock| lock.name == name).expect(name);
    run.measured.locks[at]
}

/// A request a second, at 1 s, 2 s and 3 s; the database has one connection. A query takes 100 ms, the provider 1.5 s.
fn paying(steps: &str, more: &str) -> String {
    format!(
        "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: api.pay }} }}
services:
  api: {{ endpoints: {{ pay: {steps} }}, {more} }}
databases: {{ db: {{ connections: 1, query: {{ constant: 100ms }} }} }}
external: {{ provider: {{ latency: {{ constant: 1500ms }} }} }}
"
    )
}

const WHOLE: &str = "[ { transaction: { database: db, steps: [ { call: db }, { call: provider } ] } } ]";

/// | | without a transaction | in one |
/// |---|---|---|
/// | 1 s | 1.1 s, 2.6 s | keeps the connection until 2.6 s |
/// | 2 s | 3.6 s | waits until 2.6 s, keeps it until 4.2 s |
/// | 3 s | 4.6 s | waits until 4.2 s, ends at 5.8 s |
#[test]
fn a_transaction_keeps_its_connection_while_others_are_asked() {
    let apart = run(&paying("[ { call: db }, { call: provider } ]", "queue: 10"), "3500ms", &[]);
    assert_eq!(counts(apart.source("people")), [3, 3, 0, 0]);
    assert_eq!(apart.latency_sum("people").millis(), 3.0 * 1600.0);
    let whole = run(&paying(WHOLE, "queue: 10"), "3500ms", &[]);
    assert_eq!(counts(whole.source("people")), [3, 3, 0, 0]);
    assert_eq!(whole.latency_sum("people").millis(), 1600.0 + 2200.0 + 2800.0);
    assert_eq!(whole.served("db.transaction").latency.sum(), 1_600_000_000 + 2_200_000_000 + 2_800_000_000);
    // With a pool of one connection the second request waits in the pool instead; a round trip of 10 ms is made when it begins,
    // for the query, and for the commit.
    let pooled = "dependencies: { db: { pool: 1, network: 10ms } }";
    let pooled = run(&paying(WHOLE, pooled), "3500ms", &[]);
    assert_eq!(pooled.latency_sum("people").millis(), 1630.0 + 2260.0 + 2890.0);
}

/// The provider fails at once: the transaction is rolled back when its query is done, 100 ms after it began.
/// The database dies at 1.5 s, in the middle of the first transaction: that fails at its end, 2.6 s; the second request fails
/// at once; the third finds the database up again.
#[test]
fn whatever_ends_a_transaction_frees_its_connection() {
    let text = paying(WHOLE, "queue: 10");
    let failing = run(&text, "3500ms", &["errors:provider:100%@0s"]);
    assert_eq!(counts(failing.source("people")), [3, 0, 0, 3]);
    assert_eq!(failing.served("db.transaction").latency.sum(), 3 * 100_000_000);
    let killed = run(&text, "3500ms", &["kill:db@1500ms+1s"]);
    assert_eq!(counts(killed.source("people")), [3, 1, 0, 2]);
    assert_eq!(killed.latency_sum("people").millis(), 1600.0);
}

/// A caller that waits 1 s only: at 2 s the first request is given up, but goes on, and keeps the connection until 2.6 s; the
/// second, which gets it then, keeps it until 4.2 s. Without anybody waiting for them, both commit.
/// (The third gets it then, and still has it when the run ends.)
#[test]
fn a_transaction_nobody_waits_for_keeps_its_connection() {
    let text = paying(WHOLE, "queue: 10").replace("to: api.pay", "to: api.pay, timeout: 1s");
    let run = run(&text, "4s", &[]);
    assert_eq!(counts(run.source("people")), [3, 0, 0, 3]);
    assert_eq!(run.served("db.transaction").succeeded, 2);
}

/// Requests every 250 ms change one row, 300 ms each: they stand in line, so each takes 50 ms longer than the one before.
/// With two rows of which each has half of them nobody waits for long; rows of their own nobody waits at all.
#[test]
fn a_hot_row_is_a_line_of_its_own() {
    let text = "traffic: { people: { rate: 4/s, arrivals: constant, to: api } }
services: { api: { calls: [ db ] } }
databases: { db: { locks: { stock: { keys: 1 } }, query: { write: { constant: 300ms }, lock: stock } } }
";
    let hot = run(text, "1300ms", &[]);
    assert_eq!(counts(hot.source("people")), [5, 5, 0, 0]);
    assert_eq!(hot.latency_sum("people").millis(), 300.0 + 350.0 + 400.0 + 450.0 + 500.0);
    assert_eq!(locks(&hot, "db.stock"), LockTally { taken: 5, waits: 4, ..LockTally::default() });
    // Whoever has waited 120 ms gives up: the fourth, which would wait until 1.15 s; so the fifth, at 1.25 s, finds it free.
    let patient = run(&text.replace("keys: 1 }", "keys: 1, wait: 120ms }"), "1300ms", &[]);
    assert_eq!(counts(patient.source("people")), [5, 4, 0, 1]);
    assert_eq!(failed(patient.served("db.query"), Cause::Conflict), 1);
    assert_eq!(patient.latency_sum("people").millis(), 300.0 + 350.0 + 400.0 + 300.0);
}

/// As before, in a transaction that goes on for 200 ms after its query: the row is kept to its end, so that each takes 250 ms
/// longer than the one before.
#[test]
fn a_transaction_keeps_its_rows() {
    let text = "traffic: { people: { rate: 4/s, arrivals: constant, to: api.buy } }
services:
  api:
    endpoints:
      buy: [ { transaction: { database: db, steps: [ { call: db }, { sleep: 200ms } ] } } ]
databases: { db: { locks: { stock: { keys: 1 } }, query: { write: { constant: 300ms }, lock: stock } } }
";
    let run = run(text, "1100ms", &[]);
    assert_eq!(counts(run.source("people")), [4, 4, 0, 0]);
    assert_eq!(run.latency_sum("people").millis(), 500.0 + 750.0 + 1000.0 + 1250.0);
}

/// Requests every 250 ms read a version, work 300 ms and write: of two that overlap the later one fails. The second reads at
/// 500 ms what the first changes at 550 ms; the third begins at 750 ms and the second has changed nothing; and so on.
#[test]
fn whoever_was_slower_has_a_conflict() {
    let text = "traffic: { people: { rate: 4/s, arrivals: constant, to: api.buy } }
services:
  api:
    endpoints:
      buy: [ { lock: { rows: db.stock, mode: optimistic, steps: [ { work: { constant: 300ms } } ] } } ]
databases: { db: { locks: { stock: { keys: 1 } }, query: 1ms } }
";
    let run = run(text, "1600ms", &[]);
    assert_eq!(counts(run.source("people")), [6, 3, 0, 3]);
    assert_eq!(locks(&run, "db.stock").conflicts, 3);
    assert_eq!(failed(run.source("people"), Cause::Conflict), 3);
}

/// At 1 s both take their first row, at 1.5 s they want each other's. A second later the one that asked first finds that it would
/// wait for ever, and fails; the other has both rows from 2.5 s to 3 s.
#[test]
fn a_deadlock_is_found_after_a_second() {
    let text = "traffic:
  one: { rate: 1/s, arrivals: constant, to: api.forth }
  two: { rate: 1/s, arrivals: constant, to: api.back }
services:
  api:
    endpoints:
      forth: [ { lock: { rows: db.a, steps: [ { work: { constant: 500ms } },
        { lock: { rows: db.b, steps: [ { work: { constant: 500ms } } ] } } ] } } ]
      back: [ { lock: { rows: db.b, steps: [ { work: { constant: 500ms } },
        { lock: { rows: db.a, steps: [ { work: { constant: 500ms } } ] } } ] } } ]
databases: { db: { locks: { a: { keys: 1 }, b: { keys: 1 } }, query: 1ms } }
";
    let run = run(text, "1500ms", &[]);
    assert_eq!(failed(run.source("one"), Cause::Conflict), 1);
    assert_eq!(run.latency_sum("two").millis(), 2000.0);
    assert_eq!(locks(&run, "db.b").deadlocks, 1);
}

/// Two replicas in turn with a pool of two each, and queries of a second, every 200 ms.
fn pools(more: &str) -> String {
    format!(
        "traffic: {{ people: {{ rate: 5/s, arrivals: constant, to: api }} }}
services: {{ api: {{ replicas: 2, queue: 20, calls: [ db ], dependencies: {{ db: {{ pool: 2 }} }} }} }}
databases: {{ db: {{ query: {{ constant: 1s }}, {more} }} }}
"
    )
}

/// The server has three connections, and the pools could have four.
///
/// | at | by | |
/// |---|---|---|
/// | 200, 400, 600 ms | first, second, first | open the three connections |
/// | 800 ms | second | would open a fourth: refused |
/// | 1 s | first | waits in its pool until 1.2 s |
/// | 1.2 s | second | its only connection is busy until 1.4 s: refused |
#[test]
fn all_pools_together_have_as_many_connections_as_the_server() {
    let refused = run(&pools("connections: 3"), "1300ms", &[]);
    assert_eq!(counts(refused.source("people")), [6, 4, 0, 2]);
    assert_eq!(refused.edge("api>db").connects, 3);
    assert_eq!(refused.latency_sum("people").millis(), 3.0 * 1000.0 + 1200.0);
    let enough = run(&pools("connections: 4"), "1300ms", &[]);
    assert_eq!(counts(enough.source("people")), [6, 6, 0, 0]);
}

/// The same three connections behind a pooler. By session a client keeps its own, and the fourth waits 300 ms for one that
/// never comes. By transaction the fourth client waits from 800 ms until the first query is done at 1.2 s. The fifth, at 1 s, waits
/// for its pool until then, and behind the pooler until 1.4 s; the sixth, at 1.2 s, for its pool until 1.4 s, and until 1.6 s.
#[test]
fn a_pooler_lets_clients_share_connections_by_session_or_by_transaction() {
    let pooler = |mode: &str| pools(&format!("pooler: {{ mode: {mode}, size: 3, wait: 300ms }}"));
    let session = run(&pooler("session"), "1300ms", &[]);
    assert_eq!(counts(session.source("people")), [6, 4, 0, 2]);
    assert_eq!(session.edge("api>db").connects, 3);
    let long = run(&pooler("transaction").replace("wait: 300ms", "wait: 10s"), "1300ms", &[]);
    assert_eq!(counts(long.source("people")), [6, 6, 0, 0]);
    assert_eq!(long.latency_sum("people").millis(), 3.0 * 1000.0 + 3.0 * 1400.0);
    // Whoever waits 300 ms for a connection fails: the fourth, at 1.1 s, whose place in the pool the sixth has at 1.2 s.
    let short = run(&pooler("transaction"), "1300ms", &[]);
    assert_eq!(failed(short.served("db.query"), Cause::Shed), 1);
}

/// A row is written at 1 s, 2 s and 3 s, in 1 ms; it is read every 100 ms from one of two replicas. After 100 ms a replica has it: the
/// read at 1.1 s comes a millisecond too early. When applying it takes 250 ms more, so do those at 1.2 s and 1.3 s. With a fault
/// that adds 1 s the row is old from the first write on, until the end.
#[test]
fn a_replica_is_behind_by_its_lag_and_its_backlog() {
    let stale = |replicas: &str, faults: &[&str]| {
        let text = format!(
            "traffic:
  writers: {{ rate: 1/s, arrivals: constant, to: api.save }}
  readers: {{ rate: 10/s, arrivals: constant, to: api.load }}
services: {{ api: {{ endpoints: {{ save: [ {{ call: db.put }} ], load: [ {{ call: db.get }} ] }} }} }}
databases:
  db:
    read_replicas: {{ count: 2, keys: 1, {replicas} }}
    queries: {{ put: {{ write: {{ constant: 1ms }} }}, get: {{ read: {{ constant: 1ms }} }} }}
"
        );
        let run = run(&text, "3550ms", faults);
        let tally = run.measured.replications[0];
        assert_eq!(tally.reads, 35);
        (tally.stale, tally.longest.millis())
    };
    assert_eq!(stale("lag: 100ms", &[]), (3, 1.0));
    assert_eq!(stale("lag: 100ms, replay: 250ms", &[]), (9, 251.0));
    assert_eq!(stale("lag: 100ms", &["replication_lag:db:+1s@0s"]).0, 25);
}

/// Requests every second, 10 ms each. The database dies at 1.5 s for 10 s, and its standby takes over 2 s later, at 3.5 s: those of
/// 2 s and 3 s fail. Without one all fail that come while it is dead.
#[test]
fn a_standby_takes_over() {
    let text = |failover: &str| {
        format!(
            "traffic: {{ people: {{ rate: 1/s, arrivals: constant, to: api }} }}
services: {{ api: {{ calls: [ db ], dependencies: {{ db: {{ pool: {{ size: 1, connect: 30ms }} }} }} }} }}
databases: {{ db: {{ {failover} query: {{ constant: 10ms }} }} }}
"
        )
    };
    let alone = run(&text(""), "12500ms", &["kill:db@1500ms+10s"]);
    assert_eq!(counts(alone.source("people")), [12, 2, 0, 10]);
    let replaced = run(&text("failover: 2s,"), "12500ms", &["kill:db@1500ms+10s"]);
    assert_eq!(counts(replaced.source("people")), [12, 10, 0, 2]);
    // The connection that broke is opened anew at each try.
    assert_eq!(replaced.edge("api>db").connects, 1 + 3);
    assert_eq!(replaced.latency_sum("people").millis(), 10.0 * 10.0 + 2.0 * 30.0);
}
