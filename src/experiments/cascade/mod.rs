//! The cascade: which other components became impaired, in which order, by which mechanism and along which edge.
//!
//! Two runs with the same random numbers are compared window by window, one with the fault and one without. Whether a
//! component is impaired is a statistical statement, made in `signs`: what is seen must differ from the twin by more than
//! chance explains, for long enough. How often it is made without any cause is measured in `false_alarms`. The mechanism
//! is read off in `explain`, by what was full, refused, timed out or passed on, with the figures that show it.

mod explain;
mod readings;
mod recovery;
mod signs;

pub use explain::loaded;
pub use readings::{Gauge, Reading};
pub use recovery::recovery;

use crate::faults::{Fault, Target};
use crate::graph::Graph;
use crate::measure::{Row, Series};
use crate::plan::{ComponentId, EdgeId, Plan};
use crate::units::SimDuration;
use explain::Scene;
use signs::Watch;

/// How a component was impaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mechanism {
    /// All workers (or connections) were busy.
    WorkersExhausted,
    /// All cores were busy.
    CoresExhausted,
    /// The accept queue was full, or a limit refused what came.
    QueueFull,
    /// Calls waited for a connection of a pool.
    PoolExhausted,
    /// Retries of callers brought more than it could take.
    RetryAmplification,
    /// Callers asked it for what a cache used to answer.
    CacheCold,
    /// Messages piled up, or those who publish them had to wait.
    QueueBlocked,
    /// The autoscaler had taken replicas away.
    ScaledDown,
    /// Its replicas were left out for errors that were not their own.
    EjectedHealthy,
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
            Mechanism::CoresExhausted => "cores exhausted",
            Mechanism::QueueFull => "accept queue full",
            Mechanism::PoolExhausted => "pool exhausted",
            Mechanism::RetryAmplification => "retry amplification",
            Mechanism::CacheCold => "cache cold",
            Mechanism::QueueBlocked => "queue blocked",
            Mechanism::ScaledDown => "scaled down",
            Mechanism::EjectedHealthy => "ejected healthy replicas",
            Mechanism::BreakerOpen => "breaker open",
            Mechanism::TimedOut => "timeout",
            Mechanism::ErrorPassedOn => "error passed on",
            Mechanism::SlowAnswers => "slow answers",
        }
    }
}

/// One step of a cascade.
#[derive(Clone, Debug, PartialEq)]
pub struct Impairment {
    /// Who was impaired.
    pub component: ComponentId,
    /// When, after the fault began.
    pub at: SimDuration,
    /// How.
    pub mechanism: Mechanism,
    /// Along which edge it came.
    pub via: Option<EdgeId>,
    /// The figures that show it, the most telling first.
    pub readings: Vec<Reading>,
}

/// What a fault strikes: a component, or edges into it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Struck {
    /// The component, or the one that the edges lead to.
    pub component: ComponentId,
    /// The edges; none when the component itself is struck.
    pub edges: Vec<EdgeId>,
}

impl Struck {
    /// A component.
    pub fn component(component: ComponentId) -> Struck {
        Struck { component, edges: Vec::new() }
    }

    /// What a fault strikes that is aimed at a component, or at the edges from one caller to it, overrides included.
    pub fn by(graph: &Graph, component: ComponentId, fault: &Fault) -> Struck {
        let plan = graph.plan();
        let Target::Edge(name) = &fault.target else { return Struck::component(component) };
        let between = |edge: &EdgeId| {
            let edge = &plan.edges[edge.index()];
            let caller = name.split_once('>').map_or("", |(from, _)| from);
            edge.name == *name || (plan.party_name(edge.from) == caller && !name.contains('.'))
        };
        Struck { component, edges: graph.edges_into(component).into_iter().filter(between).collect() }
    }

    /// Whether this component itself is struck.
    pub fn is(&self, component: ComponentId) -> bool {
        self.edges.is_empty() && self.component == component
    }

    /// Whether calls along this edge meet the fault.
    pub fn meets(&self, plan: &Plan, edge: EdgeId) -> bool {
        match self.edges.as_slice() {
            [] => plan.edges[edge.index()].to == self.component,
            edges => edges.contains(&edge),
        }
    }
}

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

    /// How many windows make up so many seconds: four at least.
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

    /// The windows in which the fault lasts.
    pub fn span(&self) -> (usize, usize) {
        (self.index(self.from), self.index(self.until).min(self.count()))
    }
}

/// Time over which counts are summed before they are compared; four windows at least.
const SMOOTH: f64 = 1.0;

/// The components other than what is struck that became impaired while the fault lasted, in order.
pub fn cascade(graph: &Graph, struck: &[Struck], pair: Pair) -> Vec<Impairment> {
    let plan = graph.plan();
    let (from, until) = pair.span();
    let watch = Watch::new(graph, pair);
    let mut onsets: Vec<(usize, ComponentId)> = (0..plan.components.len())
        .map(ComponentId::new)
        .filter(|c| !struck.iter().any(|s| s.is(*c)))
        .filter_map(|c| watch.onset(c, from, until).map(|row| (row, c)))
        .collect();
    in_order(graph, &mut onsets, pair.windows(SMOOTH));
    let scene = Scene { graph, struck, pair, onsets: &onsets, watch: &watch };
    let mut steps: Vec<Impairment> = onsets
        .iter()
        .map(|&(row, component)| {
            let (mechanism, via) = scene.explain(component, row, until);
            let shows = (row..until).find(|r| scene.shows(component, mechanism, via, *r)).unwrap_or(row);
            let at = SimDuration((shows as u64 * pair.healthy.window.0).saturating_sub(pair.from.0));
            let readings = readings::of(graph, component, mechanism, via, pair, shows, until);
            Impairment { component, at, mechanism, via, readings }
        })
        .collect();
    // Stable, so that among equals the callee stays first.
    steps.sort_by_key(|step| step.at);
    steps
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

#[cfg(test)]
mod false_alarms;
#[cfg(test)]
mod tests;
