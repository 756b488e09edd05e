//! How long after the end of a trigger one waits before a system may be called stuck.
//!
//! As long as the slowest of what could still bring it back by itself: ten times the 99th percentile of a healthy answer,
//! the time in which the backlog drains at spare capacity, one cycle of the slowest mechanism (retries, lifetimes in
//! caches, circuit breakers along a chain of calls, autoscalers). This is where waiting begins; a run that still drains
//! then is given longer.

use super::pulse::Pulse;
use crate::graph::{Bound, Graph, Resource};
use crate::plan::{Party, StationId};
use crate::units::SimDuration;

/// A system that has so little room to spare, or is so slow, that it would need longer than this is looked at no longer.
const LONGEST: SimDuration = SimDuration::from_secs(300);
/// Shorter ones tell nothing.
const SHORTEST: SimDuration = SimDuration::from_secs(3);

/// The time to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// How long.
    pub length: SimDuration,
    /// The rule asks for more.
    pub capped: bool,
}

/// The time to wait, by what was usual `before` the trigger and what waits at its `end`; in whole windows. For a backlog to
/// drain one waits no longer than can be afforded.
pub fn wait(
    graph: &Graph,
    bounds: &[Bound],
    load: f64,
    p99: SimDuration,
    [before, end]: [&Pulse; 2],
    window: SimDuration,
    affordable: SimDuration,
) -> Wait {
    let drains = (0..graph.plan().stations.len()).map(StationId::new).map(|s| drain(bounds, load, s, [before, end]));
    let wanted = drains.fold(mechanism(graph, p99).seconds(), f64::max);
    let most = longest(graph, p99, affordable);
    let length = SimDuration::from_seconds(wanted.min(most.seconds()));
    let windows = length.0.div_ceil(window.0.max(1));
    Wait { length: SimDuration(windows * window.0), capped: wanted > most.seconds() }
}

/// The longest that one waits when so much can be afforded.
pub fn longest(graph: &Graph, p99: SimDuration, affordable: SimDuration) -> SimDuration {
    LONGEST.min(affordable.max(mechanism(graph, p99)))
}

/// The time of whatever is slowest, a backlog left out.
fn mechanism(graph: &Graph, p99: SimDuration) -> SimDuration {
    graph.plan().slowest_mechanism().max(p99.times(10.0)).max(breakers(graph)).max(SHORTEST)
}

/// How long circuit breakers one behind another may need: the outer one's probe comes to an inner one that is still open, and
/// waits once more, so that their times add up along a chain of calls.
fn breakers(graph: &Graph) -> SimDuration {
    let plan = graph.plan();
    let mut times = vec![SimDuration::ZERO; plan.components.len()];
    // Chains of calls are no longer than there are components; those in a circle stop growing there.
    for _ in 0..plan.components.len() {
        let before = times.clone();
        for edge in &plan.edges {
            let open = edge.breaker.as_ref().map_or(SimDuration::ZERO, |breaker| breaker.open_for);
            if let Party::Component(from) = edge.from
                && from != edge.to
            {
                times[from.index()] = times[from.index()].max(open + before[edge.to.index()]);
            }
        }
        if times == before {
            break;
        }
    }
    times.into_iter().fold(SimDuration::ZERO, SimDuration::max).min(LONGEST)
}

/// Seconds in which what waits at a station drains: by what it could take beyond what comes to it.
pub fn drain(bounds: &[Bound], load: f64, station: StationId, [before, end]: [&Pulse; 2]) -> f64 {
    let waiting = end.queue(station) - before.queue(station);
    if waiting < 1.0 {
        return 0.0;
    }
    let mine = bounds.iter().filter(|b| matches!(b.resource, Resource::Cpu(s) | Resource::Workers(s) if s == station));
    let most = mine.map(|b| b.load).fold(f64::INFINITY, f64::min);
    let spare = before.came(station) * (most / load - 1.0);
    if spare > 0.0 { waiting / spare } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;

    /// By hand: an outer breaker that asks just before the inner one lets a probe through waits its own time again. Along
    /// a > b > c that is 8 s and then 5 s; a > d alone is 9 s.
    #[test]
    fn the_times_of_breakers_add_up_along_a_chain() {
        let breaker = |seconds: u32| format!("circuit_breaker: {{ open_for: {seconds}s }}");
        let text = format!(
            "
traffic: {{ rate: 10/s, to: a }}
services:
  a: {{ work: 1ms, calls: [ b, d ], dependencies: {{ b: {{ {} }}, d: {{ {} }} }} }}
  b: {{ work: 1ms, calls: [ c ], dependencies: {{ c: {{ {} }} }} }}
  c: {{ work: 1ms }}
  d: {{ work: 1ms }}
",
            breaker(8),
            breaker(9),
            breaker(5)
        );
        let model = Model::read("inline.yaml", &text).expect("the model is valid");
        assert_eq!(breakers(&Graph::new(&model.plan)).seconds(), 13.0);
    }
}
