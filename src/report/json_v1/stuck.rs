//! A failure that does not heal, as published.

use crate::report;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub(super) struct Stuck<'a> {
    runs: u32,
    stuck: u32,
    wait_s: f64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    wait_capped: bool,
    amplified: Option<Amplified<'a>>,
    /// Null when less load for a moment does not bring it back, or `unfinished` names it.
    cure: Option<Cure>,
    sustained_by: &'a [String],
    with_backlog: bool,
    tried: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    slow_s: Option<f64>,
    band: Band,
    smallest_trigger: Smallest<'a>,
    /// Fields for which the budget of events ended the search early.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unfinished: Vec<&'static str>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Amplified<'a> {
    dependency: &'a str,
    factor: f64,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Cure {
    load_share: f64,
    duration_s: f64,
    restart: bool,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Band {
    safe_load: f64,
    vulnerable_load: f64,
    /// Null when goodput held at the highest load tried.
    fails_load: Option<f64>,
    heals_load: Option<f64>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
struct Smallest<'a> {
    duration_s: f64,
    too_short_s: Option<f64>,
    amount: Option<&'a str>,
}

pub(super) fn stuck(s: &report::Stuck) -> Stuck<'_> {
    Stuck {
        runs: s.runs,
        stuck: s.stuck,
        wait_s: s.wait_s,
        wait_capped: s.wait_capped,
        amplified: s.amplified.as_ref().map(|(dependency, factor)| Amplified { dependency, factor: *factor }),
        cure: s.cure.map(|c| Cure { load_share: c.load_share, duration_s: c.duration_s, restart: c.restart }),
        sustained_by: &s.sustained_by,
        with_backlog: s.with_backlog,
        tried: &s.tried,
        slow_s: s.slow_s,
        band: Band {
            safe_load: s.band.safe,
            vulnerable_load: s.band.vulnerable,
            fails_load: s.band.fails,
            heals_load: s.band.heals,
        },
        smallest_trigger: Smallest {
            duration_s: s.trigger.duration_s,
            too_short_s: s.trigger.too_short_s,
            amount: s.trigger.weakest.as_deref(),
        },
        unfinished: s.unfinished.words(),
    }
}
