//! How long runs are, and what they may cost.
//!
//! With T the slowest mechanism of the model (breaker, retries, visibility time-outs): the warm-up is max(10 s, 2T), the
//! measured part max(60 s, 3T past the last fault, 100 / (1 - target) requests for each SLO). A budget counted in events
//! caps both, so that the same model gives the same review on a slow machine and a fast one; what was capped is said. A run
//! with faults is not lengthened for the sake of SLOs, since that would thin the faults out. A review and a test judge
//! by the requests of all replications, so all of the first ones together see as many as an SLO asks for.

use super::trials::{Case, Schedule};
use crate::engine::Stop;
use crate::graph::Graph;
use crate::model::{Expectation, Metric, Op, Subject, What};
use crate::plan::{EndpointId, Plan};
use crate::units::SimDuration;

/// What the runs of a model cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Events per simulated second at load 1x.
    pub events_per_s: f64,
    /// Requests of users per simulated second at load 1x.
    pub requests_per_s: f64,
}

/// A run's length, and whether the budget cut it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// The lengths.
    pub schedule: Schedule,
    /// The budget allowed less than the rules ask for.
    pub capped: bool,
}

/// Time of a row of the series, at least; a run has a thousand rows or so at most.
const WINDOW: f64 = 0.5;
/// Rows of a run, about.
const ROWS: f64 = 1200.0;
/// A measured part is never shorter than this, whatever the budget, …
const SHORTEST: f64 = 5.0;
/// … or than it takes so many requests of users to come, …
const ENOUGH: f64 = 2_000.0;
/// … but never this short.
const INSTANT: f64 = 1.0;
/// The shortest warm-up is this share of the shortest measured part.
const WARMING: f64 = 0.4;
/// The run that finds the pace takes so many events at most.
const MOST_PACING: u64 = 2_000_000;

impl Pace {
    /// Finds the pace by a short run at load 1x.
    pub fn of(plan: &Plan, seed: u64) -> Pace {
        let rate = Graph::new(plan).user_rate().max(1e-6);
        // A few thousand requests are enough, and a trickle of traffic needs no more than two minutes of them.
        let seconds = (3_000.0 / rate).clamp(1.0, 120.0);
        let length = SimDuration::from_seconds(seconds);
        let schedule = Schedule::whole(SimDuration::ZERO, length, window(seconds));
        let schedule = Schedule { most_events: MOST_PACING, ..schedule };
        let run = Case { plan, load: 1.0, faults: Vec::new(), schedule, seed }.run(0);
        let simulated = match run.stop {
            Some(Stop::Events(at)) => at.seconds().max(1e-3),
            _ => seconds,
        };
        Pace { events_per_s: (run.events as f64 / simulated).max(1.0), requests_per_s: rate }
    }

    /// The shortest measured part from which anything can be told at a load, in seconds.
    pub fn shortest(&self, load: f64) -> f64 {
        (ENOUGH / (self.requests_per_s * load).max(1e-9)).clamp(INSTANT, SHORTEST)
    }

    /// The highest load of which the shortest run takes no more than so many events.
    pub fn highest_load(&self, events: f64) -> f64 {
        // The cost grows with the load, stands still while the shortest run shrinks as fast, and grows on.
        let brief = self.seconds(events / (1.0 + WARMING), 1.0) / INSTANT;
        if self.shortest(brief) <= INSTANT { brief } else { brief * INSTANT / SHORTEST }
    }

    /// Seconds of simulation that so many events pay for at a load.
    pub fn seconds(&self, events: f64, load: f64) -> f64 {
        events / (self.events_per_s * load.max(1e-9))
    }

    /// A schedule of these lengths, scaled down to fit into so many events.
    pub fn fit(&self, load: f64, warmup: f64, measured: f64, events: f64) -> Length {
        let seconds = self.seconds(events, load);
        let scale = (seconds / (warmup + measured)).min(1.0);
        let shortest = self.shortest(load);
        let measured = (measured * scale).max(measured.min(shortest));
        let warmup = (warmup * scale).max(warmup.min(WARMING * shortest));
        let [warmup, length] = [warmup, measured].map(SimDuration::from_seconds);
        let schedule = Schedule::whole(warmup, length, window(measured));
        Length { schedule, capped: scale < 1.0 }
    }
}

/// Half a second, or more in a long run: a row costs about as much as a hundred events.
pub(super) fn window(measured: f64) -> SimDuration {
    SimDuration::from_seconds((measured / ROWS).max(WINDOW))
}

/// The length of a run that is shown, by the rules above, where so many runs are to see the requests that SLOs ask for. The
/// warm-up is kept whole as long as it takes at most a third.
pub fn shown(
    plan: &Plan,
    slos: &[Expectation],
    load: f64,
    last_fault: SimDuration,
    pace: &Pace,
    (runs, events): (u32, f64),
) -> Length {
    let slowest = plan.slowest_mechanism().seconds();
    let warmup = (2.0 * slowest).max(10.0);
    let after_fault = if last_fault > SimDuration::ZERO { last_fault.seconds() + 3.0 * slowest } else { 0.0 };
    // With a fault the figures are about the time around it; a longer run would only thin it out.
    let counted = slos.iter().filter(|_| after_fault == 0.0);
    // Traffic that changes is followed to its end.
    let course = plan.sources.iter().map(|s| s.course().seconds()).fold(60.0, f64::max);
    let wanted =
        counted.map(|slo| needed(plan, slo, load) / f64::from(runs.max(1))).fold(after_fault.max(course), f64::max);
    let seconds = pace.seconds(events, load);
    if warmup + wanted <= seconds {
        return pace.fit(load, warmup, wanted, events);
    }
    let shortest = pace.shortest(load);
    let warmup = warmup.min(seconds / 3.0).max(WARMING * shortest);
    // Whatever the budget, the slowest mechanism has its time after the last fault.
    let after_fault = if after_fault > 0.0 { last_fault.seconds() + slowest } else { 0.0 };
    let measured = (seconds - warmup).max(after_fault).max(shortest);
    let length = pace.fit(load, warmup, measured.min(wanted), f64::INFINITY);
    Length { capped: true, ..length }
}

/// Seconds until an SLO's subject has seen 100 / (1 - target) requests.
fn needed(plan: &Plan, slo: &Expectation, load: f64) -> f64 {
    let What::Compare { subject, metric, op, limit, .. } = slo.what else { return 0.0 };
    let target = match metric {
        Metric::Success if matches!(op, Op::AtLeast | Op::More) => limit,
        Metric::Percentile(q) => q,
        _ => return 0.0,
    };
    let graph = Graph::new(plan);
    let rate = match subject {
        Some(Subject::Endpoint(endpoint)) => graph.visits().endpoints[EndpointId::index(endpoint)],
        Some(Subject::Source(source)) => graph.visits().sources[source.index()],
        Some(Subject::Edge(edge)) => graph.edge_rate(edge),
        Some(Subject::Component(_)) | None => graph.user_rate(),
    };
    if rate <= 0.0 || target >= 1.0 { 0.0 } else { 100.0 / (1.0 - target) / (rate * load) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::samples;
    use crate::model::Window;
    use crate::plan::Origin;

    /// At 100 requests/s of 10 events each, 2,000 requests take 20 s: 5 s are enough. At 40x they take half a second: 1 s is
    /// the least. With its warm-up of 0.4 s that is 56,000 events.
    #[test]
    fn a_high_load_needs_less_time() {
        let pace = Pace { events_per_s: 1_000.0, requests_per_s: 100.0 };
        assert_eq!([1.0, 4.0, 8.0, 40.0].map(|load| pace.shortest(load)), [5.0, 5.0, 2.5, 1.0]);
        assert!((pace.highest_load(56e3) - 40.0).abs() < 1e-9);
        // 20,000 events do not pay for the 2,000 requests of 10 events, and their warm-up.
        assert!((pace.highest_load(20e3) - 20.0 / 7.0).abs() < 1e-9);
        let short = pace.fit(40.0, 8.0, 30.0, 0.0).schedule;
        assert_eq!((short.warmup.seconds(), short.measured.seconds()), (0.4, 1.0));
    }

    #[test]
    fn the_rules_ask_and_the_budget_caps() {
        let plan = samples::page();
        let pace = Pace { events_per_s: 1_000.0, requests_per_s: 100.0 };
        let slo = Expectation {
            text: "success >= 99%".into(),
            what: What::Compare {
                subject: None,
                metric: Metric::Success,
                op: Op::AtLeast,
                limit: 0.99,
                window: Window::Whole,
            },
            origin: Origin::default(),
        };
        // 100 / (1 - 0.99) = 10,000 requests at 100/s: 100 s; T is 1 s, so the warm-up is 10 s.
        let free = shown(&plan, std::slice::from_ref(&slo), 1.0, SimDuration::ZERO, &pace, (1, 1e6));
        assert!(!free.capped);
        assert_eq!((free.schedule.warmup.seconds(), free.schedule.measured.seconds().round()), (10.0, 100.0));
        // Four runs of 60 s, the shortest, see more than those 10,000 requests.
        let together = shown(&plan, std::slice::from_ref(&slo), 1.0, SimDuration::ZERO, &pace, (4, 1e6));
        assert_eq!((together.capped, together.schedule.measured.seconds().round()), (false, 60.0));
        let capped = shown(&plan, &[slo], 1.0, SimDuration::ZERO, &pace, (1, 60e3));
        assert!(capped.capped);
        assert_eq!((capped.schedule.warmup.seconds(), capped.schedule.measured.seconds()), (10.0, 50.0));
    }
}
