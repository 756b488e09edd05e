//! Traffic: how often, what for, and how that changes.

use super::*;

const OPEN: &str = "
traffic: { visitors: { rate: 50/s, to: web.home } }
services: { web: { concurrency: 2, queue: unlimited, endpoints: { home: { work: 20ms }, buy: { work: 30ms } } } }
";

const CLOSED: &str = "
traffic: { clerks: { users: 20, think_time: 1s, to: web.home } }
services: { web: { concurrency: 50, endpoints: { home: { work: 20ms }, buy: { work: 30ms } } } }
";

fn offered(s: &Seen) -> f64 {
    s.users().offered as f64
}

/// Offered in the last quarter of the run.
fn late(s: &Seen) -> f64 {
    let rows = &s.measured.series.rows;
    rows[45..60].iter().map(|row| f64::from(row.sources[0].offered)).sum()
}

const SHAPE: &str = "traffic.visitors.shape";
const ARRIVALS: &str = "traffic.visitors.arrivals";

const fn shaped(field: &'static str, to: &'static str, see: fn(&Seen) -> f64, goes: Goes) -> Case {
    case(field, OPEN, (SHAPE, to), see, goes)
}

const fn bursty(field: &'static str, path: &'static str, to: &'static str, goes: Goes) -> Case {
    case(field, OPEN, (path, to), |s| s.mean_ms(), goes)
        .of(&[(ARRIVALS, "{ bursty: { factor: 5x, for: 3s, every: 20s } }")])
        .over(300)
}

pub const CASES: &[Case] = &[
    case("arrivals.rate", OPEN, ("traffic.visitors.rate", "70/s"), offered, Up),
    case("arrivals.arrivals", OPEN, (ARRIVALS, "constant"), |s| s.mean_ms(), Down),
    case("arrivals.users", CLOSED, ("traffic.clerks.users", "40"), offered, Up),
    case("arrivals.think_time", CLOSED, ("traffic.clerks.think_time", "2s"), offered, Down),
    case("arrivals.max_users", OPEN, ("traffic.visitors.max_users", "1"), |s| s.mean_ms(), Up),
    shaped("arrivals.shape", "{ spike: { to: 3x, at: 20s, for: 20s } }", offered, Up),
    case("arrivals.shape", CLOSED, ("traffic.clerks.shape", "{ ramp: { to: 3x, over: 10s } }"), offered, Up),
    shaped("shape.ramp", "{ ramp: { to: 3x, over: 60s } }", late, Up),
    shaped("shape.stages", "{ stages: [ { to: 3x, over: 10s } ] }", late, Up),
    shaped("shape.spike", "{ spike: { to: 3x, at: 50s, for: 10s } }", late, Up),
    shaped("shape.diurnal", "{ diurnal: { amplitude: 90%, period: 60s } }", late, Down),
    shaped("shape.series", "{ series: { file: rates.csv, every: 20s } }", late, Up),
    shaped("ramp.from", "{ ramp: { from: 0.2x, to: 1x, over: 60s } }", offered, Down),
    shaped("ramp.to", "{ ramp: { to: 2x, over: 10s } }", late, Up),
    shaped("ramp.over", "{ ramp: { to: 3x, over: 5s } }", offered, Up)
        .of(&[(SHAPE, "{ ramp: { to: 3x, over: 60s } }")]),
    shaped("ramp.at", "{ ramp: { to: 3x, over: 5s, at: 50s } }", offered, Down)
        .of(&[(SHAPE, "{ ramp: { to: 3x, over: 5s } }")]),
    shaped("stage.to", "{ stages: [ { to: 2x, over: 10s } ] }", late, Up),
    shaped("stage.over", "{ stages: [ { to: 3x, over: 0s } ] }", offered, Up)
        .of(&[(SHAPE, "{ stages: [ { to: 3x, over: 50s } ] }")]),
    shaped("spike.to", "{ spike: { to: 5x, at: 20s, for: 20s } }", offered, Up),
    shaped("spike.at", "{ spike: { to: 3x, at: 40s, for: 20s } }", late, Up)
        .of(&[(SHAPE, "{ spike: { to: 3x, at: 0s, for: 20s } }")]),
    shaped("spike.for", "{ spike: { to: 3x, at: 20s, for: 30s } }", offered, Up)
        .of(&[(SHAPE, "{ spike: { to: 3x, at: 20s, for: 5s } }")]),
    shaped("diurnal.amplitude", "{ diurnal: { amplitude: 50%, period: 60s } }", late, Down),
    shaped("diurnal.period", "{ diurnal: { amplitude: 90%, period: 240s } }", late, Up),
    shaped("diurnal.phase", "{ diurnal: { amplitude: 90%, period: 60s, phase: 30s } }", late, Up),
    shaped("series.file", "{ series: { file: rates.csv, every: 20s } }", offered, Up),
    shaped("series.every", "{ series: { file: rates.csv, every: 5s } }", offered, Up)
        .of(&[(SHAPE, "{ series: { file: rates.csv, every: 20s } }")]),
    case(
        "arrival_process.bursty",
        OPEN,
        (ARRIVALS, "{ bursty: { factor: 5x, for: 3s, every: 20s } }"),
        |s| s.mean_ms(),
        Up,
    )
    .over(300),
    case("arrival_process.recorded", RECORDED, ("traffic.visitors.arrivals.recorded", "more.csv"), offered, Up),
    bursty("bursty.factor", "traffic.visitors.arrivals.bursty.factor", "2x", Down),
    bursty("bursty.for", "traffic.visitors.arrivals.bursty.for", "0.1s", Down),
    bursty("bursty.every", "traffic.visitors.arrivals.bursty.every", "3.5s", Down),
    case("traffic.to", OPEN, ("traffic.visitors.to", "web.buy"), |s| s.mean_ms(), Up),
    case("traffic.mix", MIXED, ("traffic.visitors.mix", "{ web.home: 10%, web.buy: 90% }"), |s| s.mean_ms(), Up),
];

const RECORDED: &str = "
traffic: { visitors: { arrivals: { recorded: times.csv }, to: web } }
services: { web: { work: 20ms } }
";

const MIXED: &str = "
traffic: { visitors: { rate: 20/s, mix: { web.home: 90%, web.buy: 10% } } }
services: { web: { endpoints: { home: { work: 5ms }, buy: { work: 50ms } } } }
";
