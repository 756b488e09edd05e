//! Which figures of a model are compared: what its users see, how busy its components are, how often calls are tried
//! again, and whatever the expectations name.

use crate::experiments::judge::{value, wants_more};
use crate::measure::Measurements;
use crate::model::{Expectation, Metric, Op, Subject, What, Window};
use crate::plan::{ComponentId, EdgeId, EndpointId, Origin, Plan, SourceId};

/// A figure of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// As an expectation writes it, without its limit: `web.home p99 during fault`.
    pub name: String,
    /// Whose.
    pub subject: Option<Subject>,
    /// Which.
    pub metric: Metric,
    /// In which part of the run.
    pub window: Window,
    /// More of it is better.
    pub more_is_better: bool,
}

impl Figure {
    fn new(plan: &Plan, subject: Option<Subject>, metric: Metric, window: Window, more_is_better: bool) -> Figure {
        let words = [subject.map_or_else(String::new, |s| name_of(plan, s)), metric.word(), window.words()];
        let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        Figure { name: words.join(" "), subject, metric, window, more_is_better }
    }

    /// Its value in one replication.
    pub fn value(&self, plan: &Plan, m: &Measurements) -> Option<f64> {
        value(plan, self.subject, self.metric, m).filter(|x| x.is_finite())
    }

    /// Where its subject is written.
    pub fn origin<'p>(&self, plan: &'p Plan) -> Option<&'p Origin> {
        Some(match self.subject? {
            Subject::Endpoint(e) => &plan.endpoints[e.index()].origin,
            Subject::Source(s) => &plan.sources[s.index()].origin,
            Subject::Component(c) => &plan.components[c.index()].origin,
            Subject::Edge(e) => &plan.edges[e.index()].origin,
        })
    }
}

/// The figures of a model under these expectations, each once.
pub fn figures(plan: &Plan, expectations: &[Expectation]) -> Vec<Figure> {
    let mut all: Vec<Figure> = Vec::new();
    let mut add = |subject, metric, window, more| {
        let figure = Figure::new(plan, subject, metric, window, more);
        if all.iter().all(|known| known.name != figure.name) {
            all.push(figure);
        }
    };
    let whole = Window::Whole;
    let users = (0..plan.endpoints.len()).map(EndpointId::new).filter(|e| is_called_by_users(plan, *e));
    let users = users.map(Subject::Endpoint);
    // A source with one entry in its mix sees what this endpoint shows.
    let several = |s: &SourceId| plan.sources[s.index()].mix.len() > 1;
    let sources = (0..plan.sources.len()).map(SourceId::new).filter(several).map(Subject::Source);
    for subject in sources.chain(users) {
        add(Some(subject), Metric::Success, whole, true);
        add(Some(subject), Metric::Mean, whole, false);
        add(Some(subject), Metric::Percentile(0.99), whole, false);
    }
    for component in (0..plan.components.len()).map(ComponentId::new) {
        if plan.stations.iter().any(|s| s.component == component) {
            add(Some(Subject::Component(component)), Metric::Utilization, whole, false);
        }
    }
    for (i, edge) in plan.edges.iter().enumerate().filter(|(_, edge)| edge.retry.is_some()) {
        let subject = Some(Subject::Edge(EdgeId::new(i)));
        add(subject, Metric::Retries, whole, false);
        if !edge.idempotent {
            add(subject, Metric::Duplicates, whole, false);
        }
    }
    for expectation in expectations {
        if let What::Compare { subject, metric, op, window, .. } = expectation.what {
            add(subject.map(|s| plainest(plan, s, metric)), metric, window, better(metric, op));
        }
    }
    all
}

/// A component with one endpoint is this endpoint, where requests are counted.
fn plainest(plan: &Plan, subject: Subject, metric: Metric) -> Subject {
    let Subject::Component(component) = subject else { return subject };
    let own = |e: &EndpointId| plan.stations[plan.endpoints[e.index()].station.index()].component == component;
    let own: Vec<EndpointId> = (0..plan.endpoints.len()).map(EndpointId::new).filter(own).collect();
    let counted = matches!(metric, Metric::Success | Metric::Mean | Metric::Percentile(_));
    if let ([one], true) = (own.as_slice(), counted) { Subject::Endpoint(*one) } else { subject }
}

/// An offered rate is neither good nor bad by itself: the expectation says.
fn better(metric: Metric, op: Op) -> bool {
    match metric {
        Metric::Success | Metric::Goodput => true,
        Metric::Rate => wants_more(op),
        _ => false,
    }
}

fn is_called_by_users(plan: &Plan, endpoint: EndpointId) -> bool {
    plan.sources.iter().flat_map(|s| &s.mix).any(|(_, link)| plan.links[link.index()].to == endpoint)
}

fn name_of(plan: &Plan, subject: Subject) -> String {
    match subject {
        Subject::Endpoint(e) => plan.endpoints[e.index()].name.clone(),
        Subject::Source(s) => plan.sources[s.index()].name.clone(),
        Subject::Component(c) => plan.components[c.index()].name.clone(),
        Subject::Edge(e) => plan.edges[e.index()].name.clone(),
    }
}
