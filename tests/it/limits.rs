//! `--max-events` and `--max-memory`: a run that reaches its limit ends where it is, the same on every machine, and nothing is
//! judged by it.

use super::testing::Folder;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

/// Ten requests arrive in the time that one takes, and all wait: 900 more each second.
const GROWS: &str = "
traffic: { rate: 1000/s, arrivals: constant, to: api }
services: { api: { work: { constant: 10ms }, concurrency: 1, queue: unlimited } }
";

const CALM: &str = "
name: calm
traffic: { callers: { rate: 50/s, to: api } }
services: { api: { work: 5ms } }
slos: [ api success >= 99% ]
";

fn folder() -> Folder {
    Folder::with(&[("grows.yaml", GROWS), ("calm.yaml", CALM)])
}

/// The JSON of a command that leaves with this code, the same on one thread and on two.
fn json(folder: &Folder, arguments: &str, code: i32) -> Value {
    let run = |threads: u32| {
        let all = format!("{arguments} --format json --replications 3 --threads {threads}");
        folder.run(&all).code(code).get_output().stdout.clone()
    };
    let (one, two) = (run(1), run(2));
    assert!(one == two, "{arguments}: it depends on the threads");
    serde_json::from_slice(&one).unwrap()
}

#[test]
fn a_run_ends_at_the_event_that_is_one_too_many() {
    let folder = folder();
    let whole = json(&folder, "run calm.yaml --duration 60s --warmup 5s", 0);
    assert_eq!((&whole["complete"], &whole["runs"][0]["slos"][0]["verdict"]), (&true.into(), &"met".into()));
    let cut = json(&folder, "run calm.yaml --duration 60s --warmup 5s --max-events 1k", 0);
    assert_eq!(cut["complete"], false);
    // Three replications of a thousand events each, of which a part was measured.
    assert_eq!(cut["runs"][0]["events"], 3_000);
    let requests = |report: &Value| report["runs"][0]["requests"].as_u64().unwrap();
    assert!((100..requests(&whole) / 4).contains(&requests(&cut)), "{}", cut["runs"][0]["requests"]);
    assert_eq!(cut["runs"][0]["slos"][0]["verdict"], "unclear", "nothing is judged by it");
    let note = cut["notes"][0].as_str().unwrap();
    assert!(note.contains("1000 events that --max-events allows") && note.contains("--duration"), "{note}");
    assert!(cut["command"].as_str().unwrap().contains("--max-events 1000"), "{}", cut["command"]);
    let page = folder.run("run calm.yaml --duration 60s --warmup 5s --max-events 1k").code(0);
    page.stdout(contains("that\n         --max-events allows").and(contains("stopped early")));
}

#[test]
fn a_run_that_ends_before_anything_counts_tells_so() {
    let cut = json(&folder(), "run calm.yaml --warmup 60s --duration 60s --max-events 100", 0);
    assert_eq!((&cut["complete"], &cut["runs"][0]["requests"]), (&false.into(), &0.into()));
}

/// A request is a record of 64 bytes: 1,000 of them are there after 1.1 s.
#[test]
fn a_run_ends_when_what_is_in_progress_takes_too_much_memory() {
    let cut = json(&folder(), "run grows.yaml --duration 60s --warmup 0s --max-memory 64kB", 0);
    assert_eq!(cut["complete"], false);
    let note = cut["notes"][0].as_str().unwrap();
    assert!(note.contains("the 64kB that --max-memory allows"), "{note}");
    let after = note.split("ended after ").nth(1).and_then(|rest| rest.split("s of").next()).unwrap();
    let seconds: f64 = after.trim_end_matches('m').parse().unwrap();
    assert!((1.0..1.3).contains(&seconds), "{note}");
    let enough = json(&folder(), "run calm.yaml --duration 20s --warmup 0s --max-memory 64kB", 0);
    assert_eq!(enough["complete"], true, "a calm system needs no more");
}

#[test]
fn a_test_that_was_cut_is_inconclusive() {
    let folder = folder();
    for limit in ["--max-events 1k", "--max-memory 100B"] {
        let cut = json(&folder, &format!("test calm.yaml {limit}"), 0);
        let report = cut.as_array().map_or(&cut, |all| &all[0]);
        assert_eq!((&report["complete"], &report["runs"][0]["slos"][0]["verdict"]), (&false.into(), &"unclear".into()));
        folder.test(&format!("calm.yaml --strict {limit}")).code(4).stdout(contains("inconclusive"));
    }
    folder.test("calm.yaml --strict --max-events 10M --max-memory 1MB").code(0);
}

#[test]
fn limits_are_offered_where_they_are_kept() {
    let folder = folder();
    for command in ["calm.yaml", "compare calm.yaml grows.yaml", "check calm.yaml"] {
        for limit in ["--max-events 1k", "--max-memory 1MB"] {
            folder.run(&format!("{command} {limit}")).code(2).stderr(contains("unexpected argument"));
        }
    }
    for (wrong, told) in [
        ("--max-events 0", "such as 5M"),
        ("--max-events many", "such as 5M"),
        ("--max-memory 500", "such as `500MB`"),
        ("--max-memory 0MB", "above zero"),
    ] {
        folder.run(&format!("run calm.yaml {wrong}")).code(2).stderr(contains(told));
    }
}

/// A million messages come at once, and again every millisecond: events are counted before all of them are there.
#[test]
fn a_batch_however_large_ends_at_a_limit() {
    let text = "
traffic: { rate: 10/s, to: web }
services: { web: { endpoints: { home: [ { work: 5ms } ] } } }
queues: { jobs: { publishers: [ { every: 1ms, messages: 1000000 } ] } }
";
    let folder = Folder::with(&[("huge.yaml", text)]);
    let cut = json(&folder, "run huge.yaml --duration 10s --warmup 1s --max-events 1k", 0);
    assert_eq!(cut["complete"], false);
}

/// What a message leads to takes no time, so that the first one is followed by others for ever: within one event, or with one
/// event after the other (`work: 0s`).
#[test]
fn a_run_whose_time_stands_still_ends_and_does_not_hold() {
    let model = |steps: &str| {
        format!(
            "traffic: {{ rate: 100/s, arrivals: constant, to: shop.view }}
services: {{ shop: {{ endpoints: {{ view: [ {steps} {{ publish: clicks }} ] }} }} }}
queues: {{ clicks: {{ consumers: [ {{ call: shop.view }} ] }} }}"
        )
    };
    let folder = Folder::with(&[("within.yaml", &model("")), ("events.yaml", &model("{ work: { constant: 0s } },"))]);
    for name in ["within", "events"] {
        let page = folder.run(&format!("run {name}.yaml --warmup 0s --duration 1s --replications 1")).code(0);
        page.stdout(
            contains("stopped early: after 10ms, since one thing causes the next through").and(contains("missed")),
        );
    }
    // No load is borne, and nothing else is claimed of it: neither that a resource is short nor that faults are harmless.
    let page = folder.run("within.yaml --load 1x --replications 1").code(0);
    let told =
        contains("do not hold at any load tried").and(contains("Messages of clicks lead to messages without end"));
    page.stdout(told.and(contains("no fault was tried")).and(contains("gives out").or(contains("Plan to")).not()));
}
