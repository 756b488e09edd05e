//! What the review asks for is written into the model, and the review is asked again with other random numbers: the finding
//! is gone, or less of it is left.

use assert_cmd::Command;
use rayon::prelude::*;
use serde_json::Value;
use std::path::Path;

fn review(model: &Path, seed: u32, settings: &[String]) -> Value {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
    command.args(["--load", "10x", "--budget", "30M", "--replications", "3", "--format", "json", "--quiet"]);
    command.arg(model).args(["--seed", &seed.to_string()]);
    for setting in settings {
        command.args(["--set", setting]);
    }
    let output = command.assert().success().get_output().stdout.clone();
    serde_json::from_slice(&output).unwrap()
}

/// The changes of a fix, as `--set` takes them.
fn settings(finding: &Value) -> Vec<String> {
    let changes = finding["fix"]["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    changes.iter().map(|c| format!("{}={}", c["path"].as_str().unwrap(), text(&c["to"]))).collect()
}

fn named<'v>(review: &'v Value, finding: &Value) -> Option<&'v Value> {
    let same = |f: &&Value| f["code"] == finding["code"] && f["subject"] == finding["subject"];
    review["findings"].as_array().unwrap().iter().find(same)
}

/// How far the figure of a finding is from what its fix was said to give.
fn lacks(finding: &Value) -> Option<f64> {
    let mean = |when: &str| finding["effect"][when]["mean"].as_f64();
    Some((mean("before")? - mean("after")?).abs())
}

/// Nothing, or what is wrong with a fix.
fn judge(model: &Path, finding: &Value) -> Option<String> {
    let fix = settings(finding);
    let after = review(model, 2, &fix);
    let left = named(&after, finding)?;
    // The letters are in order: P0 is worse than P1.
    let milder = left["severity"].as_str() > finding["severity"].as_str();
    let before = review(model, 2, &[]);
    let reduced = named(&before, finding).is_some_and(|f| lacks(left) < lacks(f));
    let what = || format!("{}: {} {} is left by {fix:?}", model.display(), finding["code"], finding["subject"]);
    (!milder && !reduced).then(what)
}

/// The fixes of a model's review that are sampled: of all, every so many-th from some place on.
fn sampled(model: &Path, every: usize, from: usize) -> (usize, Vec<String>) {
    let found = review(model, 1, &[]);
    let fixable: Vec<&Value> =
        found["findings"].as_array().unwrap().iter().filter(|f| !settings(f).is_empty()).collect();
    let chosen: Vec<&&Value> = fixable.iter().skip(from % fixable.len().max(1)).step_by(every).collect();
    (chosen.len(), chosen.iter().filter_map(|f| judge(model, f)).collect())
}

fn models() -> Vec<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let files = |folder: &str| std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = files("").chain(files("patterns")).filter(|p| p.extension().is_some()).collect();
    all.sort();
    all
}

#[test]
fn a_sample_of_the_fixes_helps_with_other_random_numbers() {
    let all = models();
    let some = ["retry-storm.yaml", "circuit-breaker.yaml", "connection-pool.yaml", "cache-stampede.yaml", "shop.yaml"];
    let chosen: Vec<_> = all.iter().filter(|p| some.iter().any(|name| p.ends_with(name))).collect();
    let judged: Vec<_> = chosen.par_iter().enumerate().map(|(i, model)| sampled(model, 100, i)).collect();
    let wrong: Vec<&String> = judged.iter().flat_map(|(_, wrong)| wrong).collect();
    assert!(judged.iter().map(|(n, _)| n).sum::<usize>() >= 4, "too few have a fix");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// All fixes of all systems and patterns, which takes half an hour.
#[test]
#[ignore = "half an hour"]
fn all_fixes_help_with_other_random_numbers() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for model in models() {
        let (n, more) = sampled(&model, 1, 0);
        eprintln!("{}: {n} fixes, {} of no help {more:#?}", model.display(), more.len());
        tried += n;
        wrong.extend(more);
    }
    eprintln!("{tried} fixes");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
