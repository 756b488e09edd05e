//! What a failure does beside failing: work done twice, messages and writes that are lost, reads that are old.

use super::{Failure, Field};
use crate::engine::EdgeTally;
use crate::experiments::contain::Remodel;
use crate::graph::Graph;
use crate::measure::Measurements;
use crate::model::Change;
use crate::plan::{EdgeId, EndpointId, Role};

/// What went wrong in a run without anybody being told by an error.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Side {
    /// For each edge: calls with side effects executed again although an earlier try had succeeded unseen, without an
    /// idempotency key.
    pub duplicates: Vec<u64>,
    /// For each topic: messages handled to the end more than once.
    pub handled_twice: Vec<u64>,
    /// For each topic: accepted messages that are gone for good.
    pub messages: Vec<u64>,
    /// For each topic: deliveries of messages that had not been finished in time.
    pub redelivered: Vec<u64>,
    /// For each cache: writes that were acknowledged and never reached the store.
    pub cached_writes: Vec<u64>,
    /// For each set of replicas that follow: writes that were acknowledged and are not in the replica that took over.
    pub writes: Vec<u64>,
    /// For each set of replicas that follow: reads of a row whose last change had not been applied.
    pub stale_reads: Vec<u64>,
    /// For each set of replicas that follow: all reads.
    pub reads: Vec<u64>,
    /// For each cache: served though they had expired.
    pub stale_hits: Vec<u64>,
}

/// What is counted, in the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ill {
    /// Calls executed twice, and messages handled twice.
    Duplicates,
    /// Messages that are gone.
    LostMessages,
    /// Writes that are gone.
    LostWrites,
    /// Reads that were old.
    StaleReads,
}

impl Ill {
    /// All of them.
    pub const ALL: [Ill; 4] = [Ill::Duplicates, Ill::LostMessages, Ill::LostWrites, Ill::StaleReads];

    /// The word for programs.
    pub fn key(self) -> &'static str {
        match self {
            Ill::Duplicates => "duplicates",
            Ill::LostMessages => "lost_messages",
            Ill::LostWrites => "lost_writes",
            Ill::StaleReads => "stale_reads",
        }
    }
}

impl Side {
    /// From a run.
    pub fn of(graph: &Graph, m: &Measurements) -> Side {
        let edges = m.edges.iter().enumerate();
        // Only what happened twice is asked about: the answer takes a walk.
        let twice = |(e, tally): (usize, &EdgeTally)| match tally.duplicates {
            0 => 0,
            n => n * u64::from(has_side_effects(graph, EdgeId::new(e))),
        };
        Side {
            duplicates: edges.map(twice).collect(),
            handled_twice: m.topics.iter().map(|t| t.duplicates).collect(),
            messages: m.topics.iter().map(|t| t.gone()).collect(),
            redelivered: m.topics.iter().map(|t| t.redelivered).collect(),
            cached_writes: m.caches.iter().map(|c| c.lost).collect(),
            writes: m.replications.iter().map(|r| r.lost).collect(),
            stale_reads: m.replications.iter().map(|r| r.stale).collect(),
            reads: m.replications.iter().map(|r| r.reads).collect(),
            stale_hits: m.caches.iter().map(|c| c.stale).collect(),
        }
    }

    /// All of one kind.
    pub fn count(&self, ill: Ill) -> u64 {
        let lists = match ill {
            Ill::Duplicates => [&self.duplicates, &self.handled_twice],
            Ill::LostMessages => [&self.messages, &Vec::new()],
            Ill::LostWrites => [&self.cached_writes, &self.writes],
            Ill::StaleReads => [&self.stale_reads, &self.stale_hits],
        };
        lists.into_iter().flatten().sum()
    }
}

/// Whether executing a call twice leaves more behind than executing it once: somewhere on its way something is written,
/// published, or asked of somebody else's API.
fn has_side_effects(graph: &Graph, edge: EdgeId) -> bool {
    let plan = graph.plan();
    let over = |edge: EdgeId| plan.links.iter().filter(move |link| link.edge == edge).map(|link| link.to);
    let role = |endpoint: EndpointId| plan.components[graph.component_of(endpoint).index()].role;
    let lasting = |e: EndpointId| plan.endpoints[e.index()].writes || matches!(role(e), Role::External);
    let publishes = |e: EndpointId| {
        graph.reach(e).into_iter().any(|component| plan.components[component.index()].role == Role::Queue)
    };
    over(edge).any(|e| lasting(e) || publishes(e) || graph.edges_used(e).into_iter().flat_map(over).any(lasting))
}

impl Failure {
    /// What the fault adds to one kind, by replication: with it, less without it.
    pub fn added(&self, of: impl Fn(&Side) -> u64) -> Vec<f64> {
        self.harms.iter().map(|h| of(&h.side[1]) as f64 - of(&h.side[0]) as f64).collect()
    }
}

/// A call that is repeated without an idempotency key, tried with one.
#[derive(Clone, Debug, PartialEq)]
pub struct Keyed {
    /// The failure, by position.
    pub failure: usize,
    /// The edge.
    pub edge: EdgeId,
    /// The change.
    pub change: Change,
    /// Calls on it that were executed twice, by replication, without and with the change.
    pub duplicates: [Vec<f64>; 2],
}

/// So many edges are tried.
const MOST: usize = 4;
/// So many calls executed twice are worth a change.
const LEAST: f64 = 1.0;

/// Tries a key on each edge on which a failure has calls executed twice, in the failure that has most of them.
pub fn keyed(field: Field, remodel: Remodel, failures: &[Failure]) -> Vec<Keyed> {
    let plan = field.graph.plan();
    let mut worst: Vec<(f64, usize, EdgeId)> = Vec::new();
    for edge in (0..plan.edges.len()).map(EdgeId::new).filter(|e| plan.edges[e.index()].retry.is_some()) {
        let more = |f: &Failure| mean(&f.added(|side| side.duplicates[edge.index()]));
        let confirmed = failures.iter().enumerate().filter(|(_, f)| f.confirmed).map(|(i, f)| (more(f), i));
        let most = confirmed.reduce(|best, other| if other.0 > best.0 { other } else { best });
        worst.extend(most.filter(|(more, _)| *more >= LEAST).map(|(more, i)| (more, i, edge)));
    }
    worst.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
    let tried = worst.into_iter().take(MOST).filter_map(|(_, index, edge)| {
        let path = format!("{}.idempotent", plan.edges[edge.index()].policy_path);
        let change = Change { path, from: None, to: "true".into() };
        let changed = remodel(std::slice::from_ref(&change))?;
        let failure = &failures[index];
        let graph = Graph::new(&changed);
        let mut case = Field { graph: &graph, ..field }.case(&failure.drill);
        case.faults.push(failure.fault.clone());
        let after = case.replicate(failure.harms.len() as u32);
        let after = after.iter().map(|m| m.edges[edge.index()].duplicates as f64).collect();
        let before = failure.harms.iter().map(|h| h.side[1].duplicates[edge.index()] as f64).collect();
        Some(Keyed { failure: index, edge, change, duplicates: [before, after] })
    });
    tried.collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
