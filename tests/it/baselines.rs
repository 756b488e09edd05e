//! Baselines: how often a comparison is wrong, what it finds, what it refuses, and what the margins do.

use super::common::model;
use super::testing::{Folder, OPTIONS, QUEUE};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use rayon::prelude::*;
use std::fs;
use tenfold::experiments::{
    Compared, Difference, Exam, Options, Quiet, Recorded, Schedule, against, confidence, exams, record,
};
use tenfold::model::Model;
use tenfold::units::{Bytes, SimDuration};

/// M/M/1, busy by 70%.
const SERVICE: &str = "
traffic: { rate: 100/s, to: api }
services: { api: { concurrency: 1, queue: 100k, work: 7ms } }
slos: [ api p95 < 1s ]
";

/// Pairs there are at most.
const KEPT: u32 = 20;

fn schedule(seconds: u64) -> Schedule {
    Schedule {
        warmup: SimDuration::from_secs(2),
        late: SimDuration::ZERO,
        measured: SimDuration::from_secs(seconds),
        window: SimDuration::from_secs(1),
        most_events: u64::MAX,
        most_memory: Bytes(u64::MAX),
    }
}

fn options(seed: u64) -> Options {
    Options { seed, ..Options::default() }
}

fn exam(model: &Model) -> Exam {
    exams(model, &Options::default()).remove(0)
}

fn recorded(model: &Model, seed: u64, seconds: u64) -> Recorded {
    record(model, &exam(model), &options(seed), schedule(seconds), &[], KEPT)
}

fn compared(model: &Model, seed: u64, with: &Recorded) -> Vec<Compared> {
    let confidence = |looks| confidence(with.figures.len(), looks);
    against(model, &exam(model), &options(seed), with, None, &confidence, &Quiet)
}

fn any(compared: &[Compared], verdict: Difference) -> bool {
    compared.iter().any(|c| c.verdict == verdict)
}

/// How many of 300 comparisons of a model with itself tell of a difference. With different seeds the two sides are independent
/// samples, the worst case there is.
fn alarms(text: &str) -> usize {
    let model = model(text);
    let alarms = (0..300u64).into_par_iter().filter(|i| {
        let compared = compared(&model, 2 * i + 2, &recorded(&model, 2 * i + 1, 5));
        any(&compared, Difference::Regressed) || any(&compared, Difference::Improved)
    });
    alarms.count()
}

/// At most one comparison of twenty may tell of a difference where there is none: that is the promise. The margins make it
/// fewer; without any the promise rests on the intervals alone, and at 5% the chance of more than 24 is below 1%.
#[test]
fn a_model_beside_itself_is_no_alarm_under_other_seeds() {
    const NONE: &str = "margins: { relative: 0%, success: 0%, latency: 0ms, utilization: 0% }\n";
    let (usual, bare) = (alarms(SERVICE), alarms(&format!("{SERVICE}{NONE}")));
    println!("of 300 comparisons of a model with itself under different seeds {usual} tell, {bare} without margins");
    assert!(usual <= 15, "{usual} of 300");
    assert!(bare <= 24, "{bare} of 300 without margins");
}

#[test]
fn a_model_beside_itself_differs_by_exactly_zero_under_one_seed() {
    let model = model(SERVICE);
    let differ = (1..=300u64).into_par_iter().filter(|seed| {
        let compared = compared(&model, *seed, &recorded(&model, *seed, 1));
        let zero = |c: &Compared| c.difference.is_some_and(|d| (d.mean, d.low, d.high) == (0.0, 0.0, 0.0));
        compared.len() != 5 || !compared.iter().all(|c| c.verdict == Difference::Unchanged && zero(c))
    });
    assert_eq!(differ.count(), 0);
}

/// By theory the mean time in the system grows from 23.3 ms to 27.7 ms, by 19%.
#[test]
fn a_service_five_percent_slower_is_found() {
    let (before, after) = (model(SERVICE), model(&SERVICE.replace("7ms", "7.35ms")));
    let found = (1..=100u64).into_par_iter().filter(|seed| {
        let compared = compared(&after, *seed, &recorded(&before, *seed, 20));
        assert!(!any(&compared, Difference::Improved), "seed {seed}: {compared:?}");
        any(&compared, Difference::Regressed)
    });
    let found = found.count();
    println!("a service 5% slower at load 0.7 was found in {found} of 100 trials");
    assert!(found >= 95, "{found} of 100");
}

/// What is measured and compared does not depend on the number of threads.
#[test]
fn a_baseline_is_the_same_on_any_number_of_threads() {
    let model = model(SERVICE);
    let on = |threads| {
        let options = Options { threads: Some(threads), ..options(3) };
        record(&model, &exam(&model), &options, schedule(2), &[], 8)
    };
    assert_eq!(on(1), on(4));
}

#[test]
fn a_regression_fails_the_gate_and_points_at_its_line() {
    let folder = Folder::with(&[("queue.yaml", QUEUE)]);
    let run = |more: &str| folder.test(&format!("queue.yaml {OPTIONS} --filter objectives {more}"));
    run("--write-baseline base.yaml").code(0);
    let text = folder.text("base.yaml");
    assert!(text.contains("format: tenfold/baseline/1") && text.contains("          api.call mean: ["), "{text}");
    run("--baseline base.yaml").code(0).stdout(contains("the model is the same").and(contains("4 unchanged")));
    let slower = "--baseline base.yaml --set services.api.work=8.4ms";
    run(slower).code(1).stdout(contains("regressed     objectives: api.call mean"));
    run(&format!("{slower} --exit-zero")).code(0);
    let annotated = run(&format!("{slower} --format github"));
    annotated.code(1).stdout(contains("::error file=queue.yaml,line=4,").and(contains("title=P0 figure-regressed")));
    let faster = run("--baseline base.yaml --set services.api.work=6ms").code(0);
    faster.stdout(contains("improved      objectives: api.call mean"));
    // A baseline may be compared with and written anew at once.
    run("--baseline base.yaml --write-baseline base.yaml").code(0);
    assert_eq!(folder.text("base.yaml"), text);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = Folder::with(&[
        ("queue.yaml", QUEUE),
        ("other.yaml", &QUEUE.replace("hang: api, at: 20s", "hang: api, at: 25s")),
    ]);
    let run = |more: &str| folder.test(&format!("queue.yaml {OPTIONS} --filter pause {more}"));
    run("--write-baseline base.yaml").code(0);
    let text = folder.text("base.yaml");
    run("--baseline base.yaml --seed 2").code(2).stderr(contains("under seed 1, and this is seed 2"));
    run("--baseline none.yaml").code(2).stderr(contains("there is no file none.yaml"));
    let longer = folder.test("queue.yaml --warmup 5s --duration 90s --filter pause --baseline base.yaml");
    longer.code(2).stderr(contains("`pause` was measured for 60s there"));
    let loud = run("--baseline base.yaml --set scenarios.pause.load=2x");
    loud.code(2).stderr(contains("`pause` ran at 1x there, and runs at 2x now"));
    let moved = run("--baseline base.yaml --set scenarios.pause.faults.0.at=25s");
    moved.code(2).stderr(contains("has other faults now"));
    for (from, to, told) in [
        ("version: 0.1.0", "version: 0.0.1", "by version 0.0.1"),
        ("baseline/1", "baseline/9", "base.yaml:3:9"),
        ("seed: 1", "seed: 1\nsede: 2", "unknown field `sede`"),
        ("command: test", "command: review", "by `simulate review`"),
    ] {
        fs::write(folder.path("base.yaml"), text.replace(from, to)).unwrap();
        run("--baseline base.yaml").code(2).stderr(contains(told));
    }
    fs::write(folder.path("base.yaml"), &text).unwrap();
    let other = folder.test(&format!("other.yaml {OPTIONS} --filter pause --baseline base.yaml"));
    other.stdout(contains("other.yaml is not in base.yaml"));
}

/// The findings of a baseline fail no gate, and their reasons survive it being written anew.
#[test]
fn findings_are_accepted_with_their_reasons() {
    let text = "
traffic: { rate: 50/s, to: api }
services: { api: { work: 5ms, calls: [ db ] } }
databases: { db: { query: 3ms, backups: none } }
";
    let folder = Folder::with(&[("m.yaml", text), ("deep/x", "")]);
    let check = |more: &str| folder.run(&format!("check m.yaml --fail-on P2 {more}"));
    check("").code(1);
    check("--write-baseline deep/base.yaml").code(1);
    let kept = folder.text("deep/base.yaml");
    let entry = "{ finding: untested-backups, on: db, reason: found when the baseline was written }";
    assert!(kept.contains(entry), "{kept}");
    let known = kept.replace("found when the baseline was written", "a copy");
    fs::write(folder.path("deep/base.yaml"), &known).unwrap();
    let waived = check("--baseline deep/base.yaml").code(0);
    waived.stdout(contains("P2 untested-backups on db: a copy (the baseline)"));
    check("--baseline deep/base.yaml --write-baseline deep/base.yaml").code(0);
    assert_eq!(folder.text("deep/base.yaml"), known);
    // What is gone is not accepted any longer.
    check("--set databases.db.backups=tested --baseline deep/base.yaml --write-baseline deep/base.yaml").code(0);
    assert!(!folder.text("deep/base.yaml").contains("accepted"));
}

/// Each margin lets pass what the usual one does not, and holds what it lets pass when it is set to almost nothing.
#[test]
fn every_margin_counts() {
    use tenfold::model::{MARGINS_SHAPE, Metric};
    let with = |margins: &str| model(&format!("{SERVICE}margins: {{ {margins} }}\n")).margins;
    for (field, wide, narrow, metric, value, usual) in [
        ("relative", "20%", "1%", Metric::Mean, 1.0, 0.05),
        ("success", "2%", "0.01%", Metric::Success, 0.99, 0.001),
        ("latency", "5ms", "0.1ms", Metric::Percentile(0.99), 0.0, 0.001),
        ("rate", "3/s", "0.01/s", Metric::Goodput, 0.0, 0.1),
        ("utilization", "3%", "0.5%", Metric::Utilization, 0.0, 0.01),
        ("queue", "3", "0.01", Metric::Queue, 0.0, 0.1),
        ("retries", "3%", "0.05%", Metric::Retries, 0.0, 0.001),
    ] {
        assert!(MARGINS_SHAPE.field(field).is_some());
        let of = |text: &str| with(&format!("{field}: {text}")).of(metric, value);
        assert!(of(narrow) < usual && usual < of(wide), "{field}: {} {usual} {}", of(narrow), of(wide));
        assert_eq!(with("").of(metric, value), usual, "{field}");
    }
    assert_eq!(MARGINS_SHAPE.fields.len(), 7, "a margin without a test");
}
