//! Requests in the JSON form of OpenTelemetry's protocol, for whatever shows traces of a real system.
//!
//! One `TracesData` object. The measured part of a run begins at [`EPOCH_S`]. Identifiers follow from the seed, the run and
//! the number of the request in it.

use super::Report;
use super::traces::{Request, Side, Span, Traced};
use crate::random::Lot;
use indexmap::IndexMap;
use serde_json::{Value, json};

/// 2020-01-01T00:00:00Z, in seconds since 1970: when the measured part of each run begins.
const EPOCH_S: u64 = 1_577_836_800;

/// The requests of all runs, grouped by who did what; the same report gives the same bytes.
pub fn otlp(report: &Report) -> String {
    let mut services: IndexMap<&str, Vec<Value>> = IndexMap::new();
    for (i, traced) in report.traces.iter().enumerate() {
        for request in &traced.requests {
            let own = Lot(Lot(report.seed).child(i as u32).0 ^ Lot(request.number).child(0).0);
            // The identifier of zeros is none.
            let ids = Ids { high: own.child(1).0.max(1), low: own.child(2).0 };
            for (at, span) in request.spans.iter().enumerate() {
                services.entry(&span.service).or_default().push(written(traced, request, (at, span), &ids));
            }
        }
    }
    let version = env!("CARGO_PKG_VERSION");
    let resources: Vec<Value> = services
        .into_iter()
        .map(|(service, spans)| {
            let scope = json!({ "scope": { "name": "tenfold", "version": version }, "spans": spans });
            json!({ "resource": { "attributes": [text("service.name", service)] }, "scopeSpans": [scope] })
        })
        .collect();
    format!("{}\n", json!({ "resourceSpans": resources }))
}

/// The identifiers of one request.
struct Ids {
    high: u64,
    low: u64,
}

impl Ids {
    fn trace(&self) -> String {
        format!("{:016x}{:016x}", self.high, self.low)
    }

    fn span(&self, at: usize) -> String {
        // Zero would be none.
        format!("{:016x}", Lot(self.high ^ self.low).child(at as u32 + 8).0.max(1))
    }
}

fn written(traced: &Traced, request: &Request, (at, span): (usize, &Span), ids: &Ids) -> Value {
    let nanos = |ns: u64| (EPOCH_S * 1_000_000_000).saturating_add(ns).to_string();
    let status = match &span.failed {
        Some(cause) => json!({ "code": 2, "message": cause }),
        None => json!({}),
    };
    let mut value = json!({
        "traceId": ids.trace(),
        "spanId": ids.span(at),
        "name": span.name,
        "kind": kind(span.side),
        "startTimeUnixNano": nanos(span.start_ns),
        "endTimeUnixNano": nanos(span.end_ns),
        "attributes": attributes(traced, request, span),
        "status": status,
    });
    if let Some(parent) = span.parent {
        value["parentSpanId"] = json!(ids.span(parent));
    }
    value
}

/// Internal, server, client, producer, consumer.
fn kind(side: Side) -> u8 {
    match side {
        Side::User => 1,
        Side::Server => 2,
        Side::Caller | Side::Queue => 3,
        Side::Publisher => 4,
        Side::Consumer => 5,
    }
}

fn attributes(traced: &Traced, request: &Request, span: &Span) -> Vec<Value> {
    let mut all = Vec::new();
    if span.parent.is_none() {
        all.push(text("tenfold.run", &traced.run));
        all.push(number("tenfold.load", traced.load));
        let examples: Vec<&str> = request.examples.iter().map(|example| example.word()).collect();
        all.push(text("tenfold.example", &examples.join(",")));
        if request.cut {
            all.push(flag("tenfold.spans_cut"));
        }
        if traced.passed_over > 0 {
            all.push(count("tenfold.passed_over", traced.passed_over));
        }
    }
    if span.side != Side::User {
        all.push(number("tenfold.waited_ms", span.waited_ms));
    }
    if matches!(span.side, Side::Server | Side::Consumer) {
        all.push(number("tenfold.worked_ms", span.worked_ms));
    }
    if let Some(peer) = &span.peer {
        all.push(text("peer.service", peer));
        all.push(count("tenfold.retry", span.retry.into()));
    }
    all.extend(span.queued_ms.map(|queued| number("tenfold.queued_ms", queued)));
    all.extend(span.failed.iter().map(|cause| text("tenfold.cause", cause)));
    let flags = [
        ("tenfold.degraded", span.degraded),
        ("tenfold.unfinished", span.unfinished),
        ("tenfold.outlives_caller", span.outlives),
    ];
    all.extend(flags.iter().filter(|(_, is)| *is).map(|(name, _)| flag(name)));
    all
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn number(key: &str, value: f64) -> Value {
    json!({ "key": key, "value": { "doubleValue": value } })
}

fn count(key: &str, value: u64) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

fn flag(key: &str) -> Value {
    json!({ "key": key, "value": { "boolValue": true } })
}
