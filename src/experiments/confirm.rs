//! Which failures are worth more than one short run, and how long a run each is worth.
//!
//! All faults are screened by one short run. What matters is confirmed by longer ones, since a cascade takes its time and
//! a guard must be given the time to act. A fault that does to a part what two more urgent ones do to it already needs no
//! longer runs: the short one is repeated with other random numbers, and counts as the first. Should the repeated runs
//! show more than the first one did, the longer runs are made after all, so that nothing that matters rests on short ones.

use super::bench::Bench;
use super::campaign::catalog::{self, again};
use super::campaign::cut::Cut;
use super::campaign::pairs::mark;
use super::campaign::side::Side;
use super::campaign::{Drill, Failure, Field};
use super::metastable::Purse;
use super::options::{Options, Progress};
use super::review::REPLICATIONS;
use super::strike::Asked;
use crate::faults::Fault;
use crate::plan::{ComponentId, UNLIMITED};
use crate::units::SimDuration;

/// Shares of the budget of events.
mod share {
    pub const SCREENING: f64 = 0.4;
    pub const CONFIRMING: f64 = 0.2;
    pub const ASKED: f64 = 0.15;
    /// Where the SLOs are missed without any fault, none is to blame.
    pub const BLAMELESS: f64 = 0.05;
}

/// Whatever the budget, faults are tried for so many events: all those of a model of ten parts or so.
const LEAST_SCREENING: f64 = 15e6;
/// So many failures are confirmed by several replications, whatever the budget, …
const LEAST_CONFIRMED: usize = 6;
/// … or so few, where their runs take much more events than a healthy one.
const FEW_CONFIRMED: usize = 3;
/// At the load asked for, so many.
const CONFIRMED_ASKED: usize = 4;
/// Confirming them may take this part of what striking there may, even when nothing is left of it.
const FEW_ASKED: f64 = 0.25;
/// A loss of so much of all requests is worth confirming.
const WORTH_CONFIRMING: f64 = 0.002;
/// So many more deliveries than without a fault are no chance.
const LEAST_PUT_OFF: f64 = 10.0;
/// Longer faults are not tried to see messages given up.
const LONGEST: SimDuration = SimDuration::from_secs(300);
/// Of the faults that do the same to the same part, so many stand for all in the longer runs.
const STANDING: usize = 2;

/// Every fault in a short run, and those that matter in several, longer where that may show more; the most urgent first.
/// With what the budget had no room for.
pub(super) fn struck(
    bench: &Bench,
    options: &Options,
    field: Field,
    drill: &Drill,
    progress: &dyn Progress,
    cut: &mut Cut,
) -> (Vec<Failure>, Vec<Fault>) {
    let screening = shorter(drill);
    let mut list = catalog::faults(field.graph, screening.at, screening.lasting);
    let budget = (share::SCREENING * options.budget).max(LEAST_SCREENING);
    let usual = (screening.lasting + screening.after).seconds() * bench.pace.events_per_s;
    let mut purse = Purse::of(f64::INFINITY);
    if list.len() as f64 * usual > budget {
        list = catalog::telling_first(field.graph, list);
        purse = Purse::of(budget);
    }
    progress.begin("striking each part", list.len() as u64);
    let (mut failures, costly, tried) = field.drill_within(&screening, &list, 1, &purse);
    let untried: Vec<Fault> = list.drain(tried..).map(|(_, fault)| fault).collect();
    cut.extend(costly);
    failures.sort_by(|a, b| urgency(b).total_cmp(&urgency(a)));

    // What matters first; then the loss of each part, on which findings rest; then the rest; last what nobody notices.
    let noticed = |f: &Failure| f.matters() || f.lost_share() >= WORTH_CONFIRMING;
    failures.sort_by_key(|f| (!noticed(f), !f.matters(), !catalog::kills_all(&f.fault)));
    let worth = failures.iter().take_while(|f| noticed(f)).count();
    let rest = failures.split_off(worth.min(affordable(bench, options, drill, &screening, &failures)));
    progress.begin("confirming what matters", failures.len() as u64);
    let mut failures = confirmed(field, [&screening, drill], failures, cut);
    failures.extend(rest);
    until_given_up(field, drill, &mut failures, cut);
    failures.sort_by(|a, b| urgency(b).total_cmp(&urgency(a)));
    (failures, untried)
}

/// Messages that are delivered so often at most, and then given up without dead letters, outlive a short failure. Of what keeps
/// them from being handled, one fault a queue strikes for as long as it takes to lose them, as far as that is simulated in
/// seconds.
fn until_given_up(field: Field, drill: &Drill, failures: &mut [Failure], cut: &mut Cut) {
    for (at, topic) in field.graph.plan().topics.iter().enumerate() {
        if topic.max_receives == UNLIMITED || topic.dead_letter.is_some() {
            continue;
        }
        let between = topic.visibility.unwrap_or_default();
        let lasting = (between.times(f64::from(topic.max_receives)) + SimDuration::from_secs(20)).max(drill.lasting);
        let grows =
            |f: &Failure, of: fn(&Side) -> &Vec<u64>| f.mean(|h| of(&h.side[1])[at] as f64 - of(&h.side[0])[at] as f64);
        let lost = failures.iter().any(|f| grows(f, |side| &side.messages) >= 1.0);
        let put_off = |f: &&mut Failure| grows(f, |side| &side.redelivered) >= LEAST_PUT_OFF;
        if lost || lasting > LONGEST {
            continue;
        }
        if let Some(failure) = failures.iter_mut().find(put_off) {
            let longer = Drill { lasting, ..*drill };
            let fault = (failure.target, again(&failure.fault, longer.at, lasting));
            let (found, costly) = field.drill(&longer, &[fault], REPLICATIONS);
            cut.extend(costly);
            found.into_iter().for_each(|found| *failure = found);
        }
    }
}

/// More runs of each of these: longer ones, or as long as the one there is.
fn confirmed(field: Field, drills: [&Drill; 2], failures: Vec<Failure>, cut: &mut Cut) -> Vec<Failure> {
    let [short, long] = drills;
    if short == long {
        let (found, costly) = field.go_on(failures, REPLICATIONS);
        cut.extend(costly);
        return found;
    }
    let in_time = field.alerts.iter().all(|alert| alert.reach() <= short.lasting);
    let mut marks = Vec::new();
    let (mut longer, repeated): (Vec<Failure>, Vec<Failure>) = failures.into_iter().partition(|failure| {
        let mark = mark(failure);
        let alike = marks.iter().filter(|m| **m == mark).count();
        marks.push(mark);
        !in_time || !failure.recovers() || alike < STANDING
    });
    let (repeated, costly) = field.go_on(repeated, REPLICATIONS);
    cut.extend(costly);
    let stands = |f: &Failure| longer.iter().any(|other| other.struck() == f.struck());
    let (late, found): (Vec<Failure>, Vec<Failure>) =
        repeated.into_iter().partition(|f| !f.recovers() || (f.matters() && !stands(f)));
    longer.extend(late);
    let mut run = |failures: &[Failure]| {
        // A fault that had to be shorter in the short run strikes for as long again.
        let (whole, brief): (Vec<&Failure>, Vec<&Failure>) =
            failures.iter().partition(|f| f.drill.lasting >= short.lasting);
        let mut groups = vec![(*long, whole)];
        groups.extend(brief.into_iter().map(|f| (Drill { lasting: f.drill.lasting, ..*long }, vec![f])));
        let mut found = Vec::new();
        for (drill, failures) in groups.iter().filter(|(_, failures)| !failures.is_empty()) {
            let chosen: Vec<(ComponentId, Fault)> =
                failures.iter().map(|f| (f.target, again(&f.fault, drill.at, drill.lasting))).collect();
            let (longer, costly) = field.drill(drill, &chosen, REPLICATIONS);
            cut.extend(costly);
            found.extend(longer);
        }
        found
    };
    let longer = run(&longer);
    // Those that were to stand for it may turn out to do no harm in longer runs.
    let said = |f: &Failure| longer.iter().any(|other| other.struck() == f.struck() && other.matters());
    let (unsaid, mut found): (Vec<Failure>, Vec<Failure>) = found.into_iter().partition(|f| f.matters() && !said(f));
    found.extend(run(&unsaid));
    found.extend(longer);
    found
}

/// How many failures the budget has room to confirm, by what their short runs took.
fn affordable(bench: &Bench, options: &Options, drill: &Drill, screening: &Drill, failures: &[Failure]) -> usize {
    let budget = share::CONFIRMING * options.budget;
    let healthy = drill.seconds() * bench.pace.events_per_s;
    let longer = drill.seconds() / screening.seconds();
    let mut cost = 0.0;
    let pays = |(i, failure): (usize, &Failure)| {
        cost += f64::from(REPLICATIONS) * (failure.events as f64 * longer).max(healthy);
        let usual = (i + 1) as f64 * f64::from(REPLICATIONS) * healthy;
        // What is dear because the model is large is confirmed, and what is dear because of the fault is not.
        cost <= budget || i < FEW_CONFIRMED || (i < LEAST_CONFIRMED && cost <= 2.0 * usual)
    };
    failures.iter().enumerate().map(pays).take_while(|pays| *pays).count()
}

/// The same faults at the load asked for, as many as the budget has room for: for each part the one that was most urgent
/// at 1x, then the next. Where nothing holds without a fault either, fewer are tried, and none is confirmed.
pub(super) fn asked(
    bench: &Bench,
    options: &Options,
    field: Field,
    holds: bool,
    screening: &Drill,
    failures: &[Failure],
    progress: &dyn Progress,
) -> (Asked, Cut) {
    let share = if holds { share::ASKED } else { share::BLAMELESS };
    let seconds = bench.pace.seconds(share * options.budget / (failures.len() + 1) as f64, field.load);
    let drill = at_load(bench, screening, field.load, seconds);
    let cost = (drill.lasting + drill.after).seconds();
    let room = ((seconds * (failures.len() + 1) as f64 / cost) as usize).saturating_sub(1).max(LEAST_CONFIRMED);
    let order = by_turns(failures);
    let fault = |i: &usize| (failures[*i].target, again(&failures[*i].fault, drill.at, drill.lasting));
    let list: Vec<(ComponentId, Fault)> = order.iter().take(room).map(fault).collect();
    progress.begin("striking each part at the load asked for", list.len() as u64);
    // What is struck does more than what is not, and the purse tells when that was too much.
    let purse = Purse::of(share * options.budget);
    let (mut found, mut cut, tried) = field.drill_within(&drill, &list, 1, &purse);
    found.sort_by(|a, b| urgency(b).total_cmp(&urgency(a)));
    let mut left = purse.left().max((FEW_ASKED * share * options.budget) as u64);
    let worth = |f: &&Failure| {
        let cost = u64::from(REPLICATIONS) * f.events;
        let pays = holds && f.matters() && f.drill == drill && cost <= left;
        left = left.saturating_sub(cost);
        pays
    };
    let worth = found.iter().take(CONFIRMED_ASKED).take_while(worth).count();
    let rest = found.split_off(worth);
    let (mut found, costly) = field.go_on(found, REPLICATIONS);
    cut.extend(costly);
    found.extend(rest);
    let untried = order.iter().skip(tried).map(|i| failures[*i].fault.clone()).collect();
    (Asked { load: field.load, holds, failures: found, untried }, cut)
}

/// For each part that is struck the first of these failures, then for each the next, by position.
pub(super) fn by_turns(failures: &[Failure]) -> Vec<usize> {
    let rank = |i: usize| failures[..i].iter().filter(|f| f.struck() == failures[i].struck()).count();
    let mut order: Vec<usize> = (0..failures.len()).collect();
    order.sort_by_cached_key(|i| (rank(*i), *i));
    order
}

/// What does not end comes first, then what was avoidable, then what was lost.
fn urgency(failure: &Failure) -> f64 {
    let stuck = if failure.recovers() { 0.0 } else { 10.0 };
    let damage = failure.avoidable_share().min(2.0) + 0.01 * failure.lost_share().min(2.0);
    stuck + damage * catalog::weight(&failure.fault)
}

/// The lengths of a short run, to see whether there is anything to see: half of everything, ten seconds at least.
pub(super) fn shorter(drill: &Drill) -> Drill {
    let half = |length: SimDuration| SimDuration::from_seconds((length.seconds() / 2.0).floor().max(10.0)).min(length);
    Drill { lasting: half(drill.lasting), after: half(drill.after), ..*drill }
}

/// The same at another load, where as much happens in less time: as long as the budget allows, and never so short that
/// nothing can be told.
fn at_load(bench: &Bench, drill: &Drill, load: f64, affordable: f64) -> Drill {
    let shrunk = |length: SimDuration, least: f64| {
        let (all, least) = (length.seconds(), least.min(length.seconds()));
        let scale = (affordable / (drill.lasting + drill.after).seconds()).min(1.0);
        SimDuration::from_seconds((all * scale).min((all / load).max(20.0)).max(least).floor().max(1.0))
    };
    let rate = (bench.graph.user_rate() * load).max(1e-6);
    Drill {
        lasting: shrunk(drill.lasting, 8.0),
        after: shrunk(drill.after, 5.0),
        window: SimDuration::from_seconds((5.0 / rate).clamp(0.25, 5.0)),
        ..*drill
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Graph, samples};

    const LONG: Drill = Drill {
        at: SimDuration::from_secs(5),
        lasting: SimDuration::from_secs(40),
        after: SimDuration::from_secs(20),
        warmup: SimDuration::from_secs(5),
        window: SimDuration::from_millis(250),
    };

    /// Whether longer runs of every fault would show anything of a part that is missed: harm that matters, or that it is
    /// not back in time.
    fn agrees(plan: &crate::plan::Plan, load: f64) {
        let graph = Graph::new(plan);
        let users = graph.user_endpoints().len();
        let patience = vec![1.0; users];
        let field = Field { graph: &graph, load, seed: 1, patience: &patience, alerts: &[] };
        let short = shorter(&LONG);
        let list = catalog::faults(&graph, short.at, short.lasting);
        let (failures, _) = field.drill(&short, &list, 1);
        let found = confirmed(field, [&short, &LONG], failures, &mut Cut::default());
        let list: Vec<_> = list.iter().map(|(c, f)| (*c, again(f, LONG.at, LONG.lasting))).collect();
        let (all, _) = field.drill(&LONG, &list, REPLICATIONS);
        assert_eq!(found.len(), all.len());
        assert!(found.iter().all(|f| f.confirmed));
        let longer: Vec<&Failure> = found.iter().filter(|f| f.drill == LONG).collect();
        assert!(longer.len() < all.len(), "some need no longer run");
        for whole in &all {
            let mine = || longer.iter().filter(|f| f.struck() == whole.struck());
            assert!(!whole.matters() || mine().any(|f| f.matters()), "{} matters", whole.fault);
            assert!(whole.recovers() || mine().any(|f| !f.recovers()), "{} is not back in time", whole.fault);
        }
    }

    #[test]
    fn short_runs_hide_nothing_that_longer_ones_show() {
        agrees(&samples::page(), 1.0);
        agrees(&samples::page(), 1.6);
        agrees(&samples::mail(), 1.0);
    }
}
