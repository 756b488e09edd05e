//! The same seed gives the same bytes: twice, on any number of threads, and for a run that was forked at any time.

use crate::common::{counts, duration, model, shipped, trial};
use assert_cmd::Command;
use tenfold::faults::{self, Fault, Luck};
use tenfold::measure::{Measurements, Trial};
use tenfold::model::Model;
use tenfold::plan::Knobs;
use tenfold::units::SimDuration;

/// What the command writes to standard output.
fn output(args: &[&str]) -> Vec<u8> {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args);
    command.assert().success().get_output().stdout.clone()
}

/// Three small models, one of which cannot be decided at once, so that there are several looks.
const MODELS: [(&str, &str); 3] = [
    ("b.yaml", super::testing::QUEUE),
    (
        "deep/a.yaml",
        "traffic: { rate: 80/s, to: api }
services: { api: { work: 4ms, concurrency: 1, calls: [ db ] } }
databases: { db: { connections: 2, query: 3ms } }
slos: [ api p95 < 1s ]
scenarios:
  restart: { faults: [ { kill: db, at: 10s, for: 5s } ], expect: [ success <= 50% during fault, recovers within 30s ] }
",
    ),
    ("c.yaml", "traffic: { rate: 50/s, to: api }\nservices: { api: { work: 4ms } }\nslos: [ api mean < 5s ]\n"),
];

/// Tests of several models are the same on any number of threads, and in whatever order the files are named; of a directory they
/// are in the order of their names.
#[test]
fn tests_depend_neither_on_threads_nor_on_the_order_of_files() {
    let folder = super::testing::Folder::with(&MODELS);
    let run = |files: &str, more: &str| {
        let options = "--warmup 5s --duration 30s --max-replications 10 --no-times --format";
        folder.test(&format!("{files} {options} {more}")).get_output().stdout.clone()
    };
    for format in ["json", "junit", "text"] {
        let one = run(".", &format!("{format} --threads 1"));
        assert!(!one.is_empty());
        for threads in [2, 5] {
            assert!(run(".", &format!("{format} --threads {threads}")) == one, "{format} on {threads} threads");
        }
    }
    let reports = |files: &str| -> Vec<serde_json::Value> {
        let text = run(files, "json");
        serde_json::Deserializer::from_slice(&text).into_iter().map(Result::unwrap).collect()
    };
    let name = |report: &serde_json::Value| report["model"]["file"].as_str().unwrap().to_owned();
    let sorted = reports(".");
    assert_eq!(sorted.iter().map(name).collect::<Vec<_>>(), ["b.yaml", "c.yaml", "deep/a.yaml"]);
    let mut other = reports("deep/a.yaml c.yaml b.yaml");
    assert_eq!(other.iter().map(name).collect::<Vec<_>>(), ["deep/a.yaml", "c.yaml", "b.yaml"]);
    other.sort_by_key(name);
    assert_eq!(other, sorted);
}

#[test]
fn an_experiment_gives_the_same_bytes_on_one_thread_and_on_two() {
    let args = ["run", "models/shop.yaml", "--scenario", "payment-provider-slow", "--format", "json", "--threads"];
    let with = |threads| output(&[&args[..], &[threads]].concat());
    let one = with("1");
    assert!(one.len() > 1_000);
    assert_same(&one, &with("2"));
    assert_same(&one, &with("1"));
}

#[test]
fn a_review_gives_the_same_bytes_on_one_thread_and_on_two() {
    let args = ["models/shop.yaml", "--load", "2x", "--duration", "20s", "--replications", "2", "--format", "json"];
    let with = |threads| output(&[&args[..], &["--threads", threads]].concat());
    let one = with("1");
    assert!(one.len() > 1_000);
    assert_same(&one, &with("2"));
    assert_same(&one, &with("2"));
}

/// Shows the first difference instead of two long texts.
#[track_caller]
fn assert_same(a: &[u8], b: &[u8]) {
    if let Some(at) = a.iter().zip(b).position(|(x, y)| x != y).or((a.len() != b.len()).then_some(a.len().min(b.len())))
    {
        let around = |text: &[u8]| {
            let (from, to) = (at.saturating_sub(200).min(text.len()), (at + 200).min(text.len()));
            String::from_utf8_lossy(&text[from..to]).into_owned()
        };
        panic!("the first difference is at byte {at}:\n{}\n---- and ----\n{}", around(a), around(b));
    }
}

/// A run that fails at `start` for 4 s, in the course of 20 s.
fn faulty<'m>(healthy: &Trial<'m>, model: &'m Model, what: &str, start: SimDuration) -> Trial<'m> {
    let fault = Fault { start, duration: Some(duration("4s")), ..Fault::parse_flag(what).unwrap() };
    fault.check(&model.plan).unwrap();
    let baseline = Knobs::baseline(&model.plan, healthy.load);
    let luck = Luck { seed: 1, replication: 0, until: duration("80s") };
    Trial { timeline: faults::timeline(&model.plan, &baseline, &[fault], luck), ..healthy.clone() }
}

#[test]
fn a_fork_equals_the_run_from_scratch() {
    for (name, fault) in [
        ("shop.yaml", "latency:stripe:+5s"),
        ("shop.yaml", "kill:orders-db"),
        ("shop.yaml", "partition:web>catalog"),
        ("shop.yaml", "cache_flush:catalog-cache"),
        ("shop.yaml", "consumer_stop:order-events"),
        ("shop.yaml", "hang:web:50%"),
        ("shop.yaml", "hang:orders-db"),
        ("shop.yaml", "cpu:web:70%"),
        ("online-boutique.yaml", "errors:catalog:50%"),
    ] {
        let model = shipped(name);
        let load = if name == "shop.yaml" { 2.0 } else { 10.0 };
        let healthy = Trial { load, warmup: duration("2s"), ..trial(&model, "20s", &[]) };
        for start in ["0s", "1ns", "1s", "3700ms", "9999999999ns", "16s"] {
            let start = duration(start);
            let faulty = faulty(&healthy, &model, fault, start);
            let mut warm = healthy.warm();
            healthy.advance(&mut warm, start);
            let (whole, forked) = (faulty.run(), faulty.run_from(&warm));
            assert!(whole == forked, "{name}: {fault} at {start}: {}", difference(&whole, &forked));
            assert!(format!("{whole:?}") == format!("{forked:?}"), "{name}: {fault} at {start}");
            // The fork it came from is untouched, and can be used again.
            assert!(faulty.run_from(&warm) == whole, "{name}: {fault} at {start}, forked again");
        }
    }
}

/// A fault that begins where another fork of the same run was healthy must change something, or the test above is idle.
#[test]
fn the_forks_differ_from_the_healthy_run() {
    let model = shipped("shop.yaml");
    let healthy = trial(&model, "20s", &[]);
    let sick = faulty(&healthy, &model, "kill:orders-db", duration("9s"));
    assert!(healthy.run() != sick.run());
}

fn difference(a: &Measurements, b: &Measurements) -> String {
    let row = a.series.rows.iter().zip(&b.series.rows).position(|(x, y)| x != y);
    format!("{} and {} events; the first window that differs: {row:?}", a.events, b.events)
}

/// `first` and `last` are stations without a queue, so that the time spent there is the work drawn, and nothing else.
fn chain(policy_of_middle: &str, more: &str) -> Model {
    model(&format!(
        "traffic:
  people: {{ rate: 200/s, to: front.ask }}
{more}
  front:
    concurrency: unlimited
    endpoints:
      ask:
        - call: first.reply
        - call: middle.reply
        - chance: {{ p: 30%, steps: [ {{ call: seldom.reply }} ] }}
    dependencies: {{ middle: {policy_of_middle} }}
  first: {{ concurrency: unlimited, endpoints: {{ reply: [ {{ work: 5ms }} ] }} }}
  middle: {{ concurrency: 2, queue: 20, endpoints: {{ reply: [ {{ work: 9ms }} ] }} }}
  seldom: {{ concurrency: unlimited, endpoints: {{ reply: [ {{ work: 5ms }} ] }} }}
"
    ))
}

fn served<'a>(model: &Model, measured: &'a Measurements, endpoint: &str) -> &'a tenfold::measure::Served {
    &measured.endpoints[model.plan.endpoint(endpoint).unwrap().index()]
}

/// Time-outs, retries with jitter and a breaker in the middle change what happens there and when; the draws of the others
/// stay what they were: every piece of work of `first`, and every request's own choice to go on to `seldom`.
#[test]
fn a_policy_leaves_the_draws_of_others_alone() {
    let plain = chain("{ optional: true }", "services:");
    let guarded = chain(
        "{ timeout: 20ms, retry: { attempts: 3, backoff: 10ms }, circuit_breaker: { minimum_calls: 5 }, optional: true }",
        "services:",
    );
    let (before, after) = (trial(&plain, "60s", &[]).run(), trial(&guarded, "60s", &[]).run());
    let edge = |m: &Model, r: &Measurements| r.edges[m.plan.edge("front>middle").unwrap().index()];
    let (alone, with) = (edge(&plain, &before), edge(&guarded, &after));
    assert!(with.timeouts > 100 && with.retries > 100 && with.breaker_opened > 0, "the policy must act: {with:?}");
    assert_eq!((alone.timeouts, alone.retries), (0, 0));
    assert_eq!(before.sources[0].total.offered, after.sources[0].total.offered);
    // The same work, piece by piece: equal histograms and an equal sum to the nanosecond.
    assert!(served(&plain, &before, "first.reply") == served(&guarded, &after, "first.reply"));
    // The same choices, though they are made at other times and in another order.
    assert_eq!(served(&plain, &before, "seldom.reply").offered, served(&guarded, &after, "seldom.reply").offered);
    assert_eq!(counts(served(&guarded, &after, "front.ask"))[3], 0);
}

/// More traffic, more services and a database elsewhere: the first part of the model does not notice.
#[test]
fn a_new_component_leaves_the_draws_of_others_alone() {
    let alone = chain("{ timeout: 20ms, retry: { attempts: 2, backoff: 10ms }, optional: true }", "services:");
    let joined = chain(
        "{ timeout: 20ms, retry: { attempts: 2, backoff: 10ms }, optional: true }",
        "  visitors: { rate: 77/s, to: other.ask }
databases:
  elsewhere: { connections: 3, queries: { look: { read: 4ms } } }
services:
  other: { endpoints: { ask: [ { work: 3ms }, { call: elsewhere.look } ] } }",
    );
    let (before, after) = (trial(&alone, "60s", &[]).run(), trial(&joined, "60s", &[]).run());
    let source = |m: &Model, r: &Measurements| r.sources[m.plan.source("people").unwrap().index()].total.clone();
    assert!(source(&alone, &before) == source(&joined, &after));
    for endpoint in ["front.ask", "first.reply", "middle.reply", "seldom.reply"] {
        assert!(served(&alone, &before, endpoint) == served(&joined, &after, endpoint), "{endpoint}");
    }
    assert!(served(&joined, &after, "elsewhere.look").succeeded > 1_000);
}

/// Replications and seeds, on the other hand, are different worlds.
#[test]
fn another_seed_or_replication_is_another_run() {
    let model = shipped("shop.yaml");
    let base = trial(&model, "5s", &[]);
    let runs = [base.run(), Trial { seed: 2, ..base.clone() }.run(), Trial { replication: 1, ..base.clone() }.run()];
    assert!(runs[0] == base.run());
    assert!(runs[0] != runs[1] && runs[0] != runs[2] && runs[1] != runs[2]);
}
