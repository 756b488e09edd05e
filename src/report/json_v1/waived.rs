//! Findings that are accepted, and waivers that waive nothing.

use super::review::{Finding, finding};
use super::{Place, place};
use crate::report;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Waived<'a> {
    reason: &'a str,
    /// Null for ever.
    until: Option<&'a str>,
    /// `model` or `baseline`.
    by: &'static str,
    /// Null where a baseline accepts it.
    waiver: Option<Place<'a>>,
    finding: Finding<'a>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct StaleWaiver<'a> {
    code: &'a str,
    finding: &'a str,
    /// Null for anything.
    subject: Option<&'a str>,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<&'a str>,
    #[serde(rename = "where")]
    place: Option<Place<'a>>,
}

pub(super) fn waived(waived: &report::Waived) -> Waived<'_> {
    Waived {
        reason: &waived.reason,
        until: waived.until.as_deref(),
        by: if waived.place.is_some() { "model" } else { "baseline" },
        waiver: place(&waived.place),
        finding: finding(&waived.finding),
    }
}

pub(super) fn stale(stale: &report::StaleWaiver) -> StaleWaiver<'_> {
    StaleWaiver {
        code: stale.code,
        finding: &stale.finding,
        subject: stale.on.as_deref(),
        reason: &stale.reason,
        until: stale.until.as_deref(),
        place: place(&stale.place),
    }
}
