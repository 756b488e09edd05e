//! The cascade: which other components became impaired, in which order, by which mechanism and along which edge.
//!
//! Two runs with the same random numbers are compared window by window, one with the fault and one without. A component
//! is impaired when, for several windows in a row, one of its endpoints answers far fewer of its requests than in the
//! healthy twin (beyond 10 points and 3 standard errors), or takes more than twice as long, or its workers are all busy
//! with a queue the twin does not have, or it refuses what the twin takes. The mechanism is read off what was full,
//! refused, timed out or passed on from then on.

use crate::graph::Graph;
use crate::measure::{Cell, EdgeCell, Row, Series};
use crate::plan::{ComponentId, EdgeId, EndpointId, Party, UNLIMITED};
use crate::units::SimDuration;

/// How a component was impaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mechanism {
    /// All workers (or connections) were busy.
    WorkersExhausted,
    /// The accept queue was full, or a limit refused what came.
    QueueFull,
    /// Calls waited for a connection of a pool.
    PoolExhausted,
    /// Retries of callers brought more than it could take.
    RetryAmplification,
    /// A breaker refused its calls.
    BreakerOpen,
    /// Its calls ended with its patience.
    TimedOut,
    /// Errors of what it calls were passed on.
    ErrorPassedOn,
    /// It waited for slow answers.
    SlowAnswers,
}

impl Mechanism {
    /// The words for it in reports.
    pub fn words(self) -> &'static str {
        match self {
            Mechanism::WorkersExhausted => "workers exhausted",
            Mechanism::QueueFull => "accept queue full",
            Mechanism::PoolExhausted => "pool exhausted",
            Mechanism::RetryAmplification => "retry amplification",
            Mechanism::BreakerOpen => "breaker open",
            Mechanism::TimedOut => "timeout",
            Mechanism::ErrorPassedOn => "error passed on",
            Mechanism::SlowAnswers => "slow answers",
        }
    }
}

/// One step of a cascade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairment {
    /// Who was impaired.
    pub component: ComponentId,
    /// When, after the fault began.
    pub at: SimDuration,
    /// How.
    pub mechanism: Mechanism,
    /// Along which edge it came.
    pub via: Option<EdgeId>,
}

/// How long a sign must last: one second, four windows at least.
const LASTS: f64 = 1.0;
/// Time over which counts are summed before they are compared, likewise.
const SMOOTH: f64 = 1.0;
/// Time over which goodput is summed to tell whether it is back, likewise.
const AHEAD: f64 = 3.0;

/// A run with a fault beside the same run without it.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// Without the fault.
    pub healthy: &'a Series,
    /// With it.
    pub faulted: &'a Series,
    /// When the fault begins, from the start of the measured part.
    pub from: SimDuration,
    /// When it ends.
    pub until: SimDuration,
}

impl<'a> Pair<'a> {
    fn index(&self, at: SimDuration) -> usize {
        (at.0 / self.healthy.window.0.max(1)) as usize
    }

    /// How many windows make up so many seconds.
    fn windows(&self, seconds: f64) -> usize {
        ((seconds / self.healthy.window.seconds().max(1e-9)).ceil() as usize).max(4)
    }

    fn rows(&self, from: usize, until: usize) -> impl Iterator<Item = (&'a Row, &'a Row)> + use<'a> {
        let both = self.healthy.rows.iter().zip(&self.faulted.rows);
        both.skip(from).take(until.saturating_sub(from))
    }

    fn count(&self) -> usize {
        self.healthy.rows.len().min(self.faulted.rows.len())
    }
}

/// The components other than `faulty` that became impaired while the fault lasted, in order.
pub fn cascade(graph: &Graph, faulty: ComponentId, pair: Pair) -> Vec<Impairment> {
    let plan = graph.plan();
    let (from, until) = (pair.index(pair.from), pair.index(pair.until).min(pair.count()));
    let mut onsets: Vec<(usize, ComponentId)> = (0..plan.components.len())
        .map(ComponentId::new)
        .filter(|c| *c != faulty)
        .filter_map(|c| onset(graph, c, &pair, from, until).map(|row| (row, c)))
        .collect();
    in_order(graph, &mut onsets, pair.windows(LASTS));
    let mut steps: Vec<Impairment> = onsets
        .iter()
        .map(|&(row, component)| {
            let (mechanism, via) = explain(graph, component, faulty, &onsets, &pair, row, until);
            let shows = (row..until).find(|r| shows(graph, component, mechanism, via, &pair, *r)).unwrap_or(row);
            let at = SimDuration((shows as u64 * pair.healthy.window.0).saturating_sub(pair.from.0));
            Impairment { component, at, mechanism, via }
        })
        .collect();
    // Stable, so that among equals the callee stays first.
    steps.sort_by_key(|step| step.at);
    steps
}

/// Whether a window shows the mechanism itself, which may set in after the first signs.
fn shows(
    graph: &Graph,
    component: ComponentId,
    mechanism: Mechanism,
    via: Option<EdgeId>,
    pair: &Pair,
    row: usize,
) -> bool {
    let Some((h, f)) = pair.rows(row, row + 1).next() else { return false };
    let mut stations = graph.plan().stations_of(component).map(|s| s.index());
    let edge = via.map(|e| f.edges[e.index()]).unwrap_or_default();
    match mechanism {
        Mechanism::WorkersExhausted => stations.any(|s| all_busy(graph, s, f)),
        Mechanism::QueueFull => stations.any(|s| f.stations[s].refused > h.stations[s].refused),
        Mechanism::PoolExhausted => edge.waiting > 0.5,
        Mechanism::RetryAmplification => edge.retries > 0,
        Mechanism::BreakerOpen => edge.rejected > 0,
        Mechanism::TimedOut => edge.timeouts > 0,
        Mechanism::ErrorPassedOn => edge.failed > 0,
        Mechanism::SlowAnswers => true,
    }
}

/// Sorts by time. Signs are seen a little early or late; where a callee's follows its caller's within a second, the
/// callee's came first.
fn in_order(graph: &Graph, onsets: &mut [(usize, ComponentId)], slack: usize) {
    let depths = super::usage::depths(graph);
    let depth = |c: ComponentId| depths[c.index()];
    onsets.sort_by_key(|(row, c)| (std::cmp::Reverse(depth(*c)), *row));
    for i in 0..onsets.len() {
        let (row, component) = onsets[i];
        let callees: Vec<ComponentId> =
            graph.links_from(component).iter().map(|l| graph.component_of(graph.plan().links[l.index()].to)).collect();
        let later = onsets[..i].iter().filter(|(at, c)| callees.contains(c) && (row..=row + slack).contains(at));
        onsets[i].0 = later.map(|(at, _)| *at).max().unwrap_or(row);
    }
    onsets.sort_by_key(|(row, c)| (*row, std::cmp::Reverse(depth(*c))));
}

/// The first window from which a component shows signs for long enough.
fn onset(graph: &Graph, component: ComponentId, pair: &Pair, from: usize, until: usize) -> Option<usize> {
    let plan = graph.plan();
    let endpoints: Vec<usize> =
        (0..plan.endpoints.len()).filter(|e| graph.component_of(EndpointId::new(*e)) == component).collect();
    let usual: Vec<Option<f64>> = endpoints.iter().map(|e| sum(pair.healthy.rows.iter(), *e).mean_latency()).collect();
    let (smooth, lasts) = (pair.windows(SMOOTH), pair.windows(LASTS));
    let mut run = 0;
    for row in from..until {
        let start = (row + 1).saturating_sub(smooth).max(from);
        let window = || pair.rows(start, row + 1);
        let suffers = endpoints.iter().zip(&usual).any(|(e, usual)| {
            let (healthy, faulted) = (sum(window().map(|(h, _)| h), *e), sum(window().map(|(_, f)| f), *e));
            answers_less(healthy, faulted) || slower(*usual, faulted)
        });
        if suffers || plan.stations_of(component).any(|s| is_full(graph, s.index(), pair, row)) {
            run += 1;
            if run == lasts {
                return Some(row + 1 - lasts);
            }
        } else {
            run = 0;
        }
    }
    None
}

fn sum<'a>(rows: impl Iterator<Item = &'a Row>, endpoint: usize) -> Cell {
    let mut total = Cell::default();
    for cell in rows.filter_map(|row| row.endpoints.get(endpoint)) {
        total.offered += cell.offered;
        total.good += cell.good;
        total.failed += cell.failed;
        total.latency_sum += cell.latency_sum;
    }
    total
}

/// Fewer of those who came were answered than in the twin: failures and standstill alike.
fn answers_less(healthy: Cell, faulted: Cell) -> bool {
    if faulted.offered < 5 || healthy.offered == 0 {
        return false;
    }
    let usual = (f64::from(healthy.good) / f64::from(healthy.offered)).min(1.0);
    let error = ((usual * (1.0 - usual)).max(0.02) / f64::from(faulted.offered)).sqrt();
    f64::from(faulted.good) / f64::from(faulted.offered) < usual - 0.1 - 3.0 * error
}

/// At least twice as slow as usual; three times when few answers tell.
fn slower(usual: Option<f64>, faulted: Cell) -> bool {
    let factor = if faulted.good < 20 { 3.0 } else { 2.0 };
    match (usual, faulted.mean_latency()) {
        (Some(usual), Some(now)) => faulted.good >= 3 && now > factor * usual + 0.005,
        _ => false,
    }
}

fn is_full(graph: &Graph, station: usize, pair: &Pair, row: usize) -> bool {
    let Some((healthy, faulted)) = pair.rows(row, row + 1).next() else { return false };
    let (h, f) = (healthy.stations[station], faulted.stations[station]);
    let refuses = f.refused > 2 + 2 * h.refused;
    refuses || (all_busy(graph, station, faulted) && f.queue > 1.0 + 2.0 * h.queue)
}

fn all_busy(graph: &Graph, station: usize, row: &Row) -> bool {
    let (spec, cell) = (&graph.plan().stations[station], row.stations[station]);
    let workers = f64::from(spec.workers) * f64::from(cell.up);
    spec.workers != UNLIMITED && cell.up > 0 && f64::from(cell.busy) >= 0.95 * workers
}

/// What was full, refused, timed out or passed on from the onset to the end of the fault.
fn explain(
    graph: &Graph,
    component: ComponentId,
    faulty: ComponentId,
    onsets: &[(usize, ComponentId)],
    pair: &Pair,
    row: usize,
    until: usize,
) -> (Mechanism, Option<EdgeId>) {
    let plan = graph.plan();
    let edge = |e: usize| {
        let (h, f) = (edge_sum(pair, e, row, until, |(h, _)| h), edge_sum(pair, e, row, until, |(_, f)| f));
        (h, f)
    };
    let into: Vec<usize> = (0..plan.edges.len()).filter(|e| plan.edges[*e].to == component).collect();
    let out: Vec<usize> =
        (0..plan.edges.len()).filter(|e| plan.edges[*e].from == Party::Component(component)).collect();
    let stations: Vec<usize> = plan.stations_of(component).map(|s| s.index()).collect();
    let busy_rows = |s: usize| pair.rows(row, until).filter(|(_, f)| all_busy(graph, s, f)).count();
    let exhausted = stations.iter().any(|s| busy_rows(*s) >= pair.windows(LASTS));
    let refused = stations.iter().any(|s| {
        let (h, f) = pair
            .rows(row, until)
            .fold((0, 0), |(h, f), (a, b)| (h + a.stations[*s].refused, f + b.stations[*s].refused));
        f > 2 * h + 5
    });

    // More came than in the twin, and much of it was retries.
    let flooding = into.iter().copied().max_by_key(|e| edge(*e).1.retries).filter(|_| {
        let (calm, now) = into.iter().map(|e| edge(*e)).fold((0, 0), |(c, n), (h, f)| (c + tries(&h), n + tries(&f)));
        let retries: u32 = into.iter().map(|e| edge(*e).1.retries).sum();
        f64::from(now) > 1.2 * f64::from(calm) && f64::from(retries) > 0.1 * f64::from(now)
    });
    // Where it came from: the callee in trouble that was impaired before, the faulty one first.
    let rank = |e: &usize| {
        let to = plan.edges[*e].to;
        if to == faulty {
            return Some(0);
        }
        onsets.iter().find(|(at, c)| *c == to && *at <= row).map(|(at, _)| at + 1)
    };
    let trouble = |e: &usize| edge(*e).1.failed.saturating_sub(edge(*e).0.failed) + edge(*e).1.timeouts;
    let via = out.iter().filter(|e| rank(e).is_some()).max_by_key(|e| (trouble(e), usize::MAX - rank(e).unwrap_or(0)));
    let waiting = out.iter().find(|e| {
        let (h, f) = edge(**e);
        plan.edges[**e].pool.is_some() && f.waiting > 1.0 + 2.0 * h.waiting
    });
    match via {
        None if flooding.is_some() => (Mechanism::RetryAmplification, flooding.map(EdgeId::new)),
        _ if exhausted => (Mechanism::WorkersExhausted, via.copied().map(EdgeId::new)),
        _ if refused => (Mechanism::QueueFull, via.copied().map(EdgeId::new)),
        _ if waiting.is_some() => (Mechanism::PoolExhausted, waiting.copied().map(EdgeId::new)),
        None => (Mechanism::SlowAnswers, None),
        Some(e) => {
            let f = edge(*e).1;
            let mechanism = match () {
                () if f.rejected > 0 && 2 * f.rejected >= f.failed => Mechanism::BreakerOpen,
                () if f.timeouts > 0 && 2 * f.timeouts >= f.failed => Mechanism::TimedOut,
                () if f.failed > 0 => Mechanism::ErrorPassedOn,
                () => Mechanism::SlowAnswers,
            };
            (mechanism, Some(EdgeId::new(*e)))
        }
    }
}

fn tries(cell: &EdgeCell) -> u32 {
    cell.calls + cell.retries
}

fn edge_sum<'a>(
    pair: &Pair<'a>,
    edge: usize,
    from: usize,
    until: usize,
    side: fn((&'a Row, &'a Row)) -> &'a Row,
) -> EdgeCell {
    let mut total = EdgeCell::default();
    let mut rows = 0;
    for cell in pair.rows(from, until).map(side).filter_map(|row| row.edges.get(edge)) {
        total.calls += cell.calls;
        total.retries += cell.retries;
        total.timeouts += cell.timeouts;
        total.rejected += cell.rejected;
        total.failed += cell.failed;
        total.opened += cell.opened;
        total.waiting += cell.waiting;
        rows += 1;
    }
    total.waiting /= rows.max(1) as f32;
    total
}

/// How long after the fault's end users get at least nine tenths again of what they get in the healthy twin, for good.
/// `None`: not before the measured part ends.
pub fn recovery(graph: &Graph, pair: Pair, measured: SimDuration) -> Option<SimDuration> {
    let ahead = pair.windows(AHEAD);
    let users = graph.user_endpoints();
    let (from, until) = (pair.index(pair.until), pair.index(measured).min(pair.count()));
    let good = |row: &Row| -> Vec<u32> {
        let all = row.sources.iter().map(|c| c.good).sum();
        std::iter::once(all).chain(users.iter().map(|e| row.endpoints[e.index()].good)).collect()
    };
    let fine = |row: usize| {
        let mut sums = vec![(0.0, 0.0); users.len() + 1];
        for (h, f) in pair.rows(row, (row + ahead).min(until)) {
            for (sum, (h, f)) in sums.iter_mut().zip(good(h).into_iter().zip(good(f))) {
                sum.0 += f64::from(h);
                sum.1 += f64::from(f);
            }
        }
        sums.iter().all(|(healthy, faulted)| *faulted >= 0.9 * healthy - 3.0 * healthy.sqrt())
    };
    // The last moments have too few windows ahead to tell.
    let last = until.saturating_sub(ahead / 2).max(from);
    let bad = (from..last).rev().find(|row| !fine(*row));
    match bad {
        None => Some(SimDuration::ZERO),
        Some(row) if row + ahead >= last => None,
        Some(row) => Some(SimDuration((row + 1 - from) as u64 * pair.healthy.window.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::samples;
    use crate::measure::StationCell;
    use crate::plan::Plan;

    const WINDOW: SimDuration = SimDuration::from_millis(500);

    /// A healthy minute of the page model: 100 pages a second, all answered.
    fn calm(plan: &Plan, rows: usize) -> Series {
        let graph = Graph::new(plan);
        let cell = |rate: f64, latency_ms: u64| {
            let n = (rate * WINDOW.seconds()) as u32;
            Cell { offered: n, good: n, failed: 0, latency_sum: SimDuration::from_millis(latency_ms * u64::from(n)) }
        };
        let row = Row {
            sources: vec![cell(100.0, 30)],
            endpoints: graph.visits().endpoints.iter().map(|rate| cell(*rate, 10)).collect(),
            stations: vec![StationCell { busy: 1.0, queue: 0.0, refused: 0, up: 1 }; plan.stations.len()],
            edges: vec![EdgeCell { calls: 50, ..EdgeCell::default() }; plan.edges.len()],
        };
        Series { window: WINDOW, start: Default::default(), rows: vec![row; rows] }
    }

    fn fail(row: &mut Row, plan: &Plan, endpoint: &str, edge: &str) {
        let cell = &mut row.endpoints[plan.endpoint(endpoint).unwrap().index()];
        (cell.failed, cell.good) = (cell.good, 0);
        row.edges[plan.edge(edge).unwrap().index()].failed = 50;
    }

    fn pair<'a>(healthy: &'a Series, faulted: &'a Series) -> Pair<'a> {
        Pair { healthy, faulted, from: SimDuration::from_secs(5), until: SimDuration::from_secs(20) }
    }

    #[test]
    fn the_order_the_edge_and_the_mechanism_are_read_off() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let healthy = calm(&plan, 60);
        let mut faulted = healthy.clone();
        for row in &mut faulted.rows[10..40] {
            fail(row, &plan, "shop.list", "shop>db");
        }
        for row in &mut faulted.rows[16..40] {
            fail(row, &plan, "web.home", "web>shop");
            row.stations[0] = StationCell { busy: 200.0, queue: 90.0, refused: 0, up: 1 };
            row.sources[0].good = 0;
        }
        let found = cascade(&graph, plan.component("db").unwrap(), pair(&healthy, &faulted));
        let told: Vec<_> = found
            .iter()
            .map(|i| {
                let via = i.via.map(|e| plan.edges[e.index()].name.as_str());
                (plan.components[i.component.index()].name.as_str(), i.at.seconds(), i.mechanism.words(), via)
            })
            .collect();
        assert_eq!(
            told,
            [("shop", 0.0, "error passed on", Some("shop>db")), ("web", 3.0, "workers exhausted", Some("web>shop")),]
        );
        assert_eq!(recovery(&graph, pair(&healthy, &faulted), SimDuration::from_secs(30)), Some(SimDuration::ZERO));
    }

    #[test]
    fn a_short_dip_is_noise_and_a_callee_with_less_to_do_is_well() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let healthy = calm(&plan, 60);
        let mut faulted = healthy.clone();
        for row in &mut faulted.rows[20..21] {
            let cell = &mut row.endpoints[0];
            (cell.good, cell.failed) = (cell.good - 8, 8);
        }
        for row in &mut faulted.rows[10..40] {
            row.endpoints[plan.endpoint("db.query").unwrap().index()] = Cell::default();
        }
        assert!(cascade(&graph, plan.component("ads").unwrap(), pair(&healthy, &faulted)).is_empty());
    }

    #[test]
    fn recovery_takes_time_or_never_comes() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let healthy = calm(&plan, 100);
        let until = |bad: std::ops::Range<usize>| {
            let mut faulted = healthy.clone();
            for row in &mut faulted.rows[bad] {
                row.sources[0].good = 10;
            }
            recovery(&graph, pair(&healthy, &faulted), SimDuration::from_secs(50))
        };
        let after = until(10..56).map(|d| d.seconds());
        assert!(after.is_some_and(|s| (7.0..=8.0).contains(&s)), "{after:?}");
        assert_eq!(until(10..100), None);
    }
}
