//! Times: each distribution has the mean and the spread that it says.

use super::*;

/// A single server at 60%, whose wait grows with the spread of its work.
const SERVER: &str = "
traffic: { rate: 60/s, to: web }
services: { web: { concurrency: 1, queue: unlimited, work: 10ms } }
";

const WORK: &str = "services.web.work";

const fn work(field: &'static str, to: &'static str, see: fn(&Seen) -> f64, goes: Goes) -> Case {
    case(field, SERVER, (WORK, to), see, goes).over(300)
}

/// From one written distribution to another.
const fn from(
    field: &'static str,
    given: &'static [(&'static str, &'static str)],
    to: &'static str,
    goes: Goes,
) -> Case {
    case(field, SERVER, (WORK, to), |s| s.mean_ms(), goes).of(given).over(300)
}

pub const CASES: &[Case] = &[
    work("distribution.constant", "{ constant: 10ms }", |s| s.mean_ms(), Down),
    work("distribution.exponential", "{ exponential: 13ms }", |s| s.mean_ms(), Up),
    work("distribution.uniform", "{ uniform: [ 9ms, 11ms ] }", |s| s.mean_ms(), Down),
    work("distribution.gamma", "{ gamma: { mean: 10ms, shape: 4 } }", |s| s.mean_ms(), Down),
    work("distribution.erlang", "{ erlang: { mean: 10ms, shape: 4 } }", |s| s.mean_ms(), Down),
    work("distribution.weibull", "{ weibull: { mean: 10ms, shape: 0.5 } }", |s| s.mean_ms(), Up),
    work("distribution.pareto", "{ pareto: { mean: 10ms, shape: 5 } }", |s| s.mean_ms(), Down),
    work("distribution.mixture", "{ mixture: [ { p: 90%, time: 2ms }, { p: 10%, time: 82ms } ] }", |s| s.mean_ms(), Up),
    work("distribution.empirical", "{ empirical: [ 9ms, 10ms, 11ms ] }", |s| s.mean_ms(), Down),
    work(
        "distribution.histogram",
        "{ histogram: [ { up_to: 10ms, share: 50% }, { up_to: 20ms, share: 50% } ] }",
        |s| s.mean_ms(),
        Down,
    ),
    work("percentiles.p50", "{ p50: 5ms, p99: 50ms }", |s| s.mean_ms(), Down).of(&[(WORK, "{ p50: 9ms, p99: 50ms }")]),
    work("percentiles.p99", "{ p50: 5ms, p99: 50ms }", |s| s.mean_ms(), Down).of(&[(WORK, "{ p50: 5ms, p99: 90ms }")]),
    from("mean_and_cv.mean", &[(WORK, "{ mean: 10ms, cv: 0.5 }")], "{ mean: 5ms, cv: 0.5 }", Down),
    from("mean_and_cv.cv", &[(WORK, "{ mean: 10ms, cv: 0.5 }")], "{ mean: 10ms, cv: 2 }", Up),
    from(
        "mean_and_shape.mean",
        &[(WORK, "{ gamma: { mean: 10ms, shape: 2 } }")],
        "{ gamma: { mean: 5ms, shape: 2 } }",
        Down,
    ),
    from(
        "mean_and_shape.shape",
        &[(WORK, "{ gamma: { mean: 10ms, shape: 0.3 } }")],
        "{ gamma: { mean: 10ms, shape: 5 } }",
        Down,
    ),
    from("part.p", MIXTURE, "{ mixture: [ { p: 50%, time: 2ms }, { p: 50%, time: 12ms } ] }", Up),
    from("part.time", MIXTURE, "{ mixture: [ { p: 90%, time: 9ms }, { p: 10%, time: 12ms } ] }", Up),
    from("bucket.up_to", HISTOGRAM, "{ histogram: [ { up_to: 10ms, share: 80% }, { up_to: 50ms, share: 20% } ] }", Up),
    from("bucket.share", HISTOGRAM, "{ histogram: [ { up_to: 10ms, share: 30% }, { up_to: 20ms, share: 70% } ] }", Up),
    from("samples.file", &[(WORK, "{ empirical: { file: fast.csv } }")], "{ empirical: { file: slow.csv } }", Up),
    from("buckets.file", &[(WORK, "{ histogram: { file: fast.csv } }")], "{ histogram: { file: slow.csv } }", Up),
    case("scalability.contention", CROWDED, ("services.web.scalability.contention", "20%"), |s| s.mean_ms(), Up),
    case("scalability.coherency", CROWDED, ("services.web.scalability.coherency", "2%"), |s| s.mean_ms(), Up),
    case("service.scalability", CROWDED, ("services.web.scalability.contention", "20%"), |s| s.mean_ms(), Up),
];

const MIXTURE: &[(&str, &str)] = &[(WORK, "{ mixture: [ { p: 90%, time: 2ms }, { p: 10%, time: 12ms } ] }")];
const HISTOGRAM: &[(&str, &str)] =
    &[(WORK, "{ histogram: [ { up_to: 10ms, share: 80% }, { up_to: 20ms, share: 20% } ] }")];

const CROWDED: &str = "
traffic: { users: 20, think_time: 100ms, to: web }
services: { web: { work: 10ms, scalability: { contention: 1%, coherency: 0.01% } } }
";
