//! Expectations that will certainly fail, known before the run is over.
//!
//! Who only asks whether a load holds need not watch it fail to the end. While a run goes on, requests that failed stay
//! failed and answers that were late stay late. However well everything else goes, no more requests can come than the
//! traffic brings: its mean, and six standard deviations of it, which it exceeds once in 10⁹ runs. If an expectation is
//! contradicted even when all of those are answered at once, it is contradicted at the end.
//!
//! Only what is counted request by request is judged so, and only where traffic is steady and waits for nobody. Everything
//! else is run to its end.

use super::judge::{Z95, good, meets, wants_more, wilson};
use crate::measure::{Served, SourceServed};
use crate::model::{Expectation, Metric, Subject, What, Window};
use crate::plan::{Arrivals, EndpointId, Plan, Source};
use crate::units::SimDuration;

/// Whether one of these expectations is bound to fail after what was seen of the sources, with so much time left in which
/// requests count.
pub fn foregone(plan: &Plan, load: f64, slos: &[Expectation], seen: &[SourceServed], left: SimDuration) -> bool {
    slos.iter().any(|slo| fails(plan, load, slo, seen, left).unwrap_or(false))
}

/// `None` where that cannot be told.
fn fails(plan: &Plan, load: f64, slo: &Expectation, seen: &[SourceServed], left: SimDuration) -> Option<bool> {
    let What::Compare { subject, metric, op, limit, window: Window::Whole } = slo.what else { return None };
    let asked = Asked::of(plan, subject, seen)?;
    let mean = asked.rate * load * left.seconds();
    let most = asked.offered + mean + 6.0 * mean.sqrt() + 6.0;
    match metric {
        // The best that can come: everything that has not failed is answered.
        Metric::Success if wants_more(op) => {
            let bad: u64 = asked.parts.iter().map(|s| s.offered - good(s) - s.in_flight).sum();
            let most = most as u64;
            let best = wilson(most.saturating_sub(bad), most, Z95).1;
            Some(bad > 0 && !meets(op, best, limit))
        }
        // Late even at the favourable end of the interval of its rank: q - error of n are in time only if (1 - q + error)
        // of n are late, and that number grows with n.
        Metric::Percentile(q) if !wants_more(op) => {
            let limit = SimDuration::from_seconds(limit.max(0.0));
            let late: u64 = asked.parts.iter().map(|s| s.latency.above(limit)).sum();
            Some(late as f64 > (1.0 - q) * most + 1.96 * (q * (1.0 - q) * most).sqrt() + 1.0)
        }
        _ => None,
    }
}

/// The requests that an expectation is about.
struct Asked<'m> {
    parts: Vec<&'m Served>,
    offered: f64,
    /// How many come in a second at load 1x.
    rate: f64,
}

impl<'m> Asked<'m> {
    fn of(plan: &Plan, subject: Option<Subject>, seen: &'m [SourceServed]) -> Option<Asked<'m>> {
        let mut asked = Asked { parts: Vec::new(), offered: 0.0, rate: 0.0 };
        for (s, (source, seen)) in plan.sources.iter().zip(seen).enumerate() {
            let to = match subject {
                None => None,
                Some(Subject::Source(wanted)) if wanted.index() == s => None,
                Some(Subject::Source(_)) => continue,
                Some(Subject::Endpoint(endpoint)) => Some(endpoint),
                Some(Subject::Component(_) | Subject::Edge(_)) => return None,
            };
            asked.add(source, to, seen)?;
        }
        (!asked.parts.is_empty()).then_some(asked)
    }

    fn add(&mut self, source: &Source, to: Option<EndpointId>, seen: &'m SourceServed) -> Option<()> {
        let rate = steady(source);
        let mut below = 0.0;
        for ((upto, _), (endpoint, served)) in source.mix.iter().zip(&seen.by_link) {
            if to.is_none_or(|to| to == *endpoint) {
                self.parts.push(served);
                self.offered += served.offered as f64;
                self.rate += rate? * (upto - below);
            }
            below = *upto;
        }
        Some(())
    }
}

/// The rate of traffic that never brings more than that, by chance apart.
fn steady(source: &Source) -> Option<f64> {
    let changes = source.profile.is_some() || source.bursts.is_some() || source.max_users.is_some();
    match source.arrivals {
        Arrivals::Poisson(rate) | Arrivals::Constant(rate) if !changes => Some(rate),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::judge::{all_hold, judge_all};
    use crate::experiments::trials::{Case, Schedule};
    use crate::graph::samples;
    use crate::model::Op;
    use crate::plan::Origin;
    use std::cell::Cell;

    fn slo(metric: Metric, op: Op, limit: f64) -> Expectation {
        Expectation {
            text: String::new(),
            what: What::Compare { subject: None, metric, op, limit, window: Window::Whole },
            origin: Origin::default(),
        }
    }

    /// 10 s at 100/s, half of them seen: at most some 500 + 6 * sqrt(500) + 6 = 640 more can come.
    #[test]
    fn what_is_left_must_not_be_able_to_make_it_good() {
        let plan = samples::page();
        let rate: f64 = plan.sources.iter().filter_map(steady).sum();
        let seen = |bad: u64| -> Vec<SourceServed> {
            let mut served = Served { offered: 500, succeeded: 400 - bad, in_flight: 100, ..Served::default() };
            served.failures[0] = bad;
            plan.sources
                .iter()
                .map(|s| {
                    let by_link = s.mix.iter().map(|(_, link)| (plan.links[link.index()].to, served.clone())).collect();
                    SourceServed { total: served.clone(), late: 0, by_link }
                })
                .collect()
        };
        let told = |bad| {
            foregone(
                &plan,
                100.0 / rate,
                &[slo(Metric::Success, Op::AtLeast, 0.99)],
                &seen(bad),
                SimDuration::from_secs(5),
            )
        };
        // Wilson's upper end reaches 99% of about 1,140 with eighteen failures or so; eleven are expected.
        assert!(!told(0) && !told(11) && told(30));
        // What is in progress may still be answered.
        assert!(!foregone(&plan, 1.0, &[slo(Metric::Success, Op::AtLeast, 0.99)], &seen(0), SimDuration::ZERO));
        // What wants little of something is not foregone by failures.
        assert!(!foregone(&plan, 1.0, &[slo(Metric::Success, Op::Less, 0.5)], &seen(300), SimDuration::ZERO));
    }

    /// At many loads about the edge: whenever a look says that the run will fail, its end says so too. And far beyond the
    /// edge, the first looks know.
    #[test]
    fn the_end_of_the_run_agrees() {
        let plan = samples::page();
        let second = SimDuration::from_secs(1);
        let schedule = Schedule::whole(second, SimDuration::from_secs(20), second);
        let all = [
            slo(Metric::Success, Op::AtLeast, 0.99),
            slo(Metric::Percentile(0.99), Op::Less, 0.3),
            slo(Metric::Percentile(0.5), Op::AtMost, 0.1),
        ];
        let (mut known, mut earliest) = (0, 16);
        for (i, slo) in all.iter().enumerate() {
            for seed in 0..24 {
                let load = 1.5 + 0.1 * seed as f64;
                let case = Case { plan: &plan, load, faults: Vec::new(), schedule, seed: 100 * i as u64 + seed };
                let looks = Cell::new(0);
                let list = std::slice::from_ref(slo);
                let early = case
                    .run_unless(&|seen, left| {
                        looks.set(looks.get() + 1);
                        foregone(&plan, load, list, seen, left)
                    })
                    .is_none();
                let failed = !all_hold(&judge_all(&plan, list, &[case.run(0)]));
                assert!(failed || !early, "{i} at {load}");
                known += usize::from(early);
                earliest = earliest.min(if early { looks.get() } else { 16 });
            }
        }
        assert!(known >= 10 && earliest <= 6, "{known} known, the earliest at look {earliest}");
    }
}
