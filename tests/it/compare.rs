//! `simulate compare`: what differs between two models, and which change does it; and `tenfold.yaml`.

use super::testing::{Folder, OPTIONS, QUEUE};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;
use std::fs;

const OLD: &str = "name: queue
traffic: { callers: { rate: 100/s, to: api } }
services: { api: { concurrency: 1, queue: 100k, work: 7ms } }
slos: [ api mean < 60ms ]
";

fn compare(folder: &Folder, more: &str) -> assert_cmd::assert::Assert {
    folder.run(&format!("compare old.yaml new.yaml --warmup 5s --duration 40s {more}"))
}

fn both(old: &str, new: &str) -> Folder {
    Folder::with(&[("old.yaml", old), ("new.yaml", new)])
}

fn json(folder: &Folder) -> Value {
    serde_json::from_slice(&compare(folder, "--format json").get_output().stdout).unwrap()
}

fn model() -> String {
    OLD.into()
}

/// A queue twice as short changes nothing at load 0.7; work that takes 15% longer brings the mean from 23 to 41 ms.
#[test]
fn each_difference_has_its_cause() {
    let new = model().replace("7ms", "8.05ms").replace("100k", "50k").replace("60ms", "70ms");
    let folder = both(&model(), &new);
    let told = compare(&folder, "").code(1).stdout(contains("regressed     baseline: api.call mean"));
    told.stdout(contains("services.api.work 7ms → 8.05ms").and(contains("changes no figure by more than its margin")));
    compare(&folder, "--exit-zero").code(0);
    let report = json(&folder);
    let causes = report["comparison"]["causes"].as_array().unwrap();
    let paths: Vec<&str> = causes.iter().map(|c| c["changes"][0]["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["services.api.queue", "services.api.work", "slos.0"]);
    assert_eq!(causes[1]["where"]["line"], 3);
    let mean = |figure: &Value| figure["difference"]["mean"].as_f64().unwrap();
    for (i, figure) in report["comparison"]["figures"].as_array().unwrap().iter().enumerate() {
        // Steps that are simulated alike differ by exactly zero, and all of them add up.
        let steps: Vec<f64> = causes.iter().map(|c| mean(&c["figures"][i])).collect();
        assert_eq!((steps[0], steps[2]), (0.0, 0.0), "{figure}");
        assert!((steps.iter().sum::<f64>() - mean(figure)).abs() < 1e-9, "{figure}");
    }
}

#[test]
fn a_model_beside_itself_has_no_differences_and_a_better_one_passes() {
    let folder = both(&model(), &format!("# a comment\n{}", model()));
    compare(&folder, "--strict").code(0).stdout(contains("the model is the same").and(contains("4 unchanged")));
    let folder = both(&model(), &model().replace("7ms", "5ms"));
    compare(&folder, "").code(0).stdout(contains("improved      baseline: api.call mean"));
}

/// A call to what does not exist yet is no model: such changes are made together.
#[test]
fn changes_that_make_sense_only_together_are_one() {
    let new = model().replace("work: 7ms", "work: 7ms, calls: [ db ]") + "databases: { db: { query: 3ms } }\n";
    let report = json(&both(&model(), &new));
    let causes = report["comparison"]["causes"].as_array().unwrap();
    let changes = causes[0]["changes"].as_array().unwrap();
    let paths: Vec<&str> = changes.iter().map(|c| c["path"].as_str().unwrap()).collect();
    assert_eq!((causes.len(), paths.as_slice()), (1, ["services.api.calls", "databases"].as_slice()));
    // And back again: what is gone is a change, too.
    let report = json(&both(&new, &model()));
    let changes = report["comparison"]["causes"][0]["changes"].as_array().unwrap();
    assert!(changes.iter().all(|c| c["to"] == "nothing"), "{changes:?}");
}

#[test]
fn scenarios_that_both_have_are_compared_and_the_others_are_named() {
    let pause =
        "scenarios:\n  pause: { faults: [ { hang: api, at: 10s, for: 2s } ], expect: [ recovers within 60s ] }\n";
    let other = format!("{pause}  rush: {{ load: 1.2x, expect: [ success >= 90% ] }}\n");
    let folder = both(&format!("{}{pause}", model()), &format!("{}{other}", model()));
    let told = compare(&folder, "--load 1.1x").code(0).stdout(contains("12 figures: 12 unchanged"));
    told.stdout(contains("`rush` is a scenario of the second alone"));
}

#[test]
fn a_baseline_is_no_model() {
    let folder = both(&model(), &model());
    folder.test(&format!("old.yaml {OPTIONS} --write-baseline base.yaml")).code(0);
    folder.run("compare base.yaml new.yaml").code(2).stderr(contains("simulate test MODEL --baseline base.yaml"));
    // Nor is it tested as one.
    folder.test(&format!(". {OPTIONS} --list")).code(0).stdout(contains("base.yaml").not());
}

const CHECKED: &str = "traffic: { rate: 50/s, to: api }
services: { api: { work: 5ms, calls: [ db ] } }
databases: { db: { query: 3ms, backups: none } }
ignore: [ { finding: untested-backups, reason: r } ]
";

#[test]
fn a_configuration_is_found_by_walking_up_and_the_command_line_wins() {
    let folder = Folder::with(&[
        ("tenfold.yaml", "fail_on: P2\ninline_ignores: false\nformat: json\nseed: 7\nbaseline: deep/base.yaml\n"),
        ("deep/models/m.yaml", CHECKED),
        ("deep/models/queue.yaml", QUEUE),
    ]);
    let check = |more: &str| folder.run(&format!("check deep/models/m.yaml {more}"));
    check("").code(1).stdout(contains("\"format\": \"tenfold/review/1\""));
    check("--format text").code(1).stdout(contains("is a valid model"));
    check("--fail-on never").code(0);
    let set = |text: &str| fs::write(folder.path("tenfold.yaml"), text).unwrap();
    set("ignore: [ untested-backups ]\nfail_on: P2\ninline_ignores: false\n");
    check("").code(0);
    check("--ignore n-plus-one").code(1);
    set("select: [ n-plus-one ]\nfail_on: P2\ninline_ignores: false\n");
    check("").code(0);
    // The seed, and the baseline from the folder of the file.
    set("seed: 7\nbaseline: deep/base.yaml\nstrict: true\nmax_replications: 5\n");
    let test = |more: &str| {
        folder.test(&format!("deep/models/queue.yaml --warmup 5s --duration 60s --filter obj --filter close {more}"))
    };
    test("--write-baseline deep/base.yaml").code(4);
    assert!(folder.text("deep/base.yaml").contains("\nseed: 7\n"));
    test("").code(4).stdout(contains("Beside deep/base.yaml").and(contains("5 runs")));
    test("--seed 8").code(2).stderr(contains("under seed 7, and this is seed 8"));
    // It is no model, and nothing above the root of a repository counts.
    folder.test(". --list").code(0).stdout(contains("tenfold.yaml").not());
    set("sed: 7\n");
    check("").code(2).stderr(contains("tenfold.yaml:1:1").and(contains("did you mean `seed`?")));
    fs::create_dir(folder.path("deep/.git")).unwrap();
    check("").code(0);
}

#[test]
fn what_is_wrong_with_a_configuration_is_told_at_its_line() {
    let folder = Folder::with(&[("m.yaml", CHECKED), ("a/m.yaml", CHECKED), ("a/tenfold.yaml", "seed: 2\n")]);
    for (text, told) in [
        ("seed: 1\nfail_on: P7\n", "tenfold.yaml:2:10"),
        ("format: jason\n", "did you mean `json`?"),
        ("select: [ n-plus-on ]\n", "did you mean `n-plus-one`?"),
        ("replications: 0\n", "from 1 to 1000"),
        ("load: fast\n", "tenfold.yaml:1:7"),
        ("inline_ignores: maybe\n", "tenfold.yaml:1:17"),
    ] {
        fs::write(folder.path("tenfold.yaml"), text).unwrap();
        folder.run("check m.yaml").code(2).stderr(contains(told));
    }
    fs::write(folder.path("tenfold.yaml"), "seed: 1\n").unwrap();
    folder.run("check m.yaml a/m.yaml").code(2).stderr(contains("the models have different configurations"));
}
