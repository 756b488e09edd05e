//! Healthy systems, drawn at random: the review may accuse none of them of anything urgent.
//!
//! Whether one is healthy is judged by brute force, and not by findings: long runs at today's load, the loss of one replica of
//! each service, and each part slow or gone, which may hurt nobody who does not need it, and must be over when it is over.

use crate::common::{model, trial};
use std::fmt::Write;
use tenfold::experiments::{Options, Quiet, review};
use tenfold::findings::{self, Evidence, Severity};
use tenfold::graph::Graph;
use tenfold::measure::Served;
use tenfold::model::Model;
use tenfold::random::Stream;
use tenfold::units::Quantity;

/// A system with the name of the part behind each endpoint of its users.
struct Drawn {
    text: String,
    behind: Vec<(String, Vec<String>)>,
}

/// One to four endpoints of a front, each before a service of its own, a database and perhaps a cache, a queue, or an API
/// that can be done without. Everything there is three times or has a standby, is busy for 15% to 40%, and is called with
/// a time-out, a breaker and, where it is tried again, a backoff and a budget.
fn draw(seed: u32) -> Drawn {
    let mut dice = Stream::new(u64::from(seed), 0, "healthy", "model");
    let mut pick = |from: f64, to: f64| from + (to - from) * dice.unit();
    let parts = pick(1.0, 4.99) as usize;
    let rate = pick(40.0, 160.0).round();
    let (mut services, mut databases, mut rest, mut deps) =
        (String::new(), String::new(), String::new(), String::new());
    let (mut mix, mut endpoints, mut behind) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..parts {
        let share = rate / parts as f64;
        mix.push(format!("web.e{i}: {:.4}%", 100.0 / parts as f64));
        let (work, query) = (pick(1.0, 8.0), pick(1.0, 8.0));
        // Busy for a share of three replicas, in whole workers.
        let workers = |ms: f64, share_of: f64| ((share * ms / 1e3 / share_of / 3.0).ceil() as u32).max(2);
        let retry = if pick(0.0, 1.0) < 0.5 {
            ", idempotent: true, retry: { attempts: 2, backoff: 50ms, budget: 10% }"
        } else {
            ""
        };
        let cached = pick(0.0, 1.0) < 0.3;
        let call = format!("{{ call: d{i} }}");
        let step = if cached { format!("{{ cached: {{ cache: c{i}, miss: [ {call} ] }} }}") } else { call };
        let mut steps = format!("[ {{ work: {work:.1}ms }}, {step}");
        if pick(0.0, 1.0) < 0.3 {
            let _ = write!(
                rest,
                "  q{i}: {{ max_receives: 5, dead_letter: dead, consumers: [ {{ call: w{i}, concurrency: 20, timeout: 2s }} ] }}\n"
            );
            let _ = writeln!(services, "  w{i}: {{ replicas: 3, concurrency: 20, work: {:.1}ms }}", pick(5.0, 40.0));
            let _ = write!(steps, ", {{ publish: q{i} }}");
        }
        steps.push_str(" ]");
        let _ = writeln!(
            services,
            "  s{i}: {{ replicas: 3, concurrency: {}, endpoints: {{ go: {steps} }}, dependencies: {{ d{i}: {{ pool: 20, timeout: 500ms, circuit_breaker: {{}} }} }} }}",
            4 * workers(work + query, 0.3)
        );
        let _ = writeln!(databases, "  d{i}: {{ connections: 100, failover: 5s, query: {query:.1}ms }}");
        let _ = write!(deps, "s{i}: {{ timeout: 1s, circuit_breaker: {{}}{retry} }}, ");
        let outside = pick(0.0, 1.0) < 0.3;
        let tail = if outside { format!(", {{ call: x{i} }}") } else { String::new() };
        if outside {
            let _ = write!(deps, "x{i}: {{ timeout: 300ms, circuit_breaker: {{}}, optional: true }}, ");
        }
        endpoints.push(format!("e{i}: [ {{ work: 0.5ms }}, {{ call: s{i}.go }}{tail} ]"));
        behind.push((format!("web.e{i}"), vec![format!("s{i}"), format!("d{i}")]));
    }
    let caches: String = (0..parts)
        .filter(|i| services.contains(&format!("cache: c{i},")))
        .map(|i| format!("  c{i}: {{ replicas: 3, hit_ratio: 60% }}\n"))
        .collect();
    let outside: String = (0..parts)
        .filter(|i| deps.contains(&format!("x{i}:")))
        .map(|i| format!("  x{i}: {{ latency: 40ms }}\n"))
        .collect();
    let mut text = format!(
        "traffic: {{ rate: {rate}/s, mix: {{ {} }}, timeout: 5s }}\nservices:\n  web: {{ replicas: 3, concurrency: 200, endpoints: {{ {} }}, dependencies: {{ {} }} }}\n{services}databases:\n{databases}",
        mix.join(", "),
        endpoints.join(", "),
        deps.trim_end_matches(", "),
    );
    for (section, body) in [("caches", caches), ("external", outside)] {
        if !body.is_empty() {
            let _ = write!(text, "{section}:\n{body}");
        }
    }
    if !rest.is_empty() {
        let _ = write!(text, "queues:\n{rest}  dead: {{}}\n");
    }
    Drawn { text, behind }
}

/// Brute force.
fn is_healthy(drawn: &Drawn, model: &Model) -> bool {
    let good = |faults: &[&str], until: &str, spared: &dyn Fn(&str) -> bool, least: f64| {
        let run = trial(model, until, faults).run();
        let links = run.sources.iter().flat_map(|s| &s.by_link);
        links.filter(|(e, _)| spared(&model.plan.endpoints[e.index()].name)).all(|(_, served)| success(served) >= least)
    };
    let everybody = |_: &str| true;
    if !good(&[], "120s", &everybody, 0.999) {
        return false;
    }
    model.plan.components.iter().all(|component| {
        let name = &component.name;
        let others = |endpoint: &str| {
            name != "web" && !drawn.behind.iter().any(|(e, parts)| e == endpoint && parts.contains(name))
        };
        let one = [format!("kill:{name}:replicas=1@20s+20s")];
        let several = component.origin.path.starts_with("services.");
        let lost = !several || good(&[&one[0]], "60s", &everybody, 0.99);
        let kinds = [format!("kill:{name}@20s+20s"), format!("latency:{name}:+2s@20s+20s")];
        // What needs it may lose all of the time it lasts, and no more.
        let whole = kinds.iter().all(|f| good(&[f], "120s", &others, 0.99) && good(&[f], "120s", &everybody, 0.75));
        lost && whole
    })
}

fn success(served: &Served) -> f64 {
    (served.succeeded + served.degraded) as f64 / (served.offered as f64).max(1.0)
}

/// How many of these were healthy, and what the review said of those that is urgent.
fn judge(seeds: std::ops::Range<u32>) -> (usize, Vec<String>) {
    let (mut healthy, mut accused) = (0, Vec::new());
    for seed in seeds {
        let drawn = draw(seed);
        let model = model(&drawn.text);
        if !is_healthy(&drawn, &model) {
            continue;
        }
        healthy += 1;
        let options =
            Options { loads: vec![Quantity::Factor(1.0)], replications: 2, budget: 4e6, ..Options::default() };
        let found = review(&model, &options, &Quiet);
        let graph = Graph::new(&model.plan);
        let findings = findings::look(&Evidence { model: &model, graph: &graph, review: Some(&found) });
        let urgent = findings.iter().filter(|f| f.severity != Severity::P2);
        accused.extend(urgent.map(|f| format!("{seed}: {} {}: {}", f.severity.word(), f.code, f.title)));
    }
    (healthy, accused)
}

#[test]
fn healthy_systems_are_accused_of_nothing_urgent() {
    let (healthy, accused) = judge(1..25);
    assert!(healthy >= 20, "{healthy} of 24 are healthy");
    assert!(accused.is_empty(), "{accused:#?}");
}

/// The same over 300, which takes minutes.
#[test]
#[ignore = "minutes"]
fn three_hundred_healthy_systems_are_accused_of_nothing_urgent() {
    let (healthy, accused) = judge(1..361);
    assert!(healthy >= 300, "{healthy} of 360 are healthy");
    assert!(accused.is_empty(), "{healthy} healthy: {accused:#?}");
}
