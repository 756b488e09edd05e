//! What is drawn.

use super::review::{Fault, fault};
use crate::report::pictures as ours;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Pictures<'a> {
    nodes: Vec<Node<'a>>,
    wires: Vec<Wire<'a>>,
    endpoints: &'a [String],
    load_curve: Vec<LoadPoint<'a>>,
    courses: Vec<Course<'a>>,
    failure_matrix: Vec<Struck<'a>>,
    latency_histograms: Vec<Latencies<'a>>,
}

/// How long answers took.
#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Latencies<'a> {
    load: f64,
    endpoint: &'a str,
    /// Steps without answers are left out.
    steps: Vec<LatencyStep>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct LatencyStep {
    up_to_s: f64,
    answers: u64,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Node<'a> {
    name: &'a str,
    role: &'a str,
    technology: Option<&'a str>,
    size: Option<&'a str>,
    /// By run of `runs`.
    busiest: Vec<Option<Busiest<'a>>>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Busiest<'a> {
    resource: &'a str,
    utilization: f64,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Wire<'a> {
    name: &'a str,
    from: usize,
    to: usize,
    rate_per_s: f64,
    guards: &'a [String],
    delivers_messages: bool,
    carries_dead_letters: bool,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct LoadPoint<'a> {
    load: f64,
    rate_per_s: f64,
    goodput_per_s: f64,
    success_rate: &'a [f64],
    p99_ms: &'a [Option<f64>],
    holds: bool,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Course<'a> {
    fault: Fault<'a>,
    load: f64,
    window_s: f64,
    windows: Vec<Window<'a>>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Window<'a> {
    at_s: f64,
    rate_per_s: f64,
    goodput_per_s: f64,
    failed_per_s: f64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    endpoints_p99_ms: &'a [Option<f64>],
    /// By component, in the order of `nodes` less the traffic.
    states: Vec<&'static str>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Struck<'a> {
    fault: Fault<'a>,
    confirmed: bool,
    lost_share: &'a [f64],
    needs: &'a [bool],
}

pub(super) fn pictures(p: &ours::Pictures) -> Pictures<'_> {
    Pictures {
        nodes: p.nodes.iter().map(node).collect(),
        wires: p.wires.iter().map(wire).collect(),
        endpoints: &p.endpoints,
        load_curve: p.curve.iter().map(point).collect(),
        courses: p.courses.iter().map(course).collect(),
        failure_matrix: p.matrix.iter().map(struck).collect(),
        latency_histograms: p.latencies.iter().map(latencies).collect(),
    }
}

fn latencies(l: &ours::Latencies) -> Latencies<'_> {
    let steps = l.steps.iter().map(|(up_to_s, answers)| LatencyStep { up_to_s: *up_to_s, answers: *answers });
    Latencies { load: l.load, endpoint: &l.endpoint, steps: steps.collect() }
}

fn node(n: &ours::Node) -> Node<'_> {
    Node {
        name: &n.name,
        role: &n.role,
        technology: n.technology.as_deref(),
        size: n.size.as_deref(),
        busiest: (n.busy.iter())
            .map(|b| b.as_ref().map(|(resource, utilization)| Busiest { resource, utilization: *utilization }))
            .collect(),
    }
}

fn wire(w: &ours::Wire) -> Wire<'_> {
    Wire {
        name: &w.name,
        from: w.from,
        to: w.to,
        rate_per_s: w.rate_per_s,
        guards: &w.guards,
        delivers_messages: w.delivers,
        carries_dead_letters: w.dead_letters,
    }
}

fn point(p: &ours::LoadPoint) -> LoadPoint<'_> {
    LoadPoint {
        load: p.load,
        rate_per_s: p.rate_per_s,
        goodput_per_s: p.goodput_per_s,
        success_rate: &p.success,
        p99_ms: &p.p99_ms,
        holds: p.holds,
    }
}

fn course(c: &ours::Course) -> Course<'_> {
    Course {
        fault: fault(&c.fault),
        load: c.load,
        window_s: c.window_s,
        windows: (c.windows.iter().zip(&c.states))
            .map(|(w, states)| Window {
                at_s: w.at_s,
                rate_per_s: w.rate_per_s,
                goodput_per_s: w.goodput_per_s,
                failed_per_s: w.failed_per_s,
                p50_ms: w.p50_ms,
                p99_ms: w.p99_ms,
                endpoints_p99_ms: &w.endpoints_p99_ms,
                states: states.iter().map(|s| s.state).collect(),
            })
            .collect(),
    }
}

fn struck(s: &ours::Struck) -> Struck<'_> {
    Struck { fault: fault(&s.fault), confirmed: s.confirmed, lost_share: &s.lost, needs: &s.needs }
}
