//! Alerts, and who is told of a failure.

use super::{Estimate, Place, estimate, place};
use crate::report;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Detection<'a> {
    alerts: Vec<Page<'a>>,
    runs: u32,
    watched_s: f64,
    /// Users are hurt, and no alert pages in most runs.
    silent: bool,
    /// Some alert needs longer than the fault lasted.
    cut: bool,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Page<'a> {
    alert: &'a str,
    after_s: Estimate,
    runs: u32,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Alert<'a> {
    name: &'a str,
    condition: &'a str,
    false_pages: usize,
    watched_s: f64,
    tells: usize,
    #[serde(rename = "where")]
    place: Option<Place<'a>>,
}

pub(super) fn detection(d: &report::Detection) -> Detection<'_> {
    Detection {
        alerts: d.alerts.iter().map(|p| Page { alert: &p.alert, after_s: (&p.after_s).into(), runs: p.runs }).collect(),
        runs: d.runs,
        watched_s: d.watched_s,
        silent: d.silent,
        cut: d.cut,
    }
}

pub(super) fn alert(a: &report::AlertInfo) -> Alert<'_> {
    Alert {
        name: &a.name,
        condition: &a.text,
        false_pages: a.false_pages,
        watched_s: a.watched_s,
        tells: a.tells,
        place: place(&a.place),
    }
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Heard<'a> {
    name: &'a str,
    condition: &'a str,
    pages: usize,
    runs: u32,
    of: u32,
    after_s: Option<Estimate>,
}

pub(super) fn heard(h: &report::Heard) -> Heard<'_> {
    Heard { name: &h.name, condition: &h.text, pages: h.pages, runs: h.runs, of: h.of, after_s: estimate(&h.after_s) }
}
