//! The models that are measured, and how: the same in seconds, in instructions and by the script that compares.
//!
//! They are read and lowered as any user's model is.

use tenfold::engine::Limits;
use tenfold::measure::Trial;
use tenfold::model::Model;
use tenfold::plan::{Knobs, Plan};
use tenfold::units::SimDuration;

/// A work that other simulators have been measured on too.
pub struct Work {
    pub name: &'static str,
    text: &'static str,
    /// Customers per second.
    rate: u64,
}

pub const W1: Work = Work { name: "w1", text: include_str!("w1.yaml"), rate: 800 };
pub const W2: Work = Work { name: "w2", text: include_str!("w2.yaml"), rate: 14_400 };
pub const W3: Work = Work { name: "w3", text: include_str!("w3.yaml"), rate: 3_200 };
pub const W4: Work = Work { name: "w4", text: include_str!("w4.yaml"), rate: 1_000 };

/// The shop that `models/` shows to users.
pub const SHOP: &str = include_str!("../../models/shop.yaml");

/// A breaker and retries, both at work all the time.
pub const GUARDED: &str = include_str!("guarded.yaml");

/// As many requests in flight as come in a second.
#[allow(dead_code, reason = "one of the two benchmarks that share this file does not use it")]
pub const CROWD: &str = include_str!("crowd.yaml");

impl Work {
    pub fn read(&self) -> Model {
        read(self.name, self.text)
    }

    /// How long so many customers take to arrive.
    pub fn time_of(&self, customers: u64) -> SimDuration {
        SimDuration::from_millis(customers * 1_000 / self.rate)
    }
}

pub fn read(name: &str, text: &str) -> Model {
    Model::read(name, text).expect("what is measured is a valid model")
}

/// A whole trial without warm-up, with everything measured that a report shows.
pub fn trial(plan: &Plan, load: f64, measured: SimDuration) -> Trial<'_> {
    Trial {
        plan,
        load,
        seed: 1,
        replication: 0,
        timeline: vec![(SimDuration::ZERO, Knobs::baseline(plan, load))],
        warmup: SimDuration::ZERO,
        late: SimDuration::ZERO,
        measured,
        window: SimDuration::from_secs(1),
        limits: Limits::default(),
    }
}
