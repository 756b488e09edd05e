//! Plans in few words, for snapshots.

use crate::plan::{Branch, EdgeId, LinkId, Pc, Plan, Step};
use crate::units::SimDuration;
use std::fmt::Write;

/// The programs of all endpoints, one step a line.
pub fn programs(plan: &Plan) -> String {
    let mut out = String::new();
    for (i, step) in plan.steps.iter().enumerate() {
        for endpoint in plan.endpoints.iter().filter(|e| e.entry == Pc::new(i)) {
            writeln!(out, "{}:", endpoint.name).unwrap();
        }
        writeln!(out, "  {i} {}", step_in(plan, step)).unwrap();
    }
    out
}

fn step_in(plan: &Plan, step: &Step) -> String {
    let mean = |d: crate::plan::DistId| SimDuration(plan.dists[d.index()].mean_ns() as u64);
    match *step {
        Step::Work { time } => format!("work {}", mean(time)),
        Step::Sleep { time } => format!("sleep {}", mean(time)),
        Step::Call { link: to, failed } => format!("call {}{}", link(plan, to), on(" failed", failed)),
        Step::Fork { fork, failed } => {
            let fork = &plan.forks[fork.index()];
            let branch = |b: &Branch| match *b {
                Branch::Call(to) => link(plan, to),
                Branch::Program(at) => on("", at),
            };
            let branches: Vec<String> = fork.branches.iter().map(branch).collect();
            format!("fork {} of [{}]{}", fork.need, branches.join(", "), on(" failed", failed))
        }
        Step::Ship { .. } => "ship".into(),
        Step::Peek { .. } => "peek".into(),
        Step::Hold => "hold".into(),
        Step::Settle => "settle".into(),
        Step::Commit { link: to } => format!("commit {}", link(plan, to)),
        Step::Lock { lock, optimistic } => {
            let how = if optimistic { " (version)" } else { "" };
            format!("lock {}{how}", plan.locks[lock.index()].name)
        }
        Step::Unlock { lock } => format!("unlock {}", plan.locks[lock.index()].name),
        Step::Chance { p, otherwise } => format!("chance {p}{}", on(" else", otherwise)),
        Step::Switch { switch } => {
            let cases = plan.switches[switch.index()].cases.iter();
            format!("switch {:?}", cases.map(|(up_to, at)| (*up_to, at.0)).collect::<Vec<_>>())
        }
        Step::Lookup { cache, miss } => {
            format!("lookup {}{}", plan.caches[cache.index()].expected_hit_ratio(), on(" miss", miss))
        }
        Step::Look { look, .. } => {
            let look = plan.looks[look.index()];
            format!("look (key {}){}{}", look.key.0, on(" miss", look.miss), on(" refresh", look.refresh))
        }
        Step::Fill { look, .. } => format!("fill (key {})", plan.looks[look.index()].key.0),
        Step::Drop { look, .. } => format!("drop (key {})", plan.looks[look.index()].key.0),
        Step::Defer { program, full, .. } => format!("defer{}{}", on(" to", program), on(" full", full)),
        Step::Repeat { times, end } => format!("repeat {times:?}{}", on(" end", end)),
        Step::Again { body } => format!("again{}", on("", body)),
        Step::Enqueue { topic } => {
            let component = plan.topics[topic.index()].component;
            format!("enqueue {}", plan.components[component.index()].name)
        }
        Step::Jump { to } => format!("jump{}", on("", to)),
        Step::Degrade => "degrade".into(),
        Step::Error => "error".into(),
        Step::Return => "return".into(),
    }
}

fn link(plan: &Plan, link: LinkId) -> String {
    let link = plan.links[link.index()];
    format!("{} by {}", plan.endpoints[link.to.index()].name, plan.edges[link.edge.index()].name)
}

fn on(word: &str, to: Pc) -> String {
    if to == Pc::FAIL { String::new() } else { format!("{word} @{}", to.0) }
}

/// Every edge with what is set on it.
pub fn edges(plan: &Plan) -> String {
    let line = |e: &crate::plan::Edge| {
        let mut text = format!("{} ({}) from {}:{}", e.name, e.policy_path, e.origin.path, e.origin.line);
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                write!(text, ", {name} {value}").unwrap();
            }
        };
        add("instances", (e.instances != 1).then(|| e.instances.to_string()));
        add("network", e.network.map(|d| format!("{:?}", plan.dists[d.index()])));
        add("loss", (e.loss != 0.0).then(|| e.loss.to_string()));
        add("pool", e.pool.map(|n| n.to_string()));
        add("timeout", e.timeout.map(|d| d.to_string()));
        add("attempts", e.retry.as_ref().map(|r| r.attempts.to_string()));
        add("breaker", e.breaker.as_ref().map(|b| b.failure_rate.unwrap_or_default().to_string()));
        add("bulkhead", e.bulkhead.map(|n| n.to_string()));
        add("idempotent", e.idempotent.then(String::new));
        add("optional", e.optional.then(String::new));
        add("fallback", e.fallback.then(String::new));
        text + "\n"
    };
    (0..plan.edges.len()).map(|i| line(&plan.edges[EdgeId::new(i).index()])).collect()
}
