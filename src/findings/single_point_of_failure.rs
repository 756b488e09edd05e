//! One replica whose loss takes users down.

use super::guard::success_meanwhile;
use super::words::{endpoints, percent, source};
use super::{Confidence, Effect, Evidence, Figure, Finding, Fix, Severity, declare_lint};
use crate::experiments::{Failure, Review, Toll, kills_all};
use crate::model::Metric;
use crate::plan::{EndpointId, Role};

declare_lint! {
    /// What it is: a service, database or cache that runs once, and without which requests of users fail.
    ///
    /// Why it is bad: every restart, deploy and crash of that one is an outage.
    ///
    /// How it is judged: the component is killed, and users must lose at least a twentieth of all requests while it is
    /// gone. For a service the fix is tried: with two replicas, one of them is killed in the same way.
    ///
    /// What is close to it: a single replica whose callers answer without it (an optional call, a fallback, a cache beside
    /// its database), a database with a standby (`failover`), and somebody else's API or a managed
    /// queue, whose replicas are not yours to add.
    SIMULATED "single-point-of-failure", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let Some(review) = evidence.review else { return Vec::new() };
    let kills = evidence.confirmed().filter(|(_, f)| kills_all(&f.fault) && f.lost_share() >= 0.05);
    kills.filter(|(_, f)| is_alone(evidence, f)).map(|(i, f)| alone(evidence, review, i, f)).collect()
}

fn is_alone(evidence: &Evidence, failure: &Failure) -> bool {
    let plan = &evidence.model.plan;
    // A broker is taken to be a managed service, and has no replicas in the model.
    let own = !matches!(plan.components[failure.target.index()].role, Role::External | Role::Queue);
    let mut stations = plan.stations_of(failure.target).map(|s| &plan.stations[s.index()]);
    own && stations.all(|s| s.replicas == 1 && s.failover.is_none())
}

fn alone(evidence: &Evidence, review: &Review, index: usize, failure: &Failure) -> Finding {
    let name = evidence.component(failure.target);
    let component = &evidence.model.plan.components[failure.target.index()];
    let users = evidence.graph.user_endpoints();
    let down: Vec<EndpointId> =
        (0..users.len()).filter(|u| failure.mean(|h| h.share(*u)) >= 0.5).map(|u| users[u]).collect();
    let lost = failure.lost_share();
    let mut told = vec![format!("There is one of it; while it is gone {} of all requests are lost.", percent(lost))];
    if !down.is_empty() {
        told.push(format!("Down with it: {}.", endpoints(evidence, &down)));
    }
    let spare = review.spares.iter().find(|s| s.failure == index);
    let bad = |runs: &[Vec<Toll>]| runs.iter().flatten().map(Toll::bad).sum::<f64>() / runs.len().max(1) as f64;
    let before: Vec<Vec<Toll>> = failure.harms.iter().map(|h| h.faulted.clone()).collect();
    let helps = spare.filter(|s| bad(&s.after) < 0.5 * bad(&before));
    if let Some(spare) = helps {
        told.push(format!(
            "With two, the loss of one costs {:.0} requests instead of {:.0}, on the same random numbers.",
            bad(&spare.after),
            bad(&before)
        ));
    }
    told.push(source(review, failure));
    let worst = (0..users.len()).max_by(|a, b| {
        let share = |u: usize| failure.mean(|h| h.lost(u));
        share(*a).total_cmp(&share(*b))
    });
    let effect = helps.zip(worst).map(|(spare, user)| {
        let success = |runs: &[Vec<Toll>]| success_meanwhile(failure, runs, user);
        let name = evidence.endpoint(users[user]);
        Effect::paired(name, Figure::Metric(Metric::Success), &success(&before), &success(&spare.after))
    });
    Finding {
        code: LINT.code,
        severity: if lost >= 0.5 { Severity::P1 } else { Severity::P2 },
        confidence: Confidence::High,
        title: format!("{name} runs once, and without it {} of all requests fail", percent(lost)),
        subject: name.to_owned(),
        origin: Some(component.origin.clone()),
        evidence: told,
        fix: helps.map(|s| Fix { summary: format!("two replicas of {name}"), changes: vec![s.change.clone()] }),
        effect,
        other_effects: Vec::new(),
    }
}
