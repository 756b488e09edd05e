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
        // A message is delivered when it was published; nobody waits for that.
        let delivery = attribute(span, "tenfold.queued_ms").is_some();
        let free = delivery || is(span, "tenfold.outlives_caller");
        assert!(inside || free, "{service} {}: beyond its parent", span.name);
        // Who serves was called (3) or sent a message (4), who handles a message (5) had it delivered, and who calls serves,
        // handles or is a user.
        let above: &[i32] = match span.kind {
            2 => &[3, 4],
            5 => &[3],
            _ => &[1, 2, 5],
        };
        assert!(above.contains(&parent.kind), "{service} {}: kind {} below {}", span.name, span.kind, parent.kind);
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

/// An order is published after 10 ms and handled by one consumer, who takes 40 ms for it; the second one waits for the first:
///
/// | message | published | waits in its queue | handled |
/// |---|---|---|---|
/// | 1 | 30 ms | 0 ms | to 70 ms |
/// | 2 | 50 ms | 20 ms | to 110 ms |
#[test]
fn messages_are_followed_to_whom_they_reach() {
    let model = "traffic: { people: { rate: 50/s, arrivals: constant, to: shop.buy } }
services:
  shop: { endpoints: { buy: [ { work: { constant: 10ms } }, { publish: orders } ] } }
  mailer: { endpoints: { send: [ { work: { constant: 40ms } } ] } }
queues: { orders: { consumers: [ { call: mailer.send, concurrency: 1 } ] } }
";
    let read = run(model, &["--duration", "45ms"]);
    check(&read);
    let of = |service: &str, kind: i32| -> Vec<&Span> {
        read.spans.iter().filter(|(s, span)| s == service && span.kind == kind).map(|(_, s)| s).collect()
    };
    let handled = of("mailer", 5);
    assert_eq!(handled.iter().map(|s| times(s)).collect::<Vec<_>>(), [[30.0, 70.0], [70.0, 110.0]]);
    assert!(handled.iter().all(|s| !is(s, "tenfold.outlives_caller")), "a consumer works for its queue");
    let delivered = of("orders", 3);
    assert_eq!(delivered.iter().map(|s| number(s, "tenfold.queued_ms")).collect::<Vec<_>>(), [0.0, 20.0]);
    // The way up leads over the queue to who published.
    let sent = of("shop", 4);
    assert_eq!(sent.len(), 2);
    for (handled, sent) in handled.iter().zip(sent) {
        let mut at = *handled;
        let mut way = vec![at.kind];
        while !at.parent_span_id.is_empty() {
            at = &read.spans.iter().find(|(_, s)| s.span_id == at.parent_span_id).unwrap().1;
            way.push(at.kind);
        }
        assert_eq!(way, [5, 3, 2, 4, 2, 3, 1]);
        assert_eq!(handled.trace_id, sent.trace_id);
    }
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
