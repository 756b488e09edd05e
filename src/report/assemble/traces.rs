//! Requests, with the names of the model.

use super::Scribe;
use crate::engine::Outcome;
use crate::experiments::{self, MainTime, MeanTime};
use crate::measure::traces::{self, EACH, Place, Trace, What};
use crate::plan::{ComponentId, EndpointId, Party, Role};
use crate::report::traces::*;
use crate::units::SimTime;
use std::collections::BTreeSet;

impl Scribe<'_> {
    pub(super) fn traced(&self, traced: &experiments::Traced, run: &experiments::Shown) -> Traced {
        let all = &traced.traces;
        let examples = |i: usize| {
            let entry = |list: fn(&traces::Entry) -> &Vec<usize>| {
                all.entries.iter().any(|entry| list(entry).iter().take(EACH).any(|kept| *kept == i))
            };
            let kinds = [
                (Example::Slowest, entry(|e| &e.slowest)),
                (Example::Failed, entry(|e| &e.failed)),
                (Example::Typical, entry(|e| &e.typical)),
            ];
            kinds.into_iter().filter(|(_, is)| *is).map(|(kind, _)| kind).collect::<Vec<_>>()
        };
        let chosen = all.traces.iter().enumerate().map(|(i, trace)| (trace, examples(i)));
        let chosen = chosen.filter(|(_, examples)| !examples.is_empty());
        Traced {
            run: run.name.clone(),
            load: run.load,
            requests: chosen.map(|(trace, examples)| self.request(trace, examples, all.start)).collect(),
            seconds: all.length.seconds(),
            passed_over: all.passed_over,
            time: traced.main.as_ref().map(|main| self.time(main, &all.entries[main.entry])),
        }
    }

    fn request(&self, trace: &Trace, examples: Vec<Example>, start: SimTime) -> Request {
        let spans = trace.spans.iter().map(|span| self.span(trace, span, start)).collect();
        Request {
            number: trace.number,
            endpoint: self.wanted(trace.source.index(), trace.asked),
            examples,
            latency_ms: trace.latency().millis(),
            failed: trace.outcome().and_then(cause),
            spans,
            cut: trace.cut,
        }
    }

    fn span(&self, trace: &Trace, span: &traces::Span, start: SimTime) -> Span {
        let plan = &self.model.plan;
        let above = span.parent.and_then(|parent| trace.spans.get(parent as usize));
        let source = || plan.sources[trace.source.index()].name.clone();
        let (side, service, name, peer) = match span.what {
            What::Asked => (Side::User, source(), self.wanted(trace.source.index(), trace.asked), None),
            What::Try(link) | What::Delivery(link) => {
                let link = plan.links[link.index()];
                let service = match plan.edges[link.edge.index()].from {
                    Party::Component(component) => self.component(component),
                    Party::Source(_) => source(),
                };
                let queue = plan.components[self.at(link.to).index()].role == Role::Queue;
                let side = match span.what {
                    What::Delivery(_) => Side::Queue,
                    _ if queue => Side::Publisher,
                    _ => Side::Caller,
                };
                (side, service, self.endpoint(link.to), Some(self.component_of(link.to)))
            }
            What::Served(endpoint) => {
                let message = above.is_some_and(|above| matches!(above.what, What::Delivery(_)));
                let side = if message { Side::Consumer } else { Side::Server };
                (side, self.component_of(endpoint), self.endpoint(endpoint), None)
            }
        };
        let published = above.filter(|_| side == Side::Queue).map(|above| above.end.min(span.start));
        Span {
            parent: span.parent.map(|parent| parent as usize),
            side,
            service,
            name,
            peer,
            start_ns: span.start.since(start).0,
            end_ns: span.end.since(start).0,
            waited_ms: span.waited.millis(),
            worked_ms: span.work.millis(),
            queued_ms: published.map(|published| span.start.since(published).millis()),
            retry: span.attempt.saturating_sub(1),
            failed: span.outcome.and_then(cause),
            degraded: span.outcome == Some(Outcome::Degraded),
            unfinished: span.outcome.is_none(),
            outlives: span.outlives(&trace.spans),
        }
    }

    fn wanted(&self, source: usize, asked: usize) -> String {
        let plan = &self.model.plan;
        self.endpoint(plan.links[plan.sources[source].mix[asked].1.index()].to)
    }

    fn endpoint(&self, endpoint: EndpointId) -> String {
        self.model.plan.endpoints[endpoint.index()].name.clone()
    }

    fn component_of(&self, endpoint: EndpointId) -> String {
        self.component(self.at(endpoint))
    }

    /// Where an endpoint is.
    fn at(&self, endpoint: EndpointId) -> ComponentId {
        let plan = &self.model.plan;
        plan.stations[plan.endpoints[endpoint.index()].station.index()].component
    }

    fn component(&self, component: ComponentId) -> String {
        self.model.plan.components[component.index()].name.clone()
    }

    fn time(&self, main: &MainTime, entry: &traces::Entry) -> WhereTimeGoes {
        let means: [&MeanTime; 2] = [&main.typical, &main.late];
        let places: BTreeSet<Place> = means.iter().flat_map(|mean| mean.spent.keys().copied()).collect();
        let mut rows: Vec<TimeAt> = places
            .into_iter()
            .map(|place| {
                let at = |mean: &MeanTime| mean.spent.get(&place).copied().unwrap_or_default();
                TimeAt {
                    place: match place {
                        Place::Source(source) => self.model.plan.sources[source.index()].name.clone(),
                        Place::Component(component) => self.component(component),
                        Place::Network => "network".into(),
                    },
                    working_ms: means.map(|mean| at(mean).working.millis()),
                    waiting_ms: means.map(|mean| at(mean).waiting.millis()),
                }
            })
            .collect();
        let late = |row: &TimeAt| row.working_ms[1] + row.waiting_ms[1];
        rows.sort_by(|a, b| late(b).total_cmp(&late(a)));
        WhereTimeGoes {
            endpoint: self.wanted(entry.source.index(), entry.asked),
            requests: means.map(|mean| mean.requests),
            latency_ms: means.map(|mean| mean.latency.millis()),
            rows,
        }
    }
}

fn cause(outcome: Outcome) -> Option<String> {
    match outcome {
        Outcome::Failed(cause) => Some(cause.word().into()),
        _ => None,
    }
}
