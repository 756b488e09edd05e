//! A failure that outlives its cause.

use super::words::{list as list_of, source, times};
use super::{Confidence, Evidence, Finding, Severity, declare_lint};
use crate::experiments::{Cure, Failure, Metastable, Question, Review, Sustainer};

declare_lint! {
    /// What it is: a component fails, comes back, and users still do not get what they got before.
    ///
    /// Why it is bad: somebody has to find out at night what keeps the system down, and shed load by hand. Metastable
    /// failures of this kind are behind the longest outages there are.
    ///
    /// How it is judged: goodput after the fault is compared with the same run without it, for all users together and for
    /// each endpoint. Where it is not back when the run ends, longer runs over up to twenty seeds wait as long as anything
    /// could still bring it back: ten times the p99, the time in which the backlog drains, a cycle of the slowest mechanism.
    /// It is stuck when, for as long again, goodput is below nine tenths of what it was though users ask for no more,
    /// while calls are repeated or capacity is lost. Stuck states then go on with half of the load for a moment (that
    /// cures what is metastable), and with one mechanism less each time (retries, cold caches, scaling down, the
    /// backlog, …): what lets them come back keeps the failure going. Last, the loads and the shortest trigger are
    /// searched from which on it happens. What the budget had no room to wait for is told only when no run was back, and
    /// never as a P0.
    ///
    /// What is close to it: a backlog that drains in time.
    SIMULATED "does-not-recover", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    let Some(review) = evidence.review else { return Vec::new() };
    let open = evidence.confirmed().filter(|(_, f)| !f.recovers());
    open.filter_map(|(i, f)| {
        let examined = review.metastable.iter().find(|(at, _)| *at == i).map(|(_, m)| m);
        // It needed longer than its run, and that is all.
        let heals = examined.is_some_and(|m| m.aftermaths.recovered().iter().all(Option::is_some));
        // Of several ways to strike the same part, those that were examined speak for the others.
        let spoken_for =
            examined.is_none() && review.metastable.iter().any(|(at, _)| review.failures[*at].target == f.target);
        // One that was not waited for, and was back in some run, may only be late.
        let unclear = examined.is_none() && f.recoveries() > 0;
        (!heals && !spoken_for && !unclear).then(|| told(evidence, review, i, f, examined))
    })
    .collect()
}

fn told(
    evidence: &Evidence,
    review: &Review,
    index: usize,
    failure: &Failure,
    examined: Option<&Metastable>,
) -> Finding {
    let name = evidence.component(failure.target);
    let component = &evidence.model.plan.components[failure.target.index()];
    let what = failure.fault.describe();
    let mut lines = match examined {
        Some(found) => loops(found),
        None => {
            let (all, after) = (failure.harms.len(), failure.drill.after);
            vec![format!(
                "Within {after} of its end goodput is back in none of {all} replications; nobody waited longer."
            )]
        }
    };
    lines.push(format!(
        "As many requests are lost as {} of those that come while it lasts.",
        over(failure.lost_share())
    ));
    let contained = review.contained.iter().find(|c| c.failure == index).is_some_and(|c| c.proven.is_some());
    if contained {
        lines.push("A guard contains it: see the finding about it.".into());
    }
    lines.push(source(review, failure));
    let sure = examined.is_some_and(|m| m.is_proven() && m.probability.low > 0.5);
    // What waits may drain in the end: a debt, not a state that holds itself.
    let comes_late = |m: &Metastable| m.loops.as_ref().is_some_and(|loops| loops.sustained.by_itself.is_some());
    let drains = examined.is_some_and(|m| m.aftermaths.wait.capped || comes_late(m));
    Finding {
        code: LINT.code,
        severity: if drains || examined.is_none() { Severity::P1 } else { Severity::P0 },
        confidence: if sure && !drains { Confidence::High } else { Confidence::Medium },
        title: match examined {
            None => format!("the system is not back {} after {what}", failure.drill.after),
            Some(_) if drains => {
                format!("the system is not back long after {what}: what waits drains too slowly to see it end")
            }
            Some(_) => format!("the system does not recover by itself from {what}"),
        },
        subject: name.to_owned(),
        origin: Some(component.origin.clone()),
        evidence: lines,
        fix: None,
        effect: None,
        other_effects: Vec::new(),
    }
}

/// What was found out about a failure by waiting for it.
fn loops(found: &Metastable) -> Vec<String> {
    let (stuck, all, wait) =
        (found.aftermaths.stuck().len(), found.aftermaths.each.len(), found.aftermaths.wait.length);
    let mut lines =
        vec![format!("{wait} after its end, and for as long again, goodput is down in {stuck} of {all} runs.")];
    let Some(loops) = &found.loops else { return lines };
    let words = |list: &[Sustainer]| list_of(&list.iter().map(|s| s.words().to_owned()).collect::<Vec<_>>());
    if !loops.sustained.alone.is_empty() {
        lines.push(format!("It comes back when this is left out: {}.", words(&loops.sustained.alone)));
    } else if !loops.sustained.with_backlog.is_empty() {
        lines.push(format!(
            "It comes back when what waits is dropped and this is left out: {}.",
            words(&loops.sustained.with_backlog)
        ));
    }
    match loops.cure {
        Some(cure) => lines.push(format!("{} for {} cures it.", relief(cure), cure.lasting)),
        None if loops.unfinished.contains(&Question::Cure) => {}
        None => lines.push("Less load for a moment does not bring it back: something is lost for good.".into()),
    }
    let band = loops.band;
    let top =
        band.fails.map_or_else(String::new, |load| format!("; from {} on it fails without a trigger", times(load)));
    let all_loads = !loops.unfinished.contains(&Question::Band);
    if band.safe > 0.0 || all_loads {
        lines.push(format!("The same trigger does no lasting harm up to {}{top}.", times(band.safe)));
    }
    lines.extend(band.heals.map(|load| format!("Once stuck, it comes back when the load falls to {}.", times(load))));
    lines.push(format!("A trigger of {} is enough.", loops.smallest.lasting));
    let open: Vec<String> = loops.unfinished.iter().map(|question| question.words().to_owned()).collect();
    if !open.is_empty() {
        lines.push(format!("The budget of events ended the search early for {}.", list_of(&open)));
    }
    lines
}

/// `Halving the load`
fn relief(cure: Cure) -> &'static str {
    match (cure.left >= 0.5, cure.left > 0.0, cure.restart) {
        (true, _, false) => "Halving the load",
        (true, _, true) => "Restarting what has a line and halving the load",
        (_, true, false) => "Taking nine tenths of the load off",
        (_, true, true) => "Restarting what has a line and taking nine tenths of the load off",
        (_, _, false) => "Keeping all users out",
        (_, _, true) => "Restarting what has a line and keeping all users out",
    }
}

/// A share that may be above one, when the loss goes on.
fn over(share: f64) -> String {
    format!("{:.0}%", 100.0 * share)
}
