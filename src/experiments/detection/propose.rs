//! Rules that would tell of what nobody is told of, and calmer ones for those that page on a healthy day: each tried on the
//! healthy system and on the failing one before it is proposed.

use super::{longest, pages, spells};
use crate::experiments::campaign::{Drill, Failure, Field};
use crate::experiments::trials::{Case, Schedule};
use crate::measure::{Measurements, Series};
use crate::model::{Alert, Change, watches};
use crate::plan::Plan;
use crate::units::{SimDuration, show_ratio};
use rayon::prelude::*;

/// A rule for a failure of which nobody is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The failure, by position.
    pub failure: usize,
    /// The rule, in words.
    pub rule: String,
    /// The rule.
    pub change: Change,
    /// How long after the beginning of the fault it pages, by replication.
    pub after: Vec<Option<SimDuration>>,
    /// It was watched for so long, over all replications, while nothing was wrong, and did not page.
    pub calm: SimDuration,
}

/// A calmer form of a rule that pages on a healthy day.
#[derive(Clone, Debug, PartialEq)]
pub struct Calmer {
    /// The alert, by position in the model.
    pub alert: usize,
    /// Its new `for`.
    pub change: Change,
    /// Pages in as much healthy time with other random numbers, as it is and with the change.
    pub pages: [usize; 2],
    /// Healthy time, over all replications.
    pub watched: SimDuration,
    /// Failures of which it told, and those of which it tells with the change within the same time.
    pub tells: [usize; 2],
}

/// What rules are tried on.
pub struct Trials<'f, 'g, 'p> {
    /// The campaign.
    pub field: Field<'g, 'p>,
    /// The lengths of its runs.
    pub drill: Drill,
    /// How long the healthy system is watched.
    pub healthy: Schedule,
    /// How often everything is tried.
    pub replications: u32,
    /// What was found.
    pub failures: &'f [Failure],
}

/// Rules are proposed against so many failures, and so many rules are calmed.
const MOST: usize = 4;
/// Shares of success that are tried as limits, the most sensitive first. Each lets through about twice as many errors as the
/// one before it.
const LIMITS: [f64; 9] = [0.999, 0.998, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5];
/// Percentiles that are tried, likewise.
const PERCENTILES: [&str; 4] = ["p99", "p95", "p90", "p50"];
/// Other random numbers than those of the runs in which a rule was found to be noisy.
const AFRESH: u32 = 1_000;

impl Trials<'_, '_, '_> {
    /// A rule for the most urgent failure of each part of which nobody is told although it hurts.
    pub fn proposals(&self) -> Vec<Proposal> {
        let silent =
            self.failures.iter().enumerate().filter(|(_, f)| f.confirmed && f.hurts() && f.detection.is_silent());
        let mut seen = Vec::new();
        let first = silent.filter(|(_, f)| {
            let new = !seen.contains(&f.target);
            seen.push(f.target);
            new
        });
        first.take(MOST).filter_map(|(index, failure)| self.propose(index, failure)).collect()
    }

    fn propose(&self, index: usize, failure: &Failure) -> Option<Proposal> {
        let graph = self.field.graph;
        let users = graph.user_endpoints();
        let user = (0..users.len()).max_by(|a, b| {
            let lost = |user: usize| failure.mean(|h| h.lost(user));
            lost(*a).total_cmp(&lost(*b)).then(b.cmp(a))
        })?;
        let plan = graph.plan();
        let name = &plan.endpoints[users[user].index()].name;
        let over = SimDuration::from_secs(30);
        let called = name.replace('.', "-");
        let rule = |end: &str, when: String| Alert::parse(&format!("{called}-{end}"), &when, over, plan).ok();
        let errors: Vec<Alert> =
            LIMITS.iter().filter_map(|l| rule("fails", format!("{name} success < {}", show_ratio(*l)))).collect();
        let patience = SimDuration::from_seconds((self.field.patience[user] * 1e3).round() / 1e3);
        let slow: Vec<Alert> =
            PERCENTILES.iter().filter_map(|p| rule("slow", format!("{name} {p} > {patience}"))).collect();
        let rules: Vec<Alert> = errors.iter().chain(&slow).cloned().collect();
        let watching = Plan { watches: watches(&rules, [], plan), ..plan.clone() };
        let calm = self.healthy(&watching, 0);
        let until = self.healthy.measured;
        let pairs = self.pairs(&watching, failure);
        let is_calm =
            |alert: &Alert| calm.iter().all(|m| spells(&watching, alert, &m.series, &m.series, until).is_empty());
        let tells = |alert: &Alert| -> Vec<Option<SimDuration>> {
            let one = std::slice::from_ref(alert);
            pairs.iter().flat_map(|[h, f]| pages(&watching, one, [h, f], self.drill.at, self.end())).collect()
        };
        // Of rules that are calm the most sensitive but one: the last one before noise has no margin.
        let best = |rules: &[Alert]| -> Option<(Alert, Vec<Option<SimDuration>>)> {
            let telling = rules.iter().filter(|rule| is_calm(rule)).map(|rule| (rule.clone(), tells(rule)));
            let telling: Vec<_> = telling.filter(|(_, after)| after.iter().all(Option::is_some)).collect();
            telling.get(1).or(telling.first()).cloned()
        };
        let (rule, after) = best(&errors).or_else(|| best(&slow))?;
        let change = Change {
            path: format!("alerts.{}", rule.name),
            from: None,
            to: format!("{{ when: {}, over: {over} }}", rule.text),
        };
        let calm = SimDuration(until.0 * calm.len() as u64);
        Some(Proposal { failure: index, rule: rule.text, change, after, calm })
    }

    /// Calmer forms of the rules that page on a healthy day: with a `for` longer than their condition ever held then.
    pub fn calmer(&self, noisy: &[usize]) -> Vec<Calmer> {
        let plan = self.field.graph.plan();
        let alerts = self.field.alerts;
        if noisy.is_empty() {
            return Vec::new();
        }
        let (until, runs) = (self.healthy.measured, [self.healthy(plan, 0), self.healthy(plan, AFRESH)]);
        let calmer = |&index: &usize| -> Option<Calmer> {
            let alert = &alerts[index];
            let held = runs[0].iter().map(|m| longest(plan, alert, &m.series, &m.series, until)).max()?;
            let looks = held.0 / alert.every.0.max(1) + 2;
            let calm = Alert { lasting: SimDuration(looks * alert.every.0), ..alert.clone() };
            let pages_of = |alert: &Alert| -> usize {
                runs[1].iter().map(|m| spells(plan, alert, &m.series, &m.series, until).len()).sum()
            };
            let told: Vec<&Failure> = self
                .failures
                .iter()
                .filter(|f| f.confirmed && f.detection.told().iter().any(|(a, _)| *a == index))
                .collect();
            let told: Vec<&Failure> = told.into_iter().take(MOST).collect();
            let still = told.iter().filter(|failure| self.still_tells(&calm, failure)).count();
            Some(Calmer {
                alert: index,
                change: Change {
                    path: format!("alerts.{}.for", alert.name),
                    from: (alert.lasting > SimDuration::ZERO).then(|| alert.lasting.to_string()),
                    to: calm.lasting.to_string(),
                },
                pages: [pages_of(alert), pages_of(&calm)],
                watched: SimDuration(until.0 * runs[1].len() as u64),
                tells: [told.len(), still],
            })
        };
        noisy.iter().take(MOST).filter_map(calmer).collect()
    }

    fn still_tells(&self, alert: &Alert, failure: &Failure) -> bool {
        let plan = self.field.graph.plan();
        let one = std::slice::from_ref(alert);
        let pairs = self.pairs(plan, failure);
        let mut told = pairs.iter().flat_map(|[h, f]| pages(plan, one, [h, f], self.drill.at, self.end()));
        told.all(|page| page.is_some())
    }

    fn end(&self) -> SimDuration {
        self.drill.schedule().measured
    }

    /// The healthy system, watched.
    fn healthy(&self, plan: &Plan, first: u32) -> Vec<Measurements> {
        let (load, seed) = (self.field.load, self.field.seed);
        let case = Case { plan, load, faults: Vec::new(), schedule: self.healthy, seed };
        (first..first + self.replications).into_par_iter().map(|r| case.run(r)).collect()
    }

    /// A failure beside its healthy twin, by replication.
    fn pairs(&self, plan: &Plan, failure: &Failure) -> Vec<[Series; 2]> {
        let healthy = Case { plan, ..self.field.case(&self.drill) };
        let again = crate::experiments::campaign::catalog::again(&failure.fault, self.drill.at, self.drill.lasting);
        let one = |r| {
            let fork = healthy.fork(r, self.drill.at);
            let faulted = healthy.with_faults(std::slice::from_ref(&again)).run_from(&fork, r);
            [healthy.run_from(&fork, r).series, faulted.series]
        };
        (0..self.replications).into_par_iter().map(one).collect()
    }
}
