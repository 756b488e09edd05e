//! Whether an expectation holds, judged from replications.
//!
//! A share or a percentile is an estimate from a sample. An expectation *fails* only when the sample contradicts it: when
//! it would be missed even at the favourable end of the sample's 95% interval. Missed without being contradicted is
//! *unclear*. Shares use Wilson's score interval on the pooled requests, percentiles the binomial interval of their
//! rank, everything else Student's interval over replications.

use crate::engine::EdgeTally;
use crate::measure::{Estimate, Histogram, Measurements, Served};
use crate::model::{Expectation, Metric, Op, Subject, What, Window};
use crate::plan::{ComponentId, EndpointId, Plan, TopicId, Watch};
use statrs::distribution::{ContinuousCDF, Normal};

/// How an expectation fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The estimate meets it.
    Holds,
    /// The estimate misses it, within the error of the sample.
    Unclear,
    /// The sample contradicts it.
    Fails,
}

/// An expectation with its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// As written in the model.
    pub text: String,
    /// Position in the list that was judged.
    pub index: usize,
    /// The metric, over replications: seconds, a share, or per second.
    pub value: Estimate,
    /// What was asked for.
    pub limit: f64,
    /// The outcome.
    pub verdict: Verdict,
    /// By how much it is missed, comparable between metrics; 0 when it holds.
    pub violation: f64,
}

/// Judges every comparison in the list that is about whole runs; `recovers within` is judged where there is a fault.
pub fn judge_all(plan: &Plan, list: &[Expectation], runs: &[Measurements]) -> Vec<Judged> {
    judge_in(plan, list, Window::Whole, runs)
}

/// Judges the comparisons about a part of a run, by measurements of just this part.
pub fn judge_in(plan: &Plan, list: &[Expectation], part: Window, runs: &[Measurements]) -> Vec<Judged> {
    let about = |e: &Expectation| matches!(e.what, What::Compare { window, .. } if window == part);
    list.iter().enumerate().filter(|(_, e)| about(e)).filter_map(|(i, e)| judge(plan, e, i, runs)).collect()
}

/// Whether nothing in the list is contradicted.
pub fn all_hold(judged: &[Judged]) -> bool {
    judged.iter().all(|j| j.verdict != Verdict::Fails)
}

/// The sum of what is missed.
pub fn violation(judged: &[Judged]) -> f64 {
    judged.iter().map(|j| j.violation).sum()
}

fn judge(plan: &Plan, expectation: &Expectation, index: usize, runs: &[Measurements]) -> Option<Judged> {
    let What::Compare { subject, metric, op, limit, .. } = expectation.what else { return None };
    let values: Vec<f64> = runs.iter().filter_map(|m| value(plan, subject, metric, m)).collect();
    if values.is_empty() {
        return None;
    }
    let estimate = Estimate::of(&values);
    let pooled = pooled(plan, subject, metric, runs, Z95).unwrap_or(Pooled {
        value: estimate.mean,
        low: estimate.low,
        high: estimate.high,
    });
    let favourable = if wants_more(op) { pooled.high } else { pooled.low };
    let verdict = match () {
        () if meets(op, pooled.value, limit) => Verdict::Holds,
        () if meets(op, favourable, limit) => Verdict::Unclear,
        () => Verdict::Fails,
    };
    let violation = if verdict == Verdict::Holds { 0.0 } else { miss(metric, pooled.value, limit) };
    Some(Judged { text: expectation.text.clone(), index, value: estimate, limit, verdict, violation })
}

pub(super) fn wants_more(op: Op) -> bool {
    matches!(op, Op::AtLeast | Op::More)
}

pub(super) fn meets(op: Op, value: f64, limit: f64) -> bool {
    match op {
        Op::Less => value < limit,
        Op::AtMost => value <= limit,
        Op::AtLeast => value >= limit,
        Op::More => value > limit,
    }
}

/// Shares miss by their distance, everything else by the logarithm of the factor, so that "twice too slow" weighs about
/// as much as "seventy points of success missing".
fn miss(metric: Metric, value: f64, limit: f64) -> f64 {
    match metric {
        Metric::Success | Metric::Utilization | Metric::Duplicates => (value - limit).abs(),
        _ => libm::log(value.max(1e-9) / limit.max(1e-9)).abs(),
    }
}

struct Pooled {
    value: f64,
    low: f64,
    high: f64,
}

/// The metric with its interval at a confidence: between replications by Student, and at least as wide as the sample of
/// single requests says where the metric is counted request by request. `None` when nothing was measured.
pub(super) fn interval(
    plan: &Plan,
    subject: Option<Subject>,
    metric: Metric,
    runs: &[Measurements],
    confidence: f64,
) -> Option<Estimate> {
    let values: Vec<f64> = runs.iter().filter_map(|m| value(plan, subject, metric, m)).collect();
    if values.is_empty() {
        return None;
    }
    let between = Estimate::of_at(&values, confidence);
    let z = Normal::standard().inverse_cdf(0.5 + confidence / 2.0);
    Some(match pooled(plan, subject, metric, runs, z) {
        Some(p) => Estimate { mean: p.value, low: between.low.min(p.low), high: between.high.max(p.high) },
        None => between,
    })
}

/// Quantile of the normal distribution for an interval at 95%.
pub(super) const Z95: f64 = 1.96;

/// The favourable and unfavourable ends for what is counted request by request.
fn pooled(plan: &Plan, subject: Option<Subject>, metric: Metric, runs: &[Measurements], z: f64) -> Option<Pooled> {
    let parts: Vec<&Served> = runs.iter().flat_map(|m| served(plan, subject, m)).collect();
    match metric {
        Metric::Success => {
            let (good, offered) = match subject {
                Some(Subject::Edge(edge)) => {
                    let all = || runs.iter().filter_map(|m| m.edges.get(edge.index()));
                    let calls: u64 = all().map(|e| e.calls).sum();
                    (calls.saturating_sub(all().map(|e| e.failed).sum()), calls)
                }
                _ => (parts.iter().map(|s| good(s)).sum(), parts.iter().map(|s| s.offered).sum()),
            };
            let (low, high) = wilson(good, offered, z);
            Some(Pooled { value: share(good, offered), low, high })
        }
        Metric::Percentile(q) => {
            let all = merged(&parts)?;
            let error = z * (q * (1.0 - q) / (all.count().max(1)) as f64).sqrt();
            let at = |q: f64| all.quantile(q.clamp(0.0, 1.0)).map(|d| d.seconds());
            Some(Pooled { value: at(q)?, low: at(q - error)?, high: at(q + error)? })
        }
        _ => None,
    }
}

/// Wilson's score interval of a share.
pub(super) fn wilson(good: u64, of: u64, z: f64) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    let (n, p) = (of as f64, share(good, of));
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    (centre - half, centre + half)
}

fn share(good: u64, of: u64) -> f64 {
    if of == 0 { 1.0 } else { good as f64 / of as f64 }
}

/// Answered, perhaps degraded.
pub fn good(served: &Served) -> u64 {
    served.succeeded + served.degraded
}

fn merged(parts: &[&Served]) -> Option<Histogram> {
    let (first, rest) = parts.split_first()?;
    let mut all = first.latency.clone();
    rest.iter().for_each(|s| all.merge(&s.latency));
    Some(all)
}

/// What users see of an endpoint, where they call it; else what it served. Without a subject, all users.
pub fn served<'m>(plan: &Plan, subject: Option<Subject>, m: &'m Measurements) -> Vec<&'m Served> {
    match subject {
        None => m.sources.iter().map(|s| &s.total).collect(),
        Some(Subject::Source(source)) => m.sources.get(source.index()).map(|s| &s.total).into_iter().collect(),
        Some(Subject::Endpoint(endpoint)) => endpoint_view(endpoint, m),
        Some(Subject::Component(component)) => {
            endpoints_of(plan, component).flat_map(|e| endpoint_view(e, m)).collect()
        }
        Some(Subject::Edge(_)) => Vec::new(),
    }
}

fn endpoint_view(endpoint: EndpointId, m: &Measurements) -> Vec<&Served> {
    let users = m.sources.iter().flat_map(|s| &s.by_link).filter(|(e, _)| *e == endpoint).map(|(_, s)| s);
    let users: Vec<&Served> = users.collect();
    if users.is_empty() { m.endpoints.get(endpoint.index()).into_iter().collect() } else { users }
}

fn endpoints_of(plan: &Plan, component: ComponentId) -> impl Iterator<Item = EndpointId> + '_ {
    let of = move |e: &EndpointId| plan.stations[plan.endpoints[e.index()].station.index()].component == component;
    (0..plan.endpoints.len()).map(EndpointId::new).filter(of)
}

/// The metric of one replication.
pub fn value(plan: &Plan, subject: Option<Subject>, metric: Metric, m: &Measurements) -> Option<f64> {
    let parts = served(plan, subject, m);
    let seconds = m.measured.seconds();
    let offered: u64 = parts.iter().map(|s| s.offered).sum();
    let succeeded: u64 = parts.iter().map(|s| good(s)).sum();
    match metric {
        Metric::Success => match subject {
            Some(Subject::Edge(edge)) => m.edges.get(edge.index()).map(|e| 1.0 - share(e.failed, e.calls.max(1))),
            _ => Some(share(succeeded, offered)),
        },
        Metric::Goodput => (seconds > 0.0).then(|| succeeded as f64 / seconds),
        Metric::Rate => {
            let calls =
                if let Some(Subject::Edge(edge)) = subject { m.edges.get(edge.index())?.calls } else { offered };
            (seconds > 0.0).then(|| calls as f64 / seconds)
        }
        Metric::Mean => merged(&parts)?.mean(),
        Metric::Percentile(q) => merged(&parts)?.quantile(q).map(|d| d.seconds()),
        Metric::Utilization => resources(plan, subject, m).map(|r| r.utilization).reduce(f64::max),
        Metric::Queue => {
            let waiting: f64 = resources(plan, subject, m).map(|r| r.queue_mean).sum();
            Some(waiting + backlog(plan, subject, m))
        }
        Metric::Age => oldest(plan, subject, m),
        Metric::Retries => per_call(subject, m, |e| e.retries),
        Metric::Duplicates => per_call(subject, m, |e| e.duplicates),
    }
}

/// A count of a connection, or of all, by its calls.
fn per_call(subject: Option<Subject>, m: &Measurements, count: fn(&EdgeTally) -> u64) -> Option<f64> {
    let edges = match subject {
        Some(Subject::Edge(edge)) => std::slice::from_ref(m.edges.get(edge.index())?),
        _ => m.edges.as_slice(),
    };
    let (n, calls) = edges.iter().fold((0, 0), |(n, calls), e| (n + count(e), calls + e.calls));
    Some(n as f64 / calls.max(1) as f64)
}

fn resources<'m>(
    plan: &'m Plan,
    subject: Option<Subject>,
    m: &'m Measurements,
) -> impl Iterator<Item = &'m crate::measure::ResourceUse> {
    use crate::measure::ResourceOf;
    m.resources.iter().filter(move |r| match (subject, r.of) {
        (None | Some(Subject::Source(_)), _) => true,
        (Some(Subject::Edge(edge)), ResourceOf::Pool(of)) => edge == of,
        (Some(Subject::Component(c)), ResourceOf::Workers(s) | ResourceOf::Cpu(s)) => {
            plan.stations[s.index()].component == c
        }
        (Some(Subject::Endpoint(e)), ResourceOf::Workers(s) | ResourceOf::Cpu(s)) => {
            plan.endpoints[e.index()].station == s
        }
        _ => false,
    })
}

fn backlog(plan: &Plan, subject: Option<Subject>, m: &Measurements) -> f64 {
    let mine = |component: ComponentId| match subject {
        None => true,
        Some(Subject::Component(c)) => c == component,
        Some(_) => false,
    };
    let topics = plan.topics.iter().enumerate().filter(|(_, t)| mine(t.component));
    topics.map(|(i, _)| m.mean_backlog(TopicId::new(i))).sum()
}

/// The greatest age at the end of any row: what waits grows older all the time, so that nothing much older is missed.
fn oldest(plan: &Plan, subject: Option<Subject>, m: &Measurements) -> Option<f64> {
    let Some(Subject::Component(queue)) = subject else { return None };
    let watch = Watch::oldest(plan, queue)?;
    let at = plan.watches.iter().position(|w| *w == watch)?;
    m.series.rows.iter().map(|row| row.watched[at]).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::samples;
    use crate::measure::{Series, SourceServed};
    use crate::plan::Origin;
    use crate::units::SimDuration;

    fn run(succeeded: u64, failed: u64) -> Measurements {
        let mut total = Served { offered: succeeded + failed, succeeded, ..Served::default() };
        total.failures[0] = failed;
        Measurements {
            measured: SimDuration::from_secs(10),
            events: 0,
            stop: None,
            endpoints: Vec::new(),
            sources: vec![SourceServed { total, late: 0, by_link: Vec::new() }],
            resources: Vec::new(),
            edges: Vec::new(),
            topics: Vec::new(),
            caches: Vec::new(),
            locks: Vec::new(),
            fleets: Vec::new(),
            replications: Vec::new(),
            series: Series::default(),
        }
    }

    fn success(limit: f64) -> Expectation {
        let what =
            What::Compare { subject: None, metric: Metric::Success, op: Op::AtLeast, limit, window: Window::Whole };
        Expectation { text: "success".into(), what, origin: Origin::default() }
    }

    /// Two failures of 1,500 miss 99.9% on paper, but a system that meets it shows that often enough; fifteen do not.
    #[test]
    fn a_sample_must_contradict_an_expectation_to_fail_it() {
        let plan = samples::page();
        let verdict = |failed| judge_all(&plan, &[success(0.999)], &[run(1_500 - failed, failed)])[0].verdict;
        assert_eq!(verdict(1), Verdict::Holds);
        assert_eq!(verdict(2), Verdict::Unclear);
        assert_eq!(verdict(15), Verdict::Fails);
    }

    #[test]
    fn violations_grow_with_the_distance() {
        let plan = samples::page();
        let by = |failed| violation(&judge_all(&plan, &[success(0.999)], &[run(1_000 - failed, failed)]));
        assert_eq!(by(0), 0.0);
        assert!(by(500) > by(100) && by(100) > 0.0);
    }
}
