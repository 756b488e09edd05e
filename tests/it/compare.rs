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

/// The baseline is the reference wherever it stands; what one baseline cannot tell is said.
#[test]
fn a_model_is_compared_with_a_baseline() {
    let folder = both(&model(), &model().replace("7ms", "8.05ms"));
    let of = "--warmup 5s --duration 40s";
    folder.test(&format!("old.yaml {of} --write-baseline base.yaml")).code(0);
    let same = folder.run("compare base.yaml old.yaml --strict").code(0);
    same.stdout(contains("the model is the same").and(contains("4 unchanged")).and(contains("old.yaml\n")));
    let slower = |arguments: &str| folder.run(&format!("compare {arguments}")).code(1);
    let told = slower("base.yaml new.yaml").stdout(contains("regressed     objectives: api.call mean"));
    let told = told.stdout(contains("in base.yaml the model is old.yaml"));
    told.stdout(contains("which change makes which difference is not told").and(contains("new.yaml:3")));
    let json = |arguments: &str| -> Value {
        let output = slower(&format!("{arguments} --format json"));
        serde_json::from_slice(&output.get_output().stdout).unwrap()
    };
    let (one, other) = (json("base.yaml new.yaml"), json("new.yaml base.yaml"));
    assert_eq!((&one["comparison"], &one["model"]), (&other["comparison"], &other["model"]));
    assert!(one["comparison"]["causes"].as_array().is_none_or(Vec::is_empty));
    // The same figures as beside the model itself, which has more pairs.
    let figure = &one["comparison"]["figures"][0];
    assert_eq!((&figure["figure"], &figure["run"]), (&"api.call success".into(), &"objectives".into()));
    slower("new.yaml base.yaml --format junit").stdout(contains("no worse than in base.yaml"));
    folder.run("compare base.yaml new.yaml --exit-zero").code(0);
    folder.run("compare base.yaml old.yaml --set services.api.work=5ms").code(0).stdout(contains("improved"));
    // Nor is a baseline tested as a model.
    folder.test(&format!(". {OPTIONS} --list")).code(0).stdout(contains("base.yaml").not());
}

#[test]
fn what_a_baseline_cannot_be_compared_with_is_refused() {
    let folder = both(&model(), &format!("{}scenarios: {{ rush: {{ load: 1.2x }} }}\n", model()));
    fs::write(folder.path("third.yaml"), model()).unwrap();
    let of = "--warmup 5s --duration 20s";
    folder.test(&format!("old.yaml new.yaml {of} --write-baseline two.yaml")).code(0);
    folder.run("check old.yaml --write-baseline found.yaml").code(0);
    let refused = |arguments: &str, told: &str| {
        folder.run(&format!("compare {arguments}")).code(2).stderr(contains(told));
    };
    refused("two.yaml two.yaml", "both are baselines");
    refused("two.yaml old.yaml --load 2x", "nothing at another load");
    refused("two.yaml third.yaml", "it holds `new.yaml` and `old.yaml`");
    refused("two.yaml old.yaml --seed 2", "under seed 1, and this is seed 2");
    refused("two.yaml old.yaml --duration 30s", "was measured for 20s there");
    refused("two.yaml new.yaml --set scenarios.rush.load=1.1x", "`rush` ran at 1.2x there");
    refused("found.yaml old.yaml", "holds no figures: it was written by `simulate check`");
    // What either has alone is told.
    let told = folder.run("compare two.yaml new.yaml --set scenarios.rush.load=1.2x").code(0);
    told.stdout(contains("8 unchanged"));
    folder.run(&format!("old.yaml --load 2x {of} --budget 1M --write-baseline review.yaml")).code(0);
    let told = folder.run("compare review.yaml old.yaml").code(0);
    told.stdout(contains("the model is the same").and(contains("8 figures: 8 unchanged")));
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
