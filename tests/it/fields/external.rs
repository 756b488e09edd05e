//! Other people's APIs.

use super::*;

const CARD: &str = "
traffic: { rate: 50/s, to: api }
services: { api: { concurrency: unlimited, calls: [ card ] } }
external: { card: { latency: 20ms } }
";

const ENDPOINTS: &str = "
traffic: { rate: 50/s, to: api }
services: { api: { concurrency: unlimited, calls: [ card.charge ] } }
external: { card: { endpoints: { charge: 20ms } } }
";

const LIMITED: &str = "
traffic: { rate: 50/s, to: api }
services: { api: { concurrency: unlimited, calls: [ card ] } }
external: { card: { latency: 20ms, rate_limit: { rate: 40/s, burst: 1 } } }
";

pub const CASES: &[Case] = &[
    case("external.availability", CARD, ("external.card.availability", "80%"), |s| s.success(), Down),
    case("external.rate_limit", CARD, ("external.card.rate_limit", "20/s"), |s| s.success(), Down),
    case("external.latency", CARD, ("external.card.latency", "60ms"), |s| s.mean_ms(), Up),
    case("external.endpoints", ENDPOINTS, ("external.card.endpoints.charge", "60ms"), |s| s.mean_ms(), Up),
    case("rate_limit.rate", LIMITED, ("external.card.rate_limit.rate", "10/s"), |s| s.success(), Down),
    case("rate_limit.burst", LIMITED, ("external.card.rate_limit.burst", "200"), |s| s.success(), Up),
];
