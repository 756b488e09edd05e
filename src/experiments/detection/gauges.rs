//! What an alert looks at, window by window: a figure over several windows is the sum of what is above the line, divided by
//! the sum of what is below it.

use crate::measure::{Cell, Row, Series};
use crate::model::{Alert, Metric, Op, Signal, Subject};
use crate::plan::{ComponentId, EdgeId, EndpointId, Plan, StationId, UNLIMITED};

/// One figure in one window, above the line and below it.
pub(super) type Part = [f64; 2];

/// What an alert looks at: one or more figures, any of which may be out of bounds, each with its part in every window.
pub(super) fn parts(plan: &Plan, alert: &Alert, series: &Series) -> Vec<Vec<Part>> {
    let seconds = series.window.seconds();
    let each = |of: &dyn Fn(&Row) -> Part| vec![series.rows.iter().map(of).collect::<Vec<Part>>()];
    let subject = alert.when.subject;
    let requests = |of: fn(&Cell) -> Part| {
        each(&|row| {
            let all = cells(plan, subject, row).into_iter().map(|cell| of(&cell));
            all.fold([0.0; 2], |sum, part| [sum[0] + part[0], sum[1] + part[1]])
        })
    };
    let ended = |c: &Cell| f64::from(c.good) + f64::from(c.failed);
    let edge = |of: &dyn Fn(&crate::measure::EdgeCell) -> Part| match subject {
        Some(Subject::Edge(edge)) => each(&|row| of(&row.edges[edge.index()])),
        _ => Vec::new(),
    };
    let is_edge = matches!(subject, Some(Subject::Edge(_)));
    match alert.when.signal {
        Signal::Of(Metric::Success) if is_edge => {
            edge(&|e| [f64::from(e.calls.saturating_sub(e.failed)), f64::from(e.calls)])
        }
        Signal::Errors if is_edge => edge(&|e| [f64::from(e.failed.min(e.calls)), f64::from(e.calls)]),
        Signal::Of(Metric::Rate) if is_edge => edge(&|e| [f64::from(e.calls), seconds]),
        Signal::Of(Metric::Retries) => edge(&|e| [f64::from(e.retries), f64::from(e.calls)]),
        Signal::BreakerOpens => edge(&|e| [f64::from(e.opened), 0.0]),
        Signal::Of(Metric::Success) => requests(|c| [f64::from(c.good), f64::from(c.good) + f64::from(c.failed)]),
        Signal::Errors => each(&|row| {
            let all = cells(plan, subject, row);
            [all.iter().map(|c| f64::from(c.failed)).sum(), all.iter().map(ended).sum()]
        }),
        Signal::Of(Metric::Mean) => requests(|c| [c.latency_sum.seconds(), f64::from(c.good)]),
        Signal::Of(Metric::Goodput) => {
            each(&|row| [cells(plan, subject, row).iter().map(|c| f64::from(c.good)).sum(), seconds])
        }
        Signal::Of(Metric::Rate) => {
            each(&|row| [cells(plan, subject, row).iter().map(|c| f64::from(c.offered)).sum(), seconds])
        }
        Signal::Of(Metric::Percentile(_)) => {
            let slower = watch(plan, alert);
            each(&|row| {
                let answered = cells(plan, subject, row).iter().map(|c| f64::from(c.good)).sum();
                [slower.map_or(0.0, |at| row.watched[at]), answered]
            })
        }
        Signal::Of(Metric::Age) => watch(plan, alert).map(|at| each(&|row| [row.watched[at], 1.0])).unwrap_or_default(),
        Signal::GivenUp => {
            let topics = topics(plan, subject);
            each(&|row| [topics.iter().map(|t| f64::from(row.topics[*t].given_up)).sum(), 0.0])
        }
        Signal::Up => {
            let stations = stations(plan, subject);
            each(&|row| [stations.iter().map(|s| f64::from(row.stations[s.index()].up)).sum(), 1.0])
        }
        Signal::Of(Metric::Queue) => each(&|row| [waiting(plan, subject, row), 1.0]),
        Signal::Of(Metric::Utilization) => used(plan, subject, series),
        // No alert reads it: nobody sees a second execution.
        Signal::Of(Metric::Duplicates) => Vec::new(),
    }
}

/// Whether a figure is out of bounds. Where nothing happened there is none.
pub(super) fn is_out(alert: &Alert, [above, below]: Part) -> bool {
    let (op, limit) = match alert.when.signal {
        // Above a limit is a percentile when more than its share of the answers are.
        Signal::Of(Metric::Percentile(q)) => (alert.when.op, 1.0 - q),
        _ => (alert.when.op, alert.when.limit),
    };
    let counts = matches!(alert.when.signal, Signal::BreakerOpens | Signal::GivenUp);
    if below <= 0.0 && !counts {
        return false;
    }
    let value = if counts { above } else { above / below };
    // Sums of floating point numbers: a hair is no difference.
    let hair = 1e-9 * limit.abs().max(1e-6);
    match op {
        Op::Less => value < limit - hair,
        Op::AtMost => value <= limit + hair,
        Op::AtLeast => value >= limit - hair,
        Op::More => value > limit + hair,
    }
}

fn watch(plan: &Plan, alert: &Alert) -> Option<usize> {
    let watch = alert.watch(plan)?;
    plan.watches.iter().position(|w| *w == watch)
}

/// Requests of a subject in a window: as users see them where they come from users.
fn cells(plan: &Plan, subject: Option<Subject>, row: &Row) -> Vec<Cell> {
    match subject {
        None => row.sources.clone(),
        Some(Subject::Source(source)) => vec![row.sources[source.index()]],
        Some(Subject::Endpoint(endpoint)) => endpoint_cells(plan, endpoint, row),
        Some(Subject::Component(component)) => {
            let all = (0..plan.endpoints.len()).map(EndpointId::new);
            let own = all.filter(|e| plan.stations[plan.endpoints[e.index()].station.index()].component == component);
            own.flat_map(|e| endpoint_cells(plan, e, row)).collect()
        }
        Some(Subject::Edge(_)) => Vec::new(),
    }
}

fn endpoint_cells(plan: &Plan, endpoint: EndpointId, row: &Row) -> Vec<Cell> {
    let entries = plan.sources.iter().flat_map(|s| &s.mix).map(|(_, link)| plan.links[link.index()].to);
    let seen: Vec<Cell> = entries.zip(&row.entries).filter(|(e, _)| *e == endpoint).map(|(_, cell)| *cell).collect();
    if seen.is_empty() { vec![row.endpoints[endpoint.index()]] } else { seen }
}

fn stations(plan: &Plan, subject: Option<Subject>) -> Vec<StationId> {
    match subject {
        Some(Subject::Component(component)) => plan.stations_of(component).collect(),
        _ => Vec::new(),
    }
}

fn topics(plan: &Plan, subject: Option<Subject>) -> Vec<usize> {
    let mine = |c: ComponentId| subject == Some(Subject::Component(c));
    (0..plan.topics.len()).filter(|t| mine(plan.topics[*t].component)).collect()
}

fn waiting(plan: &Plan, subject: Option<Subject>, row: &Row) -> f64 {
    if let Some(Subject::Edge(edge)) = subject {
        return f64::from(row.edges[edge.index()].waiting);
    }
    let stations = stations(plan, subject).into_iter().map(|s| f64::from(row.stations[s.index()].queue));
    let topics = topics(plan, subject).into_iter().map(|t| f64::from(row.topics[t].backlog));
    stations.chain(topics).sum()
}

/// Each resource of a component, or the pool of a connection: what is busy, of what is there.
fn used(plan: &Plan, subject: Option<Subject>, series: &Series) -> Vec<Vec<Part>> {
    let each = |of: &dyn Fn(&Row) -> Part| series.rows.iter().map(of).collect::<Vec<Part>>();
    if let Some(Subject::Edge(edge)) = subject {
        return pool(plan, edge)
            .map(|size| each(&|row| [f64::from(row.edges[edge.index()].used), size]))
            .into_iter()
            .collect();
    }
    let mut all = Vec::new();
    for s in stations(plan, subject) {
        let station = &plan.stations[s.index()];
        if station.workers != UNLIMITED {
            let workers = f64::from(station.workers);
            all.push(each(&|row| {
                let cell = &row.stations[s.index()];
                [f64::from(cell.busy), workers * f64::from(cell.up)]
            }));
        }
        if let Some(cores) = station.cores {
            all.push(each(&|row| {
                let cell = &row.stations[s.index()];
                [f64::from(cell.cores), cores * f64::from(cell.up)]
            }));
        }
    }
    all
}

fn pool(plan: &Plan, edge: EdgeId) -> Option<f64> {
    let edge = &plan.edges[edge.index()];
    Some(f64::from(edge.pool?) * f64::from(edge.instances))
}
