//! Load: capacity, bottlenecks, and the plan to the load asked for.

use super::runs::GROWTH;
use super::{Scribe, effect, measure, scaled};
use crate::experiments::{Bind, Failure, Outcome, Review, ScalePlan, Verdict};
use crate::findings;
use crate::model::{Metric, What};
use crate::plan::EndpointId;
use crate::report::{
    Bottleneck, Bound, Capacity, Effect, FaultInfo, PlanFaults, PlanLimit, PlanToTarget, SloCapacity, Spread, Without,
};

impl Scribe<'_> {
    pub(super) fn capacity(&self, review: &Review) -> Capacity {
        let bracket = review.capacity.bracket;
        let high = bracket.high.is_finite().then_some(bracket.high);
        // What helps when doubled is the cause; where nothing was found to help, what gave out.
        let cause = review.bottlenecks.first().map(|b| &b.usage).or(review.capacity.strained.first());
        Capacity {
            // Where no load held, the middle would be one that was never seen to.
            load: high.filter(|_| bracket.low > 0.0).map_or(bracket.low, |high| (bracket.low + high) / 2.0),
            low: bracket.low,
            high,
            limited_by: high.and(cause).map(|u| u.name.clone()),
            slo: high.map(|_| review.capacity.slo.as_ref().map_or(GROWTH.into(), |j| j.text.clone())),
            bound: review
                .bounds
                .first()
                .filter(|b| b.load.is_finite())
                .map(|b| Bound { load: b.load, resource: b.name.clone() }),
            slos: (review.capacity.edges.iter())
                .map(|edge| SloCapacity {
                    slo: review.slos[edge.slo].text.clone(),
                    low: edge.low,
                    high: edge.high.is_finite().then_some(edge.high),
                })
                .collect(),
        }
    }

    pub(super) fn bottlenecks(&self, review: &Review) -> Vec<Bottleneck> {
        let each = review.bottlenecks.iter().enumerate().map(|(i, b)| {
            let what = b.slo.and_then(|slo| review.slos.get(slo)).map(|slo| &slo.what);
            let (subject, metric) = match what {
                Some(&What::Compare { subject, metric, .. }) => (subject, metric),
                _ => (None, Metric::Queue),
            };
            Bottleneck {
                resource: b.usage.name.clone(),
                rank: i as u32 + 1,
                from_load: b.edge,
                change: Some(self.change(&b.change)),
                effect: effect(findings::Effect {
                    subject: subject.map(|s| self.subject(s)).unwrap_or_default(),
                    figure: findings::Figure::Metric(metric),
                    before: b.before,
                    after: b.after,
                    difference: Some(b.difference),
                }),
            }
        });
        each.collect()
    }

    pub(super) fn plan(&self, plan: &ScalePlan, review: &Review) -> PlanToTarget {
        let added = plan.withstood.as_ref().map(|w| w.added()).unwrap_or_default();
        PlanToTarget {
            target_load: plan.load,
            changes: plan.changes.iter().chain(added.iter().map(|(c, _)| c)).map(|c| self.change(c)).collect(),
            meets_slos: plan.meets,
            effects: self.plan_effects(plan, review),
            without: (plan.without.iter().map(|o| Without::Missed(missed(o))))
                .chain(added.iter().map(|(_, shield)| Without::Spreads(self.spread(&shield.without))))
                .collect(),
            limits: plan.binds.iter().map(limit).collect(),
            cost: plan.cost,
            faults: plan.withstood.as_ref().map(|withstood| PlanFaults {
                struck: withstood.struck,
                open: withstood.open.iter().map(|f| self.spread(f)).collect(),
                not_tried: withstood.untried,
            }),
        }
    }

    fn spread(&self, failure: &Failure) -> Spread {
        let name = |endpoint: &EndpointId| self.model.plan.endpoints[endpoint.index()].name.clone();
        Spread {
            fault: FaultInfo::from(&failure.fault),
            collateral: failure.collateral.iter().map(name).collect(),
            recovers: failure.recovers(),
        }
    }

    /// Every SLO as the model is and with the plan, at the load of the plan.
    fn plan_effects(&self, plan: &ScalePlan, review: &Review) -> Vec<Effect> {
        let before = review.runs.iter().find(|r| r.load == plan.load).map(|r| &r.outcome.judged);
        let after = plan.proof.as_ref().map(|o| &o.judged);
        let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
        let told = |judged: &crate::experiments::Judged| {
            let then = after.iter().find(|j| j.index == judged.index)?;
            let What::Compare { subject, metric, .. } = review.slos[judged.index].what else { return None };
            let (measure, factor) = measure(metric);
            Some(Effect {
                subject: subject.map(|s| self.subject(s)).unwrap_or_default(),
                measure,
                before: scaled(judged.value, factor),
                after: scaled(then.value, factor),
                difference: None,
            })
        };
        before.iter().filter_map(told).collect()
    }
}

/// The expectation that a run misses most.
fn missed(outcome: &Outcome) -> String {
    let worst = outcome.worst().filter(|judged| judged.verdict == Verdict::Fails);
    worst.map_or(GROWTH.into(), |judged| judged.text.clone())
}

fn limit(bind: &Bind) -> PlanLimit {
    PlanLimit { limit: bind.limit.clone(), most: bind.most, path: bind.path.clone(), wanted: bind.wanted }
}
