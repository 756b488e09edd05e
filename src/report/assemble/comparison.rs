//! A comparison with a baseline, in the words and units of a report.

use super::{Scribe, measure, scaled};
use crate::experiments::{self, Compared};
use crate::graph::Graph;
use crate::model::Model;
use crate::report::{self, Comparison, Difference};

/// The comparison of a model's runs, each under its name, with a file.
pub fn comparison(model: &Model, with: &str, same_model: bool, runs: &[(String, Vec<Compared>)]) -> Comparison {
    let graph = Graph::new(&model.plan);
    let scribe = Scribe { model, graph: &graph };
    let figures = runs.iter().flat_map(|(run, all)| all.iter().map(|c| scribe.compared(run, c)));
    Comparison { with: with.into(), same_model, figures: figures.collect(), notes: Vec::new() }
}

impl Scribe<'_> {
    fn compared(&self, run: &str, compared: &Compared) -> report::Compared {
        let (measure, factor) = measure(compared.figure.metric);
        report::Compared {
            run: run.into(),
            figure: compared.figure.name.clone(),
            measure,
            before: scaled(compared.before, factor),
            after: scaled(compared.after, factor),
            difference: compared.difference.map(|d| scaled(d, factor)),
            margin: compared.margin * factor,
            verdict: match compared.verdict {
                experiments::Difference::Unchanged => Difference::Unchanged,
                experiments::Difference::Improved => Difference::Improved,
                experiments::Difference::Regressed => Difference::Regressed,
                experiments::Difference::Inconclusive => Difference::Inconclusive,
            },
            replications: compared.replications,
            place: compared.figure.origin(&self.model.plan).and_then(|origin| self.place(origin)),
        }
    }
}
