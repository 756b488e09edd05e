//! Remedies on the way from a caller to a callee: breakers, time-outs, waits between tries, answers that can be missed.

use super::{Breaker, Remedy, change};
use crate::experiments::contain::Works;
use crate::experiments::guards::{Habit, ample, breaker};
use crate::plan::{Edge, EdgeId, EndpointId, Party};
use crate::units::SimDuration;

impl Works<'_, '_> {
    /// The edges of components that are used, with how they behave on a healthy day.
    fn guarded(&self) -> Vec<(EdgeId, Habit)> {
        let graph = self.field.graph;
        let edges = (0..graph.plan().edges.len()).map(EdgeId::new);
        let inner = edges.filter(|e| matches!(graph.plan().edges[e.index()].from, Party::Component(_)));
        inner.filter_map(|e| Habit::of(graph, e, self.healthy).map(|habit| (e, habit))).collect()
    }

    /// Breakers that may see too few calls, or no slow ones; that open for few errors; that wait for ever for a probe.
    pub(super) fn breakers(&self) -> Vec<Remedy> {
        let plan = self.field.graph.plan();
        let mut found = Vec::new();
        for (id, habit) in self.guarded() {
            let edge = &plan.edges[id.index()];
            if edge.breaker.is_none() {
                continue;
            }
            let callee = self.name(edge.to);
            let path = format!("{}.circuit_breaker", edge.policy_path);
            let fitted = change(&path, breaker(edge.timeout, &habit));
            if let Some(slow) = self.fault(&format!("latency:{callee}:+5s"), None) {
                let mut remedy = Remedy::new("breaker-never-trips", &edge.name, vec![slow], vec![fitted.clone()]);
                remedy.breaker = Some((id, Breaker::StaysClosed));
                found.push(remedy);
            }
            if let Some(some) = self.fault(&format!("errors:{callee}:20%"), None) {
                let calmer = change(path, "{ failure_rate: 50%, window: 30s, minimum_calls: 50, open_for: 5s }");
                let mut remedy = Remedy::new("breaker-flaps", &edge.name, vec![some], vec![fitted, calmer]);
                remedy.breaker = Some((id, Breaker::Opens));
                found.push(remedy);
            }
            found.extend(self.half_open(edge, &habit));
        }
        found
    }

    /// A breaker whose probes may never come back: errors open it, and when it lets its probes through the callee is cut
    /// off. What helps is a limit to the half-open state, or to each call.
    fn half_open(&self, edge: &Edge, habit: &Habit) -> Option<Remedy> {
        let breaker = edge.breaker.as_ref()?;
        if breaker.half_open_timeout.is_some() || edge.timeout.is_some() || edge.deadline.is_some() {
            return None;
        }
        let callee = self.name(edge.to);
        let opens = SimDuration::from_seconds(f64::from(breaker.minimum_calls) / habit.rate.max(0.1) + 1.0);
        let cut = opens + breaker.open_for + SimDuration::from_secs(2);
        let errors = self.fault(&format!("errors:{callee}:100%"), Some(opens))?;
        let partition = self.fault_at(&format!("partition:{callee}"), self.drill.at + opens, cut)?;
        let changes = vec![
            change(format!("{}.circuit_breaker.half_open_timeout", edge.policy_path), "5s"),
            change(format!("{}.timeout", edge.policy_path), SimDuration::from_seconds(ample(habit)).to_string()),
        ];
        Some(Remedy::new("hung-half-open", &edge.name, vec![errors, partition], changes))
    }

    /// Guards that refuse or cut off calls on a healthy day: wider, and never left out, since what they are for is not tried.
    pub(super) fn harmful(&self) -> Vec<Remedy> {
        let plan = self.field.graph.plan();
        let mut found = Vec::new();
        for (id, habit) in self.guarded() {
            let (edge, tally) = (&plan.edges[id.index()], &self.healthy.edges[id.index()]);
            let calls = tally.calls as f64;
            let often = |n: u64| n as f64 > 0.01 * calls;
            let mut add = |field: &str, to: String| {
                let changes = vec![change(format!("{}.{field}", edge.policy_path), to)];
                found.push(Remedy::new("harmful-guard", &edge.name, Vec::new(), changes));
            };
            if edge.timeout.is_some() && often(tally.timeouts) {
                add("timeout", SimDuration::from_seconds(ample(&habit)).to_string());
            }
            if edge.bulkhead.is_some() && often(tally.rejected) {
                let wanted = (2.0 * (habit.busy + 3.0 * habit.busy.sqrt() + 1.0)).ceil();
                add("bulkhead", format!("{wanted}"));
            }
            if edge.breaker.is_some() && often(tally.rejected) {
                add("circuit_breaker", breaker(edge.timeout, &habit));
            }
        }
        found
    }

    /// Retries that come at once are all spent within a short outage.
    pub(super) fn retries(&self) -> Vec<Remedy> {
        let plan = self.field.graph.plan();
        let one = |(id, habit): (EdgeId, Habit)| {
            let edge = &plan.edges[id.index()];
            edge.retry.as_ref().filter(|r| r.attempts > 1 && r.backoff == SimDuration::ZERO)?;
            // Long enough for forty calls of all callers, so that a difference is none by chance.
            let blip = (40.0 / (habit.rate * f64::from(edge.instances)).max(0.1)).clamp(1.0, 5.0);
            let blip = SimDuration::from_seconds(blip);
            let refuse = self.fault(&format!("refuse:{}", self.name(edge.to)), Some(blip))?;
            let wait = |to: SimDuration| change(format!("{}.retry.backoff", edge.policy_path), to.to_string());
            let changes = vec![wait(SimDuration::from_millis(100)), wait(SimDuration::from_millis(500)), wait(blip)];
            Some(Remedy::new("retry-without-backoff", &edge.name, vec![refuse], changes))
        };
        self.guarded().into_iter().filter_map(one).collect()
    }

    /// Calls to somebody else's API that make up most of what a request takes, without a guard: as if they were left to a
    /// queue.
    pub(super) fn outside(&self) -> Vec<Remedy> {
        let graph = self.field.graph;
        let plan = graph.plan();
        let one = |(id, habit): (EdgeId, Habit)| {
            let edge = &plan.edges[id.index()];
            let outside = plan.components[edge.to.index()].origin.path.starts_with("external.");
            if !outside || edge.optional || edge.fallback || edge.breaker.is_some() {
                return None;
            }
            let mut users = graph.user_endpoints().into_iter();
            let most = |e: EndpointId| {
                let mine = plan.stations[plan.endpoints[e.index()].station.index()].component;
                edge.from == Party::Component(mine) && habit.busy / habit.rate.max(1e-9) > 0.5 * graph.latency(e)
            };
            users.find(|e| most(*e))?;
            let slow = self.fault(&format!("latency:{}:+5s", self.name(edge.to)), None)?;
            let left_out = vec![change(format!("{}.kill_switch", edge.policy_path), "{ at: 0s, then: skip }")];
            Some(Remedy::new("synchronous-external-call", &edge.name, vec![slow], left_out))
        };
        self.guarded().into_iter().filter_map(one).collect()
    }

    /// Calls that fail their request, of what others, or other endpoints, can do without.
    pub(super) fn hard(&self) -> Vec<Remedy> {
        let plan = self.field.graph.plan();
        let soft = |edge: &Edge| edge.optional || edge.fallback;
        let one = |(id, _): (EdgeId, Habit)| {
            let edge = &plan.edges[id.index()];
            let elsewhere = plan.edges.iter().any(|other| other.to == edge.to && soft(other));
            if soft(edge) || edge.inside || !elsewhere {
                return None;
            }
            let killed = self.fault(&format!("kill:{}", self.name(edge.to)), None)?;
            let changes = vec![change(format!("{}.optional", edge.policy_path), "true")];
            Some(Remedy::new("missing-fallback", &edge.name, vec![killed], changes))
        };
        self.guarded().into_iter().filter_map(one).collect()
    }
}
