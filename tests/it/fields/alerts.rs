//! Alerts, and components that fail by themselves.

use super::*;

/// Everything fails from 20 s to 40 s. More than 60% of the last ten seconds' requests have failed from 27 s to 44 s.
const ALERTED: &str = "
traffic: { rate: 50/s, to: web }
services: { web: { concurrency: 20, work: 5ms } }
alerts: { page: { when: web errors > 60%, over: 10s, every: 1s } }
scenarios: { trouble: { faults: [ { errors: web, share: 100%, at: 20s, for: 20s } ] } }
";

/// The same as the error budget of an SLO that burns.
const BURNING: &str = "
traffic: { rate: 50/s, to: web }
services: { web: { concurrency: 20, work: 5ms } }
alerts: { page: { slo: web success >= 90%, burn: 6x, over: 10s, every: 1s } }
scenarios: { trouble: { faults: [ { errors: web, share: 100%, at: 20s, for: 20s } ] } }
";

const FRAIL: &str = "
traffic: { rate: 50/s, to: web }
services: { web: { concurrency: 20, work: 5ms, failures: { mtbf: 20s, mttr: 2s } } }
";

const STURDY: &str = "
traffic: { rate: 50/s, to: web }
services: { web: { concurrency: 20, work: 5ms } }
";

pub const CASES: &[Case] = &[
    case("alert.when", ALERTED, ("alerts.page.when", "web errors > 90%"), |s| s.paging("page"), Down),
    case("alert.slo", BURNING, ("alerts.page.slo", "web success >= 85%"), |s| s.paging("page"), Down),
    case("alert.burn", BURNING, ("alerts.page.burn", "9x"), |s| s.paging("page"), Down),
    case("alert.over", ALERTED, ("alerts.page.over", "2s"), |s| s.paging("page"), Up),
    case("alert.and_over", ALERTED, ("alerts.page.and_over", "2s"), |s| s.paging("page"), Down),
    case("alert.for", ALERTED, ("alerts.page.for", "10s"), |s| s.paging("page"), Down),
    case("alert.every", ALERTED, ("alerts.page.every", "15s"), |s| s.paging("page"), Down),
    case("declared.failures", STURDY, ("services.web.failures", "{ mtbf: 5s, mttr: 5s }"), |s| s.success(), Down),
    case("failures.mtbf", FRAIL, ("services.web.failures.mtbf", "2s"), |s| s.success(), Down),
    case("failures.mttr", FRAIL, ("services.web.failures.mttr", "20s"), |s| s.success(), Down),
];
