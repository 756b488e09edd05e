//! Findings that rest on a change that was tried: each with a model that has it, and a near miss that has not.

use super::tests::{find, reviewed};

/// Of each finding that rests on a remedy: a model, the part to blame, and what makes the model a near miss.
const REMEDIES: &[(&str, &str, &str, [&str; 2])] = &[
    (
        "harmful-guard",
        "api>db",
        "
traffic: { rate: 50/s, to: api }
services: { api: { calls: [ db ], dependencies: { db: { timeout: 12ms } } } }
databases: { db: { query: 10ms } }
",
        ["timeout: 12ms", "timeout: 500ms"],
    ),
    (
        "deep-health-check",
        "api",
        "
traffic: { rate: 50/s, mix: { api.page: 80%, api.report: 20% } }
services:
  api:
    replicas: 2
    health_check: { interval: 1s, unhealthy: 2, depth: deep }
    endpoints: { page: [ { work: 1ms } ], report: [ { work: 1ms }, { call: db } ] }
databases: { db: { query: 5ms } }
",
        ["depth: deep", "depth: shallow"],
    ),
    (
        "not-graceful-shutdown",
        "api",
        "
traffic: { rate: 100/s, to: api }
services: { api: { replicas: 4, startup: 1s, grace: 0s, work: 400ms } }
",
        ["grace: 0s", "grace: 10s"],
    ),
    (
        "publisher-blocks",
        "jobs",
        "
traffic: { rate: 50/s, to: web.order, timeout: 1s }
services: { web: { endpoints: { order: [ { work: 1ms }, { publish: jobs } ] } }, worker: { work: 5ms } }
queues: { jobs: { capacity: 100, overflow: block, consumers: [ { call: worker, concurrency: 8 } ] } }
",
        ["capacity: 100", "capacity: 100k"],
    ),
    (
        "breaker-never-trips",
        "web>reports",
        "
traffic: { rate: 60/s, mix: { web.page: 80%, web.report: 20% }, timeout: 5s }
services:
  web:
    concurrency: 20
    endpoints: { page: [ { work: 2ms } ], report: [ { work: 2ms }, { call: reports } ] }
    dependencies: { reports: { timeout: 8s, circuit_breaker: { open_for: 5s } } }
external: { reports: { latency: 20ms } }
",
        ["open_for: 5s", "open_for: 5s, slow_call_duration: 500ms, slow_call_rate: 50%"],
    ),
];

#[test]
fn a_remedy_is_told_where_it_helps_and_nowhere_else() {
    for (code, subject, model, [bad, good]) in REMEDIES {
        let found = reviewed(model, 1.0);
        let told = find(&found, code, subject).unwrap_or_else(|| panic!("{code}: {found:#?}"));
        assert!(told.fix.is_some() && told.effect.as_ref().is_some_and(|e| e.after.mean < e.before.mean), "{told:#?}");
        let near = reviewed(&model.replace(bad, good), 1.0);
        assert!(find(&near, code, subject).is_none(), "{code}: {near:#?}");
    }
}
