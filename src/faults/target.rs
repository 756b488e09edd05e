//! What a fault strikes, and the error when there is no such thing.

use super::Strikes;
use crate::plan::{Away, ComponentId, Edge, EdgeId, Endpoint, Knobs, Party, Plan};
use crate::yaml::{did_you_mean, list};
use std::fmt;

/// What a fault strikes, by the names of the model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A component.
    Component(String),
    /// One endpoint of a component: `db.read`.
    Endpoint(String),
    /// One connection, `caller>callee`. With its overrides, unless it names one (`orders>payments.charge`).
    Edge(String),
    /// All traffic.
    Traffic,
}

/// A fault that does not fit the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FaultError {
    /// What is wrong, in lower case, without a full stop.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl FaultError {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> FaultError {
        FaultError { message: message.into(), hint: Some(hint.into()) }
    }
}

/// As it is written.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Component(name) | Target::Endpoint(name) | Target::Edge(name) => f.write_str(name),
            Target::Traffic => f.write_str("traffic"),
        }
    }
}

impl Target {
    /// Reads `stripe`, `stripe.charge` or `orders>payments`.
    pub fn parse(text: &str) -> Target {
        let text = text.trim();
        match text.split_once('>') {
            Some((from, to)) => Target::Edge(format!("{}>{}", from.trim(), to.trim())),
            None if text.contains('.') => Target::Endpoint(text.into()),
            None => Target::Component(text.into()),
        }
    }

    /// What is wrong with it for a kind of fault that strikes something else, and what to write.
    pub(super) fn misfit(&self, strikes: Strikes) -> Option<(&'static str, &'static str)> {
        match (strikes, self) {
            (Strikes::Component, Target::Edge(_)) => Some(("strikes a component, not an edge", "name one component")),
            (Strikes::Component, Target::Endpoint(_)) => {
                Some(("strikes a component, not an endpoint", "name one component"))
            }
            (Strikes::ComponentOrEdge, Target::Endpoint(_)) => {
                Some(("strikes a component or an edge, not an endpoint", "name the component, or `caller>callee`"))
            }
            _ => None,
        }
    }

    /// The component it names, or an error with the nearest name. `word` is the kind of fault, for the error.
    pub(super) fn component(&self, plan: &Plan, word: &str) -> Result<ComponentId, FaultError> {
        match self {
            Target::Component(name) => plan.component(name).ok_or_else(|| {
                let names: Vec<&str> = plan.components.iter().map(|c| c.name.as_str()).collect();
                FaultError::new(format!("there is no component `{name}` to strike"), suggest(name, &names))
            }),
            Target::Edge(name) => {
                let callee = name.split_once('>').map_or("", |(_, to)| to);
                Err(FaultError::new(
                    format!("`{word}` strikes a component, not the edge `{name}`"),
                    format!("write `{word}` of `{callee}`, or `partition` of `{name}`"),
                ))
            }
            Target::Endpoint(name) => {
                let component = name.split_once('.').map_or("", |(component, _)| component);
                Err(FaultError::new(
                    format!("`{word}` strikes a component, not the endpoint `{name}`"),
                    format!("write `{word}` of `{component}`"),
                ))
            }
            Target::Traffic => Err(FaultError::new(
                format!("`{word}` needs a component to strike"),
                format!("write which, such as `{word}:web`"),
            )),
        }
    }

    /// The edges it names: all those into a component, or the one named with its overrides.
    pub(super) fn edges(&self, plan: &Plan) -> Vec<EdgeId> {
        let matches = |edge: &Edge| match self {
            Target::Component(name) => plan.components[edge.to.index()].name == *name,
            Target::Edge(name) => {
                edge.name == *name
                    || name.split_once('>').is_some_and(|(from, to)| {
                        plan.party_name(edge.from) == from && plan.components[edge.to.index()].name == to
                    })
            }
            Target::Endpoint(_) | Target::Traffic => false,
        };
        (0..plan.edges.len()).filter(|&i| matches(&plan.edges[i])).map(EdgeId::new).collect()
    }

    /// Whether it is this endpoint, or the component that has it.
    pub(super) fn has_endpoint(&self, plan: &Plan, endpoint: &Endpoint) -> bool {
        match self {
            Target::Component(name) => {
                let component = plan.stations[endpoint.station.index()].component;
                plan.components[component.index()].name == *name
            }
            Target::Endpoint(name) => endpoint.name == *name,
            Target::Edge(_) | Target::Traffic => false,
        }
    }

    /// What may answer in place of what it names.
    pub(super) fn away<'k>(&self, plan: &Plan, knobs: &'k mut Knobs) -> impl Iterator<Item = &'k mut Away> {
        let edges = self.own_edges(plan);
        let edges = knobs.edges.iter_mut().enumerate().filter(move |(e, _)| edges.contains(&EdgeId::new(*e)));
        let struck: Vec<bool> = plan.endpoints.iter().map(|e| self.has_endpoint(plan, e)).collect();
        let endpoints = knobs.endpoints.iter_mut().zip(struck).filter(|(_, struck)| *struck);
        edges.map(|(_, knobs)| &mut knobs.away).chain(endpoints.map(|(knobs, _)| &mut knobs.away))
    }

    /// The limits on what reaches it: one for all of a component, one for each connection that it names.
    pub(super) fn quotas<'k>(&self, plan: &Plan, knobs: &'k mut Knobs) -> Vec<&'k mut Option<f64>> {
        match self {
            Target::Component(name) => plan.component(name).map(|c| &mut knobs.quotas[c.index()]).into_iter().collect(),
            Target::Endpoint(_) => {
                let endpoints = plan.endpoints.iter().zip(&mut knobs.endpoints);
                endpoints.filter(|(e, _)| self.has_endpoint(plan, e)).map(|(_, knobs)| &mut knobs.quota).collect()
            }
            Target::Edge(_) => {
                let edges = self.own_edges(plan);
                let all = knobs.edges.iter_mut().enumerate();
                all.filter(|(e, _)| edges.contains(&EdgeId::new(*e))).map(|(_, knobs)| &mut knobs.quota).collect()
            }
            Target::Traffic => Vec::new(),
        }
    }

    /// The edges it names itself.
    fn own_edges(&self, plan: &Plan) -> Vec<EdgeId> {
        if matches!(self, Target::Edge(_)) { self.edges(plan) } else { Vec::new() }
    }

    /// Checks that it names something that is called: a component, an endpoint or an edge.
    pub(super) fn check_calls(&self, plan: &Plan, word: &str) -> Result<(), FaultError> {
        match self {
            Target::Component(_) => self.component(plan, word).map(|_| ()),
            Target::Endpoint(_) => self.check_endpoint(plan),
            Target::Edge(_) | Target::Traffic => self.check_edges(plan, word),
        }
    }

    /// Checks that the endpoint it names exists.
    pub(super) fn check_endpoint(&self, plan: &Plan) -> Result<(), FaultError> {
        if plan.endpoints.iter().any(|e| self.has_endpoint(plan, e)) {
            return Ok(());
        }
        let names: Vec<&str> = plan.endpoints.iter().map(|e| e.name.as_str()).collect();
        let name = self.to_string();
        Err(FaultError::new(format!("there is no endpoint `{name}` to strike"), suggest(&name, &names)))
    }

    /// Checks that it names at least one edge.
    pub(super) fn check_edges(&self, plan: &Plan, word: &str) -> Result<(), FaultError> {
        if !self.edges(plan).is_empty() {
            return Ok(());
        }
        match self {
            Target::Edge(name) => {
                let names: Vec<&str> = plan.edges.iter().map(|e| e.name.as_str()).collect();
                Err(FaultError::new(format!("there is no edge `{name}` to strike"), suggest(name, &names)))
            }
            _ => {
                self.component(plan, word)?;
                Err(FaultError::new(
                    format!("nobody calls `{self}`, so `{word}` would change nothing"),
                    format!("name a component that is called: {}", list(called(plan))),
                ))
            }
        }
    }
}

fn called(plan: &Plan) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for edge in &plan.edges {
        let name = plan.components[edge.to.index()].name.as_str();
        if !names.contains(&name) && edge.from != Party::Component(edge.to) {
            names.push(name);
        }
    }
    names
}

/// The nearest name if one is near, else all there are.
pub(super) fn suggest(word: &str, names: &[&str]) -> String {
    match did_you_mean(word, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "there is nothing of the kind in this model".into(),
        None => format!("there are {}", list(names.iter().copied())),
    }
}
