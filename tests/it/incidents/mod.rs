//! Eight incidents, each as a model and as the model with its company's fix, and a healthy control.
//!
//! What the post-mortems say, and what the runs show (seed 1, three replications; `exam` looks at them as at any dashboard):
//!
//! | incident | first victim | then, in this order | what keeps it going (without it, the run recovers) | recovers | as published |
//! |---|---|---|---|---|---|
//! | slack-2022 | nodes of memcached, then keyspace `users` | web's boots, their users | misses ask all shards (asking one) | no | yes |
//! | dynamodb-2015 | metadata | storage, tables, SQS; after 8 s servers that never lost their network | answers nobody waits for any more (no time-out) | no | yes; 100% errors, not 55% |
//! | coinbase-2020 | processes of the API | customers; servers out of rotation | busy servers are taken out (without: better) while the load is high | yes | yes |
//! | circleci-2015 | main database | site, dispatcher, machines without work | what a build costs grows with the queue (no coherency) | no | yes |
//! | discord-2017 | presence | sessions, their users, session servers that restart over and over | connections nobody waits for (cancelled) | no | yes |
//! | fortnite-2018 | matchmaking's shard | connections, threads, players | players who try again (no retry; or a failover) | no | yes |
//! | spotify-2013 | Popcount | disks of the access points, listeners | legacy clients that try again (no retry) | no | yes |
//! | stackdriver-2013 | Cassandra | charts; 60 s later bus, alerting, archive and producers | nothing | yes | yes |
//! | petclinic | visits | nobody | nothing | yes | control |
//!
//! The `-fixed` twins go through the same trigger: who does not need what was struck notices nothing, and all recover.

mod draws;
mod exam;
mod robust;

use crate::common::shipped;
use exam::{Seen, Way, examine, signs};
use tenfold::measure::Row;
use tenfold::model::Model;

const WAY: Way = Way { warmup: 20, tail: 240, replications: 3 };

fn seen(name: &str, changes: &[(&str, &str)], more: &[&str]) -> Vec<Seen> {
    examine(&changed(&shipped(&format!("{name}.yaml")), changes), more, WAY)
}

fn changed(model: &Model, changes: &[(&str, &str)]) -> Model {
    let changes: Vec<_> = changes.iter().map(|(path, to)| model.change(path, to)).collect();
    model.with(&changes).unwrap()
}

/// It is healthy without its trigger and before it; at the end it is, or is not.
#[track_caller]
fn ends(name: &str, seen: &[Seen], recovers: bool) {
    for s in seen {
        assert!(
            s.healthy > 0.99 && s.before > 0.98,
            "{name} is healthy without its trigger: {}, {}",
            s.healthy,
            s.before
        );
        assert_eq!(s.recovers(), recovers, "{name}: {:?}, stopped by {:?}", s.sources, s.faulted.stop);
    }
}

/// Of what the users of a source asked for, at least so much was answered during the trigger, and nearly all at the end.
#[track_caller]
fn unhurt(name: &str, seen: &[Seen], source: &str, during: f64) {
    for s in seen {
        let (_, [_, found, after]) = s.sources.iter().find(|(n, _)| n == source).expect(source);
        assert!(*found >= during && *after > 0.95, "{name}, {source}: {found} and {after}");
    }
}

/// These were impaired in this order, and nobody before the last of them who is not among them or among `aside`: parts of them,
/// or what the trigger itself has struck. Onsets are told to the second, so that some are at the same time.
#[track_caller]
fn in_order(name: &str, impaired: &[(String, usize)], order: &[&str], aside: &[&str]) {
    let when = |who: &str| match impaired.iter().find(|(n, _)| n == who) {
        Some((_, at)) => *at,
        None => panic!("{name}: {who} was not impaired: {impaired:?}"),
    };
    let times: Vec<usize> = order.iter().map(|who| when(who)).collect();
    assert!(times.is_sorted(), "{name}: {order:?} at {times:?}");
    let others = impaired.iter().filter(|(n, _)| !order.contains(&n.as_str()) && !aside.contains(&n.as_str()));
    for (other, at) in others.filter(|(n, _)| !n.starts_with("users of")) {
        assert!(at >= times.last().unwrap(), "{name}: {other} was impaired before the last of {order:?}: {impaired:?}");
    }
}

/// When somebody was impaired, in each run.
fn when(seen: &[Seen], who: &str) -> Vec<usize> {
    seen.iter().map(|s| s.impaired.iter().find(|(n, _)| n == who).expect(who).1).collect()
}

/// Published: the keyspace's overload outlives the rollout; clients already booted mostly worked.
#[test]
fn slack_does_not_get_its_cache_back() {
    let name = "incidents/slack-2022";
    let found = seen(name, &[], &[]);
    ends(name, &found, false);
    unhurt(name, &found, "booted", 0.99);
    for s in &found {
        in_order(name, &s.impaired, &["memcached", "users", "web"], &[]);
        let boots = s.sources.iter().find(|(n, _)| n == "boots").unwrap().1[2];
        assert!(boots < 0.2, "boots at the end: {boots}");
    }
    let fixed = seen("incidents/slack-2022-fixed", &[], &[]);
    ends("its twin", &fixed, true);
    unhurt("its twin", &fixed, "boots", 0.98);
    unhurt("its twin", &fixed, "booted", 0.99);
}

/// Published: at 02:37 55% of the requests failed, and it stayed so until requests for membership were paused; servers that had
/// kept their network lost their membership, too. Here all do in the end: nobody pauses anything.
#[test]
fn dynamodb_storage_servers_ask_for_ever() {
    let name = "incidents/dynamodb-2015";
    let found = seen(name, &[], &[]);
    ends(name, &found, false);
    for s in &found {
        in_order(name, &s.lasting, &["metadata", "storage-a", "router", "sqs"], &["membership-a"]);
        let healthy_part = s.lasting.iter().find(|(n, _)| n == "storage-b").unwrap().1;
        assert!(healthy_part > s.until, "part b never lost its network: {:?}", s.lasting);
        assert!(s.after < 0.45, "at least 55% of the requests fail: {}", s.after);
    }
    let fixed = seen("incidents/dynamodb-2015-fixed", &[], &[]);
    ends("its twin", &fixed, true);
    for s in &fixed {
        assert!(s.back_after().is_some_and(|t| t <= 10), "{:?}", s.back_after());
    }
    // What keeps it going is that answers come when nobody waits for them any more.
    let part = |part: &str| format!("services.storage-{part}.dependencies.metadata.timeout");
    let patient = seen(name, &[(&part("a"), "none"), (&part("b"), "none")], &[]);
    ends("patient servers", &patient, true);
}

/// Published: half of the requests fail while the traffic is five times as high; servers are taken out; it ends when there are
/// more servers or less traffic. Nothing keeps it going after that.
#[test]
fn coinbase_takes_busy_servers_out() {
    let name = "incidents/coinbase-2020";
    let found = seen(name, &[], &[]);
    ends(name, &found, true);
    let api = shipped(&format!("{name}.yaml")).plan.component("api").unwrap().index();
    let up = |row: &Row| row.stations[api].up;
    for s in &found {
        assert_eq!(s.order().first(), Some(&"api"), "{:?}", s.impaired);
        let errors = failing(s, 240, 960);
        assert!((0.4..0.75).contains(&errors), "half of the requests failed: {errors}");
        let least = s.faulted.series.rows[240..960].iter().map(up).min();
        assert!(least < Some(5), "fewer than half of ten servers are left at times: {least:?}");
    }
    let kept = seen(name, &[("services.api.health_check.panic", "100%")], &[]);
    for (with, without) in found.iter().zip(&kept) {
        assert!(without.during > with.during, "{} with the busy ones kept, {}", without.during, with.during);
    }
    let fixed = seen("incidents/coinbase-2020-fixed", &[], &[]);
    ends("its twin", &fixed, true);
    for s in &fixed {
        let errors = failing(s, 60, 960);
        assert!(errors < 0.01, "{errors}");
    }
}

/// Share of the requests of users that failed, of those that ended between two seconds.
fn failing(seen: &Seen, from: usize, to: usize) -> f64 {
    let cells = seen.faulted.series.rows[from..to].iter().flat_map(|r| &r.sources);
    let (failed, good) = cells.fold((0, 0), |(f, g), c| (f + c.failed, g + c.good));
    f64::from(failed) / f64::from(failed + good).max(1.0)
}

/// Published: builds fall to about one a minute while machines are idle, and the site suffers with them; it did not end before
/// the queues were cleared.
#[test]
fn circleci_queues_builds_in_its_database() {
    let name = "incidents/circleci-2015";
    let found = seen(name, &[], &[]);
    ends(name, &found, false);
    let model = shipped(&format!("{name}.yaml"));
    let machines = model.plan.component("machines").unwrap().index();
    for s in &found {
        in_order(name, &s.impaired, &["main-db", "site", "dispatcher"], &["machines"]);
        let rows = &s.faulted.series.rows;
        let busy = |row: usize| signs(&model.plan, machines, &rows[row]).busy;
        let builds: f64 = rows[380..420].iter().map(|row| signs(&model.plan, machines, row).good).sum::<f64>() / 40.0;
        assert!(busy(50) > 400.0 && busy(400) < 20.0, "machines are idle: {} and {}", busy(50), busy(400));
        assert!(builds < 5.0, "{builds} builds a second of 350");
    }
    let fixed = seen("incidents/circleci-2015-fixed", &[], &[]);
    ends("its twin", &fixed, true);
    unhurt("its twin", &fixed, "visitors", 0.98);
    unhurt("its twin", &fixed, "github", 0.98);
    // A queue in which a build costs the same, however many there are, is worked off.
    ends("a cheap queue", &seen(name, &[("services.main-db.scalability.coherency", "0%")], &[]), true);
}

/// Published: a third of all sessions stand still at once, and minutes later session servers run out of memory and crash, again
/// and again; their users are hurt until load is taken away.
#[test]
fn discord_sessions_connect_in_herds() {
    let name = "incidents/discord-2017";
    let found = seen(name, &[], &[]);
    ends(name, &found, false);
    let fleets = |seen: &[Seen]| -> Vec<u32> {
        seen.iter().map(|s| s.faulted.fleets.iter().flatten().map(|f| f.least).min().unwrap()).collect()
    };
    for s in &found {
        in_order(name, &s.impaired, &["presence", "sessions"], &["bonds"]);
        assert!((0.58..0.72).contains(&s.during), "a third of the sessions stand still: {}", s.during);
    }
    assert!(when(&found, "users of events").iter().all(|at| *at > 90), "crashes come later");
    assert!(fleets(&found).iter().all(|least| *least < 6), "session servers crash: {:?}", fleets(&found));
    let fixed = seen("incidents/discord-2017-fixed", &[], &[]);
    ends("its twin", &fixed, true);
    unhurt("its twin", &fixed, "events", 0.98);
    assert!(fleets(&fixed).iter().all(|least| *least == 6), "{:?}", fleets(&fixed));
    // What keeps it going: connections that are made for nobody.
    ends("cancelled", &seen(name, &[("services.sessions.dependencies.presence.cancellation", "true")], &[]), true);
}

/// Published: updates of matchmaking take 40 s and more, threads of MCP wait for them, and everybody is hurt until the primary is
/// made to fail over by hand. More threads do not help.
#[test]
fn fortnite_waits_for_one_collection() {
    let name = "incidents/fortnite-2018";
    let found = seen(name, &[], &[]);
    ends(name, &found, false);
    let model = shipped(&format!("{name}.yaml"));
    let update = model.plan.endpoint("matchmaking.update").unwrap().index();
    for s in &found {
        // Connections and threads are both gone within seconds, now the one and now the other first.
        in_order(name, &s.impaired, &["matchmaking", "sidecar"], &["mcp"]);
        in_order(name, &s.impaired, &["matchmaking", "mcp"], &["sidecar"]);
        let slowest = s.faulted.endpoints[update].latency.quantile(0.99).unwrap();
        assert!(slowest.seconds() > 40.0, "updates take 40 s and more: {slowest:?}");
        let (_, [_, _, logins]) = &s.sources[1];
        assert!(*logins > 0.95, "the account service goes on: {logins}");
    }
    let more = seen(name, &[("services.mcp.concurrency", "500")], &[]);
    ends("more threads", &more, false);
    ends("a failover", &seen(name, &[], &["kill:matchmaking:1@450s+5s"]), true);
    ends("players who do not try again", &seen(name, &[("traffic.players.retry", "none")], &[]), true);
    let fixed = seen("incidents/fortnite-2018-fixed", &[], &[]);
    ends("its twin", &fixed, true);
    unhurt("its twin", &fixed, "players", 0.98);
}

/// The account service's part of it: workers of nginx wait for a cache that hangs; a short time-out is the cure.
#[test]
fn fortnite_logins_need_no_memcached() {
    let logins = |file: &str| {
        let mut model = shipped(file);
        model.scenarios.retain(|s| s.name == "memcached-hangs");
        model.scenarios[0].name = "incident".into();
        let seen = examine(&model, &[], WAY);
        seen.iter().map(|s| s.sources.iter().find(|(n, _)| n == "logins").unwrap().1[1]).collect::<Vec<f64>>()
    };
    let (before, after) = (logins("incidents/fortnite-2018.yaml"), logins("incidents/fortnite-2018-fixed.yaml"));
    assert!(before.iter().all(|share| *share < 0.6) && after.iter().all(|share| *share > 0.98), "{before:?} {after:?}");
}

/// Published: a service nobody needs takes logging in and playing down, by way of the access points' disks; it goes on as long as
/// legacy clients try again.
#[test]
fn spotify_stops_playing_for_its_lists() {
    let name = "incidents/spotify-2013";
    let found = seen(name, &[], &[]);
    ends(name, &found, false);
    for s in &found {
        in_order(name, &s.impaired, &["popcount", "disk"], &["accesspoint", "not-answered", "bartender"]);
        let listeners = s.sources.iter().find(|(n, _)| n == "listeners").unwrap().1[2];
        assert!(listeners < 0.5, "hours later nobody plays: {listeners}");
    }
    let (disk, listeners) = (when(&found, "disk"), when(&found, "users of listeners"));
    assert!(disk.iter().zip(&listeners).all(|(d, l)| d < l), "{disk:?} {listeners:?}");
    ends("clients that do not try again", &seen(name, &[("traffic.legacy.retry", "none")], &[]), true);
    let fixed = seen("incidents/spotify-2013-fixed", &[], &[]);
    ends("its twin", &fixed, true);
    unhurt("its twin", &fixed, "listeners", 0.98);
    unhurt("its twin", &fixed, "discovery", 0.98);
}

/// Published: the bus stands still when the queue of Cassandra is full, alerting with it; with Cassandra everything comes back.
#[test]
fn stackdriver_alerts_nobody_but_recovers() {
    let name = "incidents/stackdriver-2013";
    let found = seen(name, &[], &[]);
    ends(name, &found, true);
    for s in &found {
        in_order(
            name,
            &s.impaired,
            &["cassandra", "charts", "alerting"],
            &["bus", "archive", "s3", "gateway", "checker"],
        );
        assert!(s.back_after().is_some_and(|t| t <= 10), "{:?}", s.back_after());
    }
    // 12,000 messages of 200 a second: a minute after the crash.
    for who in ["alerting", "archive", "gateway", "checker"] {
        assert!(when(&found, who).iter().all(|at| (115..=127).contains(at)), "{who}: {:?}", when(&found, who));
    }
    let fixed = seen("incidents/stackdriver-2013-fixed", &[], &[]);
    ends("its twin", &fixed, true);
    unhurt("its twin", &fixed, "agents", 0.99);
    unhurt("its twin", &fixed, "checks", 0.99);
    for s in &fixed {
        assert!(s.order().iter().all(|who| ["cassandra", "charts"].contains(who)), "{:?}", s.impaired);
    }
}

/// A healthy system: nobody notices that the visits are gone; customers are another matter, and that is so afterwards, too.
#[test]
fn the_clinic_is_well() {
    let found = seen("petclinic", &[], &[]);
    ends("petclinic", &found, true);
    unhurt("petclinic", &found, "jmeter", 0.99);
    for s in &found {
        assert_eq!(s.order(), ["visits"], "{:?}", s.impaired);
    }
    let mut model = shipped("petclinic.yaml");
    model.scenarios.retain(|s| s.name == "customers-restart");
    model.scenarios[0].name = "incident".into();
    let hard = examine(&model, &[], WAY);
    for s in &hard {
        assert!(s.recovers() && s.during < 0.8, "an owner is not shown without customers: {}", s.during);
    }
}
