//! What is wrong with a file, and the bag in which problems are collected.

use super::{Files, Place};
use crate::units::UnitError;
use std::cell::RefCell;

/// One thing that is wrong, where, and what to try. Texts are in lower case and have no full stop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where; `None` when it concerns the file as a whole.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// A few words under the marked text.
    pub label: Option<String>,
    /// What to try.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem at a place.
    pub fn at(place: Place, message: impl Into<String>) -> Problem {
        Problem { place: Some(place), message: message.into(), label: None, hint: None }
    }

    /// A problem of the whole file.
    pub fn of_file(message: impl Into<String>) -> Problem {
        Problem { place: None, message: message.into(), label: None, hint: None }
    }

    /// The same, with words under the marked text.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Problem {
        self.label = Some(label.into());
        self
    }

    /// The same, with what to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// A quantity that could not be read.
    pub fn of_unit(place: Place, error: UnitError) -> Problem {
        Problem { place: Some(place), message: error.message, label: None, hint: error.hint }
    }
}

/// Collects problems while a file is read, so that all are shown at once. It is shared by every reader of the file.
#[derive(Debug, Default)]
pub struct Problems {
    found: RefCell<Vec<Problem>>,
    /// Reads the other files that the file names.
    pub(super) files: Files,
}

impl Problems {
    /// No problem yet.
    pub fn new() -> Problems {
        Problems::default()
    }

    /// No problem yet, of a file that may name others.
    pub fn with_files(files: &Files) -> Problems {
        Problems { files: files.clone(), ..Problems::default() }
    }

    /// Notes a problem.
    pub fn push(&self, problem: Problem) {
        self.found.borrow_mut().push(problem);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.found.borrow().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them in the order of the file, each once: a value used through an anchor is wrong in one place only.
    pub fn into_vec(self) -> Vec<Problem> {
        let mut all = self.found.into_inner();
        all.sort_by_key(|p| p.place.map(|place| (place.line, place.column)));
        let mut unique: Vec<Problem> = Vec::with_capacity(all.len());
        for problem in all {
            let same_place = unique.iter().rev().take_while(|p| p.place == problem.place);
            if !same_place.into_iter().any(|p| *p == problem) {
                unique.push(problem);
            }
        }
        unique
    }
}
