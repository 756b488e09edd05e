//! What the findings about missing guards have in common: each stands for a guard that was tried and proven.

use super::words::{cascade, endpoints, list, percent, seconds, source};
use super::{Confidence, Effect, Evidence, Figure, Finding, Fix, Severity};
use crate::experiments::{Containment, Decoy, Failure, Guard, Harm, Move, Proven, Review, Toll};
use crate::model::Metric;

/// The findings of one guard: one for each edge, told by the worst failure it contains.
pub(super) fn look(evidence: &Evidence, guard: Guard) -> Vec<Finding> {
    let Some(review) = evidence.review else { return Vec::new() };
    let mut findings: Vec<Finding> = Vec::new();
    for containment in &review.contained {
        let Some(proven) = &containment.proven else { continue };
        let Some(main) = main_move(containment, proven).filter(|m| m.guard == guard) else { continue };
        let failure = &review.failures[containment.failure];
        let subject = evidence.edge(main.edge);
        // Failures come in order of urgency: the first to need this guard tells of it, the others are named.
        if let Some(told) = findings.iter_mut().find(|f| f.subject == subject) {
            told.evidence.push(format!("It contains {} too.", failure.fault.describe()));
        } else {
            findings.push(finding(evidence, review, failure, containment, proven, main));
        }
    }
    findings
}

/// Of several guards that only help together, the one that spares most alone.
fn main_move<'a>(containment: &Containment, proven: &'a Proven) -> Option<&'a Move> {
    let alone = |m: &Move| {
        let single = containment.attempts.iter().find(|a| a.moves.len() == 1 && a.moves[0] == *m);
        single.map_or(0.0, |a| a.spared)
    };
    proven.moves.iter().max_by(|a, b| alone(a).total_cmp(&alone(b)))
}

fn finding(
    evidence: &Evidence,
    review: &Review,
    failure: &Failure,
    containment: &Containment,
    proven: &Proven,
    main: &Move,
) -> Finding {
    let edge = &evidence.model.plan.edges[main.edge.index()];
    let target = evidence.component(failure.target);
    let stuck = failure.recoveries() < failure.harms.len();
    // What could have been answered is reckoned; what the guard spares was measured. The lesser counts, and of what was
    // measured the least that chance leaves: breakers one behind another recover sooner or later from run to run.
    let came: f64 = failure.mean(|harm| harm.during.iter().sum());
    let share = failure.avoidable_share().min(proven.spared.low.max(0.0) / came.max(1.0)) - lingering(failure);
    let severity = match () {
        () if stuck || !failure.collateral.is_empty() => Severity::P0,
        // An answer that comes late is an annoyance, one that fails is an incident.
        () if share >= 0.25 && failure.mean(fails_more) >= 0.5 => Severity::P0,
        () if share >= 0.05 => Severity::P1,
        () => Severity::P2,
    };
    let (effect, other_effects) = effects(evidence, failure, proven);
    Finding {
        code: main.guard.code(),
        severity,
        confidence: if proven.spared.low > 0.0 { Confidence::High } else { Confidence::Medium },
        title: title(evidence, failure, main, target),
        subject: edge.name.clone(),
        origin: Some(edge.origin.clone()),
        evidence: told(evidence, review, failure, containment, proven),
        fix: Some(Fix { summary: summary(evidence, proven), changes: changes(proven) }),
        effect,
        other_effects,
    }
}

/// The share lost by those who need what is struck after it is back: a breaker that is open waits before it asks again, which is
/// what it is for, and no reason for haste.
fn lingering(failure: &Failure) -> f64 {
    let need = |harm: &Harm| {
        let needed: f64 = harm.during.iter().zip(&failure.unavoidable).map(|(came, share)| came * share).sum();
        needed / harm.during.iter().sum::<f64>().max(1.0)
    };
    let lasting = failure.drill.lasting.seconds().max(1.0);
    failure.mean(|harm| harm.recovered.map_or(0.0, |after| after.seconds() / lasting) * need(harm))
}

/// Of what goes bad, the share that fails rather than being late.
fn fails_more(harm: &Harm) -> f64 {
    let users = harm.faulted.iter().zip(&harm.healthy);
    let failed: f64 = users.map(|(f, h)| (f.failed - h.failed).max(0.0)).sum();
    failed / harm.lost_in_all().max(1.0)
}

fn title(evidence: &Evidence, failure: &Failure, main: &Move, target: &str) -> String {
    let edge = evidence.edge(main.edge);
    let without = match main.guard {
        Guard::RetryBudget => format!("{edge} retries without a budget"),
        guard => format!("{edge} has no {}", guard.words()),
    };
    let when = failure.fault.describe();
    if !failure.collateral.is_empty() {
        let who = endpoints(evidence, &failure.collateral);
        let verb = if failure.collateral.len() == 1 { "goes" } else { "go" };
        return format!("{without}: with {when}, {who} {verb} down too, and never needed {target}");
    }
    format!(
        "{without}: with {when}, {} of all requests are lost or late without need",
        percent(failure.avoidable_share())
    )
}

fn summary(evidence: &Evidence, proven: &Proven) -> String {
    let part = |m: &Move| match m.guard {
        Guard::Timeout => format!("a timeout of {} on {}", m.change.to, evidence.edge(m.edge)),
        Guard::Breaker => format!("a circuit breaker on {}", evidence.edge(m.edge)),
        Guard::Bulkhead => format!("a bulkhead of {} on {}", m.change.to, evidence.edge(m.edge)),
        Guard::RetryBudget => format!("a retry budget of {} on {}", m.change.to, evidence.edge(m.edge)),
    };
    list(&proven.moves.iter().map(part).collect::<Vec<_>>())
}

fn changes(proven: &Proven) -> Vec<crate::model::Change> {
    proven.moves.iter().map(|m| m.change.clone()).collect()
}

fn told(
    evidence: &Evidence,
    review: &Review,
    failure: &Failure,
    containment: &Containment,
    proven: &Proven,
) -> Vec<String> {
    let target = evidence.component(failure.target);
    let mut told = vec![format!(
        "With {} for {}, {} of the requests that come meanwhile fail or come too late; {} could have been answered \
         without {target}.",
        failure.fault.describe(),
        review.drill.lasting,
        percent(failure.lost_share()),
        percent(failure.avoidable_share()),
    )];
    told.extend(cascade(evidence, failure));
    if failure.recoveries() < failure.harms.len() {
        let (back, all) = (failure.recoveries(), failure.harms.len());
        told.push(format!("After the end of the fault goodput comes back in {back} of {all} replications."));
    }
    let bad = |runs: &[Vec<Toll>]| runs.iter().flatten().map(Toll::bad).sum::<f64>() / runs.len().max(1) as f64;
    told.push(format!(
        "With the change {:.0} requests go bad instead of {:.0}, on the same random numbers ({:.0} to {:.0} fewer, at 95%).",
        bad(&proven.after),
        bad(&proven.before),
        proven.spared.low,
        proven.spared.high,
    ));
    told.extend(also_tried(evidence, containment, proven));
    told.extend(healthy(evidence, proven));
    told.push(source(review, failure));
    told
}

/// The best of what was tried besides; the rest stands in nobody's way.
fn also_tried(evidence: &Evidence, containment: &Containment, proven: &Proven) -> Option<String> {
    const MOST: usize = 4;
    let singles = containment.attempts.iter().filter(|a| a.moves.len() == 1 && a.moves[0] != proven.moves[0]);
    let mut others: Vec<_> = singles.collect();
    others.sort_by(|a, b| b.spared.total_cmp(&a.spared));
    let told: Vec<String> = others
        .iter()
        .take(MOST)
        .map(|a| {
            let m = &a.moves[0];
            format!("a {} on {} spares {}", m.guard.words(), evidence.edge(m.edge), percent(a.spared))
        })
        .collect();
    (!told.is_empty()).then(|| format!("Tried as well: {}.", list(&told)))
}

/// What the guard costs on a healthy day: the endpoint whose p99 changes most.
fn healthy(evidence: &Evidence, proven: &Proven) -> Option<String> {
    let users = evidence.graph.user_endpoints();
    let mean =
        |runs: &[Vec<Toll>], user: usize| runs.iter().map(|r| r[user].p99).sum::<f64>() / runs.len().max(1) as f64;
    let change = |user: &usize| mean(&proven.healthy_after, *user) - mean(&proven.healthy_before, *user);
    let worst = (0..users.len()).max_by(|a, b| change(a).total_cmp(&change(b)))?;
    let (before, after) = (mean(&proven.healthy_before, worst), mean(&proven.healthy_after, worst));
    let name = evidence.endpoint(users[worst]);
    Some(format!(
        "It costs nothing on a healthy day: p99 of {name} is {} before, {} after.",
        seconds(before),
        seconds(after)
    ))
}

/// What users of each endpoint gain, most first: success while the fault lasts, or p99 where answers were only late.
fn effects(evidence: &Evidence, failure: &Failure, proven: &Proven) -> (Option<Effect>, Vec<Effect>) {
    let users = evidence.graph.user_endpoints();
    let stuck = failure.recoveries() < failure.harms.len();
    let mut gains: Vec<(f64, Effect)> = (0..users.len())
        .filter_map(|user| {
            let sum = |runs: &[Vec<Toll>], of: fn(&Toll) -> f64| runs.iter().map(|r| of(&r[user])).sum::<f64>();
            let gain = sum(&proven.before, Toll::bad) - sum(&proven.after, Toll::bad);
            let failed = sum(&proven.before, |t| t.failed) - sum(&proven.after, |t| t.failed);
            let offered = sum(&proven.before, |t| t.offered);
            if gain < 0.005 * offered || gain < 3.0 {
                return None;
            }
            let name = evidence.endpoint(users[user]);
            let success = |runs: &[Vec<Toll>]| success_meanwhile(failure, runs, user);
            let figure = Figure::Metric(Metric::Success);
            let meanwhile = Effect::paired(name, figure, &success(&proven.before), &success(&proven.after));
            let shows = meanwhile.after.mean - meanwhile.before.mean >= 0.005;
            let effect = if stuck || (failed >= gain / 2.0 && !shows) {
                // Most is lost after the fault, where success while it lasts says nothing.
                let lost = |runs: &[Vec<Toll>]| runs.iter().map(|r| r[user].bad()).collect::<Vec<_>>();
                Effect::paired(name, Figure::Lost, &lost(&proven.before), &lost(&proven.after))
            } else if failed >= gain / 2.0 {
                meanwhile
            } else {
                let p99 = |runs: &[Vec<Toll>]| runs.iter().map(|r| r[user].p99).collect::<Vec<_>>();
                let figure = Figure::Metric(Metric::Percentile(0.99));
                Effect::paired(name, figure, &p99(&proven.before), &p99(&proven.after))
            };
            Some((gain, effect))
        })
        .collect();
    gains.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut effects = gains.into_iter().map(|(_, effect)| effect);
    (effects.next(), effects.collect())
}

/// Success of those who came while the fault lasted: what failed beyond a healthy run is laid to it.
pub(super) fn success_meanwhile(failure: &Failure, runs: &[Vec<Toll>], user: usize) -> Vec<f64> {
    let of = |(run, harm): (&Vec<Toll>, &crate::experiments::Harm)| {
        let lost = run[user].failed - harm.healthy[user].failed;
        (1.0 - lost / harm.during[user].max(1.0)).clamp(0.0, 1.0)
    };
    runs.iter().zip(&failure.harms).map(of).collect()
}

/// What a rule of thumb would ask for and nobody would gain from, in a sentence each.
pub fn decoys(evidence: &Evidence) -> Vec<(&'static str, String, String)> {
    let Some(review) = evidence.review else { return Vec::new() };
    let told = |decoy: &Decoy| {
        let failure = &review.failures[decoy.failure];
        let bad = |tolls: &[Toll]| tolls.iter().map(Toll::bad).sum::<f64>();
        let (before, after) = (bad(&decoy.before), bad(&decoy.after));
        // A guard that spares a tenth or more may be worth having; it is no decoy.
        if after < 0.9 * before && before - after > 5.0 {
            return None;
        }
        let why = format!(
            "with {} a {} changes nothing for the better: {before:.0} requests go bad without it, {after:.0} with it",
            failure.fault.describe(),
            decoy.guard.guard.words(),
        );
        Some((decoy.guard.guard.code(), evidence.edge(decoy.guard.edge).to_owned(), why))
    };
    review.decoys.iter().filter_map(told).collect()
}
