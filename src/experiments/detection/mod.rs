//! Who is told: the model's alerts, looked at along a run as a monitoring system would.
//!
//! An alert steers nothing, so it is evaluated afterwards, on the windows of the run. Every `every` it looks at the windows of
//! its last `over`; those before the measured part are taken to have been as the mean of the same run without a fault,
//! since a system that is watched has been there for longer than a run. Once its condition has held for `for`, it pages,
//! until the condition no longer holds.

mod gauges;
pub mod propose;

use crate::measure::Series;
use crate::model::Alert;
use crate::plan::Plan;
use crate::units::SimDuration;
use gauges::{Part, is_out, parts};

/// From when to when an alert pages, counted from the start of the measured part.
pub type Spell = [SimDuration; 2];

/// What one alert said to a fault, by replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Paged {
    /// The alert, by position in the model.
    pub alert: usize,
    /// How long after the beginning of the fault it paged, if it did.
    pub after: Vec<Option<SimDuration>>,
}

impl Paged {
    /// The mean time, where it pages in most replications.
    pub fn mean(&self) -> Option<f64> {
        let times: Vec<f64> = self.after.iter().flatten().map(|t| t.seconds()).collect();
        (2 * times.len() > self.after.len()).then(|| times.iter().sum::<f64>() / times.len() as f64)
    }
}

/// Who is told of a failure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detection {
    /// For each alert of the model.
    pub paged: Vec<Paged>,
    /// The fault lasted so long in the runs this rests on.
    pub lasting: SimDuration,
    /// Some alert needs longer than that, and the budget had no room for it.
    pub cut: bool,
}

impl Detection {
    /// From the runs of one fault: for each replication, when each alert paged.
    pub fn of(pages: &[&[Option<SimDuration>]], lasting: SimDuration, cut: bool) -> Detection {
        let alerts = pages.iter().map(|p| p.len()).max().unwrap_or(0);
        let after = |alert: usize| pages.iter().map(|p| p.get(alert).copied().flatten()).collect();
        Detection { paged: (0..alerts).map(|alert| Paged { alert, after: after(alert) }).collect(), lasting, cut }
    }

    /// The alerts that page in most replications, with the mean time; the first to page comes first.
    pub fn told(&self) -> Vec<(usize, f64)> {
        let mut told: Vec<(usize, f64)> = self.paged.iter().filter_map(|p| Some((p.alert, p.mean()?))).collect();
        told.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        told
    }

    /// Nobody is told, and every alert had the time it needs.
    pub fn is_silent(&self) -> bool {
        !self.paged.is_empty() && !self.cut && self.told().is_empty()
    }
}

/// How often an alert paged while nothing was wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    /// The alert, by position in the model.
    pub alert: usize,
    /// False pages, over all replications.
    pub pages: usize,
    /// For how long it would have had to wait for its condition to end each time (`for`), at least.
    pub longest: SimDuration,
    /// Watched for so long, over all replications.
    pub watched: SimDuration,
}

/// When each alert pages in a run, with `healthy` as its past and `until` as the end of what is looked at.
pub fn spells(plan: &Plan, alert: &Alert, series: &Series, healthy: &Series, until: SimDuration) -> Vec<Spell> {
    let mut pages: Vec<Spell> = Vec::new();
    let mut since: Option<SimDuration> = None;
    for (at, out) in looks(plan, alert, series, healthy, until) {
        since = if out { since.or(Some(at)) } else { None };
        let paging = since.is_some_and(|from| at.0 - from.0 >= alert.lasting.0);
        match pages.last_mut().filter(|last| last[1] == SimDuration::FOREVER) {
            None if paging => pages.push([at, SimDuration::FOREVER]),
            Some(last) if !paging => last[1] = at,
            _ => {}
        }
    }
    pages.iter_mut().for_each(|page| page[1] = page[1].min(until));
    pages
}

/// The longest time for which the condition of an alert held, from the first look that saw it to the last.
pub fn longest(plan: &Plan, alert: &Alert, series: &Series, healthy: &Series, until: SimDuration) -> SimDuration {
    let (mut longest, mut since) = (SimDuration::ZERO, None);
    for (at, out) in looks(plan, alert, series, healthy, until) {
        since = if out { since.or(Some(at)) } else { None };
        longest = longest.max(since.map_or(SimDuration::ZERO, |from: SimDuration| SimDuration(at.0 - from.0)));
    }
    longest
}

/// Each time an alert looks, and whether its condition holds then.
fn looks(
    plan: &Plan,
    alert: &Alert,
    series: &Series,
    healthy: &Series,
    until: SimDuration,
) -> Vec<(SimDuration, bool)> {
    let window = series.window.0.max(1);
    let rows = ((until.0 / window) as usize).min(series.rows.len());
    let spans = [Some(alert.over), alert.and_over].into_iter().flatten();
    let spans: Vec<usize> = spans.map(|over| (over.0.div_ceil(window) as usize).max(1)).collect();
    let figures: Vec<Figure> = (parts(plan, alert, series).into_iter().zip(parts(plan, alert, healthy)))
        .map(|(now, usual)| Figure::new(&now, &usual, (until.0 / healthy.window.0.max(1)) as usize))
        .collect();
    let mut looks = Vec::new();
    let mut next = alert.every.0;
    for end in 1..=rows {
        let at = end as u64 * window;
        if at < next {
            continue;
        }
        next = (at / alert.every.0.max(1) + 1) * alert.every.0;
        let out = figures.iter().any(|f| spans.iter().all(|span| is_out(alert, f.over(end, *span))));
        looks.push((SimDuration(at), out));
    }
    looks
}

/// A figure along a run: sums over all windows so far, and the mean of a window before.
struct Figure {
    sums: Vec<Part>,
    usual: Part,
}

impl Figure {
    fn new(parts: &[Part], healthy: &[Part], rows: usize) -> Figure {
        let mut sums = vec![[0.0; 2]];
        for part in parts {
            let last = sums[sums.len() - 1];
            sums.push([last[0] + part[0], last[1] + part[1]]);
        }
        let healthy = &healthy[..rows.min(healthy.len())];
        let n = healthy.len().max(1) as f64;
        let mean = |i: usize| healthy.iter().map(|p| p[i]).sum::<f64>() / n;
        Figure { sums, usual: [mean(0), mean(1)] }
    }

    /// Over so many windows up to the end of one of them.
    fn over(&self, end: usize, span: usize) -> Part {
        let from = end.saturating_sub(span);
        let before = span.saturating_sub(end) as f64;
        [0, 1].map(|i| self.sums[end][i] - self.sums[from][i] + before * self.usual[i])
    }
}

/// How long after the beginning of a fault each alert pages: the first time at which it does not page without the fault.
pub fn pages(
    plan: &Plan,
    alerts: &[Alert],
    [healthy, faulted]: [&Series; 2],
    from: SimDuration,
    until: SimDuration,
) -> Vec<Option<SimDuration>> {
    let first = |alert: &Alert| {
        let usual = spells(plan, alert, healthy, healthy, until);
        let unusual = |at: SimDuration| !usual.iter().any(|[begin, end]| *begin <= at && at < *end);
        let mut begins = spells(plan, alert, faulted, healthy, until).into_iter().map(|[begin, _]| begin);
        begins.find(|at| *at > from && unusual(*at)).map(|at| SimDuration(at.0 - from.0))
    };
    alerts.iter().map(first).collect()
}

/// How often each alert pages in runs without a fault.
pub fn noise(plan: &Plan, alerts: &[Alert], healthy: &[&Series], until: SimDuration) -> Vec<Noise> {
    let of = |(alert, rule): (usize, &Alert)| Noise {
        alert,
        pages: healthy.iter().map(|series| spells(plan, rule, series, series, until).len()).sum(),
        longest: healthy.iter().map(|series| longest(plan, rule, series, series, until)).max().unwrap_or_default(),
        watched: SimDuration(until.0 * healthy.len() as u64),
    };
    alerts.iter().enumerate().map(of).collect()
}
