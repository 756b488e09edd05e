//! What was measured beside what was measured before.

use super::{Change, Estimate, Measure, Place};

/// Two measurements of a model beside one another, replication by replication.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// What it is compared with: a file.
    pub with: String,
    /// Whether the model is the same, to the last setting.
    pub same_model: bool,
    /// All figures, in the order of their runs.
    pub figures: Vec<Compared>,
    /// What was changed, and what each change makes of the figures.
    pub causes: Vec<Cause>,
    /// What could not be compared, in words.
    pub notes: Vec<String>,
}

/// A change of the model, or several that make sense only together, made after those before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// What was changed.
    pub changes: Vec<Change>,
    /// Where it is written, in the second model.
    pub place: Option<Place>,
    /// Every figure before and after it.
    pub figures: Vec<Compared>,
}

/// A figure before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The run: `objectives`, or the scenario.
    pub run: String,
    /// As an expectation writes it, without its limit: `web.home p99`.
    pub figure: String,
    /// What it is.
    pub measure: Measure,
    /// Before; not a number when nothing was measured.
    pub before: Estimate,
    /// After.
    pub after: Estimate,
    /// The paired difference with the interval that was judged; `None` where something was not measured.
    pub difference: Option<Estimate>,
    /// What it must exceed.
    pub margin: f64,
    /// What it comes to.
    pub verdict: Difference,
    /// Pairs behind it.
    pub replications: u32,
    /// Where its subject is written.
    pub place: Option<Place>,
}

/// What a difference comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// None beyond the margin.
    Unchanged,
    /// Better.
    Improved,
    /// Worse.
    Regressed,
    /// Too close to the margin to tell.
    Inconclusive,
}

impl Difference {
    /// `regressed`
    pub fn word(self) -> &'static str {
        match self {
            Difference::Unchanged => "unchanged",
            Difference::Improved => "improved",
            Difference::Regressed => "regressed",
            Difference::Inconclusive => "inconclusive",
        }
    }
}

impl Comparison {
    /// Figures of this verdict.
    pub fn of(&self, verdict: Difference) -> impl Iterator<Item = &Compared> {
        self.figures.iter().filter(move |f| f.verdict == verdict)
    }
}

impl Cause {
    /// The figures that it changes, the worst first.
    pub fn effects(&self) -> Vec<&Compared> {
        let of = |verdict| self.figures.iter().filter(move |f| f.verdict == verdict);
        of(Difference::Regressed).chain(of(Difference::Improved)).chain(of(Difference::Inconclusive)).collect()
    }
}

impl Compared {
    /// `40 → 47.2ms, +7.2 ±0.3ms in 10 pairs`, the margin beside it where that tells something.
    pub fn told(&self) -> String {
        let point = |e: &Estimate| self.measure.show(&Estimate { mean: e.mean, low: e.mean, high: e.mean });
        let Some(difference) = &self.difference else { return "not measured in every run".into() };
        let sign = if difference.mean > 0.0 { "+" } else { "" };
        format!(
            "{} → {}, {sign}{} in {} pairs, margin {}",
            point(&self.before),
            point(&self.after),
            self.measure.show_difference(difference),
            self.replications,
            self.measure.show_difference(&Estimate { mean: self.margin, low: self.margin, high: self.margin }),
        )
    }
}
