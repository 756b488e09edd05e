//! The verdict in one or two sentences: does it hold, what breaks first, what to change.

use super::words::{changed, factor, listed};
use super::{Comparison, Difference, Kind, Report, Run, Severity, SloVerdict};

/// What a report comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the SLOs hold at the load asked for; `None` when there are none or the interval does not tell.
    pub holds: Option<bool>,
    /// In a few words: `shop does not hold at 10x`.
    pub headline: String,
    /// Why, and what to do.
    pub sentences: Vec<String>,
}

/// How many SLOs of a run are met, missed and unclear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SloCount {
    /// They hold.
    pub met: usize,
    /// They do not.
    pub missed: usize,
    /// The interval spans the limit.
    pub unclear: usize,
}

impl Run {
    /// Counts its SLOs by verdict.
    pub fn slo_count(&self) -> SloCount {
        let count = |verdict| self.slos.iter().filter(|s| s.verdict == verdict).count();
        SloCount { met: count(SloVerdict::Met), missed: count(SloVerdict::Missed), unclear: count(SloVerdict::Unclear) }
    }
}

impl Report {
    /// What it comes to.
    pub fn verdict(&self) -> Verdict {
        let name = &self.model.name;
        let load = factor(self.load);
        let Some(run) = self.asked_run().filter(|_| self.kind != Kind::Check) else {
            let compared = self.comparison.as_ref().filter(|_| self.kind == Kind::Compare);
            return compared.map_or_else(|| self.checked(), |comparison| self.compared(comparison));
        };
        let slos = run.slo_count();
        let (holds, headline) = match slos {
            SloCount { met: 0, missed: 0, unclear: 0 } => (None, format!("{name} at {load}: no SLOs to judge it by")),
            SloCount { missed: 1.., .. } => (Some(false), format!("{name} does not hold at {load}")),
            SloCount { unclear: 1.., .. } => (None, format!("{name} at {load}: too close to call")),
            _ => (Some(true), format!("{name} holds at {load}")),
        };
        let mut sentences = vec![self.slo_sentence(run, slos)];
        sentences.extend(self.plan_sentence());
        sentences.extend(self.danger_sentence());
        sentences.retain(|s| !s.is_empty());
        Verdict { holds, headline, sentences }
    }

    fn compared(&self, comparison: &Comparison) -> Verdict {
        let (worse, all) = (comparison.of(Difference::Regressed).count(), comparison.figures.len());
        let headline = match worse {
            0 => format!("{}: no figure is worse than in {}", self.model.name, comparison.with),
            n => format!("{}: {n} of {all} figures are worse than in {}", self.model.name, comparison.with),
        };
        let unclear = comparison.of(Difference::Inconclusive).next().is_some();
        let holds = if worse == 0 && unclear { None } else { Some(worse == 0) };
        Verdict { holds, headline, sentences: Vec::new() }
    }

    fn checked(&self) -> Verdict {
        let findings = self.findings.as_deref().unwrap_or_default().len();
        let headline = match findings {
            0 => format!("{} is a valid model", self.model.name),
            n => format!("{} is a valid model, with {} to look at", self.model.name, things(n)),
        };
        Verdict { holds: None, headline, sentences: Vec::new() }
    }

    fn slo_sentence(&self, run: &Run, slos: SloCount) -> String {
        let load = factor(self.load);
        let all = run.slos.len();
        let so_far = match &self.capacity {
            Some(c) if c.low <= 0.0 && c.load <= 0.0 => "; they do not hold at any load tried".to_string(),
            Some(c) if slos.missed > 0 => format!("; they hold up to {}", factor(c.load)),
            Some(c) if c.high.is_none() => format!(", and up to {} at least", factor(c.low)),
            Some(c) if c.load > self.load => format!(", and up to {}", factor(c.load)),
            Some(_) => String::new(),
            None => String::new(),
        };
        let first = match self.capacity.as_ref().and_then(|c| c.limited_by.as_ref()) {
            Some(resource) if slos.missed > 0 => format!(", where {resource} gives out first"),
            Some(resource) => format!(", where {resource} gives out"),
            None => String::new(),
        };
        match (all, slos) {
            (0, _) => "Declare `slos` in the model to have it judged.".into(),
            (all, SloCount { missed: 1.., .. }) => {
                let verb = if slos.missed == 1 { "is" } else { "are" };
                format!("{} of {all} SLOs {verb} missed at {load}{so_far}{first}.", slos.missed)
            }
            (all, SloCount { unclear: 1.., .. }) => {
                format!(
                    "{} of {all} SLOs hold at {load}, and {} may or may not{so_far}{first}.",
                    slos.met, slos.unclear
                )
            }
            (1, _) => format!("Its SLO holds at {load}{so_far}{first}."),
            (all, _) => format!("All {all} SLOs hold at {load}{so_far}{first}."),
        }
    }

    fn plan_sentence(&self) -> Option<String> {
        let plan = self.plan.as_ref().filter(|p| !p.changes.is_empty())?;
        let target = factor(plan.target_load);
        let some: Vec<String> = plan.changes.iter().take(3).map(changed).collect();
        let more = match plan.changes.len().saturating_sub(3) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let changes = listed(&some);
        Some(if plan.meets_slos {
            format!("To hold at {target}: {changes}{more}.")
        } else {
            format!("{changes}{more} helps, but does not suffice for {target}.")
        })
    }

    fn danger_sentence(&self) -> Option<String> {
        let findings = self.findings.as_deref()?;
        let urgent: Vec<_> = findings.iter().filter(|f| f.severity == Severity::P0).collect();
        let first = urgent.first()?;
        Some(match urgent.len() {
            1 => format!("Fix first: {}.", first.title),
            n => format!("Fix first ({n} P0): {}.", first.title),
        })
    }
}

fn things(n: usize) -> String {
    if n == 1 { "one thing".into() } else { format!("{n} things") }
}
