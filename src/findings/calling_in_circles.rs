//! Services that call one another in a circle.

use super::words::list;
use super::{Confidence, Evidence, Finding, Severity, declare_lint};
use crate::plan::{ComponentId, Concurrency, UNLIMITED};

declare_lint! {
    /// What it is: A calls B, and B calls A through another endpoint, with a limited number of threads on both sides.
    ///
    /// Why it is bad: when all threads of A wait for B and all threads of B wait for A, nobody ever answers: a deadlock,
    /// which only timeouts resolve. It also ties the two together: neither can be deployed or scaled alone.
    ///
    /// How it is judged: by the circles of the call graph (strongly connected components) all of whose members hold a
    /// worker while they wait.
    ///
    /// What is close to it: a circle with an asynchronous member, or one closed by a queue's consumer that many workers
    /// stand behind.
    STATIC "calling-in-circles", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let plan = &evidence.model.plan;
    let holds = |c: &ComponentId| {
        plan.stations_of(*c).any(|s| {
            let station = &plan.stations[s.index()];
            station.concurrency == Concurrency::Threads && station.workers != UNLIMITED
        })
    };
    let circles = evidence.graph.circles().into_iter().filter(|circle| circle.iter().all(holds));
    circles
        .map(|circle| {
            let names: Vec<String> = circle.iter().map(|c| evidence.component(*c).to_owned()).collect();
            let title = match names.as_slice() {
                [one] => format!("{one} calls itself and holds a worker while it waits"),
                _ => format!("{} call one another in a circle and hold workers while they wait", list(&names)),
            };
            Finding {
                code: LINT.code,
                severity: Severity::P2,
                confidence: Confidence::Medium,
                title,
                subject: names.join(", "),
                origin: Some(plan.components[circle[0].index()].origin.clone()),
                evidence: vec!["When all their workers wait for one another, nobody answers until a timeout.".into()],
                fix: None,
                effect: None,
                other_effects: Vec::new(),
            }
        })
        .collect()
}
