//! The whole review on a small model: what it must find, what it must leave alone, and that threads change nothing.

use super::*;
use crate::model::{Change, Model};
use crate::units::Quantity;

/// Pages that need nobody and payments share ten threads; the card processor is called with a patience of 4 s.
const SHOP: &str = "
traffic: { rate: 60/s, mix: { web.page: 80%, web.pay: 20% }, timeout: 5s }
services:
  web:
    concurrency: 10
    cpu: 2
    endpoints:
      page: [ { work: 5ms }, { call: ads } ]
      pay: [ { work: 5ms }, { call: bank } ]
    dependencies:
      ads: { timeout: 50ms, optional: true }
      bank: { timeout: 4s }
external:
  bank: { latency: 50ms }
  ads: { latency: 5ms }
slos: [ web.page success >= 99% ]
";

fn options() -> Options {
    // Enough for a small model, and quick in a debug build.
    Options { loads: vec![Quantity::Factor(2.0)], replications: 2, budget: 6e6, ..Options::default() }
}

fn read(text: &str) -> Model {
    Model::read("shop.yaml", text).expect("the model is valid")
}

#[test]
fn the_guard_that_is_missing_is_found_and_the_decoy_is_left_alone() {
    let model = read(SHOP);
    let found = review(&model, &options(), &Quiet);
    let edge = |name: &str| model.plan.edge(name).unwrap();
    let proven: Vec<&Move> = found.contained.iter().filter_map(|c| c.proven.as_ref()).flat_map(|p| &p.moves).collect();
    assert!(proven.iter().any(|m| m.edge == edge("web>bank")), "{proven:?}");
    assert!(proven.iter().all(|m| m.edge != edge("web>ads")), "{proven:?}");
    let bank = model.plan.component("bank").unwrap();
    let slow = found.failures.iter().find(|f| f.target == bank && f.fault.kind.word() == "latency").unwrap();
    assert_eq!(slow.collateral, [model.plan.endpoint("web.page").unwrap()]);

    let changes: Vec<Change> = proven.iter().filter(|m| m.edge == edge("web>bank")).map(|m| m.change.clone()).collect();
    let mended = model.with(&changes).expect("the fix fits the model");
    let after = review(&mended, &options(), &Quiet);
    let again = after.contained.iter().filter_map(|c| c.proven.as_ref()).flat_map(|p| &p.moves);
    assert!(again.clone().all(|m| m.change.path != changes[0].path), "{:?}", again.collect::<Vec<_>>());
}

#[test]
fn threads_do_not_change_a_figure() {
    let model = read(SHOP);
    let with = |threads| format!("{:?}", review(&model, &Options { threads: Some(threads), ..options() }, &Quiet));
    let (one, two) = (with(1), with(2));
    let at = one.bytes().zip(two.bytes()).position(|(a, b)| a != b);
    assert_eq!(at.map(|at| (&one[at.saturating_sub(60)..at + 20], &two[at.saturating_sub(60)..at + 20])), None);
    assert_eq!(one.len(), two.len());
}

#[test]
fn what_is_not_drawn_changes_nothing_else() {
    let model = read(SHOP);
    let mut drawn = review(&model, &options(), &Quiet);
    let plain = review(&model, &Options { pictures: false, ..options() }, &Quiet);
    assert!(!drawn.pictures.curve.is_empty() && !drawn.pictures.courses.is_empty());
    drawn.pictures = Pictures::default();
    assert!(format!("{drawn:?}") == format!("{plain:?}"));
}

#[test]
fn a_plain_run_judges_its_scenario() {
    let text = format!(
        "{SHOP}
scenarios:
  slow-bank:
    faults: [ {{ latency: bank, add: 5s, at: 10s, for: 20s }} ]
    expect: [ web.page success >= 99%, web.pay success >= 10%, recovers within 20s ]
"
    );
    let model = read(&text);
    let options = Options { loads: Vec::new(), scenario: Some("slow-bank".into()), ..options() };
    let plain = run(&model, &options, &Quiet).unwrap();
    let verdicts: Vec<Verdict> = plain.runs[0].outcome.judged.iter().map(|j| j.verdict).collect();
    assert_eq!(verdicts, [Verdict::Fails, Verdict::Holds, Verdict::Holds]);
    let missing = Options { scenario: Some("none".into()), ..Options::default() };
    assert!(run(&model, &missing, &Quiet).unwrap_err().contains("slow-bank"));
}
