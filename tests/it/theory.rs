//! The simulation against queueing theory, which knows the answer.

use tenfold::engine::{Limits, Silent, World};
use tenfold::units::SimTime;
use tenfold::verify;

/// Every oracle that `simulate verify` prints. An interval fails by chance once in a thousand.
#[test]
fn the_engine_agrees_with_theory() {
    let compared: Vec<_> = verify::oracles().flat_map(verify::Oracle::run).collect();
    for c in &compared {
        println!("{c:?}");
        assert!(c.agrees(), "{c:?}");
        assert!(c.is_sharp(), "too wide: {c:?}");
    }
    assert!(compared.len() >= 30, "{}", compared.len());
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
