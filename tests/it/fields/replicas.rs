//! Replicas: balancing, health, scaling, deploys.

use super::*;

const TWO_TIERS: &str = "
traffic: { rate: 100/s, to: api }
services: { api: { work: 15ms, concurrency: 2 } }
";

pub const CASES: &[Case] =
    &[case("service.replicas", TWO_TIERS, ("services.api.replicas", "3"), |s| s.mean_ms(), Down)];
