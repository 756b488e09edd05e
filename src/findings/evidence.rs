//! What findings are drawn from: the model, its graph, and the review if there was one.

use crate::experiments::{Failure, Review};
use crate::graph::Graph;
use crate::model::Model;
use crate::plan::{ComponentId, EdgeId, EndpointId, Origin};

/// Everything a finding may rest on.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The model.
    pub model: &'a Model,
    /// Its plan as a graph.
    pub graph: &'a Graph<'a>,
    /// What was simulated; `None` for a check.
    pub review: Option<&'a Review>,
}

impl Evidence<'_> {
    /// A component's name.
    pub fn component(&self, id: ComponentId) -> &str {
        &self.model.plan.components[id.index()].name
    }

    /// An edge's name.
    pub fn edge(&self, id: EdgeId) -> &str {
        &self.model.plan.edges[id.index()].name
    }

    /// An endpoint's name.
    pub fn endpoint(&self, id: EndpointId) -> &str {
        &self.model.plan.endpoints[id.index()].name
    }

    /// Where a path of the model is written; the longest part of it that is.
    pub fn origin_of(&self, path: &str) -> Option<Origin> {
        let mut path = path;
        loop {
            if let Some(node) = self.model.document.get(path) {
                let (line, column) = (node.place.line, node.place.column);
                return Some(Origin { path: path.into(), line, column });
            }
            path = path.rsplit_once('.')?.0;
        }
    }

    /// The failures that were confirmed by several replications.
    pub fn confirmed(&self) -> impl Iterator<Item = (usize, &Failure)> {
        let all = self.review.iter().flat_map(|r| r.failures.iter().enumerate());
        all.filter(|(_, f)| f.confirmed)
    }
}
