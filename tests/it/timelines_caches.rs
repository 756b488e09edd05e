//! Caches with a single key, worked out by hand: requests come every second, at 1 s, 2 s, …; the measured part ends at
//! 10.5 s. A look-up takes no time.

use crate::common::{counts, failed, run};
use tenfold::engine::{CacheTally, Cause};

/// A service that reads one key, and a database that takes so long to find it.
fn reading(cache: &str, load: &str, rate: &str) -> String {
    format!(
        "traffic: {{ people: {{ rate: {rate}, arrivals: constant, to: api.get }} }}
services:
  api: {{ endpoints: {{ get: [ {{ cached: {{ cache: pages, miss: [ {{ call: db }} ] }} }} ] }} }}
databases: {{ db: {{ query: {{ constant: {load} }} }} }}
caches: {{ pages: {{ get: {{ constant: 0s }}, keys: 1, {cache} }} }}
"
    )
}

fn pages(run: &crate::common::Run) -> CacheTally {
    run.measured.caches[0]
}

/// Four requests a second: at 250, 500, 750 ms … A load takes 600 ms.
///
/// | asked at | with single flight | without |
/// |---|---|---|
/// | 250 ms | loads until 850 ms | loads until 850 ms |
/// | 500, 750 ms | wait until 850 ms | load until 1100, 1350 ms |
/// | from 1 s on | found | found |
#[test]
fn the_first_loads_and_the_others_wait() {
    let single = run(&reading("single_flight: true", "600ms", "4/s"), "10500ms", &[]);
    assert_eq!(counts(single.source("people")), [41, 41, 0, 0]);
    let CacheTally { misses, coalesced, hits, .. } = pages(&single);
    assert_eq!((misses, coalesced, hits), (1, 2, 38));
    // 600 + 350 + 100 ms.
    assert_eq!(single.latency_sum("people").millis(), 1050.0);
    let alone = run(&reading("ttl: 1h", "600ms", "4/s"), "10500ms", &[]);
    assert_eq!((pages(&alone).misses, pages(&alone).hits), (3, 38));
    assert_eq!(alone.latency_sum("people").millis(), 1800.0);
}

/// The database is down for the first 800 ms, and answers with an error at once.
///
/// | asked at | |
/// |---|---|
/// | 250, 500, 750 ms | each loads, and fails at once: nobody waits, as the load takes no time |
/// | 1 s | loads until 1.6 s |
/// | 1.25, 1.5 s | wait until 1.6 s |
///
/// What fails after a while takes those who wait along: killed at 300 ms, the load that began at 250 ms fails, and nobody
/// waits yet; killed at 600 ms, the one of 500 ms waits too and fails with it.
#[test]
fn who_waits_for_a_load_fails_with_it() {
    let text = reading("single_flight: true", "600ms", "4/s");
    let early = run(&text, "10500ms", &["kill:db@0s+800ms"]);
    assert_eq!(counts(early.source("people")), [41, 38, 0, 3]);
    let late = run(&text, "10500ms", &["kill:db@600ms+10ms"]);
    assert_eq!(counts(late.source("people")), [41, 39, 0, 2]);
    assert_eq!(pages(&late).coalesced, 1 + 2, "at 500 ms, then at 1 s and 1.25 s for the load of 750 ms");
}

/// An entry lives 2.5 s and is served stale for a further 10 s. A load takes 100 ms.
///
/// | asked at | |
/// |---|---|
/// | 1 s | loads until 1.1 s: expires at 3.6 s |
/// | 2, 3 s | found |
/// | 4 s | found, stale; a refresh in the background until 4.1 s: expires at 6.6 s |
/// | 5, 6 s | found |
/// | 7 s | stale, refreshed until 7.1 s: expires at 9.6 s |
/// | 8, 9 s | found |
/// | 10 s | stale, refreshed |
#[test]
fn a_stale_answer_is_served_while_one_request_loads_anew() {
    let run = run(&reading("ttl: 2500ms, stale_while_revalidate: 10s", "100ms", "1/s"), "10500ms", &[]);
    let CacheTally { looked, hits, stale, misses, .. } = pages(&run);
    assert_eq!((looked, hits, stale, misses), (10, 9, 3, 1));
    assert_eq!(run.latency_sum("people").millis(), 100.0);
    assert_eq!(counts(run.served("db.query")), [4, 4, 0, 0]);
}

/// The database answers with errors until 4.5 s. A failed load is remembered for 1.5 s.
///
/// | asked at | |
/// |---|---|
/// | 1 s | loads, fails; known until 2.5 s |
/// | 2 s | fails at once |
/// | 3 s | loads, fails; known until 4.5 s |
/// | 4 s | fails at once |
/// | 5 s | loads |
/// | from 6 s on | found |
#[test]
fn a_failed_load_is_remembered() {
    let run = run(&reading("negative_ttl: 1500ms", "100ms", "1/s"), "10500ms", &["errors:db:100%@0s+4500ms"]);
    assert_eq!(counts(run.source("people")), [10, 6, 0, 4]);
    assert_eq!(failed(run.source("people"), Cause::Dependency), 4);
    let CacheTally { misses, negative, hits, .. } = pages(&run);
    assert_eq!((misses, negative, hits), (3, 2, 5));
    assert_eq!(counts(run.served("db.query")), [3, 1, 0, 2]);
}

/// The database answers with errors until 1.5 s; a lease is given once in 3 s.
///
/// | asked at | |
/// |---|---|
/// | 1 s | gets the lease until 4 s, loads, fails at once |
/// | 2, 3 s | wait |
/// | 4 s | the first that waits gets the next lease, and loads until 4.1 s; the request of 4 s comes after that and waits |
/// | 4.1 s | those of 2, 3 and 4 s go on |
/// | from 5 s on | found |
#[test]
fn a_lease_outlasts_the_load_that_failed() {
    let run = run(&reading("lease: 3s", "100ms", "1/s"), "10500ms", &["errors:db:100%@0s+1500ms"]);
    assert_eq!(counts(run.source("people")), [10, 9, 0, 1]);
    let CacheTally { misses, coalesced, hits, .. } = pages(&run);
    assert_eq!((misses, coalesced, hits), (1, 3, 6));
    assert_eq!(run.latency_sum("people").millis(), 2100.0 + 1100.0 + 100.0);
    assert_eq!(counts(run.served("db.query")), [2, 1, 0, 1]);
}

/// Writes come at 1, 2, … 10 s and take 2.4 s in the database; one is stored at a time and one may wait.
///
/// | written at | |
/// |---|---|
/// | 1 s | stored in the background until 3.4 s |
/// | 2 s | waits, stored until 5.8 s |
/// | 3 s | one waits already: stored at once, answered at 5.4 s |
/// | 4 s | waits, stored until 8.2 s |
/// | 5 s | at once, until 7.4 s |
/// | 6 s | waits, stored until 10.6 s |
/// | 7, 8 s | at once |
/// | 9 s | waits |
/// | 10 s | at once |
#[test]
fn writes_behind_a_cache_wait_and_then_do_not() {
    let text = "
traffic: { people: { rate: 1/s, arrivals: constant, to: api.put } }
services: { api: { endpoints: { put: [ { write: { cache: pages, steps: [ { call: db } ] } } ] } } }
databases: { db: { query: { constant: 2400ms } } }
caches: { pages: { get: { constant: 0s }, keys: 1, write: { behind: { buffer: 1, flushers: 1 } } } }
";
    let calm = run(text, "10500ms", &[]);
    assert_eq!(counts(calm.source("people")), [10, 10, 0, 0]);
    assert_eq!(calm.latency_sum("people").millis(), 5.0 * 2400.0);
    assert_eq!(pages(&calm).lost, 0);
    // Flushed at 4.5 s, what was written at 4 s is lost.
    let flushed = run(text, "10500ms", &["cache_flush:pages@4500ms+100ms"]);
    assert_eq!(pages(&flushed).lost, 1);
}
