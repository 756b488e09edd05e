//! `simulate test`: what it says, how it leaves, and how often it is wrong.

use super::common::model;
use assert_cmd::Command;
use assert_cmd::assert::Assert;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use std::fs;
use tempfile::TempDir;
use tenfold::experiments::{Options, Quiet, Ruling, examine_all, exams};

/// M/M/1 with 8 ms of work and a rate that makes it busy by 80%: the time in the system is exponential with mean 40 ms and
/// median 27.7 ms. A pause of 10 s leaves 1,000 requests, which drain at 25/s in 40 s: until 70 s answers take seconds.
pub const QUEUE: &str = "
name: queue
traffic: { callers: { rate: 100/s, to: api } }
services: { api: { concurrency: 1, queue: 100k, work: 8ms } }
slos: [ api mean < 60ms ]
scenarios:
  far: { expect: [ api mean > 60ms ] }
  pause:
    faults: [ { hang: api, at: 20s, for: 10s } ]
    expect: [ api p50 > 1s during fault, api p50 < 200ms before fault, api p99 > 1s 35s..45s, recovers within 60s ]
  close: { expect: [ api mean < 40ms ] }
";

pub struct Folder(TempDir);

impl Folder {
    pub fn with(files: &[(&str, &str)]) -> Folder {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Folder(folder)
    }

    pub fn test(&self, arguments: &str) -> Assert {
        self.run(&format!("test {arguments}"))
    }

    pub fn run(&self, arguments: &str) -> Assert {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
        command.current_dir(self.0.path()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command.args(arguments.split_whitespace()).assert()
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

pub const OPTIONS: &str = "--warmup 5s --duration 60s --max-replications 10";

#[test]
fn passed_failed_inconclusive_and_broken_are_told_apart() {
    let folder = Folder::with(&[("models/queue.yaml", QUEUE), ("models/deep/bad.yaml", "traffic: { rate: 1/s }\n")]);
    let run = folder.test(&format!("models {OPTIONS} --format text"));
    let run = run.code(2).stdout(contains("passed        objectives").and(contains("FAILED        far")));
    let run = run.stdout(contains("passed        pause, api hanging").and(contains("inconclusive  close")));
    run.stdout(contains("BROKEN").and(contains("models/queue.yaml:7:20"))).stderr(contains("error"));
    let queue = format!("models/queue.yaml {OPTIONS}");
    folder.test(&queue).code(1).stdout(contains("2 passed, 1 failed and 1 inconclusive"));
    folder.test(&format!("{queue} --exit-zero")).code(0);
    folder.test(&format!("{queue} --filter pause")).code(0).stdout(contains("far").not());
    folder.test(&format!("{queue} --filter close")).code(0);
    folder.test(&format!("{queue} --filter close --strict")).code(4);
    folder.test(&format!("{queue} --filter nowhere")).code(2).stderr(contains("--list"));
    folder.test("models/queue.yaml --list").code(0).stdout(contains("models/queue.yaml pause\n"));
}

#[test]
fn every_format_says_the_same() {
    let folder = Folder::with(&[("queue.yaml", QUEUE), ("bad.yaml", "traffic: { rate: 1/s }\n")]);
    folder
        .test(&format!(
            ". {OPTIONS} --format junit --output j.xml --format sarif --output s.json --format gitlab --output g.json"
        ))
        .code(2);
    let text = |name: &str| fs::read_to_string(folder.0.path().join(name)).unwrap();
    let junit = text("j.xml");
    for (what, times) in [("<error", 1), ("<failure", 1), ("<skipped", 1), ("<testcase", 8)] {
        assert_eq!(junit.matches(what).count(), times, "{what} in {junit}");
    }
    let sarif: serde_json::Value = serde_json::from_str(&text("s.json")).unwrap();
    let results: Vec<&serde_json::Value> =
        sarif["runs"].as_array().unwrap().iter().flat_map(|run| run["results"].as_array().unwrap()).collect();
    let rules: Vec<&str> = results.iter().map(|r| r["ruleId"].as_str().unwrap()).collect();
    assert_eq!(rules, ["invalid-model", "expectation-failed", "expectation-inconclusive"]);
    let region = &results[1]["locations"][0]["physicalLocation"]["region"];
    assert_eq!((region["startLine"].as_u64(), region["startColumn"].as_u64()), (Some(7), Some(20)));
    assert_eq!(region["endColumn"].as_u64(), Some(35));
    let gitlab: serde_json::Value = serde_json::from_str(&text("g.json")).unwrap();
    assert_eq!(gitlab.as_array().unwrap().len(), 3);
    assert_eq!(gitlab[1]["location"]["lines"]["begin"].as_u64(), Some(7));
    let summary = folder.test(&format!(". {OPTIONS} --format markdown")).code(2);
    let summary =
        summary.stdout(contains("## Architecture tests: 2 passed, 1 failed, 1 inconclusive and 1 that cannot be read"));
    let summary = summary.stdout(contains("| **broken** | bad.yaml"));
    summary.stdout(contains("| **failed** | queue.yaml far | api mean &gt; 60ms (queue.yaml:7) | "));
    let annotations = folder.test(&format!("queue.yaml {OPTIONS} --format github"));
    annotations
        .code(1)
        .stdout(contains("::error file=queue.yaml,line=7,endLine=7,col=20,title=P0 expectation-failed::far"));
}

/// The true mean is 40 ms. An expectation that is true with five percent to spare must not fail, one that is false must
/// not pass: in at most one of twenty, by the error that is promised.
#[test]
fn few_verdicts_are_wrong() {
    let wrong = |limit: &str, wrong: Ruling| -> usize {
        let text = format!(
            "traffic: {{ rate: 100/s, to: api }}
services: {{ api: {{ concurrency: 1, queue: 100k, work: 8ms }} }}
slos: [ api mean < {limit} ]
"
        );
        let model = model(&text);
        let seeds = 1..=60;
        let count = seeds.filter(|seed| {
            let duration = Some(tenfold::units::parse_duration("120s").unwrap());
            let options = Options { seed: *seed, duration, ..Options::default() };
            let exams = exams(&model, &options);
            examine_all(&model, &exams, &options, 20, &Quiet)[0].ruled[0].ruling == wrong
        });
        count.count()
    };
    // At 5% the chance of more than eight of 60 is 0.3%.
    assert!(wrong("40.01ms", Ruling::Failed) <= 8);
    assert!(wrong("39.99ms", Ruling::Passed) <= 8);
}

#[test]
fn what_does_not_exist_is_an_error() {
    let wrong = |expectation: &str, hint: &str| {
        let text = QUEUE.replace("api mean > 60ms", expectation);
        let folder = Folder::with(&[("m.yaml", &text)]);
        folder.test("m.yaml").code(2).stderr(contains(hint));
    };
    wrong("no missing-timeot", "did you mean `no missing-timeout`?");
    wrong("no P0 on apy", "did you mean `api`?");
    wrong("api p50 < 1s during fault", "the scenario has no faults");
    wrong("api p50 < 1s durin fault", "did you mean `during fault`?");
    wrong("api p50 < 1s 60s..20s", "ends before it begins");
    wrong("metastable <= 5%", "`metastable` needs a fault");
    wrong("capacity >= 100/s", "a multiple of the load");
    wrong("api age < 5s", "`age` is something a queue has");
    wrong("age < 5s", "`age` is something a queue has");
    let folder = Folder::with(&[("m.yaml", &QUEUE.replace("api mean < 60ms ]", "no P0 ]"))]);
    folder.test("m.yaml").code(2).stderr(contains("write it under `expect` of a scenario"));
}

/// What a review finds can be expected, and what it must not find.
#[test]
fn findings_and_capacity_can_be_expected() {
    let text = "
traffic: { rate: 50/s, to: api }
services: { api: { concurrency: 1, work: 8ms } }
slos: [ api mean < 60ms ]
scenarios:
  twice: { expect: [ capacity >= 1.5x, no retry-storm ] }
  fourfold: { expect: [ capacity >= 4x ] }
";
    let folder = Folder::with(&[("m.yaml", text)]);
    // By arithmetic the worker is busy all the time at 2.5x.
    folder.test("m.yaml").code(1).stdout(contains("passed        twice").and(contains("capacity >= 4x")));
}

/// A message each second, and nobody who takes one from 20 s to 40 s: until then the oldest is 10 ms old at most, at 40 s it is
/// almost 20 s old, and soon afterwards there is none.
#[test]
fn the_age_of_a_backlog_can_be_expected() {
    let text = "
traffic: { people: { rate: 1/s, arrivals: constant, to: web.put } }
services:
  web: { endpoints: { put: [ { publish: jobs } ] } }
  worker: { work: { constant: 10ms } }
queues: { jobs: { consumers: [ { call: worker } ] } }
scenarios:
  stop:
    faults: [ { consumer_stop: jobs, at: 20s, for: 20s } ]
    expect: [ jobs age < 100ms before fault, jobs age > 18s during fault, jobs age < 21s, jobs age < 100ms 45s..60s ]
  short: { faults: [ { consumer_stop: jobs, at: 20s, for: 20s } ], expect: [ jobs age < 18s ] }
";
    let folder = Folder::with(&[("m.yaml", text)]);
    let told = folder.test("m.yaml --warmup 5s --duration 60s -v").code(1);
    told.stdout(
        contains("passed        stop").and(contains("FAILED        short")).and(contains("jobs age < 18s: 20s")),
    );
    // It is compared, too.
    folder.test("m.yaml --warmup 5s --duration 60s --filter stop --write-baseline base.yaml").code(0);
    assert!(folder.text("base.yaml").contains("jobs age during fault: ["));
    folder.run("compare base.yaml m.yaml").code(0).stdout(contains("unchanged"));
}

/// JUnit has the time of each scenario, shared out among its expectations, unless it is to be the same each time.
#[test]
fn junit_has_times_unless_they_are_left_out() {
    let folder = Folder::with(&[("queue.yaml", QUEUE)]);
    let junit = |more: &str| {
        let run = folder.test(&format!("queue.yaml {OPTIONS} --filter pause --format junit {more}")).code(0);
        String::from_utf8(run.get_output().stdout.clone()).unwrap()
    };
    let text = junit("");
    let document = roxmltree::Document::parse(&text).unwrap();
    let times = |tag: &str| -> Vec<f64> {
        let all = document.root_element().descendants().filter(|n| n.has_tag_name(tag));
        all.map(|n| n.attribute("time").unwrap().parse().unwrap()).collect()
    };
    let cases = times("testcase");
    assert_eq!(cases.len(), 4);
    assert!(cases.iter().all(|time| *time > 0.0), "{cases:?}");
    let sum: f64 = cases.iter().sum();
    assert!((times("testsuite")[0] - sum).abs() < 0.01 && (times("testsuites")[0] - sum).abs() < 0.01, "{text}");
    let without = junit("--no-times");
    assert!(!without.contains(" time="), "{without}");
    assert_eq!(without, junit("--no-times"));
}

/// What the pause leaves drains in 40 s, and until then nobody gets an answer in time: longer than any mechanism of the model
/// takes. A run lasts as long as the system is given to recover.
#[test]
fn a_slow_recovery_is_waited_for() {
    let text = "
traffic: { callers: { rate: 100/s, to: api, timeout: 500ms } }
services: { api: { concurrency: 1, queue: 100k, work: 8ms } }
scenarios:
  patient: { faults: [ { hang: api, at: 20s, for: 10s } ], expect: [ recovers within 90s ] }
  hasty: { faults: [ { hang: api, at: 20s, for: 10s } ], expect: [ recovers within 5s ] }
";
    let folder = Folder::with(&[("m.yaml", text)]);
    let told = folder.test("m.yaml").code(1).stdout(contains("passed        patient"));
    told.stdout(contains("FAILED        hasty").and(contains("too late in 5 of 5 runs")));
}

/// A third of the calls fail, none is tried again.
#[test]
fn the_success_of_a_connection_can_be_expected() {
    let text = "
traffic: { rate: 100/s, to: api }
services: { api: { work: 1ms, calls: [ db ] } }
databases: { db: { connections: 50, query: 2ms } }
scenarios:
  errors:
    faults: [ { errors: db, share: 33%, at: 0s } ]
    expect: [ api>db success >= 60%, api>db success <= 75% ]
  clean: { expect: [ api>db success >= 99% ] }
";
    let folder = Folder::with(&[("m.yaml", text)]);
    let told = folder.test("m.yaml --warmup 1s --duration 20s -v").code(0);
    told.stdout(contains("2 passed").and(contains("api>db success >= 60%: 68")));
}

/// The standby takes over after 5 s, and nobody has written `for`: by arithmetic nothing is answered from 10 s to 15 s, and
/// everything before and after.
#[test]
fn a_failover_lasts_as_long_as_the_standby_takes() {
    let text = "
traffic: { rate: 50/s, to: api }
services: { api: { work: 1ms, calls: [ db.put ] } }
databases: { db: { connections: 20, failover: 5s, queries: { put: { write: 2ms } } } }
scenarios:
  gone:
    faults: [ { failover: db, at: 10s } ]
    expect: [ api success < 1% during fault, api success >= 99% after fault, api success < 1% 10s..15s, recovers within 5s ]
";
    let folder = Folder::with(&[("standby.yaml", text)]);
    folder.test("standby.yaml --warmup 2s --duration 40s --strict").code(0).stdout(contains("4 expectations"));
    let run = folder.run("run standby.yaml --fail failover:db@10s --warmup 2s --duration 40s --replications 1").code(0);
    run.stdout(contains("db failing over from 10s to 15s"));
}
