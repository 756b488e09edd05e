//! Guards an edge may lack, and the settings to try: derived from how the edge behaves on a healthy day.

use crate::graph::Graph;
use crate::measure::Measurements;
use crate::model::Change;
use crate::plan::{Concurrency, EdgeId, Party, UNLIMITED};
use crate::units::SimDuration;

/// A guard of an edge. The order is the order of preference among equals: what needs the least tuning first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// A limit to the caller's patience.
    Timeout,
    /// A limit to the share of retries.
    RetryBudget,
    /// A circuit breaker.
    Breaker,
    /// A limit to calls in progress.
    Bulkhead,
}

impl Guard {
    /// What it is called.
    pub fn words(self) -> &'static str {
        match self {
            Guard::Timeout => "timeout",
            Guard::Breaker => "circuit breaker",
            Guard::Bulkhead => "bulkhead",
            Guard::RetryBudget => "retry budget",
        }
    }

    /// The finding that it is missing.
    pub fn code(self) -> &'static str {
        match self {
            Guard::Timeout => "missing-timeout",
            Guard::Breaker => "missing-circuit-breaker",
            Guard::Bulkhead => "missing-bulkhead",
            Guard::RetryBudget => "retry-storm",
        }
    }
}

/// A guard with its settings, as a change to the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// Where.
    pub edge: EdgeId,
    /// What.
    pub guard: Guard,
    /// The change.
    pub change: Change,
}

/// How an edge behaves on a healthy day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Habit {
    /// The 99.9th percentile of the time of a call, in seconds.
    pub p999: f64,
    /// Calls per second and caller instance.
    pub rate: f64,
    /// Calls in progress per caller instance, on average.
    pub busy: f64,
}

impl Habit {
    /// Measured on a healthy run; `None` for an edge that nobody used.
    pub fn of(graph: &Graph, edge: EdgeId, healthy: &Measurements) -> Option<Habit> {
        let plan = graph.plan();
        let spec = &plan.edges[edge.index()];
        let network = spec.network.map_or(0.0, |d| plan.dists[d.index()].mean_ns() / 1e9);
        let served = || {
            let links = plan.links.iter().filter(|l| l.edge == edge);
            links.filter_map(|l| healthy.endpoints.get(l.to.index())).filter(|s| s.latency.count() > 0)
        };
        let p999 = served().filter_map(|s| s.latency.quantile(0.999)).map(|d| d.seconds()).reduce(f64::max)?;
        let mean = served().filter_map(|s| s.latency.mean()).reduce(f64::max)?;
        let calls = healthy.edges.get(edge.index())?.calls as f64;
        let rate = calls / healthy.measured.seconds().max(1e-9) / f64::from(spec.instances.max(1));
        // A network of some spread: four times its mean covers the 98th percentile of an exponential one.
        Some(Habit { p999: p999 + 4.0 * network, rate, busy: rate * (mean + network) })
    }
}

/// The guards an edge lacks, with settings worth trying.
pub fn missing(graph: &Graph, edge: EdgeId, habit: &Habit) -> Vec<Move> {
    let spec = &graph.plan().edges[edge.index()];
    let path = |field: &str| format!("{}.{field}", spec.policy_path);
    let add = |guard: Guard, field: &str, to: String| Move {
        edge,
        guard,
        change: Change { path: path(field), from: None, to },
    };
    let mut moves = Vec::new();
    if spec.timeout.is_none() {
        moves.extend(timeout(graph, edge, habit).map(|t| add(Guard::Timeout, "timeout", t.to_string())));
    }
    if spec.breaker.is_none() {
        moves.push(add(Guard::Breaker, "circuit_breaker", breaker(spec.timeout, habit)));
    }
    if spec.bulkhead.is_none() {
        moves.extend(bulkhead(graph, edge, habit).map(|n| add(Guard::Bulkhead, "bulkhead", n.to_string())));
    }
    if spec.retry.as_ref().is_some_and(|r| r.attempts > 1 && r.budget.is_none()) {
        moves.push(add(Guard::RetryBudget, "retry.budget", "20%".into()));
    }
    moves
}

/// What a call takes at the very most on a healthy day, with head-room: three times the p99.9, at least 50 ms.
pub(super) fn ample(habit: &Habit) -> f64 {
    round_up((3.0 * habit.p999).max(0.05))
}

/// Ample time, but no more than half of what the callers of the caller put up with; none when
/// that would cut healthy calls off.
fn timeout(graph: &Graph, edge: EdgeId, habit: &Habit) -> Option<SimDuration> {
    let plan = graph.plan();
    let Party::Component(caller) = plan.edges[edge.index()].from else { return None };
    let patience = graph.edges_into(caller).into_iter().filter_map(|e| plan.edges[e.index()].timeout);
    let most = patience.min().map_or(f64::INFINITY, |t| t.seconds() / 2.0);
    let wanted = ample(habit);
    let chosen = if wanted <= most { wanted } else { most };
    (chosen >= 1.2 * habit.p999).then(|| SimDuration::from_seconds(chosen))
}

/// The defaults, with fewer calls where the window would never see twenty, and counting slow calls where no time-out
/// turns them into failures soon enough.
pub(super) fn breaker(timeout: Option<SimDuration>, habit: &Habit) -> String {
    let minimum = (habit.rate * 10.0 / 2.0).floor().clamp(5.0, 20.0);
    let limit = SimDuration::from_seconds(ample(habit));
    let slow = match timeout.is_some_and(|t| t <= limit.times(1.5)) {
        true => String::new(),
        false => format!(", slow_call_duration: {limit}, slow_call_rate: 50%"),
    };
    format!("{{ failure_rate: 50%, window: 10s, minimum_calls: {minimum}, open_for: 5s{slow} }}")
}

/// Twice what is in progress at a busy moment of a healthy day; none when that is more than half of the caller's workers, since
/// it would protect nobody.
fn bulkhead(graph: &Graph, edge: EdgeId, habit: &Habit) -> Option<u32> {
    let wanted = busy_twice(habit);
    let workers = held_workers(graph, edge)?;
    workers.iter().all(|(_, workers)| wanted <= workers / 2).then_some(wanted)
}

/// A bulkhead where the caller has too few workers for one that protects anybody, with as many more as it takes.
pub(super) fn bulkhead_with_workers(graph: &Graph, edge: EdgeId, habit: &Habit) -> Option<Vec<Change>> {
    let spec = &graph.plan().edges[edge.index()];
    let wanted = busy_twice(habit);
    let workers = held_workers(graph, edge)?;
    let mut changes: Vec<Change> = (workers.into_iter())
        .filter(|(_, workers)| wanted > workers / 2)
        .map(|(path, workers)| Change { path, from: Some(workers.to_string()), to: (2 * wanted).to_string() })
        .collect();
    if spec.bulkhead.is_some() || changes.is_empty() {
        return None;
    }
    changes.push(Change { path: format!("{}.bulkhead", spec.policy_path), from: None, to: wanted.to_string() });
    Some(changes)
}

/// Twice what is in progress at a busy moment (mean and three standard deviations of a Poisson number), at least 4.
fn busy_twice(habit: &Habit) -> u32 {
    (2.0 * (habit.busy + 3.0 * habit.busy.sqrt() + 1.0)).ceil().max(4.0) as u32
}

/// The workers that a caller holds while it waits, at each of its stations where they are limited, with the field that says
/// how many they are; `None` for users.
fn held_workers(graph: &Graph, edge: EdgeId) -> Option<Vec<(String, u32)>> {
    let plan = graph.plan();
    let Party::Component(caller) = plan.edges[edge.index()].from else { return None };
    let path = format!("{}.concurrency", plan.components[caller.index()].origin.path);
    let stations = plan.stations_of(caller).map(|s| &plan.stations[s.index()]);
    let held = stations.filter(|s| s.concurrency == Concurrency::Threads && s.workers != UNLIMITED);
    Some(held.map(|s| (path.clone(), s.workers)).collect())
}

/// The next of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten.
fn round_up(x: f64) -> f64 {
    let power = libm::pow(10.0, libm::floor(libm::log10(x)));
    let steps = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.into_iter().map(|s| s * power).find(|s| *s >= x * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::samples;
    use crate::policies::CircuitBreaker;

    const HABIT: Habit = Habit { p999: 0.11, rate: 50.0, busy: 1.0 };

    #[test]
    fn settings_follow_the_habits_of_the_edge() {
        let mut plan = samples::page();
        let edge = plan.edge("shop>db").unwrap();
        let texts = |plan: &crate::plan::Plan, habit: &Habit| -> Vec<String> {
            missing(&Graph::new(plan), edge, habit).into_iter().map(|m| m.change.to).collect()
        };
        let found = texts(&plan, &HABIT);
        assert_eq!(found[0], "400ms");
        assert!(found[1].contains("minimum_calls: 20") && found[1].contains("slow_call_duration: 400ms"), "{found:?}");
        assert_eq!(found.len(), 2, "twice 1 + 3 + 1 is as much as all ten threads");
        assert_eq!(texts(&plan, &Habit { busy: 0.04, ..HABIT })[2], "4");
        // The caller's callers wait 300 ms: half of that is still more than the p99.9.
        let outer = plan.edge("web>shop").unwrap().index();
        plan.edges[outer].timeout = Some(SimDuration::from_millis(300));
        assert_eq!(texts(&plan, &HABIT)[0], "150ms");
        plan.edges[edge.index()].timeout = Some(SimDuration::from_millis(100));
        plan.edges[edge.index()].breaker = Some(CircuitBreaker::default());
        assert!(texts(&plan, &HABIT).is_empty());
    }

    #[test]
    fn numbers_are_round() {
        for (x, round) in [(0.22, 0.25), (1.0, 1.0), (0.081, 0.1), (3.2, 4.0)] {
            assert!((round_up(x) - round).abs() < 1e-9, "{x}");
        }
    }
}
