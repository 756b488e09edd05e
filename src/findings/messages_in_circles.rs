//! Messages that lead to messages without end.

use super::words::list;
use super::{Confidence, Evidence, Finding, Severity, declare_lint};

declare_lint! {
    /// What it is: handling a message of a queue publishes, directly or by way of other queues, one more message into it each time.
    ///
    /// Why it is bad: once published, a message never ends. With every further one there is more work, until the consumers do nothing
    /// else, and the backlog grows for ever.
    ///
    /// How it is judged: by arithmetic on the model: what is published for each message handled, followed round and round, does not
    /// become less.
    ///
    /// What is close to it: a message that is published again with a probability below one, or a redelivery.
    STATIC "messages-in-circles", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let plan = &evidence.model.plan;
    let topics = evidence.graph.circulation();
    let Some(first) = topics.first() else { return Vec::new() };
    let names: Vec<String> = topics.iter().map(|t| plan.topics[t.index()].name.clone()).collect();
    vec![Finding {
        code: LINT.code,
        severity: Severity::P1,
        confidence: Confidence::Medium,
        title: format!("Messages of {} lead to messages without end", list(&names)),
        subject: names.join(", "),
        origin: Some(plan.topics[first.index()].origin.clone()),
        evidence: vec![
            "Each one that is handled leads to another one.".into(),
            "Let something end: a condition, a count carried along, or another queue.".into(),
        ],
        fix: None,
        effect: None,
        other_effects: Vec::new(),
    }]
}
