//! Failures: what each fault did to users, how it spread, and whether it ended.

use super::alerts::side_effects;
use super::{Scribe, effect};
use crate::experiments::{self, Failure, Harm, Review};
use crate::findings::{self, Figure};
use crate::measure::Estimate;
use crate::model::Metric;
use crate::report::pictures::Answered;
use crate::report::{self, CascadeStep, Effect, FaultInfo, Recovery, Stuck, words};

impl Scribe<'_> {
    /// Confirmed failures: first those that do not end, then those with most damage that need not be, then the rest.
    pub(super) fn failures(&self, review: &Review) -> Vec<report::Failure> {
        let confirmed = review.failures.iter().enumerate().filter(|(_, f)| f.confirmed);
        confirmed.map(|(index, failure)| self.failure(review, index, failure)).collect()
    }

    fn failure(&self, review: &Review, index: usize, failure: &Failure) -> report::Failure {
        let plan = &self.model.plan;
        // What was not over when its run ended was waited for, over more seeds.
        let examined = review.metastable.iter().find(|(i, _)| *i == index).map(|(_, found)| found);
        let recovery = match examined {
            Some(found) => experiments::Recovery::of(&found.aftermaths.recovered()),
            None => failure.recovery(),
        };
        let (window, answered) = failure.answered();
        let stuck = examined.and_then(|found| self.stuck(found));
        report::Failure {
            fault: FaultInfo::from(&failure.fault),
            load: failure.load,
            users: self.users(failure),
            lost_requests: Some(failure.estimate(Harm::lost_in_all)),
            blast_radius: Some(failure.blast()),
            metastable: match examined {
                Some(found) => Some(found.probability),
                None => failure.recovers().then(|| Estimate::of_share(0, failure.harms.len())),
            },
            recovers: Some(told(&recovery)),
            sustained_by: stuck.as_ref().and_then(sustained_by),
            stuck,
            answered: Answered { window_s: window.seconds(), per_s: answered },
            cascade: (failure.cascade().iter())
                .map(|step| CascadeStep {
                    component: plan.components[step.component.index()].name.clone(),
                    at_s: step.at.seconds(),
                    mechanism: step.mechanism.words().into(),
                    via: step.via.map(|e| plan.edges[e.index()].name.clone()),
                    readings: step.readings.iter().map(reading).collect(),
                })
                .collect(),
            detection: self.detection(failure),
            side_effects: side_effects(failure),
            collateral: failure.collateral.iter().map(|e| plan.endpoints[e.index()].name.clone()).collect(),
        }
    }

    /// What users of each endpoint lose while the fault lasts, the worst first: success, or p99 where answers were late.
    fn users(&self, failure: &Failure) -> Vec<Effect> {
        let users = self.graph.user_endpoints();
        let mut effects: Vec<(f64, Effect)> = (0..users.len())
            .filter(|user| failure.mean(|h| h.share(*user)) >= 0.005 && failure.mean(|h| h.lost(*user)) >= 3.0)
            .map(|user| {
                let name = self.model.plan.endpoints[users[user].index()].name.clone();
                let failed = failure.mean(|h| h.faulted[user].failed - h.healthy[user].failed);
                let values = |of: &dyn Fn(&Harm) -> f64| failure.harms.iter().map(of).collect::<Vec<_>>();
                let told = if 2.0 * failed >= failure.mean(|h| h.lost(user)) {
                    let before = values(&|h| 1.0 - h.healthy[user].failed / h.healthy[user].offered.max(1.0));
                    let lost = |h: &Harm| (h.faulted[user].failed - h.healthy[user].failed) / h.during[user].max(1.0);
                    let after = values(&|h| (1.0 - lost(h)).clamp(0.0, 1.0));
                    findings::Effect::paired(name, Figure::Metric(Metric::Success), &before, &after)
                } else {
                    let figure = Figure::Metric(Metric::Percentile(0.99));
                    let (before, after) = (values(&|h| h.healthy[user].p99), values(&|h| h.faulted[user].p99));
                    findings::Effect::paired(name, figure, &before, &after)
                };
                (failure.mean(|h| h.lost(user)), effect(told))
            })
            .collect();
        effects.sort_by(|a, b| b.0.total_cmp(&a.0));
        effects.into_iter().map(|(_, effect)| effect).collect()
    }
}

fn reading(reading: &experiments::Reading) -> report::Reading {
    let experiments::Reading { gauge, before, after, of } = *reading;
    report::Reading { gauge, before, after, of }
}

/// How long it took to come back.
fn told(recovery: &experiments::Recovery) -> Recovery {
    let (times, not_back) = (recovery.times(), recovery.not_back());
    Recovery {
        probability: Estimate::of_share(times.len(), recovery.runs()),
        after_s: (!times.is_empty()).then(|| Estimate::of(times)),
        runs: recovery.runs() as u32,
        not_back: not_back as u32,
        median_s: recovery.median(),
        range_s: recovery.range(),
    }
}

/// All that keeps it down, in a few words.
fn sustained_by(stuck: &Stuck) -> Option<String> {
    let mut list = stuck.sustained_by.clone();
    list.extend(stuck.with_backlog.then(|| "the backlog".into()));
    (!list.is_empty()).then(|| words::listed(&list))
}
