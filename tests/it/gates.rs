//! What counts at a gate: waivers, selected findings, and what build servers are told of both.

use super::common::model;
use super::testing::{Folder, OPTIONS, QUEUE};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Two findings that follow from the model alone: the backups of `db` and of `archive`.
const MODEL: &str = "name: small
traffic: { rate: 50/s, to: api }
services: { api: { work: 5ms, calls: [ db, archive ] } }
databases: { db: { query: 3ms, backups: none }, archive: { query: 3ms, backups: none } }
";

fn folder(waivers: &str) -> Folder {
    Folder::with(&[("m.yaml", &format!("{MODEL}{waivers}"))])
}

fn check(folder: &Folder, more: &str) -> assert_cmd::assert::Assert {
    folder.run(&format!("check m.yaml --today 2026-11-28 --fail-on P2 {more}"))
}

const BOTH: &str = "ignore:
  - { finding: untested-backups, on: db, reason: a copy, until: 2027-03-01 }
  - { finding: untested-backups, on: archive, reason: written once }
";

#[test]
fn a_waived_finding_fails_no_gate_and_is_told_with_its_reason() {
    check(&folder(""), "").code(1).stdout(contains("db has no backup").and(contains("archive has no backup")));
    let both = folder(BOTH);
    let told = check(&both, "").code(0).stdout(contains("a copy, until 2027-03-01 (m.yaml:6)"));
    told.stdout(contains("untested-backups on archive: written once (m.yaml:7)").and(contains("Priority fixes").not()));
    check(&both, "--no-inline-ignores").code(1).stdout(contains("2 waivers of the model do not count"));
    let json: Value = serde_json::from_str(&output(&both, "--format json")).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), 0);
    assert_eq!(json["waived"][0]["finding"]["code"], "untested-backups");
    assert_eq!((&json["waived"][0]["reason"], &json["waived"][0]["by"]), (&"a copy".into(), &"model".into()));
    assert_eq!(json["waived"][0]["waiver"]["line"], 6);
}

fn output(folder: &Folder, more: &str) -> String {
    String::from_utf8(check(folder, more).get_output().stdout.clone()).unwrap()
}

/// Each field of a waiver decides something.
#[test]
fn every_field_of_a_waiver_counts() {
    let one = |waiver: &str| folder(&format!("ignore: [ {{ {waiver} }} ]\n"));
    // What it is about; everything without that.
    check(&one("finding: untested-backups, reason: r"), "").code(0);
    check(&one("finding: untested-backups, on: db, reason: r"), "").code(1).stdout(contains("archive has no backup"));
    // The finding.
    let other = check(&one("finding: n-plus-one, reason: r"), "").code(1);
    other.stdout(contains("the waiver of n-plus-one matches no finding (m.yaml:5)"));
    // The reason.
    check(&one("finding: untested-backups"), "").code(2).stderr(contains("has no `reason`"));
    check(&one("finding: untested-backups, reason: ''"), "").code(2).stderr(contains("`reason` says nothing"));
    // The last day.
    let until = |day: &str| check(&one(&format!("finding: untested-backups, reason: r, until: {day}")), "");
    until("2026-11-28").code(0);
    let over = until("2026-11-27").code(1);
    over.stdout(contains("the waiver of untested-backups ended on 2026-11-27 (m.yaml:5)").and(contains("db has no")));
    until("2026-02-30").code(2).stderr(contains("`2026-02-30` is no day"));
    until("soon").code(2).stderr(contains("such as `2027-03-01`"));
}

#[test]
fn a_waiver_of_what_does_not_exist_is_an_error_at_its_line() {
    let wrong = |waiver: &str, told: &str| {
        check(&folder(&format!("ignore:\n  - {{ {waiver}, reason: r }}\n")), "")
            .code(2)
            .stderr(contains(told).and(contains("m.yaml:6:")));
    };
    wrong("finding: untested-backup", "did you mean `untested-backups`?");
    wrong("finding: untested-backups, on: bd", "did you mean `db`?");
    wrong("finding: untested-backups, onn: db", "did you mean `on`?");
}

/// A waiver that waives nothing is technical debt; one of a finding that needs runs is not judged without them.
#[test]
fn stale_waivers_are_debt() {
    let stale =
        folder(&format!("{BOTH}  - {{ finding: n-plus-one, reason: r }}\n  - {{ finding: retry-storm, reason: r }}\n"));
    let told = check(&stale, "").code(1);
    told.stdout(contains("n-plus-one matches no finding (m.yaml:8)").and(contains("retry-storm").not()));
    check(&stale, "--ignore unmatched-waiver").code(0);
    stale.run("check m.yaml --today 2026-11-28 --fail-on P1").code(0);
}

#[test]
fn findings_are_selected_by_code() {
    let plain = folder("");
    check(&plain, "--ignore untested-backups").code(0).stdout(contains("backup").not());
    check(&plain, "--select n-plus-one,missing-timeout").code(0);
    check(&plain, "--select untested-backups").code(1);
    check(&plain, "--select untested-backups --ignore untested-backups").code(0);
    check(&plain, "--select untested-backup").code(2).stderr(contains("did you mean `untested-backups`?"));
    check(&plain, "--exit-zero").code(0);
}

/// What a test must not find may be waived, too.
#[test]
fn an_expectation_about_findings_knows_waivers() {
    let scenario = "scenarios: { today: { expect: [ no untested-backups ] } }\n";
    let test = |waivers: &str, more: &str| {
        folder(&format!("{scenario}{waivers}"))
            .test(&format!("m.yaml --duration 5s --warmup 1s --replications 2 {more}"))
    };
    test("", "").code(1).stdout(contains("untested-backups on db (P2)"));
    test(BOTH, "--today 2026-11-28").code(0);
    test(BOTH, "--no-inline-ignores").code(1);
    let over = test(BOTH, "--today 2027-03-02").code(1);
    over.stdout(contains("the waiver of untested-backups on db ended on 2027-03-01 (m.yaml:7)"));
}

/// The schema is that of OASIS, as Microsoft's SARIF tools ship it.
#[test]
fn sarif_is_valid_with_everything_in_it() {
    let schema: Value = serde_json::from_str(include_str!("sarif-2.1.0.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let valid = |text: &str| -> Value {
        let value: Value = serde_json::from_str(text).unwrap();
        let problems: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(problems.is_empty(), "{}\n{text}", problems.join("\n"));
        value
    };
    // The validator refuses something.
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.1.0", "runs": [ {} ] })));
    let stale = folder(&format!("{BOTH}  - {{ finding: n-plus-one, reason: r }}\n"));
    let without = valid(&output(&stale, "--format sarif"));
    // The Multitool warns of a tool that nobody can look up (SARIF2005).
    assert_eq!(without["runs"][0]["tool"]["driver"]["informationUri"], env!("CARGO_PKG_HOMEPAGE"));
    assert_eq!(without["runs"][0]["results"].as_array().unwrap().len(), 1);
    let with = valid(&output(&stale, "--format sarif --show-suppressed"));
    let results = with["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    let suppression = &results[1]["suppressions"][0];
    assert_eq!((&suppression["kind"], &suppression["status"]), (&"inSource".into(), &"accepted".into()));
    assert_eq!(suppression["justification"], "a copy, until 2027-03-01");
    let queue = Folder::with(&[("queue.yaml", QUEUE), ("bad.yaml", "traffic: { rate: 1/s }\n")]);
    queue.test(&format!("queue.yaml {OPTIONS} --filter far --filter close --filter obj --write-baseline base.yaml"));
    let slower = "--baseline base.yaml --set services.api.work=9ms --format sarif --output s.json";
    queue.test(&format!("queue.yaml bad.yaml {OPTIONS} --filter far --filter close --filter obj {slower}"));
    let sarif = valid(&queue.text("s.json"));
    let codes: Vec<&str> = sarif["runs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|run| run["results"].as_array().unwrap())
        .map(|r| r["ruleId"].as_str().unwrap())
        .collect();
    for code in ["figure-regressed", "expectation-failed", "invalid-model"] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
}

/// A broken model, a failure, what is inconclusive or waived, and what passed are told apart by any reader of XML.
#[test]
fn junit_is_read_by_a_parser() {
    let queue = Folder::with(&[("queue.yaml", QUEUE), ("bad.yaml", "traffic: { rate: 1/s }\n")]);
    queue.test(&format!("queue.yaml bad.yaml {OPTIONS} --format junit --output j.xml")).code(2);
    let all = |text: &str| -> Vec<(String, String)> {
        let document = roxmltree::Document::parse(text).unwrap();
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "testsuites");
        let mut counted = [0; 4];
        let cases = root.descendants().filter(|n| n.has_tag_name("testcase"));
        let outcome = |case: roxmltree::Node| {
            let inside = case.children().find(|n| n.is_element());
            inside.map_or("passed".to_owned(), |n| n.tag_name().name().to_owned())
        };
        let cases: Vec<(String, String)> =
            cases.map(|case| (case.attribute("name").unwrap().to_owned(), outcome(case))).collect();
        counted[0] = cases.len();
        for (i, word) in ["failure", "error", "skipped"].iter().enumerate() {
            counted[i + 1] = cases.iter().filter(|(_, outcome)| outcome == word).count();
        }
        let told: [usize; 4] =
            ["tests", "failures", "errors", "skipped"].map(|name| root.attribute(name).unwrap().parse().unwrap());
        assert_eq!(counted, told, "{text}");
        cases
    };
    let cases = all(&queue.text("j.xml"));
    let outcome = |name: &str| cases.iter().find(|(of, _)| of == name).map(|(_, outcome)| outcome.as_str());
    assert_eq!(outcome("api mean < 60ms"), Some("passed"));
    assert_eq!(outcome("api mean > 60ms"), Some("failure"));
    assert_eq!(outcome("api mean < 40ms"), Some("skipped"));
    assert!(cases.iter().any(|(_, outcome)| outcome == "error"));
    let waived = all(&output(&folder(BOTH), "--format junit"));
    assert!(waived.iter().all(|(_, outcome)| outcome == "skipped") && waived.len() == 2, "{waived:?}");
}

/// Stopped at any moment, an output file is what it was or what it was to become, to the last byte.
#[test]
#[allow(clippy::disallowed_methods, reason = "a process is stopped after a time; what is judged is what it leaves")]
fn killed_at_any_moment_an_output_is_whole_or_not_there() {
    let folder = Folder::with(&[("queue.yaml", QUEUE)]);
    let arguments = format!(
        "test queue.yaml {OPTIONS} --filter obj --no-progress --no-times --format json --format junit --output r.json --output r.xml --write-baseline base.yaml"
    );
    let start = || {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
        command.current_dir(folder.path("")).args(arguments.split_whitespace());
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    const FILES: [&str; 3] = ["r.json", "r.xml", "base.yaml"];
    let begun = std::time::Instant::now();
    start().wait().unwrap();
    let takes = begun.elapsed();
    let whole = FILES.map(|name| folder.text(name));
    for i in 0..50u32 {
        // Half of the time there is nothing yet, half of the time another text.
        for name in FILES {
            match i % 2 {
                0 => fs::remove_file(folder.path(name)).unwrap_or_default(),
                _ => fs::write(folder.path(name), "before").unwrap(),
            }
        }
        let mut child = start();
        std::thread::sleep(takes.mul_f64(f64::from(i) / 45.0).min(Duration::from_secs(20)));
        child.kill().unwrap();
        child.wait().unwrap();
        for (name, whole) in FILES.iter().zip(&whole) {
            match fs::read_to_string(folder.path(name)) {
                Ok(text) => assert!(text == *whole || (i % 2 == 1 && text == "before"), "{name} after {i}: {text}"),
                Err(_) => assert_eq!(i % 2, 0, "{name} is gone"),
            }
        }
    }
}

/// A waiver changes the words about a model, never its figures.
#[test]
fn waivers_and_margins_change_nothing_that_is_simulated() {
    let (plain, waived) = (model(MODEL), model(&format!("{MODEL}{BOTH}margins: {{ relative: 9% }}\n")));
    assert_eq!(plain.plan, waived.plan);
    assert_eq!(waived.waivers.len(), 2);
}
