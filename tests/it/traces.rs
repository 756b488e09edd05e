//! `--traces`: read by another's reader of OpenTelemetry's format, and checked against hand-worked timelines and the rules
//! of traces.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{Span, TracesData};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

/// 2020-01-01T00:00:00Z.
const EPOCH: u64 = 1_577_836_800_000_000_000;

/// The spans, each with its service.
struct Read {
    text: String,
    spans: Vec<(String, Span)>,
}

fn simulate(arguments: &[&str]) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("traces.json");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
    command.args(arguments).args(["--no-progress", "--quiet", "--traces"]).arg(&file);
    let done = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = fs::read_to_string(&file).unwrap();
    let data: TracesData = serde_json::from_str(&text).unwrap();
    let mut spans = Vec::new();
    for resource in data.resource_spans {
        let service = text_of(&resource.resource.unwrap().attributes[0].value.clone().unwrap().value.unwrap());
        spans.extend(resource.scope_spans.into_iter().flat_map(|s| s.spans).map(|span| (service.clone(), span)));
    }
    Read { text, spans }
}

/// Runs a model written in place.
fn run(model: &str, arguments: &[&str]) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.yaml");
    fs::write(&file, model).unwrap();
    let mut all = vec!["run", file.to_str().unwrap(), "--warmup", "0s", "--replications", "1"];
    all.extend(arguments);
    simulate(&all)
}

fn text_of(value: &Value) -> String {
    match value {
        Value::StringValue(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

fn attribute(span: &Span, key: &str) -> Option<Value> {
    span.attributes.iter().find(|a| a.key == key).and_then(|a| a.value.clone()?.value)
}

fn number(span: &Span, key: &str) -> f64 {
    match attribute(span, key) {
        Some(Value::DoubleValue(x)) => x,
        Some(Value::IntValue(x)) => x as f64,
        other => panic!("{key}: {other:?}"),
    }
}

fn is(span: &Span, key: &str) -> bool {
    attribute(span, key) == Some(Value::BoolValue(true))
}

/// Begin and end in milliseconds from the beginning of the measured part.
fn times(span: &Span) -> [f64; 2] {
    [span.start_time_unix_nano, span.end_time_unix_nano].map(|ns| (ns - EPOCH) as f64 / 1e6)
}

/// The rules of a trace: identifiers that are there once, parents that exist and begin first, nothing beyond its parent
/// unless it says so, one user's request for each trace, and a cause with every failure.
fn check(read: &Read) {
    let mut ids = BTreeSet::new();
    let mut by_id: BTreeMap<&[u8], &Span> = BTreeMap::new();
    for (_, span) in &read.spans {
        assert_eq!((span.trace_id.len(), span.span_id.len()), (16, 8));
        assert!(span.trace_id.iter().any(|b| *b != 0) && span.span_id.iter().any(|b| *b != 0));
        assert!(ids.insert(&span.span_id), "an identifier is there twice");
        by_id.insert(&span.span_id, span);
    }
    let mut roots = BTreeSet::new();
    for (service, span) in &read.spans {
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano && span.start_time_unix_nano >= EPOCH);
        let failed = span.status.as_ref().is_some_and(|status| status.code == 2);
        assert_eq!(failed, attribute(span, "tenfold.cause").is_some());
        if span.parent_span_id.is_empty() {
            assert_eq!(span.kind, 1);
            assert!(roots.insert(&span.trace_id), "a trace has two roots");
            continue;
        }
        let parent = by_id[span.parent_span_id.as_slice()];
        assert_eq!(parent.trace_id, span.trace_id);
        assert!(span.start_time_unix_nano >= parent.start_time_unix_nano);
        let inside = span.end_time_unix_nano <= parent.end_time_unix_nano;
        assert!(inside || is(span, "tenfold.outlives_caller"), "{service} {}: beyond its parent", span.name);
        // Who serves was called, and who calls serves or is a user.
        assert_eq!(parent.kind, if span.kind == 2 { 3 } else { parent.kind.min(2) });
        let waited = number(span, "tenfold.waited_ms");
        assert!(waited >= 0.0 && waited <= (times(span)[1] - times(span)[0]) + 1e-6);
    }
    let traces: BTreeSet<_> = read.spans.iter().map(|(_, span)| &span.trace_id).collect();
    assert_eq!(traces, roots);
}

/// Everyone comes every 4 ms and takes the one worker for 10 ms, whereupon the next one waits 6 ms longer:
///
/// | request | comes | waits | works |
/// |---|---|---|---|
/// | 1 | 4 ms | 0 ms | to 14 ms |
/// | 2 | 8 ms | 6 ms | to 24 ms |
#[test]
fn waits_and_work_are_as_worked_by_hand() {
    let model = "traffic: { people: { rate: 250/s, arrivals: constant, to: api.ask } }
services: { api: { concurrency: 1, endpoints: { ask: [ { work: { constant: 10ms } } ] } } }
";
    let read = run(model, &["--duration", "9ms"]);
    check(&read);
    let of = |kind: i32| read.spans.iter().filter(|(_, s)| s.kind == kind).map(|(_, s)| s).collect::<Vec<_>>();
    let served = of(2);
    assert_eq!(served.iter().map(|s| times(s)).collect::<Vec<_>>(), [[4.0, 14.0], [8.0, 24.0]]);
    assert_eq!(served.iter().map(|s| number(s, "tenfold.waited_ms")).collect::<Vec<_>>(), [0.0, 6.0]);
    assert_eq!(served.iter().map(|s| number(s, "tenfold.worked_ms")).collect::<Vec<_>>(), [10.0, 10.0]);
    for kind in [1, 3] {
        assert_eq!(of(kind).iter().map(|s| times(s)).collect::<Vec<_>>(), [[4.0, 14.0], [8.0, 24.0]]);
    }
    let services: Vec<&str> = read.spans.iter().map(|(service, _)| service.as_str()).collect();
    assert_eq!(services, ["people", "people", "people", "people", "api", "api"]);
}

/// A call that times out after 100 ms, three times, each 50 ms after the other; the callee works on for nobody.
#[test]
fn failures_and_retries_are_told() {
    let model = "traffic: { people: { rate: 1/s, arrivals: constant, to: front.ask } }
services:
  front:
    endpoints: { ask: [ { work: { constant: 10ms } }, { call: back.reply } ] }
    dependencies: { back: { timeout: 100ms, retry: { attempts: 3, backoff: 50ms, max_backoff: 50ms, jitter: none } } }
  back: { endpoints: { reply: [ { work: { constant: 250ms } } ] } }
";
    let read = run(model, &["--duration", "1500ms"]);
    check(&read);
    let tries: Vec<&Span> =
        read.spans.iter().filter(|(s, span)| s == "front" && span.kind == 3).map(|(_, s)| s).collect();
    let at: Vec<[f64; 2]> = tries.iter().map(|s| times(s)).collect();
    assert_eq!(at, [[1010.0, 1110.0], [1160.0, 1260.0], [1310.0, 1410.0]]);
    assert_eq!(tries.iter().map(|s| number(s, "tenfold.retry")).collect::<Vec<_>>(), [0.0, 1.0, 2.0]);
    for span in tries {
        assert_eq!(span.status.as_ref().map(|s| (s.code, s.message.as_str())), Some((2, "timeout")));
    }
    let back: Vec<&Span> = read.spans.iter().filter(|(s, _)| s == "back").map(|(_, s)| s).collect();
    assert!(back.len() == 3 && back.iter().all(|s| is(s, "tenfold.outlives_caller")));
    let root = &read.spans[0].1;
    assert_eq!(attribute(root, "tenfold.example").as_ref().map(text_of).as_deref(), Some("failed"));
    assert_eq!(attribute(root, "tenfold.cause").as_ref().map(text_of).as_deref(), Some("dependency failed"));
}

/// Shipped models with everything that calls can meet: the rules hold, and the threads change nothing.
#[test]
fn the_rules_hold_and_threads_change_nothing() {
    let cases: [&[&str]; 4] = [
        &["run", "models/shop.yaml", "--load", "1x", "--load", "6x", "--fail", "kill:orders@5s+5s"],
        &["run", "models/petclinic.yaml", "--load", "20x"],
        &["run", "models/event-driven.yaml", "--load", "4x"],
        &["run", "models/three-zones.yaml", "--load", "3x", "--fail", "partition:front@5s+5s"],
    ];
    for arguments in cases {
        let mut all = arguments.to_vec();
        all.extend(["--duration", "20s", "--warmup", "5s", "--replications", "2", "--threads"]);
        let [one, two] = ["1", "2"].map(|threads| simulate(&[all.as_slice(), &[threads]].concat()));
        check(&one);
        assert!(one.spans.len() > 50, "{arguments:?}");
        assert_eq!(one.text, two.text, "{arguments:?}");
    }
}
