//! A model: what the user said, checked as a whole and compiled to a plan.
//!
//! [`Model::read`] goes through the file once and collects every problem on the way: sections are read by the kinds,
//! components are declared, programs written, traffic wired, and what can only be seen from the whole is checked at the
//! end.

mod alert;
mod arrivals;
mod checks;
mod expect;
mod limits;
mod margins;
mod read;
mod scenario;
mod traffic;
mod waiver;
mod window;

pub use alert::{ALERT_SHAPE, Alert, Condition, Signal, watches};
pub use expect::{Expectation, Metric, Op, Subject, What};
pub use limits::Limits;
pub use margins::{MARGINS_SHAPE, Margins};
pub use read::MODEL_SHAPE;
pub use scenario::Scenario;
pub use waiver::Waiver;
pub use window::Window;

use crate::kinds::SECTIONS;
use crate::plan::Plan;
use crate::yaml::{Document, Files, Node, Problem, did_you_mean, list};

/// A model that is valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// `name`, or the file's name without its extension.
    pub name: String,
    /// The file it was read from, with the changes made since.
    pub document: Document,
    /// What the engine runs.
    pub plan: Plan,
    /// What is expected of it at all times.
    pub slos: Vec<Expectation>,
    /// When somebody is paged.
    pub alerts: Vec<Alert>,
    /// What may happen to it, and what is expected then.
    pub scenarios: Vec<Scenario>,
    /// How far a plan to more load may go.
    pub limits: Limits,
    /// Findings that are accepted, with reasons.
    pub waivers: Vec<Waiver>,
    /// How much a figure may differ from a baseline.
    pub margins: Margins,
    /// Capacities nobody wrote, such as `services.web.queue = 100`.
    pub assumed: Vec<String>,
}

/// A change to a model, as `--set` and fixes make it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Where: `services.web.replicas`.
    pub path: String,
    /// What stood there, if anything.
    pub from: Option<String>,
    /// What stands there now, as YAML in one line: `8`, `2s`, `{ failure_rate: 50% }`.
    pub to: String,
}

impl Model {
    /// Reads a model.
    ///
    /// # Errors
    /// All problems of the file at once, in its order.
    pub fn read(file: &str, text: &str) -> Result<Model, Vec<Problem>> {
        read::read(Document::parse(file, text)?)
    }

    /// Reads a model that may name other files.
    ///
    /// # Errors
    /// All problems of the file at once, in its order.
    pub fn read_with(file: &str, text: &str, files: Files) -> Result<Model, Vec<Problem>> {
        read::read(Document::parse(file, text)?.with_files(files))
    }

    /// The model of a document that was changed.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn of(document: Document) -> Result<Model, Vec<Problem>> {
        read::read(document)
    }

    /// The model with changes, read anew.
    ///
    /// # Errors
    /// A path that leads nowhere, or whatever is wrong with the changed model.
    pub fn with(&self, changes: &[Change]) -> Result<Model, Vec<Problem>> {
        let mut document = self.document.clone();
        for change in changes {
            check_path(&document, &change.path).map_err(|problem| vec![problem])?;
            document.set(&change.path, &change.to).map_err(|problem| vec![problem])?;
        }
        read::read(document)
    }

    /// The change that sets a path to a value, with what stands there now.
    pub fn change(&self, path: &str, to: &str) -> Change {
        Change { path: path.into(), from: self.document.get(path).map(|node| node.show()), to: to.into() }
    }
}

/// A change within a component that does not exist is a slip, not a new component.
fn check_path(document: &Document, path: &str) -> Result<(), Problem> {
    let Some((section, rest)) = path.split_once('.') else { return Ok(()) };
    let Some((name, _)) = rest.split_once('.') else { return Ok(()) };
    let entries = document.get(section).map(Node::keys).unwrap_or_default();
    if !SECTIONS.iter().any(|s| s.name == section) || name.starts_with(['"', '\'']) || entries.contains(&name) {
        return Ok(());
    }
    let hint = match did_you_mean(name, entries.iter().copied()) {
        Some(near) => format!("did you mean `{section}.{near}{}`?", &rest[name.len()..]),
        None => format!("`{section}` has {}", list(entries)),
    };
    Err(Problem::of_file(format!("there is no `{name}` under `{section}`")).hint(hint))
}

#[cfg(test)]
mod tests;
