//! Findings that are accepted, and waivers that waive nothing.

use super::{Finding, Place};

/// A finding that is accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Waived {
    /// The finding.
    pub finding: Finding,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which it is: `2027-03-01`.
    pub until: Option<String>,
    /// Where the model says so; `None` when a baseline does.
    pub place: Option<Place>,
}

/// A waiver of the model that waives nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct StaleWaiver {
    /// `expired-waiver` or `unmatched-waiver`.
    pub code: &'static str,
    /// The finding it speaks of.
    pub finding: String,
    /// What it is about; `None` for anything.
    pub on: Option<String>,
    /// The reason it gives.
    pub reason: String,
    /// The last day on which it held, if it is over.
    pub until: Option<String>,
    /// Where it is written.
    pub place: Option<Place>,
}

impl StaleWaiver {
    /// `missing-timeout on web>api`
    pub fn subject(&self) -> String {
        match &self.on {
            Some(on) => format!("{} on {on}", self.finding),
            None => self.finding.clone(),
        }
    }

    /// In a line: `the waiver of missing-timeout on web>api ended on 2027-03-01`.
    pub fn title(&self) -> String {
        match &self.until {
            Some(until) => format!("the waiver of {} ended on {until}", self.subject()),
            None => format!("the waiver of {} matches no finding", self.subject()),
        }
    }
}

impl Waived {
    /// Why, and until when: `the platform cuts off, until 2027-03-01`.
    pub fn why(&self) -> String {
        match &self.until {
            Some(until) => format!("{}, until {until}", self.reason),
            None => self.reason.clone(),
        }
    }
}
