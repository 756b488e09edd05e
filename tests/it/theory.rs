//! The simulation against queueing theory, which knows the answer.

use assert_cmd::Command;
use std::sync::LazyLock;
use tenfold::engine::{Limits, Silent, World};
use tenfold::units::SimTime;
use tenfold::verify;

/// What `simulate verify` prints: made once, since it simulates some hundred million customers.
pub static VERIFIED: LazyLock<String> = LazyLock::new(|| {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
    let done = command.env("LC_ALL", "C.UTF-8").env_remove("CLICOLOR_FORCE").arg("verify").assert();
    // It leaves with 1 when a figure disagrees, or when its interval is too wide to tell.
    String::from_utf8(done.code(0).get_output().stdout.clone()).unwrap()
});

/// Every figure is in the table, in its order, and agrees. An interval fails by chance once in a thousand.
#[test]
fn the_engine_agrees_with_theory() {
    let figures: Vec<_> = verify::oracles().flat_map(|oracle| oracle.figures).collect();
    assert!(figures.len() >= 30, "{}", figures.len());
    let rows: Vec<_> = VERIFIED.lines().filter(|line| line.trim_end().ends_with("  agrees")).collect();
    assert_eq!(rows.len(), figures.len(), "{}", *VERIFIED);
    for (figure, row) in figures.iter().zip(rows) {
        // What is too long for its column is cut in the middle.
        let begins = row.trim_start().split(['…', ' ']).next().unwrap_or_default();
        assert!(figure.what.starts_with(begins), "{}: {row}", figure.what);
    }
}

/// Little's law is no estimate here: on every resource and at any time, the integral of the number present equals the sum
/// of the stays to the nanosecond. `audit` compares the two as integers, and counts every request.
#[test]
fn littles_law_is_exact_at_every_moment() {
    for name in ["shop.yaml", "online-boutique.yaml"] {
        let model = crate::common::shipped(name);
        for load in [1.0, 10.0] {
            let mut world = World::new(&model.plan, load, 1, 0);
            for tenth in 1..=200u64 {
                let stop = world.run_until(SimTime(tenth * 100_000_000), &Limits::default(), &mut Silent);
                assert_eq!(stop, None);
                world.audit().unwrap_or_else(|e| panic!("{name} at {load}x, {tenth} tenths of a second: {e}"));
            }
        }
    }
}
