//! What a fault strikes, and the error when there is no such thing.

use crate::plan::{ComponentId, Edge, EdgeId, Party, Plan};
use crate::yaml::{did_you_mean, list};
use std::fmt;

/// What a fault strikes, by the names of the model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A component.
    Component(String),
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
            Target::Component(name) | Target::Edge(name) => f.write_str(name),
            Target::Traffic => f.write_str("traffic"),
        }
    }
}

impl Target {
    /// Reads `stripe` or `orders>payments`.
    pub fn parse(text: &str) -> Target {
        let text = text.trim();
        match text.split_once('>') {
            Some((from, to)) => Target::Edge(format!("{}>{}", from.trim(), to.trim())),
            None => Target::Component(text.into()),
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
            Target::Traffic => false,
        };
        (0..plan.edges.len()).filter(|&i| matches(&plan.edges[i])).map(EdgeId::new).collect()
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
