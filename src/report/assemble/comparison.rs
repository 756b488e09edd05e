//! A comparison with a baseline, in the words and units of a report.

use super::{Scribe, measure, scaled};
use crate::experiments::{self, Between, Compared, Options, Step};
use crate::graph::Graph;
use crate::model::Model;
use crate::report::{self, Cause, Comparison, Difference, Kind, Place, Report};

/// The comparison of a model's runs, each under its name, with a file.
pub fn comparison(model: &Model, with: &str, same_model: bool, runs: &[(String, Vec<Compared>)]) -> Comparison {
    let graph = Graph::new(&model.plan);
    let scribe = Scribe { model, graph: &graph };
    Comparison { with: with.into(), same_model, figures: scribe.figures(runs, true), ..Comparison::default() }
}

/// The report of two models beside one another; it is about the second.
pub fn between(one: &Model, other: &Model, between: &Between, options: &Options) -> Report {
    let graph = Graph::new(&other.plan);
    let scribe = Scribe { model: other, graph: &graph };
    let mut report = Report::empty(Kind::Compare);
    report.seed = options.seed;
    report.replications = options.replications;
    let same = one.document.root.show() == other.document.root.show();
    let mut all = comparison(other, &one.document.file, same, &between.figures);
    all.notes = between.notes.clone();
    let cause = |step: &Step| Cause {
        changes: step.changes.clone(),
        place: (step.line > 0).then(|| Place {
            file: other.document.file.clone(),
            line: step.line,
            column: 1,
            width: 0,
        }),
        figures: scribe.figures(&step.figures, false),
    };
    all.causes = between.steps.iter().map(cause).collect();
    report.comparison = Some(all);
    report
}

impl Scribe<'_> {
    /// Figures of models on the way have no place in the second one.
    fn figures(&self, runs: &[(String, Vec<Compared>)], placed: bool) -> Vec<report::Compared> {
        runs.iter().flat_map(|(run, all)| all.iter().map(move |c| self.compared(run, c, placed))).collect()
    }

    fn compared(&self, run: &str, compared: &Compared, placed: bool) -> report::Compared {
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
            place: (placed.then(|| compared.figure.origin(&self.model.plan)).flatten()).and_then(|o| self.place(o)),
        }
    }
}
