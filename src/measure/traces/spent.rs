//! Where the time of a request goes: each instant of it belongs to one place.
//!
//! Going back from the end, a span waited for what of its children ended last, and before that for what ended last until
//! that one began; between them it did something itself. So what runs side by side counts once, by the longer way.

use super::{Span, Trace, What};
use crate::plan::{ComponentId, Party, Plan, SourceId};
use crate::units::{SimDuration, SimTime};
use std::collections::BTreeMap;

/// Where time is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// With the users: until one is free, and between two tries.
    Source(SourceId),
    /// At a component, or in its lines for permits and connections.
    Component(ComponentId),
    /// On the way between two.
    Network,
}

/// How much of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Working, or sleeping as an external service does.
    pub working: SimDuration,
    /// Waiting: for a worker, a permit, a connection, a row, a core that others use, too, or the next try. Of the network
    /// all of it.
    pub waiting: SimDuration,
}

/// Where the time of a request went; the parts add up to its latency.
pub fn spent(plan: &Plan, trace: &Trace) -> BTreeMap<Place, Spent> {
    let mut path = Path { plan, trace, found: BTreeMap::new(), parts: vec![Vec::new(); trace.spans.len()] };
    for (i, span) in trace.spans.iter().enumerate() {
        // Nobody waits for what a message sets going.
        if let Some(parent) = span.parent.filter(|_| !matches!(span.what, What::Delivery(_))) {
            // While a transaction is open, the caller does not wait for it.
            let [before, after] = match span.held {
                Some([from, to]) => [[span.start, from], [to, span.end]],
                None => [[span.start, span.end]; 2],
            };
            path.parts[parent as usize].push((i, before));
            if after != before {
                path.parts[parent as usize].push((i, after));
            }
        }
    }
    if let Some(root) = trace.spans.first() {
        path.walk(0, root.start, root.end);
    }
    path.found
}

struct Path<'t> {
    plan: &'t Plan,
    trace: &'t Trace,
    found: BTreeMap<Place, Spent>,
    /// For each span, its children and when they are waited for.
    parts: Vec<Vec<(usize, [SimTime; 2])>>,
}

impl Path<'_> {
    /// Explains a part of a span. Parents stand before their children, so that this ends.
    fn walk(&mut self, at: usize, from: SimTime, to: SimTime) {
        let span = &self.trace.spans[at];
        // Who gave up, or was given up, waited for what was still under way.
        let given_up = to < span.end || matches!(span.what, What::Try(_));
        let mut now = to;
        while now > from {
            let running = given_up && now == to;
            let children = self.parts[at].iter().enumerate();
            let over =
                children.filter(|(_, (_, [start, end]))| *start < now && (*end <= now || running) && *end > from);
            let last = over.max_by_key(|(i, (_, [start, end]))| (*end.min(&now), std::cmp::Reverse((*start, *i))));
            let Some((_, &(child, [start, end]))) = last else { break };
            let (start, end) = (start.max(from), end.min(now));
            self.own(at, end, now);
            self.walk(child, start, end);
            now = start;
        }
        self.own(at, from, now);
    }

    /// What a span did by itself from one instant to another.
    fn own(&mut self, at: usize, from: SimTime, to: SimTime) {
        if to <= from {
            return;
        }
        let span = &self.trace.spans[at];
        let all = to.since(from);
        match span.what {
            What::Asked => self.add(Place::Source(self.trace.source), SimDuration::ZERO, all),
            What::Served(endpoint) => {
                let station = self.plan.endpoints[endpoint.index()].station;
                let working = worked(span, from, to);
                let component = self.plan.stations[station.index()].component;
                self.add(Place::Component(component), working, SimDuration(all.0 - working.0));
            }
            What::Try(link) | What::Delivery(link) => {
                let sent = (span.start + span.waited).clamp(from, to);
                let caller = match self.plan.edges[self.plan.links[link.index()].edge.index()].from {
                    Party::Component(component) => Place::Component(component),
                    Party::Source(source) => Place::Source(source),
                };
                self.add(caller, SimDuration::ZERO, sent.since(from));
                self.add(Place::Network, SimDuration::ZERO, to.since(sent));
            }
        }
    }

    fn add(&mut self, place: Place, working: SimDuration, waiting: SimDuration) {
        if working.0 + waiting.0 > 0 {
            let spent = self.found.entry(place).or_default();
            spent.working += working;
            spent.waiting += waiting;
        }
    }
}

/// How long somebody worked between two instants; several at once count once, and who shared a core worked only for its
/// share.
fn worked(span: &Span, from: SimTime, to: SimTime) -> SimDuration {
    let mut parts: Vec<[SimTime; 2]> = span.worked.iter().map(|[a, b]| [(*a).max(from), (*b).min(to)]).collect();
    parts.retain(|[a, b]| a < b);
    parts.sort_unstable();
    let (mut sum, mut until) = (SimDuration::ZERO, from);
    for [a, b] in parts {
        sum += b.since(a.max(until));
        until = until.max(b);
    }
    let all = span.worked.iter().fold(SimDuration::ZERO, |all, [a, b]| all + b.since(*a));
    if span.work < all { sum.times(span.work.0 as f64 / all.0 as f64) } else { sum }
}
