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

/// The sections of a model while it is drawn.
#[derive(Default)]
struct Sections {
    services: String,
    databases: String,
    caches: String,
    external: String,
    queues: String,
    /// Of the front.
    dependencies: Vec<String>,
}

impl Sections {
    /// What stands behind one endpoint of the front: the steps of that endpoint.
    fn branch(&mut self, i: usize, dice: &mut Stream) -> String {
        let mut pick = |from: f64, to: f64| from + (to - from) * dice.unit();
        let (work, query) = (pick(1.0, 8.0), pick(1.0, 8.0));
        let mut step = format!("{{ call: d{i} }}");
        let mut guarded = format!("d{i}: {{ pool: 20, timeout: 500ms, circuit_breaker: {{}} }}");
        if pick(0.0, 1.0) < 0.3 {
            step = format!("{{ cached: {{ cache: c{i}, miss: [ {step} ] }} }}");
            guarded += &format!(", c{i}: {{ timeout: 50ms, circuit_breaker: {{}} }}");
            let _ = writeln!(self.caches, "  c{i}: {{ replicas: 3, hit_ratio: 60% }}");
        }
        if pick(0.0, 1.0) < 0.3 {
            step += &format!(", {{ publish: q{i} }}");
            guarded += &format!(", q{i}: {{ timeout: 200ms, circuit_breaker: {{}} }}");
            let _ = writeln!(
                self.queues,
                "  q{i}: {{ max_receives: 5, dead_letter: dead, consumers: [ {{ call: w{i}, concurrency: 20, timeout: 2s }} ] }}"
            );
            let _ =
                writeln!(self.services, "  w{i}: {{ replicas: 3, concurrency: 20, work: {:.1}ms }}", pick(5.0, 40.0));
        }
        let _ = writeln!(
            self.services,
            "  s{i}: {{ replicas: 3, concurrency: 64, endpoints: {{ go: [ {{ work: {work:.1}ms }}, {step} ] }}, dependencies: {{ {guarded} }} }}"
        );
        let _ = writeln!(self.databases, "  d{i}: {{ connections: 100, failover: 5s, query: {query:.1}ms }}");
        let retry = match pick(0.0, 1.0) < 0.5 {
            true => ", idempotent: true, retry: { attempts: 2, backoff: 50ms, budget: 10% }",
            false => "",
        };
        self.dependencies.push(format!("s{i}: {{ timeout: 1s, circuit_breaker: {{}}{retry} }}"));
        if pick(0.0, 1.0) >= 0.3 {
            return format!("[ {{ work: 0.5ms }}, {{ call: s{i}.go }} ]");
        }
        let _ = writeln!(self.external, "  x{i}: {{ latency: 40ms }}");
        self.dependencies.push(format!("x{i}: {{ timeout: 300ms, circuit_breaker: {{}}, optional: true }}"));
        format!("[ {{ work: 0.5ms }}, {{ call: s{i}.go }}, {{ call: x{i} }} ]")
    }
}

/// One to four endpoints of a front, each before a service of its own, a database and perhaps a cache, a queue, or an API
/// that can be done without. Everything there is three times or has a standby, is busy for a third at most, and is called with
/// a time-out, a breaker and, where it is tried again, a backoff and a budget.
fn draw(seed: u32) -> Drawn {
    let mut dice = Stream::new(u64::from(seed), 0, "healthy", "model");
    let parts = 1 + (4.0 * dice.unit()) as usize;
    let rate = (40.0 + 120.0 * dice.unit()).round();
    let mut sections = Sections::default();
    let endpoints: Vec<String> = (0..parts).map(|i| format!("e{i}: {}", sections.branch(i, &mut dice))).collect();
    // Whole shares that sum to 100%.
    let share = |i: usize| if i == 0 { 100 - 100 / parts * (parts - 1) } else { 100 / parts };
    let mix: Vec<String> = (0..parts).map(|i| format!("web.e{i}: {}%", share(i))).collect();
    let Sections { services, databases, caches, external, mut queues, dependencies } = sections;
    let mut text = format!(
        "traffic: {{ rate: {rate}/s, mix: {{ {} }}, timeout: 5s }}\nservices:\n  web: {{ replicas: 3, concurrency: 200, endpoints: {{ {} }}, dependencies: {{ {} }} }}\n{services}databases:\n{databases}",
        mix.join(", "),
        endpoints.join(", "),
        dependencies.join(", "),
    );
    if !queues.is_empty() {
        queues.push_str("  dead: {}\n");
    }
    for (section, body) in [("caches", caches), ("external", external), ("queues", queues)] {
        if !body.is_empty() {
            let _ = write!(text, "{section}:\n{body}");
        }
    }
    let parts_of = |i: usize| ["s", "d", "c", "q"].map(|kind| format!("{kind}{i}")).to_vec();
    let behind = (0..parts).map(|i| (format!("web.e{i}"), parts_of(i)));
    Drawn { text, behind: behind.collect() }
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
        // Nobody calls the queue of the dead letters.
        if name == "dead" {
            return true;
        }
        let others = |endpoint: &str| {
            name != "web" && !drawn.behind.iter().any(|(e, parts)| e == endpoint && parts.contains(name))
        };
        let one = [format!("kill:{name}:replicas=1@20s+20s")];
        let several = component.origin.path.starts_with("services.");
        let lost = !several || good(&[&one[0]], "60s", &everybody, 0.99);
        let kinds = [format!("kill:{name}@20s+20s"), format!("latency:{name}:+2s@20s+20s")];
        // What needs it may lose all of the time it lasts, a sixth, and half as much again. Behind a cache only the 40% that
        // miss need it: while it lasts, half of the first 40 s, one in twenty more may be lost.
        let cached = name.strip_prefix('d').is_some_and(|i| model.plan.component(&format!("c{i}")).is_some());
        let whole = kinds.iter().all(|f| {
            let over = good(&[f], "120s", &others, 0.99) && good(&[f], "120s", &everybody, 0.75);
            over && (!cached || good(&[f], "40s", &everybody, 1.0 - 0.45 / 2.0))
        });
        lost && whole
    })
}

fn success(served: &Served) -> f64 {
    (served.succeeded + served.degraded) as f64 / (served.offered as f64).max(1.0)
}

/// How many of these were healthy, and what the review said of those that is urgent.
fn judge(seeds: impl IntoIterator<Item = u32>, budget: f64) -> (usize, Vec<String>) {
    let (mut healthy, mut accused) = (0, Vec::new());
    for seed in seeds {
        let drawn = draw(seed);
        let model = model(&drawn.text);
        if !is_healthy(&drawn, &model) {
            continue;
        }
        healthy += 1;
        let options = Options { loads: vec![Quantity::Factor(1.0)], replications: 2, budget, ..Options::default() };
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
    // The last three were accused once of needing a bulkhead, for what a breaker loses while it waits.
    let (healthy, accused) = judge([1, 2, 3, 4, 5, 33, 105, 290], 40e6);
    assert!(healthy >= 6, "{healthy} of 8 are healthy");
    assert!(accused.is_empty(), "{accused:#?}");
}

/// The same over 300 and more: 399 of these 449 are healthy, and it takes half an hour of a processor.
#[test]
#[ignore = "half an hour"]
fn three_hundred_drawn_systems_are_accused_of_nothing_urgent() {
    let (healthy, accused) = judge(1..450, 40e6);
    assert!(healthy >= 300, "{healthy} of 449 are healthy");
    assert!(accused.is_empty(), "{healthy} healthy: {accused:#?}");
}
